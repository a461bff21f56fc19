"""Compiled loops of the Pareto/NBD under a calendar: purchases at rate λ·h(t), leaving in real time.

With H(t) the integral of h since the customer's first order, A = α + H and B = β + t, the likelihood is

    Γ(r+x)/Γ(r) · α^r β^s · { A(T)^-(r+x) B(T)^-s + ∫ s A(t)^-(r+x) B(t)^-(s+1) dt },  t from t_x to T

(and Π h(t_i), which does not depend on the parameters). Within a piece of the calendar A is a straight line, so the
integral goes from edge to edge; a piece is cut further where the integrand decays or where A or B grow by more than
their own size, and each cut takes 2 to 16 Gauss-Legendre nodes. Where whole pieces change it little, which is most of
the way, they take 4 each, several at once. All parts are positive. It ends where the
integrand has decayed by e^-40. The nodes' shares are the posterior of the time of leaving, averages over them the
slopes.
"""

import math

import numpy as np
from numba import njit

from keepers.clv import lanes
from keepers.clv.histories import Floats, Integers

_ORDERS = (2, 3, 4, 6, 8, 16)
DECAYED = 40.0
_SMOOTH = 0.6  # relative change of the integrand over a piece below which 4 nodes leave errors below 1e-11
_AT_ONCE = 16  # pieces, of 4 nodes each
_A, _B, _PART, _BY_A, _BY_B, _ROOM = 6, 6 + 64, 6 + 2 * 64, 6 + 3 * 64, 6 + 4 * 64, 10 + 6 + 5 * 64  # places in `base`


def _rules() -> tuple[Floats, Floats]:
    nodes, weights = np.zeros((len(_ORDERS), max(_ORDERS))), np.zeros((len(_ORDERS), max(_ORDERS)))
    for row, order in enumerate(_ORDERS):
        node, weight = np.polynomial.legendre.leggauss(order)
        nodes[row, :order], weights[row, :order] = (node + 1) / 2, weight / 2
    return nodes, weights


NODES, WEIGHTS = _rules()
COUNT = np.array(_ORDERS, dtype=np.int64)


@njit(cache=True, error_model="numpy")
def integral(time: float, heights: Floats, reached: Floats, frame: Floats) -> float:
    """The integral of h from the calendar's first edge; `frame` is start, width, before, after."""
    place = (time - frame[0]) / frame[1]
    if place <= 0.0:
        return float(place * frame[1] * frame[2])
    piece = int(place)
    if piece >= len(heights):
        return float(reached[-1] + (place - len(heights)) * frame[1] * frame[3])
    return float(reached[piece] + (place - piece) * frame[1] * heights[piece])


@njit(cache=True, error_model="numpy")
def piece_at(time: float, heights: Floats, frame: Floats) -> tuple[float, float]:
    """H just after a time, and where it changes next."""
    place = (time - frame[0]) / frame[1]
    if place < -1e-9:
        return frame[2], frame[0]
    piece = int(place + 1e-9)
    if piece >= len(heights):
        return frame[3], math.inf
    return heights[piece], frame[0] + (piece + 1) * frame[1]


@njit(cache=True, error_model="numpy")
def rule_for(coarseness: float) -> int:
    """Which of the rules is exact enough for a cut that is this long beside what makes the integrand change."""
    if coarseness < _SMOOTH:
        return 0 if coarseness < 0.01 else (1 if coarseness < 0.1 else 2)
    if coarseness < 1.2:
        return 3
    return 4 if coarseness < 2.0 else 5


