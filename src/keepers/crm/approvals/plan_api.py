"""The plan by the API: what it says in all, line by line, what people said of lines, and whom to win next."""

from datetime import date, datetime
from typing import Any, Literal

from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from ninja import Query, Router, Schema
from ninja.errors import HttpError
from pydantic import ConfigDict, Field

from keepers.core.errors import KeepersError
from keepers.crm.api.paging import MOST, Number, Paged, only, tagged
from keepers.crm.api.resources import Resource
from keepers.crm.approvals.choosing import choose, take_back
from keepers.crm.approvals.models import Choice
from keepers.crm.customers.computed.hiding import hidden_of_customers
from keepers.crm.customers.queries import belonging_to
from keepers.crm.people.gate import needs, user_of
from keepers.crm.people.models import User
from keepers.crm.people.roles import Noun, Verb
from keepers.crm.portfolio.api import of_run
from keepers.crm.portfolio.models import SPAN, PlanLine, Publication, PublishedPlan
from keepers.crm.portfolio.plan.queries import lines_seen, plan_shown, steps_seen
from keepers.crm.portfolio.prospects.scored import in_order, prospects_seen
from keepers.crm.portfolio.queries import current_publication

router = Router(tags=["plan"])
Kind = Literal["accepted", "dismissed", "snoozed"]
STEP: dict[str, Any] = {"decision": "keep", "action": "send 4 mailings a year", "people": 900, "cost": 720.0}
LINE: dict[str, Any] = {"id": 4294967296, "customer": 1, "decision": "keep", "action": "send 4 mailings a year"}
CHOICE: dict[str, Any] = {"customer": 1, "kind": "dismissed", "reason": "Moves abroad."}
PROSPECT: dict[str, Any] = {"customer": 9, "key": "P-9", "rank": 1, "times_usual": 1.8, "reason": "lives in Linz"}


class ChoiceError(KeepersError):
    """Nothing can be said of this line."""


class StepTold(Schema):
    """The customers for whom the plan says the same; `gain_low` and `gain_high` are of the sum."""

    model_config = ConfigDict(json_schema_extra={"examples": [STEP]})

    decision: str
    action: str
    people: int
    cost: float | None
    gain: float | None
    gain_low: float | None
    gain_high: float | None
    on_evidence: float | None


class PlanTold(Schema):
    """The plan that the pages show, of the customers whom the key may see."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"plan": "2026-08-31-1", "steps": [STEP]}]})

    plan: str
    run: str
    as_of: date
    currency: str
    limits: dict[str, float]
    steps: list[StepTold]


class LinesWanted(Paged):
    """Which lines."""

    decision: str = Field("", max_length=40)
    action: str = Field("", max_length=200)
    customer: Number | None = None


class PlanLineTold(Schema):
    """What the plan says of a customer; figures that the key may not see are left out."""

    model_config = ConfigDict(json_schema_extra={"examples": [LINE]})

    id: int
    customer: int
    key: str
    name: str
    decision: str
    action: str
    level: str
    cost: float | None
    expected_gain: float | None
    expected_gain_low: float | None
    expected_gain_high: float | None
    value_at_stake: float | None = Field(
        description="the whole future stream that is lost with them, not the last sale"
    )
    chance_back: float | None = Field(description="that somebody so long silent orders within a year by themselves")
    evidence: str
    reason: str


class NewChoice(Schema):
    """Yes, no or later to the line of a customer; a dismissal needs a reason."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [CHOICE]})

    customer: Number
    kind: Kind
    reason: str = Field("", max_length=255)
    until: date | None = Field(None, description="the last day on which it counts")


class PlanChoiceTold(Schema):
    """What somebody said of a line, and until when it counts."""

    model_config = ConfigDict(json_schema_extra={"examples": [CHOICE | {"id": 3}]})

    id: int
    customer: int
    run_id: str
    decision: str
    action: str
    kind: Kind
    reason: str
    until: date
    at: datetime
    undone_at: datetime | None


class ProspectsWanted(Schema):
    """Which part of the list."""

    after: int = Field(0, ge=0, le=1_000_000, description="`next` of the page before")
    limit: int = Field(50, ge=1, le=MOST)
    sort: Literal["", "value", "-value", "low", "-low", "times", "-times"] = Field(
        "", description="worth if won, its low end or times the usual, greatest first; by rank where it is left out"
    )


class ProspectTold(Schema):
    """What somebody who has not bought yet would be worth: the mean of people like them, with its range."""

    model_config = ConfigDict(json_schema_extra={"examples": [PROSPECT]})

    customer: int
    key: str
    name: str
    rank: int | None
    lifetime_value: float | None
    lifetime_value_low: float | None
    lifetime_value_high: float | None
    times_usual: float
    reason: str


