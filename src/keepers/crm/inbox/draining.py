"""From the inbox to the warehouse, in batches whose rows are fixed before they land under a transaction of their name.

A process that dies between landing and saying so lands the same batch again, which changes nothing.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from functools import partial
from typing import Any
from uuid import uuid4
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import transaction
from django.db.models import F
from django_tasks import task

from keepers.crm.customers.writing.chunks import Pace
from keepers.crm.data.models import ImportAct, Upload
from keepers.crm.inbox.models import InboxBatch, InboxItem, InboxRow, Kind
from keepers.crm.inbox.texts import keep_texts
from keepers.crm.jobs.asking import ask_once, now_or_later
from keepers.crm.people.audit import record
from keepers.crm.people.models import AuditEntry
from keepers.crm.people.roles import Noun
from keepers.ingest.told_orders import RefusedOrder, moment_of
from keepers.loop.imports.inbox import is_of, land_told_orders
from keepers.loop.imports.interactions import land_interactions
from keepers.loop.tombstones import forgotten_in
from keepers.warehouse.tombstones import Forgotten

ROWS_A_BATCH = 20_000
AT_ONCE = 500
TEXTS_AT_ONCE = 1_000
PATIENCE = timedelta(seconds=30)  # rows are gathered so long, so that the warehouse gets few and larger commits
BEGINS = "inbox-"


def ask_for_draining(when: datetime) -> None:
    """Have the worker drain the inbox then; one task that waits is enough for all that comes until it begins."""
    ask_once(drain_inbox, when)


def drain(*, at: datetime) -> int:
    """Bring what waits to the warehouse; how many orders and acts went there.

    Raises:
        WriterBusyError: another process is writing; what waits stays for the next time.
    """
    drained = 0
    while True:
        for batch in InboxBatch.objects.filter(landed_at=None).order_by("pk"):
            drained += _land(batch, at)
        if not _fill(at):
            return drained


@task
def drain_inbox() -> int:
    """What the worker does."""
    return now_or_later(drain, ask_for_draining)


def _fill(at: datetime) -> bool:
    """Give rows of one kind and source a batch; whether there were any. Refused ones wait for others to go with."""
    with transaction.atomic():
        waiting = InboxRow.objects.filter(batch=None)
        first = waiting.filter(problem="").first()
        if first is None:
            return False
        batch = InboxBatch.objects.create(
            name=f"{BEGINS}{uuid4().hex[:12]}", kind=first.kind, source=first.source, timezone=_zone(), made_at=at
        )
        alike = waiting.filter(kind=first.kind, source=first.source)
        last = list(alike.values_list("pk", flat=True)[:ROWS_A_BATCH])[-1]
        alike.filter(pk__lte=last).update(batch=batch)
        _leave_newest(batch)
    return True


def _leave_newest(batch: InboxBatch) -> None:
    """An order that came several times lands as it was told last."""
    newest: dict[int | None, int] = {}
    older = []
    for pk, item in batch.rows.filter(problem="").order_by("version").values_list("pk", "item_id"):
        if item in newest:
            older.append(newest[item])
        newest[item] = pk
    for start in range(0, len(older), AT_ONCE):
        InboxRow.objects.filter(pk__in=older[start : start + AT_ONCE]).delete()


def _zone() -> str:
    """The firm's time zone, as the last import of files had it."""
    last = Upload.objects.filter(landed_at__isnull=False).first()
    return last.timezone if last else "UTC"


