"""Money, hours and contacts on the Plan page: what others would add, the frontier, and planning anew with them."""

from collections.abc import Mapping
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST

from keepers.crm.jobs.actions import BusyError
from keepers.crm.jobs.carrying_out import settle_abandoned
from keepers.crm.jobs.models import Job
from keepers.crm.jobs.progress import shown as job_shown
from keepers.crm.lists.tables import csv_response
from keepers.crm.people.audit import taken_away
from keepers.crm.people.gate import needs, user_of
from keepers.crm.people.rights import may, sees_all
from keepers.crm.people.roles import Noun, Verb
from keepers.crm.portfolio.insight.charts import chart_response
from keepers.crm.portfolio.insight.tables import table_of
from keepers.crm.portfolio.models import Publication, PublishedPlan
from keepers.crm.portfolio.plan import actions as plan_actions
from keepers.crm.portfolio.plan.budgets import Choice, choice_within, frontier_answer, has_choices, own_choice, reach_of
from keepers.crm.portfolio.plan.forms import FIELDS, LimitsForm
from keepers.crm.portfolio.plan.queries import plan_shown
from keepers.crm.portfolio.queries import publication_shown
from keepers.insight.drawings.heights import height_of
from keepers.insight.drawings.theme import WIDE


def budgeting_of(request: HttpRequest, publication: Publication, shown: PublishedPlan) -> dict[str, Any]:
    """What the sliders, the frontier and the answer to them say.

    Nothing for whoever does not see everybody, and where every budget gives the same plan.
    """
    user = user_of(request)
    if not sees_all(user, Noun.CUSTOMERS) or not has_choices(shown):
        return {}
    about: dict[str, Any] = {"reach": reach_of(shown), "limited": _limits(shown)}
    form = LimitsForm(request.GET if request.GET.keys() & FIELDS.values() else _own(shown), **about)
    asked = form.limits() if form.is_valid() else _limits(shown)
    choice = _chosen(shown, asked)
    answer = frontier_answer(shown, publication.currency, choice)
    return {
        "limits_form": form,
        "asked": {FIELDS[name]: limit for name, limit in asked.items()},
        "choice": choice,
        "frontier": answer,
        "frontier_table": table_of(user, answer),
        "is_own": asked == _limits(shown),
        "explorers": shown.account.get("lines_exploring", 0),
        "chart_query": "".join(f"&{name}={limit:.10g}" for name, limit in asked.items()),
        "chart_width": WIDE,
        "chart_height": height_of(answer, narrow=False),
        "chart_narrow_height": height_of(answer, narrow=True),
        "may_plan": may(user, Verb.EDIT, Noun.CAMPAIGNS),
    }


def under_way(home: str = "plan") -> dict[str, Any]:
    """The planning that this page asked for and waits for, or that came to nothing."""
    settle_abandoned()
    job = Job.objects.filter(kind=Job.Kind.PLAN, home=reverse(home)).first()
    return {} if job is None or job.state == Job.State.DONE else job_shown(job)


@needs(Verb.SEE, Noun.CUSTOMERS, everybodys=Noun.CUSTOMERS)
def frontier_chart(request: HttpRequest) -> HttpResponse:
    """The frontier with the chosen plan, in the look that the page asks for."""
    publication, shown = _shown(request)
    numbers = ((name, _number(request.GET.get(name, ""))) for name in FIELDS)
    choice = _chosen(shown, {name: number for name, number in numbers if number is not None})
    key = f"plan-{shown.pk}" + (f"-{choice.cost:.6g}-{choice.hours:.6g}-{choice.gain:.6g}" if choice else "")
    return chart_response(
        request, lambda: frontier_answer(shown, publication.currency, choice), run_id=publication.run_id, key=key
    )


@needs(Verb.EXPORT, Noun.INSIGHT, everybodys=Noun.CUSTOMERS)
def frontier_csv(request: HttpRequest) -> HttpResponse:
    """The points of the frontier as a file."""
    publication, shown = _shown(request)
    taken_away(user_of(request), Noun.INSIGHT, at=timezone.now(), what="frontier.csv")
    return csv_response(frontier_answer(shown, publication.currency, None).rows, "frontier")


@require_POST
@needs(Verb.EDIT, Noun.CAMPAIGNS, everybodys=Noun.CUSTOMERS)
def start_planning(request: HttpRequest) -> HttpResponseBase:
    """Have the plan made anew with other money, hours or contacts."""
    _, shown = _shown(request)
    form = LimitsForm(request.POST, reach=reach_of(shown), limited=_limits(shown))
    if not form.is_valid():
        return render(request, "portfolio/plan_refused.html", {"limits_form": form}, status=422)
    try:
        plan_actions.start_planning(shown, form.limits(), by=user_of(request), at=timezone.now())
    except BusyError as busy:
        messages.warning(request, str(busy))
    return redirect("plan")


def _shown(request: HttpRequest) -> tuple[Publication, PublishedPlan]:
    publication = publication_shown(request, request.GET.get("run", ""))
    shown = plan_shown(publication)
    if publication is None or shown is None or "frontier" not in shown.account:
        raise Http404("There is no plan.")
    return publication, shown


def _chosen(shown: PublishedPlan, asked: Mapping[str, float]) -> Choice | None:
    """The plan that is shown where its own limits are asked for, else the nearest of those worked out beside it."""
    near = choice_within(shown, asked)
    return own_choice(shown, near) if near is not None and asked == _limits(shown) else near


def _limits(shown: PublishedPlan) -> dict[str, float]:
    """The limits that the plan was made with, whether a person or the costs file set them."""
    caps = shown.account["terms"]["caps"]
    return {name: caps[name] for name in FIELDS if name in caps}


def _own(shown: PublishedPlan) -> dict[str, float]:
    return {FIELDS[name]: limit for name, limit in _limits(shown).items()}


def _number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None
