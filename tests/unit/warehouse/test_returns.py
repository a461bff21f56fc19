"""Returns: matched to their order where they can be and were known, negative value on their own day otherwise."""

from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from order_log import Log, day, line


def test_a_partial_return_lowers_the_day_of_its_order(tmp_path: Path) -> None:
    log = Log(
        tmp_path,
        [
            line("o1", "ada", "01-10", 30, quantity=3.0),
            line("r1", "ada", "02-20", -10),
        ],
    )
    assert log.occasions() == [("ada", "01-10", 20.0)]
    assert log.summary()["ada"]["revenue"] == 20.0


def test_a_fully_returned_order_is_no_occasion(tmp_path: Path) -> None:
    log = Log(
        tmp_path,
        [
            line("o1", "ada", "01-10", 30),
            line("o2", "ada", "03-01", 50),
            line("r2", "ada", "03-05", -50),
        ],
    )
    assert log.occasions() == [("ada", "01-10", 30.0)]
    assert log.summary()["ada"]["orders"] == 1
    assert log.summary()["ada"]["mean_order_value"] == 30.0


def test_a_customer_who_returned_everything_is_in_no_summary_but_in_the_totals(tmp_path: Path) -> None:
    log = Log(
        tmp_path, [line("o1", "ada", "01-10", 30), line("r1", "ada", "01-12", -30), line("o2", "bob", "01-10", 5)]
    )
    assert set(log.summary()) == {"bob"}
    totals = log.ask("totals")[0]
    assert (totals["lines"], totals["customers"], totals["revenue"]) == (3, 1, 5.0)


def test_a_return_after_the_cut_off_is_not_known_yet(tmp_path: Path) -> None:
    log = Log(tmp_path, [line("o1", "ada", "01-10", 30), line("r1", "ada", "05-01", -30)])
    assert log.occasions(as_of=day("04-30")) == [("ada", "01-10", 30.0)]
    assert log.occasions(as_of=day("05-01")) == []
    after = log.ask("lines_after_as_of", as_of=day("04-30"))[0]
    assert after == {"lines_after_as_of": 1, "revenue_after_as_of": -30.0}


def test_without_any_return_the_lines_are_those_that_the_rules_for_returns_leave(tmp_path: Path) -> None:
    lines = [
        line("o1", "ada", "01-10", 30),
        line("o1", "ada", "01-10", 4, line_kind="postage", product_id=None),
        line("o2", None, "01-11", 7, location="Graz", cost=Decimal(3)),
        line("o3", "bob", "01-12", None, quantity=2.0),
        line("o4", "bob", "05-01", 9),
    ]
    none = Log(tmp_path / "none", lines)
    later = Log(tmp_path / "later", [*lines, line("r1", "ada", "05-02", -30)])
    for step in ("net_lines", "totals", "customer_summary"):
        found, wanted = (sorted(log.ask(step, as_of=day("04-30")), key=str) for log in (none, later))
        assert found == wanted
    assert len(none.ask("net_lines", as_of=day("04-30"))) == 4


def test_the_latest_earlier_order_with_enough_left_takes_the_return(tmp_path: Path) -> None:
    log = Log(
        tmp_path,
        [
            line("o1", "ada", "01-10", 50, quantity=5.0),
            line("o2", "ada", "02-10", 20, quantity=2.0),
            line("o3", "ada", "04-10", 90, quantity=9.0),
            line("r1", "ada", "03-01", -40, quantity=-4.0),
        ],
    )
    assert log.occasions() == [("ada", "01-10", 10.0), ("ada", "02-10", 20.0), ("ada", "04-10", 90.0)]


def test_no_more_is_matched_than_was_sold(tmp_path: Path) -> None:
    log = Log(
        tmp_path,
        [
            line("o1", "ada", "01-10", 20, quantity=2.0),
            line("r1", "ada", "02-01", -20, quantity=-2.0),
            line("r2", "ada", "03-01", -20, quantity=-2.0),
            line("o2", "ada", "04-01", 70),
        ],
    )
    assert log.occasions() == [("ada", "04-01", 70.0)]
    ada = log.summary()["ada"]
    assert (ada["orders"], ada["revenue"], ada["mean_order_value"]) == (1, 50.0, 50.0)


def test_what_cannot_be_matched_is_negative_value_on_its_own_day_and_no_occasion(tmp_path: Path) -> None:
    log = Log(
        tmp_path,
        [line("o1", "ada", "01-10", 30), line("r1", "ada", "02-01", -12, product_id="cup")],
    )
    assert log.occasions() == [("ada", "01-10", 30.0)]
    ada = log.summary()["ada"]
    assert (ada["orders"], ada["last_order"], ada["revenue"]) == (1, day("01-10"), 18.0)
    days = {row["counts_on"]: row["is_occasion"] for row in log.ask("customer_days")}
    assert days == {day("01-10"): True, day("02-01"): False}


