"""One suite for every store: what goes in comes out whole, once, and gives the same answers."""

from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from deltalake import DeltaTable, write_deltalake

from keepers.warehouse.columns import ContractError
from keepers.warehouse.delta import DeltaStore
from keepers.warehouse.engines.duck import DuckEngine
from keepers.warehouse.engines.engine import EngineError
from keepers.warehouse.steps import StepError, step_named, step_names
from keepers.warehouse.store import MemoryStore, Store
from keepers.warehouse.tables import BATCHES, CUSTOMER_VALUES, ORDER_LINES, all_tables

JUNE = date(2024, 6, 30)
MakeStore = Callable[[Path], Store]


@pytest.fixture(params=[MemoryStore, DeltaStore], ids=["memory", "delta"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    make: MakeStore = request.param
    made = make(tmp_path / "a store's folder")
    yield made
    made.close()


def lines(amounts: dict[str, str], *, batch: str = "b1") -> pa.Table:
    """One line an order, all of Ada's, on the day that the order's number names."""
    rows = [
        {
            "source": "shop",
            "batch_id": batch,
            "order_id": order,
            "line_number": 1,
            "external_id": "ada",
            "ordered_at": datetime(2024, 1, int(order[1:]), 9, tzinfo=UTC),
            "ordered_on": date(2024, 1, int(order[1:])),
            "line_kind": "sale",
            "quantity": 1.0,
            "revenue": Decimal(amount),
        }
        for order, amount in amounts.items()
    ]
    return pa.Table.from_pylist(rows, schema=ORDER_LINES.schema)


def batch(name: str, *, sequence: int = 1, version: int = 1, active: bool = True) -> pa.Table:
    row = {
        "batch_id": name,
        "version": version,
        "sequence": sequence,
        "active": active,
        "source": "shop",
        "recorded_at": datetime(2024, 6, 1, tzinfo=UTC),
        "fingerprint": name,
    }
    return pa.Table.from_pylist([row], schema=BATCHES.schema)


def fill(store: Store, rows: pa.Table | list[Path], name: str = "b1", *, sequence: int = 1) -> None:
    """Lines with the row that makes them count; the store in memory writes that row itself."""
    store.append("order_lines", rows, transaction=name)
    if isinstance(store, DeltaStore):
        store.append("batches", batch(name, sequence=sequence), transaction=f"{name}:1")


def revenue(store: Store) -> dict[str, Decimal]:
    return {row["order_id"]: row["revenue"] for row in store.query("active_lines").to_pylist()}


def test_rows_come_back_as_they_went_in(store: Store) -> None:
    rows = lines({"o1": "10.1234", "o2": "20"})
    fill(store, rows)
    kept = store.query("order_lines").sort_by("order_id")
    assert kept.to_pylist() == rows.to_pylist()
    assert kept.schema.field("revenue").type == pa.decimal128(18, 4)


def test_parquet_parts_come_back_as_they_went_in(store: Store, tmp_path: Path) -> None:
    parts = [tmp_path / "one.parquet", tmp_path / "it's two.parquet"]
    pq.write_table(lines({"o1": "1"}), parts[0])
    pq.write_table(lines({"o2": "2"}), parts[1])
    fill(store, parts)
    assert revenue(store) == {"o1": Decimal(1), "o2": Decimal(2)}


def test_a_transaction_lands_once(store: Store) -> None:
    for _ in range(3):
        store.append("order_lines", lines({"o1": "10"}), transaction="b1")
    assert store.query("order_lines").num_rows == 1


def test_the_same_transaction_in_two_tables_lands_in_both(store: Store) -> None:
    store.append("order_lines", lines({"o1": "10"}), transaction="b1")
    store.append("exchange_rates", rates(), transaction="b1")
    assert store.query("exchange_rates").num_rows == 1


def rates() -> pa.Table:
    return pa.table({"rated_on": [date(2024, 1, 1)], "currency": ["USD"], "rate": [0.9]})


def test_the_latest_import_of_an_order_counts(store: Store) -> None:
    fill(store, lines({"o1": "10", "o2": "20"}))
    fill(store, lines({"o2": "15", "o3": "30"}, batch="b2"), "b2", sequence=2)
    assert revenue(store) == {"o1": Decimal(10), "o2": Decimal(15), "o3": Decimal(30)}


def test_a_table_without_rows_is_empty_not_an_error(store: Store) -> None:
    assert all(store.query(f"saved_{table.name}").num_rows == 0 for table in all_tables())
    assert store.query("customer_summary", as_of=JUNE, run_id="r").num_rows == 0


def test_the_summary_is_the_contract(store: Store) -> None:
    fill(store, lines({"o1": "10", "o9": "30"}))
    summary = store.query("customer_summary", as_of=JUNE, run_id="r1")
    assert summary.column_names == [column.name for column in all_tables_by_name()["customer_summary"].columns]
    ada = summary.to_pylist()[0]
    assert (ada["orders"], ada["age_at_last_order"], ada["mean_order_value"]) == (2, 8.0, 20.0)
    store.append("customer_summary", summary)
    assert store.query("saved_customer_summary").to_pylist() == summary.to_pylist()


def all_tables_by_name() -> dict[str, Any]:
    return {table.name: table for table in all_tables()}


def test_a_step_can_be_written_to_a_file(store: Store, tmp_path: Path) -> None:
    fill(store, lines({"o1": "10"}))
    store.write("occasions", tmp_path / "occasions.parquet", as_of=JUNE)
    assert pq.read_table(tmp_path / "occasions.parquet")["revenue"].to_pylist() == [Decimal(10)]


def keep_lines(store: Store, run_id: str) -> None:
    store.append_step("customer_lines", "lines_by_customer", transaction=run_id, as_of=JUNE, run_id=run_id)


def runs_with_lines(store: Store) -> list[str]:
    return sorted(set(store.query("customer_lines")["run_id"].to_pylist()))


def test_the_lines_of_a_run_are_its_customers_in_order(store: Store) -> None:
    others = lines({"o3": "5", "o2": "7"}).to_pylist()
    rows = [
        *lines({"o1": "10"}).to_pylist(),
        *(row | {"external_id": "bob", "order_id": f"b{n}"} for n, row in enumerate(others)),
    ]
    nobody = rows[0] | {"external_id": None, "order_id": "n1"}
    fill(store, pa.Table.from_pylist([*rows, nobody], schema=ORDER_LINES.schema))
    keep_lines(store, "r1")
    keep_lines(store, "r1")
    kept = store.query("customer_lines").to_pylist()
    assert [(row["customer_id"], row["counts_on"].day, row["revenue"]) for row in kept] == [
        ("ada", 1, Decimal(10)),
        ("bob", 2, Decimal(7)),
        ("bob", 3, Decimal(5)),
    ]
    assert {(row["run_id"], row["makes_occasion"], row["is_matched"]) for row in kept} == {("r1", True, False)}
    one = store.query("record_lines", run_id="r1", customer_id="bob")
    assert one["counts_on"].to_pylist() == [date(2024, 1, 3), date(2024, 1, 2)]


def test_only_the_latest_runs_keep_their_lines(store: Store) -> None:
    fill(store, lines({"o1": "10"}))
    for name in ("r1", "r2", "r3"):
        keep_lines(store, name)
    store.drop_runs_before("customer_lines", "r2")
    assert runs_with_lines(store) == ["r2", "r3"]
    store.drop_runs_before("customer_lines", "r2")
    assert runs_with_lines(store) == ["r2", "r3"]


def test_every_step_runs_on_a_small_history(store: Store, subtests: pytest.Subtests) -> None:
    fill(store, lines({"o1": "10", "o2": "20"}))
    new_year = date(2024, 1, 1)
    given = {
        "as_of": JUNE,
        "now": datetime(2024, 6, 1, tzinfo=UTC),
        "run_id": "r",
        "after": new_year,
        "origins": [new_year],
        "ends": [JUNE],
        "origin": new_year,
        "until": JUNE,
    }
    given |= {
        "customer_id": "ada",
        "since": new_year,
        "product_id": None,
        "category": None,
        "channel": None,
        "location": None,
        "value_run": "r",
        "acquired_from": new_year,
        "plan_id": "p",
        "before": "o",
        "margin": 0.3,
    }
    for step in (name for name in step_names() if not name.startswith("insight_")):
        with subtests.test(step):
            assert store.query(step, **given).column_names


@pytest.mark.parametrize("step", step_names())
def test_every_step_names_its_grain(step: str) -> None:
    assert step_named(step).grain.endswith(".")


def test_rows_that_do_not_fit_are_refused_whole(store: Store) -> None:
    with pytest.raises(ContractError, match="has no column colour"):
        store.append("exchange_rates", rates().append_column("colour", pa.array(["red"])))
    with pytest.raises(ContractError, match="needs currency in every row; 1 rows lack it"):
        store.append(
            "exchange_rates", pa.table({"rated_on": [JUNE], "currency": pa.nulls(1, pa.string()), "rate": [1.0]})
        )
    assert store.query("exchange_rates").num_rows == 0


def test_an_unknown_table_or_step_is_named_in_the_error(store: Store) -> None:
    with pytest.raises(ContractError, match='no table "orders"'):
        store.append("orders", rates())
    with pytest.raises(StepError, match='no step "orders"'):
        store.query("orders")


def test_a_missing_parameter_is_named_in_the_error(store: Store) -> None:
    with pytest.raises(StepError, match="needs a value for as_of"):
        store.query("occasions")


def test_a_pinned_reader_does_not_see_later_commits(tmp_path: Path) -> None:
    store = DeltaStore(tmp_path)
    fill(store, lines({"o1": "10"}))
    pinned = store.pinned()
    fill(store, lines({"o1": "99", "o2": "1"}, batch="b2"), "b2", sequence=2)
    assert revenue(pinned) == {"o1": Decimal(10)}
    assert revenue(store) == {"o1": Decimal(99), "o2": Decimal(1)}
    store.close()


def test_a_pinned_reader_reads_on_when_its_run_makes_room(tmp_path: Path) -> None:
    store = DeltaStore(tmp_path)
    fill(store, lines({"o1": "10"}))
    keep_lines(store, "r1")
    pinned = store.pinned()
    keep_lines(store, "r2")
    store.drop_runs_before("customer_lines", "r2")
    assert runs_with_lines(store) == ["r2"]
    assert runs_with_lines(pinned) == ["r1"]
    assert store.orphans() == []
    assert files_of(tmp_path) == 2
    store.drop_runs_before("customer_lines", "r2")
    assert files_of(tmp_path) == 1
    store.close()


def files_of(folder: Path) -> int:
    return len(list((folder / "customer_lines").glob("*.parquet")))


def test_lines_come_as_the_pinned_reader_sees_them(tmp_path: Path) -> None:
    store = DeltaStore(tmp_path)
    fill(store, lines({"o1": "10"}))
    pinned = store.pinned()
    fill(store, lines({"o2": "1"}, batch="b2"), "b2", sequence=2)
    pinned.append_step("customer_lines", "lines_by_customer", transaction="r1", as_of=JUNE, run_id="r1")
    assert store.query("customer_lines")["order_id"].to_pylist() == ["o1"]
    store.close()


def test_lines_without_their_batch_do_not_count(tmp_path: Path) -> None:
    store = DeltaStore(tmp_path)
    store.append("order_lines", lines({"o1": "10"}))
    assert revenue(store) == {}
    store.append("batches", batch("b1"))
    assert revenue(store) == {"o1": Decimal(10)}
    store.append("batches", batch("b1", version=2, active=False))
    assert revenue(store) == {}
    store.close()


def test_parts_of_another_schema_are_refused(tmp_path: Path) -> None:
    store = DeltaStore(tmp_path / "warehouse")
    pq.write_table(pa.table({"source": ["shop"]}), tmp_path / "odd.parquet")
    with pytest.raises(ContractError, match="batch_id is missing"):
        store.append("order_lines", [tmp_path / "odd.parquet"])
    store.close()


def test_tables_use_no_feature_that_other_readers_lack(tmp_path: Path) -> None:
    store = DeltaStore(tmp_path)
    fill(store, lines({"o1": "10"}))
    log = (tmp_path / "order_lines" / "_delta_log" / "00000000000000000000.json").read_text()
    assert '"minReaderVersion":1' in log
    assert '"partitionColumns":[]' in log
    store.close()


def test_a_table_of_an_earlier_version_is_sound_and_gains_its_new_columns_with_the_next_rows(tmp_path: Path) -> None:
    names = ["run_id", "customer_id", "orders", "repeat_orders", "first_order", "last_order"]
    older = pa.schema([CUSTOMER_VALUES.schema.field(name) for name in names])
    row = {
        "run_id": "r1",
        "customer_id": "ada",
        "orders": 1,
        "repeat_orders": 0,
        "first_order": JUNE,
        "last_order": JUNE,
    }
    write_deltalake(tmp_path / "customer_values", pa.Table.from_pylist([row], schema=older))
    store = DeltaStore(tmp_path)
    assert store.misfits() == []
    newer = row | {"run_id": "r2", "chance_of_order": 0.25}
    store.append("customer_values", pa.Table.from_pylist([newer]))
    assert store.misfits() == []
    seen = DeltaTable(tmp_path / "customer_values")  # as any other reader finds it
    assert [field.name for field in seen.schema().fields] == CUSTOMER_VALUES.schema.names
    chances = {each["run_id"]: each["chance_of_order"] for each in store.query("customer_values").to_pylist()}
    assert chances == {"r1": None, "r2": 0.25}
    store.close()


def test_facts_that_lack_a_column_are_named(tmp_path: Path) -> None:
    write_deltalake(tmp_path / "order_lines", lines({"o1": "10"}).drop_columns(["line_kind"]))
    store = DeltaStore(tmp_path)
    assert store.misfits() == ["Table order_lines of the warehouse does not fit its contract: line_kind is missing"]
    store.close()


def test_facts_of_an_earlier_version_are_sound_and_read_without_what_they_lacked(tmp_path: Path) -> None:
    older = lines({"o1": "10"}).drop_columns(["segment"])
    write_deltalake(tmp_path / "order_lines", older)
    store = DeltaStore(tmp_path)
    assert store.misfits() == []
    fill(store, lines({"o2": "5"}))
    assert revenue(store) == {"o1": Decimal(10), "o2": Decimal(5)}
    assert store.query("active_lines")["segment"].to_pylist() == [None, None]
    store.close()


def test_a_derived_table_of_an_earlier_version_is_read_without_what_it_lacked_and_never_once_closed(
    tmp_path: Path,
) -> None:
    old = tmp_path / "old.parquet"
    pq.write_table(pa.table({"run_id": ["r1"], "insight": ["equity"], "row_number": [1], "row": ["{}"]}), old)
    engine = DuckEngine(tmp_path / "scratch")
    try:
        assert engine.query("insights", {"insights": [old]}, {}).to_pylist() == [
            {"run_id": "r1", "insight": "equity", "by": None, "answer": None}
        ]
        assert engine.query("kept_insights", {"insights": [old]}, {"run_id": "r1"}).num_rows == 0
    finally:
        engine.close()
    unasked = DuckEngine(tmp_path / "scratch")
    unasked.close()
    for closed in (engine, unasked):
        with pytest.raises(EngineError, match="closed"):
            closed.query("insights", {"insights": [old]}, {})


def test_repeat_orders_are_those_of_the_day_and_of_the_lines_asked_about(store: Store) -> None:
    """The rows below the question are held between questions, never beyond their day or their lines."""

    def repeats(as_of: date) -> list[int]:
        found = store.query("repeat_orders_by_day", as_of=as_of).to_pylist()
        return [row["occasion_on"].day for row in found]

    fill(store, lines({"o1": "10", "o3": "10", "o9": "10"}))
    assert repeats(JUNE) == [3, 9]
    assert repeats(date(2024, 1, 5)) == [3]
    assert repeats(JUNE) == [3, 9]
    fill(store, lines({"o5": "10"}, batch="b2"), "b2", sequence=2)
    assert repeats(JUNE) == [3, 5, 9]
