"""Webhooks by the API: the same actions and rights as in Settings."""

from datetime import datetime
from typing import Annotated, Any, Literal

from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from ninja import Router, Schema
from pydantic import ConfigDict, Field

from keepers.crm.api.paging import Number, Paged
from keepers.crm.api.resources import Resource
from keepers.crm.people.gate import user_of
from keepers.crm.people.models import User
from keepers.crm.people.roles import Noun, Verb
from keepers.crm.webhooks import actions
from keepers.crm.webhooks.kinds import OFFERED
from keepers.crm.webhooks.models import Delivery, Subscription
from keepers.crm.webhooks.queries import deliveries_for, subscriptions_for
from keepers.crm.webhooks.signing import secret_of

router = Router(tags=["webhooks"])
EXAMPLE: dict[str, Any] = {
    "name": "Warehouse of the shop",
    "url": "https://shop.example.com/keepers",
    "kinds": ["customer.created", "customer.stage"],
}
Kinds = Annotated[
    list[Annotated[str, Field(max_length=20)]],
    Field(max_length=len(OFFERED), description="; ".join(name for name, _ in OFFERED) + "; none: everything"),
]
Name = Annotated[str, Field(min_length=1, max_length=80)]
Url = Annotated[str, Field(min_length=1, max_length=500)]


class WebhookTold(Schema):
    """An address that is told of what happens."""

    model_config = ConfigDict(json_schema_extra={"examples": [EXAMPLE | {"id": 1, "is_active": True}]})

    id: int
    name: str
    url: str
    kinds: list[str]
    is_active: bool
    secret: str = Field(description="signs each telling as Standard Webhooks has it")
    failures: int = Field(description="in a row")
    delivered_at: datetime | None
    made_at: datetime


class NewWebhook(Schema):
    """An address that is to be told."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [EXAMPLE]})

    name: Name
    url: Url
    kinds: Kinds = Field(default_factory=list)


class WebhookGiven(Schema):
    """What is written anew; what is left out stays as it is."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"is_active": False}]})

    name: Name = ""
    url: Url = ""
    kinds: Kinds = Field(default_factory=list)
    is_active: bool = True


class DeliveryTold(Schema):
    """A telling, and what came of it."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"id": 1, "webhook": 1, "state": "delivered"}]})

    id: int
    webhook: int
    event: str = Field(description="the id by which the receiver tells repetitions")
    kind: str
    state: Literal["waiting", "sending", "delivered", "dead"]
    attempts: int
    status: int | None
    problem: str
    made_at: datetime
    ended_at: datetime | None


class Since(Schema):
    """From when on."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"since": "2026-06-30T00:00:00Z"}]})

    since: datetime


class OfWebhook(Paged):
    """Tellings of one webhook, in one state."""

    webhook: Number | None = None
    state: Literal["waiting", "sending", "delivered", "dead", ""] = ""


def _told(_: User, webhook: Subscription) -> dict[str, Any]:
    plain = ("name", "url", "kinds", "is_active", "failures", "delivered_at", "made_at")
    return {"id": webhook.pk, "secret": secret_of(webhook)} | {name: getattr(webhook, name) for name in plain}


def _delivery(_: User, delivery: Delivery) -> dict[str, Any]:
    plain = ("event", "kind", "state", "attempts", "status", "problem", "made_at", "ended_at")
    return {"id": delivery.pk, "webhook": delivery.subscription_id} | {name: getattr(delivery, name) for name in plain}


def _narrowed(_: User, found: QuerySet[Delivery], wanted: OfWebhook) -> QuerySet[Delivery]:
    if wanted.webhook is not None:
        found = found.filter(subscription=wanted.webhook)
    return found.filter(state=wanted.state) if wanted.state else found


def _make(request: HttpRequest, given: dict[str, Any]) -> Subscription:
    return actions.subscribe(**{"kinds": []} | given, by=user_of(request), at=timezone.now())


def _change(request: HttpRequest, found: Subscription, given: dict[str, Any]) -> None:
    actions.change(found, given, by=user_of(request), at=timezone.now())


def _remove(request: HttpRequest, found: Subscription) -> None:
    actions.remove(found, by=user_of(request), at=timezone.now())


def _rotate(request: HttpRequest, found: Subscription, _: dict[str, Any]) -> None:
    actions.rotate(found, by=user_of(request), at=timezone.now())


def _try(_: HttpRequest, found: Subscription, __: dict[str, Any]) -> None:
    actions.try_out(found, at=timezone.now())


def _replay(request: HttpRequest, found: Subscription, given: dict[str, Any]) -> None:
    since = given["since"] if given["since"].tzinfo else given["since"].replace(tzinfo=timezone.get_current_timezone())
    chosen = found.deliveries.filter(made_at__gte=since)
    actions.send_again(found, chosen, by=user_of(request), at=timezone.now())


def _again(request: HttpRequest, found: Delivery, _: dict[str, Any]) -> None:
    chosen = Delivery.objects.filter(pk=found.pk)
    actions.send_again(found.subscription, chosen, by=user_of(request), at=timezone.now())


webhooks = Resource(router, "webhook", "webhooks", Noun.SETTINGS, WebhookTold, _told, subscriptions_for)
webhooks.lists()
webhooks.creates(NewWebhook, _make, verb=Verb.EDIT)
webhooks.changes(WebhookGiven, _change)
webhooks.removes(_remove, verb=Verb.EDIT)
webhooks.does("rotation", _rotate, summary="Give a webhook a new secret; for a day the old one signs too")
webhooks.does("trial", _try, summary="Send a webhook something that says nothing")
webhooks.does("replay", _replay, summary="Tell a webhook again what happened since a moment", given=Since)
deliveries = Resource(
    router, "webhook delivery", "webhook-deliveries", Noun.SETTINGS, DeliveryTold, _delivery, deliveries_for
)
deliveries.lists(OfWebhook, _narrowed)
deliveries.does("again", _again, summary="Send a telling once more that ended")
