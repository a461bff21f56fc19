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

from keepers.clv.histories import Floats, Integers
from keepers.clv.numerics import lanes

_ORDERS = (2, 3, 4, 6, 8, 16)
DECAYED = 40.0
_SMOOTH = 0.6  # relative change of the integrand over a piece below which 4 nodes leave errors below 1e-11
_AT_ONCE = 16  # pieces, of 4 nodes each
_A, _B, _PART, _BY_A, _BY_B = (6 + 64 * place for place in range(5))  # places in `base`
_SUMS, _SQUARES = 10, 10  # places of `found`: sums for slopes and ends, then sums for second derivatives
_ROOM = _SUMS + _SQUARES + 6 + 5 * 64
SLOPES, BENDS = 4, 14  # length of `total`: slopes, or slopes and second derivatives


def _rules() -> tuple[Floats, Floats]:
    nodes, weights = np.zeros((len(_ORDERS), max(_ORDERS))), np.zeros((len(_ORDERS), max(_ORDERS)))
    for row, order in enumerate(_ORDERS):
        node, weight = np.polynomial.legendre.leggauss(order)
        nodes[row, :order], weights[row, :order] = (node + 1) / 2, weight / 2
    return nodes, weights


NODES, WEIGHTS = _rules()
COUNT = np.array(_ORDERS, dtype=np.int64)


@njit(cache=True, nogil=True, error_model="numpy")
def integral(time: float, heights: Floats, reached: Floats, frame: Floats) -> float:
    """The integral of h from the calendar's first edge; `frame` is start, width, before, after."""
    place = (time - frame[0]) / frame[1]
    if place <= 0.0:
        return float(place * frame[1] * frame[2])
    piece = int(place)
    if piece >= len(heights):
        return float(reached[-1] + (place - len(heights)) * frame[1] * frame[3])
    return float(reached[piece] + (place - piece) * frame[1] * heights[piece])


@njit(cache=True, nogil=True, error_model="numpy")
def piece_at(time: float, heights: Floats, frame: Floats) -> tuple[float, float]:
    """H just after a time, and where it changes next."""
    place = (time - frame[0]) / frame[1]
    if place < -1e-9:
        return frame[2], frame[0]
    piece = int(place + 1e-9)
    if piece >= len(heights):
        return frame[3], math.inf
    return heights[piece], frame[0] + (piece + 1) * frame[1]


@njit(cache=True, nogil=True, error_model="numpy")
def rule_for(coarseness: float) -> int:
    """Which of the rules is exact enough for a cut that is this long beside what makes the integrand change."""
    if coarseness < _SMOOTH:
        return 0 if coarseness < 0.01 else (1 if coarseness < 0.1 else 2)
    if coarseness < 1.2:
        return 3
    return 4 if coarseness < 2.0 else 5


