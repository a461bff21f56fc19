"""Carries jobs out: one process at a time holds a job, says how far it is, and can be asked to stop.

A job's process holds the lock of a file for as long as it works. The operating system takes the lock back when the
process dies, so a job that counts as running and whose file nobody holds was abandoned, and can be started again. A
process that is asked to end stops its job like somebody who cancels it, and the job counts as abandoned too.
"""

import gc
import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta
from pathlib import Path
from threading import Event
from typing import Any

from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext as _

from keepers.core.errors import KeepersError, NothingToDoError
from keepers.crm.jobs.ending import hearing_of_the_end
from keepers.crm.jobs.models import Job
from keepers.warehouse.lock import WriterBusyError, WriterLock, is_held

LOG = logging.getLogger(__name__)
TELL_EVERY = timedelta(seconds=0.4)
LOCK_WAIT = 2.0  # a page that looks whether the lock is held takes it for a moment


class JobCancelledError(Exception):
    """Somebody asked the job to stop."""


class JobStoppedError(JobCancelledError):
    """The job's process was asked to end."""


class Teller:
    """Writes down how far a job is, at most some times a second, and stops it when that was asked for."""

    def __init__(self, job: Job, ends: Event) -> None:
        self._job, self._ends = job, ends

    def __call__(self, stage: str, *, rows: int = 0, bytes_read: int = 0, bytes_total: int = 0) -> None:
        """Say how far the job is.

        Raises:
            JobCancelledError: somebody asked the job to stop.
            JobStoppedError: its process was asked to end.
        """
        job, now = self._job, timezone.now()
        if stage == job.stage and job.told_at is not None and now - job.told_at < TELL_EVERY:
            return
        if Job.objects.filter(pk=job.pk, cancel_asked=True).exists():
            raise JobCancelledError
        if self._ends.is_set():
            raise JobStoppedError
        if stage != job.stage:
            job.stage, job.stage_at = stage, now
        job.told_at, job.rows, job.bytes_read, job.bytes_total = now, rows, bytes_read, bytes_total
        job.save(update_fields=["stage", "stage_at", "told_at", "rows", "bytes_read", "bytes_total"])


Work = Callable[[Job, Teller], dict[str, Any]]


def carry_out(job_id: int, work: Work) -> None:
    """Do a waiting job and keep what came of it, whatever that is; a job in other hands is left to them."""
    path = lock_of(job_id)
    path.parent.mkdir(parents=True, exist_ok=True)
    with suppress(WriterBusyError), WriterLock(path, timeout=LOCK_WAIT).held():
        job = _claimed(job_id)
        if job is not None:
            with _looking_for_new_garbage_only(), hearing_of_the_end() as ends:
                _do(job, work, Teller(job, ends))
            path.unlink(missing_ok=True)


@contextmanager
def _looking_for_new_garbage_only() -> Iterator[None]:
    """Let Python's search for garbage, which many rows set off again and again, pass over all that is loaded."""
    gc.freeze()
    try:
        yield
    finally:
        gc.unfreeze()


def settle_abandoned() -> int:
    """Mark the jobs whose process is gone; how many there were."""
    running = Job.objects.filter(state=Job.State.RUNNING).values_list("pk", flat=True)
    return sum(_settle(pk) for pk in running)


def lock_of(job_id: int) -> Path:
    """The file that a job's process holds."""
    folder: Path = settings.WORKSPACE.folder
    return folder / "jobs" / f"{job_id}.lock"


def _claimed(job_id: int) -> Job | None:
    now = timezone.now()
    waiting = Job.objects.filter(pk=job_id, state=Job.State.WAITING)
    if not waiting.update(state=Job.State.RUNNING, started_at=now, told_at=now):
        return None
    return Job.objects.get(pk=job_id)


def _do(job: Job, work: Work, teller: Teller) -> None:
    state = Job.State.FAILED
    kept: dict[str, Any] = {"error": _unforeseen(), "error_kind": "unforeseen"}
    try:
        try:
            state, kept = Job.State.DONE, {"result": work(job, teller)}
        except JobStoppedError:
            state, kept = Job.State.ABANDONED, {}
            LOG.warning("%s stopped at a safe point: its process is asked to end. Its page offers to begin again.", job)
        except JobCancelledError:
            state, kept = Job.State.CANCELLED, {}
        except NothingToDoError as nothing:
            state, kept = Job.State.NOTHING, {"error": str(nothing), "error_kind": type(nothing).__name__}
        except KeepersError as error:
            state, kept = Job.State.FAILED, {"error": str(error), "error_kind": type(error).__name__}
        except OSError as error:
            state, kept = Job.State.FAILED, {"error": _of_the_system(error), "error_kind": "system"}
        except (SystemExit, KeyboardInterrupt):
            state, kept = Job.State.ABANDONED, {}
            raise
    finally:
        Job.objects.filter(pk=job.pk).update(state=state, finished_at=timezone.now(), **kept)


def _unforeseen() -> str:
    return _(
        "Keepers made a mistake of its own here; nothing was changed. The log of the worker tells more. "
        "Start again; if it happens again, tell the makers of Keepers."
    )


def _of_the_system(error: OSError) -> str:
    return _("The system refused: %(reason)s. Make room or mend the rights of the workspace, then start again.") % {
        "reason": error.strerror or type(error).__name__
    }


def _settle(job_id: int) -> int:
    if is_held(lock_of(job_id)):
        return 0
    return Job.objects.filter(pk=job_id, state=Job.State.RUNNING).update(
        state=Job.State.ABANDONED, finished_at=timezone.now()
    )
