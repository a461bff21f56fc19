"""Settings: what valuations take for granted, what a change would do, and who changed what."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from keepers.core.errors import KeepersError
from keepers.crm.data import actions, queries
from keepers.crm.data.assumption_words import field_rows
from keepers.crm.data.changes import by_group, outcome_rows
from keepers.crm.data.forms import AssumptionsForm, RatesForm
from keepers.crm.data.models import AssumptionSet
from keepers.crm.jobs.actions import BusyError
from keepers.crm.jobs.carrying_out import settle_abandoned
from keepers.crm.jobs.models import Job
from keepers.crm.jobs.progress import shown
from keepers.crm.jobs.wording import in_browser
from keepers.crm.people.gate import needs, user_of
from keepers.crm.people.roles import Noun, Verb
from keepers.loop.comparison import Outcome

HISTORY_SHOWN = 20


@needs(Verb.SEE, Noun.SETTINGS, writing=Verb.EDIT)
def settings_page(request: HttpRequest) -> HttpResponseBase:
    """What counts now, and the form to change it."""
    if request.method == "POST":
        return _change(request)
    return _page(request, AssumptionsForm.of(queries.current_set()))


def _change(request: HttpRequest) -> HttpResponse:
    """Look at what the change would do, or save it, or save it and value the base."""
    form = AssumptionsForm(request.POST)
    if not form.is_valid():
        return _page(request, form, status=422)
    by, at, wanted = user_of(request), timezone.now(), request.POST.get("then", "save")
    if wanted == "preview":
        job = actions.start_preview(form.cleaned_data, by=by, at=at)
        return redirect("assumption_preview", job.pk)
    return _save(request, form.cleaned_data, run=wanted == "run")


def _save(request: HttpRequest, fields: dict[str, Any], *, run: bool) -> HttpResponse:
    by, at = user_of(request), timezone.now()
    if fields != queries.fields_of(queries.current_set()):
        actions.save_assumptions(fields, by=by, at=at)
        messages.info(request, _("Saved. The next valuation counts with this."))
    if not run:
        return redirect("assumptions")
    try:
        actions.start_run(by=by, at=at)
    except BusyError as busy:
        messages.warning(request, str(busy))
    return redirect("runs")


@require_POST
@needs(Verb.EDIT, Noun.SETTINGS)
def bring_rates(request: HttpRequest) -> HttpResponse:
    """Keep a table of exchange rates."""
    form = RatesForm(request.POST, request.FILES)
    if form.is_valid():
        try:
            to = form.cleaned_data["converts_to"] or queries.current_set().currency
            actions.bring_rates(form.cleaned_data["rates"], to=to, by=user_of(request), at=timezone.now())
        except KeepersError as error:
            form.add_error("rates", in_browser(str(error)))
        else:
            messages.info(request, _("The rates are kept. The next valuation converts by them."))
            return redirect("assumptions")
    return _page(request, AssumptionsForm.of(queries.current_set()), rates=form, status=422)


@needs(Verb.SEE, Noun.SETTINGS, writing=Verb.EDIT)
def preview(request: HttpRequest, pk: int) -> HttpResponseBase:
    """What a change would do: before and after."""
    settle_abandoned()
    job = get_object_or_404(Job, pk=pk, kind=Job.Kind.PREVIEW)
    if request.method == "POST":
        return _accept(request, job)
    page = shown(job) | {
        "changed": _changed(field_rows(job.asked["instead_of"]), field_rows(job.asked)),
        "saved": queries.fields_of(queries.current_set()) == queries.fields_asked(job.asked),
    }
    if job.state == Job.State.DONE:
        before = Outcome(**job.result["before"]) if job.result["before"] else None
        after = Outcome(**job.result["after"])
        page |= {
            "currency": job.result["currency"],
            "same_history": job.result["same_history"],
            "before_run": job.result["before_run"],
            "outcomes": outcome_rows(before, after),
            **by_group(before, after),
        }
    return render(request, "data/assumption_preview.html", page)


def _accept(request: HttpRequest, job: Job) -> HttpResponse:
    return _save(request, queries.fields_asked(job.asked), run=request.POST.get("then") == "run")


def _page(
    request: HttpRequest, form: AssumptionsForm, *, rates: RatesForm | None = None, status: int = 200
) -> HttpResponse:
    history = AssumptionSet.objects.select_related("set_by")[:HISTORY_SHOWN]
    told = [(each, field_rows(queries.fields_of(each))) for each in history]
    page = {
        "form": form,
        "rates_form": rates or RatesForm(initial={"converts_to": queries.current_set().currency}),
        "rates": queries.rates(),
        "current": field_rows(queries.fields_of(queries.current_set())),
        "history": [(each, _difference(rows, told, place)) for place, (each, rows) in enumerate(told)],
        "has_orders": any(each["active"] for each in queries.imports()),
    }
    return render(request, "data/assumptions.html", page, status=status)


def _difference(rows: list[Any], told: list[Any], place: int) -> list[Any]:
    """What this change changed: against the one before it, and the first against the defaults."""
    earlier = told[place + 1][1] if place + 1 < len(told) else field_rows(queries.fields_of(AssumptionSet()))
    return _changed(earlier, rows)


def _changed(earlier: list[Any], later: list[Any]) -> list[Any]:
    """Label, before and after of what differs."""
    return [(was[0], was[1], now[1]) for was, now in zip(earlier, later, strict=True) if was[1] != now[1]]
