"""Order lines written by hand, a tuple a line, for the tests of the steps."""

from collections.abc import Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa

from keepers.warehouse.store import MemoryStore
from keepers.warehouse.tables import ORDER_LINES

JUNE = date(2024, 6, 30)


def day(text: str) -> date:
    """A day of 2024, as 03-15."""
    return date.fromisoformat(f"2024-{text}")


def line(order: str, customer: str | None, on: str, amount: float | None, **more: Any) -> dict[str, Any]:
    """One line; a negative amount is a return of one piece. Name anything else by its column."""
    kind = "return" if amount is not None and amount < 0 else "sale"
    return {
        "source": "shop",
        "batch_id": "b1",
        "order_id": order,
        "line_number": 1,
        "external_id": customer,
        "ordered_at": datetime.combine(day(on), datetime.min.time(), UTC),
        "ordered_on": day(on),
        "line_kind": kind,
        "product_id": "tea",
        "quantity": -1.0 if kind == "return" else 1.0,
        "revenue": None if amount is None else Decimal(str(amount)),
        **more,
    }


def table_of(lines: Sequence[dict[str, Any]]) -> pa.Table:
    """The lines in the contract of order_lines; each gets its own number."""
    numbered = [{**one, "line_number": number} for number, one in enumerate(lines, start=1)]
    return pa.Table.from_pylist(numbered, schema=ORDER_LINES.schema)


class Log:
    """A store that holds the lines, asked by step."""

    def __init__(self, folder: Path, lines: Sequence[dict[str, Any]]) -> None:
        self.store = MemoryStore(folder)
        self.store.append("order_lines", table_of(lines))

    def ask(self, step: str, *, as_of: date = JUNE) -> list[dict[str, Any]]:
        """The rows of a step."""
        rows: list[dict[str, Any]] = self.store.query(step, as_of=as_of, run_id="r1").to_pylist()
        return rows

    def summary(self, *, as_of: date = JUNE) -> dict[str, dict[str, Any]]:
        """The customer summary, by customer."""
        return {row["customer_id"]: row for row in self.ask("customer_summary", as_of=as_of)}

    def occasions(self, *, as_of: date = JUNE) -> list[tuple[str, str, float]]:
        """Customer, day as 03-15 and revenue of each occasion, in order."""
        rows = self.ask("occasions", as_of=as_of)
        return sorted((row["customer_id"], f"{row['occasion_on']:%m-%d}", float(row["revenue"])) for row in rows)
