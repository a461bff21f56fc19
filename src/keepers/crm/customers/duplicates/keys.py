"""What merges say to the warehouse: ids that stood for the one customer stand for the other from now on.

Decisions are gathered into a batch and its rows are found and kept before it lands under a Delta transaction of its
name, so a process that dies anywhere lands the same rows once.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

from django.conf import settings
from django.db import transaction
from django_tasks import task

from keepers.crm.customers.duplicates.models import KeyChange
from keepers.crm.customers.writing import bulk_rows
from keepers.crm.jobs.asking import ask_once, now_or_later
from keepers.loop.imports.keys import keys_of, land_keys
from keepers.warehouse.delta import DeltaStore

PATIENCE = timedelta(seconds=5)


def ask_for_telling(at: datetime) -> None:
    """Have the worker tell the warehouse; one task that waits is enough for all that is decided until it begins."""
    ask_once(tell_keys, at + PATIENCE)


def tell(*, at: datetime) -> int:
    """Bring what was decided to the warehouse; how many decisions that were.

    Raises:
        WriterBusyError: another process is writing; what waits stays for the next time.
    """
    told = 0
    while True:
        batch = _batch_begun() or _new_batch()
        if not batch:
            return told
        with settings.WORKSPACE.opened() as store:
            changes = _with_rows(store, batch)
            rows = [row for change in changes for row in change.rows or []]
            if rows:
                land_keys(store, [_version_of(row) for row in rows], batch_id=batch)
        KeyChange.objects.filter(batch=batch).update(landed_at=at)
        told += len(changes)


@task
def tell_keys() -> int:
    """What the worker does."""
    return now_or_later(tell, ask_for_telling)


def _batch_begun() -> str:
    """A batch whose process died before it had landed."""
    begun = KeyChange.objects.filter(landed_at=None).exclude(batch="").order_by("pk")
    return begun.values_list("batch", flat=True).first() or ""


def _new_batch() -> str:
    name = f"merges-{uuid4().hex}"
    return name if KeyChange.objects.filter(landed_at=None, batch="").update(batch=name) else ""


def _with_rows(store: DeltaStore, batch: str) -> Sequence[KeyChange]:
    """The batch's decisions, each with the keys that it changes; in their order, since one may rest on another."""
    changes = list(KeyChange.objects.filter(batch=batch).select_related("merge__kept", "merge__absorbed"))
    if all(change.rows is not None for change in changes):
        return changes
    absorbed = [change.merge.absorbed.key for change in changes]
    kept = [change.merge.kept.key for change in changes]
    keys = {(row["source"], row["external_id"]): row for row in keys_of(store, sorted({*absorbed, *kept}))}
    for change in changes:
        change.rows = _undone(change, keys, changes) if change.is_undoing else _merged(change, keys)
    with transaction.atomic():
        bulk_rows.change(KeyChange, ("rows",), [(change.pk, change.rows) for change in changes])
    return changes


def _merged(change: KeyChange, keys: dict[tuple[str, str], dict[str, Any]]) -> list[dict[str, Any]]:
    absorbed, kept = change.merge.absorbed.key, change.merge.kept.key
    return [_turn(row, kept) for row in keys.values() if row["customer_id"] == absorbed]


def _undone(
    change: KeyChange, keys: dict[tuple[str, str], dict[str, Any]], batch: Sequence[KeyChange]
) -> list[dict[str, Any]]:
    """Those that the merge turned, as long as they still stand for the one that was kept."""
    here = (each for each in batch if each.merge_id == change.merge_id and not each.is_undoing)
    turned = next(here, None) or KeyChange.objects.filter(merge=change.merge, is_undoing=False).first()
    rows = (turned.rows or []) if turned else []
    absorbed, kept = change.merge.absorbed.key, change.merge.kept.key
    found = (keys.get((row["source"], row["external_id"])) for row in rows)
    return [_turn(row, absorbed) for row in found if row is not None and row["customer_id"] == kept]


def _turn(row: dict[str, Any], customer: str) -> dict[str, Any]:
    """The key stands for another customer from now on, in this batch too."""
    row |= {"customer_id": customer, "version": row["version"] + 1}
    return dict(row)


def _version_of(row: dict[str, Any]) -> dict[str, Any]:
    return {name: row[name] for name in ("source", "external_id", "version", "customer_id")}
