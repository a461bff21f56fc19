"""What known customers are and have, as rows of plain values: read many at once, written where they differ."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any, NamedTuple

from django.db.models import Model

from keepers.crm.customers.exchange.landing import children
from keepers.crm.customers.models import Customer
from keepers.crm.customers.writing import bulk_rows
from keepers.crm.customers.writing.chunks import among

WHOSE = "customer_id"


class Who(NamedTuple):
    """Of `Customer`: what rows may tell anew."""

    id: int
    name: str
    kind: str
    email: str
    phone: str
    street: str
    postal_code: str
    city: str
    country: str
    named_by_hand: bool
    owner_id: int | None
    acquired_by: str
    acquired_on: date | None
    reached_by_hand: bool
    changed_at: datetime | None


class Point(NamedTuple):
    """Of `ContactPoint`."""

    id: int | None
    kind: str
    value: str
    written: str
    label: str
    problem: str
    position: int


class Place(NamedTuple):
    """Of `Address`."""

    id: int | None
    label: str
    street: str
    postal_code: str
    city: str
    region: str
    country: str
    position: int


class Value(NamedTuple):
    """Of `CustomValue`."""

    id: int | None
    field_id: int
    place: int
    text: str
    number: Decimal | None
    day: date | None


class Said(NamedTuple):
    """Of `Consent`."""

    id: int | None
    channel: str
    purpose: str
    state: str
    at: datetime
    proof: str
    source: str
    by_id: int | None
    is_latest: bool


class Key(NamedTuple):
    """Of `ExternalKey`."""

    id: int | None
    source: str
    external_id: str


class Tagged(NamedTuple):
    """Of a tag on a customer."""

    id: int | None
    tag_id: int


Row = Point | Place | Value | Said | Key | Tagged
Sets = dict[str, Sequence[Any]]
ROWS: Mapping[str, type[Row]] = {
    "contact_points": Point,
    "addresses": Place,
    "external_keys": Key,
    "custom_values": Value,
    "consents": Said,
    "tags": Tagged,
}


def customers(known: Sequence[int]) -> dict[int, Who]:
    """Who they are, by primary key."""
    found = Customer.objects.filter(among(known, "pk")).order_by().values_list(*Who._fields)
    return {who.id: who for who in map(Who._make, found)}


def sets(name: str, known: Sequence[int]) -> dict[int, list[Any]]:
    """All rows of a set that these customers have, the oldest first, by customer."""
    kind, found = ROWS[name], dict[int, list[Any]]()
    rows = children.SETS[name]._base_manager.filter(among(known)).order_by("pk")
    for whose, *row in rows.values_list(WHOSE, *kind._fields):
        found.setdefault(whose, []).append(kind._make(row))
    return found


def write(name: str, changed: Iterable[tuple[int, Sequence[Row], Sequence[Row]]]) -> None:
    """Let customers have a set as it is to be; rows that are the same are not touched.

    Args:
        name: of the set.
        changed: customer, the rows that are there, the rows that are to be; new ones bear no primary key.
    """
    model, (_key, *columns) = children.SETS[name], ROWS[name]._fields
    gone, other, new = list[int](), list[Row](), list[tuple[Any, ...]]()
    for customer, before, after in changed:
        left = {row.id: row for row in before}
        for row in after:
            if row.id is None:
                new.append((customer, *row[1:]))
            elif left.pop(row.id) != row:
                other.append(row)
        gone += [pk for pk in left if pk is not None]
    _remove(model, gone)
    bulk_rows.change(model, columns, other)
    bulk_rows.add(model, (WHOSE, *columns), new)


def as_json(name: str, customer: int, rows: Iterable[Row]) -> list[dict[str, Any]]:
    """Rows of a set as JSON keeps them, so that `children.put_back` can write them again."""
    columns = ROWS[name]._fields
    return [{WHOSE: customer} | dict(zip(columns, map(plain, row), strict=True)) for row in rows]


def plain(value: Any) -> Any:
    """A value as JSON keeps it; moments and numbers with all their digits."""
    if value is None or isinstance(value, str | int):
        return value
    return str(value) if isinstance(value, Decimal) else value.isoformat()


def _remove(model: type[Model], keys: Sequence[int]) -> None:
    if keys:
        rows = model._base_manager.filter(among(keys, "pk"))
        rows._raw_delete(rows.db)  # nothing hangs on them
