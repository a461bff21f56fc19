"""From audit rows to tellings, and from tellings to their receivers: nothing lost, whatever process dies.

An audit row is written in the transaction of what happened, and is untold until its deliveries stand: both change in
one transaction. A delivery is marked before it goes out; one whose sender is gone is sent again under the same id.
"""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta
from secrets import SystemRandom
from time import monotonic

import httpx
from django.conf import settings
from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from django_tasks import TaskResultStatus, task
from django_tasks_db.models import DBTaskResult

import keepers
from keepers.crm.people.models import AuditEntry
from keepers.crm.webhooks.events import events_of
from keepers.crm.webhooks.models import Delivery, Subscription
from keepers.crm.webhooks.reaching import ForbiddenAddressError, place_of, post
from keepers.crm.webhooks.signing import headers_of
from keepers.crm.webhooks.wire import as_bytes

ROWS_AT_ONCE = 500
AT_ONCE = 8  # receivers told beside each other
LONGEST_ROUND = 20.0  # seconds; the worker has other work too
MOST_ATTEMPTS = 17  # over about two days
FIRST_REST, LONGEST_REST = timedelta(seconds=20), timedelta(hours=8)
GIVEN_UP_ON = timedelta(minutes=2)  # a sender that has been at one telling for so long is gone
KEPT_FOR, ROUNDS_KEPT_FOR = timedelta(days=30), timedelta(days=1)
GONE = 410  # the receiver says that it wants nothing more
_CHANCE = SystemRandom()


@dataclass(frozen=True, slots=True)
class _Answer:
    status: int | None
    problem: str = ""

    @property
    def is_taken(self) -> bool:
        return self.status is not None and 200 <= self.status < 300


def ask_for_telling(when: datetime | None = None) -> None:
    """Have the worker tell; one task that waits no longer than this one would is enough."""
    found = DBTaskResult.objects.filter(status=TaskResultStatus.READY, task_path=tell_all.module_path)
    if not found.filter(Q(run_after=None) | Q(run_after__lte=when or timezone.now())).exists():
        tell_all.using(run_after=when).enqueue()


def ask_where_somebody_listens() -> None:
    """What the audit log calls after each transaction that wrote to it."""
    if Subscription.objects.filter(is_active=True).exists():
        ask_for_telling()


@task
def tell_all() -> int:
    """What the worker does."""
    write_down(at=timezone.now())
    told = send_due(at=timezone.now())
    forget_old(at=timezone.now())
    if (following := next_due()) is not None:
        ask_for_telling(max(following, timezone.now()))
    return told


def write_down(*, at: datetime) -> int:
    """Make a delivery of each event for each who wants it; how many there are."""
    made = 0
    while True:
        with transaction.atomic():
            entries = list(AuditEntry.objects.filter(told_at=None).order_by("pk")[:ROWS_AT_ONCE])
            if not entries:
                return made
            listening = list(Subscription.objects.filter(is_active=True))
            first = min((each.since for each in listening), default=entries[-1].pk)
            wanted = [event for entry in entries if entry.pk > first for event in events_of(entry)]
            numbers = {event.name: int(event.name.split("_")[1]) for event in wanted}
            rows = [
                Delivery(subscription=each, event=event.name, kind=event.kind, body=event.body, due_at=at, made_at=at)
                for event in wanted
                for each in listening
                if numbers[event.name] > each.since and each.wants(event.kind)
            ]
            Delivery.objects.bulk_create(rows, batch_size=ROWS_AT_ONCE, ignore_conflicts=True)
            AuditEntry.objects.filter(pk__in=[entry.pk for entry in entries]).update(told_at=at)
            made += len(rows)


def send_due(*, at: datetime) -> int:
    """Send what is due for a while, receivers beside each other; how many were taken.

    A receiver that fails rests with all that waits for it, so one that is down costs one attempt a round.
    """
    settle_unsure(at=at)
    begun, taken = monotonic(), 0
    with ThreadPoolExecutor(AT_ONCE) as pool:
        while monotonic() - begun < LONGEST_ROUND:
            claimed = _claimed(at)
            if not claimed:
                break
            for delivery, answer in zip(claimed, pool.map(_sent, claimed), strict=True):
                taken += _settled(delivery, answer, at)
    return taken


def settle_unsure(*, at: datetime) -> int:
    """Let tellings wait again whose sender is gone; how many there were."""
    stuck = Delivery.objects.filter(state=Delivery.State.SENDING, begun_at__lt=at - GIVEN_UP_ON)
    return stuck.update(state=Delivery.State.WAITING)


