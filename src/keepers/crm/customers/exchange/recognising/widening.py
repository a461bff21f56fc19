"""Rows with the columns that a table has by way of others: each is read from them, and stands beside its own."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import polars as pl

from keepers.crm.customers.exchange.reading import cells
from keepers.crm.customers.exchange.recognising.layout import Join
from keepers.crm.customers.exchange.recognising.said import statements
from keepers.ingest.recognising.vocabulary import plain
from keepers.ingest.sources import Block, Description, Source

_FIRST = ("primaryaddress", "isprimary", "primary")  # of several, the one that is marked so comes first
Rows = Callable[[str], Iterator[pl.DataFrame]]  # those of a table, by its name, without deleted ones


@dataclass(frozen=True, slots=True)
class Widened:
    """A source with the columns that others add to it."""

    source: Source
    joins: Sequence[Join]
    rows: Rows

    @property
    def description(self) -> Description:
        """What the source is, with the headers that it has now."""
        about = self.source.description
        return replace(about, headers=(*about.headers, *(join.header for join in self.joins)))

    def blocks(self, columns: Sequence[str] | None = None) -> Iterator[Block]:
        """The blocks of the source, wider."""
        wanted = [join for join in self.joins if columns is None or join.header in columns]
        added = {join.header for join in self.joins}
        own = None
        if columns is not None:
            keys = [join.key for join in wanted]
            own = [*dict.fromkeys([*(header for header in columns if header not in added), *keys])]
        told = told_by(wanted, self.rows)
        for block in self.source.blocks(own):
            yield block.with_rows(wider_by(block.rows, told)) if told else block


def told_by(joins: Iterable[Join], rows: Rows) -> list[tuple[Join, Mapping[str, str]]]:
    """What the other tables tell for each join, by the cells of its key; the same tables are read once."""
    read = dict[Join, Mapping[str, Mapping[str, list[str]]]]()
    found: list[tuple[Join, Mapping[str, str]]] = []
    for join in joins:
        source = replace(join, header="", key="", several=False, place=0, only="")
        if source not in read:
            read[source] = _all_told(source, rows)
        of_all = read[source].get(join.only, {})
        if join.refuses:
            told = {key: "\n".join(values) for key, values in of_all.items()}
        elif join.several:
            told = {key: ", ".join(values) for key, values in of_all.items()}
        else:
            placed = ((key, values[join.place]) for key, values in of_all.items() if len(values) > join.place)
            told = {key: value for key, value in placed if value}
        found.append((join, told))
    return found


def _all_told(join: Join, rows: Rows) -> Mapping[str, Mapping[str, list[str]]]:
    """All that is told of each, what is marked as the first of them before the others; by fields, where it has some."""
    named: dict[str, str] = {}
    if join.to:
        for block in rows(join.to):
            named |= _pairs(block, join.at, join.wanted)
    first, found = dict[tuple[str, str], list[str]](), dict[tuple[str, str], list[str]]()
    for block in rows(join.through):
        marked = next((header for header in block.columns if plain(header) in _FIRST), None)
        chosen = cells.yes_or_no(block[marked]).to_list() if marked else [False] * block.height
        fields = cells.text_of(block[join.field]).fill_null("") if join.field else cells.same("", block.height)
        says = statements(join.through, block, by_state=join.by_state) if join.refuses else None
        there = cells.text_of(block[join.there]) if says is None else says
        told = zip(fields, cells.text_of(block[join.here]), there, chosen, strict=True)
        for field, key, value, is_first in told:
            meant = named.get(value or "") if join.to else value
            if key is not None and (meant or join.by_rows):
                (first if is_first else found).setdefault((field, key), []).append(meant or "")
    by_field: dict[str, dict[str, list[str]]] = {}
    for field, key in [*first, *found]:
        values = [*first.get((field, key), ()), *found.get((field, key), ())]
        by_field.setdefault(field, {})[key] = values if join.by_rows else list(dict.fromkeys(values))
    return by_field


def wider_by(rows: pl.DataFrame, told: Sequence[tuple[Join, Mapping[str, str]]]) -> pl.DataFrame:
    """Rows with what is told for each join, as `told_by` gives it."""
    return rows.with_columns(
        cells.text_of(rows[join.key]).replace_strict(by_key, default=None, return_dtype=pl.String).alias(join.header)
        if by_key
        else cells.nothing(rows.height).alias(join.header)
        for join, by_key in told
    )


def _pairs(block: pl.DataFrame, key: str, value: str) -> dict[str, str]:
    told = zip(cells.text_of(block[key]), cells.text_of(block[value]), strict=True)
    return {key: value for key, value in told if key is not None and value is not None}
