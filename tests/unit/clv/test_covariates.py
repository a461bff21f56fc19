"""Rates that depend on who the customer is: exact slopes, every function, and the model itself where all are alike."""

import exact_pareto
import mpmath
import numpy as np
import pytest

from keepers.clv import bg_nbd, mbg_nbd, pareto_nbd
from keepers.clv.covariates import WithCovariates
from keepers.clv.histories import Histories, InvalidHistoriesError
from keepers.clv.kinds.design import Design, Groups, Numbers
from keepers.clv.kinds.effects import effects_of, no_differences, strongest
from keepers.clv.kinds.steady import Steady

MODELS = pytest.mark.parametrize(
    ("base", "values"),
    [(pareto_nbd, (0.6, 11.0, 0.6, 12.0)), (bg_nbd, (0.24, 4.4, 0.8, 2.4)), (mbg_nbd, (0.52, 6.2, 0.9, 1.6))],
    ids=["pareto-nbd", "bg-nbd", "mbg-nbd"],
)


def two_channels(customers: int, seed: int = 1) -> tuple[Design, np.ndarray]:
    random = np.random.default_rng(seed)
    terms = [
        Groups.of("channel", random.choice(["shop", "web"], customers)),
        Numbers("distance", random.choice([1.0, 5.0, 20.0], customers)),
    ]
    return Design.of(terms)


def simulated(base, values, customers: int, effects, seed: int = 1):
    design, pattern = two_channels(customers, seed)
    model = WithCovariates(base, design)
    truth = model.Parameters.from_array(np.array([*values, *np.exp(effects)]))
    random = np.random.default_rng(seed)
    age = random.uniform(10, 80, customers)
    return model, truth, model.simulate(truth, age=age, generator=random, pattern=pattern)


def test_slopes_and_bends_are_exact_in_60_digits() -> None:
    design, _ = two_channels(100)
    at = np.array([-0.5, 2.3, -0.4, 2.6, 0.3, -0.2, 0.1, -0.6, 0.4, 0.25])
    rows = [(0, 0.0, 30.0, 0), (3, 20.0, 39.0, 4), (26, 38.9, 39.0, 2), (7, 5.0, 80.0, 5)]
    orders, last, ages, patterns = zip(*rows, strict=True)
    histories = Histories.of(orders, last, ages, pattern=patterns)

    def exact(point) -> mpmath.mpf:
        total = mpmath.mpf(0)
        for x, t_x, age, pattern in rows:
            z = [mpmath.mpf(float(value)) for value in design.patterns[pattern]]
            own = [*point[:4]]
            own[1] -= mpmath.fdot(z, point[4:7])
            own[3] -= mpmath.fdot(z, point[7:])
            total += exact_pareto.log_likelihood([mpmath.exp(value) for value in own], x, t_x, age)
        return total

    with mpmath.workdps(60):
        step = mpmath.mpf(10) ** -15
        point = [mpmath.mpf(float(value)) for value in at]

        def moved(*places: tuple[int, int]) -> mpmath.mpf:
            values = list(point)
            for place, sign in places:
                values[place] += sign * step
            return exact(values)

        slopes = [float((moved((j, 1)) - moved((j, -1))) / (2 * step)) for j in range(10)]
        bends = {
            (j, k): float(
                (moved((j, 1), (k, 1)) - moved((j, 1), (k, -1)) - moved((j, -1), (k, 1)) + moved((j, -1), (k, -1)))
                / (4 * step**2)
            )
            for j, k in ((4, 4), (4, 8), (5, 0), (9, 3), (7, 8), (6, 9))
        }
        value = float(exact(point))
    likelihood = WithCovariates(pareto_nbd, design).likelihood(histories)
    found, slope = likelihood.gradient(at)
    assert found == pytest.approx(value, rel=1e-13)
    assert slope == pytest.approx(slopes, rel=1e-10, abs=1e-11)
    bend = likelihood.curvature(at)
    assert np.allclose(bend, bend.T)
    for place, expected in bends.items():
        assert bend[place] == pytest.approx(expected, rel=1e-9, abs=1e-10)


@MODELS
def test_an_effect_of_nothing_is_the_model_itself(base, values) -> None:
    model, _, histories = simulated(base, values, 300, np.zeros(6))
    at, own = model.Parameters.from_array(np.array([*values, *np.ones(6)])), base.Parameters.from_array(values)
    assert model.log_likelihood(at, histories) == pytest.approx(base.log_likelihood(own, histories), rel=1e-13)
    assert model.expected_orders(at, histories, horizon=26.0) == pytest.approx(
        base.expected_orders(own, histories, horizon=26.0), rel=1e-12
    )


