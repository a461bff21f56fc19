"""The products to propose to each customer, with the chance, what kind of proposal it is, and why."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl
import pyarrow as pa

from keepers.decisions.next_product.baskets import Baskets
from keepers.decisions.next_product.candidates import Seen
from keepers.decisions.next_product.ranking import Ranking, scored

DEARER = 1.15  # times what they paid for others of the category, from which a proposal is a step up
AGAIN, NEW, STEP_UP = "again", "new", "step up"


@dataclass(frozen=True, slots=True)
class Wanted:
    """What to propose.

    top: products a customer
    only_new: leave out what they bought before
    product: the id of the one product whose likely buyers are sought, None for everybody's own
    """

    top: int
    only_new: bool = False
    product: str | None = None


def propose(baskets: Baskets, products: pa.Table, seen: Seen, ranking: Ranking, wanted: Wanted) -> pa.Table:
    """For every customer the products they most likely buy within the horizon to come.

    Args:
        baskets: purchases.
        products: the step `product_names`: `product_id`, `name`, `category`.
        seen: what is known now.
        ranking: as it was learned from the horizon before.
        wanted: how many, and of what.

    Returns:
        `customer_id`, `rank`, `product_id`, `name`, `kind` (again, new, step up), `chance` [0–1], `reason`; ordered by
        customer and rank, or, for one product, by chance. The chance is that of a purchase without any offer:
        somebody near certain to buy needs none.

    Raises:
        UnknownProductError: nobody bought the one product that is asked about.
    """
    return as_told(_chosen(baskets, seen, ranking, wanted), baskets, products, seen)


def as_told(
    chosen: pl.DataFrame, baskets: Baskets, products: pa.Table, seen: Seen, more: Sequence[str] = ()
) -> pa.Table:
    """Chosen candidates with names, kinds and reasons: the columns of `propose`, and `more` of the candidates' own."""
    told = _told(chosen, baskets, seen, products)
    ids = pa.array(np.asarray(baskets.customers)[told["customer"].to_numpy()], pa.string())
    rows = told.select(
        rank=pl.col("rank"), product_id=pl.col("product_id"), name=pl.col("name"), kind=pl.col("kind"),
        chance=pl.col("chance"), reason=_reasons(seen.day), **{name: pl.col(name) for name in more},
    )  # fmt: skip
    table = rows.to_arrow()
    texts = [pa.string() if pa.types.is_large_string(field.type) else field.type for field in table.schema]
    table = table.cast(pa.schema(list(zip(table.column_names, texts, strict=True))))
    return table.add_column(0, "customer_id", ids)


def usual_prices(baskets: Baskets) -> pl.DataFrame:
    """What a day's purchase of each `product` costs, in the middle: `price` [money]."""
    return baskets.bought.group_by("product").agg(price=pl.col("revenue").median())


def _chosen(baskets: Baskets, seen: Seen, ranking: Ranking, wanted: Wanted) -> pl.DataFrame:
    """The first of each customer, or whoever may want the one product."""
    one = None if wanted.product is None else baskets.place_of(wanted.product)
    kept = []
    for rows in scored(seen, ranking):
        block = rows.filter(pl.col("bought") == 0) if wanted.only_new else rows
        if one is not None:
            kept.append(block.filter(pl.col("product") == one).with_columns(rank=pl.lit(0)))
            continue
        block = block.sort("customer", "chance", "product", descending=[False, True, False])
        block = block.with_columns(rank=1 + pl.int_range(pl.len()).over("customer"))
        kept.append(block.filter(pl.col("rank") <= wanted.top))
    found = pl.concat(kept)
    if one is None:
        return found
    return found.sort("chance", "customer", descending=[True, False]).with_columns(rank=1 + pl.int_range(pl.len()))


def _told(chosen: pl.DataFrame, baskets: Baskets, seen: Seen, products: pa.Table) -> pl.DataFrame:
    """Names, the kind of each proposal, and the product of theirs that points to it most."""
    named = pl.from_arrow(products.select(["product_id", "name", "category"]))
    assert isinstance(named, pl.DataFrame)
    places = pl.DataFrame({"product_id": pl.from_arrow(baskets.products)}).with_row_index("product")
    names = places.with_columns(pl.col("product").cast(pl.Int64)).join(named, on="product_id", how="left")
    names = names.join(usual_prices(baskets), on="product", how="left")
    rows = chosen.join(names, on="product", how="left", maintain_order="left")
    paid = _paid(baskets, names, chosen)
    rows = rows.join(paid, on=["customer", "category"], how="left", maintain_order="left")
    dearer = (pl.col("price") > DEARER * pl.col("paid")).fill_null(value=False)
    kind = pl.when(pl.col("bought") > 0).then(pl.lit(AGAIN)).when(dearer).then(pl.lit(STEP_UP))
    rows = rows.with_columns(kind=kind.otherwise(pl.lit(NEW)))
    pointing = _pointing(rows, seen).join(names.select("product", "name", "product_id"), on="product", how="left")
    from_what = pl.coalesce("name", "product_id")
    return rows.with_columns(pointing.select(goes_with=from_what).to_series())


def _paid(baskets: Baskets, names: pl.DataFrame, chosen: pl.DataFrame) -> pl.DataFrame:
    """What each customer paid, in the middle, for what they bought of each category."""
    theirs = baskets.bought.join(chosen.select("customer").unique(), on="customer", how="semi")
    theirs = theirs.join(names.select("product", "category"), on="product", how="left").drop_nulls("category")
    return theirs.group_by("customer", "category").agg(paid=pl.col("revenue").median())


def _pointing(rows: pl.DataFrame, seen: Seen) -> pl.DataFrame:
    """Of each proposal that is new, the product of theirs that goes with it most; else nothing."""
    together = seen.together.T.tocsr().tocoo()
    edges = pl.DataFrame(
        {"product": together.row.astype(np.int64), "own": together.col.astype(np.int64), "cosine": together.data}
    )
    proposals = rows.with_row_index("at").filter(pl.col("bought") == 0).select("at", "customer", "product")
    owned = seen.pairs.select("customer", "lately", own=pl.col("product"))
    drawn = proposals.join(edges, on="product").join(owned, on=["customer", "own"])
    drawn = drawn.with_columns(pull=pl.col("cosine") * pl.col("lately")).sort(
        "at", "pull", "own", descending=[False, True, False]
    )
    first = drawn.group_by("at", maintain_order=True).agg(product=pl.col("own").first())
    every = pl.DataFrame({"at": np.arange(rows.height, dtype=np.uint32)})
    return every.join(first, on="at", how="left", maintain_order="left").select("product")


def _reasons(day: int) -> pl.Expr:
    """Why, in the reader's words."""
    since = day - pl.col("last")
    times = pl.col("times")
    again = pl.format("Bought {} times, last {} days ago.", times, since)
    once = pl.format("Bought once, {} days ago.", since)
    popular = pl.format("{} % of recent buyers bought it.", (100 * pl.col("buyers").fill_null(0)).round(1))
    return (
        pl.when(times > 1).then(again).when(times == 1).then(once)
        .when(pl.col("goes_with").is_not_null()).then(pl.format("Bought with {}.", pl.col("goes_with")))
        .otherwise(popular)
    )  # fmt: skip
