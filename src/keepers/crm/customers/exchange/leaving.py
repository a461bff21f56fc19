"""What leaves as files: customers with all that they have, and what belongs to them, as far as somebody may take it."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Model, Prefetch, QuerySet
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from keepers.crm.customers.computed.hiding import hidden_of_customers
from keepers.crm.customers.exchange.models import KeptRecord
from keepers.crm.customers.models import Consent, Customer, CustomField, Relation
from keepers.crm.customers.models.lives import TOLD_ADDRESS
from keepers.crm.customers.timeline.models import Touch
from keepers.crm.customers.typed import value_in
from keepers.crm.lists.columns import Column
from keepers.crm.people.models import User
from keepers.crm.people.rights import allowed, belongs
from keepers.crm.people.roles import Noun, Verb

ROWS_AT_ONCE = 1_000
POINTS = (("email", 3), ("phone", 4), ("web", 1), ("social", 1))
PLACES = (("", 0), ("other_", 1))
PARTS = ("street", "postal_code", "city", "region", "country")
Text = str | Promise


@dataclass(frozen=True, slots=True)
class Leaving:
    """One kind of thing that leaves as a file.

    noun: on which rights are asked
    columns, rows: of the file, for somebody
    """

    label: Text
    noun: Noun
    columns: Callable[[User], Sequence[Column]]
    rows: Callable[[User], Iterator[Any]]


def in_steps(rows: QuerySet[Any]) -> Iterator[Any]:
    """All rows by their primary keys, some at a time with what is fetched beside them, however many there are."""
    last = 0
    while found := list(rows.filter(pk__gt=last).order_by("pk")[:ROWS_AT_ONCE]):
        yield from found
        last = found[-1].pk


def column(name: str, read: Callable[[Any], Any]) -> Column:
    """A column of a file."""
    return Column(name=name, label=name, kind="text", source="", read=read)


def customers_of(user: User) -> Iterator[Customer]:
    """The customers whom somebody may take away, with all that they have."""
    latest = Prefetch(
        "consents", Consent.objects.filter(is_latest=True).order_by("channel", "purpose"), "latest_consents"
    )
    there = allowed(user, Verb.EXPORT, Noun.CUSTOMERS, Customer.objects.all())
    beside = ("contact_points", "addresses", "tags", "external_keys", "custom_values", latest)
    return in_steps(there.select_related("owner", "team").prefetch_related(*beside))


def _customer_columns(user: User) -> list[Column]:
    hidden = hidden_of_customers(user)
    plain = [
        ("customer_id", "key", lambda each: each.key), ("name", "name", lambda each: each.name),
        ("kind", "kind", lambda each: each.kind), ("stage", "stage", lambda each: each.stage),
        ("owner", "owner", lambda each: each.owner.email if each.owner else None),
        ("team", "team", lambda each: each.team.name if each.team else None),
        *_points(), *_places(),
        ("tags", "tags", lambda each: "; ".join(sorted(tag.name for tag in each.tags.all())) or None),
        ("acquired_by", "acquired_by", lambda each: each.acquired_by or None),
        ("acquired_on", "acquired_on", lambda each: each.acquired_on),
        ("acquisition_cost", "acquisition_cost", lambda each: _figure(each.acquisition_cost)),
        ("created_on", "created_at", lambda each: each.created_at.date() if each.created_at else None),
        ("consents", "consents", _consents),
        ("external_ids", "external_keys", lambda each: "; ".join(_keys(each)) or None),
    ]  # fmt: skip
    fields = CustomField.objects.filter(noun="customers", removed_at=None)
    found = [column(name, read) for name, of, read in plain if of not in hidden]
    return found + [column(field.key, _value_of(field)) for field in fields if field.key not in hidden]


def _keys(customer: Customer) -> list[str]:
    return [str(key) for key in customer.external_keys.all() if not key.is_fingerprint]


def _points() -> list[tuple[str, str, Callable[[Any], Any]]]:
    return [
        (kind if not place else f"{kind}_{place + 1}", kind, _point(kind, place))
        for kind, most in POINTS
        for place in range(most)
    ]


def _point(kind: str, place: int) -> Callable[[Any], Any]:
    def read(each: Customer) -> str | None:
        found = [point.value for point in each.contact_points.all() if point.kind == kind]
        if not found and not place and kind in {"email", "phone"}:
            return getattr(each, kind) or None
        return found[place] if place < len(found) else None

    return read


def _places() -> list[tuple[str, str, Callable[[Any], Any]]]:
    return [(f"{name}{part}", part, _part(number, part)) for name, number in PLACES for part in PARTS]


def _part(number: int, part: str) -> Callable[[Any], Any]:
    def read(each: Customer) -> str | None:
        found = list(each.addresses.all())
        if not found and not number and part in TOLD_ADDRESS:
            return getattr(each, part) or None
        return (getattr(found[number], part) or None) if number < len(found) else None

    return read


def _consents(each: Any) -> str | None:
    return (
        "; ".join(f"{consent} ({consent.at:%Y-%m-%d}, {consent.source or '–'})" for consent in each.latest_consents)
        or None
    )


def _value_of(field: CustomField) -> Callable[[Any], Any]:
    def read(each: Customer) -> Any:
        value = value_in(field, [row for row in each.custom_values.all() if row.field_id == field.pk])
        if isinstance(value, bool):
            return "yes" if value else "no"
        if isinstance(value, list):
            return "; ".join(value)
        return value if value is None or isinstance(value, str) or hasattr(value, "isoformat") else float(value)

    return read


def _figure(value: Any) -> float | None:
    return None if value is None else float(value)


def _relations(user: User) -> Iterator[Relation]:
    mine = belongs(user, Verb.EXPORT, Noun.CUSTOMERS, "customer__") & belongs(
        user, Verb.EXPORT, Noun.CUSTOMERS, "other__"
    )
    return in_steps(Relation.objects.filter(mine).select_related("customer", "other"))


def _relation_columns(user: User) -> list[Column]:
    hides = "name" in hidden_of_customers(user)
    return [
        column("customer_id", lambda each: each.customer.key),
        *([] if hides else [column("name", lambda each: each.customer.name)]),
        column("relation", lambda each: each.kind),
        column("other_customer_id", lambda each: each.other.key),
        *([] if hides else [column("other_name", lambda each: each.other.name)]),
        column("note", lambda each: each.note or None),
        column("since", lambda each: each.since),
        column("until", lambda each: each.until),
    ]


def belonging_to_customers(user: User, noun: Noun, rows: QuerySet[Any]) -> Iterator[Any]:
    """Things of customers that somebody may take away: those of their noun, of customers whom they may take away."""
    mine = belongs(user, Verb.EXPORT, Noun.CUSTOMERS, "customer__") & belongs(user, Verb.EXPORT, noun, "customer__")
    return in_steps(rows.filter(mine).select_related("customer"))


def of_customer(user: User) -> list[Column]:
    """Whose a row is."""
    found = [column("customer_id", lambda each: each.customer.key if each.customer else None)]
    if "name" not in hidden_of_customers(user):
        found.append(column("name", lambda each: each.customer.name if each.customer else None))
    return found


def _touch_columns(user: User) -> list[Column]:
    names = ("kind", "direction", "title", "body", "outcome", "campaign", "minutes", "source", "external_id")
    return [
        *of_customer(user),
        column("at", lambda each: each.at.isoformat()),
        *(column(name, _attribute(name)) for name in names),
        column("by", lambda each: str(each.actor or each.actor_name) or None),
    ]


def _kept_columns(user: User) -> list[Column]:
    names = ("noun", "source", "external_id", "title", "status", "actor_name", "body")
    return [
        *of_customer(user),
        column("at", lambda each: each.at.isoformat() if each.at else None),
        *(column(name, _attribute(name)) for name in names),
        column("amount", lambda each: _figure(each.amount)),
        column("currency", _attribute("currency")),
        column("row", lambda each: "; ".join(f"{header}: {cell}" for header, cell in each.data.items())),
    ]


def _attribute(name: str) -> Callable[[Model], Any]:
    return lambda each: getattr(each, name) if getattr(each, name) != "" else None


LEAVING: dict[str, Leaving] = {
    "customers": Leaving(_("Customers, with all that they have"), Noun.CUSTOMERS, _customer_columns, customers_of),
    "relations": Leaving(_("Who belongs to whom"), Noun.CUSTOMERS, _relation_columns, _relations),
    "touches": Leaving(
        _("What is on their timelines"),
        Noun.TOUCHES,
        _touch_columns,
        lambda user: belonging_to_customers(
            user, Noun.TOUCHES, Touch.objects.filter(removed_at=None).select_related("actor")
        ),
    ),
    "kept": Leaving(
        _("Deals, tickets and what else is kept"),
        Noun.DEALS,
        _kept_columns,
        lambda user: belonging_to_customers(user, Noun.DEALS, KeptRecord.objects.all()),
    ),
}
