"""Many tasks changed at once from a list, and the undoing of it: when, by whom, done or let go."""

from collections.abc import Iterator, Sequence
from datetime import date, datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import F, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from keepers.core.errors import KeepersError
from keepers.crm.customers.computed.asking import changed
from keepers.crm.customers.writing import bulk_rows
from keepers.crm.people.audit import record
from keepers.crm.people.models import User
from keepers.crm.people.rights import allowed, may
from keepers.crm.people.roles import Noun, Verb
from keepers.crm.work import actions
from keepers.crm.work.models import Task, TaskEdit, TaskEditRow

BLOCK = 1_000  # tasks a transaction
MOST_AT_ONCE = 20_000  # tasks that a page waits for
MOST_ENDED = 1_000  # tasks that are ended at once: each is an act of its own
MOVED_FOR = timedelta(days=1)  # that somebody may take back tasks that they gave to others
DUE, OWNER, STATE = "due_on", "owner", "state"
_COLUMNS = {DUE: ("due_on",), OWNER: ("owner_id", "team_id"), STATE: ("state", "outcome", "attempts")}


class TaskEditError(KeepersError):
    """Many tasks cannot be changed like this."""


def change(tasks: QuerySet[Task], field: str, value: Any, *, by: User, at: datetime) -> TaskEdit:
    """Write one field of the open ones among these. Killed midway, what was written stays and can be undone.

    Args:
        tasks: those that may be changed.
        field: `due_on`, `owner` or `state`.
        value: a day, a user, or how they end: `done` or `dropped`.
        by: who.
        at: when.

    Raises:
        TaskEditError: they are too many.
    """
    most = MOST_ENDED if field == STATE else MOST_AT_ONCE
    pks = list(tasks.filter(state=Task.State.OPEN).order_by("pk").values_list("pk", flat=True)[: most + 1])
    if len(pks) > most:
        raise TaskEditError(_("These are more than %(most)s tasks. Narrow the list first.") % {"most": f"{most:,}"})
    edit = TaskEdit.objects.create(at=at, by=by, field=field, says=_says(field, value)[:255])
    if field == STATE:
        _end(pks, value, edit, by=by, at=at)
    else:
        for block in _blocks(pks):
            _write(block, value, edit, by=by, at=at)
    edit.refresh_from_db()
    if not edit.changed:
        edit.delete()  # there is nothing to undo
    return edit


def undo(edit: TaskEdit, *, by: User, at: datetime) -> TaskEdit:
    """Give each task back what it had; those that were changed since, or are not theirs to change, stay.

    Raises:
        TaskEditError: it was undone already.
    """
    with transaction.atomic():  # all of it or nothing: what broke off can be asked for again
        if not TaskEdit.objects.filter(pk=edit.pk, undone_at=None).update(undone_at=at):
            raise TaskEditError(_("This was undone already."))
        for block in _blocks(list(edit.rows.values_list("pk", flat=True))):
            rows = {row.task_id: row for row in TaskEditRow.objects.filter(pk__in=block)}
            same = _same_since(rows, edit, by=by, at=at)
            if edit.field == STATE:
                same = _reopen(same, rows, edit, by=by, at=at)
            else:
                _give(edit.field, [(pk, *rows[pk].before) for pk in same], at=at)
            TaskEdit.objects.filter(pk=edit.pk).update(left=F("left") + len(rows) - len(same))
        edit.refresh_from_db()
        told = {"tasks": edit.changed - edit.left, "left": edit.left}
        record(at=at, actor=by, verb="undo", noun="tasks", changes=told)
    return edit


def _same_since(rows: dict[int, TaskEditRow], edit: TaskEdit, *, by: User, at: datetime) -> list[int]:
    """Those that a user may give back and that nobody has changed, or ended, meanwhile."""
    mine = list(_undoable(by, edit, at=at).filter(pk__in=list(rows)).values_list("pk", flat=True))
    still = Task.objects.select_for_update().filter(pk__in=mine)
    if edit.field != STATE:
        still = still.filter(state=Task.State.OPEN)
    has = _has(list(still.values_list("pk", flat=True)), edit.field)
    return [pk for pk, now in has.items() if now == rows[pk].after]


