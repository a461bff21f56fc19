"""Lengths of time as users write them: `39w`, `26w`, `5y`, `90d`, `6m`."""

import re
from dataclasses import dataclass
from enum import StrEnum

from keepers.core.errors import KeepersError

DAYS_PER_YEAR = 365.25
_DAYS = {"d": 1.0, "w": 7.0, "m": DAYS_PER_YEAR / 12, "y": DAYS_PER_YEAR}
_WORDS = {"d": "day", "w": "week", "m": "month", "y": "year"}
_GRACE_SHARE = 0.1  # a contract that ends so soon after a renewal [periods] was ended at that renewal
_WRITTEN = re.compile(r"\s*(\d+(?:\.\d+)?)\s*([dwmy])\s*", re.IGNORECASE)


class InvalidPeriodError(KeepersError):
    """A length of time could not be read."""


class TimeUnit(StrEnum):
    """The unit in which the engine counts time. It rescales; it never merges occasions."""

    DAY = "day"
    WEEK = "week"
    MONTH = "month"

    @property
    def days(self) -> float:
        """Length of one unit [days]."""
        return _DAYS[self.value[0]]


class RenewalPeriod(StrEnum):
    """How long a contract runs before it is renewed."""

    DAY = "day"
    WEEK = "week"
    MONTH = "month"
    QUARTER = "quarter"
    YEAR = "year"

    @property
    def months(self) -> int:
        """Calendar months of the period; 0 where it is a number of days."""
        return {"month": 1, "quarter": 3, "year": 12}.get(self.value, 0)

    @property
    def days(self) -> float:
        """Mean length [days]."""
        return self.months * DAYS_PER_YEAR / 12 if self.months else {"day": 1.0, "week": 7.0}[self.value]

    @property
    def grace(self) -> int:
        """How late after a renewal an end still belongs to it [days]."""
        return int(_GRACE_SHARE * self.days)


@dataclass(frozen=True, slots=True, order=True)
class Period:
    """A length of time [days], with the words it was written in."""

    days: float
    written: str = ""

    @classmethod
    def parse(cls, text: str) -> "Period":
        """Read `39w`, `5y`, `90d` or `6m`.

        Raises:
            InvalidPeriodError: the text is not a positive number followed by d, w, m or y.
        """
        match = _WRITTEN.fullmatch(text)
        if match is None or float(match[1]) == 0:
            raise InvalidPeriodError(
                f'"{text}" is not a length of time. Write a number and a unit: 90d, 26w, 6m or 5y.',
            )
        return cls(days=float(match[1]) * _DAYS[match[2].lower()], written=text.strip().lower())

    def within(self, unit: TimeUnit) -> float:
        """The same length counted in `unit`."""
        return self.days / unit.days

    def in_words(self) -> str:
        """The length as a manager would say it: "39 weeks", "5 years"."""
        match = _WRITTEN.fullmatch(self.written)
        number, letter = (match[1], match[2]) if match is not None else _simplest(self.days)
        return f"{number} {_WORDS[letter]}{'' if float(number) == 1 else 's'}"

    def __str__(self) -> str:
        return self.written or "".join(_simplest(self.days))


def _simplest(days: float) -> tuple[str, str]:
    """The longest unit that the length is a whole number of: 1826.25 days are 5 years."""
    for letter in "ymw":
        number = days / _DAYS[letter]
        if number >= 1 and abs(number - round(number)) < 1e-6:
            return f"{round(number)}", letter
    return f"{days:g}", "d"


def unit_of(days: float) -> TimeUnit:
    """The time unit of this length [days]."""
    return next(unit for unit in TimeUnit if unit.days == days)
