"""Rows that become customers, with all that they have, written many at once."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from itertools import chain
from secrets import token_hex
from typing import Any

import polars as pl

from keepers.crm.customers.acquisitions import tell_of_new
from keepers.crm.customers.exchange.landing import children
from keepers.crm.customers.exchange.landing.consenting import consents_told
from keepers.crm.customers.exchange.landing.resolving import ids_known
from keepers.crm.customers.exchange.models import PeopleImport
from keepers.crm.customers.exchange.recognising.layout import source_of
from keepers.crm.customers.exchange.recognising.plans import ADDRESS_PARTS, Plan
from keepers.crm.customers.finding import words
from keepers.crm.customers.models import Address, Consent, ContactPoint, Customer, CustomField, CustomValue, ExternalKey
from keepers.crm.customers.models.lives import MADE_UP, TOLD_ADDRESS
from keepers.crm.customers.organisation_names import Landing
from keepers.crm.customers.writing import bulk_rows

_COLUMNS = ("key", "name", "email", "phone", *TOLD_ADDRESS, "named_by_hand", "kind", "stage", "owner_id", "team_id",
            "acquired_by", "acquired_on", "created_at", "changed_at", "reached_by_hand")  # fmt: skip
_CAME = tuple(_COLUMNS.index(name) for name in ("key", "acquired_by", "acquired_on"))
POINT = ("customer_id", "kind", "value", "written", "label", "problem", "position")
ADDRESS = ("customer_id", "label", *ADDRESS_PARTS, "position")
VALUE = ("customer_id", "field_id", "place", "text", "number", "day")
CONSENT = ("customer_id", "channel", "purpose", "state", "at", "proof", "source", "by_id", "is_latest")
KEY = ("customer_id", "source", "external_id")


@dataclass(frozen=True, slots=True)
class Bringing:
    """What the rows of a table are brought in with.

    fields: custom fields by their keys
    owners: what the files call an owner → primary key of the user, where somebody is called so
    teams: primary key of a user → of their team
    at: the moment that all rows of the import bear
    employers: which organisations the names of where people work mean
    """

    brought: PeopleImport
    plan: Plan
    fields: Mapping[str, CustomField]
    owners: Mapping[str, int | None]
    teams: Mapping[int, int | None]
    at: datetime
    own: int | None = None  # the owner of new ones that name none: who may see their own alone sees what they bring
    employers: Landing = field(default_factory=lambda: Landing({}, {}))

    @property
    def source(self) -> str:
        """Under which the table's ids are known."""
        return source_of(self.brought.source, self.plan.table.known_as)


@dataclass(frozen=True, slots=True)
class ToldRows:
    """What rows of a table tell, an entry for each of them.

    cells: by column
    customers: as `_COLUMNS` of new ones
    points: kind, value, as written, label, problem, position of each contact point
    places: label, parts, position of each address
    values: field, place, text, number, day of each custom value
    consents: as `CONSENT` without the customer
    tags: their names; nothing where no row has any
    """

    plan: Plan
    cells: Mapping[str, Sequence[Any]]
    customers: Sequence[Sequence[Any]]
    points: Sequence[Sequence[Any]]
    places: Sequence[Sequence[Any]]
    values: Sequence[Sequence[Any]]
    consents: Sequence[Sequence[Any]]
    tags: Sequence[Sequence[str]]

    @classmethod
    def of(cls, bringing: Bringing, rows: pl.DataFrame) -> "ToldRows":
        """What the rows tell; nothing is asked of the database for it."""
        cells, height = {name: rows[name].to_list() for name in rows.columns}, rows.height
        points, places = _points_of(bringing.plan, cells, height), _addresses_of(bringing.plan, cells, height)
        return cls(
            bringing.plan,
            cells,
            _customers(bringing, cells, points, places),
            points,
            places,
            _values_of(bringing, cells, height),
            consents_told(bringing.plan, bringing.brought, bringing.at, cells, height),
            _tags_of(cells["tags"]),
        )

    def employers(self) -> list[str | None]:
        """Where people work of whom no id of an organisation tells it."""
        ids = [self.cells[f"r_{header}"] for header, role in self.plan.relations.items() if role == "organisation"]
        known = [any(each) for each in zip(*ids, strict=True)] or [False] * self.height
        told = zip(self.cells["works_at"], self.cells["kind"], known, strict=True)
        return [None if by_id or kind == Customer.Kind.ORGANISATION else name for name, kind, by_id in told]

    @property
    def height(self) -> int:
        """How many rows."""
        return len(self.points)

    def of_these(self, rows: Sequence[int]) -> "ToldRows":
        """What some rows tell, which are told by their places."""
        if len(rows) == self.height:
            return self
        cells = {name: [column[row] for row in rows] for name, column in self.cells.items()}
        sets = (self.customers, self.points, self.places, self.values, self.consents, self.tags)
        return ToldRows(self.plan, cells, *([of[row] for row in rows] if of else [] for of in sets))


