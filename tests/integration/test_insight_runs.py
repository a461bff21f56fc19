"""What the insights say of the values of one run, and of the move between two."""

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime
from math import floor
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from insight_cases import run, save, shop, value

from keepers.insight.answers import Answer, MissingForInsightError, Scope
from keepers.insight.catalogue import insight_named
from keepers.warehouse.store import MemoryStore

MARCH, APRIL = date(2026, 3, 31), date(2026, 4, 30)
SCOPE = Scope(as_of=APRIL, currency="EUR", value_run="closing", opening_run="opening")

# customer, worth in March, in April, last order by April, group in March, in April
BASE = (
    ("Ada", 400.00, 450.60, date(2026, 4, 2), "best", "best"),
    ("Bob", 120.00, 80.05, date(2026, 1, 6), "steady", "slipping"),
    ("Cleo", 60.00, 55.00, date(2026, 4, 9), "steady", "steady"),
    ("Dan", 10.00, 12.00, date(2026, 2, 1), "slipping", "slipping"),
    ("Eve", None, 35.35, date(2026, 4, 20), None, "promising"),
    ("Finn", 9.99, None, date(2026, 2, 1), "lost", None),
)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[MemoryStore]:
    store = MemoryStore(tmp_path)
    for name, before, after, last_order, old_group, new_group in BASE:
        if old_group:
            row = value("opening", name, before, last_order=min(last_order, MARCH), group=old_group)
            save(store, "customer_values", [row])
        if new_group:
            save(store, "customer_values", [value("closing", name, after, last_order=last_order, group=new_group)])
    _save_runs(store, MARCH)
    yield store
    store.close()


def answer(store: MemoryStore, name: str, scope: Scope = SCOPE) -> Answer:
    return insight_named(name).answer(store, scope)


def ledger(store: MemoryStore, scope: Scope = SCOPE) -> dict[str, tuple[int, float]]:
    rows = answer(store, "ledger", scope).rows.to_pylist()
    return {row["line"]: (row["customers"], row["amount"]) for row in rows}


def test_every_change_is_on_the_line_that_its_customer_earned(store: MemoryStore) -> None:
    assert ledger(store) == {
        "opening": (5, 599.99),
        "new": (1, 35.35),
        "grown": (1, 50.60),
        "lapsed": (1, -39.95),
        "re-estimated": (3, -12.99),  # Cleo fell in spite of an order, Dan rose without one, Finn was removed
        "closing": (5, 633.00),
    }


def test_the_finding_names_the_main_reason(store: MemoryStore) -> None:
    assert answer(store, "ledger").finding == (
        "The base is worth €633, up 5.5 % since 31 Mar 2026, mostly €50.60 from 1 customer who ordered."
    )


def test_without_time_between_the_runs_every_change_of_those_known_is_re_estimated(store: MemoryStore) -> None:
    save(store, "runs", [run("same-day", APRIL, started=datetime(2026, 5, 3, tzinfo=UTC))])
    save(store, "customer_values", [value("same-day", "Ada", 500.0, last_order=date(2026, 4, 2))])
    scope = Scope(as_of=APRIL, value_run="same-day", opening_run="closing")
    lines = ledger(store, scope)
    assert (lines["grown"], lines["lapsed"], lines["new"]) == ((0, 0), (0, 0), (0, 0))
    assert lines["re-estimated"] == (5, -133.00)


