"""Compiled loops of the Pareto/NBD: everything a history says is a mixture over the time τ at which the customer left.

The likelihood of `(x, t_x, T)` is a sum of positive parts, one for "still a customer at T" and one for each moment
between t_x and T at which the customer may have left (the positive-integrand form):

    Γ(r+x)/Γ(r) · α^r β^s · { (α+T)^-(r+x) (β+T)^-s + ∫ s (α+τ)^-(r+x) (β+τ)^-(s+1) dτ },  τ from t_x to T

The integral runs over log(min(α, β) + τ), by Gauss-Legendre rules of 6 to 32 nodes a panel chosen from the length and
the decay, and stops where the integrand has decayed by e^-36. There is no 2F1 and no difference of large numbers.
The nodes' shares in the sum are the posterior of τ; averages over them are the derivatives: the gradient is the mean
of the score given τ, the Hessian the mean of its derivative plus its covariance (Louis 1982).

64 histories that need equally many nodes are worked at once, node by node, so that the processor runs several in one
instruction; sums of products are rounded once (`contract`), nothing else is left to the compiler. All that is known of
them lies in one flat array, 64 numbers a quantity, because the compiler must see that the quantities do not overlap. Of
α + t_x and β + t_x, "near" is the smaller, whose logarithm the nodes are evenly spread over, and "far" the larger.
"""

import numpy as np
from numba import njit

from keepers.clv.histories import Floats, Integers
from keepers.clv.numerics import lanes
from keepers.clv.numerics.quadrature import NODES, ORDERS, WEIGHTS

_LANES = 64
_SORTED = 4096  # histories sorted at once by the nodes they need
_DECAY = 36.0
_PANEL = 4.0
_MOST_PANELS = 32
_NODES = np.array(ORDERS)
# What a rule integrates to the last digits: a decay up to, over a stretch up to. The last one takes the rest.
_MOST_DECAY = np.array([1.2, 2.1, 3.2, 6.3, 10.3, 20.0, 33.0])
_MOST_STRETCH = np.array([0.25, 0.5, 0.75, 1.0, 1.5, 2.5, 3.5])

# Where the quantities begin in the flat array. First the histories and what follows from them at once:
_X, _LAST, _AGE, _WEIGHT = 0 * 64, 1 * 64, 2 * 64, 3 * 64
_BASE_A, _LOG_A, _BASE_B, _LOG_B = 4 * 64, 5 * 64, 6 * 64, 7 * 64  # log (α+t_x)/α, log (α+T)/(α+t_x), same of β
_NEAR, _FAR, _PER_FAR, _NEAR_IS_A, _POWER_NEAR, _POWER_FAR = 8 * 64, 9 * 64, 10 * 64, 11 * 64, 12 * 64, 13 * 64
_DECAYED, _STRETCH, _STAYED, _LEVEL, _ALIVE = 14 * 64, 15 * 64, 16 * 64, 17 * 64, 18 * 64
_RISING, _SLOPE, _BEND = 19 * 64, 20 * 64, 21 * 64  # log Γ(r+x)/Γ(r) and its derivatives in r
# then sums over the nodes: of 1, of the logarithms u and v of near and far over theirs at t_x, of their inverses g, f,
_SUM, _U, _V, _G, _F = 22 * 64, 23 * 64, 24 * 64, 25 * 64, 26 * 64
# and of their products.
_UU, _UV, _VV, _UG, _UF = 27 * 64, 28 * 64, 29 * 64, 30 * 64, 31 * 64
_VG, _VF, _GG, _GF, _FF = 32 * 64, 33 * 64, 34 * 64, 35 * 64, 36 * 64
_SIZE = 37 * 64
SLOPES, BENDS = 5, 15  # sums over rows: the value and 4 slopes; with 10 second derivatives

_compiled = njit(cache=True, error_model="numpy", fastmath={"contract"})


