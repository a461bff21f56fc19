"""Work on duplicates that a page does not wait for."""

from datetime import datetime
from typing import Any

from django.db import transaction
from django.urls import reverse
from django.utils import timezone
from django_tasks import task

from keepers.crm.customers.duplicates.finding import look_everywhere, merge_above
from keepers.crm.jobs.actions import BusyError, ask
from keepers.crm.jobs.carrying_out import Teller, carry_out
from keepers.crm.jobs.models import Job
from keepers.crm.people.models import User

KINDS = (Job.Kind.PAIRS, Job.Kind.MERGES)


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


def _start(kind: Job.Kind, asked: dict[str, Any], by: User, at: datetime) -> Job:
    with transaction.atomic():
        if Job.objects.filter(kind__in=KINDS, state__in=(Job.State.WAITING, Job.State.RUNNING)).exists():
            raise BusyError("Somebody has asked for that already; wait until it is done.")
        job = ask(kind, asked, by=by, at=at, home=reverse("duplicates"))
        work = look if kind == Job.Kind.PAIRS else merge_many
        transaction.on_commit(lambda: work.enqueue(job.pk))
    return job


def _look(job: Job, tell: Teller) -> dict[str, Any]:
    tell("pairing")
    return {"pairs": look_everywhere(at=timezone.now())}


def _merge(job: Job, tell: Teller) -> dict[str, Any]:
    def told(done: int, groups: int) -> None:
        tell("merging", rows=done, bytes_read=done, bytes_total=groups)

    absorbed = merge_above(job.asked["least"], by=job.asked_by, at=timezone.now(), tell=told)
    return {"absorbed": absorbed}
