"""What each customer may buy next, from order files or from a workspace: learned, judged, proposed."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pyarrow as pa

from keepers.decisions.next_product.baskets import TooFewBasketsError, baskets_of, day_number
from keepers.decisions.next_product.candidates import seen_at
from keepers.decisions.next_product.judging import Judgement, judge
from keepers.decisions.next_product.proposing import Wanted, propose
from keepers.ingest.orders import read_orders
from keepers.ingest.report import ImportOptions, Progress
from keepers.warehouse.engines.engine import DUCKDB
from keepers.warehouse.store import MemoryStore, Store

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


def next_products_of_files(
    paths: Sequence[Path],
    options: ImportOptions,
    wanted: Wanted,
    *,
    folder: Path,
    horizon_days: int,
    as_of: date | None = None,
    progress: Callable[[Progress], None] | None = None,
    engine_url: str = DUCKDB,
) -> NextProducts:
    """Read order files and propose.

    Raises:
        KeepersError: a file cannot be read, or the history is too short or names no products.
    """
    store = MemoryStore(folder / "store", engine_url=engine_url)
    try:
        imported = read_orders(paths, options=options, into=folder / "lines", progress=progress)
        store.append("order_lines", imported.lines)
        store.append("products", imported.products)
        return next_products_in(store, wanted, horizon_days=horizon_days, as_of=as_of)
    finally:
        store.close()


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
