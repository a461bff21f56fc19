"""Choose and fit the model of contracts, and learn how far past forecasts of those who left went wrong."""

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri

from keepers.clv.inference.fitting import Fit
from keepers.clv.inference.posterior import Method, Posterior
from keepers.clv.renewals import future as contract_future
from keepers.clv.renewals.model import ContractModel
from keepers.clv.renewals.running import Curves
from keepers.valuation.contracts.base import ContractBase, Segment, split_by_plan
from keepers.valuation.contracts.choice import BY_NAME, ContractChoice, choose_contract_model, fitted_curve
from keepers.valuation.contracts.origins import ContractOrigin

DRAWS = 50
PRIOR_MISS = 0.10  # how far the number of those who leave misses, beyond chance, where nothing is known of the firm
PRIOR_ORIGINS = 3.0
MOST_MISS = float(np.log(3))


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
            "segment": self.segment.name,
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
                yield warning if len(self.segments) == 1 else f"Contracts of {each.segment.name}: {warning}"

    def draws_as_json(self) -> dict[str, Any]:
        """The posterior draws that the intervals rest on, a row a draw."""
        draws = {each.segment.name: each.posterior.parameters.tolist() for each in self.segments}
        return {**draws, "hazards": self.hazards.tolist()}


def fit_contracts(
    base: ContractBase,
    origins: Sequence[ContractOrigin],
    *,
    asked: str,
    generator: np.random.Generator,
    method: Method = "auto",
) -> ContractFit:
    """Choose, fit and calibrate on nothing later than the base's own day."""
    choice = choose_contract_model(base, origins, asked)
    model = BY_NAME[choice.model]
    if choice.by_plan:
        base = split_by_plan(base)
        origins = [replace(origin, base=split_by_plan(origin.base)) for origin in origins]
    segments = []
    for segment in base.segments:
        distinct, _ = segment.contracts.distinct()
        fit = model.fit(distinct)
        posterior = model.posterior(fit, distinct, draws=DRAWS, generator=generator, method=method)
        segments.append(ContractSegmentFit(segment, fit, posterior))
    misses = _misses(origins, model)
    return ContractFit(model, choice, tuple(segments), misses, misses.hazards(DRAWS))


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
