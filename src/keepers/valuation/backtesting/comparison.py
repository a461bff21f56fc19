"""The simple rules beside the forecast, scored on the same customers."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import numpy as np
from numpy.typing import NDArray

from keepers.clv import scoring
from keepers.valuation.backtesting.actuals import Actuals, read_actuals
from keepers.valuation.backtesting.rules import QUANTILE_LEVELS, Features, Lesson, RuleForecast, rule_forecasts
from keepers.valuation.base import Base, load_base
from keepers.warehouse.store import Store

TOPS = {"top_10_percent": 0.1, "top_20_percent": 0.2}


def forecast_by_rules(store: Store, base: Base, *, holdout_days: int) -> tuple[RuleForecast, ...]:
    """What every rule says of the customers of `base`.

    The rules learn from the window just before the calibration's end, as long as the hold-out
    or half of the calibration, whichever is shorter.
    """
    lesson, recent_orders = _lesson(store, base, holdout_days)
    return tuple(rule_forecasts(features_of(base), lesson, recent_orders))


def score_rules(forecasts: Sequence[RuleForecast], actual: Actuals) -> dict[str, dict[str, Any]]:
    """Every rule's ranking, and its error where it forecasts, on what the customers then did."""
    return {forecast.name: _scores(forecast, actual) for forecast in forecasts}


def features_of(base: Base) -> Features:
    """What a simple rule may know of each customer."""
    return Features(
        orders=base.column("orders"),
        revenue=np.nan_to_num(base.column("revenue")),
        days_since_last=base.column("age") - base.column("age_at_last_order"),
        days_since_first=base.column("age"),
        mean_order_value=np.nan_to_num(base.column("mean_order_value")),
    )


def rank_scores(worth: NDArray[np.float64], ranking: NDArray[np.float64]) -> dict[str, Any]:
    """How many of the actual best tenth and fifth a ranking finds, and what share of later value they hold."""
    return {
        **{name: scoring.best_found(worth, ranking, share) for name, share in TOPS.items()},
        "value_captured": {name: _captured(worth, ranking, share) for name, share in TOPS.items()},
    }


def _captured(worth: NDArray[np.float64], ranking: NDArray[np.float64], share: float) -> float | None:
    """None where even a perfect choice would hold nothing: nobody came back, or more was returned than bought."""
    captured = scoring.value_captured(worth, ranking, share)
    return captured if np.isfinite(captured) else None


def _lesson(store: Store, base: Base, holdout_days: int) -> tuple[Lesson, NDArray[np.float64]]:
    window = int(min(holdout_days, base.column("age").max() // 2))
    earlier = load_base(store, as_of=base.as_of - timedelta(days=window))
    later = read_actuals(store, earlier, until=base.as_of)
    lesson = Lesson(features_of(earlier), later.orders.astype(np.float64), later.revenue, holdout_days / max(window, 1))
    recent_orders = base.column("orders") - base.aligned(earlier, "orders")
    return lesson, np.maximum(recent_orders, 0.0)  # an order cancelled since would count below zero


def _scores(forecast: RuleForecast, actual: Actuals) -> dict[str, Any]:
    scores = rank_scores(actual.worth, forecast.score)
    if forecast.orders is None:
        return scores
    return scores | {
        "orders": {
            "mae": scoring.mae(actual.orders, forecast.orders),
            "rmse": scoring.rmse(actual.orders, forecast.orders),
            "bias": scoring.bias(actual.orders, forecast.orders),
            "crps": _crps(forecast, actual),
        }
    }


def _crps(forecast: RuleForecast, actual: Actuals) -> float:
    """A point forecast's CRPS is its mean absolute error."""
    if forecast.quantiles is None:
        return scoring.mae(actual.orders, np.asarray(forecast.orders))
    return scoring.crps_of_quantiles(actual.orders, forecast.quantiles, QUANTILE_LEVELS)
