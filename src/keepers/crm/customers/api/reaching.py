"""How customers are reached, and what they agreed to, by the API."""

from datetime import datetime
from typing import Any, Literal

from django.db.models import QuerySet
from django.http import HttpRequest
from ninja import Router, Schema
from pydantic import ConfigDict, Field

from keepers.crm.api.paging import Number, aware
from keepers.crm.api.resources import Resource
from keepers.crm.customers.actions import consents, reaching
from keepers.crm.customers.api.narrowing import OfCustomer, of_customer
from keepers.crm.customers.asking import act_of
from keepers.crm.customers.computed.hiding import hidden_of_customers
from keepers.crm.customers.locking import WHERE, refuse_locked
from keepers.crm.customers.models import Address, Consent, ContactPoint
from keepers.crm.customers.queries import belonging_to, customer_for, firm
from keepers.crm.people.gate import user_of
from keepers.crm.people.models import User
from keepers.crm.people.roles import Noun, Verb

router = Router(tags=["customers"])
PointKind = Literal["email", "phone", "web", "social"]
Channel = Literal["email", "phone", "letter", "sms", "web"]
Purpose = Literal["marketing", "service", "research", "profiling"]
Said = Literal["given", "refused", "withdrawn"]
POINT: dict[str, Any] = {"customer": 1, "kind": "email", "value": "erika@example.com", "label": "work"}
PLACE: dict[str, Any] = {"customer": 1, "street": "Main street 1", "postal_code": "1000", "city": "Ljubljana"}
CONSENT: dict[str, Any] = {
    "customer": 1,
    "channel": "email",
    "purpose": "marketing",
    "state": "given",
    "proof": "ticked “Write to me” on example.com/news",
}


class PointTold(Schema):
    """A way to reach a customer; `problem` says why it cannot be used, if it cannot."""

    model_config = ConfigDict(json_schema_extra={"examples": [POINT | {"id": 7, "problem": "", "position": 0}]})

    id: int
    customer: int
    kind: PointKind
    value: str
    written: str
    label: str
    problem: str
    position: int = Field(description="the first of its kind is the one to use")


class PointChanges(Schema):
    """A contact point written anew."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"label": "home", "first": True}]})

    value: str = Field("", max_length=254)
    label: str = Field("", max_length=40)
    first: bool = Field(default=False, description="the one to use from now on")


class NewPoint(PointChanges):
    """One more way to reach a customer."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [POINT]})

    customer: Number
    kind: PointKind
    value: str = Field(min_length=1, max_length=254)


class AddressChanges(Schema):
    """An address written anew; parts that are left out stay."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"street": "Main street 2"}]})

    label: str = Field("", max_length=40)
    street: str = Field("", max_length=255)
    postal_code: str = Field("", max_length=20)
    city: str = Field("", max_length=120)
    region: str = Field("", max_length=120)
    country: str = Field("", max_length=80)


class NewAddress(AddressChanges):
    """One more address of a customer."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [PLACE]})

    customer: Number


class AddressTold(Schema):
    """Where letters and visits go."""

    model_config = ConfigDict(json_schema_extra={"examples": [PLACE | {"id": 7}]})

    id: int
    customer: int
    label: str
    street: str
    postal_code: str
    city: str
    region: str
    country: str
    position: int


class ConsentsWanted(OfCustomer):
    """Which words of customers."""

    channel: Channel | None = None
    purpose: Purpose | None = None
    latest: bool = Field(default=False, description="only those that count now")


