"""Whom rows without an id brought in as their columns were read then: read otherwise now, they tell more."""

from collections.abc import Collection, Iterator, Mapping

from keepers.crm.customers.chunks import among
from keepers.crm.customers.exchange.landing import children
from keepers.crm.customers.exchange.models import PEOPLE, Before, PeopleImport, Piece
from keepers.crm.customers.exchange.recognising.fields import fields_named, key_filled
from keepers.crm.customers.exchange.recognising.layout import OLD_FIELD, Table, from_json

Mapped = Mapping[str, str]


def read_otherwise_before(brought: PeopleImport, table: Table, customers: Collection[int]) -> set[int]:
    """Those among customers who came in from a table with these headers that was mapped otherwise.

    Whom an import has changed since that mapped it as this one does, is read as it is now.
    """
    if not customers:
        return set()
    mapped = _mapped(table)
    earlier = list(_earlier(brought, table, mapped.keys()))
    otherwise = {(of, place) for of, place, theirs in earlier if theirs != mapped}
    made = set[int]()
    for of, place in otherwise:
        pieces = Piece.objects.filter(of=of, stage=PEOPLE, table=place, undone_at=None)
        for added in pieces.values_list("added", flat=True):
            made |= set(customers).intersection(children.numbers_in(added.get("customers", [])))
    alike = {of for of, _place, theirs in earlier if theirs == mapped}
    changed = Before.objects.filter(among(made), piece__of__in=alike).values_list("customer_id", flat=True)
    return made.difference(changed) if made else made


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
