"""All that a customer's page tells of who they are, read in a few queries."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from keepers.crm.customers.computed.hiding import hidden_of_customers
from keepers.crm.customers.locking import CONTACT_POINTS, WHERE, locked_of_customers
from keepers.crm.customers.models import Address, Attachment, Consent, ContactPoint, Customer, Relation
from keepers.crm.customers.properties import PROPERTIES, Property, of_field
from keepers.crm.customers.queries import custom_fields, customers_for, may_do
from keepers.crm.people.models import User
from keepers.crm.people.roles import Verb

RELATED_SHOWN = 50
CHANNELS = {
    ContactPoint.Kind.EMAIL: (Consent.Channel.EMAIL,),
    ContactPoint.Kind.PHONE: (Consent.Channel.PHONE, Consent.Channel.SMS),
}


@dataclass(frozen=True)
class Told:
    """A property and what the customer has there."""

    told: Property
    value: Any
    may_change: bool


@dataclass(frozen=True)
class Reached:
    """A contact point, and what the customer agreed to on its channels."""

    point: ContactPoint
    consents: Sequence[Consent]


@dataclass(frozen=True)
class Profile:
    """Who a customer is; what the user's role does not see is empty."""

    customer: Customer
    may_change: bool
    may_delete: bool
    properties: Sequence[Told]
    custom: Sequence[Told]
    hidden: frozenset[str]
    locked: frozenset[str]
    reached: Sequence[Reached] = ()
    addresses: Sequence[Address] = ()
    consents: Sequence[Consent] = ()
    relations: Sequence[Relation] = ()
    related: Sequence[Relation] = ()
    attachments: Sequence[Attachment] = ()

    @property
    def lives_in(self) -> str:
        """What imports told of where they live."""
        customer = self.customer
        parts = [(customer.city, "city"), (customer.country, "country")]
        if not WHERE & self.hidden:
            town = " ".join(filter(None, (customer.postal_code, customer.city)))
            parts = [(customer.street, "street"), (town, "city"), (customer.country, "country")]
        return ", ".join(text for text, name in parts if text and name not in self.hidden)

    @property
    def latest(self) -> list[Consent]:
        """What counts now, a channel and purpose each."""
        return [each for each in self.consents if each.is_latest]

    @property
    def earlier(self) -> list[Consent]:
        """What they said before."""
        return [each for each in self.consents if not each.is_latest]


def profile_of(customer: Customer, user: User) -> Profile:
    """What this user may see of a customer."""
    hidden, locked = hidden_of_customers(user), locked_of_customers(user)
    may_change = may_do(user, Verb.EDIT, customer)
    consents = [] if "consent" in hidden else list(customer.consents.select_related("by"))

    def told(each: Property) -> Told:
        return Told(each, each.read(customer), may_change and not each.is_computed and each.name not in locked)

    own = [each for each in PROPERTIES.values() if each.name not in hidden]
    custom = [each for each in map(of_field, custom_fields()) if each.name not in hidden]
    return Profile(
        customer=customer,
        may_change=may_change,
        may_delete=may_do(user, Verb.DELETE, customer),
        properties=[told(each) for each in own],
        custom=[told(each) for each in custom],
        hidden=hidden,
        locked=locked,
        reached=[] if CONTACT_POINTS in hidden else _reached(customer, consents, hidden),
        addresses=[] if WHERE & hidden else list(customer.addresses.all()),
        consents=consents,
        relations=[] if "relations" in hidden else _seen(user, customer.relations.select_related("other"), "other"),
        related=[] if "relations" in hidden else _seen(user, customer.related.select_related("customer"), "customer"),
        attachments=[] if "attachments" in hidden else list(customer.attachments.select_related("added_by")),
    )


def _reached(customer: Customer, consents: Sequence[Consent], hidden: frozenset[str]) -> list[Reached]:
    """Contact points; before anybody changed them here, those that imports told."""
    points = list(customer.contact_points.all())
    if not customer.reached_by_hand:
        told = ((ContactPoint.Kind.EMAIL, customer.email), (ContactPoint.Kind.PHONE, customer.phone))
        known = {(point.kind, point.value) for point in points}
        points += [
            ContactPoint(customer=customer, kind=kind, value=text, written=text)
            for kind, text in told
            if text and (kind, text) not in known
        ]
    return [Reached(point, _on(point, consents)) for point in points if point.kind not in hidden]


def _on(point: ContactPoint, consents: Sequence[Consent]) -> list[Consent]:
    channels = CHANNELS.get(ContactPoint.Kind(point.kind), ())
    return [each for each in consents if each.is_latest and each.channel in channels]


def _seen(user: User, relations: Any, side: str) -> list[Relation]:
    """Relations to customers whom the user may see too."""
    kept = list(relations.order_by("kind", "pk")[:RELATED_SHOWN])
    if not kept:
        return []
    others = [getattr(each, side).pk for each in kept]
    allowed = set(customers_for(user).filter(pk__in=others).values_list("pk", flat=True))
    return [each for each in kept if getattr(each, side).pk in allowed]
