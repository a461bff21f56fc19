"""What the insights say of the values of one run, and of the move between two."""

from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from insight_cases import run, save, value

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
        "The base is worth €633, up 5.5 % on 31 Mar 2026, mostly €50.60 from 1 customer who ordered."
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
    assert lines["closing"] == sum(round(row["residual_value"] * 100) for row in after)


def test_equity_is_the_sum_of_the_tenths_with_the_run_s_own_interval(store: MemoryStore) -> None:
    given = answer(store, "equity")
    assert sum(given.rows["residual_value"].to_pylist()) == pytest.approx(633.00)
    assert given.rows["cumulative_share"].to_pylist()[-1] == pytest.approx(1)
    assert given.finding.startswith("The base is worth €633 (€590 to €680);")


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
    assert answer(store, "movement").finding == ("75 % stayed in their group; 1 customer began to slip or were lost.")


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
