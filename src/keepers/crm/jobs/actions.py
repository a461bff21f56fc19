"""What changes jobs: asking for one, and stopping it."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from keepers.core.errors import KeepersError
from keepers.crm.jobs.models import Job
from keepers.crm.people.models import User


class BusyError(KeepersError):
    """The same work is under way already."""


def ask(
    kind: Job.Kind, asked: Mapping[str, Any] | None = None, *, by: User | None, at: datetime, home: str = ""
) -> Job:
    """A job that waits; enqueue its task in the same transaction.

    Args:
        kind: what there is to do.
        asked: what the work needs to know.
        by: who wants it; None for the command line and rules.
        at: when.
        home: address of the page that shows it.
    """
    return Job.objects.create(kind=kind, asked=dict(asked or {}), asked_by=by, asked_at=at, home=home)


def cancel(job: Job, *, at: datetime) -> None:
    """Stop a job: one that waits at once, one that runs when it next says how far it is."""
    waiting = Job.objects.filter(pk=job.pk, state=Job.State.WAITING)
    if not waiting.update(state=Job.State.CANCELLED, finished_at=at):
        Job.objects.filter(pk=job.pk, state=Job.State.RUNNING).update(cancel_asked=True)
