"""How much customers' own purchase rates change between the history and the forecast.

The models say that a customer's rate never changes. Where people order often, the rate is known so well from the
history that intervals become too narrow: what people did last year is not quite what they do this year. Each
customer's future rate is therefore multiplied by a factor of their own, Gamma with mean 1 and a variance that
grows with the length of history and forecast together, learned by its log score over the earlier origins together.

What all customers did together at an origin (a season, an offer) is no drift: it is taken out first, as the common
factor under which what each did is likeliest; totals are widened for it elsewhere (`rolling.Misses`). And where a
smaller variance scores as well within one standard error, it is taken.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import gammainc, gammaincinv

from keepers.clv.fitting import Fit
from keepers.clv.histories import Histories, evenly_by_weight
from keepers.clv.model import PurchaseModel
from keepers.clv.predictive import order_count_chances

VARIANCES = (
    0.0,
    0.005,
    0.01,
    0.015,
    0.02,
    0.03,
    0.04,
    0.05,
    0.06,
    0.07,
    0.085,
    0.1,
    0.12,
    0.15,
    0.2,
    0.27,
    0.35,
    0.45,
    0.6,
    0.8,
    1.0,
)
GROWTH = 1.5  # power of time with which the variance grows: 1 where rates walk at random, 2 where trends last
MOST_VARIANCE = 1.5
ROWS = 8_000  # over all origins
NODES = 15
BETWEEN = 12  # steps from node to node at which a factor's density is looked at: it may be narrow
LEAST_CHANCE = 1e-14  # a difference of two CDF values carries no digits below this


@dataclass(frozen=True, slots=True, eq=False)
class Look:
    """A forecast from an earlier day, and what then happened.

    model, fit: as they were then
    histories: (n,) as known then
    later_orders: (n,) what each history's customer did within the window [occasions]
    days: length of the window [days]
    """

    model: PurchaseModel
    fit: Fit[Any]
    histories: Histories
    later_orders: NDArray[np.int64]
    days: float

    @property
    def span(self) -> float:
        """Length of history and window together [days]."""
        return float(self.histories.age.max(initial=0.0)) * self.histories.time_unit_days + self.days


@dataclass(frozen=True, slots=True)
class Drift:
    """What one model's forecasts from earlier origins say of change.

    variance: of the factor between a customer's own rate in the history and in the window [–]
    days: length of history and window together [days]; 0 where there was none
    log_score: mean log chance, with this drift, of what each customer of each origin then did [nats]
    """

    variance: float
    days: float
    log_score: float

    def over(self, days: float) -> "Drift":
        """The same for another length of history and window together."""
        variance = min(self.variance * (days / self.days) ** GROWTH, MOST_VARIANCE) if self.days else 0.0
        return Drift(variance, days, self.log_score)

    def multipliers(self, draws: int) -> NDArray[np.float64]:
        """Evenly spaced quantiles of the factor, mean 1, shuffled, shape (draws,)."""
        variance = self.variance
        if variance == 0:
            return np.ones(draws)
        levels = np.random.default_rng(draws + 1).permutation((np.arange(draws) + 0.5) / draws)
        factors = variance * gammaincinv(1 / variance, levels)
        scaled: NDArray[np.float64] = factors / factors.mean()
        return scaled


NO_DRIFT = Drift(0.0, 0.0, float("nan"))


@dataclass(frozen=True, slots=True)
class Judged:
    """One model's forecasts from earlier origins, each with the drift that suits the model.

    log_chances: (rows,) of what each customer looked at then did, given what all did together [nats]
    weight: (rows,) of each; adds to 1
    """

    drift: Drift
    log_chances: NDArray[np.float64]
    weight: NDArray[np.float64]

    def gain_over(self, other: NDArray[np.float64]) -> float:
        """Mean of these log chances above the other's, (rows,) each [nats]."""
        return float(self.weight @ (self.log_chances - other))


