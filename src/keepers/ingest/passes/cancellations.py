"""Which order a cancelled invoice takes back: C489440 takes back 489440, if an order with that number is there."""

from collections.abc import Sequence

import polars as pl

from keepers.ingest.passes.held import Held, look_at

_CANCELLED = r"^[Cc](\d{4,})$"
ORDER_SEED = 11


def named_by(lines: pl.DataFrame) -> pl.Series:
    """The orders that the cancelled invoices among some lines would take back."""
    marked = lines["order_id"].str.contains("^[Cc]").fill_null(value=False)
    return lines["order_id"].filter(marked).str.extract(_CANCELLED).drop_nulls().unique()


def that_exist(named: Sequence[pl.Series], keys: Sequence[Held]) -> pl.Series:
    """Those of the named orders that were read, told by their hashes."""
    orders = pl.concat(named).unique() if named else pl.Series([], dtype=pl.String)
    hashes = orders.hash(seed=ORDER_SEED)
    found = pl.Series([False]).new_from_index(0, len(orders)) if len(orders) else pl.Series([], dtype=pl.Boolean)
    for part in keys if len(orders) else ():
        found = found | hashes.is_in(look_at(part)["order"].unique().implode())
    return orders.filter(found)


def with_cancelled_orders(lines: pl.DataFrame, existing: pl.Series) -> pl.DataFrame:
    """The lines with `cancels_order_id` where their invoice takes back an order that exists."""
    if not len(existing):
        return lines
    taken_back = pl.col("order_id").str.extract(_CANCELLED)
    known = pl.when(taken_back.is_in(existing.implode())).then(taken_back)
    own = [pl.col("cancels_order_id")] if "cancels_order_id" in lines.columns else []
    return lines.with_columns(cancels_order_id=pl.coalesce(*own, known))
