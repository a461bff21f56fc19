"""Customers from a frame: every kind of frame, every way a row can be unusable, and the same histories as by hand."""

from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from analyst_shop import LAST_DAY, customers, order_log

from keepers import clv
from keepers.clv.analysis.frames import FrameError, column_of
from keepers.clv.histories import InvalidHistoriesError

SMALL = {
    "who": ["b", "a", "a", "a", "b", "a"],
    "day": ["2025-01-08", "2025-01-01", "2025-01-15", "2025-01-15", "2025-01-22", "2025-03-01"],
    "paid": [10.0, 5.0, 20.0, 22.0, 30.0, 99.0],
}


def small(**changed: Any) -> clv.Customers:
    options: dict[str, Any] = {"customer": "who", "ordered_on": "day", "value": "paid", "as_of": "2025-01-29"}
    return clv.Customers.from_orders(SMALL, **(options | changed))


def test_orders_of_a_day_are_one_occasion_and_later_ones_are_set_aside() -> None:
    found = small()
    assert found.customer_id.tolist() == ["a", "b"]
    assert found.histories.repeat_orders.tolist() == [1, 1]
    assert found.histories.age_at_last_order.tolist() == [2.0, 2.0]
    assert found.histories.age.tolist() == [4.0, 3.0]
    assert found.spend is not None
    assert found.spend.mean_order_value.tolist() == [23.5, 20.0]
    assert found.set_aside == 1


def test_days_are_counted_in_the_unit_that_was_asked_for() -> None:
    days = small(unit="day")
    assert days.histories.age.tolist() == [28.0, 21.0]
    assert days.histories.sum_log_gaps == pytest.approx(np.log([14.0, 14.0]))
    assert small().histories.sum_log_gaps == pytest.approx(np.log([2.0, 2.0]))


@pytest.mark.parametrize("kind", [pd.DataFrame, pl.DataFrame, pa.table, dict])
def test_every_kind_of_frame_gives_the_same_customers_and_gets_its_own_kind_back(kind: Any) -> None:
    found = clv.Customers.from_orders(kind(order_log()), customer="who", ordered_on="day", value="paid", as_of=LAST_DAY)
    expected, frame = customers(), found.to_frame()
    assert isinstance(frame, type(kind(order_log())))
    assert column_of(frame, "customer_id").tolist() == expected.customer_id.tolist()
    assert column_of(frame, "age").tolist() == expected.histories.age.tolist()
    assert column_of(frame, "repeat_orders").tolist() == expected.histories.repeat_orders.tolist()


@pytest.mark.parametrize("kind", [pd.to_datetime, lambda days: pa.array(days).cast(pa.date32()), np.array])
def test_dates_are_dates_in_whatever_form(kind: Any) -> None:
    found = clv.Customers.from_orders(
        {**SMALL, "day": kind(SMALL["day"])}, customer="who", ordered_on="day", as_of="2025-01-29"
    )
    assert found.histories.age.tolist() == [4.0, 3.0]
    assert found.spend is None


def test_rows_without_customer_or_date_are_set_aside_and_counted() -> None:
    holes = {"who": ["a", None, "b", "b"], "day": ["2025-01-01", "2025-01-02", None, "2025-01-09"]}
    found = clv.Customers.from_orders(holes, customer="who", ordered_on="day")
    assert found.customer_id.tolist() == ["a", "b"]
    assert found.set_aside == 2


def test_a_day_without_amount_counts_as_an_occasion_but_not_in_the_mean() -> None:
    found = clv.Customers.from_orders(
        {"who": ["a", "a"], "day": ["2025-01-01", "2025-01-09"], "paid": [12.0, None]},
        customer="who", ordered_on="day", value="paid",
    )  # fmt: skip
    assert found.histories.repeat_orders.tolist() == [1]
    assert found.spend is not None
    assert (found.spend.mean_order_value[0], found.spend.orders[0]) == (12.0, 1)


def test_an_earlier_look_sees_nothing_later_and_what_followed_is_counted() -> None:
    whole, early = customers(), customers().until("2025-01-31")
    by_hand = clv.Customers.from_orders(order_log(), customer="who", ordered_on="day", value="paid", as_of="2025-01-31")
    assert early.customer_id.tolist() == by_hand.customer_id.tolist()
    assert early.histories.age_at_last_order == pytest.approx(by_hand.histories.age_at_last_order)
    orders, paid = whole.later(early)
    place = np.searchsorted(whole.customer_id, early.customer_id)
    gained = whole.histories.repeat_orders[place] - early.histories.repeat_orders
    assert orders.tolist() == gained.tolist()
    log = order_log()
    assert paid.sum() == pytest.approx(
        log["paid"][np.isin(log["who"], early.customer_id) & (log["day"] > "2025-01-31")].sum()
    )


