"""One customer's record, read from what a run kept."""

from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from record_shop import NOON, PLAIN_HEADER, goods, odd_customers, run_on, shop_file
from workspace_shop import BEGIN, write_orders

from keepers.clv.histories import Histories
from keepers.core.periods import Period
from keepers.loop.insights.customer_orders import OrderState
from keepers.loop.insights.customer_record import (
    ANSWERS,
    CustomerRecord,
    KeptRun,
    LinesNotKeptError,
    UnknownCustomerError,
    UnknownRunError,
    kept_run,
    record_of,
    warm_up,
)
from keepers.loop.requests import RunRequest
from keepers.loop.runs import compute_run, keep_run
from keepers.loop.workspace import Workspace
from keepers.valuation.assumptions import Assumptions
from keepers.warehouse.delta import DeltaStore, PinnedStore


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    workspace = Workspace(tmp_path_factory.mktemp("record") / "home")
    run_on(workspace, shop_file(tmp_path_factory.mktemp("files"), [*goods(), *odd_customers()]))
    return workspace


@pytest.fixture(scope="module")
def store(workspace: Workspace) -> Iterator[PinnedStore]:
    with workspace.opened() as opened:
        yield opened.pinned()


@pytest.fixture(scope="module")
def run(store: PinnedStore) -> KeptRun:
    return kept_run(store, store.query("runs")["run_id"][0].as_py())


def values(store: PinnedStore, run: KeptRun) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = store.query("values_of_run", run_id=run.run_id).to_pylist()
    return rows


def test_the_kept_fit_gives_every_customer_the_figures_of_the_run(store: PinnedStore, run: KeptRun) -> None:
    assert run.fit is not None
    rows = values(store, run)
    columns = [np.array([row[name] for row in rows]) for name in ("repeat_orders", "age_at_last_order", "age")]
    histories = Histories.of(*columns, time_unit_days=run.fit.time_unit_days)
    first = rows[0]["first_order"]
    assert run.fit.probability_alive(first, histories) == pytest.approx([row["probability_alive"] for row in rows])
    assert run.fit.expected_orders(first, histories) == pytest.approx([row["expected_orders"] for row in rows])
    alive = np.abs(run.fit.probability_alive(first, histories) - [row["probability_alive"] for row in rows])
    orders = np.abs(run.fit.expected_orders(first, histories) - [row["expected_orders"] for row in rows])
    assert max(alive.max(), orders.max()) < 1e-9


def test_the_day_by_which_the_run_expects_an_order_lies_between_the_early_and_the_late_one(
    store: PinnedStore, run: KeptRun
) -> None:
    days = [
        (*record_of(store, run, row["customer_id"], answers=()).next_order, row["next_order_due"])
        for row in values(store, run)[:20]
    ]
    assert sum(late is not None for _early, late, _due in days) > 5
    assert all(early is not None for early, _late, due in days if due is not None)
    assert all(early <= due for early, _late, due in days if early is not None and due is not None)
    assert all(due is not None and due <= late for _early, late, due in days if late is not None)


def test_the_orders_of_a_record_are_those_that_were_valued(store: PinnedStore, run: KeptRun) -> None:
    for row in values(store, run)[:20]:
        record = record_of(store, run, row["customer_id"], answers=())
        kept = {order.ordered_on for order in record.orders if order.state is not OrderState.RETURN_ALONE}
        assert len(kept) == row["orders"]
        assert (min(kept), max(kept)) == (row["first_order"], row["last_order"])
        paid = sum(order.revenue or 0.0 for order in record.orders)
        assert paid == pytest.approx(row["mean_order_value"] * row["orders"])


def test_the_orders_come_newest_first(store: PinnedStore, run: KeptRun) -> None:
    busy = max(values(store, run), key=lambda row: row["orders"])["customer_id"]
    record = record_of(store, run, busy, answers=())
    days = [order.ordered_on for order in record.orders]
    assert days == sorted(days, reverse=True)
    assert len(days) > 3


