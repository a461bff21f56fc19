"""What changes the plan: asking for another one with other limits, or with a trial that begins."""

from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime
from typing import Any

from django.conf import settings
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
from keepers.decisions.terms.costs_writing import tell
from keepers.decisions.terms.terms import Trial
from keepers.loop.workspace import COSTS


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


def say_costs(before: Mapping[str, Any], said: Mapping[str, Any], *, by: User, at: datetime) -> None:
    """Keep what contacts cost this firm, in its costs file.

    Args:
        before: what the file says now.
        said: by name as in `costs_writing.TOLD`; None: nothing is said.
        by: who says it.
        at: now.

    Raises:
        InvalidTermsError: no plan could be made by it.
    """
    changes = {name: [before.get(name), value] for name, value in said.items() if before.get(name) != value}
    if not changes:
        return
    with transaction.atomic():
        record(at=at, actor=by, verb="edit", noun=Noun.SETTINGS, changes=changes)
        tell(settings.WORKSPACE.folder / COSTS, {name: said[name] for name in changes})


def _start(plan: PublishedPlan, wanted: Mapping[str, Any], *, by: User, at: datetime, home: str) -> Job:
    with transaction.atomic():
        if Job.objects.filter(kind=Job.Kind.PLAN, state__in=Job.OPEN).exists():
            raise BusyError(_("A plan is being made already; wait until that is done."))
        job = ask(Job.Kind.PLAN, {"run_id": plan.publication.run_id, **wanted}, by=by, at=at, home=home)
        tasks.plan_again.enqueue(job.pk)
        record(at=at, actor=by, verb="plan", noun=Noun.CAMPAIGNS, thing=job, changes=dict(wanted))
    return job
