"""Relations that rows tell: works at, is part of, was brought by; each once, and none in a circle."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import NamedTuple

import polars as pl
from django.utils.translation import gettext as _

from keepers.crm.customers.acquisitions import tell_acquisitions
from keepers.crm.customers.actions.relations import WITHOUT_CIRCLES
from keepers.crm.customers.exchange.landing import creating
from keepers.crm.customers.exchange.landing.creating import Bringing
from keepers.crm.customers.exchange.landing.keeping import moment_of
from keepers.crm.customers.exchange.landing.resolving import Pointer, customers_meant, customers_pointed_to
from keepers.crm.customers.exchange.landing.ways import Way, way_of
from keepers.crm.customers.exchange.models import LANDED, Piece, RefusedRow
from keepers.crm.customers.exchange.reading.kept_rows import PointerColumn, pointer_columns
from keepers.crm.customers.exchange.recognising.layout import Table
from keepers.crm.customers.exchange.recognising.plans import RELATIONS, Plan
from keepers.crm.customers.models import Customer, Relation
from keepers.crm.customers.queries import whom_each_became
from keepers.crm.customers.writing import bulk_rows, chunks

Edge = tuple[int, int, str]
COLUMNS = ("customer_id", "other_id", "kind", "note", "since", "until")
LONGEST_NOTE = 255


class Told(NamedTuple):
    """What is told of a relation beside its kind."""

    note: str = ""
    since: date | None = None
    until: date | None = None

    def and_told(self, other: "Told") -> "Told":
        """What two rows tell of one relation: it began with the first, and is over when both are."""
        note = "; ".join(dict.fromkeys(filter(None, (self.note, other.note))))
        since = min(filter(None, (self.since, other.since)), default=None)
        until = max(self.until, other.until) if self.until and other.until else None
        return Told(note[:LONGEST_NOTE], since, until)


def relate_people(piece: Piece, plan: Plan, rows: pl.DataFrame, tables: Mapping[str, Table]) -> None:
    """The relations that the rows of a table of people tell; call it inside the piece's transaction."""
    meant = customers_meant(plan, piece.of.source, rows)
    mine = {at: each.customers[0] for at, each in enumerate(meant) if len(each.customers) == 1}
    edges: dict[Edge, Told] = {}
    for header, role in plan.relations.items():
        column = plan.table.column(header)
        to = tables.get(column.link.table) if column and column.link else None
        noun = to.known_as if to else "organisations" if role in {"organisation", "parent"} else ""
        told = {
            at: Pointer(noun, value) for at, value in enumerate(rows[f"r_{header}"].to_list()) if value and at in mine
        }
        others = customers_pointed_to(piece.of.source, told.values())
        note = _("reports to them") if role == "reports_to" else ""
        for at, pointer in told.items():
            if pointer in others:
                edges.setdefault((mine[at], others[pointer], RELATIONS[role]), Told(note))
    new = add(piece, edges)
    brought_by = [customer for customer, _other, kind in new if kind == Relation.Kind.REFERRED_BY]
    tell_acquisitions(brought_by, at=moment_of(piece.of))


def relate_to_employers(piece: Piece, bringing: Bringing, employers: Mapping[int, str]) -> list[int]:
    """Bring people together with where they work, of which only the name is told; one that nobody knows yet is made.

    Args:
        piece: that does so, within its transaction.
        bringing: with what.
        employers: customer → name of an organisation.

    Returns:
        The organisations that were made.
    """
    first = {name: bringing.employers.spellings.get(name, name) for name in employers.values()}
    names = dict.fromkeys(first.values())
    called = Customer.everyone.filter(kind=Customer.Kind.ORGANISATION, name__in=chunks.listed(names))
    found = called.values_list("name", "pk", "merged_into")
    # Of several the oldest; of those who were found to be another one, that one, if nobody else is called so.
    found_last = sorted(found, key=lambda each: (each[2] is None, -each[1]))
    became = whom_each_became([pk for _name, pk, _into in found_last])
    known = {name: became[pk] for name, pk, _into in found_last}
    others = {name: pk for name, pk in bringing.employers.there.items() if name in names and name not in known}
    still_there = set(Customer.objects.filter(pk__in=others.values()).values_list("pk", flat=True))
    known |= {name: pk for name, pk in others.items() if pk in still_there}
    new = [name for name in names if name not in known]
    made = creating.create_named(bringing, new, kind=Customer.Kind.ORGANISATION)
    known |= dict(zip(new, made, strict=True))
    add(piece, {(pk, known[first[name]], "works-at"): Told() for pk, name in employers.items()})
    landed = {name: known[spelling] for name, spelling in first.items()}
    own = dict(Customer.everyone.filter(pk__in=set(landed.values())).values_list("pk", "name"))
    if otherwise := {name: pk for name, pk in landed.items() if name != own[pk]}:
        piece.added |= {LANDED: otherwise}
        piece.has_landed = True
    return made


