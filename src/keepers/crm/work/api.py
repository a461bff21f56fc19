"""Tasks and cadences by the API."""

from datetime import date, datetime
from typing import Any, Literal

from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext as _
from ninja import Router, Schema
from pydantic import ConfigDict, Field

from keepers.core.errors import KeepersError
from keepers.crm.api.paging import Number, Paged, aware, only
from keepers.crm.api.resources import Resource
from keepers.crm.customers.queries import customer_for
from keepers.crm.customers.timeline.api import Outcome
from keepers.crm.people.gate import needs, user_of
from keepers.crm.people.models import User
from keepers.crm.people.rights import allowed, people_seen_by
from keepers.crm.people.roles import Noun, Verb
from keepers.crm.work import actions
from keepers.crm.work.models import Task

router = Router(tags=["work"])
TaskKind = Literal["call", "e-mail", "visit", "meeting", "letter", "to do"]
TaskState = Literal["open", "done", "dropped"]
MOST = 1_000
TASK: dict[str, Any] = {"customer": 1, "kind": "call", "due_on": "2026-09-01", "owner": "bob@example.com"}


class UnknownOwnerError(KeepersError):
    """Nobody to whom a task may be given has this address."""


class NoTitleError(KeepersError):
    """A task with nobody that does not say what is to be done."""


class TasksWanted(Paged):
    """Which tasks."""

    customer: Number | None = None
    owner: str = Field("", max_length=254, description="e-mail of somebody who works here")
    state: TaskState | None = None
    due_from: date | None = None
    due_to: date | None = None
    cadence: Number | None = None


class TaskChanges(Schema):
    """What is to be done, when or by whom."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"due_on": "2026-09-02"}]})

    kind: TaskKind = "call"
    title: str = Field("", max_length=255)
    note: str = Field("", max_length=100_000)
    owner: str = Field("", max_length=254, description="e-mail of who is to do it; whoever asks where it is left out")
    due_on: date | None = None
    starts_at: datetime | None = Field(None, description="of an appointment")


class NewTask(TaskChanges):
    """Something that somebody is to do, most often with a customer."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [TASK]})

    customer: Number | None = None


class TaskTold(Schema):
    """A task; once it is done, `touch` is the act that it became."""

    model_config = ConfigDict(json_schema_extra={"examples": [TASK | {"id": 7, "state": "open", "stake": 420.5}]})

    id: int
    customer: int | None
    kind: TaskKind
    title: str
    note: str
    owner: str | None
    due_on: date | None
    starts_at: datetime | None
    reason: str
    stake: float | None = Field(description="what the customer is worth, as the pages show it")
    cadence: int | None
    state: TaskState
    outcome: str
    attempts: int
    touch: int | None
    made_at: datetime
    ended_at: datetime | None


class Completion(Schema):
    """What came of a task."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"outcome": "reached", "words": "Yes."}]})

    outcome: Outcome = ""
    words: str = Field("", max_length=100_000)


class Dropping(Schema):
    """Why a task is let go."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"reason": "bought meanwhile"}]})

    reason: str = Field("", max_length=40)


class ManyTasks(Schema):
    """What several open tasks get at once."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"tasks": [1, 2], "due_on": "2026-09-03"}]}
    )

    tasks: list[Number] = Field(min_length=1, max_length=MOST)
    owner: str = Field("", max_length=254)
    due_on: date | None = None


class Changed(Schema):
    """How many were changed."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"changed": 2}]})

    changed: int


_PLAIN = (
    "kind", "title", "note", "due_on", "starts_at", "reason", "stake", "state", "outcome", "attempts", "made_at",
    "ended_at",
)  # fmt: skip


def _tasks(user: User, verb: Verb) -> QuerySet[Task]:
    return allowed(user, verb, Noun.TASKS, Task.objects.select_related("customer", "owner", "cadence"))


