"""Compiled loops of what comes under a calendar: the Pareto/NBD's expected orders, next orders and futures; real time.

The calendar is read as in `calendar_kernels`: heights of its pieces, their integral, and `frame`.
"""

import math

import numpy as np
from numba import njit

from keepers.clv.calendars.kernels import COUNT, DECAYED, NODES, WEIGHTS, integral, piece_at, rule_for
from keepers.clv.histories import Floats, Integers
from keepers.clv.numerics import bulk_chance, lanes
from keepers.clv.numerics.chance import Stream
from keepers.clv.pareto.future_kernels import LATER, LIFE, NOW, RATE, still_there

_SIZE = bulk_chance.SIZE


@njit(cache=True, nogil=True, error_model="numpy")
def lasting(
    beta: Floats,
    s: float,
    start: float,
    horizon: float,
    discount_rate: float,
    heights: Floats,
    frame: Floats,
    found: Floats,
) -> None:
    """Fill `found` (n,): ∫ h(u) e^(−δu) (β/(β+u))^s du from `start` to `start + horizon`, of those still there now."""
    for i in range(len(beta)):
        at, total = start, 0.0
        while at < start + horizon:
            h, edge = piece_at(at, heights, frame)
            left = min(edge, start + horizon) - at
            if left <= 1e-12 * (abs(at) + horizon) or discount_rate * at > DECAYED:
                at = min(edge, start + horizon) if discount_rate * at <= DECAYED else start + horizon
                continue
            b = beta[i] + at
            rate = s / b + discount_rate
            width = min(left, 5.0 / rate, 1.5 * b)
            rule = rule_for(width * max(rate, 1.0 / b))
            for j in range(COUNT[rule]):
                time = at + width * NODES[rule, j]
                decay = s * math.log1p(time / beta[i]) + discount_rate * time
                total += WEIGHTS[rule, j] * width * h * math.exp(-decay)
            at = at + width if width < left else min(edge, start + horizon)
        found[i] = total


@njit(cache=True, nogil=True, error_model="numpy")
def next_order(
    shape: Floats,
    alpha: Floats,
    s: float,
    beta: Floats,
    probability: float,
    horizon: float,
    heights: Floats,
    frame: Floats,
    time: Floats,
) -> None:
    """Fill `time` (n,): when P(an order by then, before leaving) is `probability`; nan where beyond the horizon."""
    for i in range(len(shape)):
        time[i] = math.nan
        at, a, b = 0.0, alpha[i], beta[i]
        stayed, ordered = 1.0, 0.0  # P(neither left nor ordered), P(ordered first)
        while at < horizon and stayed > 1e-12:
            h, edge = piece_at(at, heights, frame)
            left = min(edge, horizon) - at
            if left <= 1e-12 * horizon:
                at = min(edge, horizon)
                continue
            rate = shape[i] * h / a + s / b
            width = min(left, 1.0 / rate, a / h, b)
            gained = stayed * _first_orders(width, h, shape[i], a, s, b)
            if ordered + gained >= probability:
                low, high = 0.0, width
                for _ in range(60):
                    middle = 0.5 * (low + high)
                    enough = ordered + stayed * _first_orders(middle, h, shape[i], a, s, b) >= probability
                    low, high = (low, middle) if enough else (middle, high)
                time[i] = at + 0.5 * (low + high)
                break
            ordered += gained
            stayed *= math.exp(-shape[i] * math.log1p(width * h / a) - s * math.log1p(width / b))
            a, b = a + width * h, b + width
            at = at + width if width < left else min(edge, horizon)


@njit(cache=True, nogil=True, error_model="numpy")
def _first_orders(width: float, h: float, shape: float, a: float, s: float, b: float) -> float:
    """P(an order within `width`, before leaving) while h stays the same."""
    total = 0.0
    for j in range(COUNT[5]):
        step = width * NODES[5, j]
        decay = shape * math.log1p(step * h / a) + s * math.log1p(step / b)
        total += WEIGHTS[5, j] * width * shape * h / (a + step * h) * math.exp(-decay)
    return total


