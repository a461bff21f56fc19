"""Rolling origins: what earlier forecasts from this firm's own past would have said, and what then happened.

Everything here ends before the forecast that it serves: nothing after `end` is read.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from keepers.clv.histories import Histories, evenly_by_weight
from keepers.core.periods import TimeUnit
from keepers.warehouse.store import Store

MOST_ORIGINS = 4
LEAST_WINDOW_DAYS = 14
LEAST_CUSTOMERS = 20
MOST_ROWS = 50_000


@dataclass(frozen=True, slots=True)
class Origin:
    """Distinct histories as of `start` with the orders that followed until `end`."""

    start: date
    end: date
    histories: Histories
    later_orders: NDArray[np.int64]

    @property
    def days(self) -> int:
        """Length of the forecast window [days]."""
        return (self.end - self.start).days

    @property
    def total_orders(self) -> float:
        """Orders that all customers of the origin then made [occasions]."""
        return float(self.histories.weight @ self.later_orders)


def rolling_origins(store: Store, *, first: date, end: date, horizon_days: float, unit: TimeUnit) -> Iterator[Origin]:
    """Origins from the latest back, each with at least a third of the history before it.

    The window is the horizon, or a third of the history where the history is shorter than thrice the horizon;
    origins are half a window apart, so neighbouring windows overlap by half.
    """
    spans = list(_spans(first, end, horizon_days))
    if not spans:
        return
    starts, ends = (list(days) for days in zip(*spans, strict=True))
    rows = store.query("histories_at", origins=starts, ends=ends, as_of=end)
    for start, until in spans:
        origin = _origin(rows.filter(pc.equal(rows["origin"], pa.scalar(start))), start, until, unit)
        if origin.histories.customers >= LEAST_CUSTOMERS:
            yield origin


def _spans(first: date, end: date, horizon_days: float) -> Iterator[tuple[date, date]]:
    """First and last day of each forecast window, the latest first."""
    history = (end - first).days
    window = int(min(horizon_days, history // 3))
    if window < LEAST_WINDOW_DAYS:
        return
    for place in range(MOST_ORIGINS):
        until = end - timedelta(days=place * (window // 2))
        start = until - timedelta(days=window)
        if (start - first).days >= history // 3:
            yield start, until


def _origin(rows: pa.Table, start: date, end: date, unit: TimeUnit) -> Origin:
    """The base as of `start`, one row a distinct history and later count; a large base is thinned evenly."""
    column = {name: rows[name].to_numpy(zero_copy_only=False) for name in rows.column_names}
    weight = column["customers"].astype(np.float64)
    chosen = np.arange(weight.size)
    if weight.size > MOST_ROWS:
        chosen, weight = evenly_by_weight(weight, MOST_ROWS)
    repeat_orders = column["repeat_orders"][chosen].astype(np.int64)
    histories = Histories.of(
        repeat_orders=repeat_orders,
        age_at_last_order=column["age_at_last_order"][chosen] / unit.days,
        age=column["age"][chosen] / unit.days,
        weight=weight,
        time_unit_days=unit.days,
        sum_log_gaps=column["mean_sum_log_gaps"][chosen] - repeat_orders * np.log(unit.days),
    )
    return Origin(start, end, histories, column["later_orders"][chosen].astype(np.int64))
