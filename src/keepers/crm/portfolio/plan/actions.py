"""What changes the plan: asking for another one with other limits, or with a trial that begins."""

from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime
from typing import Any

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
from keepers.decisions.terms import Trial


def start_planning(plan: PublishedPlan, limits: Mapping[str, float], *, by: User, at: datetime) -> Job:
    """Have the run of a plan planned again within limits; these hold for the plans of later runs too.

    Raises:
        BusyError: a plan is being made already.
    """
    return _start(plan, {"limits": dict(limits)}, by=by, at=at, home=reverse("plan"))


def start_trial(plan: PublishedPlan, trial: Trial, *, by: User, at: datetime) -> Job:
    """Have lots drawn of those with whom it is in doubt whether an action pays, and the others planned again.

    Raises:
        BusyError: a plan is being made already.
    """
    asked = {"limits": dict(plan.limits), "trial": asdict(trial)}
    return _start(plan, asked, by=by, at=at, home=reverse("trials"))


def _start(plan: PublishedPlan, wanted: Mapping[str, Any], *, by: User, at: datetime, home: str) -> Job:
    with transaction.atomic():
        if Job.objects.filter(kind=Job.Kind.PLAN, state__in=Job.OPEN).exists():
            raise BusyError(_("A plan is being made already; wait until that is done."))
        job = ask(Job.Kind.PLAN, {"run_id": plan.publication.run_id, **wanted}, by=by, at=at, home=home)
        tasks.plan_again.enqueue(job.pk)
        record(at=at, actor=by, verb="plan", noun=Noun.CAMPAIGNS, thing=job, changes=dict(wanted))
    return job