def _says(field: str, value: Any) -> str:
    if field == STATE:
        return str(Task.State(value).label)
    told = {DUE: _("due %(value)s"), OWNER: _("given to %(value)s")}[field]
    return told % {"value": f"{value:%Y-%m-%d}" if isinstance(value, date) else value}


def _write(block: list[int], value: Any, edit: TaskEdit, *, by: User, at: datetime) -> None:
    """A block of tasks by the actions that write them."""
    with transaction.atomic():
        wanted = [value.isoformat()] if edit.field == DUE else [value.pk, value.team_id]
        still = Task.objects.select_for_update().filter(pk__in=block, state=Task.State.OPEN)
        has = _has(list(still.values_list("pk", flat=True)), edit.field)
        before = {pk: each for pk, each in has.items() if each != wanted}
        tasks = Task.objects.filter(pk__in=list(before))
        if edit.field == DUE:
            actions.move_to(tasks, day=value, by=by, at=at)
        else:
            actions.hand_over(tasks, owner=value, by=by, at=at)
        _keep(edit, before)


def _end(pks: Sequence[int], state: str, edit: TaskEdit, *, by: User, at: datetime) -> None:
    """One after the other: each is an act on a timeline. What somebody ended or deleted meanwhile stays as it is."""
    for pk in pks:
        task = Task.objects.select_related("customer").filter(pk=pk).first()
        if task is None:
            continue
        before = _has([pk], STATE)
        try:
            with transaction.atomic():
                if state == Task.State.DONE:
                    actions.complete(task, by=by, at=at, today=timezone.localdate(at))
                else:
                    actions.drop(task, by=by, at=at)
                _keep(edit, before)
        except actions.EndedTaskError:
            continue


def _keep(edit: TaskEdit, before: dict[int, list[Any]]) -> None:
    after = _has(list(before), edit.field)
    rows = [(edit.pk, pk, has, after[pk]) for pk, has in before.items()]
    bulk_rows.add(TaskEditRow, ("edit_id", "task_id", "before", "after"), rows)
    TaskEdit.objects.filter(pk=edit.pk).update(changed=F("changed") + len(rows))


def _reopen(pks: Sequence[int], rows: dict[int, TaskEditRow], edit: TaskEdit, *, by: User, at: datetime) -> list[int]:
    """Those that could be taken back; one that was ended anew since then stays."""
    back = []
    for task in Task.objects.filter(pk__in=pks, ended_at=edit.at):
        with transaction.atomic():
            actions.reopen(task, by=by, at=at)
            _give(STATE, [(task.pk, *rows[task.pk].before)], at=at)
        back.append(task.pk)
    return back


def _give(field: str, rows: Sequence[tuple[Any, ...]], *, at: datetime) -> None:
    if field == DUE:
        rows = [(pk, None if day is None else date.fromisoformat(day)) for pk, day in rows]
    bulk_rows.change(Task, _COLUMNS[field], rows)
    theirs = Task.objects.filter(pk__in=[row[0] for row in rows]).exclude(customer=None)
    changed(theirs.values_list("customer_id", flat=True), at=at)


def _has(pks: Sequence[int], field: str) -> dict[int, list[Any]]:
    """What each of these has, as plain JSON."""
    found = Task.objects.filter(pk__in=pks).order_by("pk").values_list("pk", *_COLUMNS[field])
    return {pk: [each.isoformat() if isinstance(each, date) else each for each in has] for pk, *has in found}


def _undoable(user: User, edit: TaskEdit, *, at: datetime) -> QuerySet[Task]:
    """What a user may give back of an edit of theirs: for a day also what they gave to others."""
    if edit.field == OWNER and may(user, Verb.EDIT, Noun.TASKS) and at < edit.at + MOVED_FOR:
        return Task.objects.all()
    return allowed(user, Verb.EDIT, Noun.TASKS, Task.objects.all())


def _blocks(pks: list[int]) -> Iterator[list[int]]:
    return (pks[start : start + BLOCK] for start in range(0, len(pks), BLOCK))
