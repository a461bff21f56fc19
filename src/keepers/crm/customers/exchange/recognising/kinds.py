"""Columns whose cells point now to one kind of thing, now to another, as a column beside them or each cell itself says.

Systems that number each table for itself write them so: an id, and `Contact` or `Deal` in the column of its type; those
that point by names write both in one cell: `Contact::::Ada Novak`.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import polars as pl
from django.utils.translation import gettext as _

from keepers.crm.customers.exchange.reading import cells
from keepers.crm.customers.exchange.recognising.codes import Coded, Meant, meanings
from keepers.crm.customers.exchange.recognising.headers import is_own_id, kinds_beside, naming, stem_of, with_kind
from keepers.crm.customers.exchange.recognising.layout import Split, Table
from keepers.crm.customers.exchange.recognising.nouns import noun_of
from keepers.crm.customers.exchange.recognising.sampled import Sampled, filled_headers
from keepers.ingest.sources import Block, Description, Source

MOST_KINDS = 40
MARKED = 0.9  # of the cells of a column that say of what kind they are themselves
_NUMBERS = r"^\d+$"
_CODE = re.compile(r"\d{1,4}")
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
    tables = [replace(each.table, noun=noun_of(each.table, each.rows)) for each in sampled]
    coded = [each for one, table in zip(sampled, tables, strict=True) for each in _coded(one.rows, table, tables)]
    meant = meanings(coded, {each.table.name: each for each in sampled})
    found = []
    for each, table in zip(sampled, tables, strict=True):
        of_codes = [of for of in coded if of.table == table.name]
        splits = (*_splits(each.rows, table, tables), *_splits_of_codes(each.rows, of_codes, meant, tables))
        notes = table.notes + tuple(_open(each.rows, of_codes, meant))
        named = replace(each.table, splits=splits, notes=notes)
        found.append(replace(each, table=named, rows=_parted(each.rows, splits)))
    return found


def _splits(rows: pl.DataFrame, table: Table, tables: Sequence[Table]) -> Iterator[Split]:
    """The splits of columns whose kinds are words: in the cells themselves, or in a column beside them."""
    for header in filled_headers(rows):
        marked = _marked_in(header, rows)
        yield from marked
        kinds = None if marked else _kinds_of(header, rows, table)
        for kind in _told(kinds, rows):
            called = with_kind(header, kind)
            if kinds and called not in rows.columns and any(naming(called, to, of=table) for to in tables):
                yield Split(called, header, kinds, kind)


def _kinds_of(header: str, rows: pl.DataFrame, table: Table) -> str | None:
    """The column that says of which kind the rows are whose numbers stand in another."""
    kinds = None if is_own_id(header, stem_of(table)) else kinds_beside(header, rows.columns)
    are_numbers = cells.text_of(rows[header]).drop_nulls().str.contains(_NUMBERS).all()
    return kinds if are_numbers else None


def _told(kinds: str | None, rows: pl.DataFrame) -> Sequence[str]:
    return cells.text_of(rows[kinds]).drop_nulls().unique().sort().head(MOST_KINDS).to_list() if kinds else []


def _coded(rows: pl.DataFrame, table: Table, tables: Sequence[Table]) -> Iterator[Coded]:
    """The columns of ids whose kinds are all codes, which name no table."""
    for header in filled_headers(rows):
        kinds = _kinds_of(header, rows, table)
        told = _told(kinds, rows)
        if kinds and told and all(_CODE.fullmatch(kind) for kind in told):
            yield Coded(table.name, header, kinds)


def _splits_of_codes(
    rows: pl.DataFrame, coded: Sequence[Coded], meant: Meant, tables: Sequence[Table]
) -> Iterator[Split]:
    """The splits of columns whose kinds are codes, each called after the table that its code means."""
    stems = {table.name: stem_of(table) for table in tables}
    for each in coded:
        for code in _told(each.kinds, rows):
            if (each.kinds, code) in meant.tables:
                called = with_kind(each.ids, stems[meant.tables[each.kinds, code]])
                yield Split(called, each.ids, each.kinds, code)


def _open(rows: pl.DataFrame, coded: Sequence[Coded], meant: Meant) -> Iterator[str]:
    """Notes on codes that may mean several tables."""
    for each in coded:
        for code in _told(each.kinds, rows):
            if (each.kinds, code) in meant.open:
                yield _(
                    'What %(code)s in "%(kinds)s" stands for is not told: its ids may be those of %(tables)s, '
                    "or of what is not here. These rows are kept, and are nobody's."
                ) % {"code": code, "kinds": each.kinds, "tables": ", ".join(meant.open[each.kinds, code])}


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