@njit(cache=True, nogil=True, error_model="numpy")
def _smooth(
    place: int, pieces: int, shape: float, s: float, base: Floats, heights: Floats, reached: Floats, frame: Floats,
    quantities: int, found: Floats,
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
        if quantities == BENDS:
            for i in range(4 * count):
                c, e = alpha * base[_A + i], beta * base[_B + i]
                _add_squares(base[_PART + i], base[_BY_A + i], base[_BY_B + i], c, e, found)
        place += count
        a, b = to_a + reached[place], to_b + frame[0] + place * width
        decay = shape * math.log(a * inverse_a) + s * math.log(b * inverse_b)
    return place


@njit(cache=True, nogil=True, error_model="numpy")
def _add_squares(part: float, a: float, b: float, c: float, e: float, found: Floats) -> None:
    """Add to the sums of products of a = log A/A₀, b = log B/B₀, c = α/A and e = β/B."""
    found[10] += part * a * a
    found[11] += part * a * b
    found[12] += part * b * b
    found[13] += part * a * c
    found[14] += part * b * c
    found[15] += part * c * c
    found[16] += part * a * e
    found[17] += part * b * e
    found[18] += part * c * e
    found[19] += part * e * e


@njit(cache=True, nogil=True, error_model="numpy")
def _walk(
    parameters: Floats, x: int, t_x: float, age: float, heights: Floats, reached: Floats, frame: Floats,
    quantities: int, found: Floats,
) -> None:  # fmt: skip
    """Sums over the moments of leaving, relative to A and B at the last order, into `found` (_ROOM,).

    Of 1, log A/A₀, log B/B₀, (A−α)/A, (B−β)/B, 1/B; then the same first two at the end, A₀ and B₀; then, where second
    derivatives are asked for, of the products in `_add_squares`; the rest is room.
    """
    r, alpha, s, beta = parameters
    shape, base = r + x, found[_SUMS + _SQUARES :]
    found[: _SUMS + _SQUARES] = 0.0
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
                place = _smooth(place, pieces, shape, s, base, heights, reached, frame, quantities, found)
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
            if quantities == BENDS:
                _add_squares(part, by_a, by_b, alpha / at_a, beta / at_b, found)
        log_a += math.log1p(width * h / a)
        log_b += math.log1p(width / b)
        a, b = a + width * h, b + width
        at = at + width if width < left else min(edge, 0.0)
    whole = integral(0.0, heights, reached, frame) - entered
    found[6], found[7] = math.log((alpha + whole) / a_0), math.log((beta + age) / b_0)
    found[8], found[9] = a_0, b_0


@njit(cache=True, nogil=True, error_model="numpy")
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
        _walk(parameters, x[i], t_x[i], age[i], heights, reached, frame, SLOPES, found)
        log_likelihood[i], alive[i] = _level(parameters, rising, x[i], found)


@njit(cache=True, nogil=True, error_model="numpy")
def _level(parameters: Floats, rising: Floats, x: int, found: Floats) -> tuple[float, float]:
    r, alpha, s, beta = parameters
    decay = (r + x) * found[6] + s * found[7]
    stayed = math.exp(-decay)
    whole = stayed + s * found[0]
    level = rising[x] - (r + x) * math.log(found[8] / alpha) - x * math.log(alpha) - s * math.log(found[9] / beta)
    if whole < 1e-290:
        return level - decay, 1.0
    return level + math.log(whole), stayed / whole


@njit(cache=True, nogil=True, error_model="numpy")
def sums(
    parameters: Floats,
    rising: Floats,
    x: Integers,
    t_x: Floats,
    age: Floats,
    weight: Floats,
    heights: Floats,
    reached: Floats,
    frame: Floats,
    total: Floats,
) -> float:
    """Sum of the rows' log-likelihoods; its slopes in log r, log α, log s, log β are added to `total`.

    `total` (BENDS,) also takes the second derivatives, the lower triangle of their matrix row by row; (SLOPES,) does
    not. `rising` (3, K) holds log Γ(r+x)/Γ(r) and its first two derivatives in r, for x = 0, 1, 2 …
    """
    r, alpha, s, beta = parameters
    found, quantities = np.ones(_ROOM), len(total)
    value = 0.0
    for i in range(len(x)):
        _walk(parameters, x[i], t_x[i], age[i], heights, reached, frame, quantities, found)
        level, alive = _level(parameters, rising[0], x[i], found)
        value += weight[i] * level
        each = (1.0 - alive) / found[0] if found[0] > 0.0 else 0.0
        first_a, first_b = math.log(found[8] / alpha), math.log(found[9] / beta)
        end_a, end_b = found[8] * math.exp(found[6]), found[9] * math.exp(found[7])
        mean_a = first_a + alive * found[6] + each * found[1]
        mean_b = first_b + alive * found[7] + each * found[2]
        share_a = alive * (end_a - alpha) / end_a + each * found[3]
        share_b = alive * (end_b - beta) / end_b + each * found[4]
        total[0] += weight[i] * r * (rising[1, x[i]] - mean_a)
        total[1] += weight[i] * ((r + x[i]) * share_a - x[i])
        total[2] += weight[i] * (each * found[0] - s * mean_b)
        total[3] += weight[i] * (s * share_b - beta * each * found[5])
        if quantities == BENDS:
            _add_bends(parameters, rising, x[i], weight[i], alive, found, total)
    return value


@njit(cache=True, nogil=True, error_model="numpy")
def _add_bends(
    parameters: Floats, rising: Floats, x: int, weight: float, stay: float, found: Floats, total: Floats
) -> None:
    """Add a row's second derivatives: the covariance of the score, and the mean of its own slopes.

    But for constants the score is −r·a, −(r+x)·c, L − s·b, −(s+L)·e with a, b, c, e as in `_add_squares`, and L = 1 for
    those who left; the others are at the end, where they are a₁, b₁, c₁, e₁.
    """
    r, alpha, s, beta = parameters
    shape, gone = r + x, 1.0 - stay
    each = gone / found[0] if found[0] > 0.0 else 0.0
    a, b, e = each * found[1], each * found[2], beta * each * found[5]
    c = gone - each * found[3]
    a1, b1 = found[6], found[7]
    c1, e1 = alpha / (found[8] * math.exp(a1)), beta / (found[9] * math.exp(b1))
    all_a, all_b, all_c = a + stay * a1, b + stay * b1, c + stay * c1
    all_cc = each * found[15] + stay * c1 * c1
    one, two, three, four = -r * all_a, -shape * all_c, gone - s * all_b, -(s + 1.0) * e - s * stay * e1
    first_a, first_b = math.log(found[8] / alpha), math.log(found[9] / beta)
    slope, bend = rising[1, x], rising[2, x]
    rr = r * r * (each * found[10] + stay * a1 * a1) - one * one + r * (slope - first_a - all_a) + r * r * bend
    total[4] += weight * rr
    total[5] += weight * (r * shape * (each * found[13] + stay * a1 * c1) - one * two + r * (1.0 - all_c))
    total[6] += weight * (shape * shape * all_cc - two * two - shape * (all_c - all_cc))
    total[7] += weight * (r * (s * (each * found[11] + stay * a1 * b1) - a) - one * three)
    total[8] += weight * (shape * (s * (each * found[14] + stay * b1 * c1) - c) - two * three)
    ss = gone - 2.0 * s * b + s * s * (each * found[12] + stay * b1 * b1) - three * three - s * (first_b + all_b)
    total[9] += weight * ss
    total[10] += weight * (r * ((s + 1.0) * each * found[16] + s * stay * a1 * e1) - one * four)
    total[11] += weight * (shape * ((s + 1.0) * each * found[18] + s * stay * c1 * e1) - two * four)
    of_gone = (s + 1.0) * (s * each * found[17] - e) + s * (1.0 - e - stay * e1)
    total[12] += weight * (of_gone + s * s * stay * b1 * e1 - three * four)
    ee = each * found[19]
    ahead = (s + 1.0) * (s + 1.0) * ee + s * s * stay * e1 * e1 - four * four
    total[13] += weight * (ahead - (s + 1.0) * (e - ee) - s * stay * (e1 - e1 * e1))
