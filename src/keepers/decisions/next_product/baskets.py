"""Who bought what on which day, as arrays: what every question about next products starts from."""

from dataclasses import dataclass, replace
from datetime import date

import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from keepers.core.errors import KeepersError

EPOCH = date(1970, 1, 1)


class TooFewBasketsError(KeepersError):
    """The history is too short or too thin to learn what customers buy next."""


class UnknownProductError(KeepersError):
    """A product that was asked about was never bought."""


@dataclass(frozen=True, slots=True)
class Baskets:
    """Purchases of named products, one row a customer, product and day.

    customers: their ids, shape (customers,)
    products: their ids, shape (products,)
    bought: columns `customer` and `product` (places in the two above), `day` (days since 1970) and `revenue` [money],
        in the order of customers and days
    """

    customers: pa.Array
    products: pa.Array
    bought: pl.DataFrame

    def place_of(self, product_id: str) -> int:
        """Where a product stands among `products`.

        Raises:
            UnknownProductError: nobody bought it.
        """
        place = int(pc.index(self.products, pa.scalar(product_id, self.products.type)).as_py())
        if place < 0:
            raise UnknownProductError(
                f'No order names the product "{product_id}". keepers insight products lists them.'
            )
        return place

    def before(self, day: int) -> "Baskets":
        """What was bought before a day [days since 1970]; places of customers and products stay."""
        return replace(self, bought=self.bought.filter(pl.col("day") < day))

    def bought_from(self, day: int, days: int) -> pl.DataFrame:
        """The pairs `customer`, `product` of the days from `day` on, each once."""
        window = self.bought.filter((pl.col("day") >= day) & (pl.col("day") < day + days))
        return window.select("customer", "product").unique()


def baskets_of(rows: pa.Table) -> Baskets:
    """The purchases of the step `product_days`.

    Raises:
        TooFewBasketsError: no line names both a customer and a product.
    """
    if rows.num_rows == 0:
        raise TooFewBasketsError(
            "No order names both a customer and a product, so nothing can be said of what they buy next. "
            "If a column of the file names products, pass --map product_id=HEADER."
        )
    customers, customer = _numbered(rows["customer_id"])
    products, product = _numbered(rows["product_id"])
    day = rows["bought_on"].cast(pa.int32()).to_numpy()
    revenue = rows["revenue"].cast(pa.float64()).to_numpy(zero_copy_only=False)
    return Baskets(
        customers, products, pl.DataFrame({"customer": customer, "product": product, "day": day, "revenue": revenue})
    )


def day_number(day: date) -> int:
    """Days since 1970."""
    return (day - EPOCH).days


def _numbered(texts: pa.ChunkedArray) -> tuple[pa.Array, NDArray[np.int64]]:
    """Each text once, in order, and its place in each row."""
    values = pc.unique(texts)
    values = values.take(pc.sort_indices(values))
    return values, pc.index_in(texts, value_set=values).to_numpy().astype(np.int64)