def test_every_answer_of_a_usual_customer_is_there(store: PinnedStore, run: KeptRun) -> None:
    record = record_of(store, run, "C000")
    assert tuple(record.answers) == ANSWERS
    assert record.left_out == {}
    assert record.values is not None
    alive = record.answers["alive"].rows.to_pylist()
    today = [row for row in alive if row["day"] == run.as_of][-1]
    assert today["probability_alive"] == pytest.approx(record.values["probability_alive"], abs=1e-12)
    assert record.answers["payments"].finding == "All of the money was paid by card."
    shares = record.answers["worth"].rows["share"].to_pylist()
    assert sum(shares) == pytest.approx(1.0)


def test_the_money_of_all_answers_agrees(store: PinnedStore, run: KeptRun) -> None:
    record = record_of(store, run, "C001")
    paid = sum(order.revenue or 0.0 for order in record.orders)
    for name in ("purchases", "products", "categories", "channels", "payments"):
        assert sum(record.answers[name].rows["revenue"].to_pylist()) == pytest.approx(paid), name
    assert sum(record.answers["purchases"].rows["orders"].to_pylist()) == len(record.orders)


def test_only_the_answers_that_are_wanted_are_computed(store: PinnedStore, run: KeptRun) -> None:
    assert list(record_of(store, run, "C000", answers=["products", "alive"]).answers) == ["alive", "products"]


def test_what_comes_next_is_as_the_run_proposed_it(store: PinnedStore, run: KeptRun) -> None:
    answer = record_of(store, run, "C000", answers=("next",)).answers["next"]
    assert answer.finding == "Tea is likeliest: 70 % within four weeks. Bought 9 times, last 3 days ago."
    assert answer.rows.select(["name", "chance"]).to_pylist() == [
        {"name": "Tea", "chance": 0.7},
        {"name": "P3", "chance": 0.1},
    ]
    assert "next" in record_of(store, run, "once", answers=("next",)).left_out


def test_a_customer_of_one_order(store: PinnedStore, run: KeptRun) -> None:
    record = record_of(store, run, "once")
    assert [(order.revenue, order.pieces, order.state) for order in record.orders] == [(30.0, 2.0, OrderState.KEPT)]
    assert record.answers["alive"].finding.startswith("Bought once, on 25 Apr 2024; nothing for ")
    assert "orders so far" in record.answers["standing"].rows["measure"].to_pylist()


def test_a_customer_who_only_sent_goods_back(store: PinnedStore, run: KeptRun) -> None:
    record = record_of(store, run, "back")
    assert record.values is None
    assert [order.state for order in record.orders] == [OrderState.RETURN_ALONE]
    assert record.left_out["alive"] == "No order of this customer counts, so nothing can be forecast."
    assert set(record.left_out) == {"alive", "worth", "next", "standing"}
    assert record.answers["products"].rows["revenue"].to_pylist() == [-15.0]


def test_a_line_that_came_back_is_told_from_one_that_stayed(store: PinnedStore, run: KeptRun) -> None:
    order = record_of(store, run, "half", answers=()).orders[0]
    assert (order.state, order.revenue, order.order_id) == (OrderState.PARTLY_RETURNED, 15.0, "X3")
    sold = {line.product: line.returned for line in order.lines if line.kind == "sale"}
    assert sold == {"Tea": None, "Cup": 1.0}
    assert [line.came_back_on for line in order.lines if line.kind == "return"] == [BEGIN + timedelta(days=485)]


def test_pieces_that_came_back_are_taken_off_the_lines_of_their_order_once(tmp_path: Path) -> None:
    header = "order_id,customer_id,order_date,product_id,quantity,amount"
    rows: list[tuple[object, ...]] = [
        ("O1", "ada", date(2024, 1, 1), "P1", 3, "30.00"),
        ("O1", "ada", date(2024, 1, 1), "P1", 2, "18.00"),
        ("R1", "ada", date(2024, 1, 9), "P1", -4, "-40.00"),
    ]
    (order,) = record_without(tmp_path, rows, header, "ada").orders
    assert [(line.kind, line.quantity, line.returned) for line in order.lines] == [
        ("sale", 3.0, 3.0),
        ("sale", 2.0, 1.0),
        ("return", -4.0, None),
    ]


def test_a_customer_whose_returns_outweigh_the_orders(store: PinnedStore, run: KeptRun) -> None:
    record = record_of(store, run, "minus")
    assert record.values is not None
    assert record.values["mean_order_value"] == pytest.approx(-84.0)
    assert record.answers["worth"].rows.num_rows >= 1
    assert record.answers["purchases"].rows["revenue"].to_pylist()[-1:] != [None]
    assert "outweigh" in record.answers["channels"].finding