def test_a_return_before_any_sale_of_the_product_matches_nothing(tmp_path: Path) -> None:
    log = Log(tmp_path, [line("r1", "ada", "01-01", -30), line("o1", "ada", "01-10", 30)])
    assert log.occasions() == [("ada", "01-10", 30.0)]
    assert log.summary()["ada"]["revenue"] == 0.0


def test_another_customers_order_takes_no_return(tmp_path: Path) -> None:
    log = Log(tmp_path, [line("o1", "ada", "01-10", 30), line("r1", "bob", "01-12", -30)])
    assert log.occasions() == [("ada", "01-10", 30.0)]


def test_a_cancellation_that_names_its_order_cancels_it_whatever_the_product(tmp_path: Path) -> None:
    log = Log(
        tmp_path,
        [
            line("o1", "ada", "01-10", 30),
            line("o2", "ada", "02-10", 30),
            line("c1", "ada", "03-01", -30, cancels_order_id="o1", product_id=None, quantity=None),
        ],
    )
    assert log.occasions() == [("ada", "02-10", 30.0)]


@pytest.mark.parametrize("refund", [-15.0, -30.0])
def test_a_refund_in_the_order_itself_nets_within_it(tmp_path: Path, refund: float) -> None:
    log = Log(tmp_path, [line("o1", "ada", "01-10", 30), line("o1", "ada", "01-10", refund, product_id=None)])
    expected = [("ada", "01-10", 15.0)] if refund == -15.0 else []
    assert log.occasions() == expected


def test_without_products_the_order_of_the_same_amount_is_meant(tmp_path: Path) -> None:
    log = Log(
        tmp_path,
        [
            line("o1", "ada", "01-10", 30, product_id=None, quantity=None),
            line("o2", "ada", "02-10", 45, product_id=None, quantity=None),
            line("r1", "ada", "03-10", -30, product_id=None, quantity=None),
            line("r2", "ada", "03-11", -7, product_id=None, quantity=None),
        ],
    )
    assert log.occasions() == [("ada", "02-10", 45.0)]
    assert log.summary()["ada"]["revenue"] == 38.0


def test_two_equal_refunds_take_two_orders_of_that_amount(tmp_path: Path) -> None:
    orders = [line(f"o{n}", "ada", f"0{n}-10", 30, product_id=None, quantity=None) for n in (1, 2, 3)]
    refunds = [line(f"r{n}", "ada", f"05-0{n}", -30, product_id=None, quantity=None) for n in (1, 2)]
    assert Log(tmp_path, [*orders, *refunds]).occasions() == [("ada", "01-10", 30.0)]


def test_a_return_of_pieces_from_two_orders_takes_from_both(tmp_path: Path) -> None:
    log = Log(
        tmp_path,
        [
            line("o1", "ada", "01-10", 20, quantity=2.0),
            line("o2", "ada", "02-10", 30, quantity=3.0),
            line("r1", "ada", "03-10", -40, quantity=-4.0),
        ],
    )
    assert log.occasions() == [("ada", "01-10", 10.0)]


def test_what_a_split_return_cannot_place_stays_on_its_own_day(tmp_path: Path) -> None:
    log = Log(
        tmp_path,
        [
            line("o1", "ada", "01-10", 20, quantity=2.0),
            line("o2", "ada", "02-10", 30, quantity=3.0),
            line("r1", "ada", "03-10", -80, quantity=-8.0),
            line("o3", "ada", "04-10", 5, product_id="cup"),
        ],
    )
    assert log.occasions() == [("ada", "04-10", 5.0)]
    parts = {(row["part"], f"{row['counts_on']:%m-%d}", float(row["revenue"])) for row in log.ask("net_lines")}
    assert {(1, "02-10", -30.0), (2, "01-10", -20.0), (3, "03-10", -30.0)} <= parts
    assert log.summary()["ada"]["revenue"] == -25.0
    assert log.ask("totals")[0]["lines"] == 4


def test_an_order_paid_with_nothing_is_an_occasion(tmp_path: Path) -> None:
    log = Log(tmp_path, [line("o1", "ada", "01-10", 0)])
    assert log.occasions() == [("ada", "01-10", 0.0)]


def test_money_is_the_same_before_and_after_matching(tmp_path: Path) -> None:
    log = Log(
        tmp_path,
        [
            line("o1", "ada", "01-10", 30, quantity=3.0),
            line("r1", "ada", "02-20", -20, quantity=-2.0),
            line("r2", "ada", "02-21", -20, quantity=-2.0),
            line("o2", None, "01-10", 11),
            line("o3", "bob", "01-11", 4, line_kind="postage"),
        ],
    )
    matched = sum(row["revenue"] for row in log.ask("net_lines"))
    assert matched == sum(row["revenue"] for row in log.ask("known_lines")) == 5


def test_the_day_of_a_summary_is_the_cut_off_not_the_last_line(tmp_path: Path) -> None:
    log = Log(tmp_path, [line("o1", "ada", "01-01", 30), line("o2", "ada", "01-31", 30)])
    ada = log.summary(as_of=date(2024, 3, 1))["ada"]
    assert (ada["age"], ada["age_at_last_order"]) == (60.0, 30.0)
