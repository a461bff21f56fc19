"""Compiled loops of the allocation: the best option of each customer at given prices."""

import numpy as np
from numba import njit

from keepers.decisions.effects import Floats, Integers


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
def nearest_upgrades(gains: Floats, prices: Floats, choice: Integers, slack: Floats, to: Integers) -> None:
    """Fill (n,): how much less the best dearer option is worth at these prices than the one chosen, and which it is."""
    for i in range(gains.shape[0]):
        here = gains[i, choice[i]]
        slack[i], to[i] = np.inf, choice[i]
        for j in range(gains.shape[1]):
            if gains[i, j] > here:
                short = (here - prices[choice[i]]) - (gains[i, j] - prices[j])
                if short < slack[i]:
                    slack[i], to[i] = short, j
