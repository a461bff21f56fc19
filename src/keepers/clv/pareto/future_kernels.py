"""Compiled loops of the Pareto/NBD that look ahead: order counts, the next order, random futures.

All hold for a customer who is *still one now*: purchase rate λ ~ Gamma(r + x, α + T), dropout rate μ ~ Gamma(s, β + T),
independent of one another and of t_x. The kernels take `shape` = r + x, `alpha` = α + T and `beta` = β + T by row.
"""

import math

import numpy as np
from numba import njit

from keepers.clv.histories import Floats, Integers
from keepers.clv.numerics import bulk_chance, lanes
from keepers.clv.numerics.chance import Stream
from keepers.clv.numerics.quadrature import NODES, ORDERS, WEIGHTS

_ORDER, _FINE_ORDER = 16, 32
_RULE, _FINE_RULE = ORDERS.index(_ORDER), ORDERS.index(_FINE_ORDER)
_PART, _TIME, _LOG_NONE = 0, 1, 2
_STEPS = 100
_SIZE = bulk_chance.SIZE
LIFE, RATE, LATER, NOW = 0, _SIZE, 2 * _SIZE, 3 * _SIZE  # blocks of what is known of those still customers


@njit(cache=True, nogil=True)
def count_pmf(shape: Floats, alpha: Floats, s: float, beta: Floats, horizon: float, pmf: Floats) -> None:
    """Fill `pmf` (n, K): P(k orders within the horizon) for k < K, given still a customer now.

    A negative binomial over the time spent as a customer, averaged over when the customer leaves. The first panel is
    as short as the fastest decay, each next one twice as long.
    """
    widest = min(1.0, 8.0 / math.sqrt(pmf.shape[1]))
    lane = np.empty((3, _ORDER))
    for i in range(len(shape)):
        low = min(alpha[i], beta[i])
        stretch = math.log1p(horizon / low)
        width = 6.0 / (shape[i] + s + 1.0)
        start = 0.0
        pmf[i] = 0.0
        while start < stretch:
            width = min(width, widest, stretch - start)
            _add_panel(shape[i], alpha[i], s, beta[i], start, width, pmf[i], lane)
            start += width
            width *= 2.0
            if stretch - start < 1e-12 * stretch:
                break
        _add_counts(shape[i], alpha[i], horizon, math.exp(-s * math.log1p(horizon / beta[i])), pmf[i])


@njit(cache=True, nogil=True, error_model="numpy", fastmath={"contract"})
def _add_panel(
    shape: float, alpha: float, s: float, beta: float, start: float, width: float, pmf: Floats, lane: Floats
) -> None:
    """Add the orders of those who leave within a panel, all its nodes at once; `lane` has room for them."""
    low, least = min(alpha, beta), 0.0
    for j in range(_ORDER):
        grown = low * lanes.exp(start + width * NODES[_RULE, j])
        time = max(grown - low, 0.0)
        stays = lanes.exp(max(-s * lanes.log1p(time / beta), -700.0))
        lane[_PART, j] = WEIGHTS[_RULE, j] * width * s * grown / (beta + time) * stays
        lane[_TIME, j] = time
        lane[_LOG_NONE, j] = -shape * lanes.log1p(time / alpha)
    for j in range(_ORDER):
        least = min(least, lane[_LOG_NONE, j])
    if least < -600.0:
        for j in range(_ORDER):
            _add_counts(shape, alpha, lane[_TIME, j], lane[_PART, j], pmf)
        return
    for j in range(_ORDER):
        lane[_PART, j] *= lanes.exp(lane[_LOG_NONE, j])
        lane[_TIME, j] /= alpha + lane[_TIME, j]
    for k in range(len(pmf)):
        grows, total = (shape + k) / (k + 1.0), 0.0
        for j in range(_ORDER):
            total += lane[_PART, j]
            lane[_PART, j] *= grows * lane[_TIME, j]
        pmf[k] += total


@njit(cache=True, nogil=True)
def _add_counts(shape: float, scale: float, time: float, part: float, pmf: Floats) -> None:
    """Add `part` times the negative binomial of the orders in `time`."""
    log_none = -shape * math.log1p(time / scale)
    share = time / (scale + time)
    if log_none > -600.0:
        chance_of = part * math.exp(log_none)
        for k in range(len(pmf)):
            pmf[k] += chance_of
            chance_of *= (shape + k) / (k + 1.0) * share
        return
    for k in range(len(pmf)):
        if log_none > -700.0:
            pmf[k] += part * math.exp(log_none)
        log_none += math.log((shape + k) / (k + 1.0) * share)


