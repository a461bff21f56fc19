"""A workspace of any number of valued customers, made without valuing them: what publishing and pages are timed on."""

import json
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from bench.bases import SEED
from keepers.loop.workspace import Workspace
from keepers.valuation.groups import GROUPS
from keepers.warehouse.tables import BATCHES, CUSTOMER_ATTRIBUTES, CUSTOMER_VALUES, RUNS

AS_OF = date(2026, 6, 30)
REDRAWN = 0.1  # share of the customers about whom a run says something else than the one before
PEOPLE = ("Ada", "Bela", "Cleo", "Dario", "Edda", "Felix", "Gaia", "Hugo", "Ines", "Jonas", "Kaja", "Luka", "Mara")
CITIES = ("Ljubljana", "Graz", "Trieste", "Zagreb", "Vienna", "Milan", "Munich", "Prague", "Budapest", "Bratislava")
SYLLABLES = ("ba", "ce", "di", "fo", "gu", "ha", "je", "ki", "lo", "mu", "na", "pe", "ri", "so", "tu", "va")


def workspace_of(folder: Path, customers: int) -> Workspace:
    """The workspace, with one run kept; a second call in the same folder keeps another run."""
    workspace = Workspace(folder)
    started_at = datetime.now(UTC)
    with workspace.opened() as store, store.writing():
        if not store.has_landed(BATCHES.name, "bench"):
            store.append(BATCHES.name, _batch(started_at), transaction="bench")
            store.append(CUSTOMER_ATTRIBUTES.name, _people(customers), transaction="bench")
        run_id = f"{started_at:%Y%m%dT%H%M%S}-{started_at.microsecond:06d}"
        store.append(CUSTOMER_VALUES.name, _values(customers, run_id, started_at.microsecond))
        store.append(RUNS.name, _run(customers, run_id, started_at))
    return workspace


def keys_of(customers: int) -> pa.Array:
    """What the customers are called."""
    return pa.array([f"{number:08d}" for number in range(customers)])


def _batch(at: datetime) -> pa.Table:
    row = {"batch_id": "bench", "version": 1, "sequence": 1, "active": True, "source": "shop", "recorded_at": at}
    return pa.Table.from_pylist([row | {"fingerprint": "bench"}], schema=BATCHES.schema)


def _people(customers: int) -> pa.Table:
    generator = np.random.default_rng(SEED)
    first = generator.choice(PEOPLE, customers)
    parts = [generator.choice(SYLLABLES, customers) for _ in range(4)]
    last = np.char.capitalize(np.char.add(np.char.add(parts[0], parts[1]), np.char.add(parts[2], parts[3])))
    name = np.char.add(np.char.add(first, " "), last)
    email = np.char.add(np.char.lower(np.char.replace(name, " ", ".")), "@example.com")
    rows = {
        "source": pa.repeat("shop", customers),
        "batch_id": pa.repeat("bench", customers),
        "external_id": keys_of(customers),
        "name": pa.array(name),
        "email": pa.array(email),
        "city": pa.array(generator.choice(CITIES, customers)),
        "described_on": pa.repeat(pa.scalar(AS_OF), customers),
    }
    return CUSTOMER_ATTRIBUTES.conform(pa.table(rows))


def _values(customers: int, run_id: str, seed: int) -> pa.Table:
    """Figures of a plausible shape: many small ones, a few great ones; each run redraws those of every tenth."""
    generator = np.random.default_rng(SEED)
    drawn, anew = _drawn(generator, customers), _drawn(np.random.default_rng(seed), customers)
    redrawn = np.random.default_rng(seed + 1).uniform(size=customers) < REDRAWN
    orders, alive, worth, last, due = (np.where(redrawn, *both) for both in zip(anew, drawn, strict=True))
    group = np.select(
        [alive < 0.25, orders == 1, alive < 0.75, worth > 800, orders <= 3],
        [GROUPS[5], GROUPS[3], GROUPS[4], GROUPS[0], GROUPS[1]],
        GROUPS[2],
    )
    repeat = orders - 1
    expected = worth / 90.0
    figures = {
        "age": generator.uniform(1, 150, customers),
        "age_at_last_order": generator.uniform(0, 1, customers),
        "mean_order_value": generator.gamma(3.0, 15.0, customers),
        "probability_alive": alive,
        "expected_orders": expected,
        "orders_low": np.floor(expected * 0.3),
        "orders_high": np.ceil(expected * 2.2 + 1),
        "expected_order_value": generator.gamma(3.0, 15.0, customers),
        "period_value": worth * 0.4,
        "period_value_low": worth * 0.1,
        "period_value_high": worth * 0.9,
        "residual_value": worth,
        "residual_value_low": worth * generator.uniform(0.1, 0.6, customers),
        "residual_value_high": worth * generator.uniform(1.4, 2.5, customers),
        "remaining_lifetime": generator.exponential(100.0, customers),
    }
    reason = np.char.add(
        np.char.add("Ordered on ", orders.astype(str)), " days, usually every 42; the last order is not long ago."
    )
    rows = {
        "run_id": pa.repeat(run_id, customers),
        "customer_id": keys_of(customers),
        "orders": orders,
        "repeat_orders": repeat,
        "first_order": pa.array((last - repeat * 30).astype("datetime64[D]")),
        "last_order": pa.array(last.astype("datetime64[D]")),
        "next_order_due": pa.array(due.astype("datetime64[D]"), mask=alive < 0.25),
        "group": pa.array(group),
        "reason": pa.array(reason),
    }
    return CUSTOMER_VALUES.conform(pa.table(rows | figures))


def _drawn(generator: np.random.Generator, customers: int) -> tuple[Any, ...]:
    """Orders, chance of being active, worth, last order, next order due."""
    orders = generator.geometric(0.35, customers)
    alive = generator.beta(0.8, 0.8, customers)
    worth = generator.gamma(0.6, 400.0, customers) * alive
    last = np.datetime64(AS_OF) - (generator.exponential(300.0, customers) * (1.2 - alive)).astype(int)
    return orders, alive, worth, last, np.datetime64(AS_OF) + generator.geometric(0.02, customers)


def _run(customers: int, run_id: str, started_at: datetime) -> pa.Table:
    row = {
        "run_id": run_id,
        "version": "bench",
        "started_at": started_at,
        "seconds": 0.0,
        "as_of": AS_OF,
        "first_order": AS_OF,
        "last_order": AS_OF,
        "currency": "EUR",
        "grade": "B",
        "parameters": json.dumps({"assumptions": {"margin": 0.3, "horizon": 364, "value_cap": 1826}}),
        "base": json.dumps({"customers": customers, "residual_value": {"mean": 1.0, "low": 0.9, "high": 1.1}}),
    }
    return pa.Table.from_pylist([row], schema=RUNS.schema)
