"""From "contact this group at least every so many days" to tasks, spread over working days and people.

Whoever was in touch already is skipped, and an open task of theirs is dropped. Those longest overdue come first, among
them those worth most; nobody gets more a day than the cadence says, their other tasks of that day counted.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from django.db import transaction
from django.db.models import Case, F, Max, OuterRef, Q, QuerySet, Subquery, When
from django.http import QueryDict
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django_tasks import task

from keepers.crm.api.door import forget_old_answers
from keepers.crm.customers.agreeing import CHANNELS, closed_to
from keepers.crm.customers.capture.confirming import forget_unconfirmed
from keepers.crm.customers.computed.asking import changed, recount_daily
from keepers.crm.customers.holding.asking import held_from_kind
from keepers.crm.customers.models import Consent, Customer
from keepers.crm.customers.timeline.models import Touch
from keepers.crm.jobs import handed_in
from keepers.crm.jobs.asking import ask_once
from keepers.crm.lists.listing import Listing
from keepers.crm.people.audit import record
from keepers.crm.people.models import AuditEntry, User
from keepers.crm.portfolio.customers import customers_list
from keepers.crm.portfolio.models import CustomerValue, Publication
from keepers.crm.portfolio.queries import current_publication
from keepers.crm.work.models import Cadence, Task
from keepers.crm.work.queries import CONTACT, renew_stakes
from keepers.crm.work.room import Room

AHEAD = timedelta(days=14)  # tasks are made so far ahead; later ones when their time comes
MORNING = time(5)


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


def members_of(cadence: Cadence, publication: Publication, *, today: date) -> QuerySet[CustomerValue]:
    """The values of the group's customers, each with the `last_contact`, but for those held out by lot."""
    parameters = QueryDict(mutable=True)
    for name, values in cadence.query.items():
        parameters.setlist(name, values)
    listing = Listing(
        customers_list(None, address="", currency=publication.currency), parameters, today=publication.as_of
    )
    found = CustomerValue.all_of(publication).filter(listing.condition())
    found = found.exclude(customer__in=_refusing(cadence)).exclude(customer__stage="closed")
    found = found.exclude(customer__in=held_from_kind(cadence.kind, today))
    return found.annotate(last_contact=_last_contact())


def overdue(cadence: Cadence, members: QuerySet[CustomerValue], *, today: date) -> QuerySet[CustomerValue]:
    """Members who should have been contacted already, those worth most first."""
    late = members.filter(_due_before(cadence, today))
    return late.order_by(F("residual_value").desc(nulls_last=True), "customer")


def plan(cadence: Cadence, *, today: date, at: datetime) -> Planned:
    """Make the tasks of the time ahead, and drop those that are done by another contact; again, nothing changes."""
    publication = current_publication()
    if publication is None or not cadence.is_active:
        return Planned(0, 0, 0)
    with transaction.atomic():
        Cadence.objects.select_for_update().get(pk=cadence.pk)
        dropped = _drop_those_in_touch(cadence, at)
        waiting = set(Task.objects.filter(state=Task.State.OPEN, cadence=cadence).values_list("customer", flat=True))
        needed = _needed(cadence, members_of(cadence, publication, today=today), waiting, today=today)
        tasks, left = _spread(cadence, needed, today=today, at=at)
        Task.objects.bulk_create(tasks, batch_size=1_000)
        changed([*(task.customer_id for task in tasks if task.customer_id), *dropped], at=at)
        Cadence.objects.filter(pk=cadence.pk).update(planned_on=today)
        if tasks or dropped:
            changes = {"made": len(tasks), "dropped": len(dropped), "cadence": cadence.name}
            record(at=at, actor=None, verb="plan", noun="tasks", via=AuditEntry.Via.RULE, changes=changes)
    return Planned(len(tasks), len(dropped), left)


def plan_all(*, today: date, at: datetime) -> int:
    """Plan every cadence; how many tasks came of it."""
    renew_stakes()
    return sum(plan(cadence, today=today, at=at).made for cadence in Cadence.objects.filter(is_active=True))


def ask_for_planning(when: datetime) -> None:
    """Have the worker plan then; it asks for the next morning itself."""
    ask_once(plan_every_morning, when)


