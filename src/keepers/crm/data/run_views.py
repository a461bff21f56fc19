"""The runs: what each found, how far to trust it, and what two of them differ in."""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from keepers.clv.inference.gathered_words import gathered
from keepers.crm.data import actions, folders, queries
from keepers.crm.data.assumption_words import assumption_rows, compared_rows, length_in_words
from keepers.crm.data.changes import by_group, outcome_rows
from keepers.crm.data.trust import held_out, models_of, scores_of
from keepers.crm.jobs.actions import BusyError
from keepers.crm.jobs.carrying_out import settle_abandoned
from keepers.crm.jobs.models import Job
from keepers.crm.jobs.progress import shown
from keepers.crm.jobs.wording import in_words
from keepers.crm.people.gate import needs, user_of
from keepers.crm.people.roles import Noun, Verb
from keepers.loop.comparison import outcome_kept
from keepers.loop.workspace import runs_kept


@require_GET
@needs(Verb.SEE, Noun.DATA)
def listing(request: HttpRequest) -> HttpResponse:
    """Every run, and the one under way."""
    settle_abandoned()
    job = queries.last_job(Job.Kind.RUN)
    found = queries.runs()
    worth = [run["base"]["residual_value"] for run in found if run["base"]["residual_value"]]
    page: dict[str, Any] = {
        "runs": found,
        "tab": "runs",
        "has_imports": any(each["active"] for each in queries.imports()),
        "most": max((each["high"] for each in worth), default=0),
    }
    if job is not None and job.state != Job.State.DONE:
        page |= shown(job)
    return render(request, "data/runs.html", page)


@require_POST
@needs(Verb.CREATE, Noun.DATA)
def start(request: HttpRequest) -> HttpResponseBase:
    """Have the base valued."""
    try:
        actions.start_run(by=user_of(request), at=timezone.now(), again=request.POST.get("again") == "1")
    except BusyError as busy:
        messages.warning(request, str(busy))
    return redirect("runs")


@require_GET
@needs(Verb.SEE, Noun.DATA)
def show(request: HttpRequest, run_id: str) -> HttpResponse:
    """One run, for somebody who wants to know."""
    found = queries.runs()
    run = _named(found, run_id)
    diagnostics, backtest = run["diagnostics"] or {}, run["backtest"] or {}
    choice = diagnostics.get("choice") or {}
    page = {
        "run": run,
        "grade": in_words(backtest.get("grade_sentence", "")),
        "why": in_words(choice.get("reason", "")),
        "graded_another": bool(choice.get("weights")) and backtest.get("model") != " and ".join(choice["weights"]),
        "others": [each for each in found if each["run_id"] != run_id],
        "horizon": length_in_words(run["parameters"]["assumptions"]["horizon"]),
        "cap": length_in_words(run["parameters"]["assumptions"]["value_cap"]),
        "assumptions": assumption_rows(run["parameters"]),
        "models": models_of(run["diagnostics"]),
        "warnings": [in_words(told) for told in gathered(diagnostics.get("warnings") or ())],
        "scores": scores_of(run["backtest"]),
        "held_out": held_out(run["backtest"]),
        "imports": queries.imports_among(run["batches"]),
    }
    return render(request, "data/run.html", page)


@require_GET
@needs(Verb.SEE, Noun.DATA)
def compare(request: HttpRequest) -> HttpResponse:
    """Two runs side by side: the last two unless others are named; of one that is named, the last other beside it."""
    found = queries.runs()
    asked = [request.GET.get(name, "") for name in ("before", "after")]
    if len(found) <= 1 and not all(asked):
        messages.info(request, _("There are not two runs to compare yet. Value the base again once something changed."))
        return redirect("runs")
    after_id = asked[1] or _last_but(asked[0], found)
    before, after = _named(found, asked[0] or _last_but(after_id, found)), _named(found, after_id)
    with folders.workspace().opened() as store:
        rows = {row["run_id"]: row for row in runs_kept(store)}
        outcomes = [outcome_kept(store, rows[run["run_id"]]) for run in (before, after)]
    told = list(zip(compared_rows(before), compared_rows(after), strict=True))
    page = {
        "before": before,
        "after": after,
        "runs": found,
        "differs": [(was[0], was[1], now[1]) for was, now in told if was[1] != now[1]],
        "same": [(was[0], was[1], now[1]) for was, now in told if was[1] == now[1]],
        "outcomes": outcome_rows(outcomes[0], outcomes[1]),
        "one_currency": before["currency"] == after["currency"],
        "imports_gone": queries.imports_among(set(before["batches"]) - set(after["batches"])),
        "imports_new": queries.imports_among(set(after["batches"]) - set(before["batches"])),
    }
    page |= by_group(outcomes[0], outcomes[1])
    return render(request, "data/comparison.html", page)


def _last_but(run_id: str, found: list[dict[str, Any]]) -> str:
    return next(str(run["run_id"]) for run in found if run["run_id"] != run_id)


def _named(found: list[dict[str, Any]], run_id: str) -> dict[str, Any]:
    for run in found:
        if run["run_id"] == run_id:
            return run
    raise Http404(_("There is no such run."))
