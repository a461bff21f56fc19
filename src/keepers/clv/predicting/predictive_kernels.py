"""Compiled loops of the predictive draws: what a random future is worth, and the points of many draws."""

import math

import numpy as np
from numba import njit
from numpy.typing import NDArray

from keepers.clv.histories import Floats, Integers
from keepers.clv.numerics import bulk_chance, lanes
from keepers.clv.numerics.chance import Stream

Draws = NDArray[np.float32]

_SIZE = bulk_chance.SIZE
_BESIDE = 16  # columns whose points are found together
_SCALE, _NOW, _LATER = 0, _SIZE, 2 * _SIZE


@njit(cache=True, nogil=True, error_model="numpy", fastmath={"contract"})
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
    room = np.empty(bulk_chance.BLOCKS * _SIZE)
    who, work = np.empty(_SIZE, dtype=np.int64), np.empty(3 * _SIZE)
    for replicate in range(orders.shape[0]):
        for begin in range(0, orders.shape[1], _SIZE):
            count = 0
            for i in range(begin, min(begin + _SIZE, orders.shape[1])):
                period_value[replicate, i] = 0.0
                residual_value[replicate, i] = 0.0
                who[count] = i
                count += int(orders[replicate, i] + later_orders[replicate, i] > 0)
            for i in range(count):
                row = who[i]
                work[_SCALE + i] = shape[row]
                work[_NOW + i] = p * max(orders[replicate, row], 1)
                work[_LATER + i] = p * max(later_orders[replicate, row], 1)
            for block in (_SCALE, _NOW, _LATER):
                bulk_chance.gammas(work, block, count, stream, room)
            for i in range(count):
                row = who[i]
                now, later = orders[replicate, row] > 0, later_orders[replicate, row] > 0
                scale = margin[row] * rate[row] / max(work[_SCALE + i], 1e-290)
                lasting = _discount(discount_rate * active[replicate, row]) if now else 0.0
                beyond_lasting = beyond * _discount(discount_rate * later_active[replicate, row]) if later else 0.0
                work[_SCALE + i] = scale * work[_NOW + i] * lasting
                work[_NOW + i] = scale * work[_LATER + i] * beyond_lasting
            for i in range(count):
                period_value[replicate, who[i]] = work[_SCALE + i]
                residual_value[replicate, who[i]] = work[_SCALE + i] + work[_NOW + i]


@njit(cache=True, nogil=True, error_model="numpy", fastmath={"contract"})
def _discount(length: float) -> float:
    """Mean of e^-z for z from 0 to `length`."""
    series = 1.0 - length * (0.5 - length * (1.0 / 6.0 - length / 24.0))
    return series if length < 1e-3 else (1.0 - lanes.exp(max(-length, -700.0))) / length


@njit(cache=True, nogil=True)
def points(draws: Draws, low: float, high: float, lows: Floats, highs: Floats) -> None:
    """Fill (n,) quantiles of each column of `draws`: at rank p·(count + 1), between neighbours where that is broken."""
    count = draws.shape[0]
    rank, from_top = low * (count + 1.0), (1.0 - high) * (count + 1.0)
    lowest, highest = np.empty(min(int(rank) + 1, count)), np.empty(min(int(from_top) + 1, count))
    others, many = np.empty((_BESIDE, count + 1)), np.empty(_BESIDE, dtype=np.int64)
    for first in range(0, draws.shape[1], _BESIDE):
        _not_zero(draws, first, others, many)
        for i in range(first, min(first + _BESIDE, draws.shape[1])):
            _ends(others[i - first], many[i - first], count, lowest, highest)
            lows[i] = _between(lowest, rank)
            highs[i] = -_between(highest, from_top)


@njit(cache=True, nogil=True)
def _not_zero(draws: Draws, first: int, others: Floats, many: Integers) -> None:
    """The draws that are not 0 of the columns from `first` on, and how many; most of many columns are 0.

    Neighbouring columns lie in the same line of memory, so they are read together.
    """
    many[:] = 0
    width = min(_BESIDE, draws.shape[1] - first)
    for j in range(draws.shape[0]):
        for i in range(width):
            value = float(draws[j, first + i])
            others[i, many[i]] = value
            many[i] += int(value != 0.0)


@njit(cache=True, nogil=True)
def _ends(others: Floats, many: int, count: int, lowest: Floats, highest: Floats) -> None:
    """The lowest of `count` draws, rising, and the highest, falling and with their sign turned; the rest are 0."""
    lowest[:] = np.inf
    highest[:] = np.inf
    lowest[: count - many] = 0.0
    highest[: count - many] = 0.0
    for j in range(many):
        value = others[j]
        if value < lowest[-1]:
            _insert(lowest, value)
        if -value < highest[-1]:
            _insert(highest, -value)


@njit(cache=True, nogil=True)
def _insert(rising: Floats, value: float) -> None:
    place = len(rising) - 1
    while place > 0 and rising[place - 1] > value:
        rising[place] = rising[place - 1]
        place -= 1
    rising[place] = value


@njit(cache=True, nogil=True)
def _between(rising: Floats, rank: float) -> float:
    """The value at `rank`, counted from 1."""
    below = min(max(int(rank), 1), len(rising))
    above = min(below + 1, len(rising))
    share = min(max(rank - below, 0.0), 1.0)
    return float(rising[below - 1] + share * (rising[above - 1] - rising[below - 1]))
