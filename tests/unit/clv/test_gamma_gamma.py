"""The spend model at its corners: against fifty digits, with zeros, and with tails too heavy for a mean."""

import mpmath
import numpy as np
import pytest

from keepers.clv import gamma_gamma
from keepers.clv.gamma_gamma import Parameters
from keepers.clv.spend import InvalidSpendError, Spend

CORNERS = [  # p, q, v, mean, orders
    (6.25, 3.74, 15.44, 22.35, 2),
    (0.02, 0.6, 1e-6, 1e5, 1),
    (900.0, 4000.0, 3.0, 0.7, 30),
    (7.0, 3.0, 12.0, 30.0, 1_000_000),
    (3e5, 2.5, 1e-3, 55.0, 12),
    (5.0, 1e6, 2e8, 1e3, 4),
    (2.0, 1.01, 40.0, 1e-4, 3),
    (2.0, 3.0, 40.0, 1e12, 3),
]


def exact_log_likelihood(p, q, v, mean, orders):
    """Equation 1a of Fader and Hardie (2013) in fifty digits."""
    pn = p * orders
    return (
        mpmath.loggamma(pn + q) - mpmath.loggamma(pn) - mpmath.loggamma(q)
        + q * mpmath.log(v) + (pn - 1) * mpmath.log(mean) + pn * mpmath.log(orders)
        - (pn + q) * mpmath.log(v + orders * mean)
    )  # fmt: skip


@pytest.mark.parametrize("corner", CORNERS, ids=str)
def test_log_likelihood_and_gradient_hold_in_hard_corners(corner) -> None:
    p, q, v, mean, orders = corner
    likelihood = gamma_gamma.likelihood(Spend.of([mean], [orders]))
    value, slope = likelihood.gradient(np.log([p, q, v]))
    with mpmath.workdps(50):
        at = [mpmath.mpf(number) for number in np.exp(np.log([p, q, v]))]
        mean = mpmath.mpf(mean)
        exact = exact_log_likelihood(*at, mean, orders)
        exact_slope = [
            float(
                at[j] * mpmath.diff(lambda z, j=j: exact_log_likelihood(*at[:j], z, *at[j + 1 :], mean, orders), at[j])
            )
            for j in range(3)
        ]
    assert value == pytest.approx(float(exact), rel=1e-10, abs=1e-10)
    largest = max(abs(part) for part in exact_slope)
    assert slope == pytest.approx(exact_slope, rel=1e-10, abs=1e-10 * max(1.0, largest))


def test_the_hessian_is_that_of_the_gradient() -> None:
    generator = np.random.default_rng(5)
    spend = gamma_gamma.simulate(Parameters(3.0, 2.5, 20.0), generator.integers(1, 9, 60), generator)
    likelihood = gamma_gamma.likelihood(spend)
    at, width = np.log([2.0, 3.0, 30.0]), 1e-5
    numeric = [
        (likelihood.gradient(at + width * side)[1] - likelihood.gradient(at - width * side)[1]) / (2 * width)
        for side in np.eye(3)
    ]
    assert likelihood.curvature(at) == pytest.approx(np.array(numeric), rel=1e-6)


def test_weights_count_like_repeated_rows() -> None:
    parameters = Parameters(2.0, 3.0, 15.0)
    once = Spend.of([10.0, 40.0], [2, 1], weight=[3, 1])
    repeated = Spend.of([10.0, 10.0, 10.0, 40.0], [2, 2, 2, 1])
    assert gamma_gamma.log_likelihood(parameters, once) == pytest.approx(
        gamma_gamma.log_likelihood(parameters, repeated)
    )


def test_cents_give_the_same_fit_as_euros() -> None:
    generator = np.random.default_rng(8)
    euros = gamma_gamma.simulate(Parameters(4.0, 3.0, 25.0), generator.geometric(0.4, 800), generator)
    cents = Spend.of(euros.mean_order_value * 100, euros.orders)
    in_euros, in_cents = gamma_gamma.fit(euros).parameters, gamma_gamma.fit(cents).parameters
    assert in_cents.as_array() == pytest.approx(in_euros.as_array() * [1, 1, 100], rel=1e-6)


