"""Predictive intervals: means without noise, joint draws, and every shape of base."""

from dataclasses import replace

import numpy as np
import pytest

from keepers.clv import gamma_gamma, pareto_nbd
from keepers.clv.histories import Histories
from keepers.clv.inference.posterior import Posterior
from keepers.clv.numerics import beside
from keepers.clv.predicting import predictive
from keepers.clv.predicting.predictive import InvalidForecastError, Spending, Window, draw_futures, predict
from keepers.clv.spend import Spend

DISCOUNT = 0.002


def certain(*values: float, draws: int = 25) -> Posterior:
    """A posterior that leaves nothing open."""
    table = np.tile(values, (draws, 1))
    return Posterior(table, "known", 0.0, float(draws), (), table, np.full(draws, 1 / draws))


ORDERS = certain(0.6, 11.0, 0.6, 12.0)
MONEY = certain(6.0, 3.7, 15.0)


def customers() -> Histories:
    return Histories.of([0, 0, 2, 7, 26], [0.0, 0.0, 30.4, 29.4, 30.9], [0.0, 39.0, 38.9, 38.9, 31.0])


def spend() -> Spend:
    return Spend.of([12.0, 30.0, 25.0, 70.0, 40.0], [1, 1, 3, 8, 27])


def forecast(seed: int = 1, **changes):
    settings = {
        "horizon": 39.0,
        "value_cap": 260.0,
        "discount_rate": DISCOUNT,
        "margin": 0.3,
        "generator": np.random.default_rng(seed),
        **changes,
    }
    return predict(pareto_nbd, ORDERS, customers(), MONEY, spend(), **settings)


def test_means_are_the_closed_forms_and_do_not_depend_on_the_seed() -> None:
    found = forecast()
    known = pareto_nbd.Parameters.from_array(ORDERS.parameters[0])
    orders = pareto_nbd.expected_orders(known, customers(), horizon=39.0)
    discounted = pareto_nbd.discounted_expected_orders(known, customers(), horizon=260.0, discount_rate=DISCOUNT)
    order_value = gamma_gamma.expected_order_value(gamma_gamma.Parameters(6.0, 3.7, 15.0), spend())
    assert found.orders.mean == pytest.approx(orders, rel=1e-12)
    assert found.expected_order_value == pytest.approx(order_value, rel=1e-12)
    assert found.residual_value.mean == pytest.approx(0.3 * order_value * discounted, rel=1e-12)
    assert forecast(seed=2).residual_value.mean == pytest.approx(found.residual_value.mean, rel=1e-15)


def test_answers_do_not_depend_on_how_many_processors_there_are(monkeypatch: pytest.MonkeyPatch) -> None:
    def answers(processors: int) -> list[list[float]]:
        monkeypatch.setattr(beside, "_at_once", lambda: processors)
        many = pareto_nbd.simulate(
            pareto_nbd.Parameters(0.6, 11.0, 0.6, 12.0), age=np.full(1_200, 39.0), generator=np.random.default_rng(3)
        )
        known = pareto_nbd.posterior(pareto_nbd.fit(many), many, draws=25, generator=np.random.default_rng(4))
        paid = Spend.of(np.full(len(many), 20.0), many.repeat_orders + 1)
        found = predict(
            pareto_nbd, known, many, MONEY, paid, horizon=39.0, replicates=2, generator=np.random.default_rng(5)
        )
        assert found.residual_value is not None
        columns = known.parameters, found.orders.mean, found.residual_value.high, found.totals.residual_value
        return [np.ravel(column).tolist() for column in columns]

    assert answers(1) == answers(3)


def test_the_draws_have_the_closed_form_means() -> None:
    found = forecast(replicates=1500)
    assert found.totals.orders.mean() == pytest.approx(found.orders.mean.sum(), rel=0.01)
    assert found.totals.period_value.mean() == pytest.approx(found.period_value.mean.sum(), rel=0.015)
    assert found.totals.residual_value.mean() == pytest.approx(found.residual_value.mean.sum(), rel=0.02)


