"""Customers by the API: the same actions and rights as on the pages."""

from datetime import date, datetime
from decimal import Decimal
from typing import Any, Literal

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from ninja import Query, Router, Schema
from pydantic import ConfigDict, Field

from keepers.crm.api.paging import BEYOND, After, Limit, Page, page_of, tagged, unchanged
from keepers.crm.customers.actions import records
from keepers.crm.customers.actions.acts import Act
from keepers.crm.customers.models import Customer
from keepers.crm.customers.queries import customer_for, customers_for
from keepers.crm.customers.told import read_with, told_to
from keepers.crm.customers.words import called
from keepers.crm.customers.written import change, create, refuse_locked, upsert
from keepers.crm.people.gate import needs, user_of
from keepers.crm.people.models import AuditEntry
from keepers.crm.people.rights import hidden_fields
from keepers.crm.people.roles import Noun, Verb

router = Router(tags=["customers"])
MOST_ROWS = 10_000
Kind = Literal["person", "organisation"]
Stage = Literal["prospect", "active", "slipping", "lapsed", "won-back", "closed"]
EXAMPLE: dict[str, Any] = {
    "name": "Erika Weber",
    "email": "erika@example.com",
    "phone": "+386 40 123 456",
    "stage": "prospect",
}


class CustomerTold(Schema):
    """A customer. Fields that are hidden from the key are left out."""

    model_config = ConfigDict(extra="allow", json_schema_extra={"examples": [EXAMPLE | {"id": 1, "key": "C-1"}]})

    id: int
    key: str
    name: str
    kind: str | None = None
    stage: str | None = None
    email: str | None = None
    phone: str | None = None
    city: str | None = None
    country: str | None = None
    owner: str | None = Field(None, description="e-mail of somebody who works here")
    team: str | None = None
    tags: list[str] | None = None
    acquired_by: str | None = None
    acquired_on: date | None = None
    acquisition_cost: Decimal | None = None
    custom: dict[str, Any] | None = None
    external_keys: dict[str, list[str]] | None = None
    created_at: datetime | None = None
    changed_at: datetime | None = None


class CustomerGiven(Schema):
    """What is written of a customer; what is left out stays as it is."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [EXAMPLE]})

    name: str = Field("", max_length=255)
    kind: Kind = "person"
    stage: Stage = "prospect"
    email: str = Field("", max_length=254)
    phone: str = Field("", max_length=64)
    owner: str | None = Field(None, max_length=254, description="e-mail of somebody who works here")
    team: str | None = Field(None, max_length=150)
    tags: list[str] = Field(default_factory=list, max_length=100)
    acquired_by: str = Field("", max_length=120)
    acquired_on: date | None = None
    acquisition_cost: Decimal | None = Field(None, ge=0, max_digits=18, decimal_places=4)
    custom: dict[str, Any] = Field(default_factory=dict)


class NewCustomer(CustomerGiven):
    """A customer who is not here yet."""

    key: str = Field("", max_length=255, description="the id that orders know them by; empty: one of our own is given")


class Upserted(CustomerGiven):
    """A customer of another system."""

    external_id: str = Field(min_length=1, max_length=255)


class Upsert(Schema):
    """Customers of another system, found by its ids."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"examples": [{"source": "shop", "rows": [EXAMPLE | {"external_id": "4711"}]}]},
    )

    source: str = Field(min_length=1, max_length=80)
    rows: list[Upserted] = Field(min_length=1, max_length=MOST_ROWS)


class Refused(Schema):
    """A row that was not taken."""

    row: int
    external_id: str
    why: str


class UpsertTold(Schema):
    """What became of the rows: created + updated + same + refused are as many as came."""

    created: int
    updated: int
    same: int
    refused: list[Refused]


class Wanted(Schema):
    """What the list is narrowed to."""

    q: str = Field("", max_length=200, description="words, or beginnings of words, in name, key or e-mail")
    stage: Stage | None = None
    kind: Kind | None = None
    owner: str = Field("", max_length=254)
    source: str = Field("", max_length=80, description="with `external_id`: the customer of another system's id")
    external_id: str = Field("", max_length=255)


