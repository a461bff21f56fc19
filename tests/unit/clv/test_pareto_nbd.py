"""Pareto/NBD where numbers get hard, and what its outputs mean."""

import exact_pareto
import mpmath
import numpy as np
import pytest

from keepers.clv import pareto_nbd
from keepers.clv.histories import Histories

TYPICAL = pareto_nbd.Parameters(0.55, 10.6, 0.61, 11.7)
THROUGH_OVERFLOW = pareto_nbd.Parameters(10.465, 0.00798565181, 3.0516, 2.82)
TRIVIAL = 1e-10


def one(x: int, t_x: float, age: float) -> Histories:
    return Histories.of([x], [t_x], [age])


def corner(seed: int) -> tuple[pareto_nbd.Parameters, int, float, float]:
    """Parameters and histories far from each other in size; every third with alpha and beta all but equal."""
    random = np.random.default_rng(seed)
    values = np.exp(random.uniform([-3, -5, -3, -5], [2, 5, 2, 5]))
    if seed % 3 == 0:
        values[3] = values[1] * (1 + 10.0 ** -random.integers(1, 16))
    x = int(np.exp(random.uniform(0, 6.5))) - 1
    age = float(np.exp(random.uniform(-2, 9)))
    near_end = 1 - 10.0 ** -random.uniform(1, 8)
    t_x = age * random.choice([random.random(), near_end, 1 - near_end]) if x else 0.0
    return pareto_nbd.Parameters.from_array(values), x, float(t_x), age


@pytest.mark.parametrize("seed", range(60))
def test_a_hard_corner_is_exact_to_ten_digits(seed: int) -> None:
    parameters, x, t_x, age = corner(seed)
    with mpmath.workdps(120):
        exact = exact_pareto.log_likelihood(parameters.as_array(), x, t_x, age)
    found = pareto_nbd.log_likelihood(parameters, one(x, t_x, age))[0]
    assert found == pytest.approx(float(exact), rel=TRIVIAL, abs=TRIVIAL)


@pytest.mark.parametrize("seed", range(0, 60, 4))
def test_the_slopes_in_a_hard_corner_are_exact_to_ten_digits(seed: int) -> None:
    parameters, x, t_x, age = corner(seed)
    with mpmath.workdps(120):
        exact = [float(slope) for slope in exact_pareto.slopes(parameters.as_array(), x, t_x, age)]
        alive = float(exact_pareto.probability_alive(parameters.as_array(), x, t_x, age))
    value, slopes = pareto_nbd.likelihood(one(x, t_x, age)).gradient(np.log(parameters.as_array()))
    assert value == pytest.approx(pareto_nbd.log_likelihood(parameters, one(x, t_x, age))[0], rel=1e-13, abs=1e-13)
    assert slopes == pytest.approx(exact, rel=TRIVIAL, abs=TRIVIAL * max(1.0, x))
    assert pareto_nbd.probability_alive(parameters, one(x, t_x, age))[0] == pytest.approx(alive, rel=1e-9, abs=1e-300)


@pytest.mark.parametrize("seed", range(0, 60, 4))
def test_the_hessian_is_the_slope_of_the_slopes(seed: int) -> None:
    parameters, x, t_x, age = corner(seed)
    likelihood = pareto_nbd.likelihood(one(x, t_x, age))
    at, width = np.log(parameters.as_array()), 1e-5
    slopes = [
        likelihood.gradient(at + width * side)[1] - likelihood.gradient(at - width * side)[1] for side in np.eye(4)
    ]
    assert likelihood.curvature(at) == pytest.approx(np.array(slopes) / (2 * width), rel=1e-5, abs=1e-6 * (1 + x))


@pytest.mark.parametrize(
    ("x", "t_x", "age"), [(221, 103.42857, 103.57143), (161, 94.71429, 98.0), (204, 98.57143, 99.42857)]
)
def test_busy_customers_who_gave_nan_in_a_peer(x: int, t_x: float, age: float) -> None:
    alive = pareto_nbd.probability_alive(TYPICAL, one(x, t_x, age))[0]
    with mpmath.workdps(120):
        exact = float(exact_pareto.probability_alive(TYPICAL.as_array(), x, t_x, age))
    assert alive == pytest.approx(exact, rel=1e-9)


@pytest.mark.parametrize(("x", "t_x", "age"), [(40, 5.0, 6.0), (50, 1.0, 37.0), (50, 4.0, 37.0)])
def test_parameters_that_overflowed_in_a_peer(x: int, t_x: float, age: float) -> None:
    alive = pareto_nbd.probability_alive(THROUGH_OVERFLOW, one(x, t_x, age))[0]
    with mpmath.workdps(120):
        exact = float(exact_pareto.probability_alive(THROUGH_OVERFLOW.as_array(), x, t_x, age))
    assert 0 <= alive <= 1
    assert alive == pytest.approx(exact, rel=1e-9, abs=1e-300)


