"""Compiled loops of the Pareto/NBD: everything a history says is a mixture over the time τ at which the customer left.

The likelihood of `(x, t_x, T)` is a sum of positive parts, one for "still a customer at T" and one for each moment
between t_x and T at which the customer may have left (the positive-integrand form):

    Γ(r+x)/Γ(r) · α^r β^s · { (α+T)^-(r+x) (β+T)^-s + ∫ s (α+τ)^-(r+x) (β+τ)^-(s+1) dτ },  τ from t_x to T

The integral runs over log(min(α, β) + τ), by Gauss-Legendre rules of 8 to 32 nodes a panel chosen from the length and
the decay, and stops where the integrand has decayed by e^-36. There is no 2F1 and no difference of large numbers.
The nodes' shares in the sum are the posterior of τ; averages over them are the derivatives:
the gradient is the mean of the score given τ, the Hessian the mean of its derivative plus its covariance (Louis 1982).
"""

import math

import numpy as np
from numba import njit

from keepers.clv.histories import Floats, Integers
from keepers.clv.quadrature import NODES, WEIGHTS

_DECAY = 36.0
_PANEL = 4.0
_MOST_NODES = 1025  # 32 panels of 32 nodes and the part still a customer


@njit(cache=True)
def _mixture(
    shape: float,
    alpha: float,
    s: float,
    beta: float,
    t_x: float,
    age: float,
    times: Floats,
    by_a: Floats,
    by_b: Floats,
    share: Floats,
) -> tuple[int, float]:
    """Fill the nodes τ, log((α+τ)/(α+t_x)), log((β+τ)/(β+t_x)) and their shares; the last node is "still a customer".

    `shape` is r + x. Returns how many nodes there are and the logarithm of the sum, relative to
    (α+t_x)^-(r+x) (β+t_x)^-s.
    """
    a, b = alpha + t_x, beta + t_x
    low = min(a, b)
    length = age - t_x
    if shape > 1.0:
        length = min(length, a * math.expm1(min(_DECAY / (shape - 1.0), 700.0)))
    length = min(length, b * math.expm1(min(_DECAY / s, 700.0)))
    stretch = math.log1p(length / low)
    decay = shape * math.log1p(length / a) + s * math.log1p(length / b)
    panels = 1
    if decay <= 2.9 and stretch <= 1.5:
        rule, order = 0, 8
    elif decay <= 8.0 and stretch <= 2.5:
        rule, order = 1, 12
    elif decay <= 15.0 and stretch <= 3.5:
        rule, order = 2, 16
    else:
        rule, order = 3, 32
        panels = min(int(stretch / _PANEL) + 1, 32)
    width = stretch / panels
    count = 0
    total = 0.0
    for panel in range(panels):
        for i in range(order):
            u = width * (panel + NODES[rule, i])
            step = low * math.expm1(u)
            log_a = u if a <= b else math.log1p(step / a)
            log_b = math.log1p(step / b) if a <= b else u
            part = WEIGHTS[rule, i] * width * s * (low + step) / (b + step) * math.exp(-shape * log_a - s * log_b)
            times[count], by_a[count], by_b[count], share[count] = t_x + step, log_a, log_b, part
            total += part
            count += 1
    log_a = math.log1p((age - t_x) / a)
    log_b = math.log1p((age - t_x) / b)
    exponent = -shape * log_a - s * log_b
    part = math.exp(exponent)
    times[count], by_a[count], by_b[count], share[count] = age, log_a, log_b, part
    total += part
    if total == 0.0:  # dropout is all but impossible and so is staying silent this long: only the survivor is left
        share[count] = 1.0
        return count + 1, exponent
    for i in range(count + 1):
        share[i] /= total
    return count + 1, math.log(total)


