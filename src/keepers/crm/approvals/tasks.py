"""The job as the worker calls it."""

from django_tasks import task

from keepers.crm.approvals.carrying import act
from keepers.crm.jobs.carrying_out import carry_out


@task
def carry_out_approval(job_id: int) -> None:
    """Draw the lots of an approval, keep its list and make its tasks."""
    carry_out(job_id, act)