@_compiled
def _sorted_by_need(
    parameters: Floats,
    x: Integers,
    t_x: Floats,
    age: Floats,
    begin: int,
    order: Integers,
    rules: Integers,
    room: Floats,
) -> int:
    """Fill `order` with the histories from `begin` on, by rising rule, and `rules` with theirs; how many there are."""
    r, alpha, s, beta = parameters
    count = min(_SORTED, len(x) - begin)
    for i in range(count):
        a, b = alpha + t_x[begin + i], beta + t_x[begin + i]
        log_a, log_b = lanes.log((alpha + age[begin + i]) / a), lanes.log((beta + age[begin + i]) / b)
        room[i] = (r + x[begin + i]) * log_a + s * log_b
        room[_SORTED + i] = log_a if a <= b else log_b
    many = np.zeros(len(_NODES) + 1, dtype=np.int64)
    last = len(_NODES) - 1
    for i in range(count):
        rule = 0
        while rule < last and (room[i] > _MOST_DECAY[rule] or room[_SORTED + i] > _MOST_STRETCH[rule]):
            rule += 1
        room[i] = rule
        many[rule + 1] += 1
    for rule in range(last + 1):
        many[rule + 1] += many[rule]
    for i in range(count):
        rule = int(room[i])
        order[many[rule]], rules[many[rule]] = begin + i, rule
        many[rule] += 1
    return count


@_compiled
def _prepare(
    parameters: Floats, x: Integers, t_x: Floats, age: Floats, order: Integers, first: int, count: int, lane: Floats
) -> None:
    """Load 64 of the `count` sorted histories from `first` on; the last is repeated where they end."""
    r, alpha, s, beta = parameters
    for i in range(_LANES):
        row = order[min(first + i, count - 1)]
        lane[_X + i], lane[_LAST + i], lane[_AGE + i] = x[row], t_x[row], age[row]
    for i in range(_LANES):
        a, b = alpha + lane[_LAST + i], beta + lane[_LAST + i]
        log_a = lanes.log((alpha + lane[_AGE + i]) / a)
        log_b = lanes.log((beta + lane[_AGE + i]) / b)
        shape = r + lane[_X + i]
        decay = shape * log_a + s * log_b
        lane[_BASE_A + i], lane[_LOG_A + i] = lanes.log(a / alpha), log_a
        lane[_BASE_B + i], lane[_LOG_B + i] = lanes.log(b / beta), log_b
        near, far = min(a, b), max(a, b)
        lane[_NEAR + i], lane[_FAR + i], lane[_PER_FAR + i] = near, far, 1.0 / far
        lane[_NEAR_IS_A + i] = 1.0 if a <= b else 0.0
        lane[_POWER_NEAR + i] = shape if a <= b else s
        lane[_POWER_FAR + i] = s if a <= b else shape
        lane[_STRETCH + i] = log_a if a <= b else log_b
        lane[_DECAYED + i] = decay
        lane[_STAYED + i] = lanes.exp(max(-decay, -700.0))


@_compiled
def _panels(parameters: Floats, rule: int, lane: Floats) -> int:
    """In how many panels to integrate; cuts off what is decayed to nothing, which only the last rule's have."""
    if rule < len(_NODES) - 1:
        return 1
    stretch = 0.0
    for i in range(_LANES):
        if lane[_DECAYED + i] > _DECAY:
            lane[_STRETCH + i] = min(lane[_STRETCH + i], _reach(parameters, lane[_X + i], lane[_LAST + i]))
        stretch = max(stretch, lane[_STRETCH + i])
    return min(int(stretch / _PANEL) + 1, _MOST_PANELS)


@njit(cache=True, nogil=True, error_model="numpy")
def _reach(parameters: Floats, x: float, t_x: float) -> float:
    """How far the integrand reaches, in log(near), before either power has decayed it to nothing."""
    r, alpha, s, beta = parameters
    a, b = alpha + t_x, beta + t_x
    reach = b * np.expm1(min(_DECAY / s, 690.0))
    if r + x > 1.0:
        reach = min(reach, a * np.expm1(min(_DECAY / (r + x - 1.0), 690.0)))
    return float(np.log1p(reach / min(a, b)))


