"""The customer base as of a date: the summary's rows as the arrays that the engine wants."""

from dataclasses import dataclass, field
from datetime import date, timedelta

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from keepers.clv.histories import Histories
from keepers.clv.spend import Spend
from keepers.clv.spending.stray_values import stray_values, without
from keepers.core.periods import TimeUnit
from keepers.valuation.choosing.truncation import WEEK, Truncation, find_truncation
from keepers.warehouse.store import Store

MARGIN_CREDIBILITY = 5.0  # mean orders after which a customer's own margin rate counts as much as the base's


@dataclass(frozen=True, slots=True)
class Base:
    """Every customer known at `as_of`, one row each, in the order of the summary."""

    as_of: date
    summary: pa.Table
    truncation: Truncation
    _histories: dict[float, Histories] = field(default_factory=dict, init=False, repr=False, compare=False)

    @property
    def size(self) -> int:
        """Number of customers."""
        return int(self.summary.num_rows)

    @property
    def has_money(self) -> bool:
        """Whether the source gave amounts."""
        return bool(self.summary["revenue"].null_count < self.size)

    @property
    def has_costs(self) -> bool:
        """Whether the source gave the cost of any line."""
        return bool(self.summary["margin_rate"].null_count < self.size)

    @property
    def settled_on(self) -> date | None:
        """First day of true acquisition: whoever was first seen before it was already there; None: nobody was."""
        if not self.truncation.found:
            return None
        first = int(self.days_of("first_order").min()) + WEEK * self.truncation.settled_after_weeks
        return date(1970, 1, 1) + timedelta(days=first)

    @property
    def usual_order_value(self) -> float:
        """What an occasion is usually worth: the median over customers of their own geometric mean; nan without any."""
        logs = self.column("mean_log_value")
        known = logs[np.isfinite(logs)]
        return float(np.exp(np.median(known))) if known.size else float("nan")

    @property
    def stray(self) -> NDArray[np.bool_]:
        """Customers with an order value so far above everybody's that it may be mistyped, shape (n,); mostly nobody."""
        return ~without(self.size, stray_values(self.column("largest_order_value"), self.usual_order_value))

    def column(self, name: str) -> NDArray[np.float64]:
        """A numeric column of the summary as floats, null as nan, shape (n,)."""
        values: NDArray[np.float64] = self.summary[name].to_numpy(zero_copy_only=False).astype(np.float64)
        return values

    def days_of(self, name: str) -> NDArray[np.int64]:
        """A date column as days since 1970-01-01, shape (n,) [days]."""
        days: NDArray[np.int64] = (
            self.summary[name].to_numpy(zero_copy_only=False).astype("datetime64[D]").astype(np.int64)
        )
        return days

    def aligned(self, other: "Base", name: str) -> NDArray[np.float64]:
        """A column of another date's base for the customers of this one, 0 where they were not known, shape (n,)."""
        return values_for(self.summary["customer_id"], other.summary["customer_id"], other.summary[name])

    def histories(self, unit: TimeUnit) -> Histories:
        """What the engine conditions on, counted in `unit`."""
        if unit.days not in self._histories:
            repeat_orders = self.column("repeat_orders")
            self._histories[unit.days] = Histories.of(
                repeat_orders=repeat_orders.astype(np.int64),
                age_at_last_order=self.column("age_at_last_order") / unit.days,
                age=self.column("age") / unit.days,
                time_unit_days=unit.days,
                sum_log_gaps=self.column("sum_log_gaps") - repeat_orders * np.log(unit.days),
            )
        return self._histories[unit.days]

    def spend(self) -> Spend:
        """Mean value of each customer's occasions whose amount is known, never below zero [money]."""
        return Spend.of(
            mean_order_value=np.maximum(np.nan_to_num(self.column("mean_order_value")), 0.0),
            orders=self._count("valued_orders"),
            paid_orders=self._count("paid_orders"),
            mean_log_value=np.nan_to_num(self.column("mean_log_value")),
            var_log_value=np.nan_to_num(self.column("var_log_value")),
        )

    def _count(self, name: str) -> NDArray[np.int64]:
        return np.asarray(np.nan_to_num(self.column(name)), dtype=np.int64)

    def margin_rates(self, default: float) -> NDArray[np.float64]:
        """Share of revenue left after the cost of goods: from costs where given, else `default`, shape (n,).

        A customer's own rate is drawn towards the base's by `MARGIN_CREDIBILITY` mean orders, because a
        rate from one small order says little.
        """
        own = self.column("margin_rate")
        known = np.isfinite(own)
        if not known.any():
            return np.full(self.size, default)
        usual = ~self.stray
        revenue = np.maximum(np.nan_to_num(self.column("revenue")), 0.0)
        weight = np.where(known, revenue, 0.0)
        learned = np.where(usual, weight, 0.0)  # a mistyped amount does not decide what others earn
        pooled = float(np.average(np.nan_to_num(own), weights=learned)) if learned.sum() > 0 else default
        prior = MARGIN_CREDIBILITY * max(float(np.nanmean(self.column("mean_order_value")[usual])), 1e-9)
        blended: NDArray[np.float64] = (weight * np.nan_to_num(own) + prior * pooled) / (weight + prior)
        return blended


def values_for(customers: pa.ChunkedArray, keys: pa.ChunkedArray, values: pa.ChunkedArray) -> NDArray[np.float64]:
    """The value of each customer in a table with one row a key, 0 for those it does not have, shape (n,)."""
    place = pc.index_in(customers, value_set=keys.combine_chunks())
    found: NDArray[np.float64] = pc.fill_null(values.take(place).cast(pa.float64()), 0.0).to_numpy(zero_copy_only=False)
    return found


def load_base(store: Store, *, as_of: date) -> Base:
    """Read the base as it was known on `as_of`: later orders and later returns are not seen."""
    summary = store.query("customer_summary", as_of=as_of, run_id="")
    first_order = summary["first_order"].to_numpy(zero_copy_only=False).astype("datetime64[D]").astype(np.int64)
    return Base(as_of, summary, find_truncation(first_order))