def test_thousands_of_orders_stay_finite() -> None:
    past = Histories.of([5_000, 100_000], [19_990.0, 364.0], [20_000.0, 365.0])
    assert np.isfinite(pareto_nbd.log_likelihood(TYPICAL, past)).all()
    assert pareto_nbd.probability_alive(TYPICAL, past) == pytest.approx([0.99864, 0.0], abs=1e-4)
    assert pareto_nbd.expected_orders(TYPICAL, past, horizon=1.0)[0] < 5_001 / 20_000


def test_parameters_as_small_as_they_get_stay_finite() -> None:
    tiny = pareto_nbd.Parameters(1e-8, 1e-8, 1e-8, 1e-8)
    past = Histories.of([0, 0, 3], [0.0, 0.0, 2.0], [0.0, 500.0, 500.0])
    assert np.isfinite(pareto_nbd.log_likelihood(tiny, past)).all()
    alive = pareto_nbd.probability_alive(tiny, past)
    assert np.all((alive >= 0) & (alive <= 1))


def test_a_customer_of_today_is_alive_and_says_nothing() -> None:
    new = one(0, 0.0, 0.0)
    assert pareto_nbd.log_likelihood(TYPICAL, new)[0] == 0.0
    assert pareto_nbd.probability_alive(TYPICAL, new)[0] == 1.0


def test_a_dropout_shape_of_one_is_no_special_case() -> None:
    past = Histories.of([2, 0], [30.0, 0.0], [39.0, 39.0])
    around = [
        pareto_nbd.expected_orders(pareto_nbd.Parameters(0.55, 10.6, s, 11.7), past, horizon=39.0)
        for s in (1 - 1e-6, 1 - 1e-13, 1.0, 1 + 1e-13, 1 + 1e-6)
    ]
    assert np.ptp(around, axis=0) == pytest.approx([0.0, 0.0], abs=1e-5)
    assert around[1] == pytest.approx(around[2], rel=1e-11)
    assert around[2] == pytest.approx(around[3], rel=1e-11)


def test_expected_orders_are_the_mean_of_the_order_counts() -> None:
    past = Histories.of([2, 0, 30], [30.0, 0.0, 38.0], [39.0, 39.0, 39.0])
    for intensity in (1.0, 1.4):
        pmf = pareto_nbd.order_count_pmf(TYPICAL, past, horizon=39.0, up_to=400, intensity=intensity)
        expected = pareto_nbd.expected_orders(TYPICAL, past, horizon=39.0, intensity=intensity)
        assert pmf.sum(axis=1) == pytest.approx(np.ones(3), abs=1e-9)
        assert pmf @ np.arange(401) == pytest.approx(expected, rel=1e-6)


def test_orders_of_two_periods_add_up() -> None:
    past = Histories.of([2, 0], [30.0, 0.0], [39.0, 39.0])
    whole = pareto_nbd.expected_orders(TYPICAL, past, horizon=52.0)
    first = pareto_nbd.expected_orders(TYPICAL, past, horizon=20.0)
    rest = pareto_nbd.expected_orders(TYPICAL, past, start=20.0, horizon=32.0)
    assert first + rest == pytest.approx(whole, rel=1e-12)
    discounted = [
        pareto_nbd.discounted_expected_orders(TYPICAL, past, start=start, horizon=horizon, discount_rate=0.01)
        for start, horizon in ((0.0, 52.0), (0.0, 20.0), (20.0, 32.0))
    ]
    assert discounted[1] + discounted[2] == pytest.approx(discounted[0], rel=1e-12)


def test_without_a_discount_the_orders_are_the_plain_ones() -> None:
    past = Histories.of([2, 0], [30.0, 0.0], [39.0, 39.0])
    plain = pareto_nbd.expected_orders(TYPICAL, past, horizon=260.0)
    assert pareto_nbd.discounted_expected_orders(TYPICAL, past, horizon=260.0, discount_rate=0.0) == pytest.approx(
        plain, rel=1e-12
    )


def test_next_order_comes_in_half_of_the_simulated_futures_of_those_still_customers() -> None:
    past = one(4, 30.0, 39.0)
    due = pareto_nbd.next_order_time(TYPICAL, past, horizon=500.0)[0]
    random = np.random.default_rng(3)
    futures = 200_000
    rate = random.gamma(TYPICAL.r + 4, 1 / (TYPICAL.alpha + 39), futures)
    dropout = random.gamma(TYPICAL.s, 1 / (TYPICAL.beta + 39), futures)
    order, left = random.exponential(1 / rate), random.exponential(1 / dropout)
    assert np.mean((order < left) & (order <= due)) == pytest.approx(0.5, abs=0.005)


def test_next_order_is_nan_where_fewer_than_half_would_order() -> None:
    assert np.isnan(pareto_nbd.next_order_time(TYPICAL, one(0, 0.0, 39.0), horizon=52.0)[0])


