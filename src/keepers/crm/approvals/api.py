"""Approvals by the API, with what they brought."""

from datetime import date, datetime
from typing import Any, Literal

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from ninja import Router, Schema
from pydantic import ConfigDict, Field

from keepers.core.errors import KeepersError
from keepers.crm.api.paging import BEYOND, Number, only, tagged
from keepers.crm.api.resources import Resource
from keepers.crm.approvals.asking import approve, proposal, usual_end
from keepers.crm.approvals.forms import ApprovalForm
from keepers.crm.approvals.models import Approval
from keepers.crm.approvals.queries import Wanted
from keepers.crm.approvals.results import result_of
from keepers.crm.approvals.wording import way_of
from keepers.crm.people.gate import needs, user_of
from keepers.crm.people.models import User
from keepers.crm.people.rights import may, people_seen_by, scope_of
from keepers.crm.people.roles import Noun, Verb
from keepers.crm.portfolio.queries import current_publication

router = Router(tags=["plan"])
Way = Literal["call", "visit", "letter", "e-mail", "to do"]
APPROVAL: dict[str, Any] = {"name": "Spring", "decision": "keep", "action": "send 4 mailings a year", "way": "letter"}


class ApprovalError(KeepersError):
    """A step cannot be approved like this."""


class NewApproval(Schema):
    """Yes to a step of the plan that the pages show, or to some of its customers."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [APPROVAL]})

    name: str = Field(min_length=1, max_length=120)
    decision: str = Field(max_length=40)
    action: str = Field(max_length=200)
    customers: list[Number] = Field(default_factory=list, max_length=10_000, description="none: all of the step")
    gain_from: float | None = Field(None, allow_inf_nan=False, description="only whom it is expected to bring as much")
    way: Way | None = None
    makes_tasks: bool = False
    people: list[str] = Field(default_factory=list, max_length=500, description="e-mails of who takes those unowned")
    a_day: int = Field(8, ge=1, le=1_000)
    held_until: date | None = None
    held_share: float | None = Field(None, ge=0, le=0.9, description="as proposed where it is left out")
    held_reason: str = Field("", max_length=255, description="why fewer than proposed")


class ApprovalTold(Schema):
    """An approval; `made_at` says that all of it is done."""

    model_config = ConfigDict(json_schema_extra={"examples": [APPROVAL | {"id": 7, "reached": 900, "held": 100}]})

    id: int
    name: str
    run_id: str
    decision: str
    action: str
    way: Way
    makes_tasks: bool
    held_until: date
    held_share: float
    proposed_share: float | None
    held_reason: str
    experiment: str
    reached: int
    held: int
    tasks_made: int
    no_room: int
    cost: float | None
    passed_over: dict[str, int]
    at: datetime
    made_at: datetime | None


class ReadingTold(Schema):
    """What one run found: gains per customer with `mean`, `low` and `high`, before cost but for `net`."""

    as_of: date
    gone: float
    finding: str
    verdict: str
    people: int
    people_held: int
    orders: dict[str, float] | None
    margin: dict[str, float] | None
    net: dict[str, float] | None
    cost: float | None


class ResultTold(Schema):
    """What an approval brought, look by look."""

    verdict: str
    looks: list[ReadingTold]


_PLAIN = tuple(name for name in ApprovalTold.model_fields if name != "id")


def _approvals(user: User, verb: Verb) -> QuerySet[Approval]:
    return Approval.objects.all()


def _tell(user: User, found: Approval) -> dict[str, Any]:
    return {"id": found.pk} | {name: getattr(found, name) for name in _PLAIN}


def _create(request: HttpRequest, given: dict[str, Any]) -> Approval:
    user, today, publication = user_of(request), timezone.localdate(), current_publication()
    if publication is None:
        raise ApprovalError(_("Nothing is published yet. Import orders and value the base first."))
    wanted = Wanted(
        user,
        scope_of(user, Verb.SEE, Noun.CUSTOMERS),
        given["decision"],
        given["action"],
        given.get("customers", []),
        given.get("gain_from"),
    )
    way = given.get("way") or way_of(wanted.action)
    until = given.get("held_until") or usual_end(today)
    proposed = proposal(publication, wanted, way, today=today, until=max(until, today))
    share = given.get("held_share")
    about = {"name": given["name"], "way": way, "held_until": until, "a_day": given.get("a_day", 8)}
    about |= {"held_percent": 100 * (proposed.share if share is None else share)}
    about |= {"held_reason": given.get("held_reason", ""), "makes_tasks": given.get("makes_tasks", False)}
    seen = people_seen_by(user, Noun.TASKS) if may(user, Verb.CREATE, Noun.TASKS) else []
    able = {person.email: person.pk for person in seen}
    asked = [email.strip().lower() for email in given.get("people", [])]
    if unable := sorted(set(asked) - set(able)):
        raise ApprovalError(_("Nobody to whom you may give tasks has the e-mail %(who)s.") % {"who": ", ".join(unable)})
    form = ApprovalForm(about | {"people": [able[email] for email in asked]}, people=list(able.values()), today=today)
    if not form.is_valid():
        raise ApprovalError(" ".join(f"{name}: {error[0]}" for name, error in form.errors.items()))
    people = form.cleaned_data.get("people", [])
    return approve(publication, wanted, at=timezone.now(), today=today, proposed=proposed, people=people, **form.about)


approvals = Resource(router, "approval", "approvals", Noun.CAMPAIGNS, ApprovalTold, _tell, _approvals)
approvals.lists()
approvals.creates(NewApproval, _create)


@router.get(
    "/approvals/{int:pk}/result", response=ResultTold, url_name="approval-result", operation_id="get-approval-result",
    summary="What an approval brought, look by look",
)  # fmt: skip
@needs(Verb.SEE, Noun.CAMPAIGNS)
def result(request: HttpRequest, pk: int) -> HttpResponse:
    """As the runs measured it, the latest look last."""
    only(request)
    found = result_of(approvals.found(user_of(request), min(pk, BEYOND)))
    names = ReadingTold.model_fields
    looks = [{name: getattr(each, name) for name in names} for each in found.readings]
    return tagged({"verdict": found.verdict, "looks": looks})