@_compiled
def _integrate_alone(rule: int, panels: int, lane: Floats) -> None:
    """The sum of 1 over the nodes, without the others."""
    for i in range(_LANES):
        lane[_SUM + i] = 0.0
    for panel in range(panels):
        for j in range(_NODES[rule]):
            node, share = (panel + NODES[rule, j]) / panels, WEIGHTS[rule, j] / panels
            for i in range(_LANES):
                u = lane[_STRETCH + i] * node
                grown = lane[_NEAR + i] * lanes.exp(u)
                further = lane[_FAR + i] + (grown - lane[_NEAR + i])
                v = lanes.log(further * lane[_PER_FAR + i])
                decayed = lanes.exp(max(-lane[_POWER_NEAR + i] * u - lane[_POWER_FAR + i] * v, -700.0))
                lane[_SUM + i] += share * decayed * (grown / further if lane[_NEAR_IS_A + i] > 0.5 else 1.0)
    for i in range(_LANES):
        lane[_SUM + i] *= lane[_STRETCH + i]


@_compiled
def _level(parameters: Floats, log_alpha: float, lane: Floats) -> None:
    """From the sums: each row's log-likelihood but for log Γ(r+x)/Γ(r), and P(still a customer)."""
    r, s = parameters[0], parameters[2]
    for i in range(_LANES):
        x = lane[_X + i]
        whole = lane[_STAYED + i] + s * lane[_SUM + i]
        level = -(r + x) * lane[_BASE_A + i] - x * log_alpha - s * lane[_BASE_B + i]
        # Nobody can have left, and nobody stays silent this long: only the survivor is told of.
        nothing = whole < 1e-290
        lane[_LEVEL + i] = level + (-lane[_DECAYED + i] if nothing else lanes.log(max(whole, 1e-290)))
        lane[_ALIVE + i] = 1.0 if nothing else lane[_STAYED + i] / max(whole, 1e-290)


@_compiled
def rows(
    parameters: Floats, rising: Floats, x: Integers, t_x: Floats, age: Floats, log_likelihood: Floats, alive: Floats
) -> None:
    """Fill each row's log-likelihood and P(still a customer); `rising` holds log Γ(r+x)/Γ(r) by x."""
    lane, log_alpha, room = np.empty(_SIZE), np.log(parameters[1]), np.empty(2 * _SORTED)
    order, rules = np.empty(_SORTED, dtype=np.int64), np.empty(_SORTED, dtype=np.int64)
    for begin in range(0, len(x), _SORTED):
        count = _sorted_by_need(parameters, x, t_x, age, begin, order, rules, room)
        for first in range(0, count, _LANES):
            many = min(_LANES, count - first)
            rule = rules[first + many - 1]
            _prepare(parameters, x, t_x, age, order, first, count, lane)
            _integrate_alone(rule, _panels(parameters, rule, lane), lane)
            _level(parameters, log_alpha, lane)
            for i in range(many):
                row = order[first + i]
                log_likelihood[row] = lane[_LEVEL + i] + rising[int(x[row])]
                alive[row] = lane[_ALIVE + i]


@_compiled
def _integrate(rule: int, panels: int, quantities: int, lane: Floats) -> None:
    """Sums over the nodes, of products where wanted; the integrand is without its factor s, relative to t_x."""
    bends = quantities > SLOPES
    for i in range(_SUM, _SIZE):
        lane[i] = 0.0
    for panel in range(panels):
        for j in range(_NODES[rule]):
            node, share = (panel + NODES[rule, j]) / panels, WEIGHTS[rule, j] / panels
            for i in range(_LANES):
                u = lane[_STRETCH + i] * node
                grown = lane[_NEAR + i] * lanes.exp(u)
                further = lane[_FAR + i] + (grown - lane[_NEAR + i])
                v = lanes.log(further * lane[_PER_FAR + i])
                decayed = lanes.exp(max(-lane[_POWER_NEAR + i] * u - lane[_POWER_FAR + i] * v, -700.0))
                inverse = 1.0 / (grown * further)
                g, f = inverse * further, inverse * grown
                w = share * lane[_STRETCH + i] * decayed * (grown * f if lane[_NEAR_IS_A + i] > 0.5 else 1.0)
                wu, wv, wg, wf = w * u, w * v, w * g, w * f
                lane[_SUM + i] += w
                lane[_U + i] += wu
                lane[_V + i] += wv
                lane[_G + i] += wg
                lane[_F + i] += wf
                if bends:
                    lane[_UU + i] += wu * u
                    lane[_UV + i] += wu * v
                    lane[_VV + i] += wv * v
                    lane[_UG + i] += wu * g
                    lane[_UF + i] += wu * f
                    lane[_VG + i] += wv * g
                    lane[_VF + i] += wv * f
                    lane[_GG + i] += wg * g
                    lane[_GF + i] += wg * f
                    lane[_FF + i] += wf * f


