"""Columns whose cells point now to one kind of thing, now to another, as a column beside them says.

Systems that number each table for itself write them so: an id, and `Contact` or `Deal` in the column of its type.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import polars as pl

from keepers.crm.customers.exchange.reading import cells
from keepers.crm.customers.exchange.recognising.headers import (
    ends_as_id,
    is_own_id,
    naming,
    stem_of,
    with_kind,
    words_for,
)
from keepers.crm.customers.exchange.recognising.layout import Split, Table
from keepers.crm.customers.exchange.recognising.recognition import Sampled, noun_of
from keepers.crm.customers.exchange.recognising.vocabulary import bare
from keepers.ingest.sources import Block, Description, Source

MOST_KINDS = 40
_TELLING = ("type", "name", "kind", "model", "module", "class", "object", "entity", "table")
_NUMBERS = r"^\d+$"


@dataclass(frozen=True, slots=True)
class ByKind:
    """A source with the columns of others, split by kind."""

    source: Source
    splits: Sequence[Split]

    @property
    def description(self) -> Description:
        """What the source is, with the headers that it has now."""
        about = self.source.description
        return replace(about, headers=(*about.headers, *(split.header for split in self.splits)))

    def blocks(self, columns: Sequence[str] | None = None) -> Iterator[Block]:
        """The blocks of the source, wider."""
        wanted = [split for split in self.splits if columns is None or split.header in columns]
        own = None
        if columns is not None:
            parts = {split.header for split in self.splits}
            needed = [header for split in wanted for header in (split.cells, split.kinds)]
            own = [*dict.fromkeys([*(header for header in columns if header not in parts), *needed])]
        for block in self.source.blocks(own):
            yield block.with_rows(_parted(block.rows, wanted)) if wanted else block


def parted_by_kind(sampled: Sequence[Sampled]) -> list[Sampled]:
    """The tables with what their columns point to, parted by kind where numbers alone would mean rows of several."""
    tables = [replace(each.table, noun=noun_of(each.table.sheet or each.table.file, each.rows)) for each in sampled]
    found = []
    for each, table in zip(sampled, tables, strict=True):
        splits = tuple(_splits(each.rows, table, tables))
        found.append(Sampled(replace(each.table, splits=splits), _parted(each.rows, splits)) if splits else each)
    return found


def _splits(rows: pl.DataFrame, table: Table, tables: Sequence[Table]) -> Iterator[Split]:
    for header in rows.columns:
        kinds = None if is_own_id(header, stem_of(table)) else _kinds_of(header, rows)
        if kinds is None or not cells.text_of(rows[header]).drop_nulls().str.contains(_NUMBERS).all():
            continue
        for kind in cells.text_of(rows[kinds]).drop_nulls().unique().sort().head(MOST_KINDS):
            called = with_kind(header, kind)
            if called not in rows.columns and any(naming(called, to, of=table) for to in tables):
                yield Split(called, header, kinds, kind)


def _kinds_of(header: str, rows: pl.DataFrame) -> str | None:
    """The column that says of which kind the things are that an id points to."""
    *words, _id = words_for(bare(header)) or ("",)
    if not words or not ends_as_id(header):
        return None
    called = {words_for(bare(other)): other for other in rows.columns}
    return next((called[(*words, telling)] for telling in _TELLING if (*words, telling) in called), None)


def _parted(rows: pl.DataFrame, splits: Sequence[Split]) -> pl.DataFrame:
    told = {header: cells.text_of(rows[header]) for split in splits for header in (split.cells, split.kinds)}
    return rows.with_columns(
        pl.select(pl.when(told[split.kinds] == split.kind).then(told[split.cells])).to_series().alias(split.header)
        for split in splits
    )