def test_a_summary_of_other_libraries_is_read_with_its_mean_over_repeat_orders() -> None:
    table = pd.DataFrame({"frequency": [2, 0], "recency": [10.0, 0.0], "T": [20.0, 5.0], "monetary_value": [30.0, 0.0]})
    found = clv.Customers.from_summary(
        table, repeat_orders="frequency", age_at_last_order="recency", age="T", mean_order_value="monetary_value"
    )
    assert found.histories.repeat_orders.tolist() == [2, 0]
    assert found.spend is not None
    assert found.spend.orders.tolist() == [2, 0]
    with pytest.raises(FrameError, match="Only a summary"):
        found.until("2025-01-01")


@pytest.mark.parametrize(
    ("frame", "told"),
    [
        ({"day": ["2025-01-01"]}, 'no column "who"'),
        ({"who": ["a"], "day": ["soon"]}, "does not hold dates"),
        ({"who": ["a"], "day": [3]}, "does not hold dates"),
        ({"who": ["a"], "day": ["19970930"]}, "for example.*19970930"),
        ({"who": ["a", "b"], "day": ["1997-09-30", "30.9.1997"]}, "for example '30.9.1997'"),
        ({"who": pd.Series(["a", 7]), "day": ["1997-09-30"] * 2}, "mixes texts and numbers"),
        ({"who": [None], "day": ["2025-01-01"]}, "No row has both"),
        (["who"], "is no data frame"),
        (pl.LazyFrame({"who": ["a"], "day": ["2025-01-01"]}), "Collect it"),
        ({"who": ["a"], "day": ["2025-01-01", "2025-01-02"]}, "differ in length"),
    ],
)
def test_a_frame_that_cannot_be_read_says_why(frame: Any, told: str) -> None:
    with pytest.raises(FrameError, match=told):
        clv.Customers.from_orders(frame, customer="who", ordered_on="day")


def test_amounts_that_are_no_numbers_and_histories_that_cannot_be_say_so() -> None:
    with pytest.raises(FrameError, match="does not hold numbers"):
        small_frame = {**SMALL, "paid": ["x"] * 6}
        clv.Customers.from_orders(small_frame, customer="who", ordered_on="day", value="paid")
    with pytest.raises(InvalidHistoriesError):
        clv.Customers.from_summary(
            {"x": [1], "t": [9.0], "T": [3.0]}, repeat_orders="x", age_at_last_order="t", age="T"
        )


def test_what_pandas_holds_for_nothing_is_nothing() -> None:
    holes = pd.DataFrame(
        {"who": ["a", pd.NA, "a", ""], "day": ["2025-01-01", "2025-01-02", "2025-01-09", "2025-01-10"]}
    )
    holes["paid"] = pd.array([5.0, 6.0, pd.NA, 7.0], dtype="Float64")
    found = clv.Customers.from_orders(holes, customer="who", ordered_on="day", value="paid")
    assert found.customer_id.tolist() == ["a"]
    assert found.set_aside == 2
    assert found.spend is not None
    assert (found.spend.mean_order_value[0], found.spend.orders[0]) == (5.0, 1)
    late = pd.DataFrame({"who": ["a", "b"], "day": pd.array(["2025-01-01", pd.NA], dtype="string")})
    assert clv.Customers.from_orders(late, customer="who", ordered_on="day").set_aside == 1


def test_a_time_with_a_zone_counts_to_the_day_of_its_own_clock() -> None:
    local = pd.to_datetime(pd.Series(["2025-01-01 00:30", "2025-01-08 23:30"])).dt.tz_localize("Europe/Berlin")
    frame = pd.DataFrame({"who": ["a", "a"], "day": local})
    for kind in (frame, pl.from_pandas(frame), pa.Table.from_pandas(frame)):
        found = clv.Customers.from_orders(kind, customer="who", ordered_on="day", unit="day")
        assert (found.as_of, found.histories.age.tolist()) == (int(np.datetime64("2025-01-08").astype(int)), [7.0])


def test_a_trait_may_stand_without_its_list_and_an_unknown_unit_is_refused() -> None:
    frame = {**SMALL, "city": ["Ulm"] * 6}
    assert clv.Customers.from_orders(frame, customer="who", ordered_on="day", by="city").traits[0].name == "city"
    with pytest.raises(FrameError, match="Choose day, week, month"):
        small(unit="year")


@pytest.mark.parametrize("orders", [1.5, float("nan")])
def test_a_summary_counts_whole_orders(orders: float) -> None:
    table = {"x": [2.0, orders], "t": [9.0, 1.0], "T": [13.0, 3.0]}
    with pytest.raises(FrameError, match='"x" holds'):
        clv.Customers.from_summary(table, repeat_orders="x", age_at_last_order="t", age="T")
