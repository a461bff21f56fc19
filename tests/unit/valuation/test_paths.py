"""One customer over time: the curve of the chance, and the distribution of what is still to come."""

import json
from datetime import date, timedelta

import numpy as np
import pytest
from kept_fits import diagnostics, fit, parameters, purchase_row, shared_rows, spend_row, two_segments

from keepers.clv.histories import Histories
from keepers.clv.predicting.predictive import predict
from keepers.clv.spend import Spend
from keepers.valuation.kept import FitNotKeptError, histories_at, kept_fit
from keepers.valuation.paths import AHEAD, MOST_BINS, MOST_STEPS, alive_path, next_order_window, value_distribution

JUNE = date(2024, 6, 30)
SPRING = date(2024, 4, 14)  # five days after the last order
REGULAR = [date(2024, 1, 1) + timedelta(days=9 * number) for number in range(12)]


def test_the_curve_ends_today_at_what_the_history_says() -> None:
    path = alive_path(fit(), REGULAR, as_of=JUNE)
    now = path.probability_alive[path.days.index(JUNE)]
    history = Histories.of([11], [99 / 7], [181 / 7], time_unit_days=7.0)
    assert now == pytest.approx(fit().probability_alive(REGULAR[0], history)[0], abs=1e-12)
    assert (path.days[0], path.days[-1]) == (REGULAR[0], JUNE + AHEAD)


def test_the_chance_of_models_that_share_the_draws_is_their_weighted_mean() -> None:
    one, other = shared_rows()
    history = Histories.of([4], [20.0], [26.0], time_unit_days=7.0)
    both, first, second = (
        fit(*rows, spend_row()).probability_alive(JUNE, history)[0] for rows in ((other, one), (one,), (other,))
    )
    assert both == pytest.approx(0.6 * first + 0.4 * second)
    assert abs(first - second) > 0.02


def test_silence_lowers_the_chance_and_an_order_lifts_it() -> None:
    path = alive_path(fit(), REGULAR, as_of=JUNE)
    steps = np.diff(path.probability_alive)
    lifted = path.ordered[1:]
    assert (steps[lifted] > 0).all()
    assert (steps[~lifted] <= 1e-12).all()
    assert int(path.ordered.sum()) == len(REGULAR)


def test_the_months_ahead_are_not_known() -> None:
    path = alive_path(fit(), REGULAR, as_of=JUNE)
    assert all(known == (day <= JUNE) for day, known in zip(path.days, path.known, strict=True))
    assert not path.ordered[~path.known].any()
    assert path.probability_alive[-1] < path.probability_alive[path.days.index(JUNE)]


def test_a_customer_of_one_order_has_a_curve() -> None:
    path = alive_path(fit(), [JUNE], as_of=JUNE)
    assert path.days[0] == JUNE
    assert int(path.ordered.sum()) == 1
    assert 0 < path.probability_alive[-1] < path.probability_alive[0] <= 1


def test_a_long_history_has_few_points() -> None:
    path = alive_path(fit(), [date(2001, 1, 1)], as_of=JUNE)
    assert len(path.days) <= MOST_STEPS + 4


def test_customers_already_there_have_draws_of_their_own() -> None:
    settled = date(2024, 2, 1)
    both = two_segments(settled)
    assert both.posterior_of(date(2024, 1, 31)) is both.orders["already there"]
    assert both.posterior_of(settled) is both.orders["acquired since"]


def test_the_next_order_is_due_between_an_early_and_a_late_day() -> None:
    early, late = next_order_window(fit(), REGULAR, as_of=SPRING)
    assert early is not None
    assert late is not None
    history = histories_at(REGULAR, [(12, SPRING)], time_unit_days=7.0)
    even = fit().next_order_time(REGULAR[0], history, probability=0.5)[0]
    assert SPRING < early <= SPRING + timedelta(days=7 * even + 1) <= late + timedelta(days=1)


