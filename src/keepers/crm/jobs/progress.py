"""How far a job is, for a page and for the part of it that asks again each second; and the way to stop it."""

from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from keepers.crm.entrance import for_everybody
from keepers.crm.jobs import actions
from keepers.crm.jobs.carrying_out import settle_abandoned
from keepers.crm.jobs.models import Job
from keepers.crm.jobs.wording import error_in_words, stages_of
from keepers.crm.people.gate import user_of
from keepers.crm.people.rights import may
from keepers.crm.people.roles import Noun, Verb

PATIENCE = 15  # seconds that a job may wait before the page says that no worker seems to run


def shown(job: Job) -> dict[str, Any]:
    """A job as the templates want it."""
    waited = (timezone.now() - job.asked_at).total_seconds() if job.state == Job.State.WAITING else 0
    return {"job": job, "stages": stages_of(job), "error": error_in_words(job), "no_worker": waited > PATIENCE}


@require_GET
@never_cache
@for_everybody
def part(request: HttpRequest, pk: int) -> HttpResponse:
    """How far the job is; once it has ended, the whole page is asked for again."""
    settle_abandoned()
    job = get_object_or_404(Job, pk=pk)
    if not request.headers.get("hx-request"):
        return redirect(job.home or "/")
    if not job.is_open:
        return HttpResponse(headers={"HX-Refresh": "true"})
    return render(request, "jobs/_progress.html", shown(job))


def may_stop(request: HttpRequest, job: Job) -> bool:
    """Whether whoever is signed in may stop the job."""
    user = user_of(request)
    return may(user, Verb.EDIT, Noun.DATA) or user.pk == job.asked_by_id


@require_POST
@for_everybody
def cancel(request: HttpRequest, pk: int) -> HttpResponse:
    """Ask a job to stop."""
    job = get_object_or_404(Job, pk=pk)
    if not may_stop(request, job):
        raise PermissionDenied(_("Only who asked for this work and administrators may stop it. Ask one of them."))
    actions.cancel(job, at=timezone.now())
    return redirect(job.home or "/")