def next_due() -> datetime | None:
    """When something will be due; None where nothing waits."""
    waiting = Delivery.objects.filter(state=Delivery.State.WAITING, subscription__is_active=True)
    dues = [
        max(due, rests or due)
        for due, rests in waiting.order_by("due_at").values_list("due_at", "subscription__rests_until")[:ROWS_AT_ONCE]
    ]
    sending = Delivery.objects.filter(state=Delivery.State.SENDING).order_by("begun_at").first()
    if sending is not None and sending.begun_at is not None:
        dues.append(sending.begun_at + GIVEN_UP_ON)
    return min(dues, default=None)


def forget_old(*, at: datetime) -> None:
    """Remove tellings that ended long ago, some at a time, and what the worker noted of its own rounds yesterday."""
    old = Delivery.objects.filter(ended_at__lt=at - KEPT_FOR).values_list("pk", flat=True)[:ROWS_AT_ONCE]
    Delivery.objects.filter(pk__in=list(old)).delete()
    rounds = DBTaskResult.objects.filter(task_path=tell_all.module_path, status=TaskResultStatus.SUCCESSFUL)
    rounds.filter(finished_at__lt=at - ROUNDS_KEPT_FOR).delete()


def _claimed(at: datetime) -> Sequence[Delivery]:
    """What is due, the longest waiting of each receiver, marked as being sent by this process."""
    awake = Q(subscription__rests_until=None) | Q(subscription__rests_until__lte=at)
    waiting = Delivery.objects.filter(awake, state=Delivery.State.WAITING, due_at__lte=at, subscription__is_active=True)
    first: dict[int, Delivery] = {}
    for receiver in waiting.order_by().values_list("subscription", flat=True).distinct()[:AT_ONCE]:
        found = waiting.filter(subscription=receiver).select_related("subscription").order_by("due_at", "pk").first()
        if found is not None:
            first[receiver] = found
    mine = []
    for delivery in first.values():
        unclaimed = Delivery.objects.filter(pk=delivery.pk, state=Delivery.State.WAITING)
        if unclaimed.update(state=Delivery.State.SENDING, begun_at=timezone.now()):
            mine.append(delivery)
    return mine


def _sent(delivery: Delivery) -> _Answer:
    """What came of it; whatever one address makes go wrong, the round goes on."""
    try:
        body = as_bytes(delivery.body)
        headers = headers_of(delivery.subscription, delivery.event, body, at=timezone.now())
        headers |= {"content-type": "application/json", "user-agent": f"Keepers/{keepers.__version__}"}
        return _Answer(post(place_of(delivery.subscription.url, allowed=settings.WEBHOOK_HOSTS), body, headers))
    except (ForbiddenAddressError, httpx.HTTPError, httpx.InvalidURL, OSError, ValueError) as wrong:
        return _Answer(None, str(wrong) or type(wrong).__name__)


def _settled(delivery: Delivery, answer: _Answer, at: datetime) -> bool:
    """Write down what came of it, and let a receiver that failed rest."""
    delivery.attempts, delivery.status = delivery.attempts + 1, answer.status
    delivery.problem = answer.problem[:255]
    receiver = Subscription.objects.filter(pk=delivery.subscription_id)
    with transaction.atomic():
        if answer.is_taken:
            delivery.state, delivery.ended_at = Delivery.State.DELIVERED, at
            receiver.update(failures=0, rests_until=None, delivered_at=at)
        else:
            failures = delivery.subscription.failures + 1
            is_over = delivery.attempts >= MOST_ATTEMPTS or answer.status == GONE
            delivery.state = Delivery.State.DEAD if is_over else Delivery.State.WAITING
            delivery.ended_at = at if is_over else None
            delivery.due_at = at + rest_after(delivery.attempts)
            receiver.update(failures=failures, rests_until=at + rest_after(failures))
            if answer.status == GONE:
                receiver.update(is_active=False)
        kept = Delivery.objects.filter(pk=delivery.pk, state=Delivery.State.SENDING)
        kept.update(
            **{
                name: getattr(delivery, name)
                for name in ("state", "attempts", "status", "problem", "ended_at", "due_at")
            }
        )
    return answer.is_taken


def rest_after(failures: int) -> timedelta:
    """How long to wait after so many failures in a row: twice as long each time, a little more or less."""
    rest = min(FIRST_REST * 2 ** min(failures - 1, 20), LONGEST_REST)
    return timedelta(seconds=rest.total_seconds() * _CHANCE.uniform(0.8, 1.2))