def test_the_distribution_is_that_of_the_runs_interval() -> None:
    found = fit()
    history = histories_at(REGULAR, [(12, SPRING)] * 2_000, time_unit_days=7.0)
    run = predict(
        found.model,
        found.posterior_of(REGULAR[0]),
        history,
        found.spend,
        Spend.of([30.0] * 2_000, [12] * 2_000),
        horizon=found.window.horizon,
        value_cap=found.window.value_cap,
        discount_rate=found.window.discount_rate,
        margin=0.3,
        intensity=found.intensity,
        drift=found.own_change,
        generator=np.random.default_rng(1),
    ).residual_value
    assert run is not None
    mean, low, high = (float(points.mean()) for points in (run.mean, run.low, run.high))
    drawn = value_distribution(found, "ada", REGULAR, as_of=SPRING, mean_order_value=30.0, residual_value=mean)
    assert drawn is not None
    assert drawn.draws == 5_000
    assert drawn.mean == pytest.approx(mean, rel=0.05)
    assert drawn.high == pytest.approx(high, rel=0.06)
    assert drawn.low == pytest.approx(low, abs=0.03 * high)


def test_the_bars_and_nothing_are_all_futures() -> None:
    drawn = value_distribution(fit(), "ada", REGULAR, as_of=SPRING, mean_order_value=30.0, residual_value=100.0)
    assert drawn is not None
    assert len(drawn.shares) <= MOST_BINS
    assert len(drawn.edges) == len(drawn.shares) + 1
    assert drawn.shares.sum() + drawn.share_nothing == pytest.approx(1.0)
    assert 0 < drawn.share_nothing < 0.9
    assert drawn.edges[0] == 0.0
    assert np.allclose(np.diff(drawn.edges), drawn.edges[1] - drawn.edges[0])


def test_a_page_shows_the_same_picture_each_time_and_every_customer_their_own() -> None:
    drawn = [
        value_distribution(fit(), name, REGULAR, as_of=SPRING, mean_order_value=30.0, residual_value=100.0)
        for name in ("ada", "ada", "bob")
    ]
    means = [each.mean for each in drawn if each is not None]
    assert means[0] == means[1] != means[2]


def test_a_customer_whose_returns_outweigh_the_orders_is_worth_nothing() -> None:
    drawn = value_distribution(fit(), "ada", REGULAR, as_of=SPRING, mean_order_value=-5.0, residual_value=0.0)
    assert drawn is not None
    assert (drawn.share_nothing, drawn.edges.size, drawn.mean) == (1.0, 0, 0.0)


def test_a_negative_margin_reaches_below_nothing() -> None:
    drawn = value_distribution(fit(), "ada", REGULAR, as_of=SPRING, mean_order_value=30.0, residual_value=-40.0)
    assert drawn is not None
    assert drawn.edges[0] < 0
    assert drawn.low < drawn.mean < 0


def test_without_money_there_is_no_distribution() -> None:
    found = fit(purchase_row())
    drawn = value_distribution(found, "ada", REGULAR, as_of=SPRING, mean_order_value=30.0, residual_value=1.0)
    assert drawn is None


def test_a_run_without_a_fit_says_so() -> None:
    with pytest.raises(FitNotKeptError, match="could not tell the future"):
        kept_fit([], parameters=parameters(), diagnostics=diagnostics())


def test_a_run_of_an_earlier_version_is_asked_to_run_again() -> None:
    row = purchase_row() | {"diagnostics": "{}"}
    with pytest.raises(FitNotKeptError, match="keepers run --again"):
        kept_fit([row, spend_row()], parameters=parameters(), diagnostics=diagnostics())


def test_a_run_with_log_normal_spend_shows_what_may_come_under_it() -> None:
    draws = np.tile([30.0, 0.5, 0.6, 0.0, 1.0], (25, 1))
    row = spend_row() | {"model": "log-normal", "draws": json.dumps(draws.tolist())}
    worth = value_distribution(
        fit(purchase_row(), row), "ada", REGULAR, as_of=SPRING, mean_order_value=41.0, residual_value=200.0,
        paid_values=[40.0, 42.0, 41.0],
    )  # fmt: skip
    assert worth is not None
    assert worth.mean == pytest.approx(200.0, rel=0.15)
