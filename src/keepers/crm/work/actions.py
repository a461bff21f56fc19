"""What people do with tasks: each action one transaction, with its audit row."""

from collections.abc import Iterable, Mapping
from datetime import date, datetime, timedelta
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from keepers.core.errors import KeepersError
from keepers.crm.customers.computed.asking import changed
from keepers.crm.customers.models import Customer
from keepers.crm.customers.timeline.actions import add_touch, remove_touch
from keepers.crm.customers.timeline.models import Touch
from keepers.crm.people.audit import differences, record
from keepers.crm.people.models import User
from keepers.crm.work.days import working_day
from keepers.crm.work.models import Cadence, Task
from keepers.crm.work.queries import stakes_of

FIELDS = ("kind", "title", "note", "due_on", "starts_at", "owner")
AGAIN = {Touch.Outcome.NO_ANSWER: 1, Touch.Outcome.LATER: 7}  # days until the task comes back
MOST_ATTEMPTS = 3


class EndedTaskError(KeepersError):
    """The task is not open, or not ended, any more."""


def make_task(*, by: User | None, at: datetime, customer: Customer | None, owner: User | None, **about: Any) -> Task:
    """Give somebody a task.

    Args:
        by: who; None for a rule.
        at: when.
        customer: with whom; None for work that is with nobody.
        owner: who is to do it.
        about: any of `FIELDS`, and `reason`.
    """
    stake = stakes_of([customer.pk]).get(customer.pk) if customer else None
    with transaction.atomic():
        team = owner.team if owner else None
        task = Task.objects.create(
            customer=customer, owner=owner, team=team, made_by=by, made_at=at, stake=stake, **about
        )
        _count_again(task, at)
        record(at=at, actor=by, verb="create", noun="tasks", thing=task, changes=_told(task))
    return task


def edit_task(task: Task, *, by: User, at: datetime, changes: Mapping[str, Any]) -> None:
    """Change what is to be done, when, or by whom."""
    with transaction.atomic():
        before = _told(task)
        for name in FIELDS:
            if name in changes:
                setattr(task, name, changes[name])
        task.team = task.owner.team if task.owner else None
        differs = differences(before, _told(task), FIELDS)
        if differs:
            task.save()
            _count_again(task, at)
            record(at=at, actor=by, verb="edit", noun="tasks", thing=task, changes=differs)


def complete(task: Task, *, by: User, at: datetime, today: date, outcome: str = "", words: str = "") -> Task:
    """Say what came of a task: it becomes an act on the customer's timeline.

    Who did not answer is tried again on the next working day, up to three times; who asked to be called again comes
    back after a week.

    Raises:
        EndedTaskError: somebody ended it meanwhile.
    """
    with transaction.atomic():
        kept = (
            Task.objects.select_for_update(of=("self",))
            .select_related("customer")
            .filter(pk=task.pk, state="open")
            .first()
        )
        if kept is None:
            raise EndedTaskError(_("Somebody ended this task meanwhile."))
        kept.outcome, kept.attempts, kept.touch = outcome, kept.attempts + 1, _act(kept, by, at, outcome, words)
        days = AGAIN.get(Touch.Outcome(outcome)) if outcome in Touch.Outcome.values else None
        if days is None or kept.attempts >= MOST_ATTEMPTS:
            kept.state, kept.ended_at, kept.ended_by = Task.State.DONE, at, by
        else:
            kept.due_on = working_day(today + timedelta(days=days))
        kept.save()
        _count_again(kept, at)
        record(at=at, actor=by, verb="complete", noun="tasks", thing=kept, changes={"outcome": ["", outcome]})
    return kept


def drop(task: Task, *, by: User | None, at: datetime, reason: str = "") -> None:
    """Let a task go undone.

    Raises:
        EndedTaskError: somebody ended it meanwhile.
    """
    with transaction.atomic():
        ended = {"state": Task.State.DROPPED, "ended_at": at, "ended_by": by, "outcome": reason[:40]}
        if not Task.objects.filter(pk=task.pk, state=Task.State.OPEN).update(**ended):
            raise EndedTaskError(_("Somebody ended this task meanwhile."))
        _count_again(task, at)
        record(at=at, actor=by, verb="drop", noun="tasks", thing=task, changes={"reason": ["", reason]})


def reopen(task: Task, *, by: User, at: datetime) -> None:
    """Take an ending back; the act that it became comes off the timeline.

    Raises:
        EndedTaskError: it is open.
    """
    with transaction.atomic():
        kept = Task.objects.select_for_update(of=("self",)).select_related("touch").exclude(state="open")
        found = kept.filter(pk=task.pk).first()
        if found is None:
            raise EndedTaskError(_("This task is open."))
        if found.touch is not None and found.touch.removed_at is None:
            remove_touch(found.touch, by=by, at=at)
        found.state, found.ended_at, found.ended_by, found.touch, found.outcome = Task.State.OPEN, None, None, None, ""
        found.attempts = max(found.attempts - 1, 0)
        found.save()
        _count_again(found, at)
        record(at=at, actor=by, verb="reopen", noun="tasks", thing=found)


def hand_over(tasks: Iterable[Task], *, owner: User, by: User, at: datetime) -> int:
    """Give open tasks to somebody else; how many there were."""
    with transaction.atomic():
        chosen = Task.objects.filter(pk__in=[task.pk for task in tasks], state=Task.State.OPEN)
        count = chosen.update(owner=owner, team=owner.team)
        record(at=at, actor=by, verb="hand over", noun="tasks", changes={"tasks": count, "to": str(owner)})
    return count


def move_to(tasks: Iterable[Task], *, day: date, by: User, at: datetime) -> int:
    """Put open tasks off to another day; how many there were."""
    with transaction.atomic():
        chosen = Task.objects.filter(pk__in=[task.pk for task in tasks], state=Task.State.OPEN)
        changed(chosen.exclude(customer=None).values_list("customer_id", flat=True), at=at)
        count = chosen.update(due_on=day)
        record(at=at, actor=by, verb="move", noun="tasks", changes={"tasks": count, "to": day.isoformat()})
    return count


def keep_cadence(cadence: Cadence, *, people: Iterable[User], by: User, at: datetime) -> Cadence:
    """Keep a cadence that is new or was changed, with those who take customers without an owner."""
    with transaction.atomic():
        verb = "create" if cadence.pk is None else "edit"
        cadence.save()
        cadence.people.set(people)
        asked = {name: getattr(cadence, name) for name in ("name", "kind", "query", "every_days", "a_day", "is_active")}
        record(at=at, actor=by, verb=verb, noun="cadences", thing=cadence, changes=asked)
    return cadence


def _act(task: Task, by: User, at: datetime, outcome: str, words: str) -> Touch | None:
    """What the timeline shows of a task that was done; work with nobody leaves nothing there."""
    if task.customer is None:
        return None
    kind = Touch.Kind.TASK if task.kind == Task.Kind.TO_DO else Touch.Kind(task.kind)
    direction = "" if kind == Touch.Kind.TASK else Touch.Direction.OUT
    return add_touch(
        task.customer, by=by, at=at, kind=kind, direction=direction, title=task.title, outcome=outcome, body=words
    )


def _count_again(task: Task, at: datetime) -> None:
    changed([task.customer_id] if task.customer_id else [], at=at)


def _told(task: Task) -> dict[str, Any]:
    return {name: None if getattr(task, name) is None else str(getattr(task, name)) for name in FIELDS}
