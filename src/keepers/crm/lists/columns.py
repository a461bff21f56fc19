"""The columns that a list may show, each declared once for the page and for the files that it leaves as."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from operator import attrgetter
from typing import Any

from django.utils.functional import Promise

Text = str | Promise


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

    @property
    def is_number(self) -> bool:
        """Whether its cells stand at the right."""
        return self.kind not in {"name", "text", "group"}

    @cached_property
    def figure(self) -> Callable[[Any], Any]:
        """What a row has in this column."""
        return attrgetter(self.source)

    @cached_property
    def interval(self) -> Callable[[Any], tuple[Any, Any]] | None:
        """The ends of the interval around it."""
        return attrgetter(self.low, self.high) if self.low else None

    @cached_property
    def in_files(self) -> Sequence[tuple[str, Callable[[Any], Any]]]:
        """The columns of a file, with what a row has in each."""
        ends = [(f"{self.name}_low", self.low), (f"{self.name}_high", self.high)] if self.low else []
        return [(name, attrgetter(path)) for name, path in ((self.name, self.source), *ends, *self.more)]
