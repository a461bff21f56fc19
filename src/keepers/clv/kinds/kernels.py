"""Compiled loops for many kinds of customers with few histories each: every history at its own kind's parameters.

With continuous covariates hardly two customers are alike, and a call of the model's likelihood for each would take
longer than the likelihood. The Pareto/NBD is summed row by row, in the form of `pareto.kernels` (a mixture over the
time τ at which the customer left; its mean score is the slope, Louis 1982), without its 64 lanes; the BG family by
its own kernels, slice by slice, within one compiled loop.
"""

import numpy as np
from numba import njit

from keepers.clv.beta_geometric.family import level_derivatives, row_kernel, sum_kernel, tables_by_orders
from keepers.clv.histories import Floats, Integers
from keepers.clv.numerics import lanes
from keepers.clv.numerics.quadrature import NODES, ORDERS, WEIGHTS

SLOPES, QUANTITIES = 5, 15  # the value, four slopes, and ten bends: the lower triangle row by row
_DECAY, _PANEL, _MOST_PANELS = 36.0, 4.0, 32
_EASY, _FAIR, _HARD, _ANY = (ORDERS.index(order) for order in (8, 16, 24, 32))


@njit(cache=True, nogil=True, error_model="numpy")
def pareto(
    logs: Floats, kind: Integers, rising: Floats, x: Integers, t_x: Floats, age: Floats, weight: Floats,
    quantities: int, total: Floats,
) -> None:  # fmt: skip
    """Add to `total` (kinds, 15) what each kind's histories sum to at its log parameters `logs` (kinds, 4).

    `rising` (3, K) holds log Γ(r+x)/Γ(r) and its derivatives in r; r and s are the same for all kinds.
    """
    sums, score = np.empty(QUANTITIES), np.empty(QUANTITIES)
    for i in range(len(x)):
        m = kind[i]
        _pareto_row(np.exp(logs[m]), float(x[i]), t_x[i], age[i], quantities, sums, score)
        r, count, w = np.exp(logs[m, 0]), x[i], weight[i]
        total[m, 0] += w * (sums[0] + rising[0, count] - count * logs[m, 1])
        for j in range(4):
            total[m, 1 + j] += w * sums[1 + j]
        total[m, 1] += w * r * rising[1, count]
        if quantities > SLOPES:
            for j in range(5, QUANTITIES):
                total[m, j] += w * sums[j]
            total[m, 5] += w * r * (rising[1, count] + r * rising[2, count])


@njit(cache=True, nogil=True, error_model="numpy")
def _pareto_row(
    parameters: Floats, x: float, t_x: float, age: float, quantities: int, sums: Floats, score: Floats
) -> None:
    """Fill `sums` with a history's log-likelihood but for Γ(r+x)/Γ(r) and α^-x, its slopes and its bends."""
    r, alpha, s, beta = parameters
    a, b = alpha + t_x, beta + t_x
    shape, near, far, near_is_a = r + x, min(a, b), max(a, b), a <= b
    base_a, base_b = lanes.log(a / alpha), lanes.log(b / beta)
    to_a, to_b = lanes.log((alpha + age) / a), lanes.log((beta + age) / b)
    decay, stretch = shape * to_a + s * to_b, to_a if near_is_a else to_b
    if decay > _DECAY:
        reach = b * np.expm1(min(_DECAY / s, 690.0))
        if shape > 1.0:
            reach = min(reach, a * np.expm1(min(_DECAY / (shape - 1.0), 690.0)))
        stretch = min(stretch, float(np.log1p(reach / near)))
    rule, panels = _rule_of(min(decay, _DECAY), stretch)
    sums[:] = 0.0
    for panel in range(panels):
        for j in range(ORDERS[rule]):
            u = stretch * (panel + NODES[rule, j]) / panels
            grown = near * lanes.exp(u)
            further = far + (grown - near)
            ratio = lanes.log(further / far)
            by_a, by_b = (u, ratio) if near_is_a else (ratio, u)
            at_b = further if near_is_a else grown
            part = s * WEIGHTS[rule, j] / panels * stretch * grown / at_b
            part *= lanes.exp(max(-shape * by_a - s * by_b, -700.0))
            time = t_x + (grown - near)
            _add(parameters, x, part, 1.0, time, base_a + by_a, base_b + by_b, quantities, sums)
    stayed = lanes.exp(max(-decay, -700.0)) if decay < 700.0 else 1e-300
    _add(parameters, x, stayed, 0.0, age, base_a + to_a, base_b + to_b, quantities, sums)
    whole = sums[0]
    for j in range(1, QUANTITIES):
        score[j] = sums[j] / whole
    level = np.log(whole) if whole > 2e-300 else -decay  # silent for too long to be told but as a customer who stayed
    sums[0] = level - shape * base_a - s * base_b
    sums[1:5] = score[1:5]
    if quantities > SLOPES:
        place = 5
        for j in range(4):
            for k in range(j + 1):
                sums[place] = score[place] - score[1 + j] * score[1 + k]
                place += 1


