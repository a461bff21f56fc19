"""What the firm's own past says of a model: which one forecasts best, and how far totals went wrong."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri

from keepers.clv.model import PurchaseModel
from keepers.valuation.drift import Drift, learn_drift
from keepers.valuation.models import BY_NAME, CANDIDATES
from keepers.valuation.origins import Origin

PRIOR_MISS = 0.10  # how far totals of a year miss where nothing is known of the firm: peers missed CDNOW's by 7-19 %
PRIOR_ORIGINS = 3.0
MOST_MISS = float(np.log(3))  # a total thrice or a third of the forecast says that it failed, not by how much next time
PLAIN_MODEL = "pareto-nbd"


@dataclass(frozen=True, slots=True)
class Choice:
    """The model that forecast best on the latest origin, how far rates drift under it, every score, and why."""

    model: str
    drift: Drift
    log_scores: dict[str, float]
    reason: str


@dataclass(frozen=True, slots=True)
class Misses:
    """How far past forecasts of total orders missed, as log(actual / forecast), latest origin first.

    In the spread a miss counts at most as `MOST_MISS`: a few orders more or less in a short window would else
    make ranges that span everything.
    """

    log_ratios: tuple[float, ...]

    @property
    def spread(self) -> float:
        """Standard deviation of a total's log miss: the firm's own, drawn towards a stated prior."""
        squares = float(np.square(np.clip(self.log_ratios, -MOST_MISS, MOST_MISS)).sum())
        count = len(self.log_ratios)
        return float(np.sqrt((PRIOR_ORIGINS * PRIOR_MISS**2 + squares) / (PRIOR_ORIGINS + count)))

    def intensities(self, draws: int) -> NDArray[np.float64]:
        """Multipliers on the base's future purchase intensity, one a parameter draw, with mean 1, shape (draws,).

        Evenly spaced quantiles of a log-normal with this spread, in an order that does not follow the draws.
        """
        levels = (np.arange(draws) + 0.5) / draws
        shuffled = np.random.default_rng(draws).permutation(levels)
        z = ndtri(shuffled)
        multipliers = np.exp(self.spread * z)
        scaled: NDArray[np.float64] = multipliers / multipliers.mean()
        return scaled


def choose_model(origins: Sequence[Origin], *, asked: str) -> Choice:
    """The model asked for, or for `auto` the one with the best log score on the latest origin."""
    latest = origins[0] if origins else None
    if asked != "auto":
        return Choice(asked, learn_drift(latest, BY_NAME[asked]), {}, f"{asked} was asked for.")
    if latest is None:
        why = f"{PLAIN_MODEL}: the history is too short to compare models on it."
        return Choice(PLAIN_MODEL, learn_drift(None, BY_NAME[PLAIN_MODEL]), {}, why)
    drifts = {name: learn_drift(latest, BY_NAME[name]) for name in CANDIDATES}
    scores = {name: drift.log_score for name, drift in drifts.items()}
    best = max(scores, key=lambda name: scores[name])
    told = ", ".join(f"{name} {score:.4f}" for name, score in sorted(scores.items(), key=lambda item: -item[1]))
    window = f"{latest.start:%-d %b %Y} to {latest.end:%-d %b %Y}"
    return Choice(
        best, drifts[best], scores, f"{best} forecast best from {window} (mean log score a customer: {told})."
    )


def past_misses(origins: Sequence[Origin], model: PurchaseModel) -> Misses:
    """Fit the model at each origin and compare its total with the orders that followed."""
    ratios = []
    for origin in origins:
        fit = model.fit(origin.histories)
        horizon = origin.days / origin.histories.time_unit_days
        expected = float(
            origin.histories.weight @ model.expected_orders(fit.parameters, origin.histories, horizon=horizon)
        )
        ratios.append(float(np.log((origin.total_orders + 0.5) / (expected + 0.5))))
    return Misses(tuple(ratios))
