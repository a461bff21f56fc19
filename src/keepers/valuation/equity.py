"""What the base is worth as a whole: the `base` object of `--json`."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from keepers.clv.predicting.ranges import ends_of
from keepers.valuation.base import Base
from keepers.valuation.forecast import REPLICATES, Forecast


def base_totals(base: Base, forecast: Forecast | None) -> dict[str, Any]:
    """Totals with intervals from joint draws; null where nothing can be told."""
    if forecast is None:
        return {
            "customers": base.size,
            "residual_value": None,
            "period_value": None,
            "expected_orders": None,
            "probability_alive": None,
            "share_of_value_top_20_percent": None,
            "share_of_value_beyond_backtest": None,
        }
    totals = {name: _interval(forecast.figures.get(name), draws) for name, draws in forecast.totals.items()}
    return {
        "customers": base.size,
        "residual_value": totals.get("residual_value"),
        "period_value": totals.get("period_value"),
        "expected_orders": totals["expected_orders"],
        "probability_alive": {"mean": float(forecast.figures["probability_alive"].mean())},
        "share_of_value_top_20_percent": _finite(share_of_top(forecast.worth, 0.2)),
    }


def share_of_top(worth: NDArray[np.float64], share: float) -> float:
    """What part of the total the customers with the most hold; nan where there is nothing to hold."""
    descending = np.sort(worth)[::-1]
    total = descending.sum()
    count = int(np.ceil(share * worth.size))
    return float(descending[:count].sum() / total) if total > 0 else float("nan")


def _finite(share: float) -> float | None:
    return share if np.isfinite(share) else None


def _interval(customers: NDArray[np.float64] | None, draws: NDArray[np.float64]) -> dict[str, float]:
    """The mean is the sum of the customers' displayed means; low and high come from draws of the whole."""
    mean = float(draws.mean() if customers is None else customers.sum())
    low, high = ends_of(draws, replicates=REPLICATES)
    return {"mean": mean, "low": float(low), "high": float(high)}