worths = st.floats(0, 1e6, allow_nan=False)
customers = st.dictionaries(
    st.text("abcdef", min_size=1, max_size=3),
    st.tuples(st.none() | worths, st.none() | worths, st.booleans()),
    min_size=1,
    max_size=25,
)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(base=customers)
def test_the_ledger_adds_up_to_the_cent_whatever_happened(
    tmp_path_factory: pytest.TempPathFactory, base: dict[str, tuple[float | None, float | None, bool]]
) -> None:
    store = MemoryStore(tmp_path_factory.mktemp("ledger"))
    nobody = value("nobody", "nobody", 1.0, last_order=MARCH)
    before = [
        value("opening", name, worth, last_order=MARCH) for name, (worth, _, _) in base.items() if worth is not None
    ]
    after = [
        value("closing", name, worth, last_order=APRIL if ordered else MARCH)
        for name, (_, worth, ordered) in base.items()
        if worth is not None
    ]
    save(store, "customer_values", [nobody, *before, *after])
    _save_runs(store, MARCH)
    lines = {line: round(amount * 100) for line, (_, amount) in ledger(store).items()}
    store.close()
    moves = lines["new"] + lines["grown"] + lines["lapsed"] + lines["re-estimated"]
    assert lines["opening"] + moves == lines["closing"]
    assert lines["new"] >= 0
    assert lines["grown"] >= 0
    assert lines["lapsed"] <= 0
    assert lines["closing"] == sum(floor(row["residual_value"] * 100 + 0.5) for row in after)


def test_equity_is_the_sum_of_the_tenths_with_the_run_s_own_interval(store: MemoryStore) -> None:
    given = answer(store, "equity")
    assert sum(given.rows["residual_value"].to_pylist()) == pytest.approx(633.00)
    assert given.rows["cumulative_share"].to_pylist()[-1] == pytest.approx(1)
    assert given.finding.startswith("The base is worth €633 (€590 to €680);")


def newcomer(source: str, mean: float, orders: float = 1.5) -> dict[str, Any]:
    return {
        "source": source, "customers": 40, "first_order_value": 2 * mean, "expected_orders": orders,
        "lifetime_value": {"mean": mean, "low": mean - 5, "high": mean + 5},
        "one_customer": {"low": 3.0, "high": 250.0},
    }  # fmt: skip


def test_new_customers_are_told_by_the_source_that_brings_most(tmp_path: Path) -> None:
    store = shop(tmp_path)
    found = [newcomer("all", 50.0), newcomer("channel: phone", 30.0), newcomer("channel: web", 70.0)]
    started = datetime(2026, 5, 1, tzinfo=UTC)
    save(store, "runs", [run("closing", APRIL, started=started, base=json.dumps({"new_customers": found}))])
    given = answer(store, "new-customers")
    with pytest.raises(MissingForInsightError, match="what a new customer is worth"):
        save(store, "runs", [run("opening", MARCH, started=started)])
        answer(store, "new-customers", replace(SCOPE, value_run="opening"))
    store.close()
    assert given.rows["source"].to_pylist() == ["all new customers", "channel: web", "channel: phone"]
    assert given.rows["value_high"].to_pylist() == [55.0, 75.0, 35.0]
    assert given.finding == (
        "A new customer is worth €50.00 (€45.00 to €55.00), first order included: most from channel: web, "
        "€70.00 (€65.00 to €75.00); least from channel: phone, €30.00 (€25.00 to €35.00)."
    )
    assert given.notes[0] == "A single one differs more than the mean: nine in ten are worth €3.00 to €250."
    assert given.notes[1].startswith("The orders to come are those of all new customers")


def test_groups_are_told_from_the_best_to_the_lost(store: MemoryStore) -> None:
    given = answer(store, "groups")
    assert given.rows["group"].to_pylist() == ["best", "promising", "steady", "slipping"]
    assert given.rows["customers"].to_pylist() == [1, 1, 1, 2]
    assert given.finding == "1 best customer holds 71 % of the value; 2 slipping ones still hold €92.05."


def test_movement_counts_who_came_who_went_and_who_slipped(store: MemoryStore) -> None:
    rows = {
        (row["from_group"], row["to_group"]): row["customers"] for row in answer(store, "movement").rows.to_pylist()
    }
    assert rows == {
        ("best", "best"): 1,
        ("steady", "steady"): 1,
        ("steady", "slipping"): 1,
        ("slipping", "slipping"): 1,
        ("lost", "gone"): 1,
        ("new", "promising"): 1,
    }
    assert answer(store, "movement").finding == ("75 % stayed in their group; 1 customer began to slip or was lost.")


