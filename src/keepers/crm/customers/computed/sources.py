"""What roll-ups count: each desk says what of its things can be rolled up; the settings name these."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.utils.module_loading import import_string

from keepers.core.errors import KeepersError
from keepers.crm.customers.computed.functions import Value
from keepers.crm.lists.columns import Text
from keepers.crm.people.roles import Noun

LONGEST_WINDOW = 36_500  # days

Tally = Callable[[Sequence[int]], Mapping[int, Value]]
"""The figures of some customers; those of whom there is nothing may be missing."""


class RollUpError(KeepersError):
    """There is no such roll-up."""


@dataclass(frozen=True, slots=True)
class Measure:
    """What is told of a customer's things.

    kind: of custom fields, that it is
    empty: of whom there are no such things
    """

    name: str
    label: Text
    kind: str
    empty: Value = None


@dataclass(frozen=True, slots=True)
class Condition:
    """By what the things may be narrowed.

    choices: values and their words; none where any text may be asked
    """

    name: str
    label: Text
    choices: Sequence[tuple[str, Text]] = ()


@dataclass(frozen=True, slots=True)
class RollUp:
    """A measure of a customer's things within a window.

    days: how far back, today counted; None: all
    where: name of a condition → what is asked
    """

    source: "Source"
    measure: Measure
    days: int | None = None
    where: Mapping[str, str] = field(default_factory=dict)

    @property
    def as_json(self) -> dict[str, Any]:
        """As a custom field keeps it."""
        return {"of": self.source.name, "measure": self.measure.name, "days": self.days, "where": dict(self.where)}


@dataclass(frozen=True, slots=True)
class Source:
    """Things of customers that can be rolled up.

    noun: whoever sees none of these sees no roll-up of them
    measures, conditions: what can be asked
    has_window: whether "in the last 90 days" means something
    as_of: the day that it is told for, by today's; None: there is nothing to tell yet
    tally: the figures of a roll-up, as of that day
    is_of_run: whether only a new publication changes it
    """

    name: str
    label: Text
    noun: Noun
    measures: Sequence[Measure]
    conditions: Sequence[Condition]
    tally: Callable[[RollUp, date], Tally]
    as_of: Callable[[date], date | None] = lambda today: today
    has_window: bool = True
    is_of_run: bool = False


ZERO = Decimal(0)


def sources() -> list[Source]:
    """All that can be rolled up."""
    return [import_string(path) for path in settings.ROLL_UPS]


def source_named(name: object) -> Source:
    """One of them.

    Raises:
        RollUpError: there is none of this name.
    """
    found = next((source for source in sources() if source.name == name), None)
    if found is None:
        raise RollUpError(
            f'Nothing called "{name}" can be rolled up; there are {", ".join(s.name for s in sources())}.'
        )
    return found


def roll_up_of(kept: Mapping[str, Any]) -> RollUp:
    """The roll-up that a custom field keeps.

    Raises:
        RollUpError: what it names is not there.
    """
    source = source_named(kept.get("of"))
    measure = next((each for each in source.measures if each.name == kept.get("measure")), None)
    if measure is None:
        known = ", ".join(each.name for each in source.measures)
        raise RollUpError(f'There is no measure "{kept.get("measure")}" of {source.name}; there are {known}.')
    where = {str(name): str(value).strip() for name, value in (kept.get("where") or {}).items() if str(value).strip()}
    for name, value in where.items():
        _check(source, name, value)
    return RollUp(source, measure, _days(source, kept.get("days")), where)


def _check(source: Source, name: str, value: str) -> None:
    condition = next((each for each in source.conditions if each.name == name), None)
    if condition is None:
        known = ", ".join(each.name for each in source.conditions) or "none"
        raise RollUpError(f'{source.name} cannot be narrowed by "{name}"; conditions: {known}.')
    if condition.choices and value not in {choice for choice, _words in condition.choices}:
        known = ", ".join(choice for choice, _words in condition.choices)
        raise RollUpError(f'"{value}" is no {name} of {source.name}; there are {known}.')


def _days(source: Source, given: Any) -> int | None:
    if given in (None, ""):
        return None
    if not source.has_window:
        raise RollUpError(f"{source.name} are told as they are now: leave the days out.")
    try:
        days = int(given)
    except (TypeError, ValueError) as wrong:
        raise RollUpError(f'"{given}" is no number of days.') from wrong
    if not 1 <= days <= LONGEST_WINDOW:
        raise RollUpError(f"A window has 1 to {LONGEST_WINDOW:,} days, not {days:,}.")
    return days
