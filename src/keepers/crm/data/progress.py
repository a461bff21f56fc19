"""How far a job is, for a page and for the part of it that asks again each second; and the way to stop it."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from keepers.crm.data import actions
from keepers.crm.data.gate import administrators_only
from keepers.crm.data.jobs import settle_abandoned
from keepers.crm.data.models import Job
from keepers.crm.data.wording import error_in_words, stages_of

PATIENCE = 15  # seconds that a job may wait before the page says that no worker seems to run


def shown(job: Job) -> dict[str, Any]:
    """A job as the templates want it."""
    waited = (timezone.now() - job.asked_at).total_seconds() if job.state == Job.State.WAITING else 0
    return {"job": job, "stages": stages_of(job), "error": error_in_words(job), "no_worker": waited > PATIENCE}


@require_GET
@never_cache
def part(request: HttpRequest, pk: int) -> HttpResponse:
    """How far the job is; once it has ended, the whole page is asked for again."""
    settle_abandoned()
    job = get_object_or_404(Job, pk=pk)
    if not request.headers.get("hx-request"):
        return redirect(_home_of(job))
    if not job.is_open:
        return HttpResponse(headers={"HX-Refresh": "true"})
    return render(request, "data/_progress.html", shown(job))


@require_POST
@administrators_only
def cancel(request: HttpRequest, pk: int) -> HttpResponse:
    """Ask a job to stop."""
    job = get_object_or_404(Job, pk=pk)
    actions.cancel(job, at=timezone.now())
    return redirect(_home_of(job))


def _home_of(job: Job) -> str:
    """The page on which the job is shown."""
    if job.kind == Job.Kind.RUN:
        return reverse("runs")
    if job.kind == Job.Kind.PREVIEW:
        return reverse("assumption_preview", args=[job.pk])
    upload = getattr(job, "checked", None) or getattr(job, "landed", None)
    return reverse("data") if upload is None else upload.get_absolute_url()
