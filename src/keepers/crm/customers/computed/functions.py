"""The functions that formulas have."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from keepers.crm.customers.computed.kinds import DATE, MONEY, NUMBER, NUMBERS, TEXT, YES_NO
from keepers.crm.customers.typed import GREATEST

Value = Decimal | str | date | bool | None
MOST = 50  # of what min, max and either take
MOST_PLACES = 6


@dataclass(frozen=True, slots=True)
class Row:
    """What is known of one customer, and which day is today."""

    known: Mapping[str, Value]
    today: date


Node = Callable[[Row], Any]
"""Computes a part of a formula."""


@dataclass(frozen=True, slots=True)
class Function:
    """A function of formulas.

    written: how
    about: what it says
    kind: of what comes out, by the kinds of what goes in; None where these do not fit
    made: what computes it, from what computes its parts
    """

    written: str
    about: str
    least: int
    most: int
    kind: Callable[[Sequence[str]], str | None]
    made: Callable[[Sequence[Node]], Node]


def of_all(way: Callable[..., Any], *parts: Node) -> Node:
    """Computes something of parts that are all filled; else it is empty."""

    def node(row: Row) -> Any:
        values = [part(row) for part in parts]
        return None if None in values else way(*values)

    return node


def text_of(value: Value) -> str:
    """As `&` joins it: days as 2026-08-31, numbers without needless zeros, nothing for what is empty."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value.normalize():f}" if isinstance(value, Decimal) else str(value)


def _fixed(result: str, *takes: frozenset[str]) -> Callable[[Sequence[str]], str | None]:
    def kind(given: Sequence[str]) -> str | None:
        return result if all(one in those for one, those in zip(given, takes, strict=False)) else None

    return kind


def _only(*kinds: str) -> frozenset[str]:
    return frozenset(kinds)


def _alike(among: frozenset[str]) -> Callable[[Sequence[str]], str | None]:
    """One kind for all of them, of these; numbers and money count as money."""

    def kind(given: Sequence[str]) -> str | None:
        if set(given) <= NUMBERS & among:
            return MONEY if MONEY in given else NUMBER
        return given[0] if len(set(given)) == 1 and given[0] in among else None

    return kind


def _if_kind(given: Sequence[str]) -> str | None:
    return _alike(_ALL)(given[1:]) if given[0] == YES_NO else None


def _filled(way: Callable[..., Any]) -> Callable[[Sequence[Node]], Node]:
    return lambda nodes: of_all(way, *nodes)


def _if(nodes: Sequence[Node]) -> Node:
    condition, then = nodes[:2]
    otherwise: Node = nodes[2] if len(nodes) > 2 else lambda _row: None

    def node(row: Row) -> Any:
        asked = condition(row)
        return None if asked is None else then(row) if asked else otherwise(row)

    return node


def _either(nodes: Sequence[Node]) -> Node:
    return lambda row: next((value for each in nodes if (value := each(row)) is not None), None)


def _most(way: Callable[..., Value]) -> Callable[[Sequence[Node]], Node]:
    def made(nodes: Sequence[Node]) -> Node:
        return lambda row: way((value for each in nodes if (value := each(row)) is not None), default=None)

    return made


def _day(year: Decimal, month: Decimal, day: Decimal) -> date | None:
    try:
        return date(int(year), int(month), int(day))
    except (ValueError, OverflowError):
        return None


def _rounded(number: Decimal, places: Decimal = Decimal(0)) -> Decimal:
    if abs(number) >= GREATEST:
        return number  # nobody keeps it anyway
    to = min(max(int(places), 0), MOST_PLACES)
    return number.quantize(Decimal(1).scaleb(-to), rounding=ROUND_HALF_UP)


_ALL = frozenset({TEXT, NUMBER, MONEY, DATE, YES_NO})
_OF_DAY = _fixed(NUMBER, _only(DATE))
_OF_TEXT = _fixed(TEXT, _only(TEXT))
_IN_TEXT = _fixed(YES_NO, _only(TEXT), _only(TEXT))

FUNCTIONS: Mapping[str, Function] = {
    "if": Function("if(condition, then, otherwise)", "one of two by a condition", 2, 3, _if_kind, _if),
    "either": Function("either(a, b, …)", "the first that is filled, all of one kind", 1, MOST, _alike(_ALL), _either),
    "filled": Function(
        "filled(a)",
        "whether there is anything",
        1,
        1,
        _fixed(YES_NO, _ALL),
        lambda nodes: lambda row: nodes[0](row) is not None,
    ),
    "min": Function("min(a, b, …)", "the least number or day", 1, MOST, _alike(NUMBERS | {DATE}), _most(min)),
    "max": Function("max(a, b, …)", "the greatest number or day", 1, MOST, _alike(NUMBERS | {DATE}), _most(max)),
    "round": Function(
        "round(number, places)",
        "a number of so many places",
        1,
        2,
        lambda given: given[0] if given[0] in NUMBERS and set(given[1:]) <= {NUMBER} else None,
        _filled(_rounded),
    ),
    "abs": Function("abs(number)", "a number without its sign", 1, 1, _alike(NUMBERS), _filled(abs)),
    "today": Function("today()", "the day of computing", 0, 0, lambda _: DATE, lambda _: lambda row: row.today),
    "date": Function(
        "date(year, month, day)", "a day", 3, 3, _fixed(DATE, *(_only(NUMBER),) * 3), _filled(_day)
    ),
    "year": Function("year(day)", "its year", 1, 1, _OF_DAY, _filled(lambda day: Decimal(day.year))),
    "month": Function("month(day)", "its month, 1 to 12", 1, 1, _OF_DAY, _filled(lambda day: Decimal(day.month))),
    "weekday": Function(
        "weekday(day)", "1 for Monday to 7", 1, 1, _OF_DAY, _filled(lambda day: Decimal(day.isoweekday()))
    ),
    "text": Function("text(a)", "it as a text", 1, 1, _fixed(TEXT, _ALL), _filled(text_of)),
    "upper": Function("upper(text)", "in capitals", 1, 1, _OF_TEXT, _filled(str.upper)),
    "lower": Function("lower(text)", "in small letters", 1, 1, _OF_TEXT, _filled(str.lower)),
    "length": Function(
        "length(text)", "how many letters", 1, 1, _fixed(NUMBER, _only(TEXT)), _filled(lambda text: Decimal(len(text)))
    ),
    "contains": Function(
        "contains(text, part)",
        "whether the part is in it, whatever the case of letters",
        2,
        2,
        _IN_TEXT,
        _filled(lambda text, part: part.casefold() in text.casefold()),
    ),
}  # fmt: skip