def _tell(user: User, task: Task) -> dict[str, Any]:
    ids = {"id": task.pk, "customer": task.customer_id, "cadence": task.cadence_id, "touch": task.touch_id}
    owner = task.owner.email if task.owner else None
    return ids | {"owner": owner} | {name: getattr(task, name) for name in _PLAIN}


def _narrow(user: User, found: QuerySet[Task], wanted: TasksWanted) -> QuerySet[Task]:
    asked = {
        "customer": wanted.customer,
        "owner__email__iexact": wanted.owner or None,
        "state": wanted.state,
        "due_on__gte": wanted.due_from,
        "due_on__lte": wanted.due_to,
        "cadence": wanted.cadence,
    }
    return found.filter(**{lookup: value for lookup, value in asked.items() if value is not None})


def _make(request: HttpRequest, given: dict[str, Any]) -> Task:
    user, number = user_of(request), given.pop("customer", None)
    customer = None if number is None else customer_for(user, number)
    if customer is None and not given.get("title", "").strip():
        raise NoTitleError(_("Say in `title` what is to be done, or in `customer` with whom."))
    about = {"kind": Task.Kind.CALL} | _about(user, given)
    return actions.make_task(by=user, at=timezone.now(), customer=customer, **({"owner": user} | about))


def _change(request: HttpRequest, task: Task, given: dict[str, Any]) -> None:
    user = user_of(request)
    actions.edit_task(task, by=user, at=timezone.now(), changes=_about(user, given))


def _complete(request: HttpRequest, task: Task, given: dict[str, Any]) -> None:
    actions.complete(task, by=user_of(request), at=timezone.now(), today=timezone.localdate(), **given)


def _drop(request: HttpRequest, task: Task, given: dict[str, Any]) -> None:
    actions.drop(task, by=user_of(request), at=timezone.now(), **given)


def _reopen(request: HttpRequest, task: Task, given: dict[str, Any]) -> None:
    actions.reopen(task, by=user_of(request), at=timezone.now())


def _about(user: User, given: dict[str, Any]) -> dict[str, Any]:
    """As actions take it; an appointment is due on its day."""
    about = dict(given)
    if "owner" in about:
        about["owner"] = _person(user, about["owner"])
    if about.get("starts_at") is not None:
        about["starts_at"] = aware(about["starts_at"])
        about.setdefault("due_on", about["starts_at"].date())
    return about


def _person(user: User, email: str) -> User:
    """Somebody to whom this user may give a task."""
    found = next((each for each in people_seen_by(user, Noun.TASKS) if each.email == email.strip().lower()), None)
    if found is None:
        raise UnknownOwnerError(
            _('There is nobody with the e-mail "%(email)s" to whom you may give a task.') % {"email": email}
        )
    return found


tasks = Resource(router, "task", "tasks", Noun.TASKS, TaskTold, _tell, _tasks)
tasks.lists(TasksWanted, _narrow)
tasks.creates(NewTask, _make)
tasks.changes(TaskChanges, _change)
tasks.does("completion", _complete, given=Completion, summary="Say what came of a task: it becomes an act")
tasks.does("dropping", _drop, given=Dropping, summary="Let a task go undone")
tasks.does("reopening", _reopen, summary="Take the ending of a task back")


@router.post(
    "/tasks/changes", response=Changed, operation_id="change-tasks", url_name="change-tasks",
    summary="Give open tasks to somebody else, or put them off",
)  # fmt: skip
@needs(Verb.EDIT, Noun.TASKS)
def change_tasks(request: HttpRequest, given: ManyTasks) -> dict[str, Any]:
    """Of those that are named, the ones that the key may change."""
    only(request)
    user, count = user_of(request), 0
    chosen = list(_tasks(user, Verb.EDIT).filter(pk__in=given.tasks))
    if given.owner:
        count = actions.hand_over(chosen, owner=_person(user, given.owner), by=user, at=timezone.now())
    if given.due_on is not None:
        count = actions.move_to(chosen, day=given.due_on, by=user, at=timezone.now())
    return {"changed": count}
