"""Whether order lines hold returns, by what their files say of themselves: without any, a query need not match them."""

from collections.abc import Sequence
from functools import cache
from pathlib import Path

import pyarrow.parquet as pq


def may_hold_returns(parts: Sequence[Path]) -> bool:
    """Whether any of the Parquet files of order lines may hold a return; of a file that is lost the engine tells."""
    return any(not part.exists() or _may_hold_a_return(part) for part in parts)


@cache
def _may_hold_a_return(part: Path) -> bool:
    """By the least and the most of each group of rows; files never change."""
    about = pq.read_metadata(part)
    at = about.schema.names.index("line_kind")
    for group in range(about.num_row_groups):
        told = about.row_group(group).column(at).statistics
        if told is None or not told.has_min_max or told.min <= "return" <= told.max:
            return True
    return False