def test_an_unknown_customer_or_run_is_named(store: PinnedStore, run: KeptRun) -> None:
    with pytest.raises(UnknownCustomerError, match='knows no customer "nobody"'):
        record_of(store, run, "nobody")
    with pytest.raises(UnknownRunError, match='no run "never"'):
        kept_run(store, "never")


def test_warming_up_needs_no_customer(run: KeptRun) -> None:
    warm_up(run)


def record_without(tmp_path: Path, rows: list[tuple[object, ...]], header: str, customer: str) -> CustomerRecord:
    workspace = Workspace(tmp_path / "home")
    run_id = run_on(workspace, write_orders(tmp_path / "orders.csv", rows, header))
    with workspace.opened() as store:
        return record_of(store, kept_run(store, run_id), customer)


def test_without_money_products_and_channels_these_answers_are_left_out(tmp_path: Path) -> None:
    rows: list[tuple[object, ...]] = [row[:3] for row in goods()]
    record = record_without(tmp_path, rows, PLAIN_HEADER, "C002")
    assert list(record.answers) == ["alive", "purchases", "standing"]
    assert record.left_out == {
        "worth": "The orders carry no amounts, so there are orders to come but no value.",
        "next": "The orders name no products, or too few are bought again to say what comes next.",
        "products": "The orders name no products.",
        "categories": "The orders name no categories.",
        "channels": "The orders name no channels.",
        "payments": "The orders name no payment methods.",
    }
    assert record.answers["purchases"].rows.column_names == ["period", "orders"]
    assert record.answers["standing"].rows["measure"].to_pylist() == ["orders so far", "chance still active"]


def test_a_base_too_small_to_forecast_still_has_records(tmp_path: Path) -> None:
    rows: list[tuple[object, ...]] = [
        ("O1", "ada", date(2024, 1, 1), "10.00"),
        ("O2", "bob", date(2024, 1, 3), "20.00"),
    ]
    record = record_without(tmp_path, rows, "order_id,customer_id,order_date,amount", "ada")
    assert "could not tell the future" in record.left_out["alive"]
    assert record.answers["purchases"].rows["revenue"].to_pylist()[-1] == 10.0
    assert record.answers["standing"].rows["measure"].to_pylist() == ["orders so far", "mean order value"]


def test_the_lines_of_a_third_run_ago_made_room(tmp_path: Path) -> None:
    workspace = Workspace(tmp_path / "home")
    names = [run_on(workspace, one_order(tmp_path, number), minutes=number) for number in range(3)]
    with workspace.opened() as store:
        assert lines_of(store) == set(names[1:])
        assert len(record_of(store, kept_run(store, names[1]), "C000", answers=()).orders) == 2
        with pytest.raises(LinesNotKeptError, match="made room for later runs"):
            record_of(store, kept_run(store, names[0]), "C000")


def test_lines_of_a_run_that_is_still_being_kept_stay_when_a_later_one_is_kept_first(tmp_path: Path) -> None:
    workspace = Workspace(tmp_path / "home")
    run_on(workspace, one_order(tmp_path, 0))
    with workspace.opened() as store:
        assumptions = Assumptions(horizon=Period.parse("26w"), value_cap=Period.parse("2y"))
        slow, fast = (
            compute_run(store, RunRequest(assumptions, again=True), started_at=NOON + timedelta(minutes=minutes))
            for minutes in (1, 2)
        )
        slow.seen.append_step(
            "customer_lines", "lines_by_customer", transaction=slow.run_id, as_of=slow.as_of, run_id=slow.run_id
        )
        keep_run(store, fast)
        keep_run(store, slow)
        assert lines_of(store) == {slow.run_id, fast.run_id}


def one_order(folder: Path, number: int) -> Path:
    row = (f"N{number}", "C000", BEGIN + timedelta(days=490), "5.00")
    return write_orders(folder / f"{number}.csv", [row], f"{PLAIN_HEADER},amount")


def lines_of(store: DeltaStore) -> set[str]:
    return set(store.query("customer_lines")["run_id"].to_pylist())
