"""Compiled loops of the predictive draws: what a random future is worth, and the points of many draws."""

import math

import numpy as np
from numba import njit
from numpy.typing import NDArray

from keepers.clv import chance
from keepers.clv.chance import Stream
from keepers.clv.histories import Floats, Integers

Draws = NDArray[np.float32]


@njit(cache=True)
def values(
    orders: Integers,
    later_orders: Integers,
    active: Floats,
    later_active: Floats,
    p: float,
    shape: Floats,
    rate: Floats,
    margin: Floats,
    discount_rate: float,
    horizon: float,
    stream: Stream,
    period_value: Draws,
    residual_value: Draws,
) -> None:
    """Fill (replicates, n) discounted margins, within the horizon and up to the value cap.

    Order values are Gamma(p, ν) with the customer's own ν ~ Gamma(shape, rate), so k of them add to Gamma(pk, ν). An
    order comes at any moment of the active time with equal chance: it is discounted by the mean factor of that time.
    """
    beyond = math.exp(-discount_rate * horizon)
    for replicate in range(orders.shape[0]):
        for i in range(orders.shape[1]):
            count, later = orders[replicate, i], later_orders[replicate, i]
            period_value[replicate, i] = 0.0
            residual_value[replicate, i] = 0.0
            if count + later == 0:
                continue
            scale = margin[i] * rate[i] / max(chance.gamma(shape[i], stream), 1e-290)
            value = 0.0
            if count > 0:
                value = scale * chance.gamma(p * count, stream) * _discount(discount_rate * active[replicate, i])
                period_value[replicate, i] = value
            if later > 0:
                factor = beyond * _discount(discount_rate * later_active[replicate, i])
                value += scale * chance.gamma(p * later, stream) * factor
            residual_value[replicate, i] = value


@njit(cache=True)
def _discount(length: float) -> float:
    """Mean of e^-z for z from 0 to `length`."""
    return 1.0 if length < 1e-12 else -math.expm1(-length) / length


@njit(cache=True)
def points(draws: Draws, low: float, high: float, lows: Floats, highs: Floats) -> None:
    """Fill (n,) quantiles of each column of `draws`: at rank p·(count + 1), between neighbours where that is broken."""
    count = draws.shape[0]
    rank, from_top = low * (count + 1.0), (1.0 - high) * (count + 1.0)
    lowest, highest = np.empty(min(int(rank) + 1, count)), np.empty(min(int(from_top) + 1, count))
    for i in range(draws.shape[1]):
        _ends(draws, i, lowest, highest)
        lows[i] = _between(lowest, rank)
        highs[i] = -_between(highest, from_top)


@njit(cache=True)
def count_points(draws: Integers, low: float, high: float, lows: Floats, highs: Floats) -> None:
    """Fill (n,) quantiles of the counts in each column of `draws`: at the next rank away from the middle."""
    count = draws.shape[0]
    rank, from_top = low * (count + 1.0), (1.0 - high) * (count + 1.0)
    lowest, highest = np.empty(max(int(rank + 1e-9), 1)), np.empty(max(int(from_top + 1e-9), 1))
    for i in range(draws.shape[1]):
        _ends(draws, i, lowest, highest)
        lows[i] = lowest[-1]
        highs[i] = -highest[-1]


@njit(cache=True)
def _ends(draws: Draws | Integers, i: int, lowest: Floats, highest: Floats) -> None:
    """Fill the lowest of column i, rising, and the highest, falling and with their sign turned."""
    lowest[:] = np.inf
    highest[:] = np.inf
    for j in range(draws.shape[0]):
        value = float(draws[j, i])
        if value < lowest[-1]:
            _insert(lowest, value)
        if -value < highest[-1]:
            _insert(highest, -value)


@njit(cache=True)
def _insert(rising: Floats, value: float) -> None:
    place = len(rising) - 1
    while place > 0 and rising[place - 1] > value:
        rising[place] = rising[place - 1]
        place -= 1
    rising[place] = value


@njit(cache=True)
def _between(rising: Floats, rank: float) -> float:
    """The value at `rank`, counted from 1."""
    below = min(max(int(rank), 1), len(rising))
    above = min(below + 1, len(rising))
    share = min(max(rank - below, 0.0), 1.0)
    return float(rising[below - 1] + share * (rising[above - 1] - rising[below - 1]))