@njit(cache=True, nogil=True, error_model="numpy", fastmath={"contract"})
def futures(
    shape: Floats,
    alpha: Floats,
    s: float,
    beta: Floats,
    alive: Floats,
    horizon: float,
    value_cap: float,
    heights: Floats,
    reached: Floats,
    frame: Floats,
    stream: Stream,
    orders: Integers,
    later_orders: Integers,
    active: Floats,
    later_active: Floats,
) -> None:
    """Fill the four (replicates, n) arrays of `Future`; those who turn out to have left stay as they are."""
    now, within = frame[4], integral(horizon, heights, reached, frame)
    room, places = np.empty(bulk_chance.BLOCKS * _SIZE), np.empty(_SIZE, dtype=np.int64)
    who, work = np.empty(_SIZE, dtype=np.int64), np.empty(4 * _SIZE)
    for replicate in range(orders.shape[0]):
        for begin in range(0, orders.shape[1], _SIZE):
            count = still_there(alive, begin, min(_SIZE, orders.shape[1] - begin), who, work, stream)
            for n in range(count):
                work[RATE + n] = shape[who[n]]
            bulk_chance.gammas(work, RATE, count, stream, room)
            for n in range(count):
                grown = lanes.exp(min(-lanes.log(work[LIFE + n]) / s, 690.0))
                work[LIFE + n] = beta[who[n]] * (grown - 1.0)
            for n in range(count):
                i, life, rate = who[n], work[LIFE + n], work[RATE + n] / alpha[who[n]]
                active[replicate, i] = min(life, horizon)
                later_active[replicate, i] = max(min(life, value_cap) - horizon, 0.0)
                exposed = within if life >= horizon else integral(life, heights, reached, frame)
                work[NOW + n] = rate * (exposed - now)
                further = integral(min(life, value_cap), heights, reached, frame) - within if life > horizon else 0.0
                work[LATER + n] = rate * further
            bulk_chance.poissons(work, NOW, count, stream, room, places)
            bulk_chance.poissons(work, LATER, count, stream, room, places)
            for n in range(count):
                orders[replicate, who[n]] = np.int64(work[NOW + n])
                later_orders[replicate, who[n]] = np.int64(work[LATER + n])


@njit(cache=True, nogil=True, error_model="numpy")
def in_real_time(
    lasting: Floats,
    begin: float,
    end: float,
    start: float,
    until: float,
    heights: Floats,
    reached: Floats,
    frame: Floats,
) -> None:
    """Turn lengths (replicates, n) in the calendar's own time since H = `begin`, where it is `start`, into real time.

    In place. Who lasts as long as to H = `end` lasts until `until`; most do, or do not begin.
    """
    guide, per_step = _guide(reached)
    longest, last = max(until - start, 0.0), len(heights) - 1
    for row in range(lasting.shape[0]):
        for i in range(lasting.shape[1]):
            length = lasting[row, i]
            if length >= end - begin:
                lasting[row, i] = longest
            elif length > 0.0:
                level = begin + length + frame[4]
                if level < 0.0:
                    time = frame[0] + level / frame[2]
                elif level >= reached[-1]:
                    time = frame[0] + len(heights) * frame[1] + (level - reached[-1]) / frame[3]
                else:
                    piece = guide[int(level * per_step)]
                    while piece < last and reached[piece + 1] <= level:
                        piece += 1
                    time = frame[0] + piece * frame[1] + (level - reached[piece]) / heights[piece]
                lasting[row, i] = min(max(time - start, 0.0), longest)


@njit(cache=True, nogil=True, error_model="numpy")
def _guide(reached: Floats) -> tuple[Integers, float]:
    """The piece in which even steps of H begin, some steps a piece, and how many steps there are in 1 of H."""
    steps = 4 * len(reached)
    per_step = steps / reached[-1]
    guide = np.zeros(steps + 1, dtype=np.int64)
    piece = 0
    for step in range(steps + 1):
        while piece < len(reached) - 2 and reached[piece + 1] * per_step <= step:
            piece += 1
        guide[step] = piece
    return guide, per_step