@_compiled
def _add_slopes(parameters: Floats, lane: Floats, total: Floats) -> None:
    """Add value and slopes of 64 rows, lane by lane, to `total`: the mean of the score given when they left."""
    r, alpha, s, beta = parameters
    for i in range(_LANES):
        w, alive, is_a = lane[_WEIGHT + i], lane[_ALIVE + i], lane[_NEAR_IS_A + i] > 0.5
        each = (1.0 - alive) / max(lane[_SUM + i], 1e-300)
        a = each * (lane[_U + i] if is_a else lane[_V + i]) + alive * lane[_LOG_A + i]
        b = each * (lane[_V + i] if is_a else lane[_U + i]) + alive * lane[_LOG_B + i]
        c = alpha * (each * (lane[_G + i] if is_a else lane[_F + i]) + alive / (alpha + lane[_AGE + i]))
        gone_e = beta * each * (lane[_F + i] if is_a else lane[_G + i])
        e = gone_e + alive * beta / (beta + lane[_AGE + i])
        total[i] += w * (lane[_LEVEL + i] + lane[_RISING + i])
        total[64 + i] += w * r * (lane[_SLOPE + i] - lane[_BASE_A + i] - a)
        total[128 + i] += w * (r - (r + lane[_X + i]) * c)
        total[192 + i] += w * (1.0 - alive - s * (lane[_BASE_B + i] + b))
        total[256 + i] += w * (s - s * e - gone_e)


