"""The customer summary counted in arrays is the one that the SQL step groups, on logs of every kind."""

from collections.abc import Sequence
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from keepers.warehouse.counted_summary import SumTooLargeError, counted_summary
from keepers.warehouse.engines import duck as engine
from keepers.warehouse.store import MemoryStore
from keepers.warehouse.tables import CUSTOMER_SUMMARY, ORDER_LINES

AS_OF = date(2024, 3, 1)
NAMES = ("ada", "bob@example.org", "a customer whose name is long", "a customer whose name is lönger", "", "Ω", "17")
ROUNDED = {"mean_log_value", "var_log_value"}  # the two round the logarithm of an amount in their own ways


@pytest.fixture
def counted_always(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine, "LEAST_TO_COUNT", 1)


@pytest.mark.usefixtures("counted_always")
@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("kind", ["plain", "returns", "places", "no money", "several imports", "many customers"])
def test_both_ways_give_the_same_rows(kind: str, seed: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store = MemoryStore(tmp_path)
    store.append("order_lines", log_of(kind, np.random.default_rng(seed)))
    if kind == "several imports":
        store.append("customer_keys", keys_of("ada", "bob@example.org"))
    counted = store.query("customer_summary", as_of=AS_OF, run_id="r")
    store.write("customer_summary", tmp_path / "written.parquet", as_of=AS_OF, run_id="r")
    monkeypatch.setattr(engine, "LEAST_TO_COUNT", 1 << 40)
    grouped = store.query("customer_summary", as_of=AS_OF, run_id="r")
    assert grouped.num_rows > len(NAMES)
    assert same(counted, grouped)
    assert same(pq.read_table(tmp_path / "written.parquet"), grouped)


@pytest.mark.usefixtures("counted_always")
def test_money_beyond_64_bits_is_left_to_the_step(tmp_path: Path) -> None:
    most = Decimal("99999999999999.9999")
    lines = [line("ada", date(2024, 1, 1), most, number) for number in range(12)]
    store = MemoryStore(tmp_path)
    store.append("order_lines", table_of(lines))
    row = store.query("customer_summary", as_of=AS_OF, run_id="r").to_pylist()[0]
    assert row["revenue"] == pytest.approx(12e14)


def test_a_sum_that_would_wrap_round_is_refused() -> None:
    amounts = pa.array([Decimal("99999999999999.9999")] * 12, pa.decimal128(18, 4))
    batch = pa.record_batch(
        {
            "customer_id": ["ada"] * 12,
            "counts_on": pa.array([date(2024, 1, 1)] * 12, pa.date32()),
            "makes_occasion": [True] * 12,
            "revenue": amounts,
            "cost": pa.nulls(12, pa.decimal128(18, 4)),
            "location": pa.nulls(12, pa.string()),
        }
    )
    with pytest.raises(SumTooLargeError):
        counted_summary([batch], as_of=AS_OF, run_id="r")


def test_a_log_without_lines_has_no_customers() -> None:
    assert counted_summary([], as_of=AS_OF, run_id="r").equals(CUSTOMER_SUMMARY.schema.empty_table())


def same(counted: pa.Table, grouped: pa.Table) -> bool:
    assert counted.column_names == grouped.column_names
    for name in set(grouped.column_names) - ROUNDED:
        assert counted[name].to_pylist() == grouped[name].to_pylist(), name
    for name in ROUNDED:
        found, wanted = (table[name].to_numpy(zero_copy_only=False) for table in (counted, grouped))
        np.testing.assert_allclose(found, wanted, rtol=0, atol=1e-10)
    return True


def log_of(kind: str, generator: np.random.Generator) -> pa.Table:
    """A few hundred lines, with days before 1970 among them, some after AS_OF."""
    names = [*NAMES, *(f"customer {number}" for number in range(40))]  # told apart by more than their beginnings
    if kind == "many customers":
        names = [str(number) for number in range(5, 250)]
    lines = []
    for number in range(600):
        who = names[int(generator.integers(len(names)))]
        on = date(1969, 11, 1) if number < 3 else AS_OF - timedelta(days=int(generator.integers(-30, 400)))
        amount = Decimal(int(generator.integers(0, 90_000))) / 100
        more: dict[str, Any] = {"external_id": None} if generator.random() < 0.05 else {}
        if kind == "returns" and generator.random() < 0.2:
            more |= {"line_kind": "return", "quantity": -1.0}
            amount = -amount
        elif generator.random() < 0.05:
            more |= {"line_kind": "postage"}
        if kind == "places":
            more |= {"location": str(generator.choice(["Graz", "Ljubljana", "Århus", "東京"]))}
            more |= {"location": None} if generator.random() < 0.4 else {}
            more |= {"cost": round(amount / 3, 4)} if generator.random() < 0.5 else {}
        if kind == "several imports":
            more |= {"batch_id": f"b{generator.integers(2)}", "order_id": f"o{generator.integers(300)}"}
        lines.append(line(who, on, None if kind == "no money" or number % 37 == 0 else amount, number) | more)
    return table_of(lines)


def line(who: str, on: date, amount: Decimal | None, number: int) -> dict[str, Any]:
    return {
        "source": "shop",
        "batch_id": "b0",
        "order_id": f"o{number}",
        "line_number": number + 1,
        "external_id": who,
        "ordered_at": None,
        "ordered_on": on,
        "line_kind": "sale",
        "product_id": "tea",
        "quantity": 1.0,
        "revenue": amount,
    }


def table_of(lines: Sequence[dict[str, Any]]) -> pa.Table:
    rows = pa.Table.from_pylist([{**each, "ordered_at": None} for each in lines], schema=_nullable(ORDER_LINES.schema))
    moments = pc.cast(rows["ordered_on"], pa.timestamp("us")).cast(pa.timestamp("us", tz="UTC"))
    filled = rows.set_column(rows.column_names.index("ordered_at"), "ordered_at", moments)
    return ORDER_LINES.conform(filled)


def keys_of(external: str, customer: str) -> pa.Table:
    return pa.table(
        {"source": ["shop"], "external_id": [external], "customer_id": [customer], "version": pa.array([1], pa.int64())}
    )


def _nullable(schema: pa.Schema) -> pa.Schema:
    return pa.schema([field.with_nullable(True) for field in schema])