@njit(cache=True, nogil=True, error_model="numpy")
def _rule_of(decay: float, stretch: float) -> tuple[int, int]:
    """Which rule integrates to the last digits, in how many panels."""
    if decay <= 2.9 and stretch <= 1.5:
        return _EASY, 1
    if decay <= 15.0 and stretch <= 3.0:
        return _FAIR, 1
    if decay <= 33.0 and stretch <= 3.5:
        return _HARD, 1
    return _ANY, min(int(stretch / _PANEL) + 1, _MOST_PANELS)


@njit(cache=True, nogil=True, error_model="numpy")
def _add(
    parameters: Floats, x: float, w: float, left: float, time: float, by_a: float, by_b: float, quantities: int,
    sums: Floats,
) -> None:  # fmt: skip
    """Add one time of leaving (or, with `left` 0, of having stayed) with its weight: score, and its second moments."""
    r, alpha, s, beta = parameters
    p, q, shape = time / (alpha + time), time / (beta + time), r + x
    one, two = -r * by_a, shape * p - x
    three, four = left - s * by_b, s * q - left * (1.0 - q)
    sums[0] += w
    sums[1] += w * one
    sums[2] += w * two
    sums[3] += w * three
    sums[4] += w * four
    if quantities <= SLOPES:
        return
    sums[5] += w * (one * one + one)
    sums[6] += w * (two * one + r * p)
    sums[7] += w * (two * two - shape * p * (1.0 - p))
    sums[8] += w * three * one
    sums[9] += w * three * two
    sums[10] += w * (three * three + three - left)
    sums[11] += w * four * one
    sums[12] += w * four * two
    sums[13] += w * (four * three + s * q)
    sums[14] += w * (four * four - (s + left) * q * (1.0 - q))


@njit(cache=True, nogil=True)
def beta_geometric(
    logs: Floats, edges: Integers, x: Floats, t_x: Floats, age: Floats, weight: Floats, stages: int, first: int,
    quantities: int, total: Floats,
) -> None:  # fmt: skip
    """The same of the BG family, for histories ordered by kind: kind m has the rows from edges[m] to edges[m + 1]."""
    place = np.arange(len(x))
    for m in range(len(logs)):
        low, high = edges[m], edges[m + 1]
        r, alpha, a, b = np.exp(logs[m])
        level, shape, log_ratio, ratio_slope = tables_by_orders(r, a, b, x[low:high], stages, first)
        some, w = place[: high - low], weight[low:high]
        if quantities == 1:
            rows = row_kernel(some, t_x[low:high], age[low:high], level, shape, log_ratio, r, alpha, stages)
            total[m, 0] += (rows * w).sum()
            continue
        value, slope, bend = sum_kernel(
            some, t_x[low:high], age[low:high], w, shape, log_ratio, ratio_slope, r, alpha, stages
        )
        level_slope, level_bend = level_derivatives(r, a, b, x[low:high], w, stages, first)
        total[m, 0] += value + (level * w).sum()
        number = 5
        for j in range(4):
            total[m, 1 + j] += slope[j] + level_slope[j]
            for k in range(j + 1):
                total[m, number] += bend[k, j] + level_bend[k, j]
                number += 1
