"""What the insights say of a small shop whose every number is known."""

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
from insight_cases import AS_OF, SHOP, lines, save, shop, value

from keepers.insight.answers import Answer, MissingForInsightError, Needs, Scope, UnknownSpanError
from keepers.insight.catalogue import INSIGHTS, UnknownInsightError, insight_named
from keepers.insight.columns import column_names
from keepers.warehouse.store import MemoryStore

HISTORY = [insight.name for insight in INSIGHTS if insight.needs is Needs.HISTORY]
WITH_THE_SHOP = [name for name in HISTORY if name != "locations"]


@pytest.fixture
def store(tmp_path: Path) -> Iterator[MemoryStore]:
    store = shop(tmp_path)
    yield store
    store.close()


def answer(store: MemoryStore, name: str, **scope: object) -> Answer:
    return insight_named(name).answer(store, Scope(**({"as_of": AS_OF, "currency": "EUR"} | scope)))


def column(answer: Answer, name: str) -> list[object]:
    return answer.rows[name].to_pylist()


@pytest.mark.parametrize("name", WITH_THE_SHOP)
def test_every_insight_answers_with_a_sentence_and_known_columns(store: MemoryStore, name: str) -> None:
    given = answer(store, name)
    assert given.finding.endswith(".")
    assert given.definition.endswith(".")
    assert given.rows.num_rows > 0
    assert set(given.rows.column_names) <= {*column_names(), "is_complete"}


@pytest.mark.parametrize("name", WITH_THE_SHOP)
def test_nothing_after_the_day_of_the_question_changes_an_answer(tmp_path: Path, name: str) -> None:
    later = [("late", "Ada", date(2026, 5, 1), "tea", "9999", "web", "card"), *SHOP]
    before, after = shop(tmp_path / "before"), shop(tmp_path / "after", lines(later))
    assert answer(before, name).as_json() == answer(after, name).as_json()


@pytest.mark.parametrize("name", [name for name in WITH_THE_SHOP if name != "concentration"])
def test_a_source_without_money_is_answered_in_orders(tmp_path: Path, name: str) -> None:
    orders = [(*order[:4], None, *order[5:]) for order in SHOP]
    given = answer(shop(tmp_path, lines(orders)), name)
    assert "revenue" not in given.rows.column_names
    assert "€" not in given.finding


def test_concentration_needs_money(tmp_path: Path) -> None:
    store = shop(tmp_path, lines([(*order[:4], None, *order[5:]) for order in SHOP]))
    with pytest.raises(MissingForInsightError, match="no money"):
        answer(store, "concentration")


def test_an_answer_says_which_column_is_missing(store: MemoryStore) -> None:
    with pytest.raises(MissingForInsightError, match="--map location=HEADER"):
        answer(store, "locations")


def test_an_unknown_name_is_answered_with_the_known_ones() -> None:
    with pytest.raises(UnknownInsightError, match="equity, ledger, percentiles"):
        insight_named("horoscope")


def test_concentration_adds_up_from_the_biggest(store: MemoryStore) -> None:
    given = answer(store, "concentration")  # Ada 200, Dan 100, Bob 50, Cleo 50
    held = dict(zip(column(given, "percent"), column(given, "share"), strict=True))
    assert (held[1], held[25], held[26], held[50], held[75], held[100]) == (0.5, 0.5, 0.75, 0.75, 0.875, 1.0)
    assert column(given, "gini")[0] == pytest.approx(0.3125)
    assert "top fifth of the customers hold 50 %" in given.finding


def test_cohorts_count_who_ordered_again_and_what_a_head_brought(store: MemoryStore) -> None:
    rows = {(row["span"], row["periods_since"]): row for row in answer(store, "cohorts").rows.to_pylist()}
    assert [rows["Jan 2026", since]["active"] for since in range(4)] == [2, 1, 1, 0]
    assert [rows["Feb 2026", since]["active"] for since in range(3)] == [1, 0, 1]
    assert [rows["Jan 2026", since]["cumulative_revenue_per_head"] for since in range(4)] == [75, 105, 125, 125]
    assert all(row["is_complete"] for row in rows.values())


