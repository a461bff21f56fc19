"""Line numbers within each order and exact duplicates, from two hashes a row, in bounded memory.

Lines of an order are numbered by their content, not by their place in the file: the same rows in another order get
the same numbers. Identical rows follow one another. Many hashes lie on disk; orders are taken a share at a time.
"""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import polars as pl
from numpy.typing import NDArray

from keepers.ingest.passes.held import Held, look_at

ROWS_AT_ONCE = 4_000_000
MOST_AT_A_GLANCE = 20_000_000  # hashes of eight bytes


def number_lines(
    keys: Sequence[Held], *, rows: int, drop_repeats: bool, into: Path, rows_at_once: int = ROWS_AT_ONCE
) -> NDArray[np.int64]:
    """The number of every row within its order, in the order the rows were read; negative where it repeats one.

    `keys` are tables with the columns `order` and `row`, two hashes. Repeats that are to be dropped take no number of
    their own. The array lies in a file of the folder `into`, or is a single 1 where each order has one line.
    """
    if rows <= MOST_AT_A_GLANCE and _each_has_one_line(keys):
        return np.broadcast_to(np.int64(1), rows)
    numbers: NDArray[np.int64] = np.memmap(into / "numbers.tmp", dtype=np.int64, mode="w+", shape=(max(1, rows),))
    shares = rows // rows_at_once + 1
    for share in range(shares):
        placed = _numbered(_share_of(keys, share, shares), drop_repeats=drop_repeats)
        numbers[placed["at"].to_numpy()] = placed["number"].to_numpy()
    return numbers


def _each_has_one_line(keys: Sequence[Held]) -> bool:
    if _repeats(look_at(keys[0])["order"]):
        return False
    return not _repeats(pl.concat([look_at(part)["order"] for part in keys]))


def _repeats(orders: pl.Series) -> bool:
    hashes = orders.sort().to_numpy()  # Polars sorts on every core
    return bool((hashes[1:] == hashes[:-1]).any())


def _share_of(keys: Sequence[Held], share: int, shares: int) -> pl.DataFrame:
    parts, done = [], 0
    for part in map(look_at, keys):
        at = pl.int_range(done, done + part.height, eager=True).alias("at")
        done += part.height
        parts.append(
            part.with_columns(at).filter(pl.col("order") % shares == share) if shares > 1 else part.with_columns(at)
        )
    return pl.concat(parts)


def _numbered(keys: pl.DataFrame, *, drop_repeats: bool) -> pl.DataFrame:
    keys = keys.sort("order", "row", "at")
    same_order = (pl.col("order") == pl.col("order").shift()).fill_null(value=False)
    keys = keys.with_columns(
        first=~same_order, repeat=same_order & (pl.col("row") == pl.col("row").shift()).fill_null(value=False)
    )
    counted = ~pl.col("repeat") if drop_repeats else pl.col("repeat").is_not_null()
    keys = keys.with_columns(running=counted.cast(pl.Int64).cum_sum())
    before = pl.when("first").then(pl.col("running") - 1).forward_fill()
    number = pl.col("running") - before
    return keys.select("at", number=pl.when("repeat").then(-number).otherwise(number))
