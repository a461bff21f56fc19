"""The simple rules that a forecast has to beat, learned from nothing later than the calibration's end.

* `past_spend`: rank by revenue so far (by orders so far without money).
* `rfm`: 5 × 5 × 5 cells of recency, frequency and money; a cell forecasts what its customers did in an earlier
  window.
* `recency`: rank by the last order alone.
* `carried_forward`: everyone orders as often as in the last period.
* `boosting`: gradient-boosted trees on the same features, learned on the earlier window, with quantile losses.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:  # scikit-learn takes a second to import, and only a backtest needs it
    from sklearn.ensemble import HistGradientBoostingRegressor

CELLS = 5
QUANTILE_LEVELS = (np.arange(10) + 0.5) / 10
MOST_ROWS_TO_LEARN = 20_000
TREES = 60
LEAST_TO_LEARN = 100


@dataclass(frozen=True, slots=True)
class Features:
    """What a rule may know of each customer at a date, all shape (n,)."""

    orders: NDArray[np.float64]
    revenue: NDArray[np.float64]
    days_since_last: NDArray[np.float64]
    days_since_first: NDArray[np.float64]
    mean_order_value: NDArray[np.float64]

    def matrix(self) -> NDArray[np.float64]:
        """The features as columns for a learner, with the mean gap between orders added."""
        gap = (self.days_since_first - self.days_since_last) / np.maximum(self.orders - 1, 1)
        columns = (
            self.orders,
            self.revenue,
            self.days_since_last,
            self.days_since_first,
            self.mean_order_value,
            np.where(self.orders > 1, gap, np.nan),
        )
        return np.column_stack(columns)


@dataclass(frozen=True, slots=True)
class Lesson:
    """An earlier window: what was known at its start and what followed; `scale` stretches it to the graded window."""

    features: Features
    later_orders: NDArray[np.float64]
    later_revenue: NDArray[np.float64]
    scale: float


@dataclass(frozen=True, slots=True)
class RuleForecast:
    """A rule's ranking, and its forecast of orders where it makes one.

    score: (n,) larger is better; in money where there is money.
    orders: (n,) mean orders, or None for a ranking alone.
    quantiles: (n, len(levels)) of orders at `levels`, or None for a point forecast.
    """

    name: str
    score: NDArray[np.float64]
    orders: NDArray[np.float64] | None = None
    quantiles: NDArray[np.float64] | None = None


def rule_forecasts(now: Features, lesson: Lesson, recent_orders: NDArray[np.float64]) -> Iterator[RuleForecast]:
    """Every rule's forecast for the customers of `now`.

    Args:
        now: features at the calibration's end.
        lesson: the earlier window to learn from.
        recent_orders: orders of each customer in a period just before the calibration's end, as long as the
            lesson's window [occasions].
    """
    has_money = bool(np.nansum(now.revenue) > 0)
    yield RuleForecast("past_spend", now.revenue if has_money else now.orders)
    yield _rfm(now, lesson, has_money=has_money)
    yield RuleForecast("recency", -now.days_since_last)
    carried = recent_orders * lesson.scale
    yield RuleForecast("carried_forward", carried * now.mean_order_value if has_money else carried, carried)
    if lesson.later_orders.size >= LEAST_TO_LEARN and lesson.later_orders.max() > 0:
        yield _boosting(now, lesson, has_money=has_money)


def _rfm(now: Features, lesson: Lesson, *, has_money: bool) -> RuleForecast:
    """Each cell's forecast is the empirical distribution of what its customers did in the lesson."""
    edges = _cell_edges(lesson.features)
    learned, current = _cells(lesson.features, edges), _cells(now, edges)
    later = lesson.later_orders * lesson.scale
    orders = _cell_means(learned, later)[current]
    worth = _cell_means(learned, lesson.later_revenue * lesson.scale)[current] if has_money else orders
    return RuleForecast("rfm", worth, orders, _cell_quantiles(learned, later)[current])


def _cell_edges(features: Features) -> list[NDArray[np.float64]]:
    inner = np.arange(1, CELLS) / CELLS
    columns = (features.days_since_last, features.orders, features.mean_order_value)
    return [np.unique(np.quantile(column, inner)) for column in columns]


def _cells(features: Features, edges: list[NDArray[np.float64]]) -> NDArray[np.int64]:
    columns = (features.days_since_last, features.orders, features.mean_order_value)
    recency, frequency, money = (np.searchsorted(edge, column) for edge, column in zip(edges, columns, strict=True))
    return (recency * CELLS + frequency) * CELLS + money


def _cell_means(cells: NDArray[np.int64], values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Mean of each cell, drawn towards the whole by one customer's weight."""
    count = np.bincount(cells, minlength=CELLS**3)
    total = np.bincount(cells, weights=values, minlength=CELLS**3)
    means: NDArray[np.float64] = (total + values.mean()) / (count + 1)
    return means


def _cell_quantiles(cells: NDArray[np.int64], values: NDArray[np.float64]) -> NDArray[np.float64]:
    everyone = np.quantile(values, QUANTILE_LEVELS)
    table = np.tile(everyone, (CELLS**3, 1))
    for cell in np.unique(cells):
        members = values[cells == cell]
        if members.size >= 10:
            table[cell] = np.quantile(members, QUANTILE_LEVELS)
    return table


def _boosting(now: Features, lesson: Lesson, *, has_money: bool) -> RuleForecast:
    """Small trees on few rows: one thread is faster than several that wait for each other."""
    import sklearn.ensemble  # noqa: F401 -- first, because a limit holds for the libraries that are loaded
    from threadpoolctl import threadpool_limits

    with threadpool_limits(1, user_api="openmp"):
        return _boosted(now, lesson, has_money=has_money)


def _boosted(now: Features, lesson: Lesson, *, has_money: bool) -> RuleForecast:
    rows = _evenly(lesson.later_orders.size, MOST_ROWS_TO_LEARN)
    learn, later = lesson.features.matrix()[rows], lesson.later_orders[rows] * lesson.scale
    matrix = now.matrix()
    orders = _learner("poisson").fit(learn, later).predict(matrix)
    columns = [_learner("quantile", level).fit(learn, later).predict(matrix) for level in QUANTILE_LEVELS]
    quantiles = np.maximum(np.sort(np.column_stack(columns), axis=1), 0.0)
    worth = orders
    if has_money:
        worth = _learner("squared_error").fit(learn, lesson.later_revenue[rows] * lesson.scale).predict(matrix)
    return RuleForecast("boosting", worth, orders, quantiles)


def _learner(loss: str, level: float | None = None) -> "HistGradientBoostingRegressor":
    from sklearn.ensemble import HistGradientBoostingRegressor

    return HistGradientBoostingRegressor(
        loss=loss, quantile=level, max_iter=TREES, max_leaf_nodes=15, min_samples_leaf=20, random_state=1
    )


def _evenly(size: int, most: int) -> NDArray[np.int64]:
    return np.unique(np.linspace(0, size - 1, min(size, most)).astype(np.int64))
