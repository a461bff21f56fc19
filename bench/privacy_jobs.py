"""The jobs of privacy on a large base: the file of all that is known of one customer, and the forgetting of one."""

import tempfile
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from bench.app_database import AppDatabase, app_on
from bench.bases import CACHE, SEED
from bench.large_base import AS_OF, keys_of, workspace_of
from bench.rows import Bar, Row
from bench.timing import timed
from keepers.loop.workspace import Workspace
from keepers.warehouse.tables import ORDER_LINES

AT_ONCE = 1_000_000  # lines
TAKEN, FORGOTTEN, PSEUDONYM = "00012345", "00012346", "00012347"


def privacy_rows(*, quick: bool) -> Iterator[Row]:
    """Both stores hold the base: the app what a run published, the warehouse its values and every order line."""
    customers, lines = (20_000, 100_000) if quick else (1_000_000, 5_000_000)
    CACHE.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(dir=CACHE) as folder:
        database = app_on(Path(folder))
        workspace = workspace_of(Path(folder), customers)
        _write_lines(workspace, customers, lines)
        for row in _rows(Path(folder), workspace, database, quick=quick):
            yield replace(row, name=f"{customers:,} customers, {lines:,} lines: {row.name}")


def _rows(folder: Path, workspace: Workspace, database: AppDatabase, *, quick: bool) -> Iterator[Row]:
    from django.utils import timezone

    from keepers.crm.people.models import User
    from keepers.crm.portfolio.publishing.publish import publish
    from keepers.crm.privacy.takeout import write_for_command

    clock = database.cpu_s
    publish(workspace, None, timezone.now())
    alice = User.objects.create_user("alice@example.com", role="owner")
    path, now = folder / "all.zip", timezone.now()
    bar = None if quick else Bar("≤ 60 s wall", most_wall_s=60)
    timing = timed(lambda: write_for_command(TAKEN, path, at=now), budget_s=0, warm=False, clock=clock)
    yield Row("file of all that is known of one", timing, bar=bar)
    for key, keep_orders in ((FORGOTTEN, False), (PSEUDONYM, True)):
        forget = partial(_forget, key, alice, keep_orders=keep_orders)
        timing = timed(forget, budget_s=0, warm=False, clock=clock)
        yield Row(f"one forgotten{', their orders kept' if keep_orders else ''}", timing, bar=bar)


def _forget(key: str, by: Any, *, keep_orders: bool) -> None:
    from django.utils import timezone

    from keepers.crm.customers.models import Customer
    from keepers.crm.privacy.actions import queued_forgetting
    from keepers.crm.privacy.forgetting import carry_on

    found = Customer.objects.get(key=key)
    asked = queued_forgetting(found, confirmed=key, keep_orders=keep_orders, by=by, at=timezone.now(), via="")
    carry_on(asked, lambda _stage: None, at=timezone.now())
    assert asked.done_at is not None


def _write_lines(workspace: Workspace, customers: int, lines: int) -> None:
    """In several files, as imports bring them; everybody has some."""
    generator, keys = np.random.default_rng(SEED), keys_of(customers).to_numpy(zero_copy_only=False)
    with workspace.opened() as store, store.writing():
        for start in range(0, lines, AT_ONCE):
            count = min(AT_ONCE, lines - start)
            days = np.datetime64(AS_OF) - generator.integers(0, 1_000, count)
            rows = {
                "source": pa.repeat("shop", count),
                "batch_id": pa.repeat("bench", count),
                "order_id": pa.array(np.char.add("o", np.arange(start, start + count).astype(str))),
                "line_number": pa.repeat(1, count),
                "external_id": pa.array(keys[np.arange(start, start + count) % customers]),
                "ordered_at": pa.array(days.astype("datetime64[us]")),
                "ordered_on": pa.array(days.astype("datetime64[D]")),
                "line_kind": pa.repeat("sale", count),
                "quantity": pa.repeat(1.0, count),
                "revenue": pa.array(generator.gamma(3.0, 15.0, count).round(2)),
            }
            store.append(ORDER_LINES.name, ORDER_LINES.conform(pa.table(rows)))
