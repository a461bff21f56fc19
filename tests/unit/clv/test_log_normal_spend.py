"""The log-normal spend model at its corners: against fifty digits, with zeros, with one order, with one huge order."""

import mpmath
import numpy as np
import pytest

from keepers.clv import gamma_gamma, log_normal_spend, pareto_nbd
from keepers.clv.log_normal_spend import Parameters
from keepers.clv.predicting.predictive import predict
from keepers.clv.spend import InvalidSpendError, Spend
from keepers.clv.spending import zero_values

CORNERS = [  # ln median, σ, τ, paid orders, mean logarithm, variance of the logarithms
    (3.0, 0.6, 0.7, 4, 3.4, 0.3),
    (3.0, 1e-4, 0.7, 1, 9.0, 0.0),
    (-12.0, 2.0, 1e-5, 30, -11.0, 3.0),
    (5.0, 0.3, 4.0, 1_000_000, 11.0, 0.09),
    (5.0, 40.0, 0.01, 3, -60.0, 900.0),
    (0.0, 1.0, 1.0, 1, 0.0, 0.0),
    (18.0, 0.05, 3.0, 500, 18.000001, 1e-9),
]
ZEROS = [(0.3, 4.0, 2, 9), (1e-4, 1e-3, 0, 5), (800.0, 3.0, 7, 7), (0.5, 2e6, 40, 100_000)]  # a, b, zeros, occasions


def exact_log_likelihood(median, own, between, n, mean, variance):
    """The density of n exchangeable normals, written with the inverse and determinant of their covariance."""
    spread = own**2 + n * between**2
    return (
        -mpmath.mpf(n) / 2 * mpmath.log(2 * mpmath.pi) - (n - 1) * mpmath.log(own) - mpmath.log(spread) / 2
        - n * variance / (2 * own**2) - n * (mean - median) ** 2 / (2 * spread) - n * mean
    )  # fmt: skip


def exact_zeros(a, b, zeros, orders):
    return mpmath.log(mpmath.beta(a + zeros, b + orders - zeros)) - mpmath.log(mpmath.beta(a, b))


def slope_of(function, at, fixed):
    """Exact slope in the logarithms of `at`."""
    return [
        float(at[j] * mpmath.diff(lambda z, j=j: function(*at[:j], z, *at[j + 1 :], *fixed), at[j]))
        for j in range(len(at))
    ]


@pytest.mark.parametrize("corner", CORNERS, ids=str)
def test_log_likelihood_and_gradient_hold_in_hard_corners(corner) -> None:
    median, own, between, n, mean, variance = corner
    spend = Spend.of([1.0], [n], paid_orders=[n], mean_log_value=[mean], var_log_value=[variance])
    value, slope = log_normal_spend.likelihood(spend).gradient(np.array([median, np.log(own), np.log(between)]))
    with mpmath.workdps(50):
        at = [mpmath.exp(mpmath.mpf(float(z))) for z in (median, np.log(own), np.log(between))]
        fixed = [n, mpmath.mpf(mean), mpmath.mpf(variance)]

        def function(m, *rest):
            return exact_log_likelihood(mpmath.log(m), *rest)

        exact, exact_slope = function(*at, *fixed), slope_of(function, at, fixed)
    assert value == pytest.approx(float(exact), rel=1e-10, abs=1e-10)
    assert slope == pytest.approx(exact_slope, rel=1e-10, abs=1e-10 * max(1.0, *map(abs, exact_slope)))


@pytest.mark.parametrize("corner", ZEROS, ids=str)
def test_the_likelihood_of_zeros_and_its_gradient_hold_in_hard_corners(corner) -> None:
    a, b, zeros, orders = corner
    spend = Spend.of([1.0], [orders], paid_orders=[orders - zeros], mean_log_value=[0.0], var_log_value=[0.0])
    value, slope = zero_values.likelihood(spend).gradient(np.log([a, b]))
    with mpmath.workdps(60):
        at = [mpmath.exp(mpmath.mpf(float(z))) for z in np.log([a, b])]
        exact, exact_slope = exact_zeros(*at, zeros, orders), slope_of(exact_zeros, at, [zeros, orders])
    assert value == pytest.approx(float(exact), rel=1e-10, abs=1e-10)
    assert slope == pytest.approx(exact_slope, rel=1e-10, abs=1e-10 * max(1.0, *map(abs, exact_slope)))