@router.get("/customers", response=Page[CustomerTold], exclude_unset=True, summary="Customers whom the key may see")
@needs(Verb.SEE, Noun.CUSTOMERS)
def customers(
    request: HttpRequest,
    wanted: Query[Wanted],
    after: After = 0,
    limit: Limit = 50,
) -> dict[str, Any]:
    """The oldest first."""
    user = user_of(request)
    hidden = hidden_fields(user, Noun.CUSTOMERS)
    found = read_with(customers_for(user))
    if wanted.q:
        found = found.filter(called(wanted.q, hidden=hidden))
    for lookup, value in {"stage": wanted.stage, "kind": wanted.kind, "owner": wanted.owner}.items():
        if value and lookup not in hidden:
            found = found.filter(**{"owner__email__iexact" if lookup == "owner" else lookup: value})
    if wanted.source and wanted.external_id:
        found = found.filter(external_keys__source=wanted.source, external_keys__external_id=wanted.external_id)
    return page_of(found, lambda customer: told_to(user, customer), after=after, limit=limit)


@router.post("/customers", response={201: CustomerTold}, summary="Create a customer")
@needs(Verb.CREATE, Noun.CUSTOMERS)
def new_customer(request: HttpRequest, given: NewCustomer) -> HttpResponse:
    """Somebody new, a prospect unless told otherwise."""
    user = user_of(request)
    customer = create(_act(request), given.dict(exclude_unset=True))
    told = told_to(user, read_with(Customer.objects.all()).get(pk=customer.pk))
    return tagged(request, told, status=201, location=reverse("api:customer", args=[customer.pk]))


@router.post("/customers/bulk", response=UpsertTold, summary="Create or update up to 10,000 customers by external key")
@needs(Verb.CREATE, Noun.CUSTOMERS)
def upsert_customers(request: HttpRequest, given: Upsert) -> dict[str, Any]:
    """Each row by itself: those that cannot be taken are told with their reason, the others are in."""
    rows = [row.dict(exclude_unset=True) for row in given.rows]
    return upsert(_act(request), user_of(request), given.source, rows)


@router.get("/customers/{pk}", response=CustomerTold, exclude_unset=True, url_name="customer", summary="One customer")
@needs(Verb.SEE, Noun.CUSTOMERS)
def customer(request: HttpRequest, pk: int) -> HttpResponse:
    """With the tag of its state."""
    return tagged(request, told_to(user_of(request), _found(request, pk, Verb.SEE)))


@router.patch("/customers/{pk}", response=CustomerTold, summary="Change a customer")
@needs(Verb.EDIT, Noun.CUSTOMERS)
def change_customer(request: HttpRequest, pk: int, given: CustomerGiven) -> HttpResponse:
    """Only what is sent; with If-Match only if it is still what was seen."""
    user, found = user_of(request), _found(request, pk, Verb.EDIT)
    unchanged(request, told_to(user, found))
    changes = given.dict(exclude_unset=True)
    refuse_locked(user, changes)
    change(_act(request), found, changes)
    return tagged(request, told_to(user, _found(request, pk, Verb.SEE)))


@router.delete("/customers/{pk}", response={204: None}, summary="Take a customer out of the app")
@needs(Verb.DELETE, Noun.CUSTOMERS)
def delete_customer(request: HttpRequest, pk: int) -> HttpResponse:
    """Orders in the warehouse stay, and bring their customer back with the next run."""
    found = _found(request, pk, Verb.DELETE)
    unchanged(request, told_to(user_of(request), found))
    records.delete(_act(request), found)
    return HttpResponse(status=204)


def _found(request: HttpRequest, pk: int, verb: Verb) -> Customer:
    customer = customer_for(user_of(request), min(pk, BEYOND), verb)
    return read_with(Customer.objects.all()).get(pk=customer.pk)


def _act(request: HttpRequest) -> Act:
    return Act(by=user_of(request), at=timezone.now(), via=AuditEntry.Via.API)
