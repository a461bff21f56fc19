"""Rows that mean customers who are known: what differs is written, and how they were is kept."""

from collections import Counter, defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

from django.db.models import Model

from keepers.crm.customers import bulk_rows
from keepers.crm.customers.exchange import children, creating
from keepers.crm.customers.exchange.creating import Bringing, ToldRows
from keepers.crm.customers.exchange.models import Before, PeopleImport, Piece
from keepers.crm.customers.exchange.plans import ADDRESS_PARTS
from keepers.crm.customers.models import Address, Consent, ContactPoint, Customer, CustomValue, ExternalKey

_BEFORE = ("piece_id", "customer_id", "was")
_REACH = {"contact_points", "addresses"}
Sets = dict[str, list[Model]]
Row = TypeVar("Row", bound=Model)


@dataclass(slots=True)
class Change:
    """What a row changes about a customer.

    columns: attribute → value
    sets: name of a set → the whole set as it will be
    was: columns and sets as they were
    """

    columns: dict[str, Any] = field(default_factory=dict)
    sets: Sets = field(default_factory=dict)
    was: dict[str, Any] = field(default_factory=dict)

    def __bool__(self) -> bool:
        return bool(self.columns or self.sets)


@dataclass(frozen=True, slots=True)
class Told:
    """What a row tells of a customer: its cells, and rows of each set as `creating` makes them."""

    cells: Mapping[str, Any]
    points: Sequence[Sequence[Any]]
    places: Sequence[Sequence[Any]]
    values: Sequence[Sequence[Any]]
    consents: Sequence[Sequence[Any]]


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
    customers = Customer.objects.in_bulk(list(known))
    sets = {name: _sets(name, known) for name in children.SETS}
    found = {}
    for row, pk in enumerate(known):
        customer, change = customers[pk], Change()
        had = {name: of.get(pk, []) for name, of in sets.items()}
        cells = {name: told[row] for name, told in rows.cells.items()}
        told = Told(cells, rows.points[row], rows.places[row], rows.values[row], rows.consents[row])
        clears = bringing.brought.empty == PeopleImport.Empty.CLEAR
        if pk in filled:
            told, clears = _missing(customer, had, told), False
        _of_columns(bringing, customer, told.cells, change, clears=clears)
        _of_points(bringing, customer, had["contact_points"], told.points, change, clears=clears)
        _of_addresses(customer, had["addresses"], told.places, change, clears=clears)
        _of_values(bringing, customer, had["custom_values"], told.values, change, clears=clears)
        _of_consents(customer, had["consents"], told.consents, change)
        _of_key(bringing, customer, had["external_keys"], cells["id"], change)
        if rows.tags:
            _of_tags(customer, had["tags"], [tags.get(tag, 0) for tag in rows.tags[row]], change)
        if told.points or told.places or _REACH & change.sets.keys():
            _take_over(customer, had, change)
        _repeat(customer, change)
        if change:
            _keep(customer, had, change)
            found[pk] = change
    return found


def update(piece: Piece, bringing: Bringing, changes: Mapping[int, Change]) -> None:
    """Write what differs, and how it was; call it inside the transaction of the piece."""
    if not changes:
        return
    bulk_rows.add(Before, _BEFORE, [(piece.pk, pk, change.was) for pk, change in changes.items()])
    for name, model in children.SETS.items():
        of = {pk: change.sets[name] for pk, change in changes.items() if name in change.sets}
        if of:
            children.clear(model, of)
            bulk_rows.add_these([row for rows in of.values() for row in rows])
    by_columns: dict[tuple[str, ...], list[tuple[Any, ...]]] = defaultdict(list)
    for pk, change in changes.items():
        written = change.columns | {"changed_at": bringing.at}
        by_columns[tuple(written)].append((pk, *written.values()))
    for names, rows in by_columns.items():
        bulk_rows.change(Customer, names, rows)


def _sets(name: str, known: Sequence[int]) -> dict[int, list[Model]]:
    found: dict[int, list[Model]] = {}
    for row in children.SETS[name]._base_manager.filter(customer_id__in=list(known)).order_by("pk"):
        found.setdefault(row.customer_id, []).append(row)  # type: ignore[attr-defined]
    return found


