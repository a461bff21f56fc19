"""How far customers' own rates drift, learned from what they did after earlier days.

What all customers did together at an origin (a season, an offer) is no drift: it is taken out first, as the common
factor under which what each did is likeliest; totals are widened for it elsewhere (`rolling.Misses`). Where a
smaller variance scores as well within one standard error, it is taken; and rates change alike unless it forecast
better by more than that to let those change less who come often.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache, partial
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from keepers.clv.drift import GROWTH, MOST_VARIANCE, NO_DRIFT, Drift, Rates, chances_of
from keepers.clv.histories import Histories, evenly_by_weight
from keepers.clv.inference.fitting import Fit
from keepers.clv.model import PurchaseModel
from keepers.clv.numerics.beside import side_by_side
from keepers.clv.predicting.predictive import order_count_chances

VARIANCES = (
    0.0,
    0.0015,
    0.003,
    0.005,
    0.0075,
    0.011,
    0.015,
    0.022,
    0.03,
    0.037,
    0.045,
    0.052,
    0.064,
    0.075,
    0.09,
    0.11,
    0.15,
    0.2,
    0.255,
    0.325,
    0.43,
    0.56,
    0.69,
)
ROWS = 8_000  # over all origins
NODES = 15
BETWEEN = 12  # steps from node to node at which a factor's density is looked at: it may be narrow
LEVELS = np.concatenate([[0.0], np.geomspace(0.001, MOST_VARIANCE, 36)])  # variances between which scores are even
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
class Judged:
    """One model's forecasts from earlier origins, each with the drift that suits the model.

    log_chances: (rows,) of what each customer looked at then did, given what all did together [nats]
    weight: (rows,) of each; adds to 1
    stayed: (rows,) the same chances if nobody with repeat orders had left before that day [nats]
    customers: how many there are at most at an origin
    """

    drift: Drift
    log_chances: NDArray[np.float64]
    weight: NDArray[np.float64]
    stayed: NDArray[np.float64]
    customers: float

    def had_none_left(self) -> "Judged":
        """The forecasts as they would have been if nobody with repeat orders had left."""
        return replace(self, log_chances=self.stayed)

    def gain_over(self, other: NDArray[np.float64]) -> float:
        """Mean of these log chances above the other's, (rows,) each [nats]."""
        return float(self.weight @ (self.log_chances - other))


def judge(looks: Sequence[Look]) -> Judged:
    """The drift under which customers did what they did, and how well the forecasts scored with it.

    Of the variances the smallest whose score is within one standard error of the best, and of the two ways to change
    that in which all change alike unless the other is clearly better; customers, not customers at each origin, are what
    the standard error counts.
    """
    nothing = np.zeros(0)
    if not looks:
        return Judged(NO_DRIFT, nothing, nothing, nothing, 0.0)
    latest = looks[0].span
    longer = np.array([each.span / latest for each in looks])
    seen = side_by_side(
        [partial(_Seen.at, one, ROWS // len(looks), more**GROWTH) for one, more in zip(looks, longer, strict=True)]
    )
    customers = np.array([one.histories.customers for one in looks])
    share = customers * longer**2  # the longer the history, the more like today's
    weight = np.concatenate([one.weight * part for one, part in zip(seen, share / share.sum(), strict=True)])
    many = float(customers.max())
    ways = (None, Rates.of(looks[0].fit.parameters, looks[0].histories))
    tried = side_by_side([partial(_try, seen, weight, customers=many, rates=rates) for rates in ways])
    way = clear_of_smaller(np.stack([logs for _, logs in tried]), weight, customers=many)
    variance, logs = tried[way]
    unaware, stayed = (
        np.concatenate([one.log_chances(variance, ways[way], of) for one in seen]) for of in ("alone", "stayed")
    )
    return Judged(Drift(variance, latest, float(weight @ unaware), ways[way]), logs, weight, stayed, many)


def _try(
    seen: "Sequence[_Seen]", weight: NDArray[np.float64], *, customers: float, rates: Rates | None
) -> tuple[float, NDArray[np.float64]]:
    """The variance of one way to change, and (rows,) the log chances under it."""
    logs = np.stack(
        [np.concatenate([one.log_chances(variance, rates, "together") for one in seen]) for variance in VARIANCES]
    )
    best = clear_of_smaller(logs, weight, customers=customers)
    return VARIANCES[best], logs[best]


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
    """Some customers of an origin: how likely what each did is under each of the `LEVELS` of variance.

    together, alone: (levels, rows) log chances with and without the factor on everybody's rate under which all are
        likeliest
    stayed: (levels, rows) with it, and as if nobody with repeat orders had left
    wider: by how much the variance is to be multiplied at this origin
    """

    histories: Histories
    together: NDArray[np.float64]
    alone: NDArray[np.float64]
    stayed: NDArray[np.float64]
    weight: NDArray[np.float64]
    wider: float

    @classmethod
    def at(cls, look: Look, rows: int, wider: float) -> "_Seen":
        chosen, weight = evenly_by_weight(look.histories.weight, rows)
        histories, later = look.histories.at(chosen), look.later_orders[chosen]
        logs = np.linspace(np.log(0.08), np.log(6.0), NODES)
        alive = look.model.probability_alive(look.fit.parameters, histories)
        stayed = order_count_chances(
            look.model,
            look.fit.parameters,
            histories,
            later,
            horizon=look.days / histories.time_unit_days,
            intensity=np.append(np.exp(logs), 1.0),
            alive=1.0,
        )
        chances = alive * stayed + (1.0 - alive) * (later == 0)
        stayed = np.where(histories.repeat_orders > 0, stayed, chances)
        factors, closer = _closer(logs, chances[:-1])
        share = weight / weight.sum()
        common = int(np.argmax(_log(closer) @ share))
        together = _by_level(factors / factors[common], closer, closer[common])
        alone = _by_level(factors, closer, chances[-1])
        _, closer = _closer(logs, stayed[:-1])
        stayed = _by_level(factors / factors[common], closer, closer[common])
        return cls(histories, together, alone, stayed, share, wider)

    def log_chances(
        self, variance: float, rates: Rates | None, of: Literal["together", "alone", "stayed"]
    ) -> NDArray[np.float64]:
        """(rows,) of what each did when rates change by this variance, `of` one of the tables."""
        table: NDArray[np.float64] = getattr(self, of)
        own = Drift(min(self.wider * variance, MOST_VARIANCE), 0.0, 0.0, rates).variances(self.histories)
        place = np.interp(own, LEVELS, np.arange(LEVELS.size))
        low = np.minimum(place.astype(np.int64), LEVELS.size - 2)
        share, rows = place - low, np.arange(len(self.histories))
        if own.size == 1:  # the same for all, and their chances lie side by side
            return np.asarray((1.0 - share) * table[low[0]] + share * table[low[0] + 1])
        return np.asarray((1.0 - share) * table[low, rows] + share * table[low + 1, rows])


def _by_level(
    factors: NDArray[np.float64], chances: NDArray[np.float64], still: NDArray[np.float64]
) -> NDArray[np.float64]:
    """(levels, rows) log chances by the variance of own factors, from chances (factors, rows) and, of none, (rows,)."""
    weights = np.stack([chances_of(factors, level) for level in LEVELS[1:]])
    return _log(np.concatenate([still[None], weights @ chances]))


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


def _log(chance: NDArray[np.float64]) -> NDArray[np.float64]:
    logs: NDArray[np.float64] = np.log(np.maximum(chance, 1e-12))
    return logs
