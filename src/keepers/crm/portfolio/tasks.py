"""The jobs of the portfolio as the worker calls them."""

from typing import Any

from django.conf import settings
from django.utils import timezone
from django.utils.module_loading import import_string
from django_tasks import task

from keepers.crm.jobs.carrying_out import Teller, carry_out
from keepers.crm.jobs.models import Job
from keepers.crm.portfolio.publishing.publish import publish_plan
from keepers.decisions.terms.terms import Trial
from keepers.loop.plans import kept as kept_plans

LOCK_TIMEOUT = 600.0  # a job may wait for another writer


@task
def plan_again(job_id: int) -> None:
    """Plan a run again within other limits, or with a trial that begins, and show that."""
    carry_out(job_id, _plan_again)


@task
def learn_wallets(job_id: int) -> None:
    """Learn shares of wallet from answers that were brought."""
    from keepers.crm.portfolio.offers import wallet_answers

    carry_out(job_id, wallet_answers.learn)


def _plan_again(job: Job, tell: Teller) -> dict[str, Any]:
    workspace, run_id, at = settings.WORKSPACE, str(job.asked["run_id"]), timezone.now()
    barred, asked = import_string(settings.NOT_TO_PROPOSE)(timezone.localdate(at)), job.asked.get("trial")
    trial = None if asked is None else Trial(**asked)
    tell("planning")
    with workspace.opened(lock_timeout=LOCK_TIMEOUT, to_value=True) as store:
        plan_id = kept_plans.plan_again(
            store, run_id, costs=workspace.costs, limits=job.asked["limits"], made_at=at, trial=trial, **barred
        )
    tell("publishing")
    publish_plan(workspace, run_id, timezone.now())
    return {"plan_id": plan_id}