BACKTEST = """{"calibration_end": "2025-12-31", "holdout_end": "2026-04-30", "grade": "B",
 "top_10_percent": 0.5, "top_20_percent": 0.6, "value_captured": {"top_10_percent": 0.4}, "orders": {"crps": 0.7},
 "coverage": {"90": 0.895}, "total_orders": {"actual": 1000, "mean": 1100.4, "low": 900, "high": 1300},
 "rules": {"past_spend": {"top_10_percent": %s, "top_20_percent": 0.5, "value_captured": {"top_10_percent": 0.3}},
           "rfm": {"top_10_percent": 0.3, "top_20_percent": 0.4, "value_captured": {"top_10_percent": 0.2},
                   "orders": {"crps": 0.9}}}}"""


@pytest.mark.parametrize(
    ("past_spend", "said"), [(0.4, "more than any simple rule"), (0.55, "past spend 55 %")], ids=["wins", "loses"]
)
def test_trust_says_when_a_simple_rule_did_better(tmp_path: Path, past_spend: float, said: str) -> None:
    store = MemoryStore(tmp_path)
    row = run("closing", APRIL, started=datetime(2026, 5, 2, tzinfo=UTC)) | {"backtest": BACKTEST % past_spend}
    save(store, "runs", [row])
    given = answer(store, "trust")
    assert given.finding == f"Grade B: the forecast found 50 % of the later best tenth; {said}."
    assert given.rows["top_10_percent"].to_pylist() == sorted([0.5, past_spend, 0.3], reverse=True)
    assert given.notes == (
        "The 90 % intervals of the customers' orders held 89.5 % of them.",
        "All orders of the base: forecast 1,100 (900 to 1,300), happened 1,000.",
    )


def test_a_run_without_a_backtest_says_so(store: MemoryStore) -> None:
    with pytest.raises(MissingForInsightError, match="no backtest"):
        answer(store, "trust")


@pytest.mark.parametrize("name", ["equity", "groups", "ledger", "movement", "trust"])
def test_without_a_run_the_answer_says_to_make_one(tmp_path: Path, name: str) -> None:
    with pytest.raises(MissingForInsightError, match="keepers run"):
        answer(MemoryStore(tmp_path), name, Scope(as_of=APRIL))


@pytest.mark.parametrize("name", ["ledger", "movement"])
def test_one_run_alone_cannot_be_compared(store: MemoryStore, name: str) -> None:
    with pytest.raises(MissingForInsightError, match="one run only"):
        answer(store, name, Scope(as_of=APRIL, value_run="closing"))


def test_equity_of_a_run_without_money_says_so(tmp_path: Path) -> None:
    store = MemoryStore(tmp_path)
    save(store, "customer_values", [value("closing", "Ada", None, last_order=MARCH)])
    _save_runs(store, MARCH)
    with pytest.raises(MissingForInsightError, match="no amounts"):
        answer(store, "equity")


def _save_runs(store: MemoryStore, opened: date) -> None:
    worth = '{"residual_value": {"mean": 633.0, "low": 590.0, "high": 680.0}}'
    save(store, "runs", [
        run("opening", opened, started=datetime(2026, 5, 1, tzinfo=UTC)),
        run("closing", APRIL, started=datetime(2026, 5, 2, tzinfo=UTC), base=worth),
    ])  # fmt: skip


def test_percentiles_count_everybody_once_and_keep_the_worth_of_the_base(store: MemoryStore) -> None:
    given = answer(store, "percentiles")
    assert given.rows["percent"].to_pylist() == [20, 40, 60, 80, 100]
    assert sum(given.rows["residual_value"].to_pylist()) == pytest.approx(633.00)
    assert sum(given.table["residual_value"].to_pylist()) == pytest.approx(633.00)
    assert given.rows["value_from"].to_pylist() == [450.60, 80.05, 55.00, 35.35, 12.00]


def test_the_best_tenth_is_told_beside_the_median(tmp_path: Path) -> None:
    store = MemoryStore(tmp_path)
    worths = [1000.0, *([20.0] * 5), *([10.0] * 14)]
    save(store, "customer_values", [value("closing", f"C{n}", w, last_order=MARCH) for n, w in enumerate(worths)])
    _save_runs(store, MARCH)
    assert (
        answer(store, "percentiles").finding
        == "The best tenth is worth €510 per customer, 51 times the median (€10.00)."
    )


