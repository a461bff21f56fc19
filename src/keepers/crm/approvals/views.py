"""Approving a step of the plan, the approval's page, and all of them with what they brought."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from django.contrib import messages
from django.db.models import Q
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from keepers.core.errors import KeepersError
from keepers.crm.approvals.asking import approve, proposal, start, usual_end
from keepers.crm.approvals.forms import ApprovalForm
from keepers.crm.approvals.models import Approval
from keepers.crm.approvals.queries import Wanted
from keepers.crm.approvals.results import result_of, results
from keepers.crm.approvals.wording import BY_THE_WAY, PASSED_OVER, UNADDRESSED, way_of
from keepers.crm.customers.holding.asking import control_share, reached_though_held
from keepers.crm.customers.holding.copying import set_control_group
from keepers.crm.jobs.carrying_out import settle_abandoned
from keepers.crm.jobs.progress import shown
from keepers.crm.lists.addresses import number_in
from keepers.crm.people.gate import needs, user_of
from keepers.crm.people.models import User
from keepers.crm.people.rights import may, people_seen_by, scope_of
from keepers.crm.people.roles import Noun, Verb
from keepers.crm.portfolio.insight.charts import chart_response
from keepers.crm.portfolio.queries import publication_shown

MOST = 100


@require_http_methods(["GET", "POST"])
@needs(Verb.CREATE, Noun.CAMPAIGNS)
def new_approval(request: HttpRequest) -> HttpResponse:
    """Say yes to a step of the plan, or to those of its customers who are ticked."""
    asked = request.POST if request.method == "POST" else request.GET
    user, today = user_of(request), timezone.localdate()
    publication = publication_shown(request, asked.get("run", ""))
    if publication is None:
        raise Http404(_("Nothing is published yet."))
    wanted = _wanted(user, asked)
    if not wanted.parts:
        raise Http404(_("There is nothing to do in this step."))
    way = Approval.Way(_way(asked, wanted))
    proposed = proposal(publication, wanted, way, today=today, until=_until(asked, today))
    able = [person.pk for person in people_seen_by(user, Noun.TASKS)] if may(user, Verb.CREATE, Noun.TASKS) else []
    initial = _initial(wanted, way, today) | {
        "held_percent": f"{100 * proposed.share:.3g}",
        "people": [user.pk],
    }
    form = ApprovalForm(request.POST or None, people=able, today=today, initial=initial)
    if request.method == "POST" and form.is_valid():
        people, at = form.cleaned_data.get("people", []), timezone.now()
        try:
            made = approve(publication, wanted, at=at, today=today, proposed=proposed, people=people, **form.about)
        except KeepersError as error:
            form.add_error(None, str(error))
        else:
            return redirect(made)
    context = {"form": form, "wanted": wanted, "proposed": proposed, "passed_over": passed_over(proposed.passed_over)}
    ways = [each for each in Approval.Way if each != way and BY_THE_WAY & proposed.passed_over.keys()]
    context |= {"lacks": UNADDRESSED[way]} if proposed.unaddressed else {}
    context |= {"publication": publication, "way": way, "ways": ways, "until": _until(asked, today)}
    return render(request, "approvals/new.html", context, status=422 if form.errors else 200)


@needs(Verb.SEE, Noun.CAMPAIGNS)
def approvals(request: HttpRequest) -> HttpResponse:
    """What was approved and what it brought."""
    found = list(Approval.objects.select_related("by", "job")[:MOST])
    context = {"results": results(found), "control_share": control_share()}
    return render(request, "approvals/approvals.html", context)


@needs(Verb.SEE, Noun.CAMPAIGNS)
def approval(request: HttpRequest, pk: int) -> HttpResponse:
    """One approval: how far it is, whom it reaches, and what it brought."""
    settle_abandoned()
    found = get_object_or_404(Approval.objects.select_related("by", "job"), pk=pk)
    context: dict[str, Any] = {"approval": found, "passed_over": passed_over(found.passed_over)}
    context["leaked"] = reached_though_held(found.experiment)
    if found.job is not None and found.made_at is None:
        context |= shown(found.job)
    return render(request, "approvals/approval.html", context | {"result": result_of(found)})


@needs(Verb.SEE, Noun.CAMPAIGNS)
def chart(request: HttpRequest, pk: int) -> HttpResponse:
    """What was known of the gain at each look."""
    found = get_object_or_404(Approval, pk=pk)
    result = result_of(found)
    if result.answer is None:
        raise Http404(_("Nobody looked at it twice yet."))
    run = f"{found.experiment} {result.looks[-1].measured_at:%Y%m%dT%H%M%S}"
    return chart_response(request, result.answer, run_id=run, key="gain")


@require_POST
@needs(Verb.CREATE, Noun.CAMPAIGNS)
def beginning(request: HttpRequest, pk: int) -> HttpResponse:
    """Have the worker go on where one was stopped."""
    found = get_object_or_404(Approval.objects.select_related("by", "job"), Q(by=user_of(request)), pk=pk, made_at=None)
    if found.job is None or found.job.may_start_again:
        start(found, at=timezone.now())
    return redirect(found)


@require_POST
@needs(Verb.EDIT, Noun.SETTINGS)
def control_group(request: HttpRequest) -> HttpResponse:
    """Say which share of all customers nothing is to reach."""
    try:
        share = float(request.POST.get("percent", "")) / 100
    except ValueError:
        share = -1.0
    if not 0 <= share <= 0.2:
        messages.warning(request, _("Write a share between 0 and 20 of 100."))
    else:
        set_control_group(share, by=user_of(request), at=timezone.now())
    return redirect("approvals")


def passed_over(counts: Mapping[str, int]) -> list[tuple[Any, int]]:
    """Why some of a step are not reached, in words."""
    return [(words, counts[name]) for name, words in PASSED_OVER.items() if counts.get(name)]


def _wanted(user: User, asked: Any) -> Wanted:
    ticked = [pk for pk in map(number_in, asked.getlist("chosen")) if pk is not None]
    scope = scope_of(user, Verb.SEE, Noun.CUSTOMERS)
    return Wanted(user, scope, asked.get("decision", ""), asked.get("action", ""), ticked, _number(asked, "gain_from"))


def _number(asked: Any, name: str) -> float | None:
    try:
        return float(asked.get(name, ""))
    except ValueError:
        return None


def _way(asked: Any, wanted: Wanted) -> str:
    given = asked.get("way", "")
    return given if given in Approval.Way.values else way_of(wanted.action)


def _until(asked: Any, today: date) -> date:
    try:
        return max(date.fromisoformat(asked.get("held_until", "")), today)
    except ValueError:
        return usual_end(today)


def _initial(wanted: Wanted, way: str, today: date) -> dict[str, Any]:
    name = f"{wanted.decision.capitalize()}: {wanted.action}, {today:%Y-%m-%d}"[:110]
    taken = Approval.objects.filter(name__startswith=name).count()
    return {
        "name": f"{name} ({taken + 1})" if taken else name,
        "way": way,
        "makes_tasks": way in {Approval.Way.CALL, Approval.Way.VISIT},
        "people": [wanted.user.pk],
        "held_until": usual_end(today),
    }
