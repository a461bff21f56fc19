"""A workspace with a run, for the tests of one customer's record: goods, returns, and customers of every odd kind."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pyarrow as pa

from keepers.core.periods import Period
from keepers.ingest.report import ImportOptions
from keepers.loop.imports.importing import land, prepare_import
from keepers.loop.requests import RunRequest
from keepers.loop.runs import compute_run, keep_run
from keepers.loop.workspace import Workspace
from keepers.valuation.assumptions import Assumptions
from keepers.warehouse.tables import NEXT_PRODUCTS
from tests.integration.workspace_shop import BEGIN, write_orders

HEADER = "order_id,customer_id,order_date,product_id,product_name,category,quantity,amount,payment_method,channel"
PLAIN_HEADER = "order_id,customer_id,order_date"
NOON = datetime(2024, 7, 1, 12, tzinfo=UTC)
GOODS = (("P1", "Tea", "drinks"), ("P2", "Cup", "table"), ("P3", "Pot", "table"))


def goods(customers: int = 90, days: int = 500) -> list[tuple[object, ...]]:
    """Orders of one or two lines; customers buy at their own pace until some of them stop."""
    generator = np.random.default_rng(11)
    rows: list[tuple[object, ...]] = []
    for customer in range(customers):
        on, stop, pace = int(generator.uniform(0, 250)), generator.exponential(300), generator.gamma(2, 20)
        first = on
        while on < min(days, first + stop) or on == first:
            day, order = BEGIN + timedelta(days=on), f"O{len(rows)}"
            for product in GOODS[: 1 + int(generator.integers(0, 2))]:
                amount = round(float(generator.gamma(3, 12)) + 1, 2)
                paid = ("card", "cash")[customer % 2]
                rows.append((order, f"C{customer:03}", day, *product, 1, amount, paid, "web"))
            on += 1 + int(generator.exponential(pace))
    return rows


def odd_customers() -> list[tuple[object, ...]]:
    """Once: one order. Back: only a return. Half: an order of two, one sent back. Minus: more back than bought."""
    day = BEGIN + timedelta(days=480)
    tea, cup = GOODS[0], GOODS[1]
    return [
        ("X1", "once", day, *tea, 2, 30.0, "card", "web"),
        ("X2", "back", day, *tea, -1, -15.0, "card", "web"),
        ("X3", "half", day, *tea, 1, 15.0, "card", "web"),
        ("X3", "half", day, *cup, 1, 9.0, "card", "web"),
        ("X4", "half", day + timedelta(days=5), *cup, -1, -9.0, "card", "web"),
        ("X5", "minus", day, *tea, 1, 15.0, "card", "web"),
        ("X6", "minus", day + timedelta(days=1), *cup, -1, -99.0, "card", "web"),
    ]


def run_on(workspace: Workspace, file: Path, *, minutes: int = 0) -> str:
    """Import a file and run the loop; the run's name."""
    at = NOON + timedelta(minutes=minutes)
    with workspace.opened() as store, workspace.staging() as staging:
        land(workspace, store, prepare_import(store, [file], options=ImportOptions(), into=staging), at=at)
        assumptions = Assumptions(horizon=Period.parse("26w"), value_cap=Period.parse("2y"), currency="EUR")
        run = compute_run(store, RunRequest(assumptions, holdout_days=0, again=True), started_at=at)
        keep_run(store, run)
        store.append("next_products", proposals(run.run_id))
    return run.run_id


def proposals(run_id: str) -> pa.Table:
    """What the first two customers may buy next: too little is sold here for a run to say so itself."""
    told = ((1, "P1", "Tea", "again", 0.7, "Bought 9 times, last 3 days ago."), (2, "P3", None, "new", 0.1, "New."))
    names = ("rank", "product_id", "product_name", "proposal", "chance", "reason")
    rows = [
        {"run_id": run_id, "customer_id": customer} | dict(zip(names, row, strict=True))
        for customer in ("C000", "C001")
        for row in told
    ]
    return pa.Table.from_pylist(rows, schema=NEXT_PRODUCTS.schema)


def shop_file(folder: Path, rows: Iterable[tuple[object, ...]], header: str = HEADER) -> Path:
    """The shop's export."""
    return write_orders(folder / "shop.csv", rows, header)