def test_where_half_are_worth_next_to_nothing_no_ratio_is_told(tmp_path: Path) -> None:
    store = MemoryStore(tmp_path)
    worths = [1000.0, *([20.0] * 3), *([0.0] * 6)]
    save(store, "customer_values", [value("closing", f"C{n}", w, last_order=MARCH) for n, w in enumerate(worths)])
    _save_runs(store, MARCH)
    assert answer(store, "percentiles").finding == (
        "The best tenth is worth €1,000 per customer; half of the customers are worth €0 or less."
    )


ALIVE = {"Ada": 0.9, "Bob": 0.3, "Cleo": 0.8, "Dan": 0.1, "Eve": 0.6}


def test_quarters_part_at_the_mean_and_at_an_even_chance(tmp_path: Path) -> None:
    store = MemoryStore(tmp_path)
    worths = {"Ada": 400.0, "Bob": 200.0, "Cleo": 20.0, "Dan": 5.0, "Eve": 10.0}
    rows = [
        value("closing", name, worth, last_order=MARCH) | {"probability_alive": ALIVE[name]}
        for name, worth in worths.items()
    ]
    save(store, "customer_values", rows)
    _save_runs(store, MARCH)
    given = answer(store, "quarters")
    lines = {row["quarter"]: row for row in given.rows.to_pylist()}
    assert {name: row["customers"] for name, row in lines.items()} == {
        "keep close": 1, "win back": 1, "grow": 2, "let rest": 1
    }  # fmt: skip
    ends = ("value_from", "value_below", "alive_from", "alive_below")
    assert [lines["win back"][end] for end in ends] == [130.0, None, None, 0.5]
    assert [lines["grow"][end] for end in ends] == [None, 130.0, 0.5, None]
    assert sum(row["residual_value"] for row in lines.values()) == pytest.approx(635)
    assert given.finding == (
        "1 customer is worth much and likely active: 63 % of the value; "
        "1 other worth as much may be leaving, with €200."
    )
    assert sum(given.pictured["customers"].to_pylist()) == 5


def test_where_nearly_everyone_is_active_quarters_part_at_four_in_five(tmp_path: Path) -> None:
    store = MemoryStore(tmp_path)
    rows = [
        value("closing", f"C{n}", float(n), last_order=MARCH) | {"probability_alive": 0.75 if n < 3 else 0.99}
        for n in range(40)
    ]
    save(store, "customer_values", rows)
    _save_runs(store, MARCH)
    given = answer(store, "quarters")
    assert set(given.rows["alive_from"].to_pylist()) == {0.8, None}
    assert "a chance of 80 % or more" in given.definition


def test_the_points_of_the_quarters_stay_few_however_many_customers(tmp_path: Path) -> None:
    store = MemoryStore(tmp_path)
    rows = [
        value("closing", f"C{n}", float(n % 997), last_order=MARCH) | {"probability_alive": (n * 7919 % 1000) / 1000}
        for n in range(5000)
    ]
    save(store, "customer_values", rows)
    _save_runs(store, MARCH)
    drawn = answer(store, "quarters").pictured
    assert drawn.num_rows <= 440  # 400 fields, those that the cuts part counted twice
    assert sum(drawn["customers"].to_pylist()) == 5000


TOLD = """{"calibration_end": "2025-12-31", "holdout_end": "2026-04-30", "tenths": [
 {"tenth": 1, "customers": 2, "orders": {"actual": 9, "mean": 8.0, "rules": {"carried_forward": 12.0}},
  "value": {"actual": 100.0, "mean": 90.0, "rules": {"carried_forward": 150.0}}},
 {"tenth": 2, "customers": 2, "orders": {"actual": 1, "mean": 2.0, "rules": {"carried_forward": 0.0}},
  "value": {"actual": 20.0, "mean": 24.0, "rules": {"carried_forward": 0.0}}}],
 "weeks": [{"begins": "2025-12-25", "actual": 4, "mean": 4.5, "low": null, "high": null},
  {"begins": "2026-01-01", "actual": 5, "mean": 4.0, "low": 1.0, "high": 7.0},
  {"begins": "2026-01-08", "actual": 9, "mean": 4.0, "low": 1.0, "high": 7.0}]}"""


