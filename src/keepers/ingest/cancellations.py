"""Which order a cancelled invoice takes back: C489440 takes back 489440, if an order with that number is there."""

from collections.abc import Sequence

import polars as pl
import pyarrow as pa
import pyarrow.compute as pc

from keepers.ingest.held import Held, look_at

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


def with_cancelled_orders(lines: pa.Table, existing: pl.Series) -> pa.Table:
    """The lines with `cancels_order_id` where their invoice takes back an order that exists."""
    if not len(existing):
        return lines
    orders = pl.from_arrow(lines.select(["order_id"]))
    assert isinstance(orders, pl.DataFrame)
    taken_back = pl.col("order_id").str.extract(_CANCELLED)
    known = orders.select(pl.when(taken_back.is_in(existing.implode())).then(taken_back)).to_series()
    told = known.to_arrow().cast(pa.string())
    if "cancels_order_id" not in lines.column_names:
        return lines.append_column("cancels_order_id", told)
    at = lines.column_names.index("cancels_order_id")
    return lines.set_column(at, "cancels_order_id", pc.coalesce(lines["cancels_order_id"], told))
