"""What BG/NBD, MBG/NBD and MBG/CNBD-k share: the future of customers who may drop out after an order.

Given that a customer is alive, the dropout probability p ~ Beta(a, B) is independent of the rest: of the stage j < k
reached in the unfinished gap, with chance π_j, and, given j, of the rate λ ~ Gamma(R + j, α + T) of the stages. The
stages N in a time t are then negative binomial, N + j stages make M = ⌊(N + j)/k⌋ orders *if nobody dropped out*, and
the n-th order needs survival of n − 1 orders:

    P(at least n orders) = P(M ≥ n) · q_n,    q_n = E(1 − p)^(n−1),   q_1 = 1, q_(n+1) = q_n · (B+n−1)/(a+B+n−1)

All answers are sums of such positive terms: no hypergeometric function, no cancellation. `intensity` stretches the
future time of the stages; dropout here comes with orders, so it follows.

Papers: Fader, Hardie and Lee (2005); Platzer and Reutterer (2016), who approximate what is exact here.
"""

import math
from functools import cache, partial

import numpy as np

from keepers.clv.beta_geometric.family import BetaGeometricParameters
from keepers.clv.beta_geometric.kernels import futures, new_customers, next_order, order_pmf, survival
from keepers.clv.beta_geometric.states import Kinds, State, interpolated, kinds_of, state_of
from keepers.clv.histories import Floats, Histories, of_each
from keepers.clv.model import Future
from keepers.clv.numerics.chance import stream_of
from keepers.clv.predicting.questions import must_be_chance

LONGEST_LIFE_DAYS = 36_525.0
"""A remaining lifetime beyond a hundred years is reported as infinite."""

_LONGEST_LIFE_RATES = 1e5  # nor is it sought beyond this many times α + T
_LIFE_GRID = 400
_DISCOUNTED_TO_NOTHING = 40.0


def probability_alive(parameters: BetaGeometricParameters, histories: Histories, *, after: float = 0.0) -> Floats:
    """P(still a customer `after` time units from now), (n,) [0–1].

    1 now for everybody without a repeat order where the model lets nobody leave before it (BG/NBD).
    """
    state = state_of(parameters, histories)
    if after <= 0:
        return state.alive
    kinds = kinds_of(state)
    time = np.full(len(kinds.rate), float(after))
    return state.alive * kinds.mixed([survival(time, j, kinds.k, *kinds.arguments) for j in range(kinds.k)])


def expected_orders(
    parameters: BetaGeometricParameters,
    histories: Histories,
    *,
    horizon: float,
    start: float = 0.0,
    intensity: float = 1.0,
    alive: Floats | None = None,
) -> Floats:
    """Expected orders between `start` and `start + horizon` from now, (n,) [occasions].

    A mean over those who left and those who stayed. `alive` (n,) is P(alive) now, where it is known already.
    """
    ends = np.array([start, start + horizon])
    weights = np.array([-1.0, 1.0])
    return weighed_orders(parameters, histories, times=ends, weights=weights, intensity=intensity, alive=alive)


def weighed_orders(
    parameters: BetaGeometricParameters,
    histories: Histories,
    *,
    times: Floats,
    weights: Floats,
    intensity: float = 1.0,
    alive: Floats | None = None,
) -> Floats:
    """The sum of the expected orders until each of the times (k,) from now, each times its weight (k,)."""
    state = state_of(parameters, histories, alive)
    kinds = kinds_of(state)
    by_stage = [
        interpolated(kinds, partial(_weighed, j=j, times=times * intensity, weights=weights)) for j in range(kinds.k)
    ]
    return state.alive * kinds.mixed(by_stage)


