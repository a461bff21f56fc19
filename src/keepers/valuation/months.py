"""The base's orders and value month by month ahead, as far as the horizon, with intervals of the whole base."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import pairwise
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from scipy.special import ndtri

from keepers.clv.predicting.ranges import ends_of
from keepers.valuation.forecast import REPLICATES, Forecast, Part
from keepers.valuation.luck import Use, generator_for

LOOKED_AT = 2_000  # customers of each part, evenly by worth, on whom the course over the months is found
SCHEMA = pa.schema(
    [("month", pa.string()), ("begins", pa.date32()), ("days", pa.int64())]
    + [
        (name, pa.float64())
        for name in ("expected_orders", "orders_low", "orders_high", "value", "value_low", "value_high")
    ]
)
VALUE = "period_value"
ORDERS = "expected_orders"


@dataclass(frozen=True, slots=True)
class Month:
    """Orders and discounted margin of the base in a calendar month, or in the part of it that the horizon holds."""

    begins: date
    days: int
    expected_orders: dict[str, float]
    value: dict[str, float] | None

    def as_json(self) -> dict[str, Any]:
        """One of `base.months`."""
        return {
            "month": f"{self.begins:%Y-%m}",
            "begins": self.begins.isoformat(),
            "days": self.days,
            "expected_orders": self.expected_orders,
            "value": self.value,
        }


def months_ahead(forecast: Forecast, *, as_of: date, unit_days: float) -> tuple[Month, ...]:
    """Each month of the horizon; means add to the base's expected orders and period value.

    The course within each draw of the parameters comes from at most 2,000 customers of a segment, the level from all.
    A month's interval holds what all months share (parameters, how far totals missed) and its own part of chance.
    """
    spans = list(_spans(as_of, round(forecast.window.horizon * unit_days)))
    if not spans:
        return ()
    edges = np.array([0.0, *np.cumsum([days for _, days in spans])]) / unit_days
    edges[-1] = forecast.window.horizon
    draws = [_course(forecast, part, edges) for part in forecast.parts]
    orders = _intervals(forecast, ORDERS, np.sum([each[0] for each in draws], axis=0))
    values = (
        _intervals(forecast, VALUE, np.sum([each[1] for each in draws], axis=0)) if VALUE in forecast.totals else []
    )
    return tuple(
        Month(begins, days, orders[k], values[k] if values else None) for k, (begins, days) in enumerate(spans)
    )


def months_table(months: Sequence[Mapping[str, Any]]) -> pa.Table:
    """The months, as `base.months` has them, as a table: one row a month, low and high of the whole base."""
    return pa.Table.from_pylist([_row(month) for month in months], schema=SCHEMA)


def _row(month: Mapping[str, Any]) -> dict[str, Any]:
    orders, value = month["expected_orders"], month["value"] or dict.fromkeys(("mean", "low", "high"))
    return {
        "month": month["month"],
        "begins": date.fromisoformat(month["begins"]),
        "days": month["days"],
        "expected_orders": orders["mean"],
        "orders_low": orders["low"],
        "orders_high": orders["high"],
        "value": value["mean"],
        "value_low": value["low"],
        "value_high": value["high"],
    }


def _spans(as_of: date, horizon_days: int) -> Iterator[tuple[date, int]]:
    """First day and length of each calendar month, or part of one, from the day after `as_of` [days]."""
    begins, end = as_of + timedelta(days=1), as_of + timedelta(days=horizon_days)
    while begins <= end:
        following = (begins.replace(day=1) + timedelta(days=32)).replace(day=1)
        yield begins, (min(following, end + timedelta(days=1)) - begins).days
        begins = following


def _course(forecast: Forecast, part: Part, edges: NDArray[np.float64]) -> NDArray[np.float64]:
    """(2, draws, months) orders and value of a part at the intensity of each draw."""
    fit, worth = forecast.fit, forecast.worth[part.rows]
    some = np.argsort(-worth, kind="stable")
    some = some[np.unique(np.linspace(0, some.size - 1, min(LOOKED_AT, some.size)).astype(np.int64))]
    histories, weight = part.histories.at(some), part.rows.size / some.size
    middle = 0.5 * (edges[1:] + edges[:-1])
    discount = np.exp(-forecast.window.discount_rate * middle)
    course = np.zeros((2, len(fit.intensity), middle.size))
    for d, row in enumerate(part.segment.posterior.parameters):
        parameters = fit.model.Parameters.from_array(row)
        earned = np.zeros(some.size)
        if fit.spend is not None and part.spend is not None:
            drawn = fit.spend.model.Parameters.from_array(fit.spend.posterior.parameters[d])
            earned = part.margin[some] * fit.spend.model.expected_order_value(drawn, part.spend.at(some))
        alive = fit.model.probability_alive(parameters, histories)
        for k, (start, end) in enumerate(pairwise(edges.tolist())):
            orders = fit.model.expected_orders(
                parameters, histories, horizon=end - start, start=start, intensity=float(fit.intensity[d]), alive=alive
            )
            course[0, d, k] = weight * orders.sum()
            course[1, d, k] = weight * discount[k] * (orders @ earned)
            if part.cost_to_serve is not None:
                served = fit.model.probability_alive(parameters, histories, after=float(middle[k])).sum()
                course[1, d, k] -= weight * discount[k] * part.cost_to_serve * (end - start) * served
    return course


def _intervals(forecast: Forecast, name: str, course: NDArray[np.float64]) -> list[dict[str, float]]:
    """Mean, 5 % and 95 % point of each month; the means add to the displayed total."""
    total = float(forecast.figures[name].sum())
    mean = course.mean(axis=0)
    level = total / mean.sum() if mean.sum() else 1.0
    drawn = forecast.totals[name].reshape(len(course), -1)
    chance = float(np.sqrt(drawn.var(axis=1, ddof=1).mean())) if drawn.shape[1] > 1 else 0.0
    share = np.abs(mean) / max(float(np.abs(mean).sum()), 1e-300)
    steps = np.tile(ndtri((np.arange(len(course)) + 0.5) / len(course))[:, None], REPLICATES)
    steps = generator_for(Use.MONTHS, forecast.seed).permuted(steps, axis=0)
    shaken = level * course[:, None, :] + chance * np.sqrt(share) * steps[:, :, None]
    low, high = ends_of(shaken.reshape(-1, mean.size), replicates=REPLICATES)
    floor = 0.0 if name == ORDERS else -np.inf
    return [
        {"mean": float(level * mean[k]), "low": float(max(low[k], floor)), "high": float(high[k])}
        for k in range(mean.size)
    ]
