"""What people say of single lines of the plan: yes, no, later; and taking that back."""

from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta

from django.db import transaction
from django.utils.translation import gettext as _

from keepers.core.errors import KeepersError
from keepers.crm.approvals.models import Approval, Choice
from keepers.crm.approvals.queries import choices_on, kept_from
from keepers.crm.approvals.wording import way_of
from keepers.crm.customers.models import Customer
from keepers.crm.people.audit import record
from keepers.crm.people.models import User
from keepers.crm.people.roles import Noun
from keepers.crm.portfolio.models import PlanLine
from keepers.crm.work.actions import drop, make_task
from keepers.crm.work.days import working_day
from keepers.crm.work.models import Task
from keepers.decisions.terms.doing import parts_of

DAYS = {Choice.Kind.ACCEPTED: 91, Choice.Kind.DISMISSED: 182, Choice.Kind.SNOOZED: 14}


class NoReasonError(KeepersError):
    """Something was dismissed without a reason."""


class NotInTimeError(KeepersError):
    """A day that is gone by."""


class TakenBackError(KeepersError):
    """What was said of a line was taken back already."""


def choose(
    lines: Sequence[PlanLine],
    kind: Choice.Kind,
    *,
    by: User,
    at: datetime,
    today: date,
    reason: str,
    until: date | None,
) -> list[Choice]:
    """Say the same of several lines; those of whom it is said already, and whoever may not be reached, are left.

    Whoever is closed, does not want to be reached like this, or is reached by the same action already may not be.

    An accepted line becomes a task of the customer's owner, else of whoever accepts it. It is no part of an experiment,
    because nobody drew lots for it.

    Args:
        lines: of the plan, with their customers.
        kind: what is said.
        by: who says it.
        at: when.
        today: the day.
        reason: in words; a dismissal needs one.
        until: last day on which it counts; None: as long as is usual for its kind.

    Raises:
        NoReasonError: a dismissal without a reason.
        NotInTimeError: the day is not after today.
    """
    if kind == Choice.Kind.DISMISSED and not reason.strip():
        raise NoReasonError(_("Say why it is dismissed, so that others need not ask."))
    last = until or today + timedelta(days=DAYS[kind])
    if last <= today:
        raise NotInTimeError(_("Choose a day that is still to come."))
    with transaction.atomic():
        everybody = Customer.objects.filter(pk__in=[line.customer_id for line in lines])
        list(everybody.order_by("pk").select_for_update().values_list("pk"))  # two who accept at once make one task
        left = _those_left(lines, kind, today)
        made = [
            Choice(
                customer=line.customer,
                run_id=line.publication.run_id,
                decision=line.decision,
                action=line.action,
                kind=kind,
                reason=reason.strip(),
                until=last,
                by=by,
                at=at,
                task=_task_for(line, by=by, at=at, today=today) if kind == Choice.Kind.ACCEPTED else None,
            )
            for line in left
        ]
        for choice in made:
            choice.save()
            record(
                at=at, actor=by, verb=_VERBS[kind], noun=Noun.CUSTOMERS, thing=choice.customer, changes=_told(choice)
            )
    return made


def take_back(choice: Choice, *, by: User, at: datetime) -> None:
    """Take back what was said; the task that it became, if it is still open, is let go.

    Raises:
        TakenBackError: somebody did already.
    """
    with transaction.atomic():
        if not Choice.objects.filter(pk=choice.pk, undone_at=None).update(undone_at=at, undone_by=by):
            raise TakenBackError(_("Somebody took this back already."))
        if choice.task is not None and choice.task.state == Task.State.OPEN:
            drop(choice.task, by=by, at=at, reason=_("taken back"))
        changes = {"plan": [choice.kind, ""], "action": choice.action}
        record(at=at, actor=by, verb="take back", noun=Noun.CUSTOMERS, thing=choice.customer, changes=changes)


_VERBS = {Choice.Kind.ACCEPTED: "accept", Choice.Kind.DISMISSED: "dismiss", Choice.Kind.SNOOZED: "snooze"}


def _those_left(lines: Sequence[PlanLine], kind: Choice.Kind, today: date) -> Iterable[PlanLine]:
    said = choices_on([line.customer_id for line in lines], today)
    kept: dict[str, set[int]] = {}
    if kind == Choice.Kind.ACCEPTED:
        kept = {action: _kept_from(action, lines, today) for action in {line.action for line in lines}}
    return [
        line
        for line in lines
        if line.customer_id not in kept.get(line.action, ())
        and not (line.customer_id in said and said[line.customer_id].kind == kind)
        and (kind != Choice.Kind.ACCEPTED or parts_of(line.action))
    ]


def _kept_from(action: str, lines: Sequence[PlanLine], today: date) -> set[int]:
    """Whom of the lines the action may not reach, whatever was said of them before."""
    among = [line.customer_id for line in lines if line.action == action]
    found = kept_from(parts_of(action), way_of(action), day=today, among=among)
    return set().union(*(customers for why, customers in found.items() if why != "decided"))


def _task_for(line: PlanLine, *, by: User, at: datetime, today: date) -> Task:
    owner = line.customer.owner if line.customer.owner and line.customer.owner.is_active else by
    way = way_of(line.action)
    return make_task(
        by=by,
        at=at,
        customer=line.customer,
        owner=owner,
        kind=Task.Kind(way) if way != Approval.Way.TO_DO else Task.Kind.TO_DO,
        title=line.action[:255],
        due_on=working_day(today),
        reason=_("The plan: %(decision)s.") % {"decision": line.decision},
    )


def _told(choice: Choice) -> dict[str, object]:
    return {
        "plan": ["", choice.kind],
        "action": choice.action,
        "until": choice.until.isoformat(),
        "reason": choice.reason,
    }