def _missing(customer: Customer, had: Mapping[str, list[Model]], told: Told) -> Told:
    """What a row tells that is not known yet; contact points come after those that are there."""
    known = {"name": customer.name, "acquired_by": customer.acquired_by, "acquired_on": customer.acquired_on,
             "owner": customer.owner_id}  # fmt: skip
    labels = {row.label for row in _lives(customer, had["addresses"])}
    fields = {row.field_id for row in had["custom_values"] if isinstance(row, CustomValue)}
    asked = {(row.channel, row.purpose) for row in had["consents"] if isinstance(row, Consent)}
    return Told(
        {name: None if known.get(name) else cell for name, cell in told.cells.items()},
        [(*point[:-1], point[-1] or 1) for point in told.points],
        [place for place in told.places if place[0] not in labels],
        [value for value in told.values if value[0] not in fields],
        [consent for consent in told.consents if (consent[0], consent[1]) not in asked],
    )


def _of_columns(
    bringing: Bringing, customer: Customer, row: Mapping[str, Any], change: Change, *, clears: bool
) -> None:
    roles = bringing.plan.roles
    name = row["name"]
    if name and name != customer.name:
        change.columns |= {"name": name, "named_by_hand": True}
    for column, empty in (("acquired_by", ""), ("acquired_on", None)):
        value = row[column] if row[column] is not None else empty
        told = column in roles and (value != empty or clears)
        if told and value != getattr(customer, column):
            change.columns[column] = value
    owner = bringing.owners.get(row["owner"] or "")
    told = "owner" in roles and (owner is not None or (clears and not row["owner"]))
    if told and owner != customer.owner_id:
        change.columns["owner_id"] = owner


def _of_points(
    bringing: Bringing,
    customer: Customer,
    had: list[Model],
    told: Sequence[Sequence[Any]],
    change: Change,
    *,
    clears: bool,
) -> None:
    rows = _here(customer, had)
    rows.sort(key=lambda point: (point.kind, point.position, point.pk or 0))
    before = [_point(row) for row in rows]
    for kind, value, written, label, problem, position in told:
        if any(row.kind == kind and row.value == value for row in rows):
            continue
        new = ContactPoint(customer=customer, kind=kind, value=value, written=written, label=label, problem=problem)
        place = next((at for at, row in enumerate(rows) if row.kind == kind), len(rows))
        rows.insert(place if not position else len(rows), new)
    if clears:
        kinds = {contact.kind for contact in bringing.plan.contacts} - {kind for kind, *_ in told}
        rows = [row for row in rows if row.kind not in kinds]
    if [_point(row) for row in rows] != before:
        change.sets["contact_points"] = _in_their_places(rows)


def _in_their_places(rows: Sequence[ContactPoint]) -> list[Model]:
    """The same contact points, numbered."""
    counts: Counter[str] = Counter()
    found: list[Model] = []
    for row in rows:
        copy = _copy(row)
        copy.position = counts[row.kind]
        counts[row.kind] += 1
        found.append(copy)
    return found


def _here(customer: Customer, had: Sequence[Model]) -> list[ContactPoint]:
    """The contact points; of somebody whom imports of orders tell about, those that they told."""
    rows = [row for row in had if isinstance(row, ContactPoint)]
    told = (("email", customer.email), ("phone", customer.phone))
    if customer.reached_by_hand:
        return rows
    return rows + [
        ContactPoint(customer=customer, kind=kind, value=value.lower() if kind == "email" else value, written=value)
        for kind, value in told
        if value and not any(row.kind == kind for row in rows)
    ]


def _point(row: ContactPoint) -> tuple[str, str]:
    return row.kind, row.value


def _of_addresses(
    customer: Customer, had: list[Model], told: Sequence[Sequence[Any]], change: Change, *, clears: bool
) -> None:
    rows, changed = _lives(customer, had), False
    for label, *parts, _position in told:
        given = dict(zip(ADDRESS_PARTS, parts, strict=True))
        row = next((row for row in rows if row.label == label), None)
        if row is None:
            rows.append(Address(customer=customer, label=label, position=len(rows), **given))
            changed = True
            continue
        for part, value in given.items():
            if (value or clears) and getattr(row, part) != value:
                row = _other(row, rows)
                setattr(row, part, value)
                changed = True
    if changed:
        change.sets["addresses"] = list(rows)


def _lives(customer: Customer, had: Sequence[Model]) -> list[Address]:
    """The addresses; of somebody whom imports of orders tell about, the one that they told."""
    rows = [row for row in had if isinstance(row, Address)]
    if rows or customer.reached_by_hand or not (customer.city or customer.country):
        return rows
    return [Address(customer=customer, city=customer.city, country=customer.country)]


def _other(row: Address, rows: list[Address]) -> Address:
    """A copy of a row in its place, with the same primary key."""
    copy = _copy(row)
    rows[rows.index(row) if row.pk else next(at for at, each in enumerate(rows) if each is row)] = copy
    return copy


