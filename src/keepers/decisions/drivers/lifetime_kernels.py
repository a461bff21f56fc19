"""Compiled: how many purchases of each brand people will make, discounted, as they switch from one to the other."""

import numpy as np
from numba import njit

from keepers.decisions.terms.effects import Floats, Integers

STEADY = 1e-8  # chances that change by less have settled


@njit(cache=True)
def discounted_purchases(
    attraction: Floats, stickiness: float, last: Integers, purchases: Floats, waits: Floats, found: Floats
) -> None:
    """Fill `found` (n, J) with the discounted number of purchases of each brand.

    attraction: (n, J) e^utility without inertia; 0 where a brand is not considered
    stickiness: e^β₀, what having bought a brand last multiplies its attraction by
    last: (n,) brand bought last; below 0: none
    purchases: (n,) in all, over the horizon; of the last of them a fraction
    waits: (n,) what one interval between two purchases discounts by [factor]
    """
    n, brands = attraction.shape
    more = stickiness - 1.0
    now, leaves = np.empty(brands), np.empty(brands)
    for i in range(n):
        pull, total = attraction[i], attraction[i].sum()
        found[i] = 0.0
        _begin(pull, total, stickiness, last[i], now)
        for j in range(brands):
            leaves[j] = 1.0 / (total + more * pull[j])
        left, worth = purchases[i], np.sqrt(waits[i])
        while left > 0:
            _add(found[i], min(1.0, left) * worth, now)
            left -= 1.0
            worth *= waits[i]
            if left > 0 and _step(pull, leaves, more, now) < STEADY:
                _add(found[i], worth * _geometric(waits[i], left), now)
                break


@njit(cache=True)
def _begin(pull: Floats, total: float, stickiness: float, last: int, now: Floats) -> None:
    """The chances of the next purchase: the row of the brand bought last."""
    sticks = last >= 0 and pull[last] > 0
    held = total + (stickiness - 1.0) * pull[last] if sticks else total
    for j in range(len(pull)):
        now[j] = pull[j] / held
    if sticks:
        now[last] *= stickiness


@njit(cache=True)
def _add(found: Floats, count: float, chances: Floats) -> None:
    for j in range(len(found)):
        found[j] += count * chances[j]


@njit(cache=True)
def _step(pull: Floats, leaves: Floats, more: float, now: Floats) -> float:
    """Turn the chances of a purchase into those of the one after it; how far they moved.

    leaves: (J,) what each row of the switching matrix is divided by, inverted
    """
    flow, moved = 0.0, 0.0
    for j in range(len(pull)):
        flow += now[j] * leaves[j]
    for j in range(len(pull)):
        then = pull[j] * (flow + more * now[j] * leaves[j])
        moved = max(moved, abs(then - now[j]))
        now[j] = then
    return moved


@njit(cache=True)
def _geometric(wait: float, count: float) -> float:
    """1 + wait + wait² + …, `count` terms, of the last of them a fraction."""
    whole = np.floor(count)
    terms = whole if wait == 1.0 else (1.0 - wait**whole) / (1.0 - wait)
    return float(terms + (count - whole) * wait**whole)