@njit(cache=True)
def rows(
    parameters: Floats, rising: Floats, x: Integers, t_x: Floats, age: Floats, log_likelihood: Floats, alive: Floats
) -> None:
    """Fill each row's log-likelihood and P(still a customer); `rising` holds log Γ(r+x)/Γ(r) by x."""
    r, alpha, s, beta = parameters
    times, by_a, by_b, share = np.empty((4, _MOST_NODES))
    for i in range(len(x)):
        count, log_sum = _mixture(r + x[i], alpha, s, beta, t_x[i], age[i], times, by_a, by_b, share)
        stayed = r * math.log1p(t_x[i] / alpha) + x[i] * math.log(alpha + t_x[i]) + s * math.log1p(t_x[i] / beta)
        log_likelihood[i] = rising[x[i]] - stayed + log_sum
        alive[i] = share[count - 1]


@njit(cache=True)
def gradient(
    parameters: Floats,
    rising: Floats,
    rising_slope: Floats,
    x: Integers,
    t_x: Floats,
    age: Floats,
    weight: Floats,
    total: Floats,
) -> float:
    """Sum of the rows' log-likelihoods, and in `total` (4,) its slopes in log r, log α, log s, log β."""
    r, alpha, s, beta = parameters
    times, by_a, by_b, share = np.empty((4, _MOST_NODES))
    value = 0.0
    for i in range(len(x)):
        count, log_sum = _mixture(r + x[i], alpha, s, beta, t_x[i], age[i], times, by_a, by_b, share)
        base_a, base_b = math.log1p(t_x[i] / alpha), math.log1p(t_x[i] / beta)
        value += weight[i] * (rising[x[i]] - r * base_a - x[i] * math.log(alpha + t_x[i]) - s * base_b + log_sum)
        mean_a, mean_b, part_a, part_b, left_b = 0.0, 0.0, 0.0, 0.0, 0.0
        for j in range(count):
            mean_a += share[j] * by_a[j]
            mean_b += share[j] * by_b[j]
            part_a += share[j] * times[j] / (alpha + times[j])
            part_b += share[j] * times[j] / (beta + times[j])
            left_b += share[j] / (beta + times[j])
        alive = share[count - 1]
        left_b -= alive / (beta + age[i])
        total[0] += weight[i] * r * (rising_slope[x[i]] - base_a - mean_a)
        total[1] += weight[i] * ((r + x[i]) * part_a - x[i])
        total[2] += weight[i] * ((1.0 - alive) - s * (base_b + mean_b))
        total[3] += weight[i] * (s * part_b - beta * left_b)
    return value


@njit(cache=True)
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
    times, by_a, by_b, share = np.empty((4, _MOST_NODES))
    score, mean, square = np.empty(4), np.empty(4), np.empty((4, 4))
    for i in range(len(x)):
        count, _ = _mixture(r + x[i], alpha, s, beta, t_x[i], age[i], times, by_a, by_b, share)
        base_a, base_b = math.log1p(t_x[i] / alpha), math.log1p(t_x[i] / beta)
        mean[:] = 0.0
        square[:] = 0.0
        for j in range(count):
            left = 1.0 if j < count - 1 else 0.0
            p, q = times[j] / (alpha + times[j]), times[j] / (beta + times[j])
            score[0] = r * (slope[x[i]] - base_a - by_a[j])
            score[1] = (r + x[i]) * p - x[i]
            score[2] = left - s * (base_b + by_b[j])
            score[3] = s * q - left * (1.0 - q)
            for k in range(4):
                mean[k] += share[j] * score[k]
                for m in range(k + 1):
                    square[k, m] += share[j] * score[k] * score[m]
            square[0, 0] += share[j] * (score[0] + r * r * bend[x[i]])
            square[1, 0] += share[j] * r * p
            square[1, 1] -= share[j] * (r + x[i]) * p * (1.0 - p)
            square[2, 2] += share[j] * (score[2] - left)
            square[3, 2] += share[j] * s * q
            square[3, 3] -= share[j] * (s + left) * q * (1.0 - q)
        for k in range(4):
            for m in range(k + 1):
                total[k, m] += weight[i] * (square[k, m] - mean[k] * mean[m])
