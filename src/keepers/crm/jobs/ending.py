"""Jobs whose process is about to end: asked to stop at their next safe point, and said to have been stopped."""

from collections.abc import Iterable

from keepers.crm.jobs.models import Job


def ask_to_stop() -> list[Job]:
    """The jobs under way, each asked to stop when it next says how far it is."""
    jobs = list(Job.objects.filter(state=Job.State.RUNNING))
    Job.objects.filter(pk__in=[job.pk for job in jobs], state=Job.State.RUNNING).update(cancel_asked=True)
    return jobs


def are_under_way(jobs: Iterable[Job]) -> bool:
    """Whether one of them still is."""
    return Job.objects.filter(pk__in=[job.pk for job in jobs], state=Job.State.RUNNING).exists()


def say_stopped(jobs: Iterable[Job]) -> None:
    """Nobody cancelled those that stopped: their process was ended, so their pages offer to start them again."""
    stopped = Job.objects.filter(pk__in=[job.pk for job in jobs], state=Job.State.CANCELLED)
    stopped.update(state=Job.State.ABANDONED)