@_compiled
def _add_bends(parameters: Floats, lane: Floats, total: Floats) -> None:
    """Add second derivatives of 64 rows: the covariance of the score, and the mean of its own slopes.

    But for constants the score is −r·a, −(r+x)·c, L − s·b, −(s+L)·e with a, b the logarithms since t_x, c = α/(α+τ),
    e = β/(β+τ), and L = 1 for those who left at τ; for the others τ = T.
    """
    r, alpha, s, beta = parameters
    for i in range(_LANES):
        w, stay, is_a, shape = lane[_WEIGHT + i], lane[_ALIVE + i], lane[_NEAR_IS_A + i] > 0.5, r + lane[_X + i]
        gone = 1.0 - stay
        each = gone / max(lane[_SUM + i], 1e-300)
        by_alpha, by_beta = each * alpha, each * beta
        a1, b1 = lane[_LOG_A + i], lane[_LOG_B + i]
        c1, e1 = alpha / (alpha + lane[_AGE + i]), beta / (beta + lane[_AGE + i])
        a, b = (each * (lane[_U + i] if is_a else lane[_V + i]), each * (lane[_V + i] if is_a else lane[_U + i]))
        c, e = by_alpha * (lane[_G + i] if is_a else lane[_F + i]), by_beta * (lane[_F + i] if is_a else lane[_G + i])
        aa, bb = each * (lane[_UU + i] if is_a else lane[_VV + i]), each * (lane[_VV + i] if is_a else lane[_UU + i])
        ab, ce = each * lane[_UV + i], by_alpha * beta * lane[_GF + i]
        ac, ae = (
            by_alpha * (lane[_UG + i] if is_a else lane[_VF + i]),
            by_beta * (lane[_UF + i] if is_a else lane[_VG + i]),
        )
        bc, be = (
            by_alpha * (lane[_VG + i] if is_a else lane[_UF + i]),
            by_beta * (lane[_VF + i] if is_a else lane[_UG + i]),
        )
        cc = by_alpha * alpha * (lane[_GG + i] if is_a else lane[_FF + i])
        ee = by_beta * beta * (lane[_FF + i] if is_a else lane[_GG + i])
        one, two = -r * (a + stay * a1), -shape * (c + stay * c1)
        three, four = gone - s * (b + stay * b1), -(s + 1.0) * e - s * stay * e1
        all_cc = cc + stay * c1 * c1
        total[320 + i] += w * (r * r * (aa + stay * a1 * a1) - one * one + one - r * lane[_BASE_A + i])
        total[320 + i] += w * (r * lane[_SLOPE + i] + r * r * lane[_BEND + i])
        total[384 + i] += w * (r * shape * (ac + stay * a1 * c1) - one * two + r * (1.0 - c - stay * c1))
        total[448 + i] += w * (shape * shape * all_cc - two * two - shape * (c + stay * c1 - all_cc))
        total[512 + i] += w * (r * (s * (ab + stay * a1 * b1) - a) - one * three)
        total[576 + i] += w * (shape * (s * (bc + stay * b1 * c1) - c) - two * three)
        total[640 + i] += w * (gone - 2.0 * s * b + s * s * (bb + stay * b1 * b1) - three * three)
        total[640 + i] -= w * s * (lane[_BASE_B + i] + b + stay * b1)
        total[704 + i] += w * (r * ((s + 1.0) * ae + s * stay * a1 * e1) - one * four)
        total[768 + i] += w * (shape * ((s + 1.0) * ce + s * stay * c1 * e1) - two * four)
        total[832 + i] += w * ((s + 1.0) * (s * be - e) + s * s * stay * b1 * e1 - three * four)
        total[832 + i] += w * s * (1.0 - e - stay * e1)
        total[896 + i] += w * ((s + 1.0) * (s + 1.0) * ee + s * s * stay * e1 * e1 - four * four)
        total[896 + i] -= w * ((s + 1.0) * (e - ee) + s * stay * (e1 - e1 * e1))


@_compiled
def sums(
    parameters: Floats, rising: Floats, x: Integers, t_x: Floats, age: Floats, weight: Floats, quantities: int
) -> Floats:
    """Sums over rows: the log-likelihood, its slopes in log r, log α, log s, log β, and maybe its second derivatives.

    `quantities` is `SLOPES` without these and `BENDS` with them; they are the lower triangle of their matrix, row by
    row. `rising` (3, K) holds log Γ(r+x)/Γ(r) and its first two derivatives in r, for x = 0, 1, 2 …
    """
    bends = quantities > SLOPES
    lane, log_alpha, room = np.zeros(_SIZE), np.log(parameters[1]), np.empty(2 * _SORTED)
    order, rules = np.empty(_SORTED, dtype=np.int64), np.empty(_SORTED, dtype=np.int64)
    total = np.zeros(quantities * _LANES)
    for begin in range(0, len(x), _SORTED):
        count = _sorted_by_need(parameters, x, t_x, age, begin, order, rules, room)
        for first in range(0, count, _LANES):
            many = min(_LANES, count - first)
            rule = rules[first + many - 1]
            _prepare(parameters, x, t_x, age, order, first, count, lane)
            for i in range(_LANES):
                row = order[min(first + i, count - 1)]
                lane[_WEIGHT + i] = weight[row] if i < many else 0.0
                lane[_RISING + i], lane[_SLOPE + i] = rising[0, x[row]], rising[1, x[row]]
                lane[_BEND + i] = rising[2, x[row]]
            _integrate(rule, _panels(parameters, rule, lane), quantities, lane)
            _level(parameters, log_alpha, lane)
            _add_slopes(parameters, lane, total)
            if bends:
                _add_bends(parameters, lane, total)
    return lanes.added(total, _LANES)