def create(bringing: Bringing, told: ToldRows, tags: Mapping[str, int]) -> list[int]:
    """Make customers of rows; call it inside the transaction of their piece.

    Args:
        bringing: with what.
        told: by the new ones.
        tags: primary keys of tags by their names.

    Returns:
        The primary keys in the order of the rows.
    """
    if not told.height:
        return []
    pks = bulk_rows.add(Customer, _COLUMNS, told.customers)
    words.take_up()
    tell_of_new(((pk, *(row[at] for at in _CAME)) for pk, row in zip(pks, told.customers, strict=True)), at=bringing.at)
    bulk_rows.add(ContactPoint, POINT, _of_each(pks, told.points))
    bulk_rows.add(Address, ADDRESS, _of_each(pks, told.places))
    bulk_rows.add(CustomValue, VALUE, _of_each(pks, told.values))
    bulk_rows.add(Consent, CONSENT, _of_each(pks, told.consents))
    bulk_rows.add(ExternalKey, KEY, _keys_of(bringing, pks, told))
    if told.tags:
        pairs = [(pk, tags[tag]) for pk, of in zip(pks, told.tags, strict=True) for tag in of]
        bulk_rows.add(children.TAGGED, ("customer_id", "tag_id"), pairs)
    return pks


def _keys_of(bringing: Bringing, pks: Sequence[int], told: ToldRows) -> list[tuple[int, str, str]]:
    """What their system calls them; ids that tell of nobody, such as names beside another key, are the first one's."""
    plan, given = bringing.plan, told.cells["id"]
    taken = {} if plan.ids_tell_whom else ids_known(plan, bringing.brought.source, [*filter(None, given)])
    known_by: dict[str, int] = {}
    for pk, own, made in zip(pks, given, told.cells["fingerprint"], strict=True):
        if known := own or made:
            known_by.setdefault(known, pk)
    return [(pk, bringing.source, each) for each, pk in known_by.items() if each not in taken]


def create_named(
    bringing: Bringing, names: Sequence[str], *, kind: str, owners: Sequence[str | None] = ()
) -> list[int]:
    """Make customers of whom a name is all that is known; call it inside the transaction of the piece.

    Args:
        bringing: with what.
        names: of each.
        kind: persons or organisations.
        owners: as the files call them; of nobody where none are told.

    Returns:
        The primary keys in the order of the names.
    """
    cells = {"id": None, "kind": kind, "stage": None, "owner": None, "acquired_by": None, "acquired_on": None}
    columns: dict[str, Sequence[Any]] = {name: [value] * len(names) for name, value in cells.items()}
    columns |= {"name": names} | ({"owner": owners} if owners else {})
    nothing: list[tuple[Any, ...]] = [()] * len(names)
    pks = bulk_rows.add(Customer, _COLUMNS, _customers(bringing, columns, nothing, nothing))
    words.take_up()
    return pks


def _points_of(plan: Plan, columns: Mapping[str, Sequence[Any]], height: int) -> list[list[tuple[Any, ...]]]:
    """The contact points of each row: kind, value, as written, label, problem, position."""
    found: list[list[tuple[Any, ...]]] = [[] for _ in range(height)]
    seen: list[set[tuple[str, str]]] = [set() for _ in range(height)]
    for number, contact in enumerate(plan.contacts):
        told = zip(
            columns[f"c{number}_value"], columns[f"c{number}_written"], columns[f"c{number}_problem"], strict=True
        )
        for row, (value, written, problem) in enumerate(told):
            if value and (contact.kind, value) not in seen[row]:
                seen[row].add((contact.kind, value))
                position = sum(each[0] == contact.kind for each in found[row])
                found[row].append((contact.kind, value, written, contact.label, problem or "", position))
    return found


