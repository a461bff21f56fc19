"""Jobs by the API: how far each is, what came of it, and the way to stop it."""

from datetime import datetime
from typing import Any, Literal

from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from ninja import Router, Schema
from pydantic import ConfigDict, Field

from keepers.crm.api.paging import Paged
from keepers.crm.api.resources import Resource
from keepers.crm.jobs.actions import cancel
from keepers.crm.jobs.carrying_out import settle_abandoned
from keepers.crm.jobs.models import Job
from keepers.crm.jobs.wording import error_in_words
from keepers.crm.people.models import User
from keepers.crm.people.rights import may
from keepers.crm.people.roles import Noun, Verb

router = Router(tags=["jobs"])
JobState = Literal["waiting", "running", "done", "nothing", "failed", "cancelled", "abandoned"]
JOB: dict[str, Any] = {"id": 7, "kind": "pairs", "state": "running", "stage": "pairing", "rows": 1200, "share": 40}


class JobsWanted(Paged):
    """Which jobs."""

    kind: str = Field("", max_length=20)
    state: JobState | None = None


class JobTold(Schema):
    """Work that nobody waits for."""

    model_config = ConfigDict(json_schema_extra={"examples": [JOB]})

    id: int
    kind: str
    state: JobState
    asked_by: str | None
    asked_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    stage: str
    rows: int
    share: int = Field(description="how much of the stage is done, of 100")
    error: str


_PLAIN = ("kind", "state", "asked_at", "started_at", "finished_at", "stage", "rows", "share")


def job_told(user: User, job: Job) -> dict[str, Any]:
    """A job as the API tells it."""
    by = job.asked_by.email if job.asked_by else None
    told = {name: getattr(job, name) for name in _PLAIN}
    return {"id": job.pk, "asked_by": by, "error": error_in_words(job) if job.error else "", **told}


def _jobs(user: User, verb: Verb) -> QuerySet[Job]:
    """One's own; all for who may see or change data."""
    settle_abandoned()
    found = Job.objects.select_related("asked_by")
    return found if may(user, verb, Noun.DATA) else found.filter(asked_by=user)


def _narrow(user: User, found: QuerySet[Job], wanted: JobsWanted) -> QuerySet[Job]:
    asked = {"kind": wanted.kind, "state": wanted.state}
    return found.filter(**{name: value for name, value in asked.items() if value})


def _cancel(request: HttpRequest, job: Job, given: dict[str, Any]) -> None:
    cancel(job, at=timezone.now())


jobs = Resource(router, "job", "jobs", None, JobTold, job_told, _jobs)
jobs.lists(JobsWanted, _narrow)
jobs.does("cancelling", _cancel, summary="Ask a job to stop")
