"""Predicted against actual by tenth of the customers: is the forecast right for the best as well as for the rest?"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from keepers.valuation.backtesting.actuals import Actuals
from keepers.valuation.backtesting.rules import RuleForecast
from keepers.valuation.forecast import Forecast

Floats = NDArray[np.float64]
TENTHS = 10


def by_tenth(
    forecast: Forecast, actual: Actuals, value: Floats | None, rules: Sequence[RuleForecast], margin: Floats
) -> list[dict[str, Any]]:
    """Sums over each tenth of the customers, who are ranked by what was forecast of them, the best first.

    Args:
        forecast: of the hold-out.
        actual: what the customers then did.
        value: (n,) their later margin [money]; None without money.
        rules: the simple rules; those that forecast stand beside, those that only rank do not.
        margin: (n,) margin per unit of revenue, which turns a rule's revenue into value.

    Returns:
        For each tenth its number (1: best), its customers, and for orders [occasions] and value [money] what
        happened, the forecast's mean, and each rule's; value is None without money.
    """
    order = np.argsort(-forecast.worth, kind="stable")
    told = {rule.name: rule for rule in rules if rule.orders is not None}
    orders = {name: np.asarray(rule.orders) for name, rule in told.items()}
    worths = {name: rule.score * margin for name, rule in told.items()}
    tenths = []
    for number, rows in enumerate(np.array_split(order, TENTHS), start=1):
        row: dict[str, Any] = {"tenth": number, "customers": int(rows.size)}
        row["orders"] = _sums(rows, actual.orders, forecast.figures["expected_orders"], orders)
        row["value"] = None if value is None else _sums(rows, value, forecast.figures["period_value"], worths)
        tenths.append(row)
    return tenths


def _sums(rows: NDArray[np.int64], actual: NDArray[Any], mean: Floats, rules: Mapping[str, Floats]) -> dict[str, Any]:
    told = {name: float(figures[rows].sum()) for name, figures in rules.items()}
    return {"actual": float(actual[rows].sum()), "mean": float(mean[rows].sum()), "rules": told}
