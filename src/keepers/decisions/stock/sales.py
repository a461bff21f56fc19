"""What was sold, as arrays counted in weeks back from the day that is known last."""

from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property

import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from keepers.core.errors import KeepersError

WEEK = 7
MOST_WEEKS = 157  # three years tell what recurs every year; what lies before is not looked at
EPOCH = date(1970, 1, 1)

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]


class TooLittleSoldError(KeepersError):
    """The history is too short or too thin to learn what will be asked for."""


@dataclass(frozen=True)
class Sales:
    """Sales of named products up to a day, one row a product, day and customer.

    Week 0 is the seven days that end on `as_of`, week −1 the seven before.

    products: their ids, shape (products,)
    customers: ids of those who are named, shape (customers,)
    product, customer: places in the two above, −1 where nobody is named, shape (rows,)
    week: shape (rows,)
    quantity: shape (rows,) [pieces]
    ordered_by, ordered_on: who ordered on which day, each once, shape (occasions,); days since 1970
    """

    as_of: date
    products: pa.Array
    customers: pa.Array
    product: Integers
    customer: Integers
    week: Integers
    quantity: Floats
    ordered_by: Integers
    ordered_on: Integers

    @property
    def today(self) -> int:
        """`as_of` as days since 1970."""
        return (self.as_of - EPOCH).days

    @cached_property
    def weeks(self) -> int:
        """How many weeks are known."""
        return 1 - int(self.week.min())

    @cached_property
    def pieces(self) -> Floats:
        """Pieces sold, shape (products, weeks); the last column is week 0."""
        return self._by_week(self.quantity)

    @cached_property
    def purchases(self) -> Floats:
        """How often somebody bought the product, shape (products, weeks)."""
        return self._by_week(np.ones_like(self.quantity))

    @cached_property
    def orders(self) -> Floats:
        """Orders of named customers, shape (weeks,); 1 a week where nobody is named, so that mixes are rates a week."""
        counted = np.bincount(self.ordered_week[self.ordered_week > -self.weeks] + self.weeks - 1, minlength=self.weeks)
        return counted.astype(np.float64) if self.ordered_by.size else np.ones(self.weeks)

    @cached_property
    def ordered_week(self) -> Integers:
        """The week of each occasion, shape (occasions,)."""
        return -((self.today - self.ordered_on) // WEEK)

    def later(self, week: int, weeks: int) -> Floats:
        """Pieces sold in the weeks after `week`, shape (products,)."""
        begin = self.weeks + week
        whole: Floats = self.pieces[:, begin : begin + weeks].sum(axis=1)
        return whole

    def _by_week(self, amounts: Floats) -> Floats:
        place = self.product * self.weeks + self.week + self.weeks - 1
        summed = np.bincount(place, weights=amounts, minlength=len(self.products) * self.weeks)
        return np.asarray(summed, dtype=np.float64).reshape(len(self.products), self.weeks)


def sales_of(rows: pa.Table, *, as_of: date) -> Sales:
    """The sales of the step `product_demand`.

    Raises:
        TooLittleSoldError: no line names a product, or all are long ago.
    """
    if rows.num_rows == 0:
        raise TooLittleSoldError(
            "No order names a product, so nothing can be said of what to keep in stock. "
            "If a column of the file names products, pass --map product_id=HEADER."
        )
    named, customer = _numbered(rows["customer_id"])
    days = rows["bought_on"].cast(pa.int32()).to_numpy().astype(np.int64)
    occasions = pl.DataFrame({"customer": customer, "day": days}).filter(pl.col("customer") >= 0).unique()
    occasions = occasions.sort("customer", "day")
    today = (as_of - EPOCH).days
    week = -((today - days) // WEEK)
    kept = week > -MOST_WEEKS
    if not kept.any():
        raise TooLittleSoldError(
            f"Nothing was sold in the {MOST_WEEKS} weeks up to {as_of:%-d %B %Y}, so nothing tells what to keep. "
            "Pass --as-of with a day on which there still were orders."
        )
    products, product = _numbered(rows["product_id"].filter(pa.array(kept)))
    quantity = rows["quantity"].to_numpy(zero_copy_only=False)[kept]
    return Sales(
        as_of, products, named, product, customer[kept], week[kept], quantity,
        occasions["customer"].to_numpy(), occasions["day"].to_numpy(),
    )  # fmt: skip


def first_day(as_of: date, week: int) -> date:
    """The day on which a week begins."""
    return as_of + timedelta(days=WEEK * (week - 1) + 1)


def _numbered(texts: pa.ChunkedArray) -> tuple[pa.Array, Integers]:
    """Each text once, in order, and its place in each row; −1 where there is none."""
    values = pc.drop_null(pc.unique(texts))
    values = values.take(pc.sort_indices(values))
    places = pc.fill_null(pc.index_in(texts, value_set=values, skip_nulls=True), -1)
    return values, places.to_numpy(zero_copy_only=False).astype(np.int64)
