"""What changes the plan: asking for another one with other limits."""

from collections.abc import Mapping
from datetime import datetime

from django.db import transaction
from django.urls import reverse
from django.utils.translation import gettext as _

from keepers.crm.jobs.actions import BusyError, ask
from keepers.crm.jobs.models import Job
from keepers.crm.people.audit import record
from keepers.crm.people.models import User
from keepers.crm.people.roles import Noun
from keepers.crm.portfolio import tasks
from keepers.crm.portfolio.models import PublishedPlan


def start_planning(plan: PublishedPlan, limits: Mapping[str, float], *, by: User, at: datetime) -> Job:
    """Have the run of a plan planned again within limits; these hold for the plans of later runs too.

    Raises:
        BusyError: a plan is being made already.
    """
    with transaction.atomic():
        if Job.objects.filter(kind=Job.Kind.PLAN, state__in=Job.OPEN).exists():
            raise BusyError(_("A plan is being made already; wait until that is done."))
        asked = {"run_id": plan.publication.run_id, "limits": dict(limits)}
        job = ask(Job.Kind.PLAN, asked, by=by, at=at, home=reverse("plan"))
        tasks.plan_again.enqueue(job.pk)
        record(at=at, actor=by, verb="plan", noun=Noun.CAMPAIGNS, thing=job, changes={"limits": dict(limits)})
    return job
