"""`keepers value` and what orders are worth: the model chosen, one huge amount."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest
from shops import Shop, shop
from typer.testing import CliRunner

from keepers.cli.main import app


def valued(orders: Shop, folder: Path, *options: str) -> tuple[dict, dict[str, dict]]:
    """The object, and each customer's row."""
    folder.mkdir(parents=True, exist_ok=True)
    path, out = orders.write(folder / "orders.csv"), folder / "values.parquet"
    result = CliRunner().invoke(app, ["value", str(path), "--holdout", "none", "--json", "--out", str(out), *options])
    assert result.exit_code == 0, result.output + str(result.exception)
    return json.loads(result.stdout), {row["customer_id"]: row for row in pq.read_table(out).to_pylist()}


def scattered(spread: float) -> Shop:
    """A shop whose amounts scatter by factors within a customer, and hardly between customers."""
    rng = np.random.default_rng(11)
    base = shop(customers=400)
    return Shop([(c, d, round(float(20 * np.exp(spread * rng.normal())), 2)) for c, d, _ in base.orders])


def test_the_model_of_spend_that_forecast_better_is_taken_and_says_why(tmp_path: Path) -> None:
    found, _ = valued(scattered(1.1), tmp_path)
    spend = found["fit"]["spend"]
    assert spend["model"] == "log-normal"
    assert spend["params"]["own_spread"] == pytest.approx(1.1, rel=0.1)
    assert spend["choice"]["log_scores"]["log-normal"] > spend["choice"]["log_scores"]["gamma-gamma"]
    assert "log-normal forecast best what customers' orders from" in spend["choice"]["reason"]


def test_a_model_of_spend_that_is_asked_for_is_taken(tmp_path: Path) -> None:
    found, _ = valued(scattered(1.1), tmp_path, "--spend", "gamma-gamma")
    assert found["fit"]["spend"]["model"] == "gamma-gamma"
    assert found["run"]["spend"] == "gamma-gamma"


@pytest.mark.parametrize("model", ["gamma-gamma", "log-normal"])
def test_one_mistyped_amount_is_named_and_moves_nobody_elses_value(tmp_path: Path, model: str) -> None:
    true = shop(customers=250)
    at = next(place for place, order in enumerate(true.orders) if order[0] == "C0007")
    customer, day, _ = true.orders[at]
    wrong = replace(true, orders=[*true.orders[:at], (customer, day, 2_999_999.0), *true.orders[at + 1 :]])
    _, before = valued(true, tmp_path / "true", "--spend", model)
    found, after = valued(wrong, tmp_path / "wrong", "--spend", model)
    named = [warning for warning in found["fit"]["warnings"] if "C0007" in warning]
    assert len(named) == 1
    assert "an order of 2,999,999" in named[0]
    assert "times the usual one" in named[0]
    assert "correct the amount" in named[0]
    ratio = [after[c]["residual_value"] / before[c]["residual_value"] for c in before if c != "C0007"]
    assert max(ratio) < 1.05
    assert min(ratio) > 0.95
    assert after["C0007"]["mean_order_value"] > 1e5
