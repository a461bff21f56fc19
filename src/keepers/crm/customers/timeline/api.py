"""Acts at touch points by the API."""

from datetime import datetime
from decimal import Decimal
from typing import Any, Literal

from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext as _
from ninja import Router, Schema
from pydantic import ConfigDict, Field

from keepers.core.errors import KeepersError
from keepers.crm.api.paging import Number, aware
from keepers.crm.api.resources import Resource
from keepers.crm.customers.api.narrowing import OfCustomer, of_customer
from keepers.crm.customers.queries import customer_for
from keepers.crm.customers.timeline import actions
from keepers.crm.customers.timeline.models import Touch
from keepers.crm.customers.timeline.queries import touches_for
from keepers.crm.people.gate import user_of
from keepers.crm.people.models import User
from keepers.crm.people.roles import Noun, Verb

router = Router(tags=["timeline"])
TouchKind = Literal[
    "note", "call", "visit", "meeting", "letter", "e-mail", "chat", "web", "catalog", "campaign", "survey", "ticket",
    "deal", "task",
]  # fmt: skip
Direction = Literal["", "in", "out"]
Outcome = Literal[
    "",
    "reached",
    "no answer",
    "left a message",
    "wrong number",
    "call again",
    "interested",
    "not interested",
    "ordered",
]
TOUCH: dict[str, Any] = {"customer": 1, "kind": "call", "outcome": "reached", "body": "Wants the new catalog."}


class NotYetError(KeepersError):
    """What is still to come is no act."""


class NothingSentError(KeepersError):
    """A reason to reach somebody who is held out, without a letter that reaches them."""


class TouchesWanted(OfCustomer):
    """Which acts."""

    kind: TouchKind | None = None
    since: datetime | None = Field(None, description="acts at this moment or later")


class TouchChanges(Schema):
    """An act told anew."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"outcome": "interested"}]})

    title: str = Field("", max_length=255)
    body: str = Field("", max_length=100_000)
    at: datetime | None = Field(None, description="when it happened; now where it is left out")
    direction: Direction = ""
    outcome: Outcome = ""
    campaign: str = Field("", max_length=120)
    minutes: int | None = Field(None, ge=0, le=100_000)
    cost: Decimal | None = Field(None, ge=0, max_digits=18, decimal_places=4)


class NewTouch(TouchChanges):
    """One act between the firm and a customer."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [TOUCH]})

    customer: Number
    kind: TouchKind
    send: bool = Field(default=False, description="of an e-mail: have it sent to the customer")
    though_held: str = Field(
        "",
        max_length=255,
        description="why it is sent to somebody held out of it by lot; an owner or manager may say",
    )


class TouchTold(Schema):
    """An act; `source` is the system that told it, empty for what was told here."""

    model_config = ConfigDict(json_schema_extra={"examples": [TOUCH | {"id": 7, "source": "", "actor": "Bob Brown"}]})

    id: int
    customer: int
    kind: TouchKind
    direction: Direction
    at: datetime
    title: str
    body: str
    outcome: str
    campaign: str
    minutes: int | None
    cost: Decimal | None
    actor: str
    source: str
    external_id: str
    sent: str | None = Field(None, description="of a letter by e-mail: waiting, sending, sent, failed or unsure")


_PLAIN = (
    "kind", "direction", "at", "title", "body", "outcome", "campaign", "minutes", "cost", "source", "external_id",
)  # fmt: skip


def _touches(user: User, verb: Verb) -> QuerySet[Touch]:
    return touches_for(user, verb).select_related("customer", "actor", "mail")


def _tell(user: User, touch: Touch) -> dict[str, Any]:
    mail = getattr(touch, "mail", None)
    told = {name: getattr(touch, name) for name in _PLAIN}
    actor = str(touch.actor or touch.actor_name)
    return {"id": touch.pk, "customer": touch.customer_id, **told, "actor": actor, "sent": mail and mail.state}


def _narrow(user: User, found: QuerySet[Touch], wanted: TouchesWanted) -> QuerySet[Touch]:
    narrowed: QuerySet[Touch] = of_customer(user, found, wanted)
    if wanted.kind is not None:
        narrowed = narrowed.filter(kind=wanted.kind)
    return narrowed if wanted.since is None else narrowed.filter(at__gte=aware(wanted.since))


def _add(request: HttpRequest, given: dict[str, Any]) -> Touch:
    user, now = user_of(request), timezone.now()
    customer = customer_for(user, given.pop("customer"))
    send, reason = given.pop("send", False), given.pop("though_held", "")
    if reason and not send:
        raise NothingSentError(_("A reason to reach somebody held out goes with a letter that is sent: add `send`."))
    if send:
        if given["kind"] != Touch.Kind.EMAIL:
            raise actions.NoAddressError(_("Only an e-mail can be sent. Leave out `send`."))
        about = {"title": given.get("title", ""), "body": given.get("body", "")}
        return actions.write_mail(customer, by=user, at=now, though_held=reason, **about)
    happened = _happened(given, given["kind"])
    given.pop("at", None)
    return actions.add_touch(customer, by=user, at=now, happened_at=happened, **given)


def _change(request: HttpRequest, touch: Touch, given: dict[str, Any]) -> None:
    happened = _happened(given, touch.kind)
    changes = {name: value for name, value in given.items() if name != "at"}
    if happened is not None:
        changes["at"] = happened
    actions.edit_touch(touch, by=user_of(request), at=timezone.now(), changes=changes)


def _remove(request: HttpRequest, touch: Touch) -> None:
    actions.remove_touch(touch, by=user_of(request), at=timezone.now())


def _happened(given: dict[str, Any], kind: str) -> datetime | None:
    at: datetime | None = given.get("at")
    if at is not None and aware(at) > timezone.now() and kind != Touch.Kind.MEETING:
        raise NotYetError(_("That is still to come. Make a task of it."))
    return at and aware(at)


touches = Resource(router, "touch", "touches", Noun.TOUCHES, TouchTold, _tell, _touches)
touches.lists(TouchesWanted, _narrow)
touches.creates(NewTouch, _add)
touches.changes(TouchChanges, _change)
touches.removes(_remove, asked=Verb.EDIT)
