"""Whom to offer one product: who is likely to buy it with the offer and not without, and what is left of it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import polars as pl
import pyarrow as pa
from scipy.special import ndtri

from keepers.decisions.next_product.baskets import Baskets
from keepers.decisions.next_product.candidates import Seen
from keepers.decisions.next_product.proposing import as_told, usual_prices
from keepers.decisions.next_product.ranking import Ranking, scored
from keepers.decisions.terms.doing import as_part
from keepers.decisions.terms.effects import RANDOMISED, Floats
from keepers.decisions.terms.terms import Promotion

MOST_PEOPLE = 2_000  # of one product, those whom it is expected to bring most
MOST_PRODUCTS = 50  # those that are expected to bring most
FEWEST_PEOPLE = 10  # an offer to fewer is no promotion
_LEVELS = (np.arange(9) + 0.5) / 9  # of the effect's strength, over which a mean is taken
_ENDS = np.array([0.05, 0.95])
GAINS = ("expected_gain", "expected_gain_low", "expected_gain_high")
OFFERED = ("chance_offered", "cost", "cost_beside", *GAINS, "evidence")


@dataclass(frozen=True, slots=True)
class Lift:
    """What an experiment found that a promotion adds to the margin per customer, before the cost of telling [money]."""

    mean: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Promoting:
    """How products are promoted.

    promotion: what telling somebody costs and does
    margin: of revenue, at the full price [share]
    measured: product id, `as_part` of actions, → what experiments found, which counts before what is assumed
    product: the id of the one product that is asked about; None for all
    """

    promotion: Promotion
    margin: float
    measured: Mapping[str, Lift] = field(default_factory=dict)
    product: str | None = None


def promote(baskets: Baskets, products: pa.Table, seen: Seen, ranking: Ranking, promoting: Promoting) -> pa.Table:
    """For every product the customers to whom offering it is expected to pay, those whom it brings most first.

    The chance without the offer is q; with it the odds q ÷ (1 − q) are multiplied. What is gained is the margin of the
    purchases with the offer, at the price with the discount, less that of those without it, less the cost of telling.
    So whoever buys anyway costs the discount and brings nothing. Purchases that only move from later weeks, or from
    other products, count as gained: an experiment shows what is left without them.

    Args:
        baskets: purchases.
        products: the step `product_names`: `product_id`, `name`, `category`.
        seen: what is known now.
        ranking: the chances, as they were learned.
        promoting: with what terms.

    Returns:
        The columns of `propose`, where `rank` counts a product's customers, and `chance_offered` [0–1], `cost` (of
        telling, and the discounts to be expected), `cost_beside` (what of it no margin holds that an experiment
        measured), `expected_gain` with `_low` and `_high` (5 % and 95 % points over
        what the effect may be) [money], `evidence`. All rows share one doubt about the effect, so the ends of several
        add up. At most 2,000 customers of a product and 50 products.

    Raises:
        UnknownProductError: nobody bought the one product that is asked about.
    """
    one = None if promoting.product is None else baskets.place_of(promoting.product)
    priced = usual_prices(baskets).filter(pl.col("price") > 0)
    priced = priced if one is None else priced.filter(pl.col("product") == one)
    lifts = _lifts(baskets, promoting.measured)
    kept = []
    for rows in scored(seen, ranking):
        assumed = _offered(rows.join(priced, on="product", how="inner"), promoting)
        kept.append(_as_measured(assumed, lifts, "product").filter(pl.col("expected_gain") > 0))
    first = pl.concat(kept).sort("product", "expected_gain", "customer", descending=[False, True, False])
    first = first.with_columns(rank=1 + pl.int_range(pl.len()).over("product")).filter(pl.col("rank") <= MOST_PEOPLE)
    together = first.group_by("product").agg(gain=pl.col("expected_gain").sum(), people=pl.len())
    if one is None:
        together = together.filter(pl.col("people") >= FEWEST_PEOPLE)
    best = together.sort("gain", "product", descending=[True, False]).head(MOST_PRODUCTS).with_row_index("place")
    chosen = first.join(best.select("product", "place"), on="product", how="inner").sort("place", "rank")
    return as_told(chosen.drop("price", "place"), baskets, products, seen, OFFERED)


def by_category(offers: pa.Table, products: pa.Table, measured: Mapping[str, Lift]) -> pa.Table:
    """Whom to offer which category: of its products each customer the one that should bring most, told of once.

    Args:
        offers: as `promote` tells them, of several products.
        products: the step `product_names`: `product_id`, `name`, `category`.
        measured: category, `as_part` of actions, → what experiments found of it, which counts before what its products
            are expected to bring.

    Returns:
        The rows of `offers` that are left, with their `category`: a customer once a category, those whom its product
        brings most first. Categories with fewer than 10 customers, and those that were measured not to pay, are left
        out. The ends of several add up, as those of products.
    """
    named = pl.DataFrame(products.select(["product_id", "category"])).drop_nulls()
    rows = pl.DataFrame(offers).join(named, on="product_id", how="inner", maintain_order="left")
    best = rows.sort("category", "expected_gain", "customer_id", descending=[False, True, False])
    best = best.unique(["category", "customer_id"], keep="first", maintain_order=True)
    categories = best["category"].unique(maintain_order=True).to_list()
    lifts = _table_of({name: measured[part] for name in categories if (part := as_part(name)) in measured}, "category")
    paying = _as_measured(best, lifts, "category").filter(pl.col("expected_gain") > 0)
    return paying.filter(pl.len().over("category") >= FEWEST_PEOPLE).to_arrow()


def _offered(rows: pl.DataFrame, promoting: Promoting) -> pl.DataFrame:
    """Candidates with their `price`: what offering the product to each is expected to bring."""
    promotion, chance, price = promoting.promotion, rows["chance"].to_numpy(), rows["price"].to_numpy()
    margin = promoting.margin

    def bought_at(odds: float) -> Floats:
        return np.asarray(odds * chance / (1 - chance + odds * chance))

    def gain_of(bought: Floats) -> Floats:
        after = bought * (margin - promotion.discount) - chance * margin
        return np.asarray(price * after - promotion.cost)

    over = [bought_at(odds) for odds in promotion.odds(ndtri(_LEVELS))]
    bought = np.mean(over, axis=0)
    ends = [gain_of(bought_at(odds)) for odds in promotion.odds(ndtri(_ENDS))]
    discounts = bought * price * promotion.discount
    return rows.with_columns(
        chance_offered=pl.Series(bought),
        cost=pl.Series(promotion.cost + discounts),
        cost_beside=pl.Series(promotion.cost + discounts * (1 - margin)),
        expected_gain=pl.Series(gain_of(bought)),
        expected_gain_low=pl.Series(np.minimum(*ends)),
        expected_gain_high=pl.Series(np.maximum(*ends)),
        evidence=pl.lit(promotion.evidence),
    )


def _as_measured(rows: pl.DataFrame, lifts: pl.DataFrame, tried: str) -> pl.DataFrame:
    """What an experiment tried, a product or a category, brings each customer what it found, less the cost beside.

    It counted the margin as a share of what was paid, so of a discount d only d × margin: the rest comes off here, with
    the telling. Offers that an earlier version kept do not know that cost, and stay as they are.
    """
    joined = rows.join(lifts, on=tried, how="left", maintain_order="left")
    found = {name: pl.col(f"lift_{name}") - pl.col("cost_beside").cast(pl.Float64) for name in GAINS}
    is_told = found["expected_gain"].is_not_null()
    evidence = pl.when(is_told).then(pl.lit(RANDOMISED)).otherwise("evidence")
    told = {name: pl.coalesce(lift, pl.col(name)) for name, lift in found.items()}
    return joined.with_columns(**told, evidence=evidence).drop([f"lift_{name}" for name in GAINS])


def _lifts(baskets: Baskets, measured: Mapping[str, Lift]) -> pl.DataFrame:
    names = [as_part(product) for product in baskets.products.to_pylist()]
    return _table_of({place: measured[name] for place, name in enumerate(names) if name in measured}, "product")


def _table_of(measured: Mapping[Any, Lift], tried: str) -> pl.DataFrame:
    """A row a product (its place) or category that was tried: `lift_` and each of `GAINS`."""
    found = list(measured.values())
    columns = {tried: list(measured)} | {
        f"lift_{name}": [getattr(each, point) for each in found]
        for name, point in zip(GAINS, Lift.__slots__, strict=True)
    }
    of = pl.Int64 if tried == "product" else pl.String
    return pl.DataFrame(columns, schema={tried: of} | {f"lift_{name}": pl.Float64 for name in GAINS})
