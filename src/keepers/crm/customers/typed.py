"""Values of custom fields: from what a form, a file or the API gives to columns of the app database, and back."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from keepers.core.errors import KeepersError
from keepers.crm.customers.models import CustomField, CustomValue
from keepers.crm.customers.reach import web_of

Kind = CustomField.Kind
OF_FIELDS = "field-"  # before the key of a custom field, where its name stands among those of other fields
TEXTS = frozenset({Kind.TEXT, Kind.LINK, Kind.CHOICE, Kind.CHOICES})
NUMBERS = frozenset({Kind.NUMBER, Kind.MONEY, Kind.YES_NO})
LONGEST_TEXT = 4_000
GREATEST = Decimal(10) ** 14
_YES = frozenset({"1", "true", "yes", "y", "on", "x", "ja", "da", "si", "sì", "oui", "sí"})
_NO = frozenset({"0", "false", "no", "n", "off", "nein", "ne", "non"})


class WrongValueError(KeepersError):
    """What was given is no value of its custom field."""


@dataclass(frozen=True, slots=True)
class Cell:
    """What one row of `CustomValue` holds."""

    text: str = ""
    number: Decimal | None = None
    day: date | None = None


def column_of(kind: str) -> str:
    """The column of `CustomValue` that holds values of a kind."""
    if kind in TEXTS:
        return "text"
    return "number" if kind in NUMBERS else "day"


def cells_of(field: CustomField, given: Any) -> list[Cell]:
    """What is written for a value; nothing for an empty one.

    Args:
        field: whose value.
        given: a text as people write it, or a number, a day, a list of choices.

    Raises:
        WrongValueError: it is none of the field's kind.
    """
    if isinstance(given, str):
        given = given.strip()
    if given is None or given in ("", []):
        return []
    if field.kind == Kind.DATE:
        return [Cell(day=_day(field, given))]
    if field.kind == Kind.YES_NO:
        return [Cell(number=Decimal(_yes_or_no(field, given)))]
    if field.kind in NUMBERS:
        return [Cell(number=_number(field, given))]
    if field.kind == Kind.CHOICES:
        several = given if isinstance(given, list | tuple) else str(given).split(";")
        return [
            Cell(text=_choice(field, each)) for each in dict.fromkeys(str(each).strip() for each in several) if each
        ]
    if field.kind == Kind.CHOICE:
        return [Cell(text=_choice(field, str(given)))]
    return [Cell(text=_link(field, str(given)) if field.kind == Kind.LINK else str(given)[:LONGEST_TEXT])]


def value_in(field: CustomField, rows: Iterable[CustomValue | Cell]) -> Any:
    """What a field's rows say: a text, a Decimal, a day, yes or no, a list of choices; None where there are none."""
    kept: Sequence[CustomValue | Cell] = list(rows)
    if field.holds == Kind.CHOICES:
        return [row.text for row in kept] or None
    if not kept:
        return None
    if field.holds == Kind.YES_NO:
        return bool(kept[0].number)
    value: Any = getattr(kept[0], column_of(field.holds))
    return Decimal(f"{value.normalize():f}") if isinstance(value, Decimal) else value


def _day(field: CustomField, given: Any) -> date:
    if isinstance(given, datetime):
        return given.date()
    if isinstance(given, date):
        return given
    try:
        return date.fromisoformat(str(given)[:10])
    except ValueError as wrong:
        raise WrongValueError(f'{field.label}: "{given}" is no day. Write it as 2026-08-31.') from wrong


def _yes_or_no(field: CustomField, given: Any) -> bool:
    word = str(given).lower()
    if word in _YES:
        return True
    if word in _NO:
        return False
    raise WrongValueError(f'{field.label}: "{given}" is neither yes nor no.')


def _number(field: CustomField, given: Any) -> Decimal:
    try:
        number = Decimal(str(given).replace(" ", "").replace("\u202f", "").replace("\u00a0", ""))
    except InvalidOperation as wrong:
        raise WrongValueError(f'{field.label}: "{given}" is no number. Write it as 1234.5.') from wrong
    if not number.is_finite() or abs(number) >= GREATEST:
        raise WrongValueError(f'{field.label}: "{given}" is more than can be kept.')
    return round(number, 6)


def _choice(field: CustomField, given: str) -> str:
    same = next((choice for choice in field.choices if choice.casefold() == given.strip().casefold()), None)
    if same is None:
        raise WrongValueError(f'{field.label}: "{given}" is none of {", ".join(field.choices)}.')
    return str(same)


def _link(field: CustomField, given: str) -> str:
    link = web_of(given)
    if link.problem:
        raise WrongValueError(f'{field.label}: "{given}" is no web address.')
    return link.value
