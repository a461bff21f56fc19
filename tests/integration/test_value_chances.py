"""`keepers value` tells chances: of an order, of the top tenth, of earning what serving costs."""

import json
from pathlib import Path

import pyarrow.csv as pa_csv
import pyarrow.parquet as pq
import pytest
from shops import shop
from typer.testing import CliRunner

from keepers.cli.main import app

CHANCES = ("chance_of_order", "chance_in_top_tenth", "chance_above_cost")


def valued(folder: Path, *options: str) -> tuple[dict, list[dict]]:
    path, out = shop(customers=250).write(folder / "orders.csv"), folder / "values.parquet"
    result = CliRunner().invoke(app, ["value", str(path), "--holdout", "none", "--json", "--out", str(out), *options])
    assert result.exit_code == 0, result.output + str(result.exception)
    return json.loads(result.stdout), pq.read_table(out).to_pylist()


def test_chances_stand_behind_the_columns_that_were_there(tmp_path: Path) -> None:
    months = tmp_path / "months.csv"
    asked = ("--cost-to-serve", "20", "--posterior", "importance", "--months-out", str(months))
    found, rows = valued(tmp_path, *asked)
    assert tuple(rows[0])[-6:] == (*CHANCES, "next_order_low", "next_order_high", "told_apart_as")
    assert all(0 <= row[name] <= 1 for row in rows for name in CHANCES)
    assert sum(row["chance_in_top_tenth"] for row in rows) == pytest.approx(25.0, rel=0.1)
    assert found["run"]["cost_to_serve"] == 20.0
    fits = (found["fit"]["purchases"], found["fit"]["spend"])
    assert [fit["posterior"]["method"] for fit in fits] == ["importance sampling"] * 2
    assert found["run"]["posterior"] == "importance"
    assert_the_days_of_the_next_order_stand_around_the_likeliest(rows)
    assert_the_months_are_those_of_the_object(months, found["base"]["months"])


def assert_the_days_of_the_next_order_stand_around_the_likeliest(rows: list[dict]) -> None:
    due = [row for row in rows if row["next_order_due"] is not None]
    assert all(row["next_order_low"] <= row["next_order_due"] for row in due)
    assert all(row["next_order_high"] is None or row["next_order_due"] <= row["next_order_high"] for row in due)
    assert any(row["next_order_low"] < row["next_order_due"] for row in due)


def assert_the_months_are_those_of_the_object(path: Path, months: list[dict]) -> None:
    rows = pa_csv.read_csv(path).to_pylist()
    assert [row["month"] for row in rows] == [month["month"] for month in months]
    assert [row["orders_high"] for row in rows] == pytest.approx([month["expected_orders"]["high"] for month in months])
    assert [row["value_low"] for row in rows] == pytest.approx([month["value"]["low"] for month in months])


def test_the_cost_to_serve_lowers_what_the_base_is_worth(tmp_path: Path) -> None:
    plain, rows = valued(tmp_path)
    net, _ = valued(tmp_path, "--cost-to-serve", "20")
    assert {row["chance_above_cost"] for row in rows} == {None}
    assert net["base"]["residual_value"]["mean"] < plain["base"]["residual_value"]["mean"]
    assert net["base"]["expected_orders"] == plain["base"]["expected_orders"]


def test_a_cost_below_zero_is_a_wrong_option(tmp_path: Path) -> None:
    result = CliRunner().invoke(
        app, ["value", str(shop(customers=30).write(tmp_path / "o.csv")), "--cost-to-serve", "-1"]
    )
    assert result.exit_code == 2
