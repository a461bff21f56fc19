from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pyarrow as pa

from keepers.loop.last_day import last_day_in
from keepers.warehouse.store import MemoryStore
from keepers.warehouse.tables import ORDER_LINES

NOW = datetime.now(UTC)
HOUR = timedelta(hours=1)


def last(folder: Path, *orders: tuple[datetime, date]) -> date | None:
    """The last day that is known of orders by their moments and local days."""
    store = MemoryStore(folder)
    rows = [
        {"source": "inn", "batch_id": "b", "order_id": f"o{at}", "line_number": 1, "external_id": "ada",
         "ordered_at": moment, "ordered_on": on, "line_kind": "sale"}
        for at, (moment, on) in enumerate(orders)
    ]  # fmt: skip
    store.append("order_lines", pa.Table.from_pylist(rows, schema=ORDER_LINES.schema))
    return last_day_in(store)


def test_the_last_day_is_that_of_the_last_order_which_has_come(tmp_path: Path) -> None:
    may, mistyped = (datetime(year, 5, 2, tzinfo=UTC) for year in (2025, 2162))
    assert last(tmp_path / "1", (may, may.date())) == may.date()
    assert last(tmp_path / "2", (may, may.date()), (mistyped, mistyped.date())) == may.date()
    assert last(tmp_path / "3", (mistyped, mistyped.date())) == mistyped.date()
    tomorrow = NOW.date() + timedelta(days=1)
    assert last(tmp_path / "4", (may, may.date()), (NOW - HOUR, tomorrow)) == tomorrow  # this morning in Auckland
    assert last(tmp_path / "5", (may, may.date()), (NOW + HOUR, tomorrow)) == may.date()