def _addresses_of(plan: Plan, columns: Mapping[str, Sequence[Any]], height: int) -> list[list[tuple[Any, ...]]]:
    """The addresses of each row: label, parts, position."""
    found: list[list[tuple[Any, ...]]] = [[] for _ in range(height)]
    for number, (label, parts) in enumerate(plan.addresses):
        cells = [columns[f"a{number}_{part}"] if part in parts else [None] * height for part in ADDRESS_PARTS]
        for row, address in enumerate(zip(*cells, strict=True)):
            if any(address):
                street, code, city, region, country = (part or "" for part in address)
                whole = (street[:255], code[:20], city[:120], region[:120], country[:80])
                found[row].append((label, *whole, len(found[row])))
    return found


def _values_of(bringing: Bringing, columns: Mapping[str, Sequence[Any]], height: int) -> list[list[tuple[Any, ...]]]:
    """The custom values of each row: field, place, text, number, day."""
    found: list[list[tuple[Any, ...]]] = [[] for _ in range(height)]
    for number, custom in enumerate(bringing.plan.customs):
        field = bringing.fields.get(custom.key)
        if field is None:
            continue
        for row, value in enumerate(columns[f"v{number}"]):
            if value is not None:
                found[row] += [(field.pk, place, *cell) for place, cell in enumerate(cells_of(field, value))]
    return found


def cells_of(field: CustomField, value: Any) -> list[tuple[str, Decimal | None, Any]]:
    """A value as rows keep it: text, number, day."""
    if field.kind == CustomField.Kind.DATE:
        return [("", None, value)]
    if field.kind in {CustomField.Kind.NUMBER, CustomField.Kind.MONEY}:
        return [("", round(Decimal(repr(value)), 6), None)]
    if field.kind == CustomField.Kind.YES_NO:
        return [("", Decimal(int(value)), None)]
    if field.kind == CustomField.Kind.CHOICES:
        several = dict.fromkeys(part.strip() for part in str(value).replace(",", ";").split(";"))
        return [(part, None, None) for part in several if part]
    return [(str(value), None, None)]


def _tags_of(told: Sequence[str | None]) -> list[list[str]]:
    """The tags of each row; nothing where no row has any."""
    if not any(told):
        return []
    return [
        list(dict.fromkeys(tag for part in str(each).replace(";", ",").split(",") if (tag := part.strip()[:60])))
        if each
        else []
        for each in told
    ]


def first_of(points: Sequence[Sequence[Any]], kind: str) -> str:
    """The contact point that lists show: the first of its kind that can be used, else the first."""
    ours = [point for point in points if point[0] == kind]
    usable = next((point for point in ours if not point[4]), ours[0] if ours else None)
    return str(usable[1]) if usable else ""


def _customers(
    bringing: Bringing,
    columns: Mapping[str, Sequence[Any]],
    points_of: Sequence[Sequence[Any]],
    places_of: Sequence[Sequence[Any]],
) -> list[tuple[Any, ...]]:
    stage, at = bringing.brought.stage, bringing.at
    by_key, ours = bringing.plan.key_role == "key", f"{MADE_UP}{token_hex(6)}"  # beside each other in the index of keys
    rows = []
    for row, (name, points, places) in enumerate(zip(columns["name"], points_of, places_of, strict=True)):
        own = bringing.owners.get(columns["owner"][row] or "") or bringing.own
        first = places[0] if places else ("", "", "", "", "", "")
        rows.append((
            columns["id"][row] if by_key and columns["id"][row] else f"{ours}{row:04x}", name or "",
            first_of(points, "email"), first_of(points, "phone")[:64], *first[1:4], first[5], bool(name),
            columns["kind"][row], columns["stage"][row] or stage, own, bringing.teams.get(own) if own else None,
            columns["acquired_by"][row] or "", columns["acquired_on"][row], at, at, bool(points or places),
        ))  # fmt: skip
    return rows


def _of_each(pks: Sequence[int], of: Sequence[Sequence[Sequence[Any]]]) -> list[tuple[Any, ...]]:
    return list(chain.from_iterable([(pk, *one) for one in each] for pk, each in zip(pks, of, strict=True)))
