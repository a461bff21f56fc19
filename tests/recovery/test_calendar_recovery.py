"""Simulate a shop with a season, learn it, find it again; where it cannot be told, say so."""

from datetime import date

import numpy as np
import pytest

from keepers.clv import mbg_nbd, pareto_nbd
from keepers.clv.calendars.calendar import Calendar
from keepers.clv.calendars.learning import exposure_by_piece, learn, season_spread
from keepers.clv.histories import Histories
from keepers.valuation.choosing.seasons import DatedOrders, Known, learn_calendar, no_season, why_none

AS_OF = date(2024, 10, 31)
WEEKS = 112
PARAMETERS = pareto_nbd.Parameters(0.7, 9.0, 0.6, 20.0)


def true_calendar(seed: int | None = None) -> Calendar:
    """A wave a year and a strong December, seen from the end of October; with a seed also a level that wanders."""
    weeks = np.arange(-WEEKS, 160) + 0.5
    day = (7 * weeks - 52) % 365.25
    away = np.minimum(day, 365.25 - day)
    wander = 0.0 if seed is None else np.cumsum(np.random.default_rng(seed).normal(0, 0.015, len(weeks)))
    return Calendar.of(
        np.exp(0.15 * np.cos(2 * np.pi * day / 365.25) + 0.7 * np.exp(-0.5 * (away / 12) ** 2) + wander),
        start=-WEEKS,
        width=1.0,
        time_unit_days=7.0,
    )


def shop(calendar: Calendar, *, customers: int, seed: int, within: float = 1.0) -> Known:
    """Pareto/NBD customers who entered evenly over the first `within` of the history."""
    rng = np.random.default_rng(seed)
    ages = np.sort(np.floor(7 * WEEKS * (1 - within * rng.random(customers)))) / 7
    rate = rng.gamma(PARAMETERS.r, 1 / PARAMETERS.alpha, customers)
    life = rng.exponential(1.0, customers) / np.maximum(rng.gamma(PARAMETERS.s, 1 / PARAMETERS.beta, customers), 1e-9)
    entered = calendar.integral(-ages)
    exposed = calendar.integral(np.minimum(life, ages) - ages) - entered
    who = np.repeat(np.arange(customers), rng.poisson(rate * exposed))
    times = calendar.time_at(entered[who] + exposed[who] * rng.random(who.size))
    last = np.zeros(customers)
    np.maximum.at(last, who, times + ages[who])
    today = np.datetime64(AS_OF, "D").astype(np.int64)
    days, orders = np.unique(np.floor(7 * times).astype(np.int64) + today, return_counts=True)
    histories = Histories.of(np.bincount(who, minlength=customers), np.minimum(last, ages), ages, time_unit_days=7.0)
    return Known(AS_OF, histories, None, DatedOrders(days, orders.astype(np.float64)))


@pytest.mark.parametrize("model", [pareto_nbd, mbg_nbd], ids=lambda model: model.NAME)
def test_a_christmas_is_found_again(model) -> None:
    truth = true_calendar()
    learned = learn_calendar(shop(truth, customers=5_000, seed=3), model)
    assert learned is not None
    assert learned.has_season
    assert learned.evidence > 10
    usual = truth.mean(-104.0, 104.0)
    for start, weeks in ((0.0, 13.0), (4.0, 8.0), (13.0, 26.0)):
        missed = np.log(learned.calendar.mean(start, weeks) / learned.calendar.mean(-104.0, 104.0)) - np.log(
            truth.mean(start, weeks) / usual
        )
        assert abs(missed) < 0.1


def test_windows_ahead_lie_within_their_spread_as_often_as_they_should() -> None:
    inside, ahead = [], 26.0
    for seed in range(12):
        truth = true_calendar(seed)
        rng = np.random.default_rng(seed)
        edges = np.arange(-WEEKS, 1)
        expected = np.linspace(50.0, 400.0, WEEKS)
        orders = rng.poisson(expected * np.diff(truth.integral(edges)) * rng.lognormal(0, 0.05, WEEKS))
        learned = learn(orders.astype(float), expected, ahead_days=400, time_unit_days=7.0)
        history = np.average(np.log(truth.heights[:WEEKS]), weights=expected)
        missed = np.log(truth.mean(0.0, ahead)) - history - np.log(learned.calendar.mean(0.0, ahead))
        inside.append(abs(missed) <= 1.645 * learned.window_spread(7 * ahead))
    assert np.mean(inside) >= 0.75


def test_where_every_week_is_alike_the_calendar_is_flat() -> None:
    rng = np.random.default_rng(4)
    learned = learn(rng.poisson(900.0, 120).astype(float), np.full(120, 900.0), ahead_days=365, time_unit_days=7.0)
    assert learned.calendar.heights == pytest.approx(np.ones(len(learned.calendar.heights)), abs=0.03)


def test_the_doubt_about_the_level_grows_with_the_horizon() -> None:
    rng = np.random.default_rng(5)
    level = np.cumsum(rng.normal(0, 0.03, 160))
    learned = learn(
        rng.poisson(900 * np.exp(level)).astype(float), np.full(160, 900.0), ahead_days=800, time_unit_days=7
    )
    assert learned.window_spread(30) < learned.window_spread(180) < learned.window_spread(365)


def test_expected_repeat_orders_of_a_shop_are_those_that_come() -> None:
    truth = true_calendar()
    known = shop(truth, customers=20_000, seed=9)
    expected = exposure_by_piece(pareto_nbd, PARAMETERS, known.histories, truth, WEEKS)
    came = known.orders.by_week(AS_OF, WEEKS)
    assert came.sum() == pytest.approx(expected.sum(), rel=0.03)
    assert came[-13:].sum() == pytest.approx(expected[-13:].sum(), rel=0.05)


def test_one_cohort_teaches_no_calendar_and_says_so() -> None:
    known = shop(true_calendar(), customers=2_000, seed=6, within=0.2)
    assert learn_calendar(known, pareto_nbd) is None
    assert "cannot be told apart" in str(why_none(known))


def test_a_short_history_teaches_no_season_and_says_so() -> None:
    known = shop(true_calendar(), customers=2_000, seed=7)
    young = known.histories.where(known.histories.age < 60)
    short = Known(known.as_of, young, None, known.orders)
    learned = learn_calendar(short, mbg_nbd)
    assert learned is not None
    assert not learned.has_season
    assert learned.window_spread(90) > 0.8 * season_spread(90)
    assert "1.1 years of history" in str(no_season(short))