@MODELS
def test_customers_of_one_pattern_are_those_of_the_model_with_their_own_rates(base, values) -> None:
    model, truth, histories = simulated(base, values, 200, [0.5, -0.5, 0.3, -0.7, 0.4, 0.2])
    alive = model.probability_alive(truth, histories)
    answers = {
        "discounted": model.discounted_expected_orders(truth, histories, horizon=52.0, discount_rate=0.01, alive=alive),
        "counts": model.order_count_pmf(truth, histories, horizon=13.0, up_to=3),
        "next": model.next_order_time(truth, histories, horizon=500.0),
        "life": model.remaining_lifetime(truth, histories),
    }
    for pattern in range(len(model.design.patterns)):
        rows = np.flatnonzero(histories.pattern == pattern)
        z, logs = model.design.patterns[pattern], np.log(truth.as_array())
        own = np.exp(logs[:4] - [0.0, z @ logs[4:7], 0.0, z @ logs[7:]])
        own_parameters, own_rows = base.Parameters.from_array(own), histories.at(rows)
        expected = {
            "discounted": base.discounted_expected_orders(own_parameters, own_rows, horizon=52.0, discount_rate=0.01),
            "counts": base.order_count_pmf(own_parameters, own_rows, horizon=13.0, up_to=3),
            "next": base.next_order_time(own_parameters, own_rows, horizon=500.0),
            "life": base.remaining_lifetime(own_parameters, own_rows),
        }
        for name, values_there in expected.items():
            assert answers[name][rows] == pytest.approx(values_there, rel=1e-10, nan_ok=True), name


@MODELS
def test_the_fit_finds_who_buys_more_and_who_leaves_sooner(base, values) -> None:
    model, _, histories = simulated(base, values, 4_000, [-0.4, 0.4, 0.3, -0.3, 0.3, 0.4])
    fit = model.fit(histories)
    assert fit.converged
    assert fit.warnings == ()
    effects = np.log([*fit.parameters.purchase, *fit.parameters.dropout])
    assert effects[1] - effects[0] == pytest.approx(0.8, abs=0.2)
    assert effects[2] == pytest.approx(0.3, abs=0.1)
    assert effects[4] - effects[3] == pytest.approx(0.6, abs=0.5)
    assert effects[5] == pytest.approx(0.4, abs=0.25)
    assert fit.log_likelihood == pytest.approx(model.log_likelihood(fit.parameters, histories).sum(), rel=1e-10)
    assert fit.log_likelihood > base.fit(histories).log_likelihood + 50


def test_two_groups_without_a_ridge_are_two_groups_with_rates_of_their_own() -> None:
    model, _, histories = simulated(pareto_nbd, (0.6, 11.0, 0.6, 12.0), 3_000, [-0.4, 0.4, 0.0, -0.3, 0.3, 0.0])
    in_web = model.design.patterns[histories.pattern, 1] == 1
    design, pattern = Design.of([Numbers("web", in_web.astype(float))])
    free = WithCovariates(pareto_nbd, design, np.full(2, np.inf))
    histories = Histories.of(histories.repeat_orders, histories.age_at_last_order, histories.age, pattern=pattern)
    fit = free.fit(histories)
    step = 1e-4
    for group, place in ((in_web, 1), (~in_web, 0)):  # no own rate of either group can be changed for the better
        own = free.of_pattern(fit.parameters, place).as_array()
        there = histories.where(group)
        for parameter in (1, 3):
            levels = [
                pareto_nbd.log_likelihood(
                    pareto_nbd.Parameters.from_array(own * np.exp(step * sign * (np.arange(4) == parameter))), there
                ).sum()
                for sign in (-1, 1)
            ]
            assert (levels[1] - levels[0]) / (2 * step) == pytest.approx(0.0, abs=1e-2)


def test_groups_that_do_not_differ_are_drawn_together_and_said_so() -> None:
    model, _, histories = simulated(pareto_nbd, (0.6, 11.0, 0.6, 12.0), 3_000, np.zeros(6))
    fit = model.fit(histories)
    posterior = model.posterior(fit, histories, draws=25, generator=np.random.default_rng(1))
    terms = effects_of(model, fit, posterior, histories)
    assert not any(term.purchase_differs or term.dropout_differs for term in terms)
    assert len(list(no_differences(terms))) == 2
    assert np.abs(np.log(fit.parameters.purchase)).max() < 0.1


def test_the_strongest_differences_are_told_in_words() -> None:
    model, _, histories = simulated(pareto_nbd, (0.6, 11.0, 0.6, 12.0), 4_000, [-0.4, 0.4, 0.0, 0.0, 0.0, 0.0])
    fit = model.fit(histories)
    posterior = model.posterior(fit, histories, draws=25, generator=np.random.default_rng(1))
    assert posterior.k_hat < 0.7
    terms = effects_of(model, fit, posterior, histories)
    channel = terms[0]
    assert channel.purchase_differs
    assert channel.effects[1].purchase.middle == pytest.approx(np.exp(0.4), rel=0.1)
    first = strongest(terms)[0]
    assert first.startswith("Customers of channel ")
    assert "times as often as the average customer" in first


