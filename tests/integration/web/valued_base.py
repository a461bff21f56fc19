"""A workspace with runs whose every figure the test has chosen, for the tests of publishing and of the list."""

import json
from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa

from keepers.loop.workspace import Workspace
from keepers.warehouse.tables import BATCHES, CUSTOMER_ATTRIBUTES, CUSTOMER_VALUES, PLAN_LINES, PLANS, RUNS

AS_OF = date(2026, 6, 30)
NOON = datetime(2026, 7, 1, 12, tzinfo=UTC)


def valued(key: str, worth: float | None = 100.0, **figures: Any) -> dict[str, Any]:
    """A customer's row: worth so much, its ends at half and double."""
    ends = {} if worth is None else {"residual_value_low": worth / 2, "residual_value_high": worth * 2}
    usual = {
        "orders": 3,
        "repeat_orders": 2,
        "first_order": date(2025, 1, 1),
        "last_order": date(2026, 6, 1),
        "next_order_due": date(2026, 7, 15),
        "probability_alive": 0.8,
        "expected_orders": 4.0,
        "orders_low": 1.0,
        "orders_high": 9.0,
        "mean_order_value": 20.0,
        "group": "steady",
        "reason": "Ordered 3 times.",
    }
    return {"customer_id": key, "residual_value": worth} | ends | usual | figures


def keep_run(workspace: Workspace, rows: Iterable[dict[str, Any]], *, minutes: int = 0) -> str:
    """Keep a run with these rows; its name."""
    table = pa.Table.from_pylist(list(rows))
    started_at = NOON + timedelta(minutes=minutes)
    run_id = f"run-{minutes}"
    worth = sum(value or 0 for value in table["residual_value"].to_pylist())
    base = {"customers": table.num_rows, "residual_value": {"mean": worth, "low": worth * 0.9, "high": worth * 1.1}}
    run = {
        "run_id": run_id,
        "version": "test",
        "started_at": started_at,
        "seconds": 1.0,
        "as_of": AS_OF,
        "currency": "EUR",
        "grade": "B",
        "parameters": json.dumps({"assumptions": {"margin": 0.3, "value_cap": 1826.25}}),
        "base": json.dumps(base),
    }
    named = table.add_column(0, "run_id", pa.repeat(run_id, table.num_rows))
    with workspace.opened() as store, store.writing():
        store.append(CUSTOMER_VALUES.name, named)
        store.append(RUNS.name, pa.Table.from_pylist([run], schema=RUNS.schema))
    return run_id


def keep_plan(
    workspace: Workspace,
    run_id: str,
    rows: Iterable[dict[str, Any]],
    *,
    plan_id: str = "",
    minutes: int = 0,
    account: dict[str, Any] | None = None,
) -> None:
    """Keep a plan of a run: a line a row, each with its customer, decision and action; and what it says in all."""
    plan_id = plan_id or run_id
    usual = {"plan_id": plan_id, "run_id": run_id, "level": "basic", "evidence": "assumed", "reason": "Worth keeping."}
    told = {"plan_id": plan_id, "run_id": run_id, "made_at": NOON + timedelta(minutes=minutes)}
    texts = {"limits": "{}", "account": json.dumps(account), "draws": "[]"}
    with workspace.opened() as store, store.writing():
        store.append(PLAN_LINES.name, pa.Table.from_pylist([usual | row for row in rows], schema=PLAN_LINES.schema))
        if account is not None:
            store.append(PLANS.name, pa.Table.from_pylist([told | texts], schema=PLANS.schema))


def account_of(steps: Iterable[dict[str, Any]] = ()) -> dict[str, Any]:
    """What a plan of four customers says of itself: three budgets, one of them with fewer hours too, and three cuts."""
    points = [_point(0, 0, 0, {}, 2.0), _point(10, 1, 20, {"call": 1}, 1.5), _point(24, 3, 41, {"call": 3}, 0.0)]
    cuts = [
        {"below": below, "stopped": stopped, "saved": 6.0 * stopped, "break_even": below == 6.0}
        | {"margin_lost": {"mean": lost, "low": lost - 1, "high": lost + 2}}
        for below, stopped, lost in ((2.0, 1, 1.0), (6.0, 2, 5.0), (50.0, 4, 45.0))
    ]
    return {
        "expected_gain": {"mean": 41.0, "low": -9.0, "high": 99.0},
        "plan_steps": list(steps),
        "frontier": {"points": points, "stops_paying": 24.0},
        "alternatives": [_point(20, 1, 30, {"write": 2}, None)],
        "stopping": {"mailings": 12, "cost": 6.0, "cuts": cuts},
        "terms": {"caps": {}},
    }


def _point(cost: float, hours: float, gain: float, people: dict[str, int], marginal: float | None) -> dict[str, Any]:
    ends = {"expected_gain_low": gain - 5, "expected_gain_high": gain + 10}
    told = {"cost": cost, "staff_hours": hours, "expected_gain": gain, "customers_by_action": people}
    told |= {"mailings": 12.0 * people.get("write", 0), "calls": 4.0 * people.get("call", 0), "visits": 0.0}
    return told | ends | ({} if marginal is None else {"budget": cost, "marginal_return": marginal})


def describe(workspace: Workspace, people: Iterable[dict[str, Any]], *, times: int = 1) -> None:
    """Let an import tell who the customers are; a later time counts more."""
    batch = {"batch_id": f"b{times}", "version": 1, "sequence": times, "active": True, "source": "shop"}
    counts = dict.fromkeys(("rows_read", "rows_accepted", "rows_rejected", "rows_without_customer"), 0)
    state = batch | counts | {"recorded_at": NOON, "fingerprint": f"b{times}"}
    rows = [
        {"source": "shop", "batch_id": f"b{times}", "described_on": AS_OF + timedelta(days=times)} | person
        for person in people
    ]
    with workspace.opened() as store, store.writing():
        store.append(BATCHES.name, pa.Table.from_pylist([state], schema=BATCHES.schema))
        store.append(CUSTOMER_ATTRIBUTES.name, pa.Table.from_pylist(rows, schema=CUSTOMER_ATTRIBUTES.schema))


def workspace_in(folder: Path) -> Workspace:
    """An empty workspace."""
    return Workspace(folder / "home")
