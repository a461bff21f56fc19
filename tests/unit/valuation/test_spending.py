"""Which model of spend, and whom it does not learn from."""

import numpy as np
import pyarrow as pa
import pytest

from keepers.clv import log_normal_spend
from keepers.clv.log_normal_spend import Parameters
from keepers.clv.spending.stray_values import stray_values
from keepers.valuation.spending import SPEND_MODELS, _before_and_after, _better, _miss_of_the_mean


def test_the_higher_log_score_wins() -> None:
    found = _better({"gamma-gamma": -4.2, "log-normal": -4.1}, {"gamma-gamma": 0.01, "log-normal": 0.03}, "May to June")
    assert found.model == "log-normal"
    assert found.reason == (
        "log-normal forecast best what customers' orders from May to June were worth: "
        "that was 9.5 % less likely by gamma-gamma."
    )


def test_a_better_density_with_a_clearly_worse_mean_does_not() -> None:
    found = _better({"gamma-gamma": -4.2, "log-normal": -4.1}, {"gamma-gamma": 0.01, "log-normal": 0.2}, "May to June")
    assert found.model == "gamma-gamma"
    assert "its mean missed it by +22 %, against +1 %" in found.reason


def test_one_amount_far_above_everybodys_is_found() -> None:
    largest = np.append(np.linspace(20, 300, 50), 30_000.0)
    assert stray_values(largest, 40.0).tolist() == [50]


def test_two_mistyped_amounts_are_found_together() -> None:
    largest = np.concatenate([[60_000.0, np.nan], np.linspace(20, 300, 50), [55_000.0]])
    assert stray_values(largest, 40.0).tolist() == [0, 52]


@pytest.mark.parametrize("largest", [[2_900.0], [3_500.0] * 4 + [3_000.0], [900.0, 9_000.0, 2_500.0]])
def test_big_customers_are_no_mistakes(largest: list[float]) -> None:
    assert stray_values(np.concatenate([np.linspace(20, 300, 50), largest]), 40.0).size == 0


def test_a_handful_of_customers_tells_nothing_of_what_is_usual() -> None:
    assert stray_values(np.array([20.0, 30.0, 90_000.0]), 25.0).size == 0


def test_a_model_that_knows_of_free_occasions_does_not_miss_their_mean() -> None:
    rng = np.random.default_rng(3)
    truth = Parameters(median_order_value=20.0, own_spread=0.4, between_spread=0.3, zero_a=30.0, zero_b=70.0)
    customers, each = 3_000, 8
    centre = np.log(20.0) + 0.3 * rng.normal(size=(customers, 1))
    value = np.exp(centre + 0.4 * rng.normal(size=(customers, each))) * (rng.random((customers, each)) > 0.3)
    logs = np.where(value > 0, np.log(np.maximum(value, 1e-9)), 0.0)
    past, ahead = slice(0, 4), slice(4, 8)
    rows = pa.table(
        {
            "customer_id": [f"C{number}" for number in range(customers)],
            "valued_orders": np.full(customers, 4),
            "revenue": value[:, past].sum(axis=1),
            "paid_orders": (value[:, past] > 0).sum(axis=1),
            "sum_logs": logs[:, past].sum(axis=1),
            "sum_squared_logs": (logs[:, past] ** 2).sum(axis=1),
            "later_revenue": value[:, ahead].sum(axis=1),
            "later_paid_orders": (value[:, ahead] > 0).sum(axis=1),
            "later_valued_orders": np.full(customers, 4),
        }
    )
    found = _miss_of_the_mean(SPEND_MODELS[log_normal_spend.NAME], truth, *_before_and_after(rows))
    assert found == pytest.approx(0.0, abs=0.03)
