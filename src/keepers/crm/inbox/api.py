"""Orders and acts by the API: sent one at a time or in bulk, and how far they are."""

from datetime import datetime
from typing import Annotated, Any, Literal

from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from ninja import Router, Schema, Status
from pydantic import BaseModel, ConfigDict, Field, WithJsonSchema

from keepers.crm.api.paging import Paged, only
from keepers.crm.api.resources import Resource
from keepers.crm.inbox.actions import Received, receive
from keepers.crm.inbox.given import InteractionGiven, OrderGiven, Text
from keepers.crm.inbox.models import InboxItem, Kind
from keepers.crm.inbox.queries import items, narrowed
from keepers.crm.people.gate import needs, user_of
from keepers.crm.people.models import User
from keepers.crm.people.roles import Noun, Verb

router = Router(tags=["orders and acts"])
MOST_ROWS = 10_000
ORDER: dict[str, Any] = {
    "order_id": "2026-0417",
    "customer_id": "4711",
    "ordered_at": "2026-06-30T14:05:00+02:00",
    "currency": "EUR",
    "channel": "web",
    "lines": [{"product_id": "T-1", "product_name": "Tea", "quantity": 2, "revenue": "19.80"}],
    "customer": {"name": "Erika Weber", "email": "erika@example.com"},
}
INTERACTION: dict[str, Any] = {
    "interaction_id": "call-88",
    "customer_id": "4711",
    "happened_at": "2026-06-30T09:15:00+02:00",
    "touch_kind": "call",
    "direction": "out",
    "outcome": "reached",
    "minutes": 4,
}
SENT: dict[str, Any] = {"id": 1, "source": "shop", "external_id": "2026-0417", "state": "waiting", "version": 1}


def _rows_of(schema: type[BaseModel], example: dict[str, Any]) -> Any:
    """Rows that are looked at one by one, so that a wrong one does not turn away the others; told by their fields."""
    fields = {
        name: {"description": field.description or name.replace("_", " ")}
        for name, field in schema.model_fields.items()
    }
    told = {"type": "object", "description": schema.__doc__, "properties": fields, "examples": [example]}
    return Annotated[Any, WithJsonSchema(told)]


class OrdersSent(Schema):
    """Orders of one source."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"source": "shop", "orders": [ORDER]}]})

    source: Annotated[Text, Field(min_length=1, max_length=80)]
    orders: list[_rows_of(OrderGiven, ORDER)] = Field(min_length=1, max_length=MOST_ROWS)  # type: ignore[valid-type]  # made above


class InteractionsSent(Schema):
    """Acts at touch points that one source knows of."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"source": "telephone", "interactions": [INTERACTION]}]}
    )

    source: Annotated[Text, Field(min_length=1, max_length=80)]
    interactions: list[_rows_of(InteractionGiven, INTERACTION)] = Field(min_length=1, max_length=MOST_ROWS)  # type: ignore[valid-type]  # made above


class RefusedTold(Schema):
    """One that could not be taken; it is kept with its reason."""

    row: int
    id: str
    why: str


class ReceivedTold(Schema):
    """What became of them: taken + same + refused are as many as came. Those taken land within a minute or so."""

    taken: int
    same: int = Field(description="they are as they were told last, and change nothing")
    refused: list[RefusedTold]


class SentTold(Schema):
    """An order or act that was sent in."""

    model_config = ConfigDict(json_schema_extra={"examples": [SENT]})

    id: int
    source: str
    external_id: str = Field(description="order_id or interaction_id")
    state: Literal["waiting", "landed", "refused"] = Field(description="of what was told last")
    version: int = Field(description="how often it was told anew")
    told_at: datetime
    landed_version: int = Field(description="the version that the warehouse has; 0: none yet")
    landed_at: datetime | None
    batch: str | None = Field(description="the import that brought it; under Data it can be undone")
    why: str | None = Field(description="why what was told last could not be taken")


class Wanted(Paged):
    """What the list is narrowed to."""

    source: str = Field("", max_length=80)
    external_id: str = Field("", max_length=255)
    state: Literal["waiting", "landed", "refused", ""] = ""


@router.post(
    "/orders", response={202: ReceivedTold}, url_name="send-orders", operation_id="send-orders",
    summary="Send up to 10,000 orders",
)  # fmt: skip
@needs(Verb.CREATE, Noun.DATA)
def send_orders(request: HttpRequest, given: OrdersSent) -> Status[Received]:
    """Each by itself: a newer telling of an order replaces the whole order; refused ones are told with their reason."""
    only(request)
    return Status(202, receive(Kind.ORDERS, given.source, given.orders, by=user_of(request), at=timezone.now()))


@router.post(
    "/interactions", response={202: ReceivedTold}, url_name="send-interactions", operation_id="send-interactions",
    summary="Send up to 10,000 acts at touch points",
)  # fmt: skip
@needs(Verb.CREATE, Noun.DATA)
def send_interactions(request: HttpRequest, given: InteractionsSent) -> Status[Received]:
    """Each by itself: a newer telling of an act replaces it; refused ones are told with their reason."""
    only(request)
    sent, user = given.interactions, user_of(request)
    return Status(202, receive(Kind.INTERACTIONS, given.source, sent, by=user, at=timezone.now()))


def _told(_: User, item: InboxItem) -> dict[str, Any]:
    return {
        "id": item.pk,
        "source": item.source,
        "external_id": item.external_id,
        "state": item.state,
        "version": item.version,
        "told_at": item.told_at,
        "landed_version": item.landed_version,
        "landed_at": item.landed_at,
        "batch": item.batch.name if item.batch else None,
        "why": item.problem or None,
    }


def _narrowed(_: User, found: QuerySet[InboxItem], wanted: Wanted) -> QuerySet[InboxItem]:
    return narrowed(found, source=wanted.source, external_id=wanted.external_id, state=wanted.state)


orders = Resource(router, "sent order", "orders", Noun.DATA, SentTold, _told, lambda _, __: items(Kind.ORDERS))
acts = Resource(
    router, "sent interaction", "interactions", Noun.DATA, SentTold, _told, lambda _, __: items(Kind.INTERACTIONS)
)
for each in (orders, acts):
    each.lists(Wanted, _narrowed)