@task
def plan_every_morning() -> int:
    """What the worker does."""
    now = timezone.now()
    tomorrow = datetime.combine(timezone.localdate(now) + timedelta(days=1), MORNING, timezone.get_current_timezone())
    plan_every_morning.using(run_after=tomorrow).enqueue()
    forget_old_answers(at=now)
    forget_unconfirmed(at=now)
    handed_in.clear_old(at=now)
    recount_daily(today=timezone.localdate(now), at=now)
    return plan_all(today=timezone.localdate(now), at=now)


def _last_contact() -> Subquery:
    """When the customer of a row was last in touch."""
    touches = Touch.objects.filter(customer=OuterRef("customer"), kind__in=CONTACT, removed_at=None)
    return Subquery(touches.order_by().values("customer").annotate(last=Max("at")).values("last"))


def _due_before(cadence: Cadence, day: date) -> Q:
    """The condition that a member's contact is due before a day; whoever was never contacted is due long since."""
    latest = datetime.combine(day - timedelta(days=cadence.every_days), time(), timezone.get_current_timezone())
    return Q(last_contact=None) | Q(last_contact__lt=latest)


def _refusing(cadence: Cadence) -> QuerySet[Customer]:
    """Customers who are not to be contacted like this, by what they said and what this house asks for."""
    channel, serving = CHANNELS.get(cadence.kind), Consent.Purpose.SERVICE
    return Customer.objects.none() if channel is None else closed_to([(channel, serving)], [serving])


def _needed(
    cadence: Cadence, members: QuerySet[CustomerValue], waiting: Collection[int | None], *, today: date
) -> list[Member]:
    """Whom a contact is due with in the time ahead: those due longest first, among them those who are worth most."""
    owner = Case(When(customer__owner__is_active=True, then="customer__owner"))  # others may no longer sign in
    due = members.filter(_due_before(cadence, today + AHEAD + timedelta(days=1)))
    rows = due.annotate(owner=owner).values_list("customer", "owner", "residual_value", "last_contact")
    needed = [_member(cadence, *row, today=today) for row in rows.iterator() if row[0] not in waiting]
    return sorted(needed, key=lambda member: (member.due_on, -(member.worth or 0.0), member.customer))


def _member(
    cadence: Cadence, customer: int, owner: int | None, worth: float | None, last: datetime | None, *, today: date
) -> Member:
    due = today if last is None else max(today, timezone.localdate(last) + timedelta(days=cadence.every_days))
    return Member(customer, owner, worth, last, due)


def _drop_those_in_touch(cadence: Cadence, at: datetime) -> list[int]:
    """Drop open tasks whose customers were in touch after the task was made; the customers."""
    open_tasks = Task.objects.filter(cadence=cadence, state=Task.State.OPEN, attempts=0)
    done = open_tasks.annotate(last_contact=_last_contact()).filter(last_contact__gt=F("made_at"))
    ended = {"state": Task.State.DROPPED, "ended_at": at, "outcome": _("in touch already")}
    found = dict(done.values_list("pk", "customer_id"))
    Task.objects.filter(pk__in=found).update(**ended)
    return [pk for pk in found.values() if pk]


def _spread(cadence: Cadence, needed: Sequence[Member], *, today: date, at: datetime) -> tuple[list[Task], int]:
    """Tasks on the first day from each one's due day on that has room for it, and how many found none."""
    last = today + AHEAD
    people = cadence.people.filter(is_active=True).order_by("pk").values_list("pk", flat=True)
    room = Room(list(people), a_day=cadence.a_day, first=today, last=last)
    users = User.objects.in_bulk({*room.people, *(member.owner for member in needed if member.owner)})
    tasks, left = [], 0
    for member in needed:
        place = room.take(member.owner, member.due_on)
        if place is None:
            left += 1
            continue
        owner, day = place
        tasks.append(
            Task(
                kind=cadence.kind,
                title=cadence.name,
                customer_id=member.customer,
                owner=users.get(owner) if owner else None,
                team_id=users[owner].team_id if owner in users else None,
                due_on=day,
                cadence=cadence,
                reason=_reason(cadence),
                stake=member.worth,
                made_at=at,
            )
        )
    return tasks, left


def _reason(cadence: Cadence) -> str:
    every = cadence.every_days
    told = ngettext("%(name)s: a contact every day.", "%(name)s: a contact every %(days)d days.", every)
    return told % {"name": cadence.name, "days": every}
