"""Do customers who come more often spend more or less on an occasion? Every model of spend assumes neither."""

from collections.abc import Callable
from dataclasses import dataclass
from math import erfc, sqrt

import numpy as np

from keepers.clv.histories import Floats
from keepers.clv.spend import Spend
from keepers.core.told import Told

_ROWS_FOR_A_TEST = 20_000  # a correlation of 0.1 is told from none with a thousand

FREQUENT_SPEND_MORE = (
    "Customers who order more often spend more on an occasion (rank correlation %(rank)s), which the spend model "
    "leaves out: values of frequent customers rest mostly on their own orders, those of rare customers are a little "
    "too high."
)
FREQUENT_SPEND_LESS = (
    "Customers who order more often spend less on an occasion (rank correlation %(rank)s), which the spend model "
    "leaves out: values of frequent customers rest mostly on their own orders, those of rare customers are a little "
    "too low."
)


@dataclass(frozen=True, slots=True)
class FrequencyDependence:
    """How far spend on an occasion goes with the number of occasions.

    pearson: plain correlation of occasions and mean order value, as the papers print it
    rank: rank correlation of occasions and of the place of the mean order value among those expected at that number of
        occasions; 0 if the model holds, whatever its skew
    p_value: probability of a rank correlation at least as far from 0 if the model holds
    """

    pearson: float
    rank: float
    p_value: float


def dependence_of(usable: Spend, place: Callable[[Spend], Floats]) -> FrequencyDependence:
    """The test on at most 20,000 rows.

    Args:
        usable: customers whom the model learns from.
        place: (n,) of rows, the probability of a lower mean at the same number of occasions under the model.
    """
    rows = usable.thinned(_ROWS_FOR_A_TEST)
    count = rows.orders.astype(np.float64)
    rank = _correlation(_mid_ranks(count, rows.weight), _mid_ranks(place(rows), rows.weight), rows.weight)
    z = abs(rank) * sqrt(max(rows.customers - 1.0, 0.0))
    pearson = _correlation(count, rows.mean_order_value, rows.weight)
    return FrequencyDependence(pearson=pearson, rank=rank, p_value=erfc(z / sqrt(2.0)))


def dependence_in_words(found: FrequencyDependence) -> list[str]:
    """A sentence where the correlation is beyond ±0.1 and chance does not explain it."""
    if abs(found.rank) < 0.1 or found.p_value > 0.01:
        return []
    return [Told.of(FREQUENT_SPEND_MORE if found.rank > 0 else FREQUENT_SPEND_LESS, rank=f"{found.rank:+.2f}")]


def _mid_ranks(values: Floats, weight: Floats) -> Floats:
    _, place = np.unique(values, return_inverse=True)
    mass = np.bincount(place, weights=weight)
    ranks: Floats = np.cumsum(mass) - mass / 2
    return ranks[place]


def _correlation(one: Floats, other: Floats, weight: Floats) -> float:
    """Weighted Pearson correlation; 0 where one side does not vary."""
    a, b = one - np.average(one, weights=weight), other - np.average(other, weights=weight)
    scale = sqrt(float((weight * a * a).sum()) * float((weight * b * b).sum()))
    return float((weight * a * b).sum()) / scale if scale > 0 else 0.0
