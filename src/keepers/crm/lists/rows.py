"""Where the rows of a list are, what each is about, and how they are changed: what a definition names of its noun."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from django.db.models import Q, QuerySet

from keepers.crm.lists.columns import Text


@dataclass(frozen=True)
class Order:
    """What a list of rows is in the order of.

    field: the lookup of it, beside which the keys decide
    descending: whether the greatest comes first
    may_lack: whether there are rows without it; these come last both ways
    key: the lookup of the keys, where an index has them beside the field
    joined: the rows with what the order is by; those that have none of it are left out
    """

    field: str
    descending: bool = False
    may_lack: bool = False
    key: str = "pk"
    joined: Callable[[QuerySet[Any]], QuerySet[Any]] = lambda rows: rows


@dataclass(frozen=True)
class Rows:
    """The rows of a table, as far as a reader is concerned.

    seen: those that they may see
    leaving: those that they may take away as a file; None where they may take none
    orders: by the names that a definition gives them
    called: what a row must be that has these words
    file: name of the address of the list as a file, and the beginning of the file's name
    """

    seen: QuerySet[Any]
    leaving: QuerySet[Any] | None
    orders: Mapping[str, Order]
    called: Callable[[str], Q]
    file: str


@dataclass(frozen=True, slots=True)
class Subject:
    """What a row is about.

    pk: its key: what is ticked, opened beside the list and changed
    words: how it is called
    address: of its page
    beside: what stands small beside its name
    panel: the address of what is shown of it beside the list; empty where nothing is
    """

    pk: int
    words: str
    address: str
    beside: str = ""
    panel: str = ""

    @classmethod
    def of(cls, row: Any) -> "Subject":
        """The row itself."""
        return cls(row.pk, str(row), row.get_absolute_url())


@dataclass(frozen=True)
class Changes:
    """Where the rows of a list are changed from it: names of addresses.

    one: the form of one property of one, by its key and the property's name
    many: what is written for all that are ticked, or that the list finds
    undo: what gives back what the last such change wrote
    """

    one: str
    many: str
    undo: str


@dataclass(frozen=True)
class InPlace:
    """Which of the rows shown have cells that can be changed where they stand.

    address: name of the address of a property's form
    keys: of their subjects
    subject: what a row is about
    """

    address: str
    keys: frozenset[int]
    subject: Callable[[Any], Subject]


@dataclass(frozen=True)
class Summed:
    """What of the rows of a group is added up.

    label: above the sums
    field: the lookup of the amount
    unit: the lookup of its currency; empty where all are in one
    currency: that one
    """

    label: Text
    field: str
    unit: str = ""
    currency: str = ""