@pytest.mark.parametrize("part", ["values", "zeros"])
def test_the_hessians_are_those_of_the_gradients(part: str) -> None:
    generator = np.random.default_rng(5)
    spend = log_normal_spend.simulate(Parameters(30.0, 0.8, 0.5, 0.4, 3.0), generator.integers(1, 9, 80), generator)
    at = np.array([3.0, -0.3, -0.6]) if part == "values" else np.log([0.5, 2.0])
    paying = spend.at(np.flatnonzero(spend.logs.paid_orders > 0))
    found = log_normal_spend.likelihood(paying) if part == "values" else zero_values.likelihood(spend)
    width = 1e-5
    numeric = [
        (found.gradient(at + width * side)[1] - found.gradient(at - width * side)[1]) / (2 * width)
        for side in np.eye(len(at))
    ]
    assert found.curvature(at) == pytest.approx(np.array(numeric), rel=1e-6, abs=1e-6)


def test_the_log_likelihood_is_that_of_values_and_zeros_together() -> None:
    spend = Spend.of([20.0], [3], paid_orders=[2], mean_log_value=[3.0], var_log_value=[0.04])
    both = log_normal_spend.log_likelihood(Parameters(25.0, 0.5, 0.6, 1.0, 4.0), spend)
    with mpmath.workdps(30):
        exact = exact_log_likelihood(mpmath.log(25), 0.5, 0.6, 2, 3.0, 0.04) + exact_zeros(1, 4, 1, 3)
    assert both == pytest.approx(float(exact), rel=1e-12)
    assert log_normal_spend.log_likelihood(Parameters(25.0, 0.5, 0.6), spend) == -np.inf


def test_cents_give_the_same_fit_as_euros_and_the_order_of_rows_does_not_matter() -> None:
    generator = np.random.default_rng(8)
    euros = log_normal_spend.simulate(Parameters(25.0, 0.9, 0.6), generator.geometric(0.4, 500), generator)
    cents = Spend.of(
        euros.mean_order_value * 100,
        euros.orders,
        paid_orders=euros.logs.paid_orders,
        mean_log_value=euros.logs.mean_log_value + np.log(100),
        var_log_value=euros.logs.var_log_value,
    )
    found = [
        log_normal_spend.fit(data).parameters.as_array() for data in (euros, cents, euros.at(np.arange(500)[::-1]))
    ]
    assert found[1] == pytest.approx(found[0] * [100, 1, 1, 1, 1], rel=1e-6)
    assert found[2] == pytest.approx(found[0], rel=1e-9)


def test_weights_count_like_repeated_rows() -> None:
    def rows(take: list[int], weight: list[float]) -> Spend:
        columns = ([12.0, 50.0], [3, 1], [2, 1], [2.8, 3.9], [0.1, 0.0])
        mean, orders, paid, logs, variance = (np.array(column)[take] for column in columns)
        return Spend.of(mean, orders, weight=weight, paid_orders=paid, mean_log_value=logs, var_log_value=variance)

    parameters = Parameters(20.0, 0.5, 0.6, 0.3, 2.0)
    once, repeated = rows([0, 1], [3, 1]), rows([0, 0, 0, 1], [1, 1, 1, 1])
    assert log_normal_spend.log_likelihood(parameters, once) == pytest.approx(
        log_normal_spend.log_likelihood(parameters, repeated)
    )


def test_one_big_order_counts_and_is_drawn_towards_everybody() -> None:
    parameters = Parameters(20.0, 0.5, 0.8)
    nobody = Spend.of([np.nan], [0], paid_orders=[0], mean_log_value=[0.0], var_log_value=[0.0])
    once = Spend.of([900.0], [1], paid_orders=[1], mean_log_value=[np.log(900.0)], var_log_value=[0.0])
    often = Spend.of([900.0], [400], paid_orders=[400], mean_log_value=[np.log(900.0) - 0.125], var_log_value=[0.25])
    mean, big, known = (log_normal_spend.expected_order_value(parameters, spend)[0] for spend in (nobody, once, often))
    assert mean == pytest.approx(20.0 * np.exp((0.25 + 0.64) / 2))
    assert 8 * mean < big < known
    assert known == pytest.approx(900.0, rel=0.02)


def test_zeros_lower_the_expected_value_of_those_who_had_them() -> None:
    parameters = Parameters(20.0, 0.5, 0.8, 0.2, 1.8)
    spend = Spend.of([20.0, 10.0], [4, 4], paid_orders=[4, 2], mean_log_value=[3.0, 3.0], var_log_value=[0.1, 0.1])
    full, half = log_normal_spend.expected_order_value(parameters, spend)
    paid = np.array([1.8 + 4, 1.8 + 2]) / 6
    assert full / paid[0] == pytest.approx(half / paid[1], rel=0.05)  # two paid orders tell less of the value than four
    assert half < 0.75 * full


