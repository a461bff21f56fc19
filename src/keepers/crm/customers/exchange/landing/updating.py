"""Rows that mean customers who are known: what differs is written, and how they were is kept."""

from collections import Counter, defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, NamedTuple

from keepers.crm.customers.exchange.landing import creating, held
from keepers.crm.customers.exchange.landing.consenting import with_consents
from keepers.crm.customers.exchange.landing.creating import Bringing, ToldRows
from keepers.crm.customers.exchange.landing.held import Key, Place, Point, Said, Sets, Tagged, Value, Who
from keepers.crm.customers.exchange.models import Before, PeopleImport, Piece
from keepers.crm.customers.exchange.recognising.plans import ADDRESS_PARTS
from keepers.crm.customers.models import Customer
from keepers.crm.customers.models.lives import TOLD_ADDRESS
from keepers.crm.customers.writing import bulk_rows

_BEFORE = ("piece_id", "customer_id", "was")
_REACH = {"contact_points", "addresses"}


class Told(NamedTuple):
    """What a row tells of a customer: its cells, and rows of each set as `creating` makes them."""

    name: str | None
    kind: str | None
    id: str | None
    acquired_by: str | None
    acquired_on: date | None
    owner: str | None
    points: Sequence[Sequence[Any]]
    places: Sequence[Sequence[Any]]
    values: Sequence[Sequence[Any]]
    consents: Sequence[Sequence[Any]]
    tags: Sequence[str]


@dataclass(slots=True)
class Change:
    """What a row changes about a customer.

    who, had: as they were
    columns: attribute → value
    sets: name of a set → the whole set as it will be
    """

    who: Who
    had: Sets
    columns: dict[str, Any] = field(default_factory=dict)
    sets: Sets = field(default_factory=dict)

    def __bool__(self) -> bool:
        return bool(self.columns or self.sets)

    @property
    def was(self) -> dict[str, Any]:
        """What is changed as it was, for JSON."""
        return {
            "columns": {name: held.plain(getattr(self.who, name)) for name in (*self.columns, "changed_at")},
            "sets": {name: held.as_json(name, self.who.id, self.had[name]) for name in self.sets},
        }


def changes_of(
    bringing: Bringing,
    rows: ToldRows,
    known: Sequence[int],
    tags: Mapping[str, int],
    *,
    filled: Collection[int] = (),
) -> dict[int, Change]:
    """What rows change about the customers whom they mean; those about whom nothing changes are left out.

    Args:
        bringing: with what.
        rows: what those of the known ones tell.
        known: the customer of each row.
        tags: primary keys of tags by their names.
        filled: customers of whom the rows tell an earlier state: they gain what is missing, and keep what they have.
    """
    if not rows.height:
        return {}
    people, sets = held.customers(known), {name: held.sets(name, known) for name in _asked(bringing, rows, filled)}
    clears, cells = bringing.brought.empty == PeopleImport.Empty.CLEAR, rows.cells
    told_by_rows = zip(
        cells["name"], cells["kind"], cells["id"], cells["acquired_by"], cells["acquired_on"], cells["owner"],
        rows.points, rows.places, rows.values, rows.consents, rows.tags or [()] * rows.height, strict=True,
    )  # fmt: skip
    found = {}
    for pk, told in zip(known, map(Told._make, told_by_rows), strict=True):
        change = Change(people[pk], {name: of.get(pk, ()) for name, of in sets.items()})
        if pk in filled:
            _take_in(bringing, _missing(change, told), change, tags, clears=False)
        else:
            _take_in(bringing, told, change, tags, clears=clears)
        if change:
            found[pk] = change
    return found


def update(piece: Piece, bringing: Bringing, changes: Mapping[int, Change]) -> None:
    """Write what differs, and how it was; call it inside the transaction of the piece."""
    if not changes:
        return
    bulk_rows.add(Before, _BEFORE, [(piece.pk, pk, change.was) for pk, change in changes.items()])
    for name in held.ROWS:
        held.write(
            name,
            ((pk, change.had[name], change.sets[name]) for pk, change in changes.items() if name in change.sets),
        )
    by_columns: dict[tuple[str, ...], list[tuple[Any, ...]]] = defaultdict(list)
    for pk, change in changes.items():
        written = change.columns | {"changed_at": bringing.at}
        by_columns[tuple(written)].append((pk, *written.values()))
    for names, rows in by_columns.items():
        bulk_rows.change(Customer, names, rows)