@njit(cache=True, error_model="numpy")
def _smooth(
    place: int, pieces: int, shape: float, s: float, base: Floats, heights: Floats, reached: Floats, frame: Floats,
    found: Floats,
) -> int:  # fmt: skip
    """Add whole pieces from `place` on to `found`, 16 at once; where it stopped: at `pieces`, or decayed.

    `base` holds α − H at entry, β + T, A₀, B₀, α, β, then room for the 64 nodes: one flat array, because the compiler
    must see that the quantities do not overlap to run several nodes in one instruction.
    """
    to_a, to_b, alpha, beta = base[0], base[1], base[4], base[5]
    inverse_a, inverse_b = 1.0 / base[2], 1.0 / base[3]
    decay, width = 0.0, frame[1]
    while place < pieces and decay < DECAYED:
        count = min(pieces - place, _AT_ONCE)
        for i in range(count):
            a, b = to_a + reached[place + i], to_b + frame[0] + (place + i) * width
            for j in range(4):
                base[_A + 4 * i + j] = a + NODES[2, j] * width * heights[place + i]
                base[_B + 4 * i + j] = b + NODES[2, j] * width
                base[_PART + 4 * i + j] = WEIGHTS[2, j] * width
        for i in range(64):
            by_a, by_b = lanes.log(base[_A + i] * inverse_a), lanes.log(base[_B + i] * inverse_b)
            decayed = lanes.exp(max(-shape * by_a - s * by_b, -700.0))
            base[_PART + i] = base[_PART + i] / base[_B + i] * decayed
            base[_BY_A + i], base[_BY_B + i] = by_a, by_b
            base[_A + i], base[_B + i] = 1.0 / base[_A + i], 1.0 / base[_B + i]
        for i in range(4 * count):
            part = base[_PART + i]
            found[0] += part
            found[1] += part * base[_BY_A + i]
            found[2] += part * base[_BY_B + i]
            found[3] += part * (1.0 - alpha * base[_A + i])
            found[4] += part * (1.0 - beta * base[_B + i])
            found[5] += part * base[_B + i]
        place += count
        a, b = to_a + reached[place], to_b + frame[0] + place * width
        decay = shape * math.log(a * inverse_a) + s * math.log(b * inverse_b)
    return place


@njit(cache=True, error_model="numpy")
def _walk(
    parameters: Floats, x: int, t_x: float, age: float, heights: Floats, reached: Floats, frame: Floats, found: Floats
) -> None:
    """Sums over the moments of leaving, relative to A and B at the last order, into `found` (_ROOM,).

    Of 1, log A/A₀, log B/B₀, (A−α)/A, (B−β)/B, 1/B; then the same first two at the end, A₀ and B₀; the rest is room.
    """
    r, alpha, s, beta = parameters
    shape, base = r + x, found[10:]
    found[:10] = 0.0
    entered = integral(-age, heights, reached, frame)
    pieces = min(int(-frame[0] / frame[1] + 1e-9), len(heights))
    at = t_x - age
    a, b = alpha + (integral(at, heights, reached, frame) - entered), beta + t_x
    base[0], base[1], base[2], base[3], base[4], base[5] = alpha - entered, beta + age, a, b, alpha, beta
    a_0, b_0, log_a, log_b, highest = a, b, 0.0, 0.0, 0.0
    while at < 0.0 and shape * log_a + s * log_b < DECAYED:
        place = round((at - frame[0]) / frame[1])
        if 0 <= place < pieces and abs(frame[0] + place * frame[1] - at) < 1e-9 * frame[1]:
            highest = highest if highest > 0.0 else heights[place:pieces].max()
            if frame[1] * (max(shape, 1.0) * highest / a + (s + 1.0) / b) < _SMOOTH:
                place = _smooth(place, pieces, shape, s, base, heights, reached, frame, found)
                at = frame[0] + place * frame[1]
                a, b = alpha - entered + reached[place], beta + age + at
                log_a, log_b = math.log(a / a_0), math.log(b / b_0)
                continue
        h, edge = piece_at(at, heights, frame)
        left = min(edge, 0.0) - at
        if left <= 1e-12 * age:
            at = min(edge, 0.0)
            continue
        rate = shape * h / a + (s + 1.0) / b
        width = min(left, 5.0 / rate, 1.5 * a / h, 1.5 * b)
        rule = rule_for(width * max(rate, h / a, 1.0 / b))
        for j in range(COUNT[rule]):
            step = width * NODES[rule, j]
            by_a, by_b = log_a + math.log1p(step * h / a), log_b + math.log1p(step / b)
            at_a, at_b = a + step * h, b + step
            part = WEIGHTS[rule, j] * width / at_b * math.exp(-shape * by_a - s * by_b)
            found[0] += part
            found[1] += part * by_a
            found[2] += part * by_b
            found[3] += part * (at_a - alpha) / at_a
            found[4] += part * (at_b - beta) / at_b
            found[5] += part / at_b
        log_a += math.log1p(width * h / a)
        log_b += math.log1p(width / b)
        a, b = a + width * h, b + width
        at = at + width if width < left else min(edge, 0.0)
    whole = integral(0.0, heights, reached, frame) - entered
    found[6], found[7] = math.log((alpha + whole) / a_0), math.log((beta + age) / b_0)
    found[8], found[9] = a_0, b_0


