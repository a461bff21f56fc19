"""What other systems told that has no desk yet, by the API: deals, tickets, calls, orders as an import kept them."""

from datetime import datetime
from decimal import Decimal
from typing import Any, Literal

from django.db.models import Q, QuerySet
from ninja import Router, Schema
from pydantic import ConfigDict, Field

from keepers.crm.api.resources import Resource
from keepers.crm.customers.api.narrowing import OfCustomer
from keepers.crm.customers.computed.hiding import hidden_of_customers
from keepers.crm.customers.exchange.models import KeptRecord
from keepers.crm.customers.exchange.queries import kept_seen_by
from keepers.crm.customers.exchange.recognising.layout import KEPT_IN_ORDER
from keepers.crm.people.models import User
from keepers.crm.people.roles import Noun, Verb

router = Router(tags=["timeline"])
KeptNoun = Literal[KEPT_IN_ORDER]  # type: ignore[valid-type]  # the words are told where the nouns are
KEPT: dict[str, Any] = {
    "id": 7,
    "noun": "deals",
    "title": "Looms",
    "status": "won",
    "amount": "12500.0000",
    "currency": "EUR",
    "customer": 1,
}


class KeptWanted(OfCustomer):
    """Which of them; of an organisation also what its people have told of it."""

    noun: KeptNoun | None = None
    source: str = Field("", max_length=80, description="the system that told it")


class KeptTold(Schema):
    """A row of another system, kept whole: `data` has its cells by their headers, where the role sees all fields."""

    model_config = ConfigDict(json_schema_extra={"examples": [KEPT]})

    id: int
    noun: str
    kind: str = Field(description="what the timeline calls it")
    source: str
    external_id: str
    customer: int | None
    organisation: int | None
    at: datetime | None
    title: str
    body: str
    status: str
    amount: Decimal | None
    currency: str = Field(description="of the amount (ISO 4217); empty where the file that brought it says none")
    actor: str
    data: dict[str, str] | None


def _tell(user: User, record: KeptRecord) -> dict[str, Any]:
    names = ("noun", "kind", "source", "external_id", "at", "title", "body", "status", "amount", "currency")
    return {
        "id": record.pk, **{name: getattr(record, name) for name in names},
        "customer": record.customer_id, "organisation": record.organisation_id, "actor": record.actor_name,
        "data": None if hidden_of_customers(user) else record.data,
    }  # fmt: skip


def _among(user: User, verb: Verb) -> QuerySet[KeptRecord]:
    return kept_seen_by(user)


def _narrow(user: User, found: QuerySet[KeptRecord], wanted: KeptWanted) -> QuerySet[KeptRecord]:
    if wanted.customer is not None:
        found = found.filter(Q(customer=wanted.customer) | Q(organisation=wanted.customer))
    if wanted.noun is not None:
        found = found.filter(noun=wanted.noun)
    return found.filter(source=wanted.source) if wanted.source else found


kept = Resource(router, "kept record", "kept records", Noun.CUSTOMERS, KeptTold, _tell, _among)
kept.lists(KeptWanted, _narrow)
