"""Columns whose cells point now to one kind of thing, now to another, as a column beside them or each cell itself says.

Systems that number each table for itself write them so: an id, and `Contact` or `Deal` in the column of its type; those
that point by names write both in one cell: `Contact::::Ada Novak`.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import polars as pl

from keepers.crm.customers.exchange.reading import cells
from keepers.crm.customers.exchange.recognising.headers import is_own_id, kinds_beside, naming, stem_of, with_kind
from keepers.crm.customers.exchange.recognising.layout import Split, Table
from keepers.crm.customers.exchange.recognising.recognition import Sampled, filled_headers, noun_of
from keepers.ingest.sources import Block, Description, Source

MOST_KINDS = 40
MARKED = 0.9  # of the cells of a column that say of what kind they are themselves
_NUMBERS = r"^\d+$"
_MARKED = r"^(?P<kind>[^\W\d][^\W\d ]*)(?P<mark>::+)\S"


@dataclass(frozen=True, slots=True)
class ByKind:
    """A source with the columns of others, split by kind."""

    source: Source
    splits: Sequence[Split]

    @property
    def description(self) -> Description:
        """What the source is, with the headers that it has now."""
        about = self.source.description
        return replace(about, headers=tuple(dict.fromkeys([*about.headers, *(split.header for split in self.splits)])))

    def blocks(self, columns: Sequence[str] | None = None) -> Iterator[Block]:
        """The blocks of the source, wider."""
        wanted = [split for split in self.splits if columns is None or split.header in columns]
        own = None
        if columns is not None:
            parts = {split.header for split in self.splits if split.header != split.cells}
            needed = [header for split in wanted for header in (split.cells, split.kinds)]
            own = [*dict.fromkeys([*(header for header in columns if header not in parts), *needed])]
        for block in self.source.blocks(own):
            yield block.with_rows(_parted(block.rows, wanted)) if wanted else block


def parted_by_kind(sampled: Sequence[Sampled]) -> list[Sampled]:
    """The tables with what their columns point to, parted by kind where numbers alone would mean rows of several."""
    tables = [replace(each.table, noun=noun_of(stem_of(each.table), each.rows)) for each in sampled]
    found = []
    for each, table in zip(sampled, tables, strict=True):
        splits = tuple(_splits(each.rows, table, tables))
        found.append(Sampled(replace(each.table, splits=splits), _parted(each.rows, splits)) if splits else each)
    return found


def _splits(rows: pl.DataFrame, table: Table, tables: Sequence[Table]) -> Iterator[Split]:
    for header in filled_headers(rows):
        marked = _marked_in(header, rows)
        yield from marked
        if marked:
            continue
        kinds = None if is_own_id(header, stem_of(table)) else kinds_beside(header, rows.columns)
        if kinds is None or not cells.text_of(rows[header]).drop_nulls().str.contains(_NUMBERS).all():
            continue
        for kind in cells.text_of(rows[kinds]).drop_nulls().unique().sort().head(MOST_KINDS):
            called = with_kind(header, kind)
            if called not in rows.columns and any(naming(called, to, of=table) for to in tables):
                yield Split(called, header, kinds, kind)


def _marked_in(header: str, rows: pl.DataFrame) -> list[Split]:
    """The splits of a column each of whose cells says of what kind it is; one kind alone is taken out of the cells."""
    told = cells.text_of(rows[header]).drop_nulls()
    found = told.str.extract_groups(_MARKED).struct.unnest().drop_nulls()
    pairs = found.unique().sort("kind").rows()
    if found.height < max(1, MARKED * len(told)) or len(pairs) > MOST_KINDS:
        return []
    alone = len(pairs) == 1
    return [Split(header if alone else with_kind(header, kind), header, header, kind, mark) for kind, mark in pairs]


def _parted(rows: pl.DataFrame, splits: Sequence[Split]) -> pl.DataFrame:
    told = {header: cells.text_of(rows[header]) for split in splits for header in (split.cells, split.kinds)}
    return rows.with_columns(_part(told[split.cells], told[split.kinds], split) for split in splits)


def _part(written: pl.Series, kinds: pl.Series, split: Split) -> pl.Series:
    """The cells of one kind, without it."""
    if not split.mark:
        return pl.select(pl.when(kinds == split.kind).then(written)).to_series().alias(split.header)
    before = split.kind + split.mark
    rest = pl.when(written.str.starts_with(before)).then(written.str.strip_prefix(before))
    left = written if split.header == split.cells else None  # cells that say nothing of it stay as they are
    return pl.select(rest.otherwise(left)).to_series().alias(split.header)