@njit(cache=True, error_model="numpy")
def rows(
    parameters: Floats,
    rising: Floats,
    x: Integers,
    t_x: Floats,
    age: Floats,
    heights: Floats,
    reached: Floats,
    frame: Floats,
    log_likelihood: Floats,
    alive: Floats,
) -> None:
    """Fill each row's log-likelihood and P(still a customer); `rising` holds log Γ(r+x)/Γ(r) by x."""
    found = np.ones(_ROOM)
    for i in range(len(x)):
        _walk(parameters, x[i], t_x[i], age[i], heights, reached, frame, found)
        log_likelihood[i], alive[i] = _level(parameters, rising, x[i], found)


@njit(cache=True, error_model="numpy")
def _level(parameters: Floats, rising: Floats, x: int, found: Floats) -> tuple[float, float]:
    r, alpha, s, beta = parameters
    decay = (r + x) * found[6] + s * found[7]
    stayed = math.exp(-decay)
    whole = stayed + s * found[0]
    level = rising[x] - (r + x) * math.log(found[8] / alpha) - x * math.log(alpha) - s * math.log(found[9] / beta)
    if whole < 1e-290:
        return level - decay, 1.0
    return level + math.log(whole), stayed / whole


@njit(cache=True, error_model="numpy")
def gradient(
    parameters: Floats,
    rising: Floats,
    slope: Floats,
    x: Integers,
    t_x: Floats,
    age: Floats,
    weight: Floats,
    heights: Floats,
    reached: Floats,
    frame: Floats,
    total: Floats,
) -> float:
    """Sum of the rows' log-likelihoods; its slopes in log r, log α, log s, log β are added to `total` (4,)."""
    r, alpha, s, beta = parameters
    found = np.ones(_ROOM)
    value = 0.0
    for i in range(len(x)):
        _walk(parameters, x[i], t_x[i], age[i], heights, reached, frame, found)
        level, alive = _level(parameters, rising, x[i], found)
        value += weight[i] * level
        each = (1.0 - alive) / found[0] if found[0] > 0.0 else 0.0
        first_a, first_b = math.log(found[8] / alpha), math.log(found[9] / beta)
        end_a, end_b = found[8] * math.exp(found[6]), found[9] * math.exp(found[7])
        mean_a = first_a + alive * found[6] + each * found[1]
        mean_b = first_b + alive * found[7] + each * found[2]
        share_a = alive * (end_a - alpha) / end_a + each * found[3]
        share_b = alive * (end_b - beta) / end_b + each * found[4]
        total[0] += weight[i] * r * (slope[x[i]] - mean_a)
        total[1] += weight[i] * ((r + x[i]) * share_a - x[i])
        total[2] += weight[i] * (each * found[0] - s * mean_b)
        total[3] += weight[i] * (s * share_b - beta * each * found[5])
    return value
