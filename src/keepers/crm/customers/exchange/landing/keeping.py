"""Keeps rows of what has no desk of its own: whole, once, and with whom they belong to."""

import json
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

import polars as pl
from django.db.models import Q

from keepers.crm.customers.exchange.landing import children
from keepers.crm.customers.exchange.landing.resolving import Pointer, customers_pointed_to
from keepers.crm.customers.exchange.landing.telling import NOUN, columns_of, is_act, tell_acts
from keepers.crm.customers.exchange.models import KeptRecord, PeopleImport, Piece
from keepers.crm.customers.exchange.reading.kept_rows import PointerColumn, pointer_columns
from keepers.crm.customers.exchange.recognising.apart import kept_source
from keepers.crm.customers.exchange.recognising.layout import WITH_CUSTOMERS, Table
from keepers.crm.customers.exchange.recognising.vocabulary import SEVERAL_KINDS
from keepers.crm.customers.models import Customer
from keepers.crm.customers.writing import bulk_rows, chunks

COLUMNS = ("noun", "kind", "source", "external_id", "customer_id", "organisation_id", "at", "title", "body", "status",
           "amount", "currency", "actor_name", "data")  # fmt: skip
Whose = tuple[int | None, int | None]  # the person, or whoever it is of, and the organisation beside them
_COMPARED = (
    "source",
    "customer_id",
    "organisation_id",
    "at",
    "title",
    "body",
    "status",
    "amount",
    "currency",
    "actor_name",
    "data",
)


def keep(piece: Piece, table: Table, tables: list[Table], rows: pl.DataFrame) -> None:
    """Keep the rows of a piece; one that is kept already under its id is brought up to date."""
    brought = piece.of
    told = _records(piece, table, tables, rows)
    ids = [record["external_id"] for record in told if record["external_id"]]
    known = _known(brought.source, table, ids, kinds={record["kind"] for record in told})
    new = [record for record in told if record["external_id"] not in known]
    changed = [
        (known[record["external_id"]], record)
        for record in told
        if record["external_id"] in known and _differs(known[record["external_id"]], record)
    ]
    made = bulk_rows.add(KeptRecord, COLUMNS, [tuple(record[name] for name in COLUMNS) for record in new])
    piece.added = piece.added | {"kept": chunks.runs(made)}
    moment, lost = moment_of(brought), list[tuple[int, dict[str, Any]]]()
    if changed:
        lost = [columns_of(record) for record, after in changed if not is_act(after, at=moment)]
        piece.added = piece.added | {"kept_before": children.kept(record for record, _after in changed)}
        rows_now = [(record.pk, *(after[name] for name in _COMPARED)) for record, after in changed]
        bulk_rows.change(KeptRecord, _COMPARED, rows_now)
    if table.noun == NOUN:
        now = [*zip(made, new, strict=True), *((record.pk, after) for record, after in changed)]
        tell_acts(lost, at=moment, removed=True)  # those that a later file gives nobody, or puts off
        tell_acts(now, at=moment)
    piece.created, piece.updated = len(new), len(changed)
    piece.same = len(told) - len(new) - len(changed)


def moment_of(brought: PeopleImport) -> datetime:
    """The moment that all rows of an import bear."""
    assert brought.began_at is not None
    return brought.began_at


def _known(source: str, table: Table, ids: Sequence[str], *, kinds: Collection[str]) -> dict[str, KeptRecord]:
    """Those kept already, also of the same kind under the source alone: a file whose name said nothing brought them."""
    own = kept_source(source, table)
    there = Q(source=own) | Q(source=source, kind__in=kinds) if table.noun in SEVERAL_KINDS else Q(source=own)
    found = KeptRecord.objects.filter(there, noun=table.noun, external_id__in=ids)
    return {record.external_id: record for record in sorted(found, key=lambda record: record.source == own)}


