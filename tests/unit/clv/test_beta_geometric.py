"""The family with dropout after an order: its likelihood and its future, against fifty digits and against chance."""

import mpmath
import numpy as np
import pytest
from scipy.integrate import quad
from scipy.special import betainc

from keepers.clv import bg_nbd, mbg_cnbd_k, mbg_nbd
from keepers.clv.beta_geometric import family as beta_geometric
from keepers.clv.beta_geometric import future as beta_geometric_future
from keepers.clv.beta_geometric.family import BetaGeometricParameters, Family
from keepers.clv.beta_geometric.kernels import _shares
from keepers.clv.beta_geometric.states import state_of
from keepers.clv.histories import Histories
from keepers.clv.numerics.chance import stream_of

BG, MBG = Family(1, dropout_at_first_order=False), Family(1, dropout_at_first_order=True)
REGULAR = Family(3, dropout_at_first_order=True)
FAMILIES = [BG, MBG, REGULAR]


def of_family(family: Family, *four: float) -> BetaGeometricParameters:
    """(r, alpha, a, b) of one of the models."""
    if family == REGULAR:
        return mbg_cnbd_k.Parameters(*four, k=family.k)
    return (mbg_nbd if family == MBG else bg_nbd).Parameters(*four)


HISTORIES = [  # repeat orders, age at last order, age [weeks]; three rows gave nan in a peer
    (0, 0.0, 39.0),
    (2, 30.43, 38.86),
    (221, 103.42857, 103.57143),
    (161, 94.71429, 98.0),
    (204, 98.57143, 99.42857),
    (5000, 19999.0, 20000.0),
    (40, 1e-3, 600.0),
    (3, 10.0, 10.0),
]
PARAMETERS = [
    (0.25, 4.4, 0.79, 2.43),
    (10.465, 0.00798565181, 3.0516, 2.82),
    (900.0, 2e4, 0.02, 0.4),
    (0.01, 300.0, 40.0, 7e3),
]


def exact_log_likelihood(r, alpha, a, b, x, t_x, age, sum_log_gaps, family):
    """The formula of the module's docstring in mpmath."""
    k, first = family.k, family.first
    R, B = r + k * x, b + x + first
    y = (age - t_x) / (alpha + age)
    alive = mpmath.fsum(mpmath.rf(R, j) / mpmath.factorial(j) * y**j for j in range(k))
    dead = a / (B - 1) * ((alpha + age) / (alpha + t_x)) ** R if x + first > 0 else 0
    return (
        mpmath.loggamma(R) - mpmath.loggamma(r) + r * mpmath.log(alpha) - R * mpmath.log(alpha + age)
        + mpmath.log(mpmath.beta(a, B) / mpmath.beta(a, b))
        + (k - 1) * sum_log_gaps - x * mpmath.loggamma(k)
        + mpmath.log(alive + dead)
    )  # fmt: skip


@pytest.mark.parametrize("family", FAMILIES, ids=str)
@pytest.mark.parametrize("parameters", PARAMETERS, ids=str)
@pytest.mark.parametrize("past", HISTORIES, ids=str)
def test_likelihood_and_gradient_hold_in_hard_corners(family, parameters, past) -> None:
    x, t_x, age = past
    histories = Histories.of([x], [t_x], [age], sum_log_gaps=[-0.3 * x])
    at = np.log(parameters)
    value, slope = beta_geometric.likelihood_of(histories, family).gradient(at)
    with mpmath.workdps(50):
        exact_at = [mpmath.mpf(number) for number in np.exp(at)]
        rest = (x, mpmath.mpf(t_x), mpmath.mpf(age), mpmath.mpf(-0.3 * x), family)
        exact = exact_log_likelihood(*exact_at, *rest)
        exact_slope = [
            at_j * mpmath.diff(lambda z, j=j: exact_log_likelihood(*exact_at[:j], z, *exact_at[j + 1 :], *rest), at_j)
            for j, at_j in enumerate(exact_at)
        ]
    assert value == pytest.approx(float(exact), rel=1e-10)
    rows = beta_geometric.log_likelihood(of_family(family, *np.exp(at)), histories)
    assert rows[0] == pytest.approx(value, rel=1e-12)
    largest = max(1.0, *(abs(float(part)) for part in exact_slope))
    assert slope == pytest.approx([float(part) for part in exact_slope], rel=1e-10, abs=1e-10 * largest)


@pytest.mark.parametrize("family", FAMILIES, ids=str)
def test_the_hessian_is_that_of_the_gradient(family) -> None:
    x, t_x, age = zip(*HISTORIES[:5], strict=True)
    likelihood = beta_geometric.likelihood_of(Histories.of(x, t_x, age, weight=[5, 2, 1, 1, 1]), family)
    at, width = np.log([0.7, 3.0, 1.2, 2.0]), 1e-5
    numeric = np.array(
        [
            (likelihood.gradient(at + width * side)[1] - likelihood.gradient(at - width * side)[1]) / (2 * width)
            for side in np.eye(4)
        ]
    )
    assert likelihood.curvature(at) == pytest.approx(numeric, rel=1e-6, abs=1e-6 * np.abs(numeric).max())


