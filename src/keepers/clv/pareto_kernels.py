"""Compiled loops of the Pareto/NBD: everything a history says is a mixture over the time τ at which the customer left.

The likelihood of `(x, t_x, T)` is a sum of positive parts, one for "still a customer at T" and one for each moment
between t_x and T at which the customer may have left (the positive-integrand form):

    Γ(r+x)/Γ(r) · α^r β^s · { (α+T)^-(r+x) (β+T)^-s + ∫ s (α+τ)^-(r+x) (β+τ)^-(s+1) dτ },  τ from t_x to T

The integral runs over log(min(α, β) + τ), by Gauss-Legendre rules of 8 to 32 nodes a panel chosen from the length and
the decay, and stops where the integrand has decayed by e^-36. There is no 2F1 and no difference of large numbers.
The nodes' shares in the sum are the posterior of τ; averages over them are the derivatives: the gradient is the mean
of the score given τ, the Hessian the mean of its derivative plus its covariance (Louis 1982).

64 histories are worked at once, node by node, so that the processor runs several in one instruction; the hardest of
them decides about the nodes. All that is known of them lies in one flat array, 64 numbers a quantity, because the
compiler must see that the quantities do not overlap. Of α + t_x and β + t_x, "near" is the smaller, whose logarithm
the nodes are evenly spread over, and "far" the larger.
"""

import numpy as np
from numba import njit

from keepers.clv import lanes
from keepers.clv.histories import Floats, Integers
from keepers.clv.quadrature import NODES, WEIGHTS

_LANES = 64
_DECAY = 36.0
_PANEL = 4.0
_MOST_PANELS = 32

# Where the quantities begin in the flat array. First the histories and what follows from them at once:
_X, _LAST, _AGE, _WEIGHT = 0 * 64, 1 * 64, 2 * 64, 3 * 64
_BASE_A, _LOG_A, _BASE_B, _LOG_B = 4 * 64, 5 * 64, 6 * 64, 7 * 64  # log (α+t_x)/α, log (α+T)/(α+t_x), same of β
_NEAR, _FAR, _NEAR_IS_A, _POWER_NEAR, _POWER_FAR = 8 * 64, 9 * 64, 10 * 64, 11 * 64, 12 * 64
_DECAYED, _STRETCH, _STAYED = 13 * 64, 14 * 64, 15 * 64
# then sums over the nodes: of 1, the two logarithms, τ/(α+τ), τ/(β+τ), 1/(β+τ)
_SUM, _SUM_NEAR, _SUM_FAR, _SHARE_A, _SHARE_B, _INVERSE_B = 16 * 64, 17 * 64, 18 * 64, 19 * 64, 20 * 64, 21 * 64
_MEANS = 22 * 64  # of the score (4), of its products (10)
_SIZE = 36 * 64


@njit(cache=True, error_model="numpy")
def _prepare(
    parameters: Floats, x: Integers, t_x: Floats, age: Floats, weight: Floats, first: int, lane: Floats
) -> tuple[int, int, int]:
    """Load 64 histories from `first`; the last is repeated without weight where they end. Rule, order and panels."""
    r, alpha, s, beta = parameters
    for i in range(_LANES):
        row = min(first + i, len(x) - 1)
        lane[_X + i], lane[_LAST + i], lane[_AGE + i] = x[row], t_x[row], age[row]
        lane[_WEIGHT + i] = weight[row] if first + i < len(x) else 0.0
    for i in range(_LANES):
        a, b = alpha + lane[_LAST + i], beta + lane[_LAST + i]
        log_a = lanes.log((alpha + lane[_AGE + i]) / a)
        log_b = lanes.log((beta + lane[_AGE + i]) / b)
        shape = r + lane[_X + i]
        decay = shape * log_a + s * log_b
        lane[_BASE_A + i], lane[_LOG_A + i] = lanes.log(a / alpha), log_a
        lane[_BASE_B + i], lane[_LOG_B + i] = lanes.log(b / beta), log_b
        lane[_NEAR + i], lane[_FAR + i] = min(a, b), max(a, b)
        lane[_NEAR_IS_A + i] = 1.0 if a <= b else 0.0
        lane[_POWER_NEAR + i] = shape if a <= b else s
        lane[_POWER_FAR + i] = s if a <= b else shape
        lane[_STRETCH + i] = log_a if a <= b else log_b
        lane[_DECAYED + i] = decay
        lane[_STAYED + i] = lanes.exp(max(-decay, -700.0))
    decay, stretch = 0.0, 0.0
    for i in range(_LANES):
        if lane[_DECAYED + i] > _DECAY:
            lane[_STRETCH + i] = min(lane[_STRETCH + i], _reach(parameters, lane[_X + i], lane[_LAST + i]))
        decay = max(decay, min(lane[_DECAYED + i], _DECAY))
        stretch = max(stretch, lane[_STRETCH + i])
    if decay <= 2.9 and stretch <= 1.5:
        return 0, 8, 1
    if decay <= 15.0 and stretch <= 3.0:
        return 1, 16, 1
    if decay <= 33.0 and stretch <= 3.5:
        return 2, 24, 1
    return 3, 32, min(int(stretch / _PANEL) + 1, _MOST_PANELS)


