"""Occasions are local days; the summary counts them once, whatever the lines."""

from datetime import date
from decimal import Decimal
from math import log as ln
from pathlib import Path

import pyarrow as pa
import pytest
from order_log import Log, day, line, table_of


def test_several_orders_of_a_day_are_one_occasion(tmp_path: Path) -> None:
    log = Log(tmp_path, [line("o1", "ada", "01-10", 30), line("o2", "ada", "01-10", 12), line("o3", "ada", "01-11", 1)])
    assert log.occasions() == [("ada", "01-10", 42.0), ("ada", "01-11", 1.0)]
    assert {row["lines"] for row in log.ask("occasions")} == {2, 1}


def test_gaps_are_summed_as_logarithms(tmp_path: Path) -> None:
    log = Log(tmp_path, [line(f"o{n}", "ada", on, 1) for n, on in enumerate(("01-01", "01-08", "01-10"))])
    assert log.summary()["ada"]["sum_log_gaps"] == pytest.approx(ln(7) + ln(2))


def test_a_cancelled_day_between_two_occasions_makes_no_gap(tmp_path: Path) -> None:
    log = Log(
        tmp_path,
        [
            line("o1", "ada", "01-01", 1),
            line("o2", "ada", "01-04", 5, product_id="cup"),
            line("o3", "ada", "01-08", 1),
            line("r2", "ada", "01-05", -5, product_id="cup"),
        ],
    )
    assert log.summary()["ada"]["sum_log_gaps"] == pytest.approx(ln(7))


def test_postage_fees_and_adjustments_make_no_occasion_and_no_value(tmp_path: Path) -> None:
    kinds = [line(f"o{kind}", "ada", "02-01", 5, line_kind=kind) for kind in ("postage", "fee", "adjustment")]
    log = Log(tmp_path, [line("o1", "ada", "01-10", 30), *kinds])
    ada = log.summary()["ada"]
    assert (ada["orders"], ada["revenue"]) == (1, 30.0)
    totals = log.ask("totals")[0]
    assert (totals["revenue"], totals["revenue_without_product"], totals["customer_revenue"]) == (45.0, 15.0, 30.0)


def test_rows_without_a_customer_are_in_the_totals_only(tmp_path: Path) -> None:
    log = Log(tmp_path, [line("o1", "ada", "01-10", 30), line("o2", None, "01-10", 8)])
    assert set(log.summary()) == {"ada"}
    totals = log.ask("totals")[0]
    assert (totals["lines"], totals["lines_without_customer"], totals["orders"]) == (2, 1, 2)
    assert (totals["revenue"], totals["revenue_without_customer"]) == (38.0, 8.0)


def test_without_money_there_are_orders_and_no_value(tmp_path: Path) -> None:
    ada = Log(tmp_path, [line("o1", "ada", "01-10", None), line("o2", "ada", "01-20", None)]).summary()["ada"]
    assert (ada["orders"], ada["revenue"], ada["mean_order_value"]) == (2, None, None)


def test_a_day_without_an_amount_does_not_lower_the_mean_order_value(tmp_path: Path) -> None:
    log = Log(
        tmp_path,
        [
            line("o1", "ada", "01-10", 30),
            line("o2", "ada", "01-20", None),
            line("o3", "ada", "01-30", 50),
            line("o3", "ada", "01-30", None),
        ],
    )
    ada = log.summary()["ada"]
    assert (ada["orders"], ada["valued_orders"], ada["revenue"], ada["mean_order_value"]) == (3, 2, 80.0, 40.0)


def test_logarithms_are_those_of_the_days_that_were_paid_for(tmp_path: Path) -> None:
    amounts = (("01-10", 10), ("01-20", 0), ("01-30", 40), ("02-10", 25))
    log = Log(tmp_path, [line(f"o{n}", "ada", on, amount) for n, (on, amount) in enumerate(amounts)])
    ada, logs = log.summary()["ada"], [ln(10), ln(40), ln(25)]
    mean = sum(logs) / 3
    assert (ada["valued_orders"], ada["paid_orders"], ada["largest_order_value"]) == (4, 3, 40.0)
    assert ada["mean_log_value"] == pytest.approx(mean)
    assert ada["var_log_value"] == pytest.approx(sum((one - mean) ** 2 for one in logs) / 3)