class NewConsent(Schema):
    """What a customer said."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [CONSENT]})

    customer: Number
    channel: Channel
    purpose: Purpose
    state: Said
    proof: str = Field("", max_length=10_000, description="how they agreed; needed where it was given")
    source: str = Field("", max_length=120)
    said_at: datetime | None = None


class ConsentTold(Schema):
    """What a customer said on a channel for a purpose; the latest word counts."""

    model_config = ConfigDict(json_schema_extra={"examples": [CONSENT | {"id": 7, "latest": True}]})

    id: int
    customer: int
    channel: Channel
    purpose: Purpose
    state: Said
    at: datetime
    proof: str
    source: str
    by: str | None = Field(None, description="who wrote it down; null for the customer")
    latest: bool


def _points(user: User, verb: Verb) -> QuerySet[ContactPoint]:
    seen = belonging_to(user, verb, ContactPoint.objects.all())
    return seen.exclude(kind__in=hidden_of_customers(user)).select_related("customer")


def _addresses(user: User, verb: Verb) -> QuerySet[Address]:
    if WHERE & hidden_of_customers(user):
        return Address.objects.none()
    return belonging_to(user, verb, Address.objects.select_related("customer"))


def _consents(user: User, verb: Verb) -> QuerySet[Consent]:
    return belonging_to(user, verb, Consent.objects.select_related("by"))


def _tell_point(user: User, point: ContactPoint) -> dict[str, Any]:
    told = ("kind", "value", "written", "label", "problem", "position")
    return {"id": point.pk, "customer": point.customer_id} | {name: getattr(point, name) for name in told}


def _tell_address(user: User, address: Address) -> dict[str, Any]:
    parts = {name: getattr(address, name) for name in (*reaching.ADDRESS, "position")}
    return {"id": address.pk, "customer": address.customer_id} | parts


def _tell_consent(user: User, consent: Consent) -> dict[str, Any]:
    told = {name: getattr(consent, name) for name in ("channel", "purpose", "state", "at", "proof", "source")}
    by = consent.by.email if consent.by else None
    return {"id": consent.pk, "customer": consent.customer_id, **told, "by": by, "latest": consent.is_latest}


def _narrow_consents(user: User, things: QuerySet[Consent], wanted: ConsentsWanted) -> QuerySet[Consent]:
    asked = {"channel": wanted.channel, "purpose": wanted.purpose, "is_latest": wanted.latest or None}
    narrowed: QuerySet[Consent] = of_customer(user, things, wanted)
    return narrowed.filter(**{name: value for name, value in asked.items() if value is not None})


def _add_point(request: HttpRequest, given: dict[str, Any]) -> ContactPoint:
    customer = customer_for(user_of(request), given.pop("customer"), Verb.EDIT)
    text, kind = given.pop("value"), given.pop("kind")
    refuse_locked(user_of(request), [kind])
    return reaching.add_contact_point(act_of(request), customer, kind, text, country=firm().country, **given)


def _change_point(request: HttpRequest, point: ContactPoint, given: dict[str, Any]) -> ContactPoint:
    refuse_locked(user_of(request), [point.kind])
    if {"value", "label"} & set(given):
        text, label = given.get("value", point.written), given.get("label", point.label)
        point = reaching.change_contact_point(act_of(request), point, text, label=label, country=firm().country)
    if given.get("first"):
        reaching.use_first(act_of(request), point)
    return point


def _remove_point(request: HttpRequest, point: ContactPoint) -> None:
    refuse_locked(user_of(request), [point.kind])
    reaching.remove_contact_point(act_of(request), point)


def _add_address(request: HttpRequest, given: dict[str, Any]) -> Address:
    refuse_locked(user_of(request), WHERE)
    customer = customer_for(user_of(request), given.pop("customer"), Verb.EDIT)
    return reaching.add_address(act_of(request), customer, **given)


def _change_address(request: HttpRequest, address: Address, given: dict[str, Any]) -> None:
    refuse_locked(user_of(request), WHERE)
    parts = {name: getattr(address, name) for name in reaching.ADDRESS} | given
    reaching.change_address(act_of(request), address, **parts)


def _remove_address(request: HttpRequest, address: Address) -> None:
    refuse_locked(user_of(request), WHERE)
    reaching.remove_address(act_of(request), address)


def _say(request: HttpRequest, given: dict[str, Any]) -> Consent:
    customer = customer_for(user_of(request), given.pop("customer"), Verb.EDIT)
    said_at: datetime | None = given.pop("said_at", None)
    return consents.say(act_of(request), customer, said_at=said_at and aware(said_at), **given)


points = Resource(
    router, "contact point", "contact points", Noun.CUSTOMERS, PointTold, _tell_point, _points, "contact_points"
)
points.lists(OfCustomer, of_customer)
points.creates(NewPoint, _add_point, verb=Verb.EDIT)
points.changes(PointChanges, _change_point)
points.removes(_remove_point, verb=Verb.EDIT)

addresses = Resource(
    router, "address", "addresses", Noun.CUSTOMERS, AddressTold, _tell_address, _addresses, "addresses"
)
addresses.lists(OfCustomer, of_customer)
addresses.creates(NewAddress, _add_address, verb=Verb.EDIT)
addresses.changes(AddressChanges, _change_address)
addresses.removes(_remove_address, verb=Verb.EDIT)

said = Resource(router, "consent", "consents", Noun.CUSTOMERS, ConsentTold, _tell_consent, _consents, "consent")
said.lists(ConsentsWanted, _narrow_consents)
said.creates(NewConsent, _say, verb=Verb.EDIT)
