"""As what each took part whom a table of nothing but pointers names: the one who called, whoever was called."""

from collections.abc import Iterator
from dataclasses import replace

import polars as pl

from keepers.crm.customers.exchange.reading import cells
from keepers.crm.customers.exchange.recognising.headers import words_for
from keepers.crm.customers.exchange.recognising.layout import Join

MOST_PARTS = 6
_PARTS = frozenset({"type", "role", "kind"})  # in the name of the column that tells them


def by_parts(join: Join, rows: pl.DataFrame) -> Iterator[Join]:
    """A join for each part that somebody takes; one alone where nothing tells them.

    Those come first who are most: a firm's few people take the same part each time, its customers another.
    """
    others = [header for header in rows.columns if header not in {join.here, join.there}]
    told = next((header for header in others if _tells_parts(header, rows[header])), None)
    if told is None:
        yield join
        return
    pairs = rows.select(part=cells.text_of(rows[told]), who=cells.text_of(rows[join.there]))
    count = pairs.group_by("part").agg(pl.col("who").n_unique()).sort("who", "part", descending=[True, False])
    for part in count["part"]:
        yield replace(join, field=told, only=part)


def _tells_parts(header: str, column: pl.Series) -> bool:
    told = cells.text_of(column)
    return not _PARTS.isdisjoint(words_for(header)) and not told.null_count() and 1 < told.n_unique() <= MOST_PARTS
