"""`keepers next`: proposals from a shop whose habits are known."""

import csv
import json
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from typer.testing import CliRunner

from keepers.cli.main import app
from keepers.cli.orders_named import orders_named
from keepers.decisions.next_product.promoting import Lift, Promoting, by_category
from keepers.decisions.terms.doing import category_promoted, promoted, promotion_of, promotion_of_category
from keepers.decisions.terms.effects import Multiplier
from keepers.decisions.terms.terms import Promotion
from keepers.ingest import ImportOptions
from keepers.loop.products.next_products import lifts_of, offers_in

FIRST = date(2025, 1, 6)
WEEKS = 20


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Half of the customers buy tea and, some day, honey too; half coffee and sugar; everybody bread sometimes."""
    path = tmp_path_factory.mktemp("shop") / "orders.csv"
    rng = np.random.default_rng(3)
    with path.open("w", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(["order_id", "customer_id", "order_date", "product_id", "product_name", "quantity", "amount"])
        for customer in range(120):
            mine, beside = (("tea", "honey"), ("coffee", "sugar"))[customer % 2]
            met = rng.integers(2 * WEEKS)  # the week from which what goes with it is known to them
            for week in range(WEEKS):
                if rng.random() > 0.6:
                    continue
                day = FIRST + timedelta(days=7 * week + int(rng.integers(7)))
                bought = [mine] + [beside] * int(week >= met and rng.random() < 0.5) + ["bread"] * (rng.random() < 0.4)
                for product in bought:
                    rows.writerow([f"{customer}-{week}", customer, day, product, product.title(), 1, "4.00"])
        # Ada drinks tea since last week and has never met honey
        for days in (2, 5):
            day = FIRST + timedelta(days=7 * (WEEKS - 1) + days)
            rows.writerow([f"ada-{days}", "ada", day, "tea", "Tea", 1, "4.00"])
    return path


def _run(*arguments: str, verb: str = "next") -> dict[str, object]:
    done = CliRunner().invoke(app, [verb, *arguments, "--json"])
    assert done.exit_code == 0, done.output
    told: dict[str, object] = json.loads(done.stdout)
    return told


def test_everybody_is_proposed_what_they_buy_and_what_goes_with_it(shop: Path) -> None:
    told = _run(str(shop), "--within", "2w", "--top", "5")
    proposals = told["proposals"]
    assert isinstance(proposals, list)
    of_ada = [row for row in proposals if row["customer_id"] == "ada"]
    assert [row["rank"] for row in of_ada] == [1, 2, 3, 4, 5]
    assert (of_ada[0]["product_id"], of_ada[0]["kind"]) == ("tea", "again")
    assert of_ada[0]["reason"].startswith("Bought 2 times")
    new = {row["product_id"]: row for row in of_ada[1:]}
    assert new["honey"]["kind"] == "new"
    assert new["honey"]["chance"] > new["sugar"]["chance"]
    assert new["honey"]["reason"] == "Bought with Tea."
    assert all(0 < row["chance"] < 1 for row in proposals)
    firsts = {row["customer_id"]: row["product_id"] for row in proposals if row["rank"] == 1}
    assert sum(firsts[str(customer)] == ("tea", "coffee")[customer % 2] for customer in range(120)) >= 115


def test_proposals_are_judged_on_weeks_that_they_did_not_see(shop: Path) -> None:
    judged = _run(str(shop), "--within", "2w", "--top", "1")["judged"]
    assert isinstance(judged, dict)
    ours, popularity = judged["again"][0], judged["again"][1]
    assert (ours["rule"], popularity["rule"]) == ("keepers", "popularity")
    assert ours["found"] > popularity["found"] + 0.2
    assert popularity["gain_low"] > 0
    assert judged["chance_said"] == pytest.approx(judged["chance_seen"], abs=0.06)


def test_likely_buyers_of_one_product_come_in_the_order_of_their_chance(shop: Path, tmp_path: Path) -> None:
    out = tmp_path / "buyers.csv"
    told = _run(str(shop), "--within", "2w", "--product", "honey", "--only-new", "--out", str(out))
    with out.open() as file:
        rows = list(csv.DictReader(file))
    assert told["proposals"] == len(rows)
    assert {row["product_id"] for row in rows} == {"honey"}
    assert {row["kind"] for row in rows} == {"new"}
    chances = [float(row["chance"]) for row in rows]
    assert chances == sorted(chances, reverse=True)
    assert rows[0]["customer_id"] == "ada"


def test_orders_without_products_are_told_so(tmp_path: Path) -> None:
    path = tmp_path / "orders.csv"
    path.write_text("customer_id,order_date,amount\n1,2025-01-01,3\n1,2025-02-01,3\n2,2025-03-01,4\n")
    done = CliRunner().invoke(app, ["next", str(path)])
    assert done.exit_code == 1
    assert "pass --map product_id=HEADER" in str(done.exception)


def test_a_product_is_offered_to_whom_it_moves_and_not_to_whoever_buys_anyway(shop: Path) -> None:
    told = _run(str(shop), "--margin", "0.6", "--discount", "0.1", "--cost", "0.02", verb="promote")
    offers, products = told["offers"], told["products"]
    assert isinstance(offers, list)
    assert isinstance(products, list)
    assert {row["evidence"] for row in offers} == {"assumed"}
    assert max(row["chance"] for row in offers) < 0.85  # the drinkers of tea are surer than that, and need no offer
    for row in offers:  # the price is 4: margin of the purchases with the offer, less that of those without, less 0.02
        left = 4 * (row["chance_offered"] * (0.6 - 0.1) - row["chance"] * 0.6) - 0.02
        assert row["expected_gain"] == pytest.approx(left)
        assert row["cost"] == pytest.approx(0.02 + 4 * 0.1 * row["chance_offered"])
        assert row["expected_gain_low"] < row["expected_gain"] < row["expected_gain_high"]
    for product in products:
        own = [row for row in offers if row["product_id"] == product["product_id"]]
        assert [row["rank"] for row in own] == list(range(1, product["people"] + 1))
        assert product["expected_gain"] == pytest.approx(sum(row["expected_gain"] for row in own))
    assert [row["expected_gain"] for row in products] == sorted([row["expected_gain"] for row in products])[::-1]


def test_no_product_is_offered_where_the_discount_takes_more_than_it_brings(shop: Path) -> None:
    told = _run(str(shop), "--margin", "0.3", "--discount", "0.25", verb="promote")
    assert (told["products"], told["offers"]) == ([], [])


def test_what_an_experiment_found_of_a_product_counts_before_what_is_assumed(shop: Path) -> None:
    with orders_named([shop], ImportOptions(), quiet=True) as store:
        promotion = Promotion(0.02, 0.0, Multiplier(1.3, 0.9, 1.7), Multiplier())
        measured = {"bread": Lift(0.5, 0.2, 0.8)}
        rows = offers_in(store, Promoting(promotion, 0.3, measured, "bread"), as_of=date(2025, 5, 25)).to_pylist()
    assert {row["evidence"] for row in rows} == {"randomised"}
    assert rows[0]["expected_gain"] == pytest.approx(0.48)
    assert (rows[0]["expected_gain_low"], rows[0]["expected_gain_high"]) == pytest.approx((0.18, 0.78))


def test_what_a_discount_takes_beyond_the_measured_share_of_what_was_paid_comes_off(shop: Path) -> None:
    with orders_named([shop], ImportOptions(), quiet=True) as store:
        promotion = Promotion(0.02, 0.1, Multiplier(1.3, 0.9, 1.7), Multiplier(2.6, 1.0, 4.2))
        measured = {"bread": Lift(0.5, 0.2, 0.8)}
        rows = offers_in(store, Promoting(promotion, 0.3, measured, "bread"), as_of=date(2025, 5, 25)).to_pylist()
    for row in rows:
        assert row["expected_gain"] == pytest.approx(0.48 - (row["cost"] - 0.02) * 0.7)


def test_what_an_experiment_found_of_a_category_counts_for_it_and_not_for_its_products(shop: Path) -> None:
    looked = {"experiment": "a", "arm": "a", "people": 40, "people_held": 40, "evidence": "randomised"}
    looked |= {"method": "difference"}
    looked |= {"margin_lift_low": 0.2, "margin_lift_high": 0.8}
    found = [{"action": promotion_of_category("Baked + more"), "margin_lift": 0.5}]
    found += [{"action": promotion_of("tea", "Tea"), "margin_lift": 0.4}]
    with orders_named([shop], ImportOptions(), quiet=True) as store:
        promotion = Promotion(0.02, 0.0, Multiplier(1.3, 0.9, 1.7), Multiplier())
        offers = offers_in(store, Promoting(promotion, 0.3, {}, "bread"), as_of=date(2025, 5, 25))
        moments = [datetime(2025, 5, day, tzinfo=UTC) for day in (1, 2)]
        looks = [looked | row | {"measured_at": at} for row, at in zip(found, moments, strict=True)]
        store.append("effects", pa.Table.from_pylist(looks))
        products, categories = (lifts_of(store, told_by) for told_by in (promoted, category_promoted))
    assert ([*products], [*categories]) == (["tea"], ["Baked & more"])
    named = pa.table({"product_id": ["bread"], "category": ["Baked + more"]})
    told = by_category(offers, named, categories).to_pylist()
    assert (len(told), {row["evidence"] for row in told}) == (offers.num_rows, {"randomised"})
    assert (told[0]["expected_gain_low"], told[0]["expected_gain"]) == pytest.approx((0.18, 0.48))
    assert [row["customer_id"] for row in told] == offers["customer_id"].to_pylist()
    assert by_category(offers, named, {"Baked & more": Lift(0.01, -0.2, 0.2)}).num_rows == 0, "it does not pay"
    of_old = offers.set_column(offers.column_names.index("cost_beside"), "cost_beside", pa.nulls(offers.num_rows))
    assert {row["evidence"] for row in by_category(of_old, named, categories).to_pylist()} == {"assumed"}


def test_promotions_in_several_currencies_are_not_added_up(tmp_path: Path) -> None:
    path = tmp_path / "orders.csv"
    header = "customer_id,order_date,product_id,amount,currency\n"
    path.write_text(f"{header}1,2025-01-01,tea,3,EUR\n2,2025-02-01,tea,300,JPY\n")
    done = CliRunner().invoke(app, ["promote", str(path)])
    assert done.exit_code == 1
    assert "several currencies" in str(done.exception)