def judge(looks: Sequence[Look]) -> Judged:
    """The drift under which customers did what they did, and how well the forecasts scored with it.

    Of the variances the smallest whose score is within one standard error of the best; customers, not customers at each
    origin, are what the standard error counts.
    """
    nothing = np.zeros(0)
    if not looks:
        return Judged(NO_DRIFT, nothing, nothing)
    latest = looks[0].span
    longer = np.array([each.span / latest for each in looks])
    seen = [_Seen.at(one, ROWS // len(looks), more**GROWTH) for one, more in zip(looks, longer, strict=True)]
    customers = np.array([one.histories.customers for one in looks])
    share = customers * longer**2  # the longer the history, the more like today's
    weight = np.concatenate([one.weight * part for one, part in zip(seen, share / share.sum(), strict=True)])
    logs = np.stack([np.concatenate([one.log_chances(variance, one.common) for one in seen]) for variance in VARIANCES])
    best = clear_of_smaller(logs, weight, customers=float(customers.max()))
    unaware = np.concatenate([one.log_chances(VARIANCES[best], 1.0) for one in seen])
    return Judged(Drift(VARIANCES[best], latest, float(weight @ unaware)), logs[best], weight)


def clear_of_smaller(logs: NDArray[np.float64], weight: NDArray[np.float64], *, customers: float) -> int:
    """The first of (choices, rows) whose mean is within a standard error of the best, as a place."""
    best = int(np.argmax(logs @ weight))
    for place in range(best):
        gain = logs[best] - logs[place]
        mean = float(weight @ gain)
        if mean <= float(np.sqrt(weight @ (gain - mean) ** 2 / customers)):
            return place
    return best


@dataclass(frozen=True, slots=True)
class _Seen:
    """Some customers of an origin: the chance of what each did by the factor on everybody's rate.

    chances: (factors, rows); still: (rows,) without a factor; common: the factor under which they are likeliest
    wider: by how much the variance is to be multiplied at this origin
    """

    factors: NDArray[np.float64]
    chances: NDArray[np.float64]
    still: NDArray[np.float64]
    weight: NDArray[np.float64]
    common: float
    wider: float

    @classmethod
    def at(cls, look: Look, rows: int, wider: float) -> "_Seen":
        chosen, weight = evenly_by_weight(look.histories.weight, rows)
        histories, later = look.histories.at(chosen), look.later_orders[chosen]
        logs = np.linspace(np.log(0.08), np.log(5.0), NODES)
        chances = order_count_chances(
            look.model,
            look.fit.parameters,
            histories,
            later,
            horizon=look.days / histories.time_unit_days,
            intensity=np.append(np.exp(logs), 1.0),
        )
        factors, closer = _closer(logs, chances[:-1])
        share = weight / weight.sum()
        common = float(factors[int(np.argmax(_log(closer) @ share))])
        return cls(factors, closer, chances[-1], share, common, wider)

    def log_chances(self, variance: float, common: float) -> NDArray[np.float64]:
        """(rows,) of what each did with this variance of own factors, when everybody's rate is also `common` times."""
        if variance > 0:
            return _log(_weights(self.factors / common, self.wider * variance) @ self.chances)
        if common == 1.0:
            return _log(self.still)
        return _log(self.chances[int(np.argmin(np.abs(self.factors - common)))])


def _closer(logs: NDArray[np.float64], chances: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Factors many times as close together as the nodes, and the chances there: their logarithms bend smoothly.

    On the nodes alone a narrow factor would be as wide as the way from one to the next.
    """
    fine = np.linspace(logs[0], logs[-1], BETWEEN * (logs.size - 1) + 1)
    between = _spline(logs.size, BETWEEN) @ np.log(np.maximum(chances, LEAST_CHANCE))
    return np.exp(fine), np.exp(np.minimum(between, 0.0))


@cache
def _spline(nodes: int, between: int) -> NDArray[np.float64]:
    """(between · (nodes − 1) + 1, nodes) what leads from values at even nodes to the cubic spline through them.

    At either end the first two pieces are one polynomial. scipy has it too, and takes a fifth of a second to load.
    """
    same, steps = np.eye(nodes), np.diff(np.eye(nodes), axis=0)
    bends = 4.0 * same + np.eye(nodes, k=1) + np.eye(nodes, k=-1)
    bends[0, :3] = bends[-1, -3:] = 1.0, -2.0, 1.0
    turned = np.zeros((nodes, nodes))
    turned[1:-1] = np.diff(steps, axis=0)
    turns = np.linalg.solve(bends, turned)  # a sixth of the second derivative at each node, for a distance of 1
    place = np.arange(between * (nodes - 1) + 1) / between
    piece = np.minimum(place.astype(np.int64), nodes - 2)
    right = (place - piece)[:, None]
    left = 1.0 - right
    matrix: NDArray[np.float64] = (
        left * same[piece] + right * same[piece + 1]
        + (left**3 - left) * turns[piece] + (right**3 - right) * turns[piece + 1]
    )  # fmt: skip
    return matrix


def _weights(factors: NDArray[np.float64], variance: float) -> NDArray[np.float64]:
    """Chance of each node under the Gamma with mean 1: that of the stretch nearer to it than to its neighbours."""
    edges = np.sqrt(factors[1:] * factors[:-1])
    reached = gammainc(1 / variance, np.concatenate([[0.0], edges, [np.inf]]) / variance)
    return np.diff(reached)


def _log(chance: NDArray[np.float64]) -> NDArray[np.float64]:
    logs: NDArray[np.float64] = np.log(np.maximum(chance, 1e-12))
    return logs
