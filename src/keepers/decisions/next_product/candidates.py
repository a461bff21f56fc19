"""What may come next for a customer: what they bought, what goes with it, what sells; and what is known of each."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import polars as pl
import scipy.sparse as sp
from numpy.typing import NDArray

from keepers.decisions.next_product.baskets import Baskets, TooFewBasketsError
from keepers.decisions.next_product.likeness import Tastes, going_together, largest_of_rows, tastes_of

POPULAR_DAYS = 28
HALF_LIFE = 60  # days after which a purchase counts half
POPULAR, NEIGHBOURS, RELATED = 100, 20, 50
BLOCK = 20_000  # customers whose candidates are in memory at once
LONG_AGO = 400  # days, for what was never bought

TERMS = (
    "bought", "often", "share", "recent", "rate", "days_since", "days_since_any", "orders", "due", "popular",
    "related", "related_share", "fits",
)  # fmt: skip
"""What the chance of a candidate is learned from: each is a column of `candidates`, beside what it is made of."""


@dataclass(frozen=True, slots=True)
class Seen:
    """All that was known at the beginning of a day, for every customer.

    pairs: `customer`, `product`, `times` bought, `last` and `first` day, `lately` (purchases, the older the less)
    customers: `customer`, `occasions`, `last_any`
    popular: `product`, `buyers` in the last four weeks as a share of those who bought anything, the most first
    """

    day: int
    pairs: pl.DataFrame
    customers: pl.DataFrame
    popular: pl.DataFrame
    together: sp.csr_matrix
    tastes: Tastes


def seen_at(baskets: Baskets, day: int, *, seed: int) -> Seen:
    """What was known before a day [days since 1970]; nothing of that day or later.

    Raises:
        TooFewBasketsError: nothing was bought before it.
    """
    bought = baskets.before(day).bought
    if bought.height == 0:
        raise TooFewBasketsError("Nothing was bought before the held-out weeks. Pass a shorter --horizon.")
    weight = 0.5 ** ((day - pl.col("day")) / HALF_LIFE)
    pairs = bought.group_by("customer", "product").agg(
        times=pl.len(), last=pl.col("day").max(), first=pl.col("day").min(), lately=weight.sum()
    )
    pairs = pairs.sort("customer", "product")
    customers = bought.group_by("customer").agg(occasions=pl.col("day").n_unique(), last_any=pl.col("day").max())
    times = _matrix(pairs, "times", baskets)
    owned = sp.csr_matrix((np.ones_like(times.data, dtype=np.float64), times.indices, times.indptr), shape=times.shape)
    return Seen(
        day, pairs, customers.sort("customer"), _popular(bought, day),
        going_together(owned, NEIGHBOURS), tastes_of(times, seed=seed),
    )  # fmt: skip


def candidates(seen: Seen, customers: NDArray[np.int64]) -> Iterator[pl.DataFrame]:
    """For blocks of customers the products that may come next, one row each, with the columns of `TERMS`.

    Args:
        seen: what was known on the day.
        customers: their places, in ascending order.
    """
    for start in range(0, len(customers), BLOCK):
        yield _described(seen, customers[start : start + BLOCK])


def _described(seen: Seen, customers: NDArray[np.int64]) -> pl.DataFrame:
    chosen = pl.DataFrame({"customer": customers})
    pairs = chosen.join(seen.pairs, on="customer", how="inner")
    related, goes_with = _related(seen, pairs, customers)
    top = seen.popular["product"].head(POPULAR)
    everywhere = chosen.join(top.to_frame(), how="cross")
    rows = pl.concat([pairs.select("customer", "product"), goes_with, everywhere]).unique()
    rows = rows.sort("customer", "product")
    rows = rows.join(pairs, on=["customer", "product"], how="left").join(seen.customers, on="customer", how="left")
    rows = rows.join(seen.popular, on="product", how="left")
    place = np.searchsorted(customers, rows["customer"].to_numpy())
    drawn = np.asarray(related[place, rows["product"].to_numpy()]).ravel()
    fits = seen.tastes.fit(rows["customer"].to_numpy(), rows["product"].to_numpy())
    return rows.with_columns(drawn=pl.Series(drawn), fits=pl.Series(fits)).with_columns(_terms(seen.day))


def _terms(day: int) -> list[pl.Expr]:
    times, occasions = pl.col("times").fill_null(0), pl.col("occasions").cast(pl.Float64)
    since, drawn = day - pl.col("last"), pl.col("drawn")
    gap = (pl.col("last") - pl.col("first") + 15) / pl.col("times")
    return [
        (times > 0).cast(pl.Float64).alias("bought"),
        times.log1p().alias("often"),
        (times / occasions).alias("share"),
        pl.col("lately").fill_null(0).log1p().alias("recent"),
        (times / (day - pl.col("first") + 30)).fill_null(0).alias("rate"),
        since.fill_null(LONG_AGO).log1p().alias("days_since"),
        (day - pl.col("last_any")).log1p().alias("days_since_any"),
        occasions.log1p().alias("orders"),
        (since / gap).fill_null(0).log1p().alias("due"),
        (pl.col("buyers").fill_null(0) + 1e-5).log().alias("popular"),
        drawn.log1p().alias("related"),
        (drawn / occasions).log1p().alias("related_share"),
    ]


def _related(seen: Seen, pairs: pl.DataFrame, customers: NDArray[np.int64]) -> tuple[sp.csr_matrix, pl.DataFrame]:
    """How strongly what each customer bought lately points to every product, and the products it points to most."""
    place = np.searchsorted(customers, pairs["customer"].to_numpy())
    lately = (pairs["lately"].to_numpy(), (place, pairs["product"].to_numpy()))
    shape = (len(customers), seen.together.shape[0])
    related = (sp.csr_matrix(lately, shape=shape) @ seen.together).tocsr()
    most = largest_of_rows(related.copy(), RELATED).tocoo()
    return related, pl.DataFrame({"customer": customers[most.row], "product": most.col.astype(np.int64)})


def _popular(bought: pl.DataFrame, day: int) -> pl.DataFrame:
    last = bought.filter(pl.col("day") >= min(day - POPULAR_DAYS, int(bought["day"].max()) - POPULAR_DAYS + 1))  # type: ignore[arg-type]
    buyers = last["customer"].n_unique()
    shares = last.group_by("product").agg(buyers=pl.col("customer").n_unique() / buyers)
    return shares.sort("buyers", "product", descending=[True, False])


def _matrix(pairs: pl.DataFrame, column: str, baskets: Baskets) -> sp.csr_matrix:
    places = (pairs["customer"].to_numpy(), pairs["product"].to_numpy())
    shape = (len(baskets.customers), len(baskets.products))
    return sp.csr_matrix((pairs[column].to_numpy().astype(np.float64), places), shape=shape)
