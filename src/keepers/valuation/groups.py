"""What the history and the value say of a customer, in one word.

Groups follow from probability alive and value, not from quintiles: two firms with different
bases have different shares in each group. The rules, in the order they are tried:

1. `lost`: the chance of still being a customer is below one in four.
2. `one-time`: has ordered on one day only.
3. `slipping`: has ordered again, but the chance of still being a customer is below three in four.
4. `best`: among the remaining, the fewest customers who together hold half of their worth.
5. `promising`: at most three orders so far, or a high end that reaches what the best are worth.
6. `steady`: everyone else.
"""

import numpy as np
from numpy.typing import NDArray

GROUPS = ("best", "promising", "steady", "one-time", "slipping", "lost")
LOST_BELOW = 0.25
SLIPPING_BELOW = 0.75
BEST_HOLD = 0.5
EARLY_ORDERS = 3


def group_of(
    *,
    orders: NDArray[np.int64],
    probability_alive: NDArray[np.float64],
    worth: NDArray[np.float64],
    worth_high: NDArray[np.float64],
) -> NDArray[np.str_]:
    """The group of each customer.

    Args:
        orders: occasions so far, shape (n,) [occasions].
        probability_alive: shape (n,) [0-1].
        worth: residual value, or expected orders where the file has no money, shape (n,).
        worth_high: its 95 % point, shape (n,).

    Returns:
        One of `GROUPS` for each customer, shape (n,).
    """
    lost = probability_alive < LOST_BELOW
    one_time = ~lost & (orders == 1)
    slipping = ~lost & ~one_time & (probability_alive < SLIPPING_BELOW)
    core = ~lost & ~one_time & ~slipping
    threshold = _smallest_of_the_best(worth[core])
    best = core & (worth >= threshold)
    promising = core & ~best & ((orders <= EARLY_ORDERS) | (worth_high >= threshold))
    return np.select(
        [lost, one_time, slipping, best, promising],
        ["lost", "one-time", "slipping", "best", "promising"],
        default="steady",
    )


def _smallest_of_the_best(worth: NDArray[np.float64]) -> float:
    """The worth from which on the largest together hold half of all; infinite when there is none."""
    descending = np.sort(worth)[::-1]
    held = np.cumsum(descending)
    if descending.size == 0 or held[-1] <= 0:
        return float("inf")
    return float(descending[np.searchsorted(held, BEST_HOLD * held[-1])])
