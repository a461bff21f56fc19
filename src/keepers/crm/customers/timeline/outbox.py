"""The way of acts to the warehouse: a row in the transaction that did it, then batches that land once.

A batch is named before it lands and its rows are fixed; the name is that of the Delta transaction. A process that dies
between landing and saying so lands the same batch again, which changes nothing.
"""

from datetime import datetime, timedelta
from decimal import Decimal
from functools import partial
from typing import Any
from uuid import uuid4

from django.conf import settings
from django.db import transaction
from django.utils.dateparse import parse_datetime
from django_tasks import task

from keepers.crm.customers.timeline.models import OutboxBatch, OutboxRow, Touch
from keepers.crm.jobs.asking import ask_once, now_or_later
from keepers.loop.imports.interactions import APP, land_interactions
from keepers.loop.tombstones import forgotten_in

ROWS_A_BATCH = 20_000
PATIENCE = timedelta(seconds=20)  # acts are gathered so long, so that the warehouse gets few and larger commits


def tell_warehouse(touch: Touch, *, at: datetime) -> None:
    """Write down that the warehouse is to learn this version; call it inside the action's transaction."""
    OutboxRow.objects.create(act=act_of(touch), written_at=at)
    transaction.on_commit(lambda: ask_for_draining(at + PATIENCE))


def act_of(touch: Touch) -> dict[str, Any]:
    """The touch as a row of `interactions`, ready for JSON; its text stays in the app."""
    return {
        "source": APP,
        "interaction_id": str(touch.pk),
        "version": touch.version,
        "external_id": touch.customer.key,
        "happened_at": touch.at.isoformat(),
        "touch_kind": touch.kind,
        "direction": touch.direction or None,
        "campaign": touch.campaign or None,
        "title": touch.title or None,
        "outcome": touch.outcome or None,
        "touch_cost": None if touch.cost is None else str(touch.cost),
        "minutes": touch.minutes,
        "actor": str(touch.actor or touch.actor_name) or None,
        "is_removed": touch.removed_at is not None,
    }


def ask_for_draining(when: datetime) -> None:
    """Have the worker drain the outbox then; one task that waits is enough for all that is written until it begins."""
    ask_once(drain_outbox, when)


def drain(*, at: datetime) -> int:
    """Bring what waits to the warehouse; how many acts went there.

    Raises:
        WriterBusyError: another process is writing; what waits stays for the next time.
    """
    drained = 0
    while True:
        for batch in OutboxBatch.objects.order_by("pk"):
            drained += _land(batch)
        if not _fill(at):
            return drained


@task
def drain_outbox() -> int:
    """What the worker does."""
    return now_or_later(drain, ask_for_draining)


def _fill(at: datetime) -> bool:
    """Give rows that wait a batch; whether there were any."""
    with transaction.atomic():
        waiting = list(OutboxRow.objects.filter(batch=None).values_list("pk", flat=True)[:ROWS_A_BATCH])
        if not waiting:
            return False
        batch = OutboxBatch.objects.create(name=f"outbox-{uuid4().hex}", made_at=at)
        OutboxRow.objects.filter(batch=None, pk__lte=waiting[-1]).update(batch=batch)
    return True


def _land(batch: OutboxBatch) -> int:
    acts = [_typed(row.act) for row in OutboxRow.objects.filter(batch=batch).order_by("pk")]
    if acts:
        with settings.WORKSPACE.opened() as store:
            forgotten = partial(forgotten_in, settings.WORKSPACE)
            land_interactions(store, acts, batch_id=batch.name, forgotten=forgotten)
    batch.delete()  # and its rows
    return len(acts)


def _typed(act: dict[str, Any]) -> dict[str, Any]:
    """As the warehouse wants it, after JSON."""
    cost = act["touch_cost"]
    return act | {
        "happened_at": parse_datetime(act["happened_at"]),
        "touch_cost": None if cost is None else Decimal(cost),
    }