def test_remaining_lifetime_is_the_time_at_which_half_have_left() -> None:
    past = Histories.of([2, 0], [30.0, 0.0], [39.0, 39.0])
    median = pareto_nbd.remaining_lifetime(TYPICAL, past)
    assert median[1] == 0.0  # more likely gone than not
    assert pareto_nbd.probability_alive(TYPICAL, past, after=median[0])[0] == pytest.approx(0.5, rel=1e-12)


def test_futures_that_are_drawn_have_the_distribution_of_the_formulas() -> None:
    past = Histories.of([2, 12], [30.0, 36.0], [39.0, 39.0])
    alive = pareto_nbd.probability_alive(TYPICAL, past)
    future = pareto_nbd.sample_future(
        TYPICAL,
        past,
        alive,
        horizon=39.0,
        value_cap=260.0,
        intensity=1.0,
        replicates=100_000,
        generator=np.random.default_rng(5),
    )
    shares = [np.bincount(future.orders[:, j], minlength=6)[:6] / 100_000 for j in range(2)]
    assert np.array(shares) == pytest.approx(
        pareto_nbd.order_count_pmf(TYPICAL, past, horizon=39.0, up_to=5), abs=0.006
    )
    whole = pareto_nbd.expected_orders(TYPICAL, past, horizon=260.0)
    assert (future.orders + future.later_orders).mean(axis=0) == pytest.approx(whole, rel=0.02)
    assert np.all(future.active + future.later_active <= 260.0)


def test_a_base_without_repeat_orders_has_no_maximum_and_says_so() -> None:
    ages = np.arange(10.0, 200.0)
    fit = pareto_nbd.fit(Histories.of(np.zeros(190), np.zeros(190), ages))
    assert not fit.converged
    assert "the more extreme" in fit.warnings[0] or "no best parameters" in fit.warnings[0]


def test_customers_of_today_alone_leave_the_prior_as_it_is() -> None:
    past = Histories.of(np.zeros(30), np.zeros(30), np.zeros(30))
    fit = pareto_nbd.fit(past)
    assert not fit.converged
    found = pareto_nbd.posterior(fit, past, draws=25, generator=np.random.default_rng(1))
    assert np.log(found.points).T @ found.weights == pytest.approx([0.0, 0.0, 0.0, 0.0], abs=0.1)


def test_a_history_is_answered_alike_among_easy_and_hard_ones() -> None:
    """Histories are sorted by how many nodes they need and worked at 64 at a time, whoever stands beside."""
    generator = np.random.default_rng(11)
    age = np.exp(generator.uniform(-3, 9, 5_000))
    orders = np.floor(np.exp(generator.uniform(0, 7, 5_000)) - 0.5).astype(np.int64)
    last = np.where(orders > 0, age * generator.random(5_000), 0.0)
    together = Histories.of(orders, last, age)
    parameters = pareto_nbd.Parameters(0.55, 10.58, 0.61, 11.67)
    log_likelihood = pareto_nbd.log_likelihood(parameters, together)
    alive = pareto_nbd.probability_alive(parameters, together)
    for row in (0, 17, 63, 64, 2_345, 4_095, 4_096, 4_999):
        alone = Histories.of(orders[[row]], last[[row]], age[[row]])
        assert pareto_nbd.log_likelihood(parameters, alone)[0] == pytest.approx(log_likelihood[row], rel=1e-13)
        assert pareto_nbd.probability_alive(parameters, alone)[0] == pytest.approx(alive[row], rel=1e-12, abs=1e-290)


def test_sums_over_many_rows_are_the_sums_of_the_rows() -> None:
    generator = np.random.default_rng(12)
    age = generator.integers(1, 900, 4_200).astype(float)
    orders = generator.poisson(generator.gamma(0.5, 12.0, 4_200))
    many = Histories.of(
        orders, np.where(orders > 0, np.floor(age * generator.random(4_200)), 0.0), age, weight=generator.random(4_200)
    )
    at = np.log([0.9, 40.0, 0.5, 60.0])
    value, gradient, hessian = pareto_nbd.likelihood(many).all_at(at)
    halves = [pareto_nbd.likelihood(many.at(np.arange(*ends))).all_at(at) for ends in ((0, 37), (37, 4_200))]
    assert value == pytest.approx(sum(half[0] for half in halves), rel=1e-12)
    assert pareto_nbd.likelihood(many).value(at) == pytest.approx(value, rel=1e-12)
    assert gradient == pytest.approx(sum(half[1] for half in halves), rel=1e-9, abs=1e-9)
    assert hessian == pytest.approx(sum(half[2] for half in halves), rel=1e-9, abs=1e-9)
    steps = 1e-5 * np.eye(4)
    slopes = [
        (pareto_nbd.likelihood(many).gradient(at + step)[1] - pareto_nbd.likelihood(many).gradient(at - step)[1]) / 2e-5
        for step in steps
    ]
    assert hessian == pytest.approx(np.array(slopes), rel=1e-6, abs=1e-5)