def _take_in(bringing: Bringing, told: Told, change: Change, tags: Mapping[str, int], *, clears: bool) -> None:
    _of_columns(bringing, told, change, clears=clears)
    _of_points(bringing, told.points, change, clears=clears)
    _of_addresses(told.places, change, clears=clears)
    _of_values(bringing, told.values, change, clears=clears)
    _of_consents(bringing, told.consents, change)
    _of_key(bringing, told.id, change)
    if told.tags:
        _of_tags([tags.get(tag, 0) for tag in told.tags], change)
    if told.points or told.places or _REACH & change.sets.keys():
        _take_over(change)
    _repeat(change)


def _asked(bringing: Bringing, rows: ToldRows, filled: Collection[int]) -> list[str]:
    """The sets about which the rows may tell something new."""
    plan = bringing.plan
    reach = bool(plan.contacts or plan.addresses)
    told = {
        "contact_points": reach,
        "addresses": reach,
        "custom_values": bool(plan.customs),
        "consents": bool(plan.consents or plan.refusals),
        "external_keys": plan.has_ids and (not plan.finds_by_ids or bool(filled)),
        "tags": bool(rows.tags),
    }
    return [name for name, is_told in told.items() if is_told]


def _missing(change: Change, told: Told) -> Told:
    """What a row tells that is not known yet; contact points come after those that are there."""
    who, had = change.who, change.had
    labels = {row.label for row in _lives(who, had.get("addresses", ()))}
    fields = {row.field_id for row in had.get("custom_values", ())}
    asked = {(row.channel, row.purpose) for row in had.get("consents", ())}
    return told._replace(
        name=None if who.name else told.name,
        acquired_by=None if who.acquired_by else told.acquired_by,
        acquired_on=None if who.acquired_on else told.acquired_on,
        owner=None if who.owner_id else told.owner,
        points=[(*point[:-1], point[-1] or 1) for point in told.points],
        places=[place for place in told.places if place[0] not in labels],
        values=[value for value in told.values if value[0] not in fields],
        consents=[consent for consent in told.consents if (consent[0], consent[1]) not in asked],
    )


def _of_columns(bringing: Bringing, told: Told, change: Change, *, clears: bool) -> None:
    roles, who = bringing.plan.roles, change.who
    if told.kind == Customer.Kind.ORGANISATION != who.kind and not (who.named_by_hand or who.reached_by_hand):
        change.columns["kind"] = told.kind  # of whom orders told, nobody has said that they are a person
    if told.name and told.name != who.name:
        change.columns |= {"name": told.name, "named_by_hand": True}
    for column, value, empty in (("acquired_by", told.acquired_by, ""), ("acquired_on", told.acquired_on, None)):
        given = empty if value is None else value
        if column in roles and (given != empty or clears) and given != getattr(who, column):
            change.columns[column] = given
    owner = bringing.owners.get(told.owner or "")
    is_told = "owner" in roles and (owner is not None or (clears and not told.owner))
    if is_told and owner != who.owner_id:
        change.columns["owner_id"] = owner


def _of_points(bringing: Bringing, told: Sequence[Sequence[Any]], change: Change, *, clears: bool) -> None:
    if not bringing.plan.contacts:
        return
    rows = _here(change.who, change.had["contact_points"])
    there = {(row.kind, row.value) for row in rows}
    new = [Point(None, *point) for point in told if (point[0], point[1]) not in there]
    if not new and not clears:
        return
    rows.sort(key=lambda point: (point.kind, point.position, point.id or 0))
    before = [(row.kind, row.value) for row in rows]
    for point in new:
        place = next((at for at, row in enumerate(rows) if row.kind == point.kind), len(rows))
        rows.insert(len(rows) if point.position else place, point)
    if clears:
        kinds = {contact.kind for contact in bringing.plan.contacts} - {point[0] for point in told}
        rows = [row for row in rows if row.kind not in kinds]
    if [(row.kind, row.value) for row in rows] != before:
        change.sets["contact_points"] = _in_their_places(rows)


def _in_their_places(rows: Sequence[Point]) -> list[Point]:
    """The same contact points, numbered."""
    counts: Counter[str] = Counter()
    found = []
    for row in rows:
        found.append(row._replace(position=counts[row.kind]))
        counts[row.kind] += 1
    return found


