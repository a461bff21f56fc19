import subprocess
import sys

import numpy as np

from keepers.valuation.backtesting.rules import Features, Lesson, RuleForecast, rule_forecasts


def features(customers: int, seed: int) -> Features:
    rng = np.random.default_rng(seed)
    orders = rng.integers(1, 20, customers).astype(float)
    value = rng.gamma(4.0, 10.0, customers)
    first = rng.uniform(100, 300, customers)
    return Features(orders, orders * value, first * rng.random(customers), first, value)


def forecasts(*, customers: int = 300) -> dict[str, RuleForecast]:
    earlier = features(customers, 1)
    later = np.round(earlier.orders / 4)
    lesson = Lesson(earlier, later, later * earlier.mean_order_value, scale=1.0)
    now = features(200, 2)
    return {found.name: found for found in rule_forecasts(now, lesson, np.round(now.orders / 3))}


def test_every_rule_ranks_every_customer() -> None:
    found = forecasts()
    assert set(found) == {"past_spend", "rfm", "recency", "carried_forward", "boosting"}
    assert all(forecast.score.shape == (200,) and np.isfinite(forecast.score).all() for forecast in found.values())


def test_past_spend_ranks_by_revenue_and_recency_by_the_last_order() -> None:
    found, now = forecasts(), features(200, 2)
    assert np.array_equal(np.argsort(found["past_spend"].score), np.argsort(now.revenue))
    assert np.argmax(found["recency"].score) == np.argmin(now.days_since_last)


def test_what_was_ordered_lately_is_carried_forward_at_the_scale_of_the_window() -> None:
    earlier = features(300, 1)
    lesson = Lesson(earlier, earlier.orders, earlier.revenue, scale=2.0)
    now = features(50, 2)
    carried = next(f for f in rule_forecasts(now, lesson, now.orders) if f.name == "carried_forward")
    assert np.array_equal(carried.orders, 2.0 * now.orders)


def test_boosting_and_rfm_learn_that_frequent_customers_come_back_more() -> None:
    now = features(200, 2)
    for name in ("boosting", "rfm"):
        orders = forecasts()[name].orders
        assert orders is not None
        assert np.corrcoef(orders, now.orders)[0, 1] > 0.7


def test_quantiles_of_learned_rules_never_cross() -> None:
    for name in ("boosting", "rfm"):
        quantiles = forecasts()[name].quantiles
        assert quantiles is not None
        assert (np.diff(quantiles, axis=1) >= 0).all()


def test_too_few_customers_teach_no_trees() -> None:
    assert "boosting" not in forecasts(customers=50)


def test_the_first_trees_of_a_process_grow_on_one_thread_too() -> None:
    told = subprocess.run([sys.executable, "-c", _FIRST_TREES], check=True, capture_output=True, text=True)
    assert told.stdout.split() == ["1"]


_FIRST_TREES = """
from threadpoolctl import threadpool_info
from keepers.valuation.backtesting import rules
threads = lambda *_, **__: [pool["num_threads"] for pool in threadpool_info() if pool["user_api"] == "openmp"]
rules._boosted = lambda *_, **__: print(*threads())
rules._boosting(None, None, has_money=True)
"""
