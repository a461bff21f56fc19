"""From "contact this group at least every so many days" to tasks, spread over working days and people.

Whoever was in touch already is skipped, and an open task of theirs is dropped. Those longest overdue come first, among
them those worth most; nobody gets more a day than the cadence says, their other tasks of that day counted.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from itertools import cycle, islice

from django.db import transaction
from django.db.models import Count, Max, OuterRef, QuerySet, Subquery
from django.http import QueryDict
from django.utils import timezone
from django.utils.translation import gettext as _
from django_tasks import TaskResultStatus, task
from django_tasks_db.models import DBTaskResult

from keepers.crm.customers.models import Consent
from keepers.crm.customers.timeline.models import Touch
from keepers.crm.lists.listing import Listing
from keepers.crm.people.audit import record
from keepers.crm.people.models import AuditEntry, User
from keepers.crm.portfolio.customers import customers_list
from keepers.crm.portfolio.models import CustomerValue, Publication
from keepers.crm.portfolio.queries import current_publication
from keepers.crm.work.days import working_day, working_days
from keepers.crm.work.models import Cadence, Task
from keepers.crm.work.queries import CONTACT, renew_stakes

AHEAD = timedelta(days=14)  # tasks are made so far ahead; later ones when their time comes
MORNING = time(5)
REFUSAL = {"call": "phone", "e-mail": "email", "letter": "letter"}  # the channel whose refusal forbids a contact


@dataclass(frozen=True, slots=True)
class Member:
    """A customer of a cadence's group."""

    customer: int
    owner: int | None
    worth: float | None
    last_contact: datetime | None
    due_on: date


@dataclass(frozen=True, slots=True)
class Planned:
    """What a planning did."""

    made: int
    dropped: int
    waiting: int  # whom nobody has room for in the time ahead


def members_of(cadence: Cadence, publication: Publication, *, today: date) -> list[Member]:
    """The group, those first whose contact is due longest, among them those who are worth most."""
    found = [_member(cadence, row, today) for row in _rows(cadence, publication, today)]
    return sorted(found, key=lambda member: (member.due_on, -(member.worth or 0.0), member.customer))


def overdue(cadence: Cadence, members: Sequence[Member], *, today: date) -> list[Member]:
    """Members who should have been contacted already, those worth most first."""
    late = [
        member
        for member in members
        if member.last_contact is None
        or timezone.localdate(member.last_contact) + timedelta(days=cadence.every_days) < today
    ]
    return sorted(late, key=lambda member: (-(member.worth or 0.0), member.customer))


def plan(cadence: Cadence, *, today: date, at: datetime) -> Planned:
    """Make the tasks of the time ahead, and drop those that are done by another contact; again, nothing changes."""
    publication = current_publication()
    if publication is None or not cadence.is_active:
        return Planned(0, 0, 0)
    with transaction.atomic():
        Cadence.objects.select_for_update().get(pk=cadence.pk)
        dropped = _drop_those_in_touch(cadence, at)
        waiting = set(Task.objects.filter(state=Task.State.OPEN, cadence=cadence).values_list("customer", flat=True))
        needed = [
            member
            for member in members_of(cadence, publication, today=today)
            if member.due_on <= today + AHEAD and member.customer not in waiting
        ]
        tasks, left = _spread(cadence, needed, today=today, at=at)
        Task.objects.bulk_create(tasks, batch_size=1_000)
        Cadence.objects.filter(pk=cadence.pk).update(planned_on=today)
        if tasks or dropped:
            changes = {"made": len(tasks), "dropped": dropped, "cadence": cadence.name}
            record(at=at, actor=None, verb="plan", noun="tasks", via=AuditEntry.Via.RULE, changes=changes)
    return Planned(len(tasks), dropped, left)


def plan_all(*, today: date, at: datetime) -> int:
    """Plan every cadence; how many tasks came of it."""
    renew_stakes()
    return sum(plan(cadence, today=today, at=at).made for cadence in Cadence.objects.filter(is_active=True))


def ask_for_planning(when: datetime) -> None:
    """Have the worker plan then; it asks for the next morning itself."""
    waiting = DBTaskResult.objects.filter(status=TaskResultStatus.READY, task_path=plan_every_morning.module_path)
    if not waiting.exists():
        plan_every_morning.using(run_after=when).enqueue()


@task
def plan_every_morning() -> int:
    """What the worker does."""
    now = timezone.now()
    tomorrow = datetime.combine(timezone.localdate(now) + timedelta(days=1), MORNING, timezone.get_current_timezone())
    plan_every_morning.using(run_after=tomorrow).enqueue()
    return plan_all(today=timezone.localdate(now), at=now)


