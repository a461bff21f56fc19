"""`keepers next`: proposals from a shop whose habits are known."""

import csv
import json
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from keepers.cli.main import app

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


def _run(*arguments: str) -> dict[str, object]:
    done = CliRunner().invoke(app, ["next", *arguments, "--json"])
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