def test_a_month_that_is_not_over_is_not_held_against_a_cohort(store: MemoryStore) -> None:
    rows = answer(store, "cohorts", as_of=date(2026, 4, 29)).rows.to_pylist()
    assert [row["periods_since"] for row in rows if row["span"] == "Jan 2026" and row["is_complete"]] == [0, 1, 2]


def test_those_already_there_are_no_new_cohort(store: MemoryStore) -> None:
    given = answer(store, "cohorts", acquired_from=date(2026, 2, 1))
    assert column(given, "span")[0] == "Jan 2026 and before"
    assert "before the log began" in given.notes[0]
    retention = answer(store, "retention", acquired_from=date(2026, 2, 1))
    assert column(retention, "customers") == [2, 2, 1]


def test_retention_pools_the_cohorts_that_have_come_so_far(store: MemoryStore) -> None:
    given = answer(store, "retention")
    assert column(given, "customers") == [4, 4, 3, 2]
    assert column(given, "active") == [4, 1, 2, 0]
    assert column(given, "cumulative_revenue_per_head") == [70, 85, 105, 105]


def test_equal_histories_share_an_rfm_cell_and_nobody_is_left_out(store: MemoryStore) -> None:
    rows = answer(store, "rfm").rows.to_pylist()
    assert sum(row["customers"] for row in rows) == 4
    assert sum(row["revenue"] for row in rows) == 400
    once = {row["orders_fifth"] for row in rows if row["orders"] == row["customers"]}
    assert once == {2}


def test_averages_multiply_to_what_a_head_brought(store: MemoryStore) -> None:
    rows = {row["measure"]: row["figure"] for row in answer(store, "averages", margin=0.25).rows.to_pylist()}
    assert rows["purchase value"] == pytest.approx(400 / 7)
    assert rows["orders a customer"] == 1.75
    assert rows["revenue a customer"] == pytest.approx(rows["purchase value"] * rows["orders a customer"])
    assert rows["margin a customer"] == 25
    assert rows["repeat rate"] == 0.5
    assert rows["lifespan so far"] == pytest.approx((56 + 56) / 4 / 365.25)


def test_the_biggest_buyer_of_each_month_is_found(store: MemoryStore) -> None:
    rows = answer(store, "buyers", by="month", top=1).rows.to_pylist()
    assert [(row["span"], row["customer_id"], row["revenue"]) for row in rows] == [
        ("Jan 2026", "Ada", 100),
        ("Feb 2026", "Ada", 60),
        ("Mar 2026", "Dan", 100),
        ("Apr 2026", "Cleo", 20),
    ]
    assert rows[0]["share"] == pytest.approx(2 / 3)


@pytest.mark.parametrize("by", ["day", "week", "month", "quarter", "year"])
def test_the_course_of_orders_keeps_its_total_by_any_period(store: MemoryStore, by: str) -> None:
    given = answer(store, "course", by=by)
    assert sum(column(given, "revenue")) == 400
    assert sum(column(given, "orders")) == 7
    assert sum(column(given, "new_customers")) == 4


def test_quiet_weeks_are_shown_and_cut_ones_do_not_count(store: MemoryStore) -> None:
    given = answer(store, "course")
    assert given.rows.num_rows == 17
    assert column(given, "orders").count(0) == 11
    assert column(given, "is_complete") == [True] * 16 + [False]
    assert "the mean of all 16 is €25.00" in given.finding


def test_a_period_that_an_insight_cannot_show_is_refused(store: MemoryStore) -> None:
    with pytest.raises(UnknownSpanError, match="month, quarter, year"):
        answer(store, "cohorts", by="day")
    with pytest.raises(UnknownSpanError, match="no period"):
        answer(store, "buyers", by="fortnight")


def test_frequency_and_gaps_count_occasions(store: MemoryStore) -> None:
    assert column(answer(store, "frequency"), "customers") == [2, 1, 1]
    gaps = answer(store, "gaps")
    assert sum(column(gaps, "gaps")) == 3
    assert "within 28 days" in gaps.finding


def test_mixes_name_what_is_not_given_and_lose_nothing(store: MemoryStore) -> None:
    given = answer(store, "payments")
    assert column(given, "value") == ["card", "cash", "not given"]
    assert column(given, "revenue") == [290, 90, 20]
    assert sum(column(given, "share")) == pytest.approx(1)
    assert column(answer(store, "channels"), "revenue") == [210, 100, 90]