@pytest.fixture
def looked_back(tmp_path: Path) -> MemoryStore:
    store = MemoryStore(tmp_path)
    save(store, "runs", [run("closing", APRIL, started=datetime(2026, 5, 2, tzinfo=UTC)) | {"backtest": TOLD}])
    return store


def test_calibration_says_how_far_each_was_off(looked_back: MemoryStore) -> None:
    given = answer(looked_back, "calibration")
    assert given.finding == (
        "Of the best tenth €90.00 was forecast and €100 came; over the tenths it was off by 12 %, "
        "the best simple rule (last period again) by 58 %."
    )
    assert given.rows["carried_forward_value"].to_pylist() == [150, 0]
    assert given.rows["mean_orders"].to_pylist() == [8, 2]


def test_calibration_without_money_is_told_in_orders(tmp_path: Path) -> None:
    store = MemoryStore(tmp_path)
    backtest = json.loads(TOLD)
    backtest["tenths"] = [tenth | {"value": None} for tenth in backtest["tenths"]]
    row = run("closing", APRIL, started=datetime(2026, 5, 2, tzinfo=UTC)) | {"backtest": json.dumps(backtest)}
    save(store, "runs", [row])
    given = answer(store, "calibration")
    assert given.finding.startswith("Of the best tenth 8 orders were forecast and 9 came; ")
    assert "off by 20 %" in given.finding
    assert "mean_value" not in given.rows.column_names


def test_customers_whom_a_run_could_not_value_are_in_no_group(tmp_path: Path) -> None:
    store = MemoryStore(tmp_path)
    unvalued = value("closing", "Ada", None, last_order=MARCH) | {"group": None}
    save(store, "customer_values", [value("other", "Bob", 1.0, last_order=MARCH), unvalued])
    _save_runs(store, MARCH)
    with pytest.raises(MissingForInsightError, match="too short"):
        answer(store, "groups")


def test_tracking_counts_the_weeks_within_the_range(looked_back: MemoryStore) -> None:
    given = answer(looked_back, "tracking")
    assert given.finding == "1 of 2 weeks fell within the range; 14 orders came where 8 were expected."
    assert given.rows["orders_low"].to_pylist() == [None, 1, 1]
    assert given.table.num_rows == 2


@pytest.mark.parametrize("name", ["calibration", "tracking"])
def test_a_run_that_did_not_look_back_says_so(store: MemoryStore, name: str) -> None:
    with pytest.raises(MissingForInsightError, match="holdout"):
        answer(store, name)


def test_the_cells_say_how_many_were_in_them_before(tmp_path: Path) -> None:
    store = shop(tmp_path)
    _save_runs(store, MARCH)
    kept = {"orders": 1, "repeat_orders": 0, "age_at_last_order": 0.0, "age": 60.0, "sum_log_gaps": 0.0, "revenue": 9.0}
    days = {"Ada": date(2026, 2, 2), "Bob": date(2026, 1, 6)}
    save(store, "customer_summary", [
        {"run_id": "opening", "customer_id": name, "first_order": day, "last_order": day} | kept
        for name, day in days.items()
    ])  # fmt: skip
    given = answer(store, "rfm")
    assert sum(given.rows["opening_customers"].to_pylist()) == 2
    assert sum(given.rows["customers"].to_pylist()) == 4
    assert sum(given.rows["change"].to_pylist()) == 2
    assert sum(given.rows["revenue"].to_pylist()) == 400
    assert given.finding.endswith("on 31 Mar 2026.")
    alone = answer(store, "rfm", Scope(as_of=APRIL, value_run="closing"))
    assert "change" not in alone.rows.column_names
