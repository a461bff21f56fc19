"""What each customer may buy next: learned, judged, proposed."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.compute as pc

from keepers.decisions.next_product.baskets import Baskets, TooFewBasketsError, baskets_of, day_number
from keepers.decisions.next_product.candidates import Seen, seen_at
from keepers.decisions.next_product.judging import Judgement, judge
from keepers.decisions.next_product.promoting import Lift, Promoting, promote
from keepers.decisions.next_product.proposing import Wanted, propose
from keepers.decisions.next_product.ranking import Ranking, learn
from keepers.decisions.terms.costs_file import read_terms, usual_order
from keepers.decisions.terms.doing import promoted
from keepers.decisions.terms.effects import RANDOMISED
from keepers.decisions.terms.terms import InvalidTermsError, Promotion
from keepers.loop.last_day import last_day_in
from keepers.warehouse.store import Store
from keepers.warehouse.tables import NEXT_PRODUCTS

SEED = 1
TOP = 5  # products a customer that a run keeps
WITHIN = 28  # days that a run looks ahead
MOST_LINES = 3_000_000  # of a run that also says what comes next: purchases are read into memory


@dataclass(frozen=True, slots=True)
class NextProducts:
    """The proposals, and how good such proposals were on the last weeks, which were held out.

    judgement: None where the history does not reach over the held-out weeks and those that are learned from;
        `not_judged` then says why
    """

    as_of: date
    horizon_days: int
    proposals: pa.Table
    judgement: Judgement | None
    not_judged: str = ""


@dataclass(frozen=True, slots=True)
class RunTerms:
    """What a run assumes of promotions: its day, margin [share] and currency, and the workspace's costs file."""

    as_of: date
    margin: float
    currency: str | None
    costs: Path | None


@dataclass(frozen=True, slots=True)
class _Known:
    """Purchases, products, what was known a horizon ago and is known now, and the chances learned in between."""

    baskets: Baskets
    products: pa.Table
    before: Seen
    seen: Seen
    ranking: Ranking


def next_products_in(store: Store, wanted: Wanted, *, horizon_days: int, as_of: date | None = None) -> NextProducts:
    """Propose from the orders of a store, up to a day, or to the last order.

    Raises:
        KeepersError: the history is too short or names no products.
    """
    last = last_day(store, as_of)
    known = _known(store, last, horizon_days)
    judgement, not_judged = None, ""
    try:
        earlier = seen_at(known.baskets, known.before.day - horizon_days, seed=SEED)
        judgement = judge(known.baskets, earlier, known.before, top=wanted.top, seed=SEED)
    except TooFewBasketsError as error:
        not_judged = str(error)
    proposals = propose(known.baskets, known.products, known.seen, known.ranking, wanted)
    return NextProducts(last, horizon_days, proposals, judgement, not_judged)


def offers_in(store: Store, promoting: Promoting, *, as_of: date) -> pa.Table:
    """Whom to offer which product, by the orders of a store up to a day: as `promote` tells it.

    Raises:
        KeepersError: the history is too short or names no products.
    """
    known = _known(store, as_of, WITHIN)
    return promote(known.baskets, known.products, known.seen, known.ranking, promoting)


def next_products_of_run(store: Store, run_id: str, values: pa.Table, terms: RunTerms) -> pa.Table:
    """The rows of `next_products` that a run keeps; none where products, history or money are missing, or are too many.

    Args:
        store: as the run sees it.
        run_id: its name.
        values: its customers, whose usual order costs are shares of where no file says them.
        terms: what it assumes.
    """
    empty = NEXT_PRODUCTS.schema.empty_table()
    if store.query("order_window").to_pylist()[0]["lines"] > MOST_LINES:
        return empty
    try:
        known = _known(store, terms.as_of, WITHIN)
    except TooFewBasketsError:
        return empty
    asked = (known.baskets, known.products, known.seen, known.ranking)
    proposals = propose(*asked, Wanted(TOP))
    promotion, offers = _promotion(terms, usual_order(values)), None
    if promotion is not None:
        offers = promote(*asked, Promoting(promotion, terms.margin, lifts_of(store, promoted)))
    rows = _together(proposals, offers).with_columns(run_id=pl.lit(run_id))
    valued = pl.DataFrame(values.select(["customer_id"]))
    kept = rows.join(valued, on="customer_id", how="semi", maintain_order="left")
    return NEXT_PRODUCTS.conform(kept.select(set(kept.columns) & set(NEXT_PRODUCTS.schema.names)).to_arrow())


def last_day(store: Store, as_of: date | None) -> date:
    """The day up to which orders count.

    Raises:
        TooFewBasketsError: there are no orders.
    """
    last = as_of or last_day_in(store)
    if last is None:
        raise TooFewBasketsError("There are no orders to learn from. Name order files, or import some.")
    return last


def lifts_of(store: Store, told_by: Callable[[str], str | None]) -> dict[str, Lift]:
    """What experiments found of promotions, the latest look of each: by the product's id, or by category.

    Args:
        store: with what was measured.
        told_by: `promoted` of products, `category_promoted` of categories.
    """
    rows = store.query("effects").filter(pc.field("group").is_null() & pc.field("margin_lift").is_valid())
    found = dict[str, Lift]()
    for row in rows.sort_by("measured_at").to_pylist():
        if row["evidence"] == RANDOMISED and (tried := told_by(row["action"])) is not None:
            found[tried] = Lift(row["margin_lift"], row["margin_lift_low"], row["margin_lift_high"])
    return found


def _promotion(terms: RunTerms, usual: float) -> Promotion | None:
    """What promoting costs and does; None without money, or where the plan will say what is wrong with the file."""
    if np.isnan(usual):
        return None
    try:
        return read_terms(terms.costs, usual_order_value=usual, currency=terms.currency).promotion
    except InvalidTermsError:
        return None


def _known(store: Store, last: date, horizon_days: int) -> _Known:
    baskets = baskets_of(store.query("product_days", as_of=last))
    now = day_number(last) + 1
    before = seen_at(baskets, now - horizon_days, seed=SEED)
    ranking = learn(baskets, before, horizon_days, seed=SEED)
    return _Known(baskets, store.query("product_names"), before, seen_at(baskets, now, seed=SEED), ranking)


def _together(proposals: pa.Table, offers: pa.Table | None) -> pl.DataFrame:
    """One row a customer and product, whether it is proposed, to be offered, or both; in the order of customers."""
    rows = pl.DataFrame(proposals)
    if offers is not None:
        more = pl.DataFrame(offers).rename({"rank": "offer_rank"})
        beside = ("name", "kind", "chance", "reason")
        rows = rows.join(more, on=["customer_id", "product_id"], how="full", coalesce=True)
        rows = rows.with_columns(pl.coalesce(name, f"{name}_right") for name in beside)
    rows = rows.rename({"name": "product_name", "kind": "proposal"})
    return rows.sort("customer_id", "rank", "product_id", nulls_last=True)
