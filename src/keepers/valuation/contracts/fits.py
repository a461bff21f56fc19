"""Choose and fit the model of contracts, and learn how far past forecasts of those who left went wrong."""

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri

from keepers.clv import beta_discrete_weibull, contract_future, scoring, shifted_beta_geometric
from keepers.clv.contract_model import ContractModel
from keepers.clv.contract_predictive import Curves, renewal_count_cdf
from keepers.clv.contracts import Contracts
from keepers.clv.fitting import Fit
from keepers.clv.posterior import Posterior
from keepers.valuation.contracts.base import ContractBase, Segment
from keepers.valuation.contracts.origins import ContractOrigin

_MODULES = (shifted_beta_geometric, beta_discrete_weibull)
BY_NAME = {module.NAME: cast("ContractModel", module) for module in _MODULES}
PLAIN_MODEL = shifted_beta_geometric.NAME
DRAWS = 50
PRIOR_MISS = 0.10  # how far the number of those who leave misses, beyond chance, where nothing is known of the firm
PRIOR_ORIGINS = 3.0
MOST_MISS = float(np.log(3))
LEAST_TO_CHOOSE = 50
OLDER_SHARE = 2 / 3  # without dates, ages up to this share of the oldest are fitted to forecast the rest


@dataclass(frozen=True, slots=True)
class ContractChoice:
    """The model that forecast best from an earlier day, every score, and why."""

    model: str
    log_scores: dict[str, float]
    reason: str


@dataclass(frozen=True, slots=True)
class LossMisses:
    """How far past forecasts of those who left missed, as log(actual / forecast), latest origin first.

    chance: how much of the square of each is what chance alone brings
    """

    log_ratios: tuple[float, ...]
    chance: tuple[float, ...]

    @property
    def spread(self) -> float:
        """Standard deviation of the log hazard beyond chance: the firm's own, drawn towards a stated prior."""
        squares = sum(
            max(min(abs(ratio), MOST_MISS) ** 2 - chance, 0.0)
            for ratio, chance in zip(self.log_ratios, self.chance, strict=True)
        )
        return float(np.sqrt((PRIOR_ORIGINS * PRIOR_MISS**2 + squares) / (PRIOR_ORIGINS + len(self.log_ratios))))

    def hazards(self, draws: int) -> NDArray[np.float64]:
        """(draws,) multipliers on everybody's readiness to leave, mean 1, in an order of their own."""
        levels = np.random.default_rng(draws).permutation((np.arange(draws) + 0.5) / draws)
        multipliers = np.exp(self.spread * ndtri(levels))
        return np.asarray(multipliers / multipliers.mean())


@dataclass(frozen=True, slots=True, eq=False)
class ContractSegmentFit:
    """The fitted curve of the contracts with one renewal period."""

    segment: Segment
    fit: Fit[Any]
    posterior: Posterior

    def curves(self, model: ContractModel, *, up_to: int, hazards: NDArray[np.float64]) -> Curves:
        """Draws of the curve as far as `up_to` renewals."""
        return Curves.of(model, self.posterior, up_to=up_to, hazards=hazards)

    def as_json(self) -> dict[str, Any]:
        """The fitted parameters (maximum likelihood) and what one must know to trust them."""
        return {
            "segment": self.segment.period.value,
            "customers": len(self.segment.stays),
            "time_unit": self.segment.period.value,
            "model": self.fit.model,
            "params": asdict(self.fit.parameters),
            "log_likelihood": self.fit.log_likelihood,
            "converged": self.fit.converged,
            "posterior": {
                "method": self.posterior.method,
                "draws": len(self.posterior.parameters),
                "k_hat": self.posterior.k_hat,
                "effective_sample_size": self.posterior.effective_sample_size,
            },
        }


@dataclass(frozen=True, slots=True, eq=False)
class ContractFit:
    """Everything a forecast of contracts needs."""

    model: ContractModel
    choice: ContractChoice
    segments: tuple[ContractSegmentFit, ...]
    misses: LossMisses
    hazards: NDArray[np.float64]

    @property
    def main(self) -> ContractSegmentFit:
        """The segment with the most stays."""
        return max(self.segments, key=lambda each: len(each.segment.stays))

    def warnings(self) -> Iterator[str]:
        """What went wrong in fitting, in sentences."""
        for each in self.segments:
            for warning in (*each.fit.warnings, *each.posterior.warnings):
                name = each.segment.period.value
                yield warning if len(self.segments) == 1 else f"Contracts by the {name}: {warning}"

    def draws_as_json(self) -> dict[str, Any]:
        """The posterior draws that the intervals rest on, a row a draw."""
        draws = {each.segment.period.value: each.posterior.parameters.tolist() for each in self.segments}
        return {**draws, "hazards": self.hazards.tolist()}


