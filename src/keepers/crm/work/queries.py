"""Whose work is what, in the order of what is at stake."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db import transaction
from django.db.models import F, Max, Q, QuerySet

from keepers.crm.customers.finding.texts import Texts, telling
from keepers.crm.customers.models import Customer
from keepers.crm.customers.timeline.models import Touch
from keepers.crm.customers.writing import bulk_rows
from keepers.crm.people.models import User
from keepers.crm.people.rights import allowed
from keepers.crm.people.roles import Noun, Verb
from keepers.crm.portfolio.models import CustomerValue
from keepers.crm.portfolio.queries import current_publication
from keepers.crm.work.models import Task

CONTACT = ("call", "visit", "meeting", "e-mail", "letter", "chat")
"""Kinds of touches after which somebody has been in touch."""
SOON = timedelta(days=14)
TEXTS = Texts(Task._meta.db_table, "title", "note")


@dataclass(frozen=True, slots=True)
class Line:
    """A task as a list shows it."""

    task: Task
    last_contact: datetime | None
    is_overdue: bool


@dataclass(frozen=True, slots=True)
class Work:
    """Somebody's open tasks, each part in the order of what is at stake."""

    overdue: Sequence[Line]
    due: Sequence[Line]
    upcoming: Sequence[Line]
    is_more: bool  # than are shown

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to do."""
        return not (self.overdue or self.due or self.upcoming)


def tasks_seen_by(user: User) -> QuerySet[Task]:
    """Tasks that a user may see."""
    seen = allowed(user, Verb.SEE, Noun.TASKS, Task.objects.all())
    return seen.select_related("customer", "owner", "cadence")


def tasks_telling(user: User, words: str, *, most: int) -> list[Task]:
    """Tasks that the user may see whose text has these words, or almost these where there is none; the newest first."""
    return telling(TEXTS, tasks_seen_by(user).order_by("-pk"), words, most=most)


def work_of(tasks: QuerySet[Task], *, today: date, most: int) -> Work:
    """Open tasks among these: overdue, due today or without a day, and those of the next two weeks."""
    found = tasks.filter(state=Task.State.OPEN)
    overdue, due, upcoming = (
        list(found.filter(part)[: most + 1])
        for part in (
            Q(due_on__lt=today),
            Q(due_on=today) | Q(due_on=None),
            Q(due_on__gt=today, due_on__lte=today + SOON),
        )
    )
    shown = [*overdue[:most], *due[:most], *upcoming[:most]]
    touched = last_contacts(task.customer_id for task in shown if task.customer_id)

    def lines(part: list[Task]) -> list[Line]:
        return [_line(task, touched, today) for task in part[:most]]

    is_more = any(len(part) > most for part in (overdue, due, upcoming))
    return Work(lines(overdue), lines(due), lines(upcoming), is_more)


def open_tasks_with(customer: Customer, *, seen_by: User, today: date) -> list[Line]:
    """What is to be done with a customer, the next first."""
    found = tasks_seen_by(seen_by).filter(customer=customer, state=Task.State.OPEN)
    tasks = list(found.order_by(F("due_on").asc(nulls_last=True), "pk"))
    touched = last_contacts([customer.pk]) if tasks else {}
    return [_line(task, touched, today) for task in tasks]


def last_contacts(customers: Iterable[int]) -> dict[int, datetime]:
    """When each of these customers was last in touch with us."""
    found = Touch.objects.filter(customer__in=set(customers), kind__in=CONTACT, removed_at=None)
    return dict(found.order_by().values_list("customer").annotate(last=Max("at")))


def stakes_of(customers: Iterable[int]) -> dict[int, float]:
    """What each of these customers is worth, as the pages show it."""
    publication = current_publication()
    if publication is None:
        return {}
    numbers = [CustomerValue.number(publication.pk, pk) for pk in customers]
    found = CustomerValue.objects.filter(pk__in=numbers).values_list("customer_id", "residual_value")
    return {customer: worth for customer, worth in found if worth is not None}


def renew_stakes() -> int:
    """Give open tasks the worth of their customers as the pages show it now; how many tasks there are."""
    tasks = Task.objects.filter(state=Task.State.OPEN).exclude(customer=None).only("pk", "customer_id", "stake")
    renewed = 0
    for chunk in _chunks(list(tasks)):
        worth = stakes_of(task.customer_id for task in chunk if task.customer_id)
        now = [(task, worth.get(task.customer_id or 0)) for task in chunk]
        differs = [(task.pk, stake) for task, stake in now if stake != task.stake]
        with transaction.atomic():
            bulk_rows.change(Task, ("stake",), differs)
        renewed += len(differs)
    return renewed


def _chunks(tasks: list[Task], size: int = 500) -> Iterable[list[Task]]:
    return (tasks[start : start + size] for start in range(0, len(tasks), size))


def _line(task: Task, touched: Mapping[int, datetime], today: date) -> Line:
    return Line(task, touched.get(task.customer_id or 0), task.is_overdue(today))
