"""`keepers run`, `export`, `doctor` and `keepers` alone on a workspace."""

import csv
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from workspace_shop import Keepers, history, write_orders

from keepers.loop.workspace import Workspace
from keepers.warehouse.tables import BATCHES


@pytest.fixture(scope="module")
def orders(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_orders(tmp_path_factory.mktemp("orders") / "orders.csv", history())


@pytest.fixture
def keepers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Keepers:
    return Keepers(tmp_path / "home", monkeypatch, capsys)


def test_a_run_keeps_what_it_prints_and_the_next_one_has_nothing_to_do(
    keepers: Keepers, orders: Path, tmp_path: Path
) -> None:
    keepers("import", orders)
    run = keepers("run", "--holdout", "none", "--json").json
    out = tmp_path / "values.parquet"
    assert keepers("export", "values", "--out", out).code == 0
    values = pq.read_table(out)
    assert set(values["run_id"].to_pylist()) == {run["run_id"]}
    assert values.num_rows == run["base"]["customers"] == 80
    assert sum(values["residual_value"].to_pylist()) == pytest.approx(run["base"]["residual_value"]["mean"], rel=0.02)

    again = keepers("run", "--holdout", "none")
    assert again.code == 3
    assert run["run_id"] in again.err


def test_a_run_names_everything_that_made_its_numbers(keepers: Keepers, orders: Path) -> None:
    batch = keepers("import", orders, "--json").json["batch_id"]
    run_id = keepers("run", "--holdout", "none", "--margin", "0.4", "--json").json["run_id"]
    rows = tables(keepers, "runs", "fits", "customer_summary", "insights", "plan_lines")
    kept = rows["runs"][0]
    assert kept["run_id"] == run_id
    assert batch in kept["batches"]
    assert '"margin": 0.4' in kept["parameters"]
    assert {row["part"] for row in rows["fits"]} >= {"spend"}
    assert {row["run_id"] for name in ("fits", "customer_summary", "insights") for row in rows[name]} == {run_id}
    assert {row["insight"] for row in rows["insights"]} >= {"equity"}
    assert {row["run_id"] for row in rows["plan_lines"]} == {run_id}
    assert len(rows["plan_lines"]) == len(rows["customer_summary"])
    assert all(row["expected_gain"] > 0 for row in rows["plan_lines"] if row["cost"] > 0)


def tables(keepers: Keepers, *names: str) -> dict[str, list[dict[str, Any]]]:
    found = {}
    for name in names:
        out = keepers.home.parent / f"{name}.parquet"
        assert keepers("export", name, "--out", out).code == 0
        found[name] = pq.read_table(out).to_pylist()
    return found


def test_the_values_of_a_run_are_those_of_the_file_alone(keepers: Keepers, orders: Path, tmp_path: Path) -> None:
    keepers("import", orders)
    keepers("run", "--holdout", "none")
    keepers("export", "values", "--out", tmp_path / "kept.parquet")
    keepers("value", orders, "--holdout", "none", "--out", tmp_path / "file.parquet")
    kept = pq.read_table(tmp_path / "kept.parquet").drop_columns("run_id").sort_by("customer_id").to_pylist()
    alone = pq.read_table(tmp_path / "file.parquet").sort_by("customer_id").to_pylist()
    assert kept == alone


def test_an_undone_import_makes_the_run_outdated(keepers: Keepers, orders: Path, tmp_path: Path) -> None:
    keepers("import", orders)
    more = write_orders(tmp_path / "more.csv", [("X1", "C000", "2024-05-20", "40.00")])
    batch = keepers("import", more, "--json").json["batch_id"]
    keepers("run", "--holdout", "none")
    state = keepers("--json").json
    assert (state["imports"], state["customers"], state["runs"], state["outdated"]) == (2, 80, 1, False)
    keepers("import", "--undo", batch)
    state = keepers("--json").json
    assert (state["imports"], state["imports_off"], state["outdated"]) == (1, 1, True)
    assert state["next_command"] == "keepers run"


def test_without_a_verb_keepers_shows_the_loop_and_makes_nothing(keepers: Keepers) -> None:
    said = keepers()
    assert said.code == 0
    assert "no orders yet" in said.out
    assert "Next: keepers import FILE" in said.out
    assert not keepers.home.exists()


def test_running_an_empty_workspace_is_nothing_to_do(keepers: Keepers) -> None:
    said = keepers("run")
    assert said.code == 3
    assert "keepers import FILE" in said.err


def test_rates_to_one_currency_make_no_report_in_another(keepers: Keepers, tmp_path: Path) -> None:
    header = "order_id,customer_id,order_date,amount,currency"
    rows = [(*row, "EUR" if number % 2 else "USD") for number, row in enumerate(history(customers=30))]
    keepers("import", write_orders(tmp_path / "orders.csv", rows, header), "--yes")
    to_euro, to_pound = tmp_path / "euro.csv", tmp_path / "pound.csv"
    to_euro.write_text("date,currency,rate\n2022-12-31,USD,0.9\n", encoding="utf-8")
    to_pound.write_text("date,currency,rate\n2022-12-31,USD,0.8\n2022-12-31,EUR,0.85\n", encoding="utf-8")
    unnamed = keepers("run", "--rates", to_euro)
    assert unnamed.code == 1
    assert "which currency euro.csv converts to" in unnamed.err
    fast = ("--holdout", "none", "--model", "mbg-nbd", "--json")
    euro = keepers("run", "--rates", to_euro, "--currency", "EUR", *fast).json
    refused = keepers("run", "--currency", "GBP", *fast)
    assert refused.code == 1
    assert "convert to EUR, but the report is to be in GBP" in refused.json["error"]
    pound = keepers("run", "--rates", to_pound, "--currency", "GBP", *fast).json
    assert (euro["run"]["currency"], pound["run"]["currency"]) == ("EUR", "GBP")
    revenue = {number: sum(float(row[3]) for row in rows[number::2]) for number in (0, 1)}
    assert euro["input"]["revenue"] == pytest.approx(0.9 * revenue[0] + revenue[1], rel=1e-6)
    assert pound["input"]["revenue"] == pytest.approx(0.8 * revenue[0] + 0.85 * revenue[1], rel=1e-6)
    again = keepers("run", "--rates", to_euro, "--currency", "EUR", "--again", *fast).json
    assert again["input"]["revenue"] == pytest.approx(euro["input"]["revenue"])
    assert keepers("run", "--again", "--dry-run", *fast).json["run"]["currency"] == "EUR", "as the rates kept last say"


def test_several_currencies_without_rates_are_refused_before_valuation(keepers: Keepers, tmp_path: Path) -> None:
    rows = [("O1", "ada", "2024-03-01", "10.00", "EUR"), ("O2", "bob", "2024-03-02", "20.00", "USD")]
    keepers("import", write_orders(tmp_path / "two.csv", rows, "order_id,customer_id,order_date,amount,currency"))
    said = keepers("run")
    assert said.code == 1
    assert "several currencies" in said.err


def test_a_damaged_table_is_named_in_a_sentence(keepers: Keepers, orders: Path) -> None:
    keepers("import", orders)
    log = Workspace(keepers.home).warehouse / "order_lines" / "_delta_log" / "00000000000000000000.json"
    log.write_text("no longer a log")
    said = keepers("run")
    assert said.code == 1
    assert "The table order_lines in" in said.err


def test_a_lost_file_of_a_table_is_named_in_a_sentence(keepers: Keepers, orders: Path) -> None:
    keepers("import", orders)
    next((Workspace(keepers.home).warehouse / "order_lines").glob("*.parquet")).unlink()
    said = keepers("run")
    assert said.code == 1
    assert "cannot read or write a file" in said.err


def test_an_exported_text_cannot_act_as_a_formula(keepers: Keepers, tmp_path: Path) -> None:
    evil = write_orders(tmp_path / "evil.csv", [("O1", "=cmd|' /C calc'!A0", "2024-03-01", "10.00")])
    keepers("import", evil)
    keepers("export", "active_lines", "--out", tmp_path / "lines.csv")
    with (tmp_path / "lines.csv").open(newline="") as file:
        row = next(csv.DictReader(file))
    assert row["customer_id"] == "'=cmd|' /C calc'!A0"
    assert row["revenue"] == "10.0000"


def test_what_is_not_there_is_not_exported(keepers: Keepers, orders: Path, tmp_path: Path) -> None:
    keepers("import", orders)
    assert keepers("export", "values", "--out", tmp_path / "v.csv").code == 3
    said = keepers("export", "wishes", "--out", tmp_path / "v.csv")
    assert said.code == 1
    assert "There are: values, active_lines" in said.err
    assert not (tmp_path / "v.csv").exists()


def test_the_doctor_finds_a_sound_workspace_sound(keepers: Keepers, orders: Path) -> None:
    assert keepers("doctor").code == 0
    keepers("import", orders)
    found = keepers("doctor", "--json")
    assert found.code == 0
    assert found.json["sound"] is True
    assert {check["name"] for check in found.json["checks"]} >= {"tables", "leftovers", "rows", "writer", "disk"}


def test_the_doctor_names_leftovers_and_removes_them(keepers: Keepers, orders: Path) -> None:
    keepers("import", orders)
    orphan = Workspace(keepers.home).warehouse / "order_lines" / "dead.parquet"
    orphan.write_bytes(b"half a file")
    (keepers.home / "staging-4194399-dead").mkdir()  # above the largest process number
    found = keepers("doctor", "--json")
    assert found.code == 1
    leftovers = next(check for check in found.json["checks"] if check["name"] == "leftovers")
    assert leftovers["found"].startswith("1 files of unfinished writes, 1 folders of dead processes")
    repaired = keepers("doctor", "--repair", "--json")
    assert (repaired.code, repaired.json["removed"]) == (0, 2)
    assert not orphan.exists()


def test_the_doctor_finds_lines_that_are_not_there(keepers: Keepers, orders: Path) -> None:
    batch = keepers("import", orders, "--json").json["batch_id"]
    with Workspace(keepers.home).opened() as store:
        state = store.query("batches").to_pylist()[0]
        wrong = state | {"version": 2, "rows_accepted": state["rows_accepted"] + 1}
        store.append("batches", pa.Table.from_pylist([wrong], schema=BATCHES.schema))
    found = keepers("doctor", "--json")
    assert found.code == 1
    assert next(check for check in found.json["checks"] if check["name"] == "rows")["found"].startswith(
        f"import {batch}"
    )