def _here(who: Who, had: Sequence[Point]) -> list[Point]:
    """The contact points; of somebody whom imports of orders tell about, those that they told."""
    if who.reached_by_hand:
        return list(had)
    return [*had] + [
        Point(None, kind, value.lower() if kind == "email" else value, value, "", "", 0)
        for kind, value in (("email", who.email), ("phone", who.phone))
        if value and not any(row.kind == kind for row in had)
    ]


def _of_addresses(told: Sequence[Sequence[Any]], change: Change, *, clears: bool) -> None:
    if not told:
        return
    rows, changed = _lives(change.who, change.had["addresses"]), False
    for label, *parts, _position in told:
        at = next((at for at, row in enumerate(rows) if row.label == label), None)
        if at is None:
            rows.append(Place._make((None, label, *parts, len(rows))))
            changed = True
            continue
        row = rows[at]
        given = {
            part: value
            for part, value in zip(ADDRESS_PARTS, parts, strict=True)
            if (value or clears) and getattr(row, part) != value
        }
        if given:
            rows[at], changed = row._replace(**given), True
    if changed:
        change.sets["addresses"] = rows


def _lives(who: Who, had: Sequence[Place]) -> list[Place]:
    """The addresses; of somebody whom imports of orders tell about, the one that they told."""
    if had or who.reached_by_hand or not (who.street or who.postal_code or who.city or who.country):
        return list(had)
    return [Place(None, "", who.street, who.postal_code, who.city, "", who.country, 0)]


def _take_over(change: Change) -> None:
    """From now on imports of orders leave alone how the customer is reached; all that they told becomes rows."""
    who = change.who
    if not who.reached_by_hand:
        change.columns["reached_by_hand"] = True
        change.sets.setdefault("contact_points", _in_their_places(_here(who, change.had["contact_points"])))
        change.sets.setdefault("addresses", _lives(who, change.had["addresses"]))


def _of_values(bringing: Bringing, told: Sequence[Sequence[Any]], change: Change, *, clears: bool) -> None:
    customs = bringing.plan.customs
    if not customs or not (told or clears):
        return
    rows: Sequence[Value] = change.had["custom_values"]
    fields = {bringing.fields[custom.key].pk for custom in customs if custom.key in bringing.fields}
    if not clears:
        fields &= {field for field, *_ in told}
    before = {(row.field_id, row.place): (row.text, row.number, row.day) for row in rows if row.field_id in fields}
    after = {(field, place): (text, number, day) for field, place, text, number, day in told}
    if before == after:
        return
    kept = [
        row
        for row in rows
        if row.field_id not in fields or after.get((row.field_id, row.place)) == before[row.field_id, row.place]
    ]
    places = {(row.field_id, row.place) for row in kept}
    new = [Value(None, *at, *cells) for at, cells in after.items() if at not in places]
    change.sets["custom_values"] = [*kept, *new]


def _of_consents(bringing: Bringing, told: Sequence[Sequence[Any]], change: Change) -> None:
    if told:
        before: Sequence[Said] = change.had["consents"]
        after = with_consents(before, told, bringing.brought.consent_source, bringing.at)
        if len(after) > len(before):
            change.sets["consents"] = after


def _of_key(bringing: Bringing, known: str | None, change: Change) -> None:
    rows: Sequence[Key] | None = change.had.get("external_keys")
    if not known or rows is None or not bringing.plan.ids_tell_whom:
        return
    if not any(row.source == bringing.source and row.external_id == known for row in rows):
        change.sets["external_keys"] = [*rows, Key(None, bringing.source, known)]


def _of_tags(told: Sequence[int], change: Change) -> None:
    rows: Sequence[Tagged] = change.had["tags"]
    known = {row.tag_id for row in rows}
    new = [Tagged(None, tag) for tag in told if tag not in known]
    if new:
        change.sets["tags"] = [*rows, *new]


def _repeat(change: Change) -> None:
    """Lists show the first contact point and address."""
    after: dict[str, str] = {}
    if "contact_points" in change.sets:
        told = [row[1:] for row in change.sets["contact_points"]]
        after |= {"email": creating.first_of(told, "email"), "phone": creating.first_of(told, "phone")[:64]}
    if "addresses" in change.sets:
        first = next(iter(change.sets["addresses"]), None)
        after |= {name: getattr(first, name, "") for name in TOLD_ADDRESS}
    change.columns |= {name: value for name, value in after.items() if getattr(change.who, name) != value}
