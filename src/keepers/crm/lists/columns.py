"""The columns that a list may show, each declared once for the page and for the files that it leaves as."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import islice
from operator import attrgetter
from typing import Any, TypeVar

from django.db.models import Model, prefetch_related_objects
from django.utils.functional import Promise

Text = str | Promise
Row = TypeVar("Row", bound=Model)
_TEXTS = frozenset(
    {"name", "text", "planned", "told", "group", "word", "words", "yes-no", "link", "stage", "thing", "moment"}
)


@dataclass(frozen=True)
class Column:
    """A column.

    name: in the address of the list and at the head of files
    label: at the head of the page's table
    kind: how its cells are written: one of the kinds in `templatetags/cells.py`
    source: path of the attribute that holds the figure
    low, high: paths of the ends of its interval
    order: name of the order that its head sorts by
    shown: whether it is there until somebody chooses
    more: further attributes that files have beside it, by their column names
    read: what a row has in it, where `source` alone does not say
    fetch: what is to be fetched with the rows: paths of relations
    edit: the property of what the row is about that a cell of it changes in place
    unit: path of the attribute that holds the currency of an amount; empty where that is the run's
    """

    name: str
    label: Text
    kind: str
    source: str
    low: str = ""
    high: str = ""
    order: str = ""
    shown: bool = True
    more: Sequence[tuple[str, str]] = ()
    read: Callable[[Any], Any] | None = None
    fetch: Sequence[str] = ()
    edit: str = ""
    unit: str = ""

    @property
    def is_number(self) -> bool:
        """Whether its cells stand at the right."""
        return self.kind not in _TEXTS

    @cached_property
    def figure(self) -> Callable[[Any], Any]:
        """What a row has in this column."""
        return self.read or attrgetter(self.source)

    @cached_property
    def interval(self) -> Callable[[Any], tuple[Any, Any]] | None:
        """The ends of the interval around it."""
        return attrgetter(self.low, self.high) if self.low else None

    @cached_property
    def in_files(self) -> Sequence[tuple[str, Callable[[Any], Any]]]:
        """The columns of a file, with what a row has in each."""
        ends = [(f"{self.name}_low", self.low), (f"{self.name}_high", self.high)] if self.low else []
        return [(self.name, self.figure), *((name, attrgetter(path)) for name, path in (*ends, *self.more))]


def fetched(columns: Iterable[Column], rows: Iterable[Row], *, at_once: int = 1_000) -> Iterator[Row]:
    """The rows with all that these columns read, fetched for many rows at once."""
    paths = sorted({path for column in columns for path in column.fetch})
    if not paths:
        yield from rows
        return
    waiting = iter(rows)
    while block := list(islice(waiting, at_once)):
        prefetch_related_objects(block, *paths)
        yield from block