def test_the_points_of_the_orders_are_those_of_the_exact_distribution() -> None:
    found = forecast(replicates=800)
    pmf = predictive.order_count_distribution(pareto_nbd, ORDERS, customers(), horizon=39.0, up_to=150)
    exact = np.cumsum(pmf, axis=1)
    assert found.orders.low == pytest.approx([np.argmax(row >= 0.05) for row in exact], abs=1)
    assert found.orders.high == pytest.approx([np.argmax(row >= 0.95) for row in exact], abs=1)
    assert found.chance_of_order == pytest.approx(1 - pmf[:, 0], abs=0.01)


def test_no_draw_of_the_period_is_worth_more_than_its_residual() -> None:
    draws = draw_futures(
        pareto_nbd,
        ORDERS,
        customers(),
        Spending.of(spend(), MONEY, margin=0.3),
        window=Window(39.0, 260.0, DISCOUNT),
        generator=np.random.default_rng(4),
    )
    assert draws.orders.shape == (200, 5)
    assert draws.period_value is not None
    assert draws.residual_value is not None
    assert np.all(draws.period_value <= draws.residual_value)
    assert np.all((draws.period_value > 0) == (draws.orders > 0))


def test_a_horizon_up_to_the_value_cap_leaves_no_later_value() -> None:
    found = forecast(value_cap=39.0)
    assert found.period_value.mean.tolist() == found.residual_value.mean.tolist()
    assert found.period_value.high.tolist() == found.residual_value.high.tolist()


def test_no_horizon_no_orders_and_no_period_value() -> None:
    found = forecast(horizon=0.0)
    assert found.orders.mean.tolist() == [0.0] * 5
    assert found.orders.high.tolist() == [0.0] * 5
    assert found.period_value.high.tolist() == [0.0] * 5
    assert np.all(found.residual_value.mean > 0)


def test_margins_scale_each_customers_value() -> None:
    margins = np.array([0.1, 0.2, 0.3, 0.4, 0.5])
    one, other = forecast(margin=1.0), forecast(margin=margins)
    assert other.period_value.mean == pytest.approx(margins * one.period_value.mean, rel=1e-12)
    assert other.period_value.high == pytest.approx(margins * one.period_value.high, rel=1e-5)


def test_a_shared_intensity_widens_the_total_but_hardly_a_customer() -> None:
    many = Histories.of(np.full(400, 2), np.full(400, 30.4), np.full(400, 38.9))
    swing = np.tile([0.7, 1.0, 1.3, 0.8, 1.2], 5)
    plain, moved = (
        predict(pareto_nbd, ORDERS, many, horizon=39.0, intensity=intensity, generator=np.random.default_rng(2))
        for intensity in (None, swing)
    )
    assert moved.totals.orders.std() > 2 * plain.totals.orders.std()
    assert moved.orders.mean == pytest.approx(plain.orders.mean, rel=1e-12)
    assert moved.orders.high.mean() == pytest.approx(plain.orders.high.mean(), rel=0.1)


def test_totals_are_narrower_than_the_sum_of_the_customers_intervals() -> None:
    many = Histories.of(np.full(400, 2), np.full(400, 30.4), np.full(400, 38.9))
    found = predict(pareto_nbd, ORDERS, many, horizon=39.0, generator=np.random.default_rng(2))
    low, high = np.quantile(found.totals.orders, [0.05, 0.95])
    assert found.orders.low.sum() < low < found.orders.mean.sum() < high < found.orders.high.sum()


def test_a_file_without_money_still_gives_orders() -> None:
    found = predict(pareto_nbd, ORDERS, customers(), horizon=39.0, generator=np.random.default_rng(1))
    assert found.period_value is None
    assert found.residual_value is None
    assert found.expected_order_value is None
    assert found.totals.residual_value is None
    assert np.all(found.orders.high >= found.orders.low)


