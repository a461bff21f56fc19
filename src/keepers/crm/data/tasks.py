"""The jobs as the worker calls them; pages, which only ask for them, start without what does the work."""

from django_tasks import task

from keepers.crm.jobs.carrying_out import carry_out


@task
def check_files(job_id: int) -> None:
    """Read an upload's files to the end."""
    from keepers.crm.data import work

    carry_out(job_id, work.check_files)


@task
def land_files(job_id: int) -> None:
    """Bring a checked upload in."""
    from keepers.crm.data import work

    carry_out(job_id, work.land_files)


@task
def value_now(job_id: int) -> None:
    """Value the base, keep and publish it."""
    from keepers.crm.data import work

    carry_out(job_id, work.value_now)


@task
def preview_assumptions(job_id: int) -> None:
    """Value the base with other assumptions."""
    from keepers.crm.data import work

    carry_out(job_id, work.preview_assumptions)
