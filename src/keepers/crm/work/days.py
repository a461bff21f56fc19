"""Working days."""

from collections.abc import Iterator
from datetime import date, timedelta

SATURDAY = 5


def is_working(day: date) -> bool:
    """Monday to Friday; feasts are not known."""
    return day.weekday() < SATURDAY


def working_day(day: date) -> date:
    """The day itself, or the next one on which people work."""
    return next(working_days(day))


def working_days(first: date) -> Iterator[date]:
    """Working days from a day on, itself included."""
    day = first
    while True:
        if is_working(day):
            yield day
        day += timedelta(days=1)
