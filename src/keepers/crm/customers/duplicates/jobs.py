"""Work on duplicates that a page does not wait for."""

from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import QuerySet
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django_tasks import task

from keepers.core.errors import NothingToDoError
from keepers.crm.customers.duplicates.finding import look_everywhere, merge_above, undo_all
from keepers.crm.customers.duplicates.models import Merge
from keepers.crm.jobs.actions import BusyError, ask
from keepers.crm.jobs.carrying_out import Teller, carry_out
from keepers.crm.jobs.models import Job
from keepers.crm.people.models import User

KINDS = (Job.Kind.PAIRS, Job.Kind.MERGES, Job.Kind.MERGES_UNDO)


def start_looking(*, by: User, at: datetime) -> Job:
    """Have the whole base looked through.

    Raises:
        BusyError: that is under way, or merging is.
    """
    return _start(Job.Kind.PAIRS, {}, by, at)


def start_merging(least: float, *, by: User, at: datetime) -> Job:
    """Have all groups of at least this probability merged.

    Raises:
        BusyError: that is under way, or looking is.
    """
    return _start(Job.Kind.MERGES, {"least": least}, by, at)


def start_undoing(job: Job, *, by: User, at: datetime) -> Job:
    """Have all merges of a job undone that are not.

    Raises:
        NothingToDoError: there are none.
        BusyError: looking or merging is under way.
    """
    if not merges_of(job).filter(undone_at=None).exists():
        raise NothingToDoError(_("There is no merge of that time left to undo."))
    return _start(Job.Kind.MERGES_UNDO, {"merges": job.pk}, by, at)


def merges_of(job: Job) -> QuerySet[Merge]:
    """What a job merged."""
    if job.kind != Job.Kind.MERGES or job.started_at is None:
        return Merge.objects.none()
    return Merge.objects.filter(at=job.started_at, by=job.asked_by)


def last_merging() -> Job | None:
    """The latest job that merged."""
    return Job.objects.filter(kind=Job.Kind.MERGES, started_at__isnull=False).first()


def last_job() -> Job | None:
    """What was asked for last."""
    return Job.objects.filter(kind__in=KINDS).first()


@task
def look(job_id: int) -> None:
    """What the worker does."""
    carry_out(job_id, _look)


@task
def merge_many(job_id: int) -> None:
    """What the worker does."""
    carry_out(job_id, _merge)


@task
def undo_merges(job_id: int) -> None:
    """What the worker does."""
    carry_out(job_id, _undo)


def _start(kind: Job.Kind, asked: dict[str, Any], by: User, at: datetime) -> Job:
    with transaction.atomic():
        if Job.objects.filter(kind__in=KINDS, state__in=Job.OPEN).exists():
            raise BusyError("Somebody has asked for that already; wait until it is done.")
        job = ask(kind, asked, by=by, at=at, home=reverse("duplicates"))
        work = {Job.Kind.PAIRS: look, Job.Kind.MERGES: merge_many, Job.Kind.MERGES_UNDO: undo_merges}[kind]
        work.enqueue(job.pk)
    return job


def _look(job: Job, tell: Teller) -> dict[str, Any]:
    tell("pairing")
    return {"pairs": look_everywhere(at=timezone.now())}


def _merge(job: Job, tell: Teller) -> dict[str, Any]:
    def told(done: int, groups: int) -> None:
        tell("merging", rows=done, bytes_read=done, bytes_total=groups)

    assert job.started_at is not None, "it is under way"
    absorbed = merge_above(job.asked["least"], by=job.asked_by, at=job.started_at, tell=told)
    return {"absorbed": absorbed}


def _undo(job: Job, tell: Teller) -> dict[str, Any]:
    def told(done: int, merges: int) -> None:
        tell("undoing", rows=done, bytes_read=done, bytes_total=merges)

    merges = merges_of(Job.objects.get(pk=job.asked["merges"]))
    return {"undone": undo_all(merges, by=job.asked_by, at=timezone.now(), tell=told)}