@pytest.mark.parametrize("parameters", [Parameters(30.0, 0.7, 0.6), Parameters(30.0, 0.5, 0.4, 0.6, 2.0)], ids=str)
def test_draws_have_the_mean_of_the_closed_form(parameters: Parameters) -> None:
    generator = np.random.default_rng(3)
    model = pareto_nbd.Parameters(0.8, 10.0, 0.7, 12.0)
    histories = pareto_nbd.simulate(model, age=np.full(400, 40.0), generator=generator)
    spend = log_normal_spend.simulate(parameters, histories.repeat_orders + 1, generator)
    purchases = pareto_nbd.posterior(pareto_nbd.fit(histories), histories, draws=25, generator=generator)
    fit = log_normal_spend.fit(spend)
    found = predict(
        pareto_nbd,
        purchases,
        histories,
        log_normal_spend.posterior(fit, spend, draws=25, generator=generator),
        spend,
        horizon=20.0,
        value_cap=300.0,
        discount_rate=0.002,
        replicates=80,
        generator=generator,
        spend_model=log_normal_spend,
    )
    assert found.totals.period_value.mean() == pytest.approx(found.period_value.mean.sum(), rel=0.03)
    assert found.totals.residual_value.mean() == pytest.approx(found.residual_value.mean.sum(), rel=0.04)


@pytest.mark.parametrize(
    ("model", "parameters"),
    [(log_normal_spend, Parameters(30.0, 0.7, 0.6)), (gamma_gamma, gamma_gamma.Parameters(3.0, 4.0, 40.0))],
    ids=["log-normal", "gamma-gamma"],
)
@pytest.mark.parametrize("orders", [1, 4])
def test_the_density_of_later_spend_adds_to_one_around_its_mean(model, parameters, orders: int) -> None:
    values = np.exp(np.linspace(-9.0, 18.0, 40_001))
    spend = Spend.of([35.0], [2], paid_orders=[2], mean_log_value=[3.5], var_log_value=[0.05])
    later = Spend.of(values / orders, np.full(len(values), orders))
    density = np.exp(model.log_density(parameters, spend.at(np.zeros(len(values), dtype=np.int64)), later))
    assert np.trapezoid(density, values) == pytest.approx(1.0, abs=2e-4)
    mean = np.trapezoid(density * values, values)
    assert mean == pytest.approx(orders * model.expected_order_value(parameters, spend)[0], rel=3e-3)


def test_a_heavy_tail_that_breaks_the_gamma_gamma_has_a_mean_here() -> None:
    generator = np.random.default_rng(6)
    spend = log_normal_spend.simulate(Parameters(20.0, 0.6, 2.4), generator.integers(1, 5, 2000), generator)
    assert gamma_gamma.fit(spend).parameters.q < 1
    fit = log_normal_spend.fit(spend)
    assert fit.converged
    assert fit.warnings == ()
    assert fit.parameters.between_spread == pytest.approx(2.4, rel=0.1)


def test_what_the_data_leave_open_is_said_in_words() -> None:
    once = Spend.of(
        np.full(40, 20.0), np.ones(40), paid_orders=np.ones(40), mean_log_value=np.log(np.linspace(10, 40, 40)),
        var_log_value=np.zeros(40),
    )  # fmt: skip
    fit = log_normal_spend.fit(once)
    assert not fit.converged
    assert any("hardly tell" in warning and "between_spread" in warning for warning in fit.warnings)
    assert any("Nobody paid twice" in warning for warning in fit.warnings)


@pytest.mark.parametrize(
    ("call", "sentence"),
    [
        (lambda: log_normal_spend.fit(Spend.of([1.0] * 5, [1] * 5)), "reads the logarithms of order values"),
        (lambda: Spend.of([1.0], [1], paid_orders=[1]), "together, or none of them"),
        (lambda: Spend.of([1.0], [1], paid_orders=[2], mean_log_value=[0.0], var_log_value=[0.0]), "between 0 and"),
        (lambda: Spend.of([1.0], [1], paid_orders=[1, 1], mean_log_value=[0.0], var_log_value=[0.0]), "in length"),
        (
            lambda: log_normal_spend.fit(
                Spend.of([0.0] * 4, [1] * 4, paid_orders=[0] * 4, mean_log_value=[0.0] * 4, var_log_value=[0.0] * 4)
            ),
            "Only 0 customers have an order value above zero",
        ),
    ],
)
def test_what_cannot_be_is_said_in_an_error(call, sentence) -> None:
    with pytest.raises(InvalidSpendError, match=sentence):
        call()
