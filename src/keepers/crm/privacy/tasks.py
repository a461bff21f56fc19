"""The jobs as the worker calls them, and what each does."""

from typing import Any

from django.utils import timezone
from django_tasks import task

from keepers.crm.jobs.carrying_out import Teller, carry_out
from keepers.crm.jobs.models import Job
from keepers.crm.privacy.forgetting import carry_on
from keepers.crm.privacy.models import Forgetting, Takeout
from keepers.crm.privacy.takeout import write


@task
def take_out(job_id: int) -> None:
    """Write a file of all that is known of somebody."""
    carry_out(job_id, taking_out)


@task
def forget(job_id: int) -> None:
    """Forget somebody."""
    carry_out(job_id, forgetting)


def taking_out(job: Job, tell: Teller) -> dict[str, Any]:
    """What the worker does for a file."""
    tell("gathering")
    takeout = Takeout.objects.select_related("customer").get(job=job)
    return {"size": write(takeout, at=timezone.now())}


def forgetting(job: Job, tell: Teller) -> dict[str, Any]:
    """What the worker does to forget somebody."""
    asked = Forgetting.objects.get(job=job)
    carry_on(asked, tell, at=timezone.now())
    return {"left": asked.left}