def discounted_expected_orders(
    parameters: BetaGeometricParameters,
    histories: Histories,
    *,
    horizon: float,
    discount_rate: float,
    start: float = 0.0,
    intensity: float = 1.0,
    alive: Floats | None = None,
) -> Floats:
    """The same, each order times e^(−rate · time from now); by parts, so that only expected orders are integrated."""
    if discount_rate == 0 or horizon <= 0:
        return expected_orders(parameters, histories, horizon=horizon, start=start, intensity=intensity, alive=alive)
    state = state_of(parameters, histories, alive)
    end = min(start + horizon, start + _DISCOUNTED_TO_NOTHING / discount_rate)
    kinds = kinds_of(state)
    by_stage = [
        interpolated(
            kinds, partial(_discounted, j=j, start=start, end=end, discount_rate=discount_rate, intensity=intensity)
        )
        for j in range(kinds.k)
    ]
    return state.alive * kinds.mixed(by_stage)


def order_count_pmf(
    parameters: BetaGeometricParameters,
    histories: Histories,
    *,
    horizon: float,
    up_to: int,
    intensity: Floats | float = 1.0,
    alive: Floats | None = None,
) -> Floats:
    """(n, up_to + 1) probabilities of 0, 1 … up_to orders within the horizon; exact, the dead included."""
    state = state_of(parameters, histories, alive)
    kinds, first = kinds_of(state), state.histories.by_orders_and_age()[0]
    rate = kinds.rate / of_each(intensity, first)
    by_stage = [
        order_pmf(float(horizon), up_to, j, kinds.k, kinds.shape, rate, kinds.survived, kinds.a) for j in range(kinds.k)
    ]
    pmf = kinds.mixed(by_stage)
    pmf *= state.alive[:, None]
    pmf[:, 0] += 1.0 - state.alive
    return pmf


def next_order_time(
    parameters: BetaGeometricParameters, histories: Histories, *, probability: float = 0.5, horizon: float
) -> Floats:
    """Time by which the next order has come with the given probability, if still a customer; nan beyond horizon."""
    must_be_chance(probability)
    state = state_of(parameters, histories)
    if state.phase.shape[1] == 1:
        time = state.rate * np.expm1(-np.log1p(-probability) / state.shape)
        return np.where(time <= horizon, time, np.nan)
    return np.asarray(next_order(float(probability), float(horizon), state.shape, state.rate, state.phase))


def remaining_lifetime(
    parameters: BetaGeometricParameters,
    histories: Histories,
    *,
    probability: float = 0.5,
    horizon: float = math.inf,
    alive: Floats | None = None,
) -> Floats:
    """Time until which the customer stays with the given probability, to about 1e-4 of it.

    0 where they are not a customer with that probability even now; infinite beyond the horizon or
    a hundred years. Customers with equally many orders share one curve of survival over t / (α + T), so one table
    serves them all.
    """
    must_be_chance(probability)
    state = state_of(parameters, histories, alive)
    longest = min(LONGEST_LIFE_DAYS / state.histories.time_unit_days, horizon)
    grid = np.linspace(0.0, np.log1p(min(longest / float(state.rate.min()), _LONGEST_LIFE_RATES)), _LIFE_GRID)
    life = np.zeros(len(state.rate))
    staying = np.flatnonzero(state.alive > probability)
    for orders in np.unique(state.shape[staying]):
        rows = staying[state.shape[staying] == orders]
        curves = _survival_curves(state, int(rows[0]), grid)
        life[rows] = state.rate[rows] * np.expm1(
            _crossing(curves, state.phase[rows], probability / state.alive[rows], grid)
        )
    return np.where(life > longest, np.inf, life)


def sample_future(
    parameters: BetaGeometricParameters,
    histories: Histories,
    probability_alive: Floats,
    *,
    horizon: float,
    value_cap: float,
    intensity: Floats | float,
    replicates: int,
    generator: np.random.Generator,
) -> Future:
    """Random futures: alive with `probability_alive` (n,), then stage, rate and dropout, then the order of dropout."""
    state = state_of(parameters, histories, probability_alive)
    return Future(
        *futures(
            state.shape,
            state.rate / intensity,
            state.phase,
            state.survived,
            state.a,
            state.alive,
            float(horizon),
            max(float(value_cap) - float(horizon), 0.0),
            replicates,
            stream_of(generator),
        )
    )


