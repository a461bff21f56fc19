"""Customers by the API: the same actions and rights as on the pages."""

from datetime import date, datetime
from decimal import Decimal
from typing import Any, Literal

from django.db.models import Q, QuerySet
from django.http import Http404, HttpRequest, QueryDict
from django.utils.translation import gettext as _
from ninja import Router, Schema
from pydantic import ConfigDict, Field

from keepers.crm.api.paging import Number, Paged, aware, only
from keepers.crm.api.resources import Resource
from keepers.crm.customers.actions import records
from keepers.crm.customers.asking import act_of
from keepers.crm.customers.computed.hiding import hidden_of_customers
from keepers.crm.customers.everybody import NOUN as EVERYBODY
from keepers.crm.customers.everybody import everybody_list
from keepers.crm.customers.finding.words import called
from keepers.crm.customers.locking import refuse_locked
from keepers.crm.customers.models import Customer
from keepers.crm.customers.queries import customers_for
from keepers.crm.customers.told import read_with, told_to
from keepers.crm.customers.written import change, create, names_of, refuse_hidden, upsert
from keepers.crm.lists.actions import views_seen_by
from keepers.crm.lists.pages import asked_of, condition_of
from keepers.crm.people.gate import needs, user_of
from keepers.crm.people.models import User
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


class Wanted(Paged):
    """What the list is narrowed to."""

    view: Number | None = Field(None, description="a saved view of everybody, narrowed further by the rest")
    q: str = Field("", max_length=200, description="words, or beginnings of words, in name, key or e-mail")
    stage: Stage | None = None
    kind: Kind | None = None
    owner: str = Field("", max_length=254, description="e-mail of somebody who works here")
    team: str = Field("", max_length=150)
    tag: str = Field("", max_length=60)
    changed_since: datetime | None = None
    source: str = Field("", max_length=80, description="with `external_id`: the customer of another system's id")
    external_id: str = Field("", max_length=255)


def _customers(user: User, verb: Verb) -> QuerySet[Customer]:
    return read_with(customers_for(user, verb))


def _narrow(user: User, found: QuerySet[Customer], wanted: Wanted) -> QuerySet[Customer]:
    hidden = hidden_of_customers(user)
    if wanted.view is not None:
        found = found.filter(_of_view(user, wanted.view))
    if wanted.q:
        found = found.filter(called(wanted.q, hidden=hidden))
    asked = {
        "stage": ("stage", wanted.stage),
        "kind": ("kind", wanted.kind),
        "owner": ("owner__email__iexact", wanted.owner),
        "team": ("team__name__iexact", wanted.team),
        "tags": ("tags__name__iexact", wanted.tag),
    }
    for field, (lookup, value) in asked.items():
        if value:
            refuse_hidden(user, field)
            found = found.filter(**{lookup: value})
    if wanted.changed_since is not None:
        found = found.filter(changed_at__gte=aware(wanted.changed_since))
    if wanted.external_id:
        found = found.filter(external_keys__source=wanted.source, external_keys__external_id=wanted.external_id)
    return found


def _of_view(user: User, pk: int) -> Q:
    """Who is meant by a saved view of everybody."""
    view = views_seen_by(user).filter(noun=EVERYBODY, pk=pk).first()
    if view is None:
        raise Http404(_("There is no view of everybody of this number, or none that this key may see."))
    parameters = QueryDict(mutable=True)
    for name, told in view.query.items():
        parameters.setlist(name, told)
    return condition_of(asked_of(everybody_list(user), parameters.urlencode()))


def _create(request: HttpRequest, given: dict[str, Any]) -> Customer:
    refuse_locked(user_of(request), names_of(given))
    return create(act_of(request), given)


def _change(request: HttpRequest, found: Customer, given: dict[str, Any]) -> None:
    refuse_locked(user_of(request), names_of(given))
    change(act_of(request), found, given)


def _delete(request: HttpRequest, found: Customer) -> None:
    records.delete(act_of(request), found)


customers = Resource(router, "customer", "customers", Noun.CUSTOMERS, CustomerTold, told_to, _customers)
customers.lists(Wanted, _narrow)
customers.creates(NewCustomer, _create)
customers.changes(CustomerGiven, _change)
customers.removes(_delete)


@router.post(
    "/customers/bulk", response=UpsertTold, operation_id="upsert-customers", url_name="upsert-customers",
    summary="Create or update up to 10,000 customers by external key",
)  # fmt: skip
@needs(Verb.CREATE, Noun.CUSTOMERS)
def upsert_customers(request: HttpRequest, given: Upsert) -> dict[str, Any]:
    """Each row by itself: those that cannot be taken are told with their reason, the others are in."""
    only(request)
    rows = [row.dict(exclude_unset=True) for row in given.rows]
    return upsert(act_of(request), user_of(request), given.source, rows)
