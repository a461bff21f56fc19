"""What each customer may buy next: learned, judged, proposed."""

from dataclasses import dataclass
from datetime import date

import pyarrow as pa

from keepers.decisions.next_product.baskets import TooFewBasketsError, baskets_of, day_number
from keepers.decisions.next_product.candidates import seen_at
from keepers.decisions.next_product.judging import Judgement, judge
from keepers.decisions.next_product.proposing import Wanted, propose
from keepers.warehouse.store import Store

SEED = 1


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


def next_products_in(store: Store, wanted: Wanted, *, horizon_days: int, as_of: date | None = None) -> NextProducts:
    """Propose from the orders of a store, up to a day, or to the last order.

    Raises:
        KeepersError: the history is too short or names no products.
    """
    last = as_of or store.query("order_window").to_pylist()[0]["last_order"]
    if last is None:
        raise TooFewBasketsError("There are no orders to learn from. Name order files, or import some.")
    baskets = baskets_of(store.query("product_days", as_of=last))
    now = day_number(last) + 1
    seen, before = (seen_at(baskets, day, seed=SEED) for day in (now, now - horizon_days))
    judgement, not_judged = None, ""
    try:
        earlier = seen_at(baskets, now - 2 * horizon_days, seed=SEED)
        judgement = judge(baskets, earlier, before, top=wanted.top, seed=SEED)
    except TooFewBasketsError as error:
        not_judged = str(error)
    proposals = propose(baskets, store.query("product_names"), before, seen, wanted, seed=SEED)
    return NextProducts(last, horizon_days, proposals, judgement, not_judged)