def _records(piece: Piece, table: Table, tables: list[Table], rows: pl.DataFrame) -> list[dict[str, Any]]:
    pointers = pointer_columns(table, {each.name: each for each in tables})
    told: dict[tuple[int, int], Pointer] = {}
    for number, pointer in enumerate(pointers):
        for at, value in enumerate(rows[f"p{number}"].to_list()):
            if value:
                told[at, number] = Pointer(pointer.noun, value)
    source = piece.of.source
    customers = customers_pointed_to(source, told.values())
    asked = Customer.everyone.filter(chunks.among(customers.values(), "pk"), kind=Customer.Kind.ORGANISATION)
    organisations = set(asked.values_list("pk", flat=True))
    sources = {source, *(kept_source(source, each) for each in tables if each.noun in WITH_CUSTOMERS)}
    about = _about(source, sources, pointers, {key: of for key, of in told.items() if of not in customers})
    return [
        _record(piece, table, row, _whose(at, pointers, told, customers, organisations, about))
        for at, row in enumerate(rows.iter_rows(named=True))
    ]


def _about(
    source: str, sources: Collection[str], pointers: Sequence[PointerColumn], told: Mapping[tuple[int, int], Pointer]
) -> dict[tuple[int, int], Whose]:
    """Whose those things are that rows are about, such as a deal; whole numbers say it where their column does.

    Args:
        source: the import's.
        sources: under which its tables of such things keep their ids.
        pointers: columns that may tell of such a thing.
        told: what they say, by row and column, where that is nobody.
    """
    found = dict[tuple[int, int], Whose]()
    for number, pointer in enumerate(pointers):
        ids = {key: of.value for key, of in told.items() if key[1] == number}
        if pointer.about is not None:
            known = KeptRecord.objects.filter(source=kept_source(source, pointer.about), noun=pointer.about.noun)
        else:
            known = KeptRecord.objects.filter(source__in=sources, noun__in=WITH_CUSTOMERS)
            ids = {key: value for key, value in ids.items() if not value.isdigit()}
        whose = {
            value: (customer, organisation)
            for value, customer, organisation in known.filter(external_id__in=set(ids.values()))
            .exclude(customer=None)
            .values_list("external_id", "customer_id", "organisation_id")
        }
        found |= {key: whose[value] for key, value in ids.items() if value in whose}
    return found


def _whose(
    at: int,
    pointers: Sequence[PointerColumn],
    told: Mapping[tuple[int, int], Pointer],
    customers: Mapping[Pointer, int],
    organisations: Collection[int],
    about: Mapping[tuple[int, int], Whose],
) -> Whose:
    """The person and the organisation of a row; where nothing says it, those of what it is about."""
    person = organisation = None
    for number, pointer in enumerate(pointers):
        found = customers.get(told[at, number]) if (at, number) in told else None
        if pointer.is_organisation or found in organisations:  # a column may name either
            organisation = organisation or found
        else:
            person = person or found
    if person or organisation:
        return person, organisation
    return next((about[at, number] for number in range(len(pointers)) if (at, number) in about), (None, None))


def _record(piece: Piece, table: Table, row: dict[str, Any], whose: Whose) -> dict[str, Any]:
    person, organisation = whose
    amount = None if row["amount"] is None else round(Decimal(repr(row["amount"])), 4)
    return {
        "noun": table.noun,
        "kind": row["kind"],
        "source": kept_source(piece.of.source, table),
        "external_id": row["id"] or "",
        "customer_id": person or organisation,
        "organisation_id": organisation if person else None,
        "at": row["at"],
        "title": row["title"] or "",
        "body": row["body"] or "",
        "status": row["status"] or "",
        "amount": amount,
        "currency": row.get("currency") or "",  # a check of an older version tells none
        "actor_name": row["actor"] or "",
        "data": json.loads(row["data"]),
    }


def _differs(record: KeptRecord, after: dict[str, Any]) -> bool:
    return any(getattr(record, name) != after[name] for name in _COMPARED)
