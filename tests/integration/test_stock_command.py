"""`keepers stock` on a small shop, from its file."""

import csv
import json
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from keepers.cli.main import app

FIRST, WEEKS = date(2025, 1, 6), 40


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """80 customers of whom half come in a week; everybody buys bread, and one of thirty other things."""
    path = tmp_path_factory.mktemp("shop") / "orders.csv"
    generator = np.random.default_rng(2)
    with path.open("w", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(["order_id", "customer_id", "order_date", "product_id", "product_name", "quantity", "amount"])
        for week in range(WEEKS):
            for customer in range(80):
                if generator.random() < 0.5:
                    continue
                day = FIRST + timedelta(days=7 * week + int(generator.integers(7)))
                order = f"{customer}-{week}"
                rows.writerow([order, customer, day, "bread", "Bread", 2, "4.00"])
                rows.writerow([order, customer, day, f"p{generator.integers(30):02d}", "", 1, "2.00"])
    return path


def test_each_product_has_its_level_and_its_weeks(shop: Path, tmp_path: Path) -> None:
    out, weekly = tmp_path / "stock.csv", tmp_path / "weeks.csv"
    arguments = ["stock", str(shop), "--weeks", "4", "--out", str(out), "--weekly", str(weekly), "--json"]
    done = CliRunner().invoke(app, arguments)
    assert done.exit_code == 0, done.output
    told = json.loads(done.stdout)
    assert (told["weeks"], told["service"], told["lead_time"], told["review"]) == (4, 0.95, 2, 1)
    assert told["products"] == 31
    assert told["judged"]["served"][-1]["achieved"] > 0.85
    rows = _rows(out)
    bread = rows[0]
    assert (bread["product_id"], bread["name"], bread["sells"]) == ("bread", "Bread", "steady")
    assert float(bread["window_units"]) == pytest.approx(3 * 80, rel=0.15)
    assert float(bread["window_units"]) < float(bread["stock_level"]) < 3 * 80 * 1.8
    weeks = [row for row in _rows(weekly) if row["product_id"] == "bread"]
    assert [row["week_begins"] for row in weeks][:2] == ["2025-10-13", "2025-10-20"]
    assert sum(float(row["expected_units"]) for row in weeks) == pytest.approx(float(bread["expected_units"]))
    assert all(float(row["units_low"]) < float(row["expected_units"]) < float(row["units_high"]) for row in weeks)


def test_the_terminal_says_how_often_such_levels_lasted(shop: Path) -> None:
    done = CliRunner().invoke(app, ["stock", str(shop), "--lead-time", "1"])
    assert done.exit_code == 0, done.output
    words = " ".join(done.output.split())
    assert "Bread" in words
    assert "On 3 windows of 2 weeks that were held out" in words
    assert "Known are sales, not wishes" in words


def _rows(path: Path) -> list[dict[str, str]]:
    with path.open() as file:
        return list(csv.DictReader(file))
