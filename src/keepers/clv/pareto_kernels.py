"""Compiled loops of the Pareto/NBD: everything a history says is a mixture over the time τ at which the customer left.

The likelihood of `(x, t_x, T)` is a sum of positive parts, one for "still a customer at T" and one for each moment
between t_x and T at which the customer may have left (the positive-integrand form):

    Γ(r+x)/Γ(r) · α^r β^s · { (α+T)^-(r+x) (β+T)^-s + ∫ s (α+τ)^-(r+x) (β+τ)^-(s+1) dτ },  τ from t_x to T

The integral runs over log(min(α, β) + τ), by Gauss-Legendre rules of 8 to 32 nodes a panel chosen from the length and
the decay, and stops where the integrand has decayed by e^-36. There is no 2F1 and no difference of large numbers.
The nodes' shares in the sum are the posterior of τ; averages over them are the derivatives: the gradient is the mean of
the score given τ, the Hessian the mean of its derivative plus its covariance (Louis 1982).

Of α + t_x and β + t_x, "near" is the smaller, whose logarithm the nodes are evenly spread over, and "far" the larger.
"""

import numpy as np
from numba import njit

from keepers.clv import lanes
from keepers.clv.histories import Floats, Integers
from keepers.clv.quadrature import NODES, WEIGHTS

_DECAY = 36.0
_PANEL = 4.0
_MOST_PANELS = 32
_MOST_NODES = 32 * _MOST_PANELS
_SUMS = {"reassoc", "contract", "nsz"}  # sums may be added up in any order; nothing else is loosened


@njit(cache=True, error_model="numpy")
def _fill(
    rule: int, order: int, start: float, width: float, near: float, far: float, power_near: float, power_far: float,
    near_is_a: int, growth: Floats, log_near: Floats, log_far: Floats, part: Floats,
) -> None:  # fmt: skip
    """One panel: growth τ - t_x, logarithms of the two ratios, and the integrand without its factor s."""
    for i in range(order):
        u = start + width * NODES[rule, i]
        grown = near * lanes.exp(u)
        further = far + (grown - near)
        ratio = lanes.log(further / far)
        growth[i] = grown - near
        log_near[i] = u
        log_far[i] = ratio
        decayed = lanes.exp(max(-power_near * u - power_far * ratio, -700.0))
        part[i] = WEIGHTS[rule, i] * width * (grown / further if near_is_a else 1.0) * decayed


@njit(cache=True, error_model="numpy")
def _mixture(
    shape: float, a: float, s: float, b: float, log_a: float, log_b: float,
    growth: Floats, log_near: Floats, log_far: Floats, part: Floats,
) -> tuple[int, float]:  # fmt: skip
    """Fill the nodes of the time of leaving; how many, and the part of those still customers, e^-(log_a, log_b).

    `shape` is r + x; `a` and `b` are α and β plus t_x; `log_a` and `log_b` their growth up to T.
    All relative to the likelihood at t_x.
    """
    decay = shape * log_a + s * log_b
    stayed = lanes.exp(-decay) if decay < 700.0 else 0.0
    near, far = min(a, b), max(a, b)
    stretch = log_a if a <= b else log_b
    if decay > _DECAY:
        stretch = min(stretch, _stretch(shape, a, s, b))
    decay = min(decay, _DECAY)
    rule, order, panels = 3, 32, 1
    if decay <= 2.9 and stretch <= 1.5:
        rule, order = 0, 8
    elif decay <= 15.0 and stretch <= 3.0:
        rule, order = 1, 16
    elif decay <= 33.0 and stretch <= 3.5:
        rule, order = 2, 24
    else:
        panels = min(int(stretch / _PANEL) + 1, _MOST_PANELS)
    width = stretch / panels
    power_near, power_far = (shape, s) if a <= b else (s, shape)
    for panel in range(panels):
        here, there = panel * order, (panel + 1) * order
        _fill(
            rule, order, width * panel, width, near, far, power_near, power_far, int(a <= b),
            growth[here:there], log_near[here:there], log_far[here:there], part[here:there],
        )  # fmt: skip
    return panels * order, stayed


@njit(cache=True, error_model="numpy")
def _stretch(shape: float, a: float, s: float, b: float) -> float:
    """How far the integrand reaches, in log(near), before either power has decayed it to nothing."""
    reach = b * lanes.exp(min(_DECAY / s, 690.0)) - b
    if shape > 1.0:
        reach = min(reach, a * lanes.exp(min(_DECAY / (shape - 1.0), 690.0)) - a)
    return float(np.log1p(reach / min(a, b)))


