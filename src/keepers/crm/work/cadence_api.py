"""Cadences by the API: contact this group at least every so many days."""

from datetime import date
from typing import Any, Literal

from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext as _
from ninja import Router, Schema
from pydantic import ConfigDict, Field

from keepers.core.errors import KeepersError
from keepers.crm.api.resources import Resource
from keepers.crm.people.gate import user_of
from keepers.crm.people.models import User
from keepers.crm.people.roles import Noun, Verb
from keepers.crm.work.actions import keep_cadence
from keepers.crm.work.models import Cadence
from keepers.crm.work.planning import plan

router = Router(tags=["work"])
CadenceKind = Literal["call", "e-mail", "visit", "letter"]
Group = Literal["best", "promising", "steady", "one-time", "slipping", "lost"]
CADENCE: dict[str, Any] = {"name": "The best, fortnightly", "kind": "call", "groups": ["best"], "every_days": 14}


class CadenceError(KeepersError):
    """A cadence cannot be like this."""


class CadenceChanges(Schema):
    """Whom to contact how often, written anew."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"every_days": 21}]})

    name: str = Field("", max_length=120)
    kind: CadenceKind = "call"
    groups: list[Group] = Field(default_factory=list, description="none: all of the base")
    worth_from: float | None = Field(None, ge=0, allow_inf_nan=False)
    every_days: int = Field(14, ge=1, le=3_650)
    a_day: int = Field(8, ge=1, le=1_000, description="most a day and person")
    people: list[str] = Field(
        default_factory=list, max_length=500, description="e-mails of who takes those without an owner"
    )
    is_active: bool = True


class NewCadence(CadenceChanges):
    """A rule that makes tasks."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [CADENCE]})

    name: str = Field(min_length=1, max_length=120)


class CadenceTold(Schema):
    """Whom to contact how often; `query` is what of the list of customers says who is meant."""

    model_config = ConfigDict(json_schema_extra={"examples": [CADENCE | {"id": 7, "query": {"group": ["best"]}}]})

    id: int
    name: str
    kind: CadenceKind
    query: dict[str, list[str]]
    every_days: int
    a_day: int
    people: list[str]
    is_active: bool
    planned_on: date | None


class PlannedTold(Schema):
    """What planning did."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"made": 12, "dropped": 1, "waiting": 0}]})

    made: int
    dropped: int
    waiting: int


_PLAIN = ("name", "kind", "query", "every_days", "a_day", "is_active", "planned_on")


def _cadences(user: User, verb: Verb) -> QuerySet[Cadence]:
    return Cadence.objects.prefetch_related("people")


def _tell(user: User, cadence: Cadence) -> dict[str, Any]:
    people = sorted(person.email for person in cadence.people.all())
    return {"id": cadence.pk, "people": people} | {name: getattr(cadence, name) for name in _PLAIN}


def _create(request: HttpRequest, given: dict[str, Any]) -> Cadence:
    user = user_of(request)
    given.setdefault("people", [user.email])
    return _kept(request, Cadence(made_by=user, made_at=timezone.now()), given)


def _change(request: HttpRequest, cadence: Cadence, given: dict[str, Any]) -> None:
    _kept(request, cadence, given)


def _plan(request: HttpRequest, cadence: Cadence, given: dict[str, Any]) -> dict[str, int]:
    done = plan(cadence, today=timezone.localdate(), at=timezone.now())
    return {"made": done.made, "dropped": done.dropped, "waiting": done.waiting}


def _kept(request: HttpRequest, cadence: Cadence, given: dict[str, Any]) -> Cadence:
    people = _people(given.pop("people")) if "people" in given else list(cadence.people.all())
    cadence.query = _query(cadence.query, given)
    for name, value in given.items():
        setattr(cadence, name, value)
    cadence.name = " ".join(cadence.name.split())
    if not cadence.name or Cadence.objects.filter(name=cadence.name).exclude(pk=cadence.pk).exists():
        raise CadenceError(_("Give the cadence a name that no other has."))
    return keep_cadence(cadence, people=people, by=user_of(request), at=timezone.now())


def _query(kept: dict[str, list[str]], given: dict[str, Any]) -> dict[str, list[str]]:
    """What says who is meant; filters that a list gave beside these stay."""
    query = dict(kept)
    if "groups" in given:
        query["group"] = given.pop("groups")
    if "worth_from" in given:
        worth = given.pop("worth_from")
        query["value_from"] = [] if worth is None else [str(worth)]
    return {name: values for name, values in query.items() if values}


def _people(emails: list[str]) -> list[User]:
    wanted = {email.strip().lower() for email in emails}
    found = list(User.objects.filter(is_active=True, email__in=wanted))
    if missing := sorted(wanted - {person.email for person in found}):
        raise CadenceError(_("Nobody here has the e-mail %(emails)s.") % {"emails": ", ".join(missing)})
    return found


cadences = Resource(router, "cadence", "cadences", Noun.TASKS, CadenceTold, _tell, _cadences)
cadences.lists()
cadences.creates(NewCadence, _create)
cadences.changes(CadenceChanges, _change)
cadences.does(
    "planning", _plan, answer=PlannedTold, verb=Verb.CREATE, summary="Make its tasks now instead of next morning"
)