@pytest.mark.parametrize("family", FAMILIES, ids=str)
@pytest.mark.parametrize("parameters", PARAMETERS, ids=str)
def test_the_chance_of_being_alive_is_a_chance_even_in_corners(family, parameters) -> None:
    x, t_x, age = zip(*HISTORIES, strict=True)
    state = state_of(of_family(family, *parameters), Histories.of(x, t_x, age))
    assert np.all((state.alive >= 0) & (state.alive <= 1))
    assert state.phase.sum(axis=1) == pytest.approx(1.0)


def a_customer(family: Family, *, x: int = 4, t_x: float = 20.0, age: float = 26.0):
    parameters = of_family(family, 0.6, 6.0 / family.k, 0.9, 2.2)
    return parameters, Histories.of([x], [t_x], [age], time_unit_days=7)


@pytest.mark.parametrize("family", FAMILIES, ids=str)
@pytest.mark.parametrize("horizon", [0.01, 5.0, 52.0, 2000.0])
def test_expected_orders_are_the_mean_of_their_distribution(family, horizon) -> None:
    customer = a_customer(family)
    up_to = 20_000 if horizon > 1000 else 600
    pmf = beta_geometric_future.order_count_pmf(*customer, horizon=horizon, up_to=up_to)[0]
    expected = beta_geometric_future.expected_orders(*customer, horizon=horizon)[0]
    assert pmf.min() >= 0
    assert pmf.sum() == pytest.approx(1.0, rel=1e-12)
    assert pmf @ np.arange(up_to + 1) == pytest.approx(expected, rel=1e-9)


def test_expected_orders_agree_with_the_integral_over_rate_and_dropout() -> None:
    customer = a_customer(BG)
    state = state_of(*customer)
    density = lambda p: p ** (0.9 - 1) * (1 - p) ** (state.survived[0] - 1)  # noqa: E731
    shape, rate, horizon = state.shape[0], state.rate[0], 30.0
    until_dropout = lambda p: (1 - (1 + p * horizon / rate) ** -(shape)) / p  # noqa: E731
    inner = quad(lambda p: density(p) * until_dropout(p), 0, 1, epsabs=0, epsrel=1e-11, limit=200)[0]
    whole = quad(density, 0, 1, epsabs=0, epsrel=1e-11, limit=200)[0]
    expected = beta_geometric_future.expected_orders(*customer, horizon=horizon)[0]
    assert expected == pytest.approx(state.alive[0] * inner / whole, rel=1e-8)


@pytest.mark.parametrize("family", FAMILIES, ids=str)
def test_discounting_agrees_with_adding_up_week_by_week(family) -> None:
    customer, rate = a_customer(family), 0.01
    edges = np.linspace(3.0, 103.0, 4001)
    until = [beta_geometric_future.expected_orders(*customer, horizon=float(edge))[0] for edge in edges]
    by_step = np.diff(until) * np.exp(-rate * (edges[1:] + edges[:-1]) / 2)
    value = beta_geometric_future.discounted_expected_orders(*customer, horizon=100.0, discount_rate=rate, start=3.0)
    assert value[0] == pytest.approx(by_step.sum(), rel=1e-7)


@pytest.mark.parametrize("family", FAMILIES, ids=str)
@pytest.mark.parametrize("x", [0, 4])
def test_simulated_futures_have_the_computed_distribution(family, x) -> None:
    customer = a_customer(family, x=x, t_x=20.0 if x else 0.0)
    alive = state_of(*customer).alive
    future = beta_geometric_future.sample_future(
        *customer,
        alive,
        horizon=20.0,
        value_cap=150.0,
        intensity=1.3,
        replicates=60_000,
        generator=np.random.default_rng(11),
    )
    pmf = beta_geometric_future.order_count_pmf(*customer, horizon=20.0, up_to=4, intensity=1.3)[0]
    drawn = np.bincount(future.orders[:, 0], minlength=5)[:5] / 60_000
    assert drawn == pytest.approx(pmf, abs=4 * 0.5 / np.sqrt(60_000))
    later = beta_geometric_future.expected_orders(*customer, start=20.0, horizon=130.0, intensity=1.3)[0]
    error = future.later_orders.std() / np.sqrt(60_000)
    assert future.later_orders.mean() == pytest.approx(later, abs=4 * error)
    stays = beta_geometric_future.probability_alive(*customer, after=150.0 * 1.3)[0]
    assert np.mean(future.later_active == 130.0) == pytest.approx(stays, abs=4 * 0.5 / np.sqrt(60_000))


