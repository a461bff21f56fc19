"""`keepers value` from a file to the table, the object and the story."""

import json
from datetime import date, timedelta
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from shops import FIRST_DAY, Shop, shop
from typer.testing import CliRunner

from keepers.cli.main import app
from keepers.warehouse.tables import CUSTOMER_VALUES


def run(*arguments: str | Path) -> str:
    result = CliRunner().invoke(app, ["value", *map(str, arguments)])
    assert result.exit_code == 0, result.output
    return result.stdout


def valued(path: Path, *options: str) -> dict:
    return json.loads(run(path, "--json", *options))


@pytest.fixture(scope="module")
def orders(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return shop().write(tmp_path_factory.mktemp("shop") / "orders.csv")


@pytest.fixture(scope="module")
def found(orders: Path) -> dict:
    return valued(orders)


@pytest.fixture(scope="module")
def written(orders: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[dict, pa.Table]:
    """The object and the table of one run without a backtest."""
    out = tmp_path_factory.mktemp("out") / "values.parquet"
    return valued(orders, "--holdout", "none", "--out", out), pq.read_table(out)


def test_the_object_names_what_was_read_fitted_and_graded(found: dict) -> None:
    assert set(found) == {"input", "fit", "base", "backtest", "run"}
    assert found["input"]["rows_read"] == found["input"]["rows_accepted"] + found["input"]["rows_rejected"]
    assert found["fit"]["purchases"]["converged"]
    assert set(found["backtest"]["rules"]) == {"past_spend", "rfm", "recency", "carried_forward", "boosting"}
    assert found["backtest"]["grade"] in set("ABCDE")


def test_the_table_has_one_row_a_customer_and_the_columns_of_the_contract(written: tuple[dict, pa.Table]) -> None:
    table = written[1]
    assert table.column_names == [column.name for column in CUSTOMER_VALUES.columns if column.name != "run_id"]
    assert table.num_rows == len({customer for customer, _, _ in shop().orders})
    assert b"keepers.version" in table.schema.metadata
    drawn = json.loads(table.schema.metadata[b"keepers.draws"])["all"]
    assert sum(len(rows) for rows in drawn.values()) == 25


def test_intervals_hold_their_order_and_values_are_never_less_over_longer_windows(
    written: tuple[dict, pa.Table],
) -> None:
    for row in written[1].to_pylist():
        assert 0 <= row["probability_alive"] <= 1
        assert row["orders_low"] <= row["orders_high"]
        assert row["period_value_low"] <= row["period_value_high"] <= row["residual_value_high"]
        assert row["period_value"] <= row["residual_value"]


def test_the_displayed_total_is_the_sum_of_the_displayed_means_inside_its_interval(
    written: tuple[dict, pa.Table],
) -> None:
    found, table = written
    total = found["base"]["residual_value"]
    assert total["mean"] == pytest.approx(sum(table["residual_value"].to_pylist()))
    assert total["low"] < total["mean"] < total["high"]


def test_days_and_weeks_give_the_same_money(orders: Path, found: dict) -> None:
    in_days = valued(orders, "--unit", "day", "--holdout", "none")
    assert in_days["base"]["residual_value"]["mean"] == pytest.approx(found["base"]["residual_value"]["mean"], rel=1e-6)
    assert in_days["base"]["expected_orders"]["mean"] == pytest.approx(
        found["base"]["expected_orders"]["mean"], rel=2e-3
    )


def test_the_same_file_twice_gives_the_same_numbers(orders: Path, found: dict) -> None:
    again = valued(orders)
    again["run"].pop("seconds")
    assert again == found | {"run": {k: v for k, v in found["run"].items() if k != "seconds"}}


def test_margin_scales_value_and_nothing_else(orders: Path, found: dict) -> None:
    doubled = valued(orders, "--margin", "0.6", "--holdout", "none")["base"]
    assert doubled["residual_value"]["mean"] == pytest.approx(2 * found["base"]["residual_value"]["mean"])
    assert doubled["expected_orders"] == found["base"]["expected_orders"]


def test_orders_after_the_as_of_day_are_set_aside_and_counted(orders: Path) -> None:
    as_of = FIRST_DAY + timedelta(days=300)
    later = sum(1 for _, day, _ in shop().orders if day > as_of)
    found = valued(orders, "--as-of", as_of.isoformat(), "--holdout", "none")
    assert found["input"]["rows_after_as_of"] == later > 0
    assert found["input"]["last_order"] <= as_of.isoformat()


def test_a_file_without_money_gives_orders_and_null_values(tmp_path: Path) -> None:
    path = tmp_path / "orders.csv"
    lines = [f"{customer},{day}" for customer, day, _ in shop().orders]
    path.write_text("customer_id,order_date\n" + "\n".join(lines) + "\n", encoding="utf-8")
    found = valued(path, "--holdout", "none")
    assert found["base"]["residual_value"] is None
    assert found["base"]["expected_orders"]["mean"] > 0
    assert found["fit"]["spend"] is None


def test_twenty_customers_get_wide_ranges_and_are_told_so(tmp_path: Path) -> None:
    path = shop(customers=20, seed=3).write(tmp_path / "orders.csv")
    found = valued(path, "--holdout", "none")
    worth = found["base"]["residual_value"]
    assert worth["high"] - worth["low"] > 0.3 * worth["mean"]
    assert any("ranges are wide" in warning for warning in found["fit"]["warnings"])


def test_fewer_than_twenty_customers_get_their_history_and_what_is_missing(tmp_path: Path) -> None:
    path = shop(customers=8).write(tmp_path / "orders.csv")
    found = valued(path)
    assert found["base"]["customers"] == 8
    assert found["base"]["residual_value"] is None
    assert "needs at least 20" in found["fit"]["warnings"][0]
    assert "needs at least 20" in " ".join(run(path).split())


def test_without_any_repeat_order_it_says_what_it_can_still_tell(tmp_path: Path) -> None:
    orders = [(f"C{n}", FIRST_DAY + timedelta(days=n), 10.0) for n in range(40)]
    out = tmp_path / "values.csv"
    found = valued(Shop(orders).write(tmp_path / "orders.csv"), "--out", str(out))
    assert "two different days" in found["fit"]["warnings"][0]
    assert "One order," in out.read_text(encoding="utf-8")


def test_several_currencies_are_refused_without_rates_and_converted_with_them(tmp_path: Path) -> None:
    path = tmp_path / "orders.csv"
    rows = [f"{c},{d},{a},{'USD' if int(c[1:]) % 2 else 'EUR'}" for c, d, a in shop(customers=60).orders]
    path.write_text("customer_id,order_date,amount,currency\n" + "\n".join(rows) + "\n", encoding="utf-8")
    refused = CliRunner().invoke(app, ["value", str(path), "--json"])
    assert refused.exit_code == 1
    assert "--rates" in str(refused.exception)
    rates = tmp_path / "rates.csv"
    rates.write_text("date,currency,rate\n2022-12-31,USD,0.5\n", encoding="utf-8")
    found = valued(path, "--currency", "EUR", "--rates", str(rates), "--holdout", "none")
    expected = sum(a * (0.5 if int(c[1:]) % 2 else 1) for c, _, a in shop(customers=60).orders)
    assert found["input"]["currency"] == "EUR"
    assert found["input"]["revenue"] == pytest.approx(expected, abs=0.5)


def test_money_is_never_named_by_another_currency_than_it_was_converted_to(tmp_path: Path) -> None:
    path, rates = tmp_path / "orders.csv", tmp_path / "rates.csv"
    rows = [f"{c},{d},{a},USD" for c, d, a in shop(customers=60).orders]
    path.write_text("customer_id,order_date,amount,currency\n" + "\n".join(rows) + "\n", encoding="utf-8")
    rates.write_text("date,currency,rate\n2022-12-31,USD,0.5\n", encoding="utf-8")
    for more, sentence in (((), "converts the lines in USD"), (("--currency", "USD"), "is the currency to report in")):
        refused = CliRunner().invoke(app, ["value", str(path), "--rates", str(rates), *more])
        assert refused.exit_code == 1
        assert sentence in str(refused.exception)


def test_the_story_names_the_worth_the_groups_the_slipping_and_the_grade(orders: Path) -> None:
    story = run(orders)
    for part in ("What was read", "Customer equity", "Who they are", "The best", "How far to trust this", "Grade"):
        assert part in story


def test_a_day_or_period_that_cannot_be_read_is_a_usage_error(orders: Path) -> None:
    for option, typed in (("--as-of", "30.6.2024"), ("--horizon", "soon"), ("--map", "amount"), ("--unit", "year")):
        result = CliRunner().invoke(app, ["value", str(orders), option, typed])
        assert result.exit_code == 2, option


def test_a_missing_file_is_one_sentence(tmp_path: Path) -> None:
    result = CliRunner().invoke(app, ["value", str(tmp_path / "nothing.csv")])
    assert result.exit_code == 1
    assert "nothing.csv" in str(result.exception)


def test_a_date_before_the_first_order_says_that_nobody_can_be_valued(orders: Path) -> None:
    before = (FIRST_DAY - timedelta(days=1)).isoformat()
    result = CliRunner().invoke(app, ["value", str(orders), "--as-of", before])
    assert result.exit_code == 1
    assert "nobody can be valued" in str(result.exception)
    assert date.fromisoformat(before) < FIRST_DAY
