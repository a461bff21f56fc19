"""The jobs as the worker calls them; pages, which only ask for them, start without what does the work."""

from django_tasks import task

from keepers.crm.jobs.carrying_out import carry_out


@task
def check_people(job_id: int) -> None:
    """Read an import's files to their ends."""
    from keepers.crm.customers.exchange import work

    carry_out(job_id, work.check)


@task
def land_people(job_id: int) -> None:
    """Bring an import in."""
    from keepers.crm.customers.exchange import work

    carry_out(job_id, work.land)


@task
def undo_people(job_id: int) -> None:
    """Take an import back."""
    from keepers.crm.customers.exchange import work

    carry_out(job_id, work.undo)
