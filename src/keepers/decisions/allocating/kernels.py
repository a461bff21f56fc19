"""Compiled loops of the allocation: the best option of each customer at given prices."""

import numpy as np
from numba import njit

from keepers.decisions.terms.effects import Floats, Integers


@njit(cache=True)
def choose(gains: Floats, prices: Floats, choice: Integers, counts: Integers) -> tuple[float, float]:
    """Fill `choice` (n,) with the option of the highest gain less price, the first of equals, and `counts` (options,).

    Returns the sum of the gains, and of gains less prices.
    """
    counts[:] = 0
    gained, left = 0.0, 0.0
    for i in range(gains.shape[0]):
        best, most = 0, gains[i, 0] - prices[0]
        for j in range(1, gains.shape[1]):
            worth = gains[i, j] - prices[j]
            if worth > most:
                best, most = j, worth
        choice[i] = best
        counts[best] += 1
        gained += gains[i, best]
        left += most
    return gained, left


@njit(cache=True)
def _nearest(gains: Floats, prices: Floats, uses: Floats, used: Floats, limits: Floats, here: int) -> tuple[int, float]:
    """The option of one customer that gains more than `here`, still fits, and is worth most at these prices.

    Returns it and how much less it is worth than `here`; `here` itself and infinity where there is none.
    """
    to, least = here, np.inf
    for j in range(len(gains)):
        short = (gains[here] - prices[here]) - (gains[j] - prices[j])
        if gains[j] > gains[here] and short < least:
            fits = True
            for k in range(len(used)):
                fits = fits and used[k] - uses[here, k] + uses[j, k] <= limits[k]
            if fits:
                to, least = j, short
    return to, least


@njit(cache=True)
def nearest_upgrades(
    gains: Floats, prices: Floats, uses: Floats, used: Floats, limits: Floats, choice: Integers, slack: Floats
) -> None:
    """Fill (n,): how much less the nearest upgrade that fits is worth at these prices than the option chosen."""
    for i in range(gains.shape[0]):
        slack[i] = _nearest(gains[i], prices, uses, used, limits, choice[i])[1]


@njit(cache=True)
def upgrade(
    order: Integers, gains: Floats, prices: Floats, uses: Floats, limits: Floats, choice: Integers, counts: Integers
) -> None:
    """Give the customers in this order their nearest upgrade that still fits; `choice` and `counts` change.

    What is used is summed from the counts each time, so that rounding does not add up over many customers.
    """
    used = np.zeros(uses.shape[1])
    for j in range(len(counts)):
        used += counts[j] * uses[j]
    for i in order:
        here = choice[i]
        to = _nearest(gains[i], prices, uses, used, limits, here)[0]
        if to != here:
            choice[i] = to
            counts[here] -= 1
            counts[to] += 1
            for k in range(len(used)):
                used[k] = 0.0
                for j in range(len(counts)):
                    used[k] += counts[j] * uses[j, k]
