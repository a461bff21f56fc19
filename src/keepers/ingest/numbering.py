"""Line numbers within each order and exact duplicates, from two hashes a row, so that they fit in memory.

Lines of an order are numbered by their content, not by their place in the file: the same rows in another order get
the same numbers. Identical rows follow one another.
"""

from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class Numbering:
    """For every accepted row, in the order they were read: its number within the order, and whether it repeats one."""

    line_numbers: NDArray[np.int64]
    repeats: NDArray[np.bool_]


def number_lines(orders: pl.Series, rows: pl.Series, *, drop_repeats: bool) -> Numbering:
    """Number the lines of each order by content; repeats get no place of their own if they are dropped."""
    keys = pl.DataFrame({"order": orders, "row": rows}).with_row_index("at").sort("order", "row", "at")
    repeat = (pl.col("row") == pl.col("row").shift()) & (pl.col("order") == pl.col("order").shift())
    keys = keys.with_columns(repeat=repeat.fill_null(value=False))
    counted = ~pl.col("repeat") if drop_repeats else pl.col("repeat").is_not_null()
    running = counted.cast(pl.Int64).cum_sum()
    first = pl.col("order") != pl.col("order").shift()
    keys = keys.with_columns(running=running).with_columns(
        before=pl.when(first.fill_null(value=True)).then(pl.col("running") - 1).forward_fill()
    )
    placed = keys.select("at", "repeat", number=pl.col("running") - pl.col("before")).sort("at")
    return Numbering(placed["number"].to_numpy(), placed["repeat"].to_numpy())