def test_customers_without_value_are_left_out_of_the_fit_and_counted() -> None:
    generator = np.random.default_rng(9)
    sound = gamma_gamma.simulate(Parameters(4.0, 3.0, 25.0), np.full(200, 3), generator)
    mixed = Spend.of([*sound.mean_order_value, 0.0, -5.0, np.nan], [*sound.orders, 2, 1, 0])
    assert gamma_gamma.fit(mixed).parameters.as_array() == pytest.approx(gamma_gamma.fit(sound).parameters.as_array())
    assert gamma_gamma.fit(mixed).warnings[0].startswith("3 of 203 customers")


def test_expected_order_value_weighs_own_orders_against_everybodys() -> None:
    parameters = Parameters(2.0, 3.0, 10.0)  # everybody's mean: 2 · 10 / 2 = 10
    spend = Spend.of([np.nan, 0.0, 40.0, 40.0, -40.0], [0, 1, 1, 1000, 1])
    expected = gamma_gamma.expected_order_value(parameters, spend)
    assert expected == pytest.approx([10.0, 2 * 10 / 4, 2 * 50 / 4, 2 * 40010 / 2002, 2 * 10 / 4])


def test_a_mean_that_is_infinite_is_nan_and_the_fit_says_why() -> None:
    heavy = Parameters(3.0, 0.7, 5.0)
    assert np.isnan(gamma_gamma.expected_order_value(heavy, Spend.of([0.0], [0]))[0])
    assert np.isfinite(gamma_gamma.expected_order_value(heavy, Spend.of([20.0], [1]))[0])
    generator = np.random.default_rng(3)
    fit = gamma_gamma.fit(gamma_gamma.simulate(heavy, generator.integers(1, 6, 2000), generator))
    assert any("no finite expectation" in warning for warning in fit.warnings)


def test_a_heavy_tail_is_cut_where_the_mean_would_not_exist_and_nothing_else_moves() -> None:
    draws = np.array([[2.0, 3.5, 40.0], [2.0, 0.8, 40.0]])
    light, cut = gamma_gamma.with_finite_means(draws)
    assert light.tolist() == draws[0].tolist()
    newcomer = Spend.of([np.nan], [0])
    assert gamma_gamma.expected_order_value(Parameters.from_array(cut), newcomer)[0] > 0
    medians = [np.median(np.random.default_rng(1).gamma(q, 1 / v, 400_000)) for _, q, v in (draws[1], cut)]
    assert medians[0] == pytest.approx(medians[1], rel=0.02)


def test_equal_spend_of_everybody_is_no_maximum_and_says_so() -> None:
    fit = gamma_gamma.fit(Spend.of(np.full(50, 20.0), np.full(50, 2)))
    assert not fit.converged
    assert fit.warnings
    assert gamma_gamma.expected_order_value(fit.parameters, Spend.of([np.nan], [0]))[0] == pytest.approx(20.0, rel=0.05)


def test_independent_spend_gives_no_dependence() -> None:
    generator = np.random.default_rng(12)
    parameters = Parameters(2.0, 2.2, 20.0)
    spend = gamma_gamma.simulate(parameters, generator.geometric(0.3, 20_000), generator)
    found = gamma_gamma.frequency_dependence(parameters, spend)
    assert abs(found.rank) < 0.02
    assert found.p_value > 0.01


@pytest.mark.parametrize(
    ("call", "sentence"),
    [
        (lambda: Spend.of([1.0, 2.0], [1]), "differ in length"),
        (lambda: Spend.of([1.0], [-1]), "1 rows of spend cannot be"),
        (lambda: Spend.of([np.inf], [1]), "must be a number"),
        (lambda: gamma_gamma.fit(Spend.of([5.0, 0.0], [1, 1])), "Only 1 customers have an order value"),
    ],
)
def test_what_cannot_be_is_said_in_words(call, sentence) -> None:
    with pytest.raises(InvalidSpendError, match=sentence):
        call()