def test_a_history_must_say_who_the_customer_is() -> None:
    model, truth, histories = simulated(pareto_nbd, (0.6, 11.0, 0.6, 12.0), 200, np.zeros(6))
    with pytest.raises(InvalidHistoriesError, match="do not say who the customers are"):
        model.log_likelihood(truth, Histories.of([0], [0.0], [9.0]))
    with pytest.raises(InvalidHistoriesError, match="has pattern 99"):
        model.log_likelihood(truth, Histories.of([0], [0.0], [9.0], pattern=[99]))
    assert len(model.expected_orders(truth, histories.at(np.zeros(0, dtype=np.int64)), horizon=9.0)) == 0


def test_a_column_that_parts_buyers_from_the_rest_does_not_run_away_without_a_word() -> None:
    histories = pareto_nbd.simulate(
        pareto_nbd.Parameters(0.6, 11.0, 0.6, 12.0), age=np.full(600, 50.0), generator=np.random.default_rng(2)
    )
    design, pattern = Design.of([Numbers("buys", (histories.repeat_orders > 0).astype(float))])
    model = WithCovariates(pareto_nbd, design)
    fit = model.fit(Histories.of(histories.repeat_orders, histories.age_at_last_order, histories.age, pattern=pattern))
    assert np.isfinite(fit.parameters.as_array()).all()
    assert any("buys on the purchase rate runs away" in warning for warning in fit.warnings)


@pytest.mark.parametrize(
    ("base", "values"),
    [
        (pareto_nbd, (0.6, 11.0, 0.6, 12.0)),
        (pareto_nbd, (10.465, 0.00798565181, 3.0516, 2.82)),
        (bg_nbd, (0.24, 4.4, 0.8, 2.4)),
        (mbg_nbd, (0.52, 6.2, 0.9, 1.6)),
        (Steady(2), (0.52, 3.1, 0.9, 1.6)),
    ],
    ids=["pareto-nbd", "pareto-nbd-in-a-corner", "bg-nbd", "mbg-nbd", "mbg-cnbd-2"],
)
def test_customers_who_are_all_different_have_the_likelihood_of_the_model(base, values) -> None:
    random = np.random.default_rng(5)
    orders = np.concatenate([[0, 0, 1, 161, 221, 50, 5_000], random.poisson(3, 60)])
    ages = np.concatenate([[0.0, 900.0, 39.0, 98.0, 103.57143, 37.0, 20_000.0], random.uniform(5, 300, 60)])
    last = np.where(orders > 0, ages * random.random(67), 0.0)
    last[3:6] = 94.71429, 103.42857, 1.0
    design, pattern = Design.of([Numbers("size", random.normal(size=67))])
    gaps = orders * 0.3
    histories = Histories.of(orders, last, ages, weight=1 + np.arange(67) % 3, pattern=pattern, sum_log_gaps=gaps)
    effects = np.array([0.2, -0.3])
    at = np.log([*values, *np.exp(effects)])
    likelihood = WithCovariates(base, design).likelihood(histories)
    value, slope, bend = 0.0, np.zeros(6), np.zeros((6, 6))
    for row in range(67):  # one call of the model's own likelihood each
        z = design.patterns[pattern[row], 0]
        side = np.zeros((4, 6))
        side[:, :4] = np.eye(4)
        side[1, 4] = side[3, 5] = -z
        found = base.likelihood(histories.at(np.array([row]))).all_at(side @ at)
        value, slope, bend = value + found[0], slope + side.T @ found[1], bend + side.T @ found[2] @ side
    assert likelihood.value(at) == pytest.approx(value, rel=1e-12)
    assert likelihood.gradient(at)[1] == pytest.approx(slope, rel=1e-9, abs=1e-9)
    assert likelihood.curvature(at) == pytest.approx(bend, rel=1e-8, abs=1e-7)


def test_a_continuous_covariate_is_fitted_as_it_is() -> None:
    random = np.random.default_rng(6)
    size = random.normal(size=3_000)
    design, pattern = Design.of([Numbers("size", size)])
    model = WithCovariates(pareto_nbd, design)
    truth = model.Parameters.from_array(np.array([0.8, 9.0, 0.7, 15.0, np.exp(0.4), np.exp(0.3)]))
    histories = model.simulate(truth, age=random.uniform(20, 60, 3_000), generator=random, pattern=pattern)
    fit = model.fit(histories)
    assert len(design.patterns) == 3_000
    assert fit.converged
    assert np.log(fit.parameters.purchase)[0] == pytest.approx(0.4, abs=0.08)
    assert np.log(fit.parameters.dropout)[0] == pytest.approx(0.3, abs=0.2)