@njit(cache=True, error_model="numpy")
def _growths(t: float, age: float, alpha: float) -> tuple[float, float]:
    """Logarithms of (α + t_x)/α and of (α + T)/(α + t_x)."""
    at = alpha + t
    return lanes.log(at / alpha), lanes.log(max((alpha + age) / at, 1.0))


@njit(cache=True, error_model="numpy", fastmath=_SUMS)
def _sum(part: Floats, count: int) -> float:
    total = 0.0
    for j in range(count):
        total += part[j]
    return total


@njit(cache=True, error_model="numpy", fastmath=_SUMS)
def _first_sums(
    part: Floats, growth: Floats, log_near: Floats, log_far: Floats, count: int, alpha: float, beta: float, t_x: float
) -> tuple[float, float, float, float, float, float]:
    """Sums over the nodes of: 1, log near, log far, τ/(α+τ), τ/(β+τ), 1/(β+τ)."""
    total, near, far, share_a, share_b, inverse_b = 0.0, 0.0, 0.0, 0.0, 0.0, 0.0
    for j in range(count):
        time = t_x + growth[j]
        inverse = part[j] / (beta + time)
        total += part[j]
        near += part[j] * log_near[j]
        far += part[j] * log_far[j]
        share_a += part[j] * time / (alpha + time)
        share_b += inverse * time
        inverse_b += inverse
    return total, near, far, share_a, share_b, inverse_b


@njit(cache=True, error_model="numpy")
def rows(
    parameters: Floats, rising: Floats, x: Integers, t_x: Floats, age: Floats, log_likelihood: Floats, alive: Floats
) -> None:
    """Fill each row's log-likelihood and P(still a customer); `rising` holds log Γ(r+x)/Γ(r) by x."""
    r, alpha, s, beta = parameters
    growth, log_near, log_far, part = np.empty((4, _MOST_NODES))
    log_alpha = np.log(alpha)
    for i in range(len(x)):
        base_a, log_a = _growths(t_x[i], age[i], alpha)
        base_b, log_b = _growths(t_x[i], age[i], beta)
        shape, a, b = r + x[i], alpha + t_x[i], beta + t_x[i]
        count, stayed = _mixture(shape, a, s, b, log_a, log_b, growth, log_near, log_far, part)
        total = stayed + s * _sum(part, count)
        log_total = lanes.log(total) if total > 0.0 else -(shape * log_a + s * log_b)
        log_likelihood[i] = rising[x[i]] - shape * base_a - x[i] * log_alpha - s * base_b + log_total
        alive[i] = stayed / total if total > 0.0 else 1.0


@njit(cache=True, error_model="numpy")
def value(parameters: Floats, rising: Floats, x: Integers, t_x: Floats, age: Floats, weight: Floats) -> float:
    """Sum of the rows' log-likelihoods."""
    r, alpha, s, beta = parameters
    growth, log_near, log_far, part = np.empty((4, _MOST_NODES))
    log_alpha, sum_of_all = np.log(alpha), 0.0
    for i in range(len(x)):
        base_a, log_a = _growths(t_x[i], age[i], alpha)
        base_b, log_b = _growths(t_x[i], age[i], beta)
        shape, a, b = r + x[i], alpha + t_x[i], beta + t_x[i]
        count, stayed = _mixture(shape, a, s, b, log_a, log_b, growth, log_near, log_far, part)
        total = stayed + s * _sum(part, count)
        log_total = lanes.log(total) if total > 0.0 else -(shape * log_a + s * log_b)
        sum_of_all += weight[i] * (rising[x[i]] - shape * base_a - x[i] * log_alpha - s * base_b + log_total)
    return sum_of_all


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
    growth, log_near, log_far, part = np.empty((4, _MOST_NODES))
    log_alpha, sum_of_all = np.log(alpha), 0.0
    for i in range(len(x)):
        base_a, log_a = _growths(t_x[i], age[i], alpha)
        base_b, log_b = _growths(t_x[i], age[i], beta)
        shape, a, b = r + x[i], alpha + t_x[i], beta + t_x[i]
        count, stayed = _mixture(shape, a, s, b, log_a, log_b, growth, log_near, log_far, part)
        gone, near, far, share_a, share_b, inverse_b = _first_sums(
            part, growth, log_near, log_far, count, alpha, beta, t_x[i]
        )
        left_a, left_b = (near, far) if a <= b else (far, near)
        whole = stayed + s * gone
        log_whole = lanes.log(whole) if whole > 0.0 else -(shape * log_a + s * log_b)
        alive = stayed / whole if whole > 0.0 else 1.0
        each = s / whole if whole > 0.0 else 0.0
        sum_of_all += weight[i] * (rising[x[i]] - shape * base_a - x[i] * log_alpha - s * base_b + log_whole)
        mean_a = alive * log_a + each * left_a
        mean_b = alive * log_b + each * left_b
        mean_share_a = alive * age[i] / (alpha + age[i]) + each * share_a
        mean_share_b = alive * age[i] / (beta + age[i]) + each * share_b
        total[0] += weight[i] * r * (slope[x[i]] - base_a - mean_a)
        total[1] += weight[i] * (shape * mean_share_a - x[i])
        total[2] += weight[i] * (each * gone - s * (base_b + mean_b))
        total[3] += weight[i] * (s * mean_share_b - beta * each * inverse_b)
    return sum_of_all