def relate_members(piece: Piece, table: Table, tables: Mapping[str, Table], rows: pl.DataFrame) -> None:
    """The relations that a table of nothing else tells: of people and where they work, or of any two and how."""
    pointers = pointer_columns(table, tables)
    if table.pair:
        ones, others = (_pointed_in(pointers, rows, header) for header in table.pair)
    else:
        ones = _pointers(pointers, rows, to_organisations=False)
        others = _pointers(pointers, rows, to_organisations=True)
    customers = customers_pointed_to(piece.of.source, [*ones.values(), *others.values()])
    kinds = _kinds_of(customers.values()) if table.pair else {}
    edges: dict[Edge, Told] = {}
    refused, count = [], 0
    lines, words = rows["line"].to_list(), rows["title"].fill_null("").to_list()
    days = zip(*(rows[name].to_list() for name in ("since", "until")), strict=True)
    for at, (since, until) in enumerate(days):
        one, other = (customers.get(of.get(at, Pointer("", ""))) for of in (ones, others))
        if one is None or other is None or one == other:
            refused.append(RefusedRow(piece=piece, line=lines[at], reason=_("one of the two is not known here"),
                                      text=rows["id"][at] or ""))  # fmt: skip
            continue
        way = way_of(words[at], kinds[one], kinds[other]) if table.pair else Way(Relation.Kind.WORKS_AT)
        edge = (other, one, way.kind) if way.from_other else (one, other, way.kind)
        told, mirrored = Told(words[at][:LONGEST_NOTE], since, until), (edge[1], edge[0], edge[2])
        twin = edges.get(mirrored) if way.kind == Relation.Kind.RELATED_TO and edge not in edges else None
        if twin is not None and twin.note == told.note:
            edge = mirrored  # told from both sides
        edges[edge] = edges[edge].and_told(told) if edge in edges else told
        count += 1
    RefusedRow.objects.bulk_create(refused)
    new = add(piece, edges)
    brought_by = [customer for customer, _other, kind in new if kind == Relation.Kind.REFERRED_BY]
    tell_acquisitions(brought_by, at=moment_of(piece.of))
    piece.created, piece.same, piece.refused = len(new), count - len(new), len(refused)


def _pointed_in(columns: Sequence[PointerColumn], rows: pl.DataFrame, header: str) -> dict[int, Pointer]:
    """Whom one column names, row by row."""
    number, column = next((pair for pair in enumerate(columns) if pair[1].header == header), (0, None))
    if column is None:
        return {}
    return {at: Pointer(column.noun, value) for at, value in enumerate(rows[f"p{number}"].to_list()) if value}


def _kinds_of(customers: Iterable[int]) -> dict[int, str]:
    """Which of customers are persons, and which organisations."""
    return dict(Customer.everyone.filter(pk__in=set(customers)).values_list("pk", "kind"))


def _pointers(columns: Sequence[PointerColumn], rows: pl.DataFrame, *, to_organisations: bool) -> dict[int, Pointer]:
    """The first of the columns that holds something, row by row."""
    found: dict[int, Pointer] = {}
    for number, column in enumerate(columns):
        if column.is_organisation == to_organisations:
            for at, value in enumerate(rows[f"p{number}"].to_list()):
                if value:
                    found.setdefault(at, Pointer(column.noun, value))
    return found


def add(piece: Piece, edges: Mapping[Edge, Told]) -> list[Edge]:
    """Add relations that are not there yet, each with what is told of it; which."""
    wanted = [edge for edge in edges if edge[0] != edge[1]]
    people = {person for person, _other, _kind in wanted}
    known = set(Relation.objects.filter(customer_id__in=people).values_list("customer_id", "other_id", "kind"))
    new = _without_circles([edge for edge in wanted if edge not in known])
    numbers = bulk_rows.add(Relation, COLUMNS, [(*edge, *edges[edge]) for edge in new])
    piece.added = piece.added | {"relations": chunks.runs(numbers)}
    return new


def _without_circles(edges: list[Edge]) -> list[Edge]:
    """Without relations that would lead back to where they begin."""
    kinds = {kind for _person, _other, kind in edges} & WITHOUT_CIRCLES
    if not kinds:
        return edges
    above: dict[tuple[int, str], set[int]] = {}
    for person, other, kind in Relation.objects.filter(kind__in=kinds).values_list("customer_id", "other_id", "kind"):
        above.setdefault((person, kind), set()).add(other)
    kept = []
    for person, other, kind in edges:
        if kind not in WITHOUT_CIRCLES or not _leads(above, other, person, kind):
            above.setdefault((person, kind), set()).add(other)
            kept.append((person, other, kind))
    return kept


def _leads(above: Mapping[tuple[int, str], set[int]], begin: int, end: int, kind: str) -> bool:
    waiting, seen = [begin], set[int]()
    while waiting:
        here = waiting.pop()
        if here == end:
            return True
        if here not in seen:
            seen.add(here)
            waiting += above.get((here, kind), ())
    return False
