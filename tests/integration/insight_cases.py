"""A small shop for the tests of the insights, with every number known."""

import csv
from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import numpy as np
import pyarrow as pa

from keepers.warehouse.store import MemoryStore
from keepers.warehouse.tables import table_named

AS_OF = date(2026, 4, 30)
BEGIN = date(2025, 1, 1)

# order, customer, day, product, revenue, channel, payment
SHOP = (
    ("o1", "Ada", date(2026, 1, 5), "tea", "100", "web", "card"),
    ("o2", "Ada", date(2026, 2, 2), "tea", "60", "web", "card"),
    ("o3", "Ada", date(2026, 3, 2), "cup", "40", "shop", "cash"),
    ("o4", "Bob", date(2026, 1, 6), "tea", "50", "shop", "cash"),
    ("o5", "Cleo", date(2026, 2, 10), "cup", "30", "web", "card"),
    ("o6", "Cleo", date(2026, 4, 7), "tea", "20", "web", None),
    ("o7", "Dan", date(2026, 3, 20), "pot", "100", "phone", "card"),
)


def lines(orders: Iterable[tuple[str, str, date, str, str | None, str | None, str | None]] = SHOP) -> pa.Table:
    """Order lines, one an order."""
    rows = [
        {
            "source": "shop",
            "batch_id": "b1",
            "order_id": order,
            "line_number": 1,
            "external_id": customer,
            "ordered_at": datetime(day.year, day.month, day.day, 12, tzinfo=UTC),
            "ordered_on": day,
            "line_kind": "sale" if revenue is None or Decimal(revenue) > 0 else "return",
            "product_id": product,
            "quantity": 1.0 if revenue is None or Decimal(revenue) > 0 else -1.0,
            "revenue": None if revenue is None else Decimal(revenue),
            "channel": channel,
            "payment_method": payment,
        }
        for order, customer, day, product, revenue, channel, payment in orders
    ]
    return table_named("order_lines").conform(pa.Table.from_pylist(rows, schema=_given("order_lines", rows)))


def shop(folder: Path, orders: pa.Table | None = None) -> MemoryStore:
    """A store that holds the shop's orders."""
    store = MemoryStore(folder)
    store.append("order_lines", lines() if orders is None else orders)
    return store


def value(
    run: str, customer: str, worth: float | None, *, last_order: date, group: str = "steady"
) -> dict[str, object]:
    """One row of `customer_values`."""
    return {
        "run_id": run,
        "customer_id": customer,
        "orders": 2,
        "repeat_orders": 1,
        "first_order": date(2026, 1, 5),
        "last_order": last_order,
        "probability_alive": 0.5,
        "expected_orders": 1.5,
        "residual_value": worth,
        "group": group,
    }


def run(name: str, as_of: date, *, started: datetime, base: str = "{}") -> dict[str, object]:
    """One row of `runs`."""
    return {
        "run_id": name,
        "version": "0",
        "started_at": started,
        "seconds": 1.0,
        "as_of": as_of,
        "currency": "EUR",
        "grade": "B",
        "parameters": "{}",
        "base": base,
    }


def save(store: MemoryStore, table: str, rows: list[dict[str, object]]) -> None:
    """Append rows to a table."""
    store.append(table, pa.Table.from_pylist(rows, schema=_given(table, rows)))


def two_hundred_customers(path: Path) -> Path:
    """An order file: customers who order at their own pace for a year and a half, some of whom stop."""
    generator = np.random.default_rng(11)
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["order_id", "customer_id", "order_date", "amount"])
        for customer in range(200):
            day, stop = float(generator.uniform(0, 300)), float(generator.exponential(300))
            first, pace = day, float(generator.gamma(2, 25))
            while day < min(540, first + stop) or day == first:
                amount = f"{generator.gamma(3, 12) + 1:.2f}"
                writer.writerow([f"o{customer}-{day:.3f}", f"C{customer:03}", BEGIN + timedelta(days=int(day)), amount])
                day += 1 + float(generator.exponential(pace))
    return path


def _given(table: str, rows: list[dict[str, object]]) -> pa.Schema:
    contract = table_named(table).schema
    return pa.schema([field for field in contract if field.name in rows[0]])
