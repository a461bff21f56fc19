"""Acts of another system on their way to the warehouse: as they are kept, and taken back when their import is.

An act is known there by the number of its record, and each telling by its moment, so that the latest counts. What was
not told yet when it is taken back is never told.
"""

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from typing import Any

from django.db import transaction

from keepers.crm.customers.exchange.models import KeptRecord
from keepers.crm.customers.models import Customer
from keepers.crm.customers.timeline.models import OutboxRow
from keepers.crm.customers.timeline.outbox import PATIENCE, ask_for_draining
from keepers.crm.customers.writing import bulk_rows
from keepers.crm.customers.writing.chunks import among
from keepers.loop.imports.interactions import APP

NOUN = "activities"  # calls, e-mails, meetings, visits; a task is none, nor is what lies ahead
COLUMNS = ("act", "batch_id", "written_at")
TOLD = ("customer_id", "at", "kind", "title", "status", "actor_name")


def tell_acts(records: Iterable[tuple[int, Mapping[str, Any]]], *, at: datetime, removed: bool = False) -> None:
    """Write down what the warehouse is to learn; call it inside the transaction that keeps or removes them.

    Args:
        records: primary key and columns of kept activities.
        at: the moment of the change.
        removed: whether they are taken back.
    """
    past = [(pk, row) for pk, row in records if is_act(row, at=at)]
    if not past:
        return
    customers = {row["customer_id"] for _pk, row in past}
    keys = dict(Customer.everyone.filter(among(customers, "pk")).values_list("pk", "key"))
    acts = [_act(pk, row, keys[row["customer_id"]], at, removed=removed) for pk, row in past]
    bulk_rows.add(OutboxRow, COLUMNS, [(act, None, at) for act in acts])
    transaction.on_commit(lambda: ask_for_draining(at + PATIENCE))


def is_act(row: Mapping[str, Any], *, at: datetime) -> bool:
    """Whether it is somebody's, and does not lie ahead."""
    return bool(row["customer_id"]) and row["at"] is not None and row["at"] <= at


def unlearn(
    records: Iterable[KeptRecord], *, made: Collection[int], taken_over: Collection[int], told_at: datetime
) -> list[KeptRecord]:
    """Take back what waits to be told of these; those of which the warehouse knows already, or is about to.

    Args:
        records: as an import kept them.
        made: those that go; whatever waits of them is never told, later tellings too.
        taken_over: those of them that an import before made, which may have told of them.
        told_at: the moment of that import.
    """
    acts = {_name(record.pk): record for record in records if record.noun == NOUN}
    if not acts:
        return []
    waiting = OutboxRow.objects.filter(batch=None, act__interaction_id__in=list(acts)).select_for_update()
    tellings = [(row.pk, acts[row.act["interaction_id"]].pk, row.act["version"]) for row in waiting]
    by_this_import = {pk for _, pk, version in tellings if version == _version(told_at)}
    never_told = [row for row, pk, _ in tellings if pk in by_this_import or pk in made]
    OutboxRow.objects.filter(pk__in=never_told).delete()
    return [record for record in acts.values() if record.pk in taken_over or record.pk not in by_this_import]


def columns_of(record: KeptRecord) -> tuple[int, dict[str, Any]]:
    """A record as `tell_acts` takes it."""
    return record.pk, {name: getattr(record, name) for name in TOLD}


def _act(pk: int, row: Mapping[str, Any], key: str, at: datetime, *, removed: bool) -> dict[str, Any]:
    return {
        "source": APP, "interaction_id": _name(pk), "version": _version(at), "external_id": key,
        "happened_at": row["at"].isoformat(), "touch_kind": row["kind"], "direction": None, "campaign": None,
        "title": row["title"] or None, "outcome": row["status"] or None, "touch_cost": None, "minutes": None,
        "actor": row["actor_name"] or None, "is_removed": removed,
    }  # fmt: skip


def _name(pk: int) -> str:
    return f"kept-{pk}"


def _version(at: datetime) -> int:
    """Milliseconds, so that what happens later has a higher one."""
    return int(at.timestamp() * 1_000)
