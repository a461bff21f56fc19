"""Put something on in a simulated shop, find again how much more was bought, and forecast what is planned."""

from dataclasses import replace
from datetime import timedelta

import numpy as np
import pytest

from keepers.clv import mbg_nbd
from keepers.clv.calendars.calendar import Calendar
from keepers.clv.calendars.learning import Learned, learn
from keepers.clv.calendars.promotions import Promotions
from keepers.valuation.choosing.promotions import Promotion
from keepers.valuation.choosing.seasons import learn_calendar
from tests.recovery.test_calendar_recovery import AS_OF, shop, true_calendar

WEEKS = 112
SALE, MAILING = 0.6, 0.2
PAST = (
    ("sale", -700, 4),
    ("mailing", -560, 14),
    ("sale", -420, 7),
    ("mailing", -300, 14),
    ("sale", -180, 4),
    ("sale", -60, 7),
)
PLANNED = (("sale", 21, 4), ("mailing", 49, 14), ("opening", 84, 7))


def put_on(*told: tuple[str, int, int]) -> Promotions:
    names, begin, days = zip(*told, strict=True)
    return Promotions.of(names, begin, np.add(begin, days))


def learned(seed: int, *told: tuple[str, int, int]) -> tuple[Learned, Promotions]:
    """Orders of weeks in which sizes vary from one occurrence to the next, and what was learned of them."""
    rng = np.random.default_rng(seed)
    truth = put_on(*PAST, *PLANNED)
    size = np.array([{"sale": SALE, "mailing": MAILING, "opening": 0.3}[name] for name in truth.names])
    truth = replace(truth, effects=size + rng.normal(0, 0.05, len(size)))
    weeks = np.arange(-WEEKS, 0) + 0.5
    level = np.cumsum(rng.normal(0, 0.02, WEEKS)) + 0.1 * np.cos(2 * np.pi * weeks / 52.18)
    height = level + truth.heights(7 * weeks, 7.0) + rng.normal(0, 0.05, WEEKS)
    expected = np.linspace(300.0, 900.0, WEEKS)
    orders = rng.poisson(expected * np.exp(height)).astype(float)
    return learn(orders, expected, ahead_days=400, time_unit_days=7.0, promotions=put_on(*told)), truth


def test_sizes_of_promotions_lie_within_their_ranges_as_often_as_they_should() -> None:
    apart = []
    for seed in range(5):
        found, truth = learned(seed, *PAST, *PLANNED)
        apart += list((found.promotions.effects - truth.effects) / found.promotion_spreads)
    assert 0.8 <= np.mean(np.abs(apart) < 1.645) <= 1.0
    assert abs(np.mean(apart)) < 0.5


def test_what_is_planned_lifts_the_weeks_that_it_covers_and_no_others() -> None:
    (found, _), (unplanned, _) = learned(3, *PAST, *PLANNED), learned(3, *PAST)
    ahead = slice(WEEKS, WEEKS + 16)
    lift = np.log(found.calendar.heights[ahead] / unplanned.calendar.heights[ahead])
    assert lift[3] == pytest.approx(np.log1p(4 / 7 * np.expm1(SALE)), abs=0.1)
    assert lift[[7, 8]] == pytest.approx(MAILING, abs=2.5 * found.promotion_spreads[7])
    assert lift[[0, 1, 2, 5, 10]] == pytest.approx(0.0, abs=1e-9)
    assert found.window_spread(120.0) > unplanned.window_spread(120.0)


def test_what_was_never_put_on_is_expected_as_told_and_less_sure_than_what_was_seen() -> None:
    told = Promotions.of(["sale", "opening"], [-60.0, 84.0], [-53.0, 91.0], factors=[1.0, 1.5])
    flat = np.full(WEEKS, 500.0)
    found = learn(flat, flat, ahead_days=400, time_unit_days=7.0, promotions=told)
    sale, opening = found.promotions.effects
    assert sale == pytest.approx(0.0, abs=0.05)
    assert np.log(1.2) < opening <= np.log(1.5) + 0.01
    assert found.promotion_spreads[1] > 1.5 * found.promotion_spreads[0]


def test_a_sale_in_the_orders_of_single_customers_is_found_again() -> None:
    truth = true_calendar()
    days = [(-60, 7), (-330, 7)]
    height = truth.heights.copy()
    weeks = (np.arange(-WEEKS, 160) + 0.5) * 7
    sales = Promotions.of(["sale"] * 2, [a for a, _ in days], [a + n for a, n in days], factors=[np.exp(SALE)] * 2)
    height *= np.exp(sales.heights(weeks, 7.0))
    known = shop(replace_heights(truth, height), customers=5_000, seed=4)
    told = [Promotion("sale", AS_OF + timedelta(days=a + 1), AS_OF + timedelta(days=a + n)) for a, n in days]
    found = learn_calendar(replace(known, promotions=tuple(told)), mbg_nbd)
    assert found is not None
    assert found.promotions.effects == pytest.approx([SALE, SALE], abs=0.15)


def replace_heights(calendar: Calendar, heights: np.ndarray) -> Calendar:
    return Calendar.of(heights, start=calendar.start, width=calendar.width, time_unit_days=calendar.time_unit_days)