def test_a_customer_who_never_paid_has_no_logarithms(tmp_path: Path) -> None:
    ada = Log(tmp_path, [line("o1", "ada", "01-10", 0)]).summary()["ada"]
    assert (ada["valued_orders"], ada["paid_orders"], ada["mean_order_value"]) == (1, 0, 0.0)
    assert (ada["mean_log_value"], ada["var_log_value"]) == (None, None)


def test_the_margin_comes_from_lines_with_a_cost(tmp_path: Path) -> None:
    log = Log(
        tmp_path,
        [
            line("o1", "ada", "01-10", 100, cost=Decimal(60)),
            line("o2", "ada", "01-20", 900),
            line("o3", "bob", "01-02", 1),
        ],
    )
    assert log.summary()["ada"]["margin_rate"] == pytest.approx(0.4)
    assert log.summary()["bob"]["margin_rate"] is None


def test_lines_after_the_cut_off_are_set_aside_and_counted(tmp_path: Path) -> None:
    log = Log(tmp_path, [line("o1", "ada", "01-10", 30), line("o2", "ada", "03-10", 30)])
    assert log.summary(as_of=day("03-09"))["ada"]["orders"] == 1
    assert log.summary(as_of=day("03-10"))["ada"]["orders"] == 2
    assert log.ask("lines_after_as_of", as_of=day("03-09"))[0]["lines_after_as_of"] == 1


def test_money_is_converted_at_the_latest_rate_on_or_before_the_day(tmp_path: Path) -> None:
    log = Log(
        tmp_path,
        [
            line("o1", "ada", "01-10", 100, currency="USD"),
            line("o2", "ada", "02-10", 100, currency="USD"),
            line("o3", "ada", "02-11", 100, currency="EUR"),
        ],
    )
    rates = {
        "rated_on": [day("01-01"), day("02-01"), day("02-11")],
        "currency": ["USD", "USD", "USD"],
        "rate": [0.9, 0.8, 0.1],
    }
    log.store.append("exchange_rates", pa.table(rates))
    assert log.occasions() == [("ada", "01-10", 90.0), ("ada", "02-10", 80.0), ("ada", "02-11", 100.0)]


def test_a_line_before_the_first_rate_is_reported_as_without_one(tmp_path: Path) -> None:
    log = Log(
        tmp_path, [line("o1", "ada", "01-10", 100, currency="USD"), line("o2", "ada", "03-10", 1, currency="USD")]
    )
    log.store.append("exchange_rates", pa.table({"rated_on": [day("02-01")], "currency": ["USD"], "rate": [0.9]}))
    found = log.ask("currencies")[0]
    assert (found["currency"], found["lines"], found["lines_without_rate"]) == ("USD", 2, 1)
    assert found["first_day_without_rate"] == day("01-10")


def test_the_latest_import_of_an_order_counts_as_a_whole(tmp_path: Path) -> None:
    log = Log(tmp_path, [line("o1", "ada", "01-10", 30), line("o1", "ada", "01-10", 5), line("o2", "ada", "01-20", 7)])
    log.store.append("order_lines", table_of([line("o1", "ada", "01-10", 28, batch_id="b2")]))
    assert log.occasions() == [("ada", "01-10", 28.0), ("ada", "01-20", 7.0)]


def test_another_source_may_use_the_same_order_ids(tmp_path: Path) -> None:
    log = Log(tmp_path, [line("o1", "ada", "01-10", 30)])
    log.store.append("order_lines", table_of([line("o1", "bob", "01-11", 5, batch_id="b2", source="web")]))
    assert log.occasions() == [("ada", "01-10", 30.0), ("bob", "01-11", 5.0)]


def test_keys_bring_two_external_ids_to_one_customer(tmp_path: Path) -> None:
    log = Log(tmp_path, [line("o1", "ada", "01-10", 30), line("o2", "ADA@x", "01-20", 5)])
    keys = {
        "source": ["shop"] * 2,
        "external_id": ["ADA@x"] * 2,
        "version": [1, 2],
        "customer_id": ["someone", "ada"],
    }
    log.store.append("customer_keys", pa.table(keys))
    assert log.occasions() == [("ada", "01-10", 30.0), ("ada", "01-20", 5.0)]


def test_no_lines_give_no_customers(tmp_path: Path) -> None:
    log = Log(tmp_path, [])
    assert log.ask("customer_summary") == []
    assert log.ask("order_window")[0]["last_order"] is None
    assert log.summary(as_of=date(2024, 1, 1)) == {}
