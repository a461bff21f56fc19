"""`keepers value --by`: customers are told apart by who they are where that forecasts better, and nothing leaks."""

import csv
import json
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import pytest
from typer.testing import CliRunner

from keepers.cli.main import app
from keepers.clv import mbg_nbd

FIRST = date(2022, 1, 3)
DAYS = 700
CUT = FIRST + timedelta(days=DAYS - 200)
ROWS = list[tuple[str, date, float, str, str]]
RATES = {"web": mbg_nbd.Parameters(1.2, 160.0, 0.5, 3.0), "fair": mbg_nbd.Parameters(1.2, 30.0, 0.5, 3.0)}


def orders(customers: int = 300, seed: int = 1) -> ROWS:
    """Those from the fair order five times as often as those from the web; the colour says nothing."""
    random = np.random.default_rng(seed)
    rows: ROWS = []
    for number in range(customers):
        channel = "web" if number % 2 else "fair"
        entry = FIRST + timedelta(days=int(random.integers(0, 600)))
        rate = random.gamma(RATES[channel].r, 1 / RATES[channel].alpha)
        leaves, day = random.beta(0.5, 3.0), 0.0
        while day < DAYS - (entry - FIRST).days:
            on = entry + timedelta(days=int(day))
            rows.append((f"C{number}", on, round(float(random.lognormal(3, 0.4)), 2), channel, str(number % 3)))
            if random.random() < leaves:
                break
            day += random.exponential(1 / rate) + 1
    return sorted(rows, key=lambda row: row[1])


def value(rows: ROWS, folder: Path, *options: str) -> dict[str, Any]:
    path = folder / "orders.csv"
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["customer_id", "ordered_at", "revenue", "channel", "location"])
        writer.writerows(rows)
    as_of = (FIRST + timedelta(days=DAYS)).isoformat()
    result = CliRunner().invoke(app, ["value", str(path), "--as-of", as_of, "--json", *options])
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


@pytest.fixture(scope="module")
def told_apart(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    folder = tmp_path_factory.mktemp("by")
    return value(orders(), folder, "--by", "channel", "--by", "location", "--holdout", "none", "--model", "mbg-nbd")


def test_what_helps_is_used_and_its_effects_are_told(told_apart) -> None:
    who, purchases = told_apart["fit"]["who"], told_apart["fit"]["purchases"]
    assert who["used"]
    assert who["log_scores"]["with"] > who["log_scores"]["without"]
    channel, location = purchases["effects"]
    assert [level["level"] for level in channel["levels"]] == ["fair", "web"]
    fair, web = (level["purchase"] for level in channel["levels"])
    assert 3 < fair["middle"] / web["middle"] < 8
    assert fair["low"] > 1 > web["high"]
    assert channel["differs"]["purchase"]
    assert not location["differs"]["purchase"]
    assert set(purchases["params"]) == {"r", "alpha", "a", "b"}
    words = " ".join(who["words"])
    assert "forecast better" in words
    assert "Customers of channel" in words
    assert "location: customers do not measurably differ by it" in words


def test_what_does_not_help_is_left_out_and_said_so(tmp_path: Path) -> None:
    silent = [(customer, day, amount, "shop", place) for customer, day, amount, _, place in orders(150)]
    found = value(silent, tmp_path, "--by", "channel", "--holdout", "none", "--model", "mbg-nbd")
    assert not found["fit"]["who"]["used"]
    told = " ".join(found["fit"]["who"]["words"])
    assert "Customers are not told apart by channel." in told
    assert "tells nothing and is left out" in told
    plain = value(silent, tmp_path, "--holdout", "none", "--model", "mbg-nbd")
    for total in ("expected_orders", "period_value", "residual_value"):
        assert found["base"][total] == plain["base"][total]
    assert plain["fit"]["who"] is None


def test_what_comes_after_the_cut_does_not_move_the_forecast(tmp_path: Path) -> None:
    rows = orders(120)
    altered = [row if row[1] <= CUT else (*row[:3], "phone", "9") for row in rows if row[1] <= CUT or row[2] > 15]
    altered.append(("new", CUT + timedelta(days=2), 9.0, "phone", "9"))
    tables = []
    for each in (rows, altered):
        out = tmp_path / "backtest.parquet"
        options = ("--by", "channel", "--holdout", "200d", "--backtest-out", str(out))
        value(each, tmp_path, *options, "--model", "mbg-nbd")
        tables.append(pq.read_table(out))
    columns = ("customer_id", "mean_orders", "orders_low", "orders_high", "mean_value", "value_low", "value_high")
    assert tables[0].select(columns).equals(tables[1].select(columns))
    assert not tables[0]["actual_value"].equals(tables[1]["actual_value"])


def test_an_unknown_term_is_refused_with_what_to_do(tmp_path: Path) -> None:
    path = tmp_path / "orders.csv"
    path.write_text("customer_id,ordered_at,revenue,tier\na,2024-01-01,9,gold\n")
    result = CliRunner().invoke(app, ["value", str(path), "--by", "tier"])
    assert result.exit_code != 0
    assert "--map segment=tier" in str(result.exception or result.output)


def test_the_story_names_the_differences(tmp_path: Path) -> None:
    rows = orders()
    path = tmp_path / "orders.csv"
    path.write_text(
        "customer_id,ordered_at,revenue,channel\n" + "".join(f"{r[0]},{r[1]},{r[2]},{r[3]}\n" for r in rows)
    )
    told = (
        CliRunner()
        .invoke(app, ["value", str(path), "--by", "channel", "--holdout", "none", "--model", "mbg-nbd"])
        .stdout
    )
    assert "times as often as the average customer" in " ".join(told.split())