class ProspectsTold(Schema):
    """Those whom the key may see, the most promising first; `finding` says how far to trust it."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"items": [PROSPECT], "next": None}]})

    finding: str
    items: list[ProspectTold]
    next: int | None


_LINE = tuple(PlanLineTold.model_fields)[4:]
_CHOICE = tuple(PlanChoiceTold.model_fields)[2:]
_PROSPECT = tuple(ProspectTold.model_fields)[3:]


@router.get("/plan", response=PlanTold, url_name="plan", operation_id="get-plan", summary="What the plan says in all")
@needs(Verb.SEE, Noun.CUSTOMERS)
def plan(request: HttpRequest) -> HttpResponse:
    """Its steps, the one that adds most first."""
    only(request)
    publication, shown = _shown()
    steps = [
        {name: getattr(step, name) for name in StepTold.model_fields} for step in steps_seen(user_of(request), shown)
    ]
    return tagged(of_run(publication) | {"plan": shown.plan_id, "limits": shown.limits, "steps": steps})


@router.get(
    "/prospects", response=ProspectsTold, exclude_unset=True, url_name="prospects", operation_id="list-prospects",
    summary="Whom to win next",
)  # fmt: skip
@needs(Verb.SEE, Noun.CUSTOMERS)
def prospects(request: HttpRequest, wanted: Query[ProspectsWanted]) -> dict[str, Any]:
    """By what they would be worth; `after` counts along the list."""
    only(request, ProspectsWanted)
    publication = current_publication()
    if publication is None:
        raise Http404(_("Nothing is published yet. Import orders and value the base first."))
    user = user_of(request)
    found, hidden, end = prospects_seen(user, publication), hidden_of_customers(user), wanted.after + wanted.limit
    items = [
        {"customer": each.customer.pk, "key": each.customer.key}
        | _but({"name": each.customer.name} | {name: getattr(each, name) for name in _PROSPECT}, hidden)
        for each in in_order(found.people, wanted.sort)[wanted.after : end]
    ]
    return {"finding": found.finding, "items": items, "next": end if len(found.people) > end else None}


def _lines(user: User, verb: Verb) -> QuerySet[PlanLine]:
    shown = plan_shown(current_publication())
    if shown is None:
        return PlanLine.objects.none()
    return lines_seen(user, shown, decision="", action="", verb=verb).select_related("customer")


def _narrowed(user: User, lines: QuerySet[PlanLine], wanted: LinesWanted) -> QuerySet[PlanLine]:
    publication = current_publication()
    if wanted.after and publication is not None and wanted.after // SPAN != publication.plan_id:
        raise HttpError(410, _("Another plan is shown since, and this list is gone. Begin it again without `after`."))
    asked = {"decision": wanted.decision, "action": wanted.action, "customer": wanted.customer}
    return lines.filter(**{name: value for name, value in asked.items() if value})


def _line_told(user: User, line: PlanLine) -> dict[str, Any]:
    who = {"id": line.pk, "customer": line.customer_id, "key": line.customer.key}
    about = {"name": line.customer.name} | {name: getattr(line, name) for name in _LINE}
    return who | _but(about, hidden_of_customers(user))


def _choices(user: User, verb: Verb) -> QuerySet[Choice]:
    return belonging_to(user, verb, Choice.objects.select_related("customer", "task"))


def _choice_told(user: User, choice: Choice) -> dict[str, Any]:
    return {"id": choice.pk, "customer": choice.customer_id} | {name: getattr(choice, name) for name in _CHOICE}


def _choose(request: HttpRequest, given: dict[str, Any]) -> Choice:
    user = user_of(request)
    lines = _lines(user, Verb.EDIT).select_related("customer__owner", "plan__publication")
    made = choose(
        list(lines.filter(customer=given["customer"])),
        Choice.Kind(given["kind"]),
        by=user,
        at=timezone.now(),
        today=timezone.localdate(),
        reason=given.get("reason", ""),
        until=given.get("until"),
    )
    if not made:
        raise ChoiceError(
            _("Left as it is: no line of the plan that you may change, said already, held out, or nothing to do.")
        )
    return made[0]


def _take_back(request: HttpRequest, choice: Choice) -> None:
    take_back(choice, by=user_of(request), at=timezone.now())


def _but(told: dict[str, Any], hidden: Any) -> dict[str, Any]:
    """Without what is hidden from the user."""
    return {name: value for name, value in told.items() if name not in hidden}


def _shown() -> tuple[Publication, PublishedPlan]:
    publication = current_publication()
    if publication is None or publication.plan is None:
        raise Http404(_("No plan is shown yet. Value the base first; with money in the orders a run makes a plan."))
    return publication, publication.plan


plan_lines = Resource(router, "plan line", "plan lines", Noun.CUSTOMERS, PlanLineTold, _line_told, _lines)
plan_lines.lists(LinesWanted, _narrowed)
plan_choices = Resource(router, "plan choice", "plan choices", Noun.CUSTOMERS, PlanChoiceTold, _choice_told, _choices)
plan_choices.lists()
plan_choices.creates(NewChoice, _choose, verb=Verb.EDIT)
plan_choices.removes(_take_back, verb=Verb.EDIT)