@pytest.mark.parametrize("rows", [[0], [1], [4]])
def test_a_single_customer_has_intervals(rows: list[int]) -> None:
    some = np.array(rows)
    one_spend = Spend.of(spend().mean_order_value[some], spend().orders[some])
    found = predict(
        pareto_nbd, ORDERS, customers().at(some), MONEY, one_spend, horizon=39.0, generator=np.random.default_rng(1)
    )
    assert found.orders.mean.shape == (1,)
    assert found.period_value is not None
    assert 0 <= found.period_value.low[0] <= found.period_value.high[0]


def test_more_customers_than_fit_in_one_part() -> None:
    many = Histories.of(np.repeat([0, 3], 6_000), np.repeat([0.0, 20.0], 6_000), np.full(12_000, 39.0))
    found = predict(pareto_nbd, ORDERS, many, horizon=39.0, generator=np.random.default_rng(1))
    assert np.ptp(found.orders.mean[:6_000]) == pytest.approx(0.0, abs=1e-12)
    assert np.ptp(found.orders.mean[6_000:]) == pytest.approx(0.0, abs=1e-12)
    assert found.totals.orders.mean() == pytest.approx(found.orders.mean.sum(), rel=0.01)


def test_the_order_of_the_rows_does_not_matter() -> None:
    turned = np.array([3, 0, 4, 1, 2])
    other = predict(
        pareto_nbd,
        ORDERS,
        customers().at(turned),
        MONEY,
        Spend.of(spend().mean_order_value[turned], spend().orders[turned]),
        horizon=39.0,
        generator=np.random.default_rng(1),
    )
    one = predict(pareto_nbd, ORDERS, customers(), MONEY, spend(), horizon=39.0, generator=np.random.default_rng(1))
    assert other.period_value is not None
    assert one.period_value is not None
    assert other.orders.high.tolist() == one.orders.high[turned].tolist()
    assert other.period_value.high.tolist() == one.period_value.high[turned].tolist()


def test_the_cdf_at_the_actual_counts_is_exact() -> None:
    actual = np.array([0, 3, 1, 12, 90])
    below, at = predictive.order_count_cdf(pareto_nbd, ORDERS, customers(), actual, horizon=39.0)
    pmf = predictive.order_count_distribution(pareto_nbd, ORDERS, customers(), horizon=39.0, up_to=90)
    rows = np.arange(5)
    assert at == pytest.approx(np.cumsum(pmf, axis=1)[rows, actual], rel=1e-12)
    assert at - below == pytest.approx(pmf[rows, actual], rel=1e-9, abs=1e-15)
    assert below[0] == 0.0


def test_what_cannot_be_forecast_is_said() -> None:
    with pytest.raises(InvalidForecastError, match="value cap"):
        forecast(value_cap=20.0)
    with pytest.raises(InvalidForecastError, match="intensities"):
        forecast(intensity=np.ones(3))
    with pytest.raises(InvalidForecastError, match="as many of both"):
        predict(
            pareto_nbd,
            ORDERS,
            customers(),
            certain(6.0, 3.7, 15.0, draws=4),
            spend(),
            horizon=1.0,
            generator=np.random.default_rng(1),
        )
    with pytest.raises(InvalidForecastError, match="rows of spend"):
        predict(
            pareto_nbd,
            ORDERS,
            customers(),
            MONEY,
            Spend.of([1.0], [1]),
            horizon=1.0,
            generator=np.random.default_rng(1),
        )


def test_the_chance_of_each_ones_own_count_is_that_of_the_distribution_under_each_factor() -> None:
    past, counts = customers(), np.arange(len(customers())) % 5
    point = ORDERS.parameters[:1]
    alone = replace(ORDERS, parameters=point)
    factors = np.array([0.5, 1.0, 2.0])
    found = predictive.order_count_chances(
        pareto_nbd, pareto_nbd.Parameters.from_array(point[0]), past, counts, horizon=39.0, intensity=factors
    )
    for row, factor in enumerate(factors):
        below, at = predictive.order_count_cdf(
            pareto_nbd, alone, past, counts, horizon=39.0, intensity=np.array([factor])
        )
        np.testing.assert_allclose(found[row], at - below, atol=1e-12)
