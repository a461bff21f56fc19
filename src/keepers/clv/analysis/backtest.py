"""Would it have been right? Fit on the early part of a log, forecast the rest, compare."""

from dataclasses import dataclass

import numpy as np

from keepers.clv import scoring
from keepers.clv.analysis.choosing import ValueModelError
from keepers.clv.analysis.customers import Customers
from keepers.clv.analysis.frames import column_of
from keepers.clv.analysis.value_model import FittedValueModel, ValueModel
from keepers.clv.histories import Floats, Integers
from keepers.core.periods import Period

LEVELS = (0.5, 0.8, 0.9)


@dataclass(frozen=True, slots=True, eq=False)
class Backtest:
    """A forecast from an earlier day and what then happened, row by row as `customers`.

    fitted: the model as fitted on the early part
    customers: as they were known at the end of the early part
    horizon: length of the rest, such as 273d
    actual_orders, actual_value: (n,) what followed [occasions, money]
    expected_orders, orders_low, orders_high: (n,) what was forecast of it [occasions]
    cdf_below, cdf_at: (n,) forecast P(orders < actual), P(orders ≤ actual)
    total_orders: mean, 5 % and 95 % point of all customers' orders together [occasions]
    """

    fitted: FittedValueModel
    customers: Customers
    horizon: str
    actual_orders: Integers
    actual_value: Floats
    expected_orders: Floats
    orders_low: Floats
    orders_high: Floats
    cdf_below: Floats
    cdf_at: Floats
    total_orders: tuple[float, float, float]

    def scores(self) -> dict[str, float]:
        """The errors of the mean, the proper scores, and the share of customers inside their intervals (exact PIT)."""
        actual = self.actual_orders.astype(np.float64)
        scores = {
            "mae": scoring.mae(actual, self.expected_orders),
            "rmse": scoring.rmse(actual, self.expected_orders),
            "bias": scoring.bias(actual, self.expected_orders),
            "log_score": scoring.log_score(self.cdf_below, self.cdf_at),
            "winkler_90": scoring.winkler_score(actual, self.orders_low, self.orders_high),
            "top_10_percent": scoring.best_found(actual, self.expected_orders, 0.1),
        }
        covered = {
            f"coverage_{level * 100:.0f}": scoring.expected_coverage(self.cdf_below, self.cdf_at, level)
            for level in LEVELS
        }
        mean, low, high = self.total_orders
        return scores | covered | {"total": actual.sum(), "total_mean": mean, "total_low": low, "total_high": high}


def backtest(model: ValueModel, customers: Customers, *, holdout: str) -> Backtest:
    """Fit `model` on all but the last `holdout` (`39w`) of the customers' log, forecast it, and compare.

    Nothing after the early part's end is read by the fit, by the choice of the model or by the forecast.

    Raises:
        ValueModelError: only a summary of the customers is known, or the hold-out is as long as the history.
    """
    days = round(Period.parse(holdout).days)
    if customers.as_of is None or customers.log is None:
        raise ValueModelError("A backtest needs the orders themselves. Make the customers with Customers.from_orders.")
    start = customers.as_of - days
    if start <= int(customers.log.day.min()):
        raise ValueModelError(f"A hold-out of {holdout} leaves no history before it. Choose a shorter one.")
    earlier = customers.until(start)
    fitted = model.fit(earlier)
    horizon = f"{days}d"
    forecast = fitted.forecast(earlier, horizon=horizon, value_cap=horizon)
    orders, paid = customers.later(earlier)
    below, at = fitted.order_cdf(earlier, orders, horizon=horizon)
    mean, low, high = (column_of(forecast.table, name) for name in ("expected_orders", "orders_low", "orders_high"))
    total = (float(mean.sum()), *forecast.total("orders")[1:])
    return Backtest(fitted, earlier, horizon, orders, paid, mean, low, high, below, at, total)
