"""Approving: what is proposed to whoever is about to, and the row and the job that it becomes."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from math import sqrt
from typing import Any

import numpy as np
from django.db import transaction
from django.db.models import Avg, F, QuerySet
from django.utils.translation import gettext as _
from numpy.typing import NDArray

from keepers.core.errors import KeepersError
from keepers.core.periods import DAYS_PER_YEAR
from keepers.crm.approvals.models import Approval
from keepers.crm.approvals.queries import Wanted, also_reached, kept_from, lines_of, who_said_yes
from keepers.crm.customers.agreeing import CHANNELS
from keepers.crm.customers.reachable import reachable_by
from keepers.crm.customers.writing.chunks import Numbers, among
from keepers.crm.jobs.actions import ask as ask_for_job
from keepers.crm.jobs.models import Job
from keepers.crm.people.audit import record
from keepers.crm.people.models import User
from keepers.crm.people.roles import Noun
from keepers.crm.portfolio.models import CustomerValue, Publication
from keepers.decisions.terms.doing import PROMOTE
from keepers.experiments.sizing import Size, propose

USUAL_SHARE = 0.10  # where no share shows the gain that is expected, and where nobody can say
SILENT = "not_agreed"
LOOKED_AT = 5_000  # lines of which the spread is learned
IN_ERRORS = 2 * 1.6448536269514722  # a 90 % interval in standard deviations
_LOTS, _SCATTERED = 1 << 20, 648_055  # near the golden part of the lots: numbers that follow each other draw far apart

_Keys = NDArray[np.int64]


class NothingToApproveError(KeepersError):
    """A step that is to do nothing, or that has nobody."""


class ApprovedAlreadyError(KeepersError):
    """The same step was approved a moment ago, and the worker is not done with it."""


class UnreasonedShareError(KeepersError):
    """Another hold-out than the proposed, without a reason."""


@dataclass(frozen=True, slots=True)
class Proposal:
    """Whom an approval would reach, and how many of them to hold out.

    people: who may be reached
    passed_over: why others of the step may not → how many
    gain: what the plan expects per customer within the window, after cost [money]; None where it does not say
    share: to hold out
    size: what that shows; None where nobody can say
    unaddressed: how many of `people` nothing is known of that the way can use: they are on its list all the same
    """

    people: int
    passed_over: Mapping[str, int]
    gain: float | None
    share: float
    size: Size | None
    unaddressed: int = 0


def proposal(publication: Publication, wanted: Wanted, way: str, *, today: date, until: date) -> Proposal:
    """What is proposed.

    The hold-out is the smallest that shows the gain which the plan expects, if the step has people enough for that; if
    not, one in ten, so that several approvals of the same action together can tell.

    Args:
        publication: whose plan.
        wanted: the lines.
        way: how the action is to reach people.
        today: the day.
        until: last day of the window.
    """
    lines = lines_of(publication, wanted)
    kept = kept_from(wanted.parts, way, day=today, also=also_reached(publication, wanted), silent=False)
    told = lines.aggregate(customers=Numbers("customer_id"), mean=Avg("expected_gain"))
    customers = told["customers"]
    able, passed_over = _counted(customers, kept, who_said_yes(wanted.parts, way))
    people, unaddressed = len(able), _unaddressed(able, lines, way)
    window, mean = (until - today).days / DAYS_PER_YEAR, told["mean"]
    part = 1.0 if wanted.decision == PROMOTE else min(window, 1.0)  # an offer of a product is made once
    gain = None if mean is None else mean * part
    spread = _spread(publication, customers, window)
    if gain is None or gain <= 0 or spread is None or people < 2:
        return Proposal(people, passed_over, gain, USUAL_SHARE, None, unaddressed)
    size = propose(people, spread, gain)
    share = size.held_share if size.is_enough else USUAL_SHARE
    return Proposal(people, passed_over, gain, share, size, unaddressed)


def approve(
    publication: Publication,
    wanted: Wanted,
    *,
    at: datetime,
    today: date,
    proposed: Proposal,
    people: Iterable[User],
    **about: Any,
) -> Approval:
    """Say yes to a step: the worker draws the lots, keeps the list and makes the tasks.

    Args:
        publication: whose plan.
        wanted: the lines, by whom.
        at: when; lots are drawn for this moment.
        today: its day.
        proposed: what was proposed.
        people: who takes the tasks of customers without an owner, in turn.
        about: `name`, `way`, `makes_tasks`, `a_day`, `held_until`, `held_share`, `held_reason`.

    Raises:
        NothingToApproveError: the step is to do nothing, or nobody of it may be reached.
        ApprovedAlreadyError: the worker is about to carry it out for some of the same customers.
        UnreasonedShareError: less is held out than proposed, and nobody says why.
    """
    if not wanted.parts or not proposed.people:
        raise NothingToApproveError(_("Nobody of this step can be reached now, so there is nothing to approve."))
    if about["held_share"] < round(proposed.share, 3) and not about.get("held_reason", "").strip():
        raise UnreasonedShareError(
            _("Say why fewer are held out than proposed; without them nobody learns what it brings.")
        )
    with transaction.atomic():
        Publication.objects.select_for_update().get(pk=publication.pk)  # of two who approve at once, one comes second
        if _is_under_way(publication, wanted):
            raise ApprovedAlreadyError(
                _("This step was approved already and is being carried out. Look at What it brought before another.")
            )
        approval = Approval.objects.create(
            run_id=publication.run_id,
            currency=publication.currency,
            decision=wanted.decision,
            action=wanted.action,
            chosen=list(wanted.chosen),
            gain_from=wanted.gain_from,
            scope=wanted.scope,
            starts_on=today,
            proposed_share=proposed.share,
            by=wanted.user,
            at=at,
            **about,
        )
        approval.people.set(people)
        changes = {"decision": approval.decision, "action": approval.action, "held_share": approval.held_share}
        changes |= {"reason": approval.held_reason} if approval.held_reason else {}
        record(at=at, actor=wanted.user, verb="create", noun=Noun.CAMPAIGNS, thing=approval, changes=changes)
        start(approval, at=at)
    return approval


def start(approval: Approval, *, at: datetime) -> None:
    """Have the worker do it, or what is left of it."""
    from keepers.crm.approvals.tasks import carry_out_approval  # it leads back here

    job = ask_for_job(
        Job.Kind.APPROVAL, {"approval": approval.pk}, by=approval.by, at=at, home=approval.get_absolute_url()
    )
    Approval.objects.filter(pk=approval.pk).update(job=job)
    approval.job = job
    carry_out_approval.enqueue(job.pk)


def _is_under_way(publication: Publication, wanted: Wanted) -> bool:
    """Whether the worker has an approval of the step, for some of the same customers, to carry out."""
    waiting = Approval.objects.filter(
        run_id=publication.run_id,
        decision=wanted.decision,
        action=wanted.action,
        made_at=None,
        job__state__in=Job.OPEN,
    )
    mine = set(wanted.chosen)
    return any(not mine or not chosen or mine & set(chosen) for chosen in waiting.values_list("chosen", flat=True))


def usual_end(today: date) -> date:
    """A quarter of a year on."""
    return today + timedelta(days=91)


def _counted(
    customers: _Keys, kept: Mapping[str, Collection[int]], agreed: QuerySet[Any, int] | None
) -> tuple[_Keys, dict[str, int]]:
    """Which of some customers may be reached, and why others may not → how many, each for the first reason.

    Where a yes is asked for, those who said none are all but those who `agreed`.
    """
    left, passed_over = customers, dict[str, int]()
    for why, some in kept.items():
        if why == SILENT and agreed is not None:
            able = left[np.isin(left, agreed.aggregate(customers=Numbers("customer_id"))["customers"])]
        else:
            able = left[~np.isin(left, np.fromiter(some, np.int64, len(some)))]
        passed_over[why], left = len(left) - len(able), able
    return left, {why: count for why, count in passed_over.items() if count}


def _unaddressed(able: _Keys, lines: QuerySet[Any], way: str) -> int:
    """Of how many of these nothing is known that the way can use."""
    reachable = reachable_by(CHANNELS.get(way, ""))
    if reachable is None:
        return 0
    known = reachable.filter(pk__in=lines.order_by().values("customer_id")).aggregate(keys=Numbers("pk"))["keys"]
    return int((~np.isin(able, known)).sum())


def _spread(publication: Publication, customers: _Keys, window: float) -> float | None:
    """Standard deviation of a customer's margin within the window, of what the run does not know [money]."""
    some = CustomerValue.number(publication.pk, 0) + _some(customers)
    width = F("period_value_high") - F("period_value_low")
    found = CustomerValue.objects.filter(among(some.tolist(), "id")).exclude(period_value_high=None)
    square = found.aggregate(mean=Avg(width * width))["mean"]
    horizon = (publication.assumption("horizon") or DAYS_PER_YEAR) / DAYS_PER_YEAR
    return sqrt(square * window / horizon) / IN_ERRORS if square else None


def _some(customers: _Keys) -> _Keys:
    """About as many as are looked at, by lot of their numbers, so that the database may tell them in any order."""
    lots = customers * _SCATTERED % _LOTS
    return customers[lots * len(customers) < LOOKED_AT * _LOTS]
