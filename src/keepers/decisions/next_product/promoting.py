"""Whom to offer one product: who is likely to buy it with the offer and not without, and what is left of it."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import polars as pl
import pyarrow as pa
from scipy.special import ndtri

from keepers.decisions.doing import as_part
from keepers.decisions.effects import RANDOMISED, Floats
from keepers.decisions.next_product.baskets import Baskets
from keepers.decisions.next_product.candidates import Seen
from keepers.decisions.next_product.proposing import as_told, usual_prices
from keepers.decisions.next_product.ranking import Ranking, scored
from keepers.decisions.terms import Promotion

MOST_PEOPLE = 2_000  # of one product, those whom it is expected to bring most
MOST_PRODUCTS = 50  # those that are expected to bring most
FEWEST_PEOPLE = 10  # an offer to fewer is no promotion
_LEVELS = (np.arange(9) + 0.5) / 9  # of the effect's strength, over which a mean is taken
_ENDS = np.array([0.05, 0.95])
OFFERED = ("chance_offered", "cost", "expected_gain", "expected_gain_low", "expected_gain_high", "evidence")


@dataclass(frozen=True, slots=True)
class Lift:
    """What an experiment found that a promotion adds to the margin a head, before the cost of telling [money]."""

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
        telling, and the discounts to be expected), `expected_gain` with `_low` and `_high` (5 % and 95 % points over
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
        offered = _offered(rows.join(priced, on="product", how="inner"), lifts, promoting)
        kept.append(offered.filter(pl.col("expected_gain") > 0))
    first = pl.concat(kept).sort("product", "expected_gain", "customer", descending=[False, True, False])
    first = first.with_columns(rank=1 + pl.int_range(pl.len()).over("product")).filter(pl.col("rank") <= MOST_PEOPLE)
    together = first.group_by("product").agg(gain=pl.col("expected_gain").sum(), people=pl.len())
    if one is None:
        together = together.filter(pl.col("people") >= FEWEST_PEOPLE)
    best = together.sort("gain", "product", descending=[True, False]).head(MOST_PRODUCTS).with_row_index("place")
    chosen = first.join(best.select("product", "place"), on="product", how="inner").sort("place", "rank")
    return as_told(chosen.drop("price", "place"), baskets, products, seen, OFFERED)


def by_category(offers: pa.Table, products: pa.Table) -> pa.Table:
    """Whom to offer which category: of its products each customer the one that should bring most, told of once.

    Args:
        offers: as `promote` tells them, of several products.
        products: the step `product_names`: `product_id`, `name`, `category`.

    Returns:
        The rows of `offers` that are left, with their `category`: a customer once a category, those whom it brings most
        first. Categories with fewer than 10 customers are left out. The ends of several add up, as those of products.
    """
    named = pl.DataFrame(products.select(["product_id", "category"])).drop_nulls()
    rows = pl.DataFrame(offers).join(named, on="product_id", how="inner", maintain_order="left")
    best = rows.sort("category", "expected_gain", "customer_id", descending=[False, True, False])
    best = best.unique(["category", "customer_id"], keep="first", maintain_order=True)
    return best.filter(pl.len().over("category") >= FEWEST_PEOPLE).to_arrow()


def _offered(rows: pl.DataFrame, lifts: pl.DataFrame, promoting: Promoting) -> pl.DataFrame:
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
    assumed = rows.with_columns(
        chance_offered=pl.Series(bought),
        cost=pl.Series(promotion.cost + bought * price * promotion.discount),
        expected_gain=pl.Series(gain_of(bought)),
        expected_gain_low=pl.Series(np.minimum(*ends)),
        expected_gain_high=pl.Series(np.maximum(*ends)),
        evidence=pl.lit(promotion.evidence),
    )
    return _as_measured(assumed, lifts, promotion.cost, margin) if lifts.height else assumed


def _as_measured(rows: pl.DataFrame, lifts: pl.DataFrame, telling: float, margin: float) -> pl.DataFrame:
    """Products that an experiment tried bring each of their customers what it found, less the cost of telling.

    It counted the margin as a share of what was paid, so of a discount d only d × margin: the rest comes off here.
    """
    joined = rows.join(lifts, on="product", how="left", maintain_order="left")
    cost = telling + (pl.col("cost") - telling) * (1 - margin)
    names = ("expected_gain", "expected_gain_low", "expected_gain_high")
    found = {name: pl.coalesce(pl.col(f"lift_{name}") - cost, pl.col(name)) for name in names}
    evidence = pl.when(pl.col("lift_expected_gain").is_not_null()).then(pl.lit(RANDOMISED)).otherwise("evidence")
    return joined.with_columns(**found, evidence=evidence).drop([f"lift_{name}" for name in names])


def _lifts(baskets: Baskets, measured: Mapping[str, Lift]) -> pl.DataFrame:
    names = [as_part(product) for product in baskets.products.to_pylist()]
    known = [place for place, name in enumerate(names) if name in measured]
    found = [measured[names[place]] for place in known]
    return pl.DataFrame(
        {
            "product": known,
            "lift_expected_gain": [each.mean for each in found],
            "lift_expected_gain_low": [each.low for each in found],
            "lift_expected_gain_high": [each.high for each in found],
        },
        schema_overrides={"product": pl.Int64},
    )
