"""A table with its first rows: what recognition looks at."""

from collections.abc import Sequence
from dataclasses import dataclass

import polars as pl

from keepers.crm.customers.exchange.recognising.layout import Table
from keepers.ingest.sources import SAMPLE_ROWS, Source


@dataclass(frozen=True, slots=True)
class Sampled:
    """A table with its first rows, and where all of them are."""

    table: Table
    rows: pl.DataFrame
    source: Source | None = None


def whole_columns(each: Sampled, headers: Sequence[str]) -> pl.DataFrame:
    """Columns of a table with all of its rows, where it has more than were sampled and the columns are its own."""
    if each.source is None or each.rows.height < SAMPLE_ROWS or set(headers) - {*each.source.description.headers}:
        return each.rows.select(headers)
    blocks = (block.rows.select(pl.col(headers).cast(pl.String, strict=False)) for block in each.source.blocks(headers))
    return pl.concat(list(blocks))


def filled_headers(rows: pl.DataFrame) -> list[str]:
    """The headers below which something stands; some systems export a thousand columns of nothing."""
    if rows.is_empty():
        return []
    told = rows.select((pl.all().cast(pl.String, strict=False).fill_null("") != "").any()).row(0)
    return [header for header, is_filled in zip(rows.columns, told, strict=True) if is_filled]