@pytest.mark.parametrize("family", FAMILIES, ids=str)
def test_next_order_time_is_where_the_chance_of_an_order_reaches_the_probability(family) -> None:
    customer = a_customer(family)
    time = beta_geometric_future.next_order_time(*customer, probability=0.4, horizon=500.0)[0]
    none = beta_geometric_future.order_count_pmf(*customer, horizon=time, up_to=0)[0, 0]
    assert (1 - none) / state_of(*customer).alive[0] == pytest.approx(0.4, rel=1e-9)
    assert np.isnan(beta_geometric_future.next_order_time(*customer, probability=0.4, horizon=time / 2)[0])


@pytest.mark.parametrize("family", FAMILIES, ids=str)
def test_remaining_lifetime_is_where_survival_falls_to_the_probability(family) -> None:
    customer = a_customer(family)
    life = beta_geometric_future.remaining_lifetime(*customer, probability=0.3)[0]
    assert beta_geometric_future.probability_alive(*customer, after=life)[0] == pytest.approx(0.3, rel=1e-4)


def test_remaining_lifetime_is_nothing_for_the_lost_and_endless_beyond_a_century() -> None:
    lost = a_customer(BG, x=30, t_x=5.0, age=90.0)
    assert beta_geometric_future.remaining_lifetime(*lost, probability=0.5)[0] == 0.0
    seldom = bg_nbd.Parameters(0.05, 6.0, 0.9, 2.2), Histories.of([0], [0.0], [26.0], time_unit_days=7)
    assert beta_geometric_future.remaining_lifetime(*seldom, probability=0.5)[0] == np.inf


def test_very_many_orders_do_not_underflow() -> None:
    customer = bg_nbd.Parameters(0.5, 6.0, 0.8, 2.4), Histories.of([5000], [1999.0], [2000.0])
    alone = beta_geometric_future.expected_orders(*customer, horizon=2000.0)[0]
    pieces = [beta_geometric_future.expected_orders(*customer, horizon=100.0, start=100.0 * i)[0] for i in range(20)]
    assert alone == pytest.approx(sum(pieces), rel=1e-10)
    assert 3000 < alone < 5000
    pmf = beta_geometric_future.order_count_pmf(*customer, horizon=2000.0, up_to=7000)[0]
    assert pmf @ np.arange(7001) == pytest.approx(alone, rel=1e-9)


@pytest.mark.parametrize("family", FAMILIES, ids=str)
@pytest.mark.parametrize("rate", [1e-3, 0.02, 0.5])
def test_many_customers_at_once_are_discounted_as_one_by_one(family, rate) -> None:
    """Many ages are answered by interpolation, few are not."""
    age = np.linspace(1.0, 400.0, 300)
    many = Histories.of(np.full(300, 2), np.minimum(age, 30.0), age)
    parameters = of_family(family, 0.6, 6.0 / family.k, 0.9, 2.2)

    def discounted(some: Histories):
        return beta_geometric_future.discounted_expected_orders(parameters, some, horizon=260.0, discount_rate=rate)

    one_by_one = [discounted(many.at(np.array([i])))[0] for i in range(0, 300, 23)]
    assert discounted(many)[::23] == pytest.approx(one_by_one, rel=1e-9)


@pytest.mark.parametrize("family", FAMILIES, ids=str)
def test_weighed_orders_are_the_sum_of_the_orders_until_each_time(family) -> None:
    orders, ages = np.repeat(np.arange(4), 200), np.tile(np.arange(200.0), 4) + 30.0
    past = Histories.of(orders, np.where(orders > 0, ages / 2, 0.0), ages)
    customer = of_family(family, 0.8, 60.0, 0.6, 2.0), past
    times, weights = np.array([0.0, 10.0, 400.0]), np.array([3.0, 0.5, -0.2])
    found = beta_geometric_future.weighed_orders(*customer, times=times, weights=weights, intensity=1.2)
    until = [beta_geometric_future.expected_orders(*customer, horizon=float(time), intensity=1.2) for time in times]
    np.testing.assert_allclose(found, weights @ np.array(until), rtol=1e-9)


@pytest.mark.parametrize(("before", "beyond"), [(1, 1), (1, 6), (5, 1), (2, 2), (3, 9)])
def test_the_moment_of_leaving_is_an_order_statistic(before: int, beyond: int) -> None:
    count, stream = 1024, stream_of(np.random.default_rng(before))
    work, room, places = np.empty(5 * count), np.empty(3 * count), np.empty(count, dtype=np.int64)
    drawn = []
    for _ in range(20):
        work[3 * count : 4 * count], work[4 * count :] = before, beyond
        _shares(count, work, places, stream, room)
        drawn.append(work[:count].copy())
    places_reached = np.sort(betainc(before, beyond, np.concatenate(drawn)))
    even = (np.arange(places_reached.size) + 0.5) / places_reached.size
    assert np.abs(places_reached - even).max() < 1.63 / np.sqrt(places_reached.size)  # Kolmogorov's 1 % point