def _take_over(customer: Customer, had: Mapping[str, list[Model]], change: Change) -> None:
    """From now on imports of orders leave alone how the customer is reached; all that they told becomes rows."""
    if not customer.reached_by_hand:
        change.columns["reached_by_hand"] = True
        change.sets.setdefault("contact_points", _in_their_places(_here(customer, had["contact_points"])))
        change.sets.setdefault("addresses", list(_lives(customer, had["addresses"])))


def _of_values(
    bringing: Bringing,
    customer: Customer,
    had: list[Model],
    told: Sequence[Sequence[Any]],
    change: Change,
    *,
    clears: bool,
) -> None:
    rows = [row for row in had if isinstance(row, CustomValue)]
    fields = {bringing.fields[custom.key].pk for custom in bringing.plan.customs if custom.key in bringing.fields}
    given = {field for field, *_ in told}
    if not clears:
        fields &= given
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
    new = [
        CustomValue(customer=customer, field_id=field, place=place, text=text, number=number, day=day)
        for (field, place), (text, number, day) in after.items()
        if (field, place) not in places
    ]
    change.sets["custom_values"] = [*kept, *new]


def _of_consents(customer: Customer, had: list[Model], told: Sequence[Sequence[Any]], change: Change) -> None:
    rows = [row for row in had if isinstance(row, Consent)]
    latest = {(row.channel, row.purpose): row for row in rows if row.is_latest}
    new = []
    for channel, purpose, state, at, proof, source, by, is_latest in told:
        before = latest.get((channel, purpose))
        refused_already = before is not None and state == "refused" and before.state in Consent.REFUSALS
        if before is not None and (before.state == state or refused_already):
            continue
        new.append(
            Consent(
                customer=customer, channel=channel, purpose=purpose, state=state, at=at, proof=proof, source=source,
                by_id=by, is_latest=is_latest,
            )
        )  # fmt: skip
    if new:
        replaced = {(row.channel, row.purpose) for row in new}
        old = [_no_longer(row) if row.is_latest and (row.channel, row.purpose) in replaced else row for row in rows]
        change.sets["consents"] = [*old, *new]


def _no_longer(row: Consent) -> Consent:
    copy = _copy(row)
    copy.is_latest = False
    return copy


def _of_key(bringing: Bringing, customer: Customer, had: list[Model], known: str | None, change: Change) -> None:
    if not known or not bringing.plan.has_ids or bringing.plan.key_role == "key":
        return
    rows = [row for row in had if isinstance(row, ExternalKey)]
    if not any(row.source == bringing.source and row.external_id == known for row in rows):
        new = ExternalKey(customer=customer, source=bringing.source, external_id=known)
        change.sets["external_keys"] = [*rows, new]


def _of_tags(customer: Customer, had: list[Model], told: Sequence[int], change: Change) -> None:
    known = {row.tag_id for row in had}  # type: ignore[attr-defined]
    new = [children.TAGGED(customer_id=customer.pk, tag_id=tag) for tag in told if tag not in known]
    if new:
        change.sets["tags"] = [*had, *new]


def _repeat(customer: Customer, change: Change) -> None:
    """Lists show the first contact point and address."""
    after: dict[str, str] = {}
    if "contact_points" in change.sets:
        told = [
            (row.kind, row.value, "", "", row.problem)
            for row in change.sets["contact_points"]
            if isinstance(row, ContactPoint)
        ]
        after |= {"email": creating.first_of(told, "email"), "phone": creating.first_of(told, "phone")[:64]}
    if "addresses" in change.sets:
        first = next(iter(change.sets["addresses"]), None)
        after |= {"city": getattr(first, "city", ""), "country": getattr(first, "country", "")}
    change.columns |= {name: value for name, value in after.items() if getattr(customer, name) != value}


def _copy(row: Row) -> Row:
    """The same row, to be changed; how it was is still needed."""
    return type(row)(**{each.attname: getattr(row, each.attname) for each in row._meta.concrete_fields})


def _keep(customer: Customer, had: Mapping[str, list[Model]], change: Change) -> None:
    """How the customer was."""
    columns = {name: getattr(customer, name) for name in (*change.columns, "changed_at")}
    change.was = {
        "columns": {
            name: value if isinstance(value, str | int | bool | None) else value.isoformat()
            for name, value in columns.items()
        },
        "sets": {name: children.kept(had[name]) for name in change.sets},
    }