@njit(cache=True, nogil=True)
def _ordered_by(time: float, shape: float, alpha: float, s: float, beta: float) -> float:
    """P(an order by `time`, before leaving), given still a customer now."""
    low = min(alpha, beta)
    stretch = math.log1p(time / low)
    decay = shape * math.log1p(time / alpha)
    panels = int(max(stretch / 3.0, decay / 24.0)) + 1
    width = stretch / panels
    total = 0.0
    for panel in range(panels):
        for j in range(_FINE_ORDER):
            u = width * (panel + NODES[_FINE_RULE, j])
            step = low * math.expm1(u)
            density = shape * (low + step) / (alpha + step)
            decayed = math.exp(-shape * math.log1p(step / alpha) - s * math.log1p(step / beta))
            total += WEIGHTS[_FINE_RULE, j] * width * density * decayed
    return total


@njit(cache=True, nogil=True)
def next_order(
    shape: Floats, alpha: Floats, s: float, beta: Floats, probability: float, horizon: float, time: Floats
) -> None:
    """Fill `time` (n,): when P(an order by then, before leaving) reaches `probability`; nan where not by the horizon.

    That probability is concave in time and below what it would be without leaving, so Newton steps from there
    approach from the left and need no safeguard.
    """
    for i in range(len(shape)):
        at = alpha[i] * math.expm1(min(-math.log1p(-probability) / shape[i], 700.0))
        time[i] = math.nan
        if at > horizon or _ordered_by(horizon, shape[i], alpha[i], s, beta[i]) < probability:
            continue
        for _ in range(_STEPS):
            missing = probability - _ordered_by(at, shape[i], alpha[i], s, beta[i])
            log_density = -(shape[i] + 1.0) * math.log1p(at / alpha[i]) - s * math.log1p(at / beta[i])
            step = missing * alpha[i] / shape[i] * math.exp(-log_density)
            at = min(max(at + step, 0.0), horizon)
            if abs(step) <= 1e-9 * at:
                break
        time[i] = at


@njit(cache=True, nogil=True, error_model="numpy", fastmath={"contract"})
def futures(
    shape: Floats,
    alpha: Floats,
    s: float,
    beta: Floats,
    alive: Floats,
    horizon: float,
    value_cap: float,
    stream: Stream,
    orders: Integers,
    later_orders: Integers,
    active: Floats,
    later_active: Floats,
) -> None:
    """Fill the four (replicates, n) arrays of `Future`; those who turn out to have left stay as they are.

    A place below P(alive) is, over P(alive), again a uniform number: the survival reached when the customer leaves.
    """
    room, places = np.empty(bulk_chance.BLOCKS * _SIZE), np.empty(_SIZE, dtype=np.int64)
    who, work = np.empty(_SIZE, dtype=np.int64), np.empty(4 * _SIZE)
    for replicate in range(orders.shape[0]):
        for begin in range(0, orders.shape[1], _SIZE):
            many = min(_SIZE, orders.shape[1] - begin)
            count = still_there(alive, begin, many, who, work, stream)
            for i in range(count):
                work[RATE + i] = shape[who[i]]
            bulk_chance.gammas(work, RATE, count, stream, room)
            for i in range(count):
                work[LATER + i] = beta[who[i]]
                work[RATE + i] /= alpha[who[i]]
            for i in range(count):
                grown = lanes.exp(min(-lanes.log(work[LIFE + i]) / s, 690.0))
                life = work[LATER + i] * (grown - 1.0)
                work[LIFE + i] = min(life, horizon)
                work[NOW + i] = work[RATE + i] * work[LIFE + i]
                work[LATER + i] = max(min(life, value_cap) - horizon, 0.0)
                work[RATE + i] *= work[LATER + i]
            bulk_chance.poissons(work, NOW, count, stream, room, places)
            bulk_chance.poissons(work, RATE, count, stream, room, places)
            for i in range(count):
                row = who[i]
                active[replicate, row] = work[LIFE + i]
                orders[replicate, row] = np.int64(work[NOW + i])
                later_active[replicate, row] = work[LATER + i]
                later_orders[replicate, row] = np.int64(work[RATE + i])


@njit(cache=True, nogil=True, error_model="numpy")
def still_there(alive: Floats, begin: int, many: int, who: Integers, work: Floats, stream: Stream) -> int:
    """Who of `many` rows from `begin` on is still a customer, and their places in `work`; how many there are."""
    bulk_chance.uniforms(NOW, many, stream, work)
    count = 0
    for i in range(many):
        place = work[NOW + i] / alive[begin + i]
        who[count], work[LIFE + count] = begin + i, place
        count += int(place < 1.0)
    return count
