"""Standing trials by the API: what is tried until when and what it brought so far, and who is on trial."""

from datetime import date
from typing import Any, Literal

from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from ninja import Router, Schema
from pydantic import ConfigDict, Field

from keepers.crm.api.paging import BEYOND, Number, Paged, only, tagged
from keepers.crm.api.resources import Resource
from keepers.crm.approvals.api import ReadingTold, ResultTold
from keepers.crm.approvals.trials.telling import (
    LEAST_SHARE,
    LEAST_WEEKS,
    MOST_WEEKS,
    USUAL_SHARE,
    USUAL_WEEKS,
    stands,
    trials_told,
)
from keepers.crm.customers.computed.hiding import hidden_of_customers
from keepers.crm.customers.holding.models import Trial, TrialLot
from keepers.crm.customers.queries import belonging_to
from keepers.crm.jobs.api import JobTold, job_told
from keepers.crm.people.gate import needs, user_of
from keepers.crm.people.models import User
from keepers.crm.people.roles import Noun, Verb
from keepers.crm.portfolio.plan import actions as plan_actions
from keepers.crm.portfolio.plan.queries import plan_shown
from keepers.crm.portfolio.queries import current_publication
from keepers.decisions.terms import terms

router = Router(tags=["plan"])
TRIAL: dict[str, Any] = {"id": 2, "action": "mailing", "treated": 310, "held": 302, "held_until": "2027-02-28"}
LOT: dict[str, Any] = {"id": 9, "trial": 2, "customer": 1, "gets_it": True, "cost": 3.2}


class TrialTold(Schema):
    """An action that some customers get by lot and as many do without."""

    model_config = ConfigDict(json_schema_extra={"examples": [TRIAL]})

    id: int
    experiment: str
    action: str
    told: str = Field(description="what those who get it get, in a plan's words; empty where that is the action")
    starts_on: date
    held_until: date | None
    stands: bool
    treated: int
    held: int


class NewTrial(Schema):
    """A trial that begins now: how many of those with whom it is in doubt whether an action pays, and for how long."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"share": 0.3, "weeks": 26}]})

    share: float = Field(
        USUAL_SHARE, ge=LEAST_SHARE, le=1, description="half of them get the action by lot, half do without"
    )
    weeks: int = Field(USUAL_WEEKS, ge=LEAST_WEEKS, le=MOST_WEEKS, description="so long each keeps what the lot gave")


class LotsWanted(Paged):
    """Which customers on trial."""

    trial: Number | None = None
    customer: Number | None = None
    gets_it: Literal["", "yes", "no"] = ""


class LotTold(Schema):
    """A customer on trial, and whether the lot gives them the action; its cost is of the whole window."""

    model_config = ConfigDict(json_schema_extra={"examples": [LOT]})

    id: int
    trial: int
    customer: int
    key: str
    name: str
    gets_it: bool
    cost: float | None


_PLAIN = ("experiment", "action", "told", "starts_on", "held_until", "treated", "held")


def _trials(user: User, verb: Verb) -> QuerySet[Trial]:
    return Trial.objects.all()


def _trial_told(user: User, trial: Trial) -> dict[str, Any]:
    plain = {name: getattr(trial, name) for name in _PLAIN}
    return {"id": trial.pk} | plain | {"stands": stands(trial, timezone.localdate())}


def _lots(user: User, verb: Verb) -> QuerySet[TrialLot]:
    return belonging_to(user, verb, TrialLot.objects.select_related("customer"))


def _narrowed(user: User, lots: QuerySet[TrialLot], wanted: LotsWanted) -> QuerySet[TrialLot]:
    asked: dict[str, Any] = {"trial": wanted.trial, "customer": wanted.customer}
    found = lots.filter(**{name: value for name, value in asked.items() if value})
    return found if not wanted.gets_it else found.filter(gets_it=wanted.gets_it == "yes")


def _lot_told(user: User, lot: TrialLot) -> dict[str, Any]:
    hidden = hidden_of_customers(user)
    who = {"id": lot.pk, "trial": lot.trial_id, "customer": lot.customer_id, "key": lot.customer.key}
    about = {"name": lot.customer.name, "gets_it": lot.gets_it, "cost": lot.cost}
    return who | {name: value for name, value in about.items() if name not in hidden}


trials = Resource(router, "trial", "trials", Noun.CAMPAIGNS, TrialTold, _trial_told, _trials)
trials.lists()


@router.post(
    "/trials", response={202: JobTold}, url_name="new-trial", operation_id="create-trial",
    summary="Have the lots of a new trial drawn, and the others planned again",
)  # fmt: skip
@needs(Verb.EDIT, Noun.CAMPAIGNS, everybodys=Noun.CUSTOMERS)
def new_trial(request: HttpRequest, given: NewTrial) -> HttpResponse:
    """A job; ask for it at /jobs until it is done. It fails where a trial stands, or nobody is in doubt."""
    only(request)
    user, shown = user_of(request), plan_shown(current_publication())
    if shown is None:
        raise Http404(_("No plan is shown yet. Value the base first; with money in the orders a run makes a plan."))
    job = plan_actions.start_trial(shown, terms.Trial(given.share, given.weeks), by=user, at=timezone.now())
    return tagged(job_told(user, job), status=202)


@router.get(
    "/trials/{int:pk}/result", response=ResultTold, url_name="trial-result", operation_id="get-trial-result",
    summary="What a trial brought so far, look by look",
)  # fmt: skip
@needs(Verb.SEE, Noun.CAMPAIGNS)
def result(request: HttpRequest, pk: int) -> HttpResponse:
    """As the runs measured it, the latest look last."""
    only(request)
    found = trials_told([trials.found(user_of(request), min(pk, BEYOND))], today=timezone.localdate())[0]
    looks = [{name: getattr(each, name) for name in ReadingTold.model_fields} for each in found.readings]
    return tagged({"verdict": found.verdict, "looks": looks})


trial_lots = Resource(router, "trial lot", "trial lots", Noun.CUSTOMERS, LotTold, _lot_told, _lots)
trial_lots.lists(LotsWanted, _narrowed)