def fit_contracts(
    base: ContractBase, origins: Sequence[ContractOrigin], *, asked: str, generator: np.random.Generator
) -> ContractFit:
    """Choose, fit and calibrate on nothing later than the base's own day."""
    choice = _choose(base, origins, asked)
    model = BY_NAME[choice.model]
    segments = []
    for segment in base.segments:
        distinct, _ = segment.contracts.distinct()
        fit = model.fit(distinct)
        posterior = model.posterior(fit, distinct, draws=DRAWS, generator=generator)
        segments.append(ContractSegmentFit(segment, fit, posterior))
    misses = _misses(origins, model)
    return ContractFit(model, choice, tuple(segments), misses, misses.hazards(DRAWS))


def fitted_curve(model: ContractModel, contracts: Contracts, *, up_to: int) -> Curves:
    """The maximum-likelihood curve as if it were known: for quick comparisons."""
    fit = model.fit(contracts.distinct()[0])
    return Curves.known(model.log_survival(fit.parameters, up_to=up_to))


def _choose(base: ContractBase, origins: Sequence[ContractOrigin], asked: str) -> ContractChoice:
    if asked != "auto":
        return ContractChoice(asked, {}, f"{asked} was asked for.")
    if origins:
        latest = origins[0]
        scores = {name: _score_from(latest, model) for name, model in BY_NAME.items()}
        start, end = latest.base.as_of, np.datetime64(latest.end, "D").astype(object)
        told = f"forecast best from {start:%-d %b %Y} to {end:%-d %b %Y}"
    elif base.as_of is None and (scores := _scores_of_older_ages(base)):
        told = "fitted to the younger ages, forecast the older ones best"
    else:
        return ContractChoice(PLAIN_MODEL, {}, f"{PLAIN_MODEL}: the history is too short to compare models on it.")
    best = max(scores, key=lambda name: scores[name])
    listed = ", ".join(f"{name} {score:.4f}" for name, score in sorted(scores.items(), key=lambda item: -item[1]))
    return ContractChoice(best, scores, f"{best} {told} (mean log score a customer: {listed}).")


def _score_from(origin: ContractOrigin, model: ContractModel) -> float:
    """Mean log chance that the model, fitted as of the origin, gave to what each running customer then did."""
    below, at = [], []
    for segment in origin.base.segments:
        here, coming = origin.base.coming(segment, 1.0)
        if not len(here):
            continue
        horizon = origin.horizon(segment)
        up_to = contract_future.furthest(segment.contracts, horizon)
        curves = fitted_curve(model, segment.contracts, up_to=up_to)
        one, other = renewal_count_cdf(curves, coming, origin.later[here], horizon=horizon)
        below.append(one)
        at.append(other)
    return scoring.log_score(np.concatenate(below), np.concatenate(at))


def _scores_of_older_ages(base: ContractBase) -> dict[str, float]:
    """Each model's log score of the older ages, fitted to the younger; empty where the ages are too few to tell."""
    contracts = base.main.contracts
    cut = int(OLDER_SHARE * contracts.renewals.max(initial=0))
    older = np.flatnonzero(contracts.renewals >= cut)
    if cut < 2 or len(older) < LEAST_TO_CHOOSE:
        return {}
    young = Contracts.of(np.minimum(contracts.renewals, cut), contracts.ended & (contracts.renewals < cut))
    rest = Contracts.of(contracts.renewals[older], contracts.ended[older], renewals_at_entry=np.full(len(older), cut))
    scores = {}
    for name, model in BY_NAME.items():
        parameters = model.fit(young.distinct()[0]).parameters
        scores[name] = float(model.log_likelihood(parameters, rest).mean())
    return scores


def _misses(origins: Sequence[ContractOrigin], model: ContractModel) -> LossMisses:
    ratios, chances = [], []
    for origin in origins:
        actual, expected = 0.0, 0.0
        for segment in origin.base.segments:
            here, coming = origin.base.coming(segment, 1.0)
            if not len(here):
                continue
            horizon = origin.horizon(segment)
            until = coming.opportunities(horizon)
            up_to = contract_future.furthest(segment.contracts, horizon)
            curve = fitted_curve(model, segment.contracts, up_to=up_to).log_survival[0]
            expected += float((1 - contract_future.still_running(curve, coming.renewals, until)).sum())
            actual += float((origin.later[here] < until).sum())
        ratios.append(float(np.log((actual + 0.5) / (expected + 0.5))))
        chances.append(1 / (expected + 0.5))
    return LossMisses(tuple(ratios), tuple(chances))