@njit(cache=True, error_model="numpy", fastmath=_SUMS)
def _second_sums(
    part: Floats,
    by_a: Floats,
    by_b: Floats,
    times: Floats,
    left: Floats,
    count: int,
    parameters: Floats,
    x: float,
    sums: Floats,
) -> None:
    """Fill the means over τ of the score (4), of its products (10) and of its own slopes (6)."""
    r, alpha, s, beta = parameters
    m0, m1, m2, m3 = 0.0, 0.0, 0.0, 0.0
    s00, s10, s11, s20, s21, s22, s30, s31, s32, s33 = 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0
    for j in range(count):
        w, gone = part[j], left[j]
        p, q = times[j] / (alpha + times[j]), times[j] / (beta + times[j])
        a0, a1, a2, a3 = -r * by_a[j], (r + x) * p - x, gone - s * by_b[j], s * q - gone * (1.0 - q)
        m0 += w * a0
        m1 += w * a1
        m2 += w * a2
        m3 += w * a3
        s00 += w * (a0 * a0 + a0)
        s10 += w * (a1 * a0 + r * p)
        s11 += w * (a1 * a1 - (r + x) * p * (1.0 - p))
        s20 += w * a2 * a0
        s21 += w * a2 * a1
        s22 += w * (a2 * a2 + a2 - gone)
        s30 += w * a3 * a0
        s31 += w * a3 * a1
        s32 += w * (a3 * a2 + s * q)
        s33 += w * (a3 * a3 - (s + gone) * q * (1.0 - q))
    sums[0], sums[1], sums[2], sums[3] = m0, m1, m2, m3
    sums[4], sums[5], sums[6], sums[7], sums[8] = s00, s10, s11, s20, s21
    sums[9], sums[10], sums[11], sums[12], sums[13] = s22, s30, s31, s32, s33


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
    r, alpha, s, beta = parameters
    by_a, by_b, part, times = np.empty((4, _MOST_NODES + 1))
    left, sums = np.ones(_MOST_NODES + 1), np.empty(14)
    for i in range(len(x)):
        base_a, log_a = _growths(t_x[i], age[i], alpha)
        base_b, log_b = _growths(t_x[i], age[i], beta)
        shape, a, b = r + x[i], alpha + t_x[i], beta + t_x[i]
        near, far = (by_a, by_b) if a <= b else (by_b, by_a)
        count, stayed = _mixture(shape, a, s, b, log_a, log_b, times, near, far, part)
        whole = stayed + s * _sum(part, count)
        if whole <= 0.0:
            stayed, whole = 1.0, 1.0
        for j in range(count):
            part[j] *= s / whole
            times[j] += t_x[i]
            by_a[j] += base_a
            by_b[j] += base_b
        part[count], times[count] = stayed / whole, age[i]
        by_a[count], by_b[count] = base_a + log_a, base_b + log_b
        left[count] = 0.0
        _second_sums(part, by_a, by_b, times, left, count + 1, parameters, float(x[i]), sums)
        left[count] = 1.0
        place = 4
        for k in range(4):
            for m in range(k + 1):
                total[k, m] += weight[i] * (sums[place] - sums[k] * sums[m])
                place += 1
        total[0, 0] += weight[i] * (r * slope[x[i]] + r * r * bend[x[i]])
