"""Whom rows without an id brought in as their columns were read then: read otherwise now, they tell more."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from keepers.crm.customers.exchange.models import PEOPLE, Before, PeopleImport, Piece
from keepers.crm.customers.exchange.recognising.fields import fields_named, key_filled
from keepers.crm.customers.exchange.recognising.layout import OLD_FIELD, Table, from_json
from keepers.crm.customers.writing.chunks import among

Mapped = Mapping[str, str]


@dataclass
class ReadOtherwise:
    """Whom earlier imports brought in from a table with these headers that was mapped otherwise, looked up once."""

    brought: PeopleImport
    table: Table

    def among(self, customers: Collection[int]) -> set[int]:
        """Those among customers who came in so.

        Whom an import has changed since that mapped it as this one does, is read as it is now.
        """
        if not customers or not len(self._made):
            return set()
        asked = np.array(sorted(customers))
        firsts, lasts = self._made.T
        at = np.searchsorted(firsts, asked, side="right") - 1
        made = asked[(at >= 0) & (asked <= lasts[at])].tolist()
        changed = Before.objects.filter(among(made), piece__of__in=self._alike).values_list("customer_id", flat=True)
        return set(made).difference(changed) if made else set()

    @cached_property
    def _made(self) -> np.ndarray:
        """Runs of primary keys, in order: the first and the last of each."""
        runs = list[tuple[int, int]]()
        for of, place in {(of, place) for of, place, theirs in self._before if theirs != _mapped(self.table)}:
            pieces = Piece.objects.filter(of=of, stage=PEOPLE, table=place, undone_at=None)
            for added in pieces.values_list("added", flat=True):
                runs += [(first, last) for first, last in added.get("customers", [])]
        return np.array(sorted(runs), dtype=np.int64).reshape(-1, 2)

    @cached_property
    def _alike(self) -> set[int]:
        """The imports before that mapped it as this one does."""
        return {of for of, _place, theirs in self._before if theirs == _mapped(self.table)}

    @cached_property
    def _before(self) -> list[tuple[int, int, Mapped]]:
        return list(_earlier(self.brought, self.table, _mapped(self.table).keys()))


def _earlier(brought: PeopleImport, table: Table, headers: Collection[str]) -> Iterator[tuple[int, int, Mapped]]:
    """The imports before this one that had such a table: their numbers, its place in them, and how it was mapped."""
    landed = PeopleImport.objects.filter(source=brought.source, landed_at__isnull=False, undone_at=None)
    for pk, tables in landed.exclude(pk=brought.pk).values_list("pk", "tables"):
        for place, each in enumerate(from_json(tables)):
            theirs = _mapped(each)
            if each.known_as == table.known_as and theirs.keys() == headers:
                yield pk, place, theirs


def _mapped(table: Table) -> Mapped:
    """Header → what it was taken for; a custom field is the same one when it is there already."""
    named = fields_named(table.columns)
    return {
        column.header: column.role if (key := key_filled(column, named)) is None else f"{OLD_FIELD}{key}"
        for column in table.columns
    }
