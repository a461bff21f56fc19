"""One list of all that happened: parts that each know their own, put together newest first."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from heapq import merge
from itertools import islice

from django.utils.functional import Promise

from keepers.loop.insights.customer_orders import CustomerOrder

Text = str | Promise
MOST_DIGITS = 6


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of a timeline.

    at: when it happened
    kind: what the filter calls it
    icon: name of a lucide icon
    label: the kind in words
    title, body, outcome, actor: empty where there is none
    source: the system that told it; empty for what was told here
    touch: the act that can be changed here; None where it cannot
    teller: primary key of who told it
    mail: primary key of a letter that can be sent again
    state: of a letter on its way
    order: of an order, all of it
    is_day: only the day is known
    """

    at: datetime
    kind: str
    icon: str
    label: Text
    title: str = ""
    body: str = ""
    outcome: str = ""
    actor: str = ""
    source: str = ""
    touch: int | None = None
    teller: int | None = None
    mail: int | None = None
    state: Text = ""
    order: CustomerOrder | None = None
    is_day: bool = False
    is_made_up: bool = False


@dataclass(frozen=True, slots=True)
class Asked:
    """What a page wants of each part: entries until a moment, the newest first.

    until: itself included; None: all
    most: how many are enough
    kinds: of these kinds alone; None: of all
    """

    until: datetime | None
    most: int
    kinds: frozenset[str] | None

    def wants(self, kind: str) -> bool:
        """Whether entries of this kind are asked for."""
        return self.kinds is None or kind in self.kinds


Part = Callable[[Asked], Iterable[Entry]]


@dataclass(frozen=True, slots=True)
class Cursor:
    """Where a page begins: a moment, and how many of its entries the pages before have shown."""

    at: datetime
    skip: int

    @classmethod
    def read(cls, text: str) -> "Cursor | None":
        """The cursor of an address; None where there is none, or none that can be read."""
        moment, _, skip = text.rpartition("~")
        try:
            at = datetime.fromisoformat(moment)
        except ValueError:
            return None
        return cls(at, int(skip)) if skip.isdecimal() and len(skip) <= MOST_DIGITS and at.tzinfo is not None else None

    def __str__(self) -> str:
        return f"{self.at.isoformat()}~{self.skip}"


@dataclass(frozen=True, slots=True)
class Page:
    """Some entries, and where the next ones begin; None at the end."""

    entries: Sequence[Entry]
    older: Cursor | None


def page_of(parts: Iterable[Part], *, begin: Cursor | None, size: int, kinds: frozenset[str] | None = None) -> Page:
    """The newest entries of all parts from a cursor on, none twice and none left out."""
    skip = begin.skip if begin else 0
    asked = Asked(begin.at if begin else None, size + skip + 1, kinds)
    newest_first = merge(*(part(asked) for part in parts), key=lambda entry: entry.at, reverse=True)
    found = list(islice(newest_first, skip, size + skip + 1))
    shown = found[:size]
    if len(found) <= size:
        return Page(shown, None)
    last = shown[-1].at
    of_the_last = sum(entry.at == last for entry in shown)
    return Page(shown, Cursor(last, of_the_last + (skip if begin and begin.at == last else 0)))