@njit(cache=True, error_model="numpy")
def _reach(parameters: Floats, x: float, t_x: float) -> float:
    """How far the integrand reaches, in log(near), before either power has decayed it to nothing."""
    r, alpha, s, beta = parameters
    a, b = alpha + t_x, beta + t_x
    reach = b * np.expm1(min(_DECAY / s, 690.0))
    if r + x > 1.0:
        reach = min(reach, a * np.expm1(min(_DECAY / (r + x - 1.0), 690.0)))
    return float(np.log1p(reach / min(a, b)))


@njit(cache=True, error_model="numpy")
def _integrate(rule: int, order: int, panels: int, lane: Floats) -> None:
    """Sum over the nodes; the integrand is without its factor s and relative to t_x."""
    for i in range(_SUM, _INVERSE_B + _LANES):
        lane[i] = 0.0
    for panel in range(panels):
        for j in range(order):
            node, share = (panel + NODES[rule, j]) / panels, WEIGHTS[rule, j] / panels
            for i in range(_LANES):
                u = lane[_STRETCH + i] * node
                grown = lane[_NEAR + i] * lanes.exp(u)
                step = grown - lane[_NEAR + i]
                further = lane[_FAR + i] + step
                ratio = lanes.log(further / lane[_FAR + i])
                at_a = grown if lane[_NEAR_IS_A + i] > 0.5 else further
                at_b = further if lane[_NEAR_IS_A + i] > 0.5 else grown
                decayed = lanes.exp(max(-lane[_POWER_NEAR + i] * u - lane[_POWER_FAR + i] * ratio, -700.0))
                inverse = 1.0 / at_b
                part = share * lane[_STRETCH + i] * grown * inverse * decayed
                time = lane[_LAST + i] + step
                lane[_SUM + i] += part
                lane[_SUM_NEAR + i] += part * u
                lane[_SUM_FAR + i] += part * ratio
                lane[_SHARE_A + i] += part * time / at_a
                lane[_SHARE_B + i] += part * time * inverse
                lane[_INVERSE_B + i] += part * inverse


@njit(cache=True, error_model="numpy")
def _level(parameters: Floats, rising: Floats, log_alpha: float, lane: Floats, i: int) -> tuple[float, float]:
    """A row's log-likelihood and P(still a customer) from its sums."""
    r, s = parameters[0], parameters[2]
    x = lane[_X + i]
    whole = lane[_STAYED + i] + s * lane[_SUM + i]
    level = rising[int(x)] - (r + x) * lane[_BASE_A + i] - x * log_alpha - s * lane[_BASE_B + i]
    if whole < 1e-290:  # nobody can have left, and nobody stays silent this long: only the survivor is told of
        return level - lane[_DECAYED + i], 1.0
    return level + lanes.log(whole), lane[_STAYED + i] / whole


@njit(cache=True, error_model="numpy")
def rows(
    parameters: Floats, rising: Floats, x: Integers, t_x: Floats, age: Floats, log_likelihood: Floats, alive: Floats
) -> None:
    """Fill each row's log-likelihood and P(still a customer); `rising` holds log Γ(r+x)/Γ(r) by x."""
    lane, log_alpha = np.empty(_SIZE), np.log(parameters[1])
    for first in range(0, len(x), _LANES):
        rule, order, panels = _prepare(parameters, x, t_x, age, age, first, lane)
        _integrate(rule, order, panels, lane)
        for i in range(min(_LANES, len(x) - first)):
            log_likelihood[first + i], alive[first + i] = _level(parameters, rising, log_alpha, lane, i)


@njit(cache=True, error_model="numpy")
def gradient(
    parameters: Floats,
    rising: Floats,
    slope: Floats,
    x: Integers,
    t_x: Floats,
    age: Floats,
    weight: Floats,
    total: Floats,
) -> float:
    """Sum of the rows' log-likelihoods; its slopes in log r, log α, log s, log β are added to `total` (4,)."""
    r, alpha, s, beta = parameters
    lane, log_alpha, value = np.empty(_SIZE), np.log(alpha), 0.0
    for first in range(0, len(x), _LANES):
        rule, order, panels = _prepare(parameters, x, t_x, age, weight, first, lane)
        _integrate(rule, order, panels, lane)
        for i in range(min(_LANES, len(x) - first)):
            level, alive = _level(parameters, rising, log_alpha, lane, i)
            weighs, count, end = lane[_WEIGHT + i], lane[_X + i], lane[_AGE + i]
            value += weighs * level
            each = (1.0 - alive) / lane[_SUM + i] if lane[_SUM + i] > 0.0 else 0.0
            near_is_a = lane[_NEAR_IS_A + i] > 0.5
            left_a = lane[_SUM_NEAR + i] if near_is_a else lane[_SUM_FAR + i]
            left_b = lane[_SUM_FAR + i] if near_is_a else lane[_SUM_NEAR + i]
            gone = each * lane[_SUM + i]
            mean_a = lane[_BASE_A + i] + alive * lane[_LOG_A + i] + each * left_a
            mean_b = lane[_BASE_B + i] + alive * lane[_LOG_B + i] + each * left_b
            share_a = alive * end / (alpha + end) + each * lane[_SHARE_A + i]
            share_b = alive * end / (beta + end) + each * lane[_SHARE_B + i]
            total[0] += weighs * r * (slope[int(count)] - mean_a)
            total[1] += weighs * ((r + count) * share_a - count)
            total[2] += weighs * (gone - s * mean_b)
            total[3] += weighs * (s * share_b - beta * each * lane[_INVERSE_B + i])
    return value


