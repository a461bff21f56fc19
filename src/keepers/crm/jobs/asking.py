"""Tasks that the worker is asked for many times and need be done once."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, Protocol

from django.utils import timezone
from django_tasks import TaskResultStatus
from django_tasks.base import Task
from django_tasks_db.models import DBTaskResult

from keepers.warehouse.lock import WriterBusyError

LATER = timedelta(minutes=1)


class Work(Protocol):
    """Something that brings what waits to the warehouse."""

    def __call__(self, *, at: datetime) -> int:
        """How many went there."""


def ask_once(task: Task[Any, Any], when: datetime) -> None:
    """Have the worker do it then; one that waits is enough for all that is asked until it begins."""
    waiting = DBTaskResult.objects.filter(status=TaskResultStatus.READY, task_path=task.module_path)
    if not waiting.exists():
        task.using(run_after=when).enqueue()


def now_or_later(work: Work, ask: Callable[[datetime], None]) -> int:
    """Do it; where another process is writing, ask for it a minute later."""
    now = timezone.now()
    try:
        return work(at=now)
    except WriterBusyError:
        ask(now + LATER)
        return 0