def test_a_mix_never_leads_with_what_is_not_given(tmp_path: Path) -> None:
    unpaid = [(*order[:6], None if order[1] == "Ada" else order[6]) for order in SHOP]
    given = answer(shop(tmp_path, lines(unpaid)), "payments")
    assert column(given, "value")[0] == "not given"
    assert given.finding == "32 % of revenue is paid by card."
    assert given.notes == ("For 55 % of revenue none is given.",)


def test_a_long_list_is_folded_and_still_adds_up(store: MemoryStore) -> None:
    given = answer(store, "channels", top=1)
    assert given.table["value"].to_pylist() == ["web", "all others (2)"]
    assert sum(given.table["revenue"].to_pylist()) == 400
    assert given.rows.num_rows == 3


def test_products_say_what_is_bought_again(store: MemoryStore) -> None:
    rows = {row["product_id"]: row for row in answer(store, "products").rows.to_pylist()}
    assert (rows["tea"]["customers"], rows["tea"]["buyers_again"], rows["tea"]["revenue"]) == (3, 1, 230)
    assert rows["cup"]["share_again"] == 0


def test_a_return_lowers_revenue_everywhere_and_makes_no_order(tmp_path: Path) -> None:
    back = [*SHOP, ("r1", "Bob", date(2026, 1, 9), "tea", "-50", "shop", "cash")]
    store = shop(tmp_path, lines(back))
    assert column(answer(store, "payments"), "revenue") == [290, 40, 20]
    assert sum(column(answer(store, "course"), "revenue")) == 350


def test_weekdays_are_counted_over_all_such_days(store: MemoryStore) -> None:
    rows = {row["weekday_name"]: row for row in answer(store, "weekdays").rows.to_pylist()}
    assert rows["Monday"]["orders"] == 3
    assert rows["Monday"]["days"] == 17
    assert rows["Monday"]["revenue_per_day"] == pytest.approx(200 / 17)
    assert rows["Sunday"]["revenue"] == 0


def test_a_short_history_proves_no_season(store: MemoryStore) -> None:
    given = answer(store, "seasons")
    assert column(given, "month_name") == ["January", "February", "March", "April"]
    assert column(given, "index") == pytest.approx([1.5, 0.9, 1.4, 0.2])
    assert "cannot be told from a trend" in given.notes[0]


def test_a_month_without_orders_counts_as_nothing(tmp_path: Path) -> None:
    """Open in May, with one stray stay in January of the second year."""
    stays = [(2024, 5, 100), (2025, 1, 60), (2025, 5, 100)]
    held = [
        (f"o{n}", "Ada", date(year, month, 2), "tea", str(paid), "web", "card")
        for n, (year, month, paid) in enumerate(stays)
    ]
    given = answer(shop(tmp_path, lines(held)), "seasons", as_of=date(2026, 4, 30))
    assert given.finding == "May is the strongest month: 9.23 times the mean month by revenue."
    assert column(given, "years") == [2] * 12
    assert column(given, "revenue") == [30, 0, 0, 0, 100, 0, 0, 0, 0, 0, 0, 0]
    assert given.notes == ()


def test_a_month_that_the_log_holds_in_part_is_no_month_of_the_year(tmp_path: Path) -> None:
    given = answer(
        shop(tmp_path, lines([("o0", "Ada", date(2025, 12, 9), "tea", "10", "web", "card"), *SHOP])), "seasons"
    )
    assert column(given, "month_name") == ["January", "February", "March", "April"]


@pytest.mark.parametrize("name", HISTORY)
def test_no_orders_is_said_plainly(tmp_path: Path, name: str) -> None:
    with pytest.raises(MissingForInsightError):
        answer(MemoryStore(tmp_path), name)


def test_a_run_gives_the_cells_their_later_value(store: MemoryStore) -> None:
    worth = {"Ada": 40.0, "Bob": 5.0, "Cleo": 10.0, "Dan": 25.0}
    save(store, "customer_values", [value("r1", name, money, last_order=AS_OF) for name, money in worth.items()])
    given = answer(store, "rfm", value_run="r1")
    assert sum(column(given, "residual_value")) == 80
    assert "50 % of the residual value" in answer(store, "concentration", value_run="r1").finding