@njit(cache=True, error_model="numpy")
def hessian(
    parameters: Floats,
    slope: Floats,
    bend: Floats,
    x: Integers,
    t_x: Floats,
    age: Floats,
    weight: Floats,
    total: Floats,
) -> None:
    """Add to `total` (4, 4) the second derivatives in log r, log α, log s, log β (lower triangle only).

    `slope` and `bend` hold the first and second derivative of log Γ(r+x)/Γ(r) in r for x = 0, 1, 2 …
    """
    r, s = parameters[0], parameters[2]
    lane = np.empty(_SIZE)
    for first in range(0, len(x), _LANES):
        rule, order, panels = _prepare(parameters, x, t_x, age, weight, first, lane)
        for i in range(_SUM, _SIZE):
            lane[i] = 0.0
        for panel in range(panels):
            for j in range(order):
                _add_second((panel + NODES[rule, j]) / panels, s * WEIGHTS[rule, j] / panels, 1.0, parameters, lane)
        _add_second(-1.0, 1.0, 0.0, parameters, lane)
        for i in range(min(_LANES, len(x) - first)):
            weighs, whole, count = lane[_WEIGHT + i], lane[_SUM + i], int(lane[_X + i])
            place = 4
            for k in range(4):
                for m in range(k + 1):
                    product = lane[_MEANS + 64 * place + i] / whole
                    means = lane[_MEANS + 64 * k + i] / whole * lane[_MEANS + 64 * m + i] / whole
                    total[k, m] += weighs * (product - means)
                    place += 1
            total[0, 0] += weighs * (r * slope[count] + r * r * bend[count])


@njit(cache=True, error_model="numpy")
def _add_second(node: float, share: float, left: float, parameters: Floats, lane: Floats) -> None:
    """Add one node's score, products and slopes of the score; `node` below 0 stands for "still a customer at T"."""
    r, alpha, s, beta = parameters
    for i in range(_LANES):
        inside = node >= 0.0
        is_a = lane[_NEAR_IS_A + i] > 0.5
        u = lane[_STRETCH + i] * node if inside else 0.0
        grown = lane[_NEAR + i] * lanes.exp(u)
        step = grown - lane[_NEAR + i]
        further = lane[_FAR + i] + step
        ratio = lanes.log(further / lane[_FAR + i])
        decayed = lanes.exp(max(-lane[_POWER_NEAR + i] * u - lane[_POWER_FAR + i] * ratio, -700.0))
        part = lane[_STRETCH + i] * (grown / further if is_a else 1.0) * decayed
        w = share * (part if inside else max(lane[_STAYED + i], 1e-290))
        time = lane[_LAST + i] + step if inside else lane[_AGE + i]
        by_a = lane[_BASE_A + i] + ((u if is_a else ratio) if inside else lane[_LOG_A + i])
        by_b = lane[_BASE_B + i] + ((ratio if is_a else u) if inside else lane[_LOG_B + i])
        p, q, shape = time / (alpha + time), time / (beta + time), r + lane[_X + i]
        one, two = -r * by_a, shape * p - lane[_X + i]
        three, four = left - s * by_b, s * q - left * (1.0 - q)
        lane[_SUM + i] += w
        lane[_MEANS + i] += w * one
        lane[_MEANS + 64 + i] += w * two
        lane[_MEANS + 128 + i] += w * three
        lane[_MEANS + 192 + i] += w * four
        lane[_MEANS + 256 + i] += w * (one * one + one)
        lane[_MEANS + 320 + i] += w * (two * one + r * p)
        lane[_MEANS + 384 + i] += w * (two * two - shape * p * (1.0 - p))
        lane[_MEANS + 448 + i] += w * three * one
        lane[_MEANS + 512 + i] += w * three * two
        lane[_MEANS + 576 + i] += w * (three * three + three - left)
        lane[_MEANS + 640 + i] += w * four * one
        lane[_MEANS + 704 + i] += w * four * two
        lane[_MEANS + 768 + i] += w * (four * three + s * q)
        lane[_MEANS + 832 + i] += w * (four * four - (s + left) * q * (1.0 - q))
