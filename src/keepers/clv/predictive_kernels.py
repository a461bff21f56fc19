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
    kept = np.empty(count, dtype=np.float32)
    for i in range(draws.shape[1]):
        zeros = 0
        for j in range(count):
            if draws[j, i] == 0.0:
                zeros += 1
            else:
                kept[j - zeros] = draws[j, i]
        ordered = np.sort(kept[: count - zeros])
        lows[i] = _at_rank(ordered, zeros, low * (count + 1.0), count)
        highs[i] = _at_rank(ordered, zeros, high * (count + 1.0), count)


@njit(cache=True)
def _at_rank(ordered: Draws, zeros: int, rank: float, count: int) -> float:
    """The value at `rank` (from 1) among the zeros and the rest, which may be below zero."""
    below = int(rank)
    share = rank - below
    first = _ranked(ordered, zeros, min(max(below, 1), count))
    second = _ranked(ordered, zeros, min(max(below + 1, 1), count))
    return first + share * (second - first)


@njit(cache=True)
def _ranked(ordered: Draws, zeros: int, rank: int) -> float:
    negative = 0
    while negative < len(ordered) and ordered[negative] < 0.0:
        negative += 1
    if rank <= negative:
        return float(ordered[rank - 1])
    if rank <= negative + zeros:
        return 0.0
    return float(ordered[rank - zeros - 1])


@njit(cache=True)
def count_points(draws: Integers, low: float, high: float, lows: Floats, highs: Floats) -> None:
    """Fill (n,) quantiles of the counts in each column of (draws, n): at the next rank away from the middle."""
    count = draws.shape[0]
    first = max(math.floor(low * (count + 1.0)), 1)
    last = min(math.ceil(high * (count + 1.0)), count)
    column = np.empty(count, dtype=np.int64)
    for i in range(draws.shape[1]):
        zeros = 0
        for j in range(count):
            if draws[j, i] == 0:
                zeros += 1
            else:
                column[j - zeros] = draws[j, i]
        ordered = np.sort(column[: count - zeros])
        lows[i] = 0.0 if first <= zeros else ordered[first - zeros - 1]
        highs[i] = 0.0 if last <= zeros else ordered[last - zeros - 1]
