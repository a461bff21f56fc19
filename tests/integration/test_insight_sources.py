"""What each source's new customers are worth, cost and pay back, on a shop with every number known."""

import json
from collections.abc import Iterator
from datetime import UTC, date, datetime
from decimal import Decimal
from math import exp
from typing import Any

import pytest
from insight_cases import lines, run, save, value

from keepers.insight.answers import Answer, Scope
from keepers.insight.catalogue import insight_named
from keepers.warehouse.store import MemoryStore

AS_OF = date(2026, 4, 30)
SCOPE = Scope(as_of=AS_OF, currency="EUR", value_run="run", margin=0.5, acquired_from=date(2025, 10, 1))
NEWCOMER = {"mean": 100.0, "low": 90.0, "high": 111.0}
EACH = 40


def orders(customer: str, amount: str) -> Iterator[tuple[Any, ...]]:
    """One a month from October on."""
    for month in range(6):
        day = date(2025 + (9 + month) // 12, (9 + month) % 12 + 1, 5)
        yield f"{customer}-{month}", customer, day, "tea", amount, "web", "card"


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MemoryStore]:
    """Ads brings customers who order for 40 and costs 50, all of it on one of them; friends bring those who order for
    120, at a cost that nobody told; one of the ads came by the spring campaign, which cost 30 in all and 15 more on
    Old, who was there when the log began.
    """
    store = MemoryStore(tmp_path_factory.mktemp("sources"))
    ads, friends = ([f"{name}{at:02}" for at in range(EACH)] for name in ("ads", "friend"))
    bought = [row for who in (*ads, *friends) for row in orders(who, "40" if who in ads else "120")]
    bought.append(("old", "Old", date(2025, 9, 1), "tea", "40", "web", "card"))
    store.append("order_lines", lines(bought))
    worth = [(who, 80.0 if who in ads else 240.0, date(2025, 10, 5)) for who in (*ads, *friends)]
    rows = [
        value("run", who, residual, last_order=AS_OF)
        | {"orders": 6, "first_order": first, "mean_order_value": residual / 2}
        for who, residual, first in [*worth, ("Old", 500.0, date(2025, 9, 1))]
    ]
    save(store, "customer_values", rows)
    base = json.dumps({"new_customers": [{"source": "all", "lifetime_value": NEWCOMER}]})
    save(store, "runs", [run("run", AS_OF, started=datetime(2026, 5, 1, tzinfo=UTC), base=base)])
    costs = [Decimal(50 * EACH), *[Decimal(0)] * (EACH - 1)]
    save(store, "customer_attributes", [_told(who, "ads", cost) for who, cost in zip(ads, costs, strict=True)])
    save(store, "customer_attributes", [_told(who, "friends", None) for who in friends])
    letters = [_letter("ads00", Decimal(10)), _letter("nobody", Decimal(20)), _letter("Old", Decimal(15), month=8)]
    save(store, "interactions", letters)
    yield store
    store.close()


def _told(who: str, source: str, cost: Decimal | None) -> dict[str, Any]:
    return {
        "source": "keepers", "batch_id": "told", "external_id": who, "described_on": AS_OF, "version": 1,
        "acquisition_source": source, "acquisition_cost": cost,
    }  # fmt: skip


def _letter(who: str, cost: Decimal, *, month: int = 9) -> dict[str, Any]:
    return {
        "source": "keepers", "batch_id": "acts", "interaction_id": f"letter {who}", "version": 1, "external_id": who,
        "happened_at": datetime(2025, month, 20, tzinfo=UTC), "touch_kind": "letter", "campaign": "spring",
        "touch_cost": cost, "is_removed": False,
    }  # fmt: skip


@pytest.fixture(scope="module")
def told(store: MemoryStore) -> Answer:
    return insight_named("sources").answer(store, SCOPE)


def row(told: Answer, source: str) -> dict[str, Any]:
    return next(row for row in told.rows.to_pylist() if row["source"] == source)


def test_each_source_has_the_worth_of_its_own_customers(told: Answer) -> None:
    friends, ads = (row(told, name)["lifetime_value"] for name in ("friends", "ads"))
    assert friends == pytest.approx(150.0, rel=0.01)  # 3 : 1, around the mean of 100
    assert ads == pytest.approx(50.0, rel=0.01)


def test_worth_against_cost_and_what_may_be_spent(told: Answer) -> None:
    ads = row(told, "ads")
    assert (ads["cost_to_win"], ads["cost_known"], ads["customers"]) == (50.0, EACH, EACH)
    assert ads["worth_to_cost"] == pytest.approx(ads["lifetime_value"] / 50.0)
    assert ads["cost_low"] == pytest.approx(50.0 * exp(-1.645))  # one of 40 bore it all: the mean is its own error
    assert ads["worth_to_cost_low"] < ads["worth_to_cost"] * exp(-1.645)
    assert ads["worth_to_cost_high"] > ads["worth_to_cost"] * exp(1.645)
    assert ads["allowed_cost"] == pytest.approx(ads["lifetime_value"] / 3)


def test_a_cost_of_50_is_paid_back_in_the_third_month_at_20_a_month(told: Answer) -> None:
    ads = row(told, "ads")
    assert (ads["payback"], ads["payback_low"], ads["payback_high"]) == (3, 3, 3)


def test_an_unknown_cost_stays_unknown_and_is_told(told: Answer) -> None:
    friends = row(told, "friends")
    assert friends["cost_known"] == 0
    assert friends["cost_to_win"] is None
    assert friends["worth_to_cost"] is None
    assert f"Of {EACH} customers nobody knows what winning them cost; no cost counts for them." in told.notes


def test_a_campaign_costs_what_it_spent_on_those_who_did_not_come_too(told: Answer) -> None:
    spring = row(told, "campaign spring")
    assert (spring["customers"], spring["cost_to_win"]) == (1, 30.0)
    assert spring["cost_low"] < 30.0 < spring["cost_high"]


def test_what_few_cost_has_no_range_of_worth_against_it_and_is_not_called_the_best(told: Answer) -> None:
    spring = row(told, "campaign spring")
    assert spring["worth_to_cost"] > row(told, "ads")["worth_to_cost"]
    assert (spring["worth_to_cost_low"], spring["worth_to_cost_high"]) == (None, None)
    assert told.finding.startswith("A new customer from ads is worth 1.0 times")
    assert "spring" not in told.finding


def test_who_was_there_when_the_log_began_is_no_new_customer(told: Answer) -> None:
    assert sum(row["customers"] for row in told.rows.to_pylist() if not row["source"].startswith("campaign")) == 80
    assert any(note.startswith("1 customer may have been there when the log began") for note in told.notes)