def _land(batch: InboxBatch, at: datetime) -> int:
    rows = list(batch.rows.select_related("item"))
    taken, is_import = [row for row in rows if not row.problem], False
    if taken:
        is_import = _bring[Kind(batch.kind)](batch, taken, [row for row in rows if row.problem], at)
    if batch.kind == Kind.INTERACTIONS:
        _keep_texts(batch, taken)
    with transaction.atomic():
        if not InboxBatch.objects.filter(pk=batch.pk, landed_at=None).update(
            landed_at=at, things=len(taken), refused=len(rows) - len(taken), is_import=is_import
        ):
            return 0  # another process was first
        items = [row.item for row in taken if row.item is not None]
        for row, item in zip(taken, items, strict=True):
            item.landed_version, item.landed_at, item.batch = row.version, at, batch
        InboxItem.write(items, ["landed_version", "landed_at", "batch"])
        _let_come_again(batch, taken, forgotten_in(settings.WORKSPACE))
        done = InboxRow.objects.filter(batch=batch)
        if not is_import and batch.kind == Kind.ORDERS:
            done.exclude(problem="").update(batch=None)  # they wait for an import that shows them
        (done if batch.kind == Kind.ORDERS else done.filter(problem="")).delete()
        _tell(batch, len(taken), at, is_import=is_import)
    return len(taken)


def _keep_texts(batch: InboxBatch, rows: Sequence[InboxRow]) -> None:
    """What the acts say, some at a time, but for those of somebody who was forgotten, whose were left out.

    A process that dies in between writes all of it again. Another one that lands the same batch may be ahead: what is
    told anew by later batches is left to them.
    """
    zone, pace = ZoneInfo(batch.timezone), Pace()
    for start in range(0, len(rows), TEXTS_AT_ONCE):
        with pace.transaction():
            if InboxBatch.objects.select_for_update().filter(pk=batch.pk, landed_at=None).first() is None:
                return
            forgotten = forgotten_in(settings.WORKSPACE)
            some = [row for row in rows[start : start + TEXTS_AT_ONCE] if not is_of(forgotten, row.body, batch.source)]
            keep_texts(some, {row.pk: moment_of(row.body["happened_at"], zone) for row in some})


def _let_come_again(batch: InboxBatch, rows: Sequence[InboxRow], forgotten: Forgotten) -> None:
    """What was left out is no known version: told again as it was, it lands once they are let in again."""
    if not forgotten:
        return
    theirs = [row.item_id for row in rows if row.item_id and is_of(forgotten, row.body, batch.source)]
    for start in range(0, len(theirs), AT_ONCE):
        same = InboxItem.objects.filter(pk__in=theirs[start : start + AT_ONCE], version=F("landed_version"))
        same.update(digest="")


def _tell(batch: InboxBatch, things: int, at: datetime, *, is_import: bool) -> None:
    if is_import:
        ImportAct.objects.create(batch_id=batch.name, act=ImportAct.Act.LANDED, by=None, at=at)
    changes = {"import": batch.name, "source": batch.source, batch.kind: things}
    record(at=at, actor=None, verb="land", noun=Noun.DATA, changes=changes, via=AuditEntry.Via.API)


def _bring_orders(batch: InboxBatch, rows: Sequence[InboxRow], refused: Sequence[InboxRow], at: datetime) -> bool:
    """Whether it is an import now."""
    workspace = settings.WORKSPACE
    told = [RefusedOrder(row.place, str(row.body), row.problem) for row in refused]
    with workspace.opened() as store:
        return land_told_orders(
            workspace,
            store,
            [row.body for row in rows],
            told,
            source=batch.source,
            batch_id=batch.name,
            timezone=batch.timezone,
            at=at,
        )


def _bring_acts(batch: InboxBatch, rows: Sequence[InboxRow], _: Sequence[InboxRow], __: datetime) -> bool:
    """Acts are no import: each is taken back by itself."""
    zone = ZoneInfo(batch.timezone)
    with settings.WORKSPACE.opened() as store:
        acts = [_act(row, zone) for row in rows]
        land_interactions(store, acts, batch_id=batch.name, forgotten=partial(forgotten_in, settings.WORKSPACE))
    return False


def _act(row: InboxRow, zone: ZoneInfo) -> dict[str, Any]:
    """As the warehouse wants it."""
    act: dict[str, Any] = dict(row.body)
    cost = act.get("touch_cost")
    return act | {
        "source": row.source,
        "version": row.version,
        "external_id": act.pop("customer_id"),
        "happened_at": moment_of(act["happened_at"], zone),
        "touch_cost": None if cost is None else Decimal(cost),
    }


_bring = {Kind.ORDERS: _bring_orders, Kind.INTERACTIONS: _bring_acts}
