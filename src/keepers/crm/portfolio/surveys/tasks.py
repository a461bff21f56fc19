"""The job of surveys as the worker calls it."""

from django_tasks import task

from keepers.crm.jobs.carrying_out import carry_out


@task
def study_survey(job_id: int) -> None:
    """Study a survey that is kept."""
    from keepers.crm.portfolio.surveys import studying

    carry_out(job_id, studying.study)
