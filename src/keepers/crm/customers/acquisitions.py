"""How customers came, told to the warehouse: a row in the transaction that changed it, then batches that land once.

A batch is named before it lands, and its rows are fixed; the name is that of the Delta transaction. A process that dies
between landing and saying so lands the same batch again, which changes nothing.
"""

import json
from collections.abc import Collection, Iterable
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import uuid4

from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django_tasks import task

from keepers.crm.customers.models import AcquisitionTold, Customer, Relation
from keepers.crm.customers.writing import chunks
from keepers.crm.customers.writing.chunks import among
from keepers.crm.jobs.asking import ask_once, now_or_later
from keepers.loop.imports.acquisitions import land_acquisitions

FIELDS = frozenset({"acquired_by", "acquired_on", "acquisition_cost"})
ROWS_A_BATCH = 20_000
PATIENCE = timedelta(seconds=20)
NOTHING = {"acquisition_source": None, "acquired_on": None, "acquisition_cost": None, "referred_by": None}


def tell_acquisitions(customers: Collection[int], *, at: datetime) -> None:
    """Write down what the warehouse is to learn of how these came, where it differs from what it was told last."""
    found = Customer.objects.filter(among(customers, "pk")).values_list("pk", "key", *sorted(FIELDS))
    brought = dict(
        Relation.objects.filter(among(customers), kind=Relation.Kind.REFERRED_BY)
        .order_by("-pk")
        .values_list("customer_id", "other__key")
    )
    _write({pk: _told(key, by, on, cost, brought.get(pk)) for pk, key, by, on, cost in found}, at)


def tell_of_new(came: Iterable[tuple[int, str, str, date | None]], *, at: datetime) -> None:
    """The same of customers of whom the warehouse was told nothing yet; call it inside the transaction that makes them.

    Args:
        came: primary key, key, by what and when each came.
        at: the moment.
    """
    day, waits = timezone.localdate(at).isoformat(), ""
    rows = [(pk, json.dumps(_told(key, by, on) | {"described_on": day}), waits) for pk, key, by, on in came if by or on]
    if rows:
        chunks.write(AcquisitionTold._meta.db_table, ("customer_id", "told", "batch"), rows)
        transaction.on_commit(lambda: ask_for_telling(at + PATIENCE))


def take_acquisitions_back(customers: Collection[int], *, at: datetime) -> None:
    """Have the warehouse forget how these came: they are about to go, and were never here."""
    keys = Customer.objects.filter(among(customers, "pk")).values_list("pk", "key")
    _write({pk: {"external_id": key} | NOTHING for pk, key in keys}, at)


def ask_for_telling(when: datetime) -> None:
    """Have the worker tell the warehouse then; one task that waits is enough for all until it begins."""
    ask_once(tell_warehouse, when)


def tell(*, at: datetime) -> int:
    """Bring what waits to the warehouse; how many rows went there.

    Raises:
        WriterBusyError: another process is writing; what waits stays for the next time.
    """
    told = 0
    while batch := _batch_begun() or _new_batch():
        rows = AcquisitionTold.objects.filter(batch=batch, landed_at=None)
        those = list(rows)
        typed = [_typed(row) for row in those]
        with settings.WORKSPACE.opened() as store:
            land_acquisitions(store, typed, batch_id=batch)
        with transaction.atomic():
            told += rows.update(landed_at=at)
            _keep_the_latest([row.pk for row in those])
    _let_go()
    return told


@task
def tell_warehouse() -> int:
    """What the worker does."""
    return now_or_later(tell, ask_for_telling)


def _told(
    key: str, by: str, on: date | None, cost: Decimal | None = None, referred_by: str | None = None
) -> dict[str, Any]:
    """How somebody came, as JSON tells it."""
    return {
        "external_id": key,
        "acquisition_source": by or None,
        "acquired_on": None if on is None else on.isoformat(),
        "acquisition_cost": None if cost is None else f"{Decimal(cost):.4f}",
        "referred_by": referred_by,
    }


def _write(now: dict[int, dict[str, Any]], at: datetime) -> None:
    theirs = AcquisitionTold.objects.filter(among(now))
    batches = theirs.select_for_update().values_list("pk", "batch")  # an index of batches would find all that wait
    waiting = [pk for pk, batch in batches if not batch]
    AcquisitionTold.objects.filter(among(waiting, "pk")).delete()  # the warehouse need not learn of what is over
    before: dict[int | None, Any] = dict(theirs.order_by("pk").values_list("customer_id", "told"))
    day = timezone.localdate(at).isoformat()
    rows = []
    for pk, told in now.items():
        last = {name: value for name, value in before.get(pk, told | NOTHING).items() if name != "described_on"}
        if last != told:
            rows.append(AcquisitionTold(customer_id=pk, told=told | {"described_on": day}))
    if rows:
        AcquisitionTold.objects.bulk_create(rows, batch_size=2_000)
        transaction.on_commit(lambda: ask_for_telling(at + PATIENCE))


def _keep_the_latest(those: Collection[int]) -> None:
    """Of what landed, remember what was told last of each who is here: nothing where nothing is left to tell."""
    landed = AcquisitionTold.objects.filter(among(those, "pk")).exclude(customer=None)
    last: dict[int | None, int] = dict(landed.order_by("pk").values_list("customer_id", "pk"))
    told = AcquisitionTold.objects.filter(among([pk for pk in last if pk is not None]), landed_at__isnull=False)
    pairs = told.values_list("pk", "customer_id")
    over = [pk for pk, customer in pairs if pk < last[customer]]
    empty = [row.pk for row in landed if NOTHING.items() <= row.told.items() and row.pk == last[row.customer_id]]
    AcquisitionTold.objects.filter(pk__in=[*over, *empty]).delete()


def _batch_begun() -> str:
    """A batch whose process died before it had landed."""
    begun = AcquisitionTold.objects.filter(landed_at=None, batch__gt="")  # "is not empty" would walk all that wait
    return begun.order_by("batch").values_list("batch", flat=True).first() or ""


def _new_batch() -> str:
    name = f"acquisitions-{uuid4().hex[:20]}"
    waiting = AcquisitionTold.objects.filter(landed_at=None, batch="").values_list("pk", flat=True)[:ROWS_A_BATCH]
    chosen = AcquisitionTold.objects.filter(pk__in=list(waiting))
    return name if chosen.update(batch=name) else ""


def _let_go() -> None:
    """Keep nothing of whoever is gone, once the warehouse knows that."""
    over = AcquisitionTold.objects.filter(customer=None).exclude(landed_at=None)
    while some := list(over.values_list("pk", flat=True)[:ROWS_A_BATCH]):
        AcquisitionTold.objects.filter(among(some, "pk")).delete()


def _typed(row: AcquisitionTold) -> dict[str, Any]:
    """As the warehouse wants it, after JSON."""
    told: dict[str, Any] = row.told
    cost = told["acquisition_cost"]
    return told | {
        "version": row.pk,
        "described_on": date.fromisoformat(told["described_on"]),
        "acquired_on": None if told["acquired_on"] is None else date.fromisoformat(told["acquired_on"]),
        "acquisition_cost": None if cost is None else Decimal(cost),
    }
