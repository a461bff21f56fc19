"""Renewals on the calendar."""

from datetime import date

import numpy as np
import pytest

from keepers.core.periods import RenewalPeriod
from keepers.valuation.contracts.periods import periods_in, renewals_by, seen_in, shifted

MONTH, QUARTER, YEAR, WEEK = (RenewalPeriod(name) for name in ("month", "quarter", "year", "week"))


def days(*written: str) -> np.ndarray:
    return np.array([(date.fromisoformat(day) - date(1970, 1, 1)).days for day in written], dtype=np.int64)


def test_a_month_that_is_too_short_ends_on_its_last_day() -> None:
    start = days("2023-01-31", "2024-01-31", "2023-01-31")
    assert (
        shifted(start, np.array([1, 1, 2]), MONTH).tolist() == days("2023-02-28", "2024-02-29", "2023-03-31").tolist()
    )
    assert shifted(days("2020-02-29"), 1, YEAR).tolist() == days("2021-02-28").tolist()
    assert shifted(days("2020-02-29"), -1, WEEK).tolist() == days("2020-02-22").tolist()


def test_renewals_are_counted_up_to_and_with_the_day() -> None:
    start = days("2023-01-31")
    for day, count in (("2023-02-27", 0), ("2023-02-28", 1), ("2023-03-30", 1), ("2023-03-31", 2), ("2022-01-01", 0)):
        assert renewals_by(start, int(days(day)[0]), MONTH).tolist() == [count], day
    assert renewals_by(days("2023-01-01"), days("2023-01-15"), WEEK).tolist() == [2]


def test_every_day_between_two_renewals_counts_the_first() -> None:
    starts = np.arange(19_000, 19_400)
    for period in RenewalPeriod:
        for count in (1, 2, 7):
            due = shifted(starts, np.full(400, count), period)
            assert np.all(renewals_by(starts, due, period) == count), period
            assert np.all(renewals_by(starts, due - 1, period) == count - 1), period


@pytest.mark.parametrize(
    ("length", "period", "count"),
    [
        (364, YEAR, 1.0),
        (364, MONTH, 12.0),
        (273, MONTH, 9.0),
        (90, MONTH, 3.0),
        (45, MONTH, 45 / 30.4375),
        (10, YEAR, 10 / 365.25),
    ],
)
def test_a_window_near_whole_periods_is_that_many(length: float, period: RenewalPeriod, count: float) -> None:
    assert periods_in(length, period) == pytest.approx(count)


def test_the_period_is_seen_in_how_long_contracts_lasted() -> None:
    random = np.random.default_rng(1)
    start = random.integers(18_000, 19_000, 200)
    times = random.integers(1, 6, 200)
    assert seen_in(start, shifted(start, times, YEAR)) == YEAR
    assert seen_in(start, shifted(start, times, YEAR) - 1) == YEAR
    assert seen_in(start, start + 365 * times) == YEAR
    assert seen_in(start, shifted(start, times, QUARTER)) == QUARTER
    assert seen_in(start, shifted(start, times, MONTH)) == MONTH
    assert seen_in(start, start + random.integers(1, 900, 200)) == MONTH
    assert seen_in(start[:3], shifted(start[:3], times[:3], YEAR)) == MONTH
