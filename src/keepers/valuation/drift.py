"""How much customers' own purchase rates change between the history and the forecast.

The models say that a customer's rate never changes. Where people order often, the rate is known so well from the
history that intervals become too narrow: what people did last year is not quite what they do this year. Each
customer's future rate is therefore multiplied by a factor of their own, Gamma with mean 1 and a variance that
grows with the forecast's length, learned by its log score over the earlier origins together.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import gammainc, gammaincinv

from keepers.clv.histories import evenly_by_weight
from keepers.clv.posterior import certain
from keepers.clv.predictive import order_count_cdf
from keepers.valuation.rehearsals import Rehearsal

VARIANCES = (0.0, 0.01, 0.02, 0.04, 0.07, 0.12, 0.2, 0.35, 0.6, 1.0)
MOST_VARIANCE = 1.5
ROWS = 8_000  # over all origins
NODES = 15


@dataclass(frozen=True, slots=True)
class Drift:
    """What one model's forecasts from earlier origins say of change.

    variance: of the factor on a customer's own rate over the window [–]
    days: length of the window it was learned on [days]; 0 where there was none
    log_score: mean log chance, with this drift, of what each customer of each origin then did [nats]
    """

    variance: float
    days: float
    log_score: float

    def multipliers(self, draws: int, *, days: float) -> NDArray[np.float64]:
        """Evenly spaced quantiles of the factor over a forecast of `days`, mean 1, shuffled, shape (draws,)."""
        variance = min(self.variance * days / self.days, MOST_VARIANCE) if self.days else 0.0
        if variance == 0:
            return np.ones(draws)
        levels = np.random.default_rng(draws + 1).permutation((np.arange(draws) + 0.5) / draws)
        factors = variance * gammaincinv(1 / variance, levels)
        scaled: NDArray[np.float64] = factors / factors.mean()
        return scaled


def learn_drift(rehearsals: Sequence[Rehearsal]) -> Drift:
    """The variance with the best log score of what customers then did, over all origins; none without an origin."""
    if not rehearsals:
        return Drift(0.0, 0.0, float("nan"))
    each = [_scores(rehearsal, ROWS // len(rehearsals)) for rehearsal in rehearsals]
    scores = np.average(each, axis=0, weights=[rehearsal.origin.histories.customers for rehearsal in rehearsals])
    best = int(np.argmax(scores))
    return Drift(VARIANCES[best], rehearsals[0].origin.days, float(scores[best]))


def _scores(rehearsal: Rehearsal, rows: int) -> list[float]:
    """Mean log score at one origin for each of the variances."""
    origin = rehearsal.origin
    chosen, weight = evenly_by_weight(origin.histories.weight, rows)
    histories, later = origin.histories.at(chosen), origin.later_orders[chosen]
    model, point = rehearsal.model, certain(rehearsal.fit)
    horizon = origin.days / histories.time_unit_days
    factors = np.exp(np.linspace(np.log(0.08), np.log(5.0), NODES))
    chances = np.empty((NODES, later.size))
    for row, factor in enumerate(factors):
        below, at = order_count_cdf(model, point, histories, later, horizon=horizon, intensity=np.array([factor]))
        chances[row] = at - below
    still = order_count_cdf(model, point, histories, later, horizon=horizon)
    scores = [_score(still[1] - still[0], weight)]
    return scores + [_score(_weights(factors, variance) @ chances, weight) for variance in VARIANCES[1:]]


def _weights(factors: NDArray[np.float64], variance: float) -> NDArray[np.float64]:
    """Chance of each node under the Gamma with mean 1: that of the stretch nearer to it than to its neighbours."""
    edges = np.sqrt(factors[1:] * factors[:-1])
    reached = gammainc(1 / variance, np.concatenate([[0.0], edges, [np.inf]]) / variance)
    return np.diff(reached)


def _score(chance: NDArray[np.float64], weight: NDArray[np.float64]) -> float:
    return float(np.average(np.log(np.maximum(chance, 1e-12)), weights=weight))