def simulate(
    parameters: BetaGeometricParameters, *, age: Floats, generator: np.random.Generator, time_unit_days: float = 1.0
) -> Histories:
    """Random histories of new customers of the given ages (n,) [time unit], with `sum_log_gaps`."""
    orders, last, log_gaps = new_customers(
        np.ascontiguousarray(age, dtype=np.float64),
        parameters.r,
        parameters.alpha,
        parameters.a,
        parameters.b,
        parameters.family.k,
        parameters.family.first,
        stream_of(generator),
    )
    return Histories.of(orders, last, age, time_unit_days=time_unit_days, sum_log_gaps=log_gaps)


def _weighed(kinds: Kinds, j: int, times: Floats, weights: Floats) -> Floats:
    total = np.zeros(len(kinds.rate))
    for time, weight in zip(times, weights, strict=True):
        if time <= 0:
            continue  # nobody has ordered again by now
        total += weight * kinds.orders_until(j, float(time))
    return total


def _discounted(kinds: Kinds, j: int, start: float, end: float, discount_rate: float, intensity: float) -> Floats:
    """e^(−δt) E(t) at the ends, and δ ∫ e^(−δt) E(t) dt over ln(1 + t / (α + T)), along which E bends evenly."""
    value: Floats = np.exp(-discount_rate * end) * kinds.orders_until(j, end * intensity)
    if start > 0:
        value -= np.exp(-discount_rate * start) * kinds.orders_until(j, start * intensity)
    scale = kinds.rate / intensity
    low, high = np.log1p(start / scale), np.log1p(end / scale)
    for node, weight in zip(*_rule(discount_rate * (end - start)), strict=True):
        time = scale * np.expm1(low + (high - low) * (node + 1) / 2)
        stretch = (high - low) / 2 * weight * (scale + time)
        value += discount_rate * np.exp(-discount_rate * time) * kinds.orders_until(j, time * intensity) * stretch
    return value


def _rule(discounting: float) -> tuple[Floats, Floats]:
    """Gauss–Legendre points and weights, as many as 1e-9 needs when e^(−discounting) is the discount at the end."""
    points = 8 if discounting < 0.7 else 14 if discounting < 6 else 40
    return _gauss_legendre(points)


@cache
def _gauss_legendre(points: int) -> tuple[Floats, Floats]:
    nodes, weights = np.polynomial.legendre.leggauss(points)
    return np.asarray(nodes), np.asarray(weights)


def _survival_curves(state: State, row: int, grid: Floats) -> Floats:
    """(k, grid) survival at t / (α + T) = e^grid − 1 for each stage, given alive, of customers like `row`."""
    k, points = state.phase.shape[1], np.ones(len(grid))
    like = state.shape[row] * points, points, state.survived[row] * points, state.a
    return np.stack([survival(np.expm1(grid), j, k, *like) for j in range(k)])


def _crossing(curves: Floats, phase: Floats, level: Floats, grid: Floats) -> Floats:
    """Where each row's mixture of the falling curves meets its level; the end of the grid, and beyond, is infinite."""
    low = np.zeros(len(level), dtype=np.int64)
    high = np.full(len(level), len(grid) - 1)
    while np.any(high - low > 1):
        middle = (low + high) // 2
        above = np.einsum("ij,ji->i", phase, curves[:, middle]) >= level
        low, high = np.where(above, middle, low), np.where(above, high, middle)
    upper = np.log(np.einsum("ij,ji->i", phase, curves[:, low]))
    lower = np.log(np.einsum("ij,ji->i", phase, curves[:, high]))
    part = (upper - np.log(level)) / np.maximum(upper - lower, 1e-16)
    place = grid[low] + np.clip(part, 0.0, 1.0) * (grid[high] - grid[low])
    return np.where(part > 1, np.inf, place)