def _rows(cadence: Cadence, publication: Publication, today: date) -> QuerySet[CustomerValue]:
    """The values of the group's customers, with the last contact of each."""
    parameters = QueryDict(mutable=True)
    for name, values in cadence.query.items():
        parameters.setlist(name, values)
    listing = Listing(
        customers_list(None, address="", currency=publication.currency), parameters, today=publication.as_of
    )
    touches = Touch.objects.filter(customer=OuterRef("customer"), kind__in=CONTACT, removed_at=None)
    last = touches.order_by().values("customer").annotate(last=Max("at")).values("last")
    found = CustomerValue.objects.filter(listing.condition(), publication=publication)
    found = found.exclude(customer__in=_refusing(cadence)).exclude(customer__stage="closed")
    return found.select_related("customer").annotate(last_contact=Subquery(last))


def _refusing(cadence: Cadence) -> QuerySet[Consent, dict[str, int]]:
    """Customers who do not want to be contacted like this."""
    refused = Consent.objects.filter(is_latest=True, purpose="service", state__in=("refused", "withdrawn"))
    return refused.filter(channel=REFUSAL.get(cadence.kind, "")).values("customer")  # type: ignore[return-value]  # a typed dict


def _member(cadence: Cadence, row: CustomerValue, today: date) -> Member:
    last: datetime | None = row.last_contact  # type: ignore[attr-defined]  # annotated
    due = today if last is None else max(today, timezone.localdate(last) + timedelta(days=cadence.every_days))
    return Member(row.customer_id, row.customer.owner_id, row.residual_value, last, due)


def _drop_those_in_touch(cadence: Cadence, at: datetime) -> int:
    """Open tasks whose customers were in touch after the task was made."""
    later = Touch.objects.filter(customer=OuterRef("customer"), kind__in=CONTACT, removed_at=None)
    latest = later.order_by().values("customer").annotate(last=Max("at")).values("last")
    open_tasks = Task.objects.filter(cadence=cadence, state=Task.State.OPEN, attempts=0)
    found = [each for each in open_tasks.annotate(last=Subquery(latest)) if each.last and each.last > each.made_at]
    ended = {"state": Task.State.DROPPED, "ended_at": at, "outcome": _("in touch already")}
    return Task.objects.filter(pk__in=[each.pk for each in found]).update(**ended)


def _spread(cadence: Cadence, needed: Sequence[Member], *, today: date, at: datetime) -> tuple[list[Task], int]:
    """Tasks on the first day from each one's due day on that has room for it, and how many found none."""
    last = today + AHEAD
    room = _Room(cadence, today, last)
    people = User.objects.in_bulk({*room.people, *(member.owner for member in needed if member.owner)})
    tasks, left = [], 0
    for member in needed:
        place = room.take(member)
        if place is None:
            left += 1
            continue
        owner, day = place
        tasks.append(
            Task(
                kind=cadence.kind,
                title=cadence.name,
                customer_id=member.customer,
                owner=people.get(owner) if owner else None,
                team_id=people[owner].team_id if owner in people else None,
                due_on=day,
                cadence=cadence,
                reason=_reason(cadence, member, today),
                stake=member.worth,
                made_at=at,
            )
        )
    return tasks, left


def _reason(cadence: Cadence, member: Member, today: date) -> str:
    if member.last_contact is None:
        return _("Never contacted so far; %(name)s asks for it every %(days)d days.") % {
            "name": cadence.name,
            "days": cadence.every_days,
        }
    gone = (today - timezone.localdate(member.last_contact)).days
    return _("Last contact %(gone)d days ago; %(name)s asks for it every %(days)d days.") % {
        "gone": gone,
        "name": cadence.name,
        "days": cadence.every_days,
    }


class _Room:
    """How much each person can still take on each day."""

    def __init__(self, cadence: Cadence, today: date, last: date) -> None:
        self._most, self._last = cadence.a_day, last
        self.people = list(cadence.people.filter(is_active=True).order_by("pk").values_list("pk", flat=True))
        self._turns: Iterator[int] = cycle(self.people)
        counted = Task.objects.filter(state=Task.State.OPEN, due_on__range=(today, last)).order_by()
        self._taken: Counter[tuple[int | None, date]] = Counter()
        for owner, day, count in counted.values_list("owner", "due_on").annotate(count=Count("pk")):
            if day is not None:
                self._taken[owner, day] = count

    def take(self, member: Member) -> tuple[int | None, date] | None:
        """Who does it and when: the customer's owner, else the people of the cadence in turn; None where nobody can."""
        able: list[int | None] = [member.owner] if member.owner else list(islice(self._turns, len(self.people)))
        for day in working_days(working_day(member.due_on)):
            if day > self._last:
                return None
            for owner in able or [None]:
                if self._taken[owner, day] < self._most:
                    self._taken[owner, day] += 1
                    if not member.owner and self.people:
                        next(self._turns)
                    return owner, day
        return None
