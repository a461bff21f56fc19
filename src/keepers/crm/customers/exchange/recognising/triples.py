"""Fields of people that another table keeps a row each: whose, which field, and what stands in it."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

import polars as pl

from keepers.crm.customers.exchange.reading import cells
from keepers.crm.customers.exchange.recognising.contents import are_addresses
from keepers.crm.customers.exchange.recognising.headers import stem_of, words_for
from keepers.crm.customers.exchange.recognising.layout import Join
from keepers.crm.customers.exchange.recognising.sampled import Sampled, filled_headers, whole_columns
from keepers.crm.customers.exchange.recognising.vocabulary import VALUES
from keepers.ingest.recognising.vocabulary import plain, words_of

MOST_FIELDS = 200
ADDRESSES = ("email_address", "email_address_2", "email_address_3")  # what the first, second and third are called
_FIELDS = frozenset({"field", "attribute", "property", "definition"})  # in the name of the column that says which
_OPTIONS = frozenset({"option", "choice"})  # with which the name of a table ends that tells what may be chosen


def fields_told(
    each: Sampled, to: Mapping[str, Sequence[str]], named: Mapping[str, Sampled]
) -> Iterator[tuple[str, Join]]:
    """The table of people whom the rows of another tell of, with a join for each of their fields.

    Args:
        each: the table that may have a row for each field.
        to: its columns that point to others, each with the tables that it points to.
        named: all tables by their names.
    """
    value = next((header for header in filled_headers(each.rows) if plain(header) in VALUES), None)
    whose = [(here, names[0]) for here, names in to.items() if named[names[0]].table.is_people]
    if value is None or len(whose) != 1 or named[whose[0][1]].table.header_of("id") is None:
        return
    here, owner = whose[0]
    field, called = _which(each, {header: names for header, names in to.items() if header != here}, named)
    whole = whole_columns(each, list(dict.fromkeys([here, value, field]))) if called else each.rows
    for cell, name in called.items():
        rows = whole.filter(cells.text_of(whole[field]) == cell)
        told = rows.select(key=cells.text_of(rows[here]), value=cells.text_of(rows[value])).drop_nulls()
        join = Join(
            name, named[owner].table.header_of("id") or "", each.table.name, here, value, field=field, only=cell
        )
        if told["key"].n_unique() < len(told) and are_addresses(told["value"]):
            for place, header in enumerate(ADDRESSES):
                yield owner, replace(join, header=header, place=place)
        else:
            yield owner, _by_name(replace(join, several=True), told["value"], named)


def _which(
    each: Sampled, to: Mapping[str, Sequence[str]], named: Mapping[str, Sampled]
) -> tuple[str, Mapping[str, str]]:
    """The column that says which field a row is of, and what the fields are called by its cells; empty: none does."""
    for header in filled_headers(each.rows):
        of = named[to[header][0]] if header in to else None
        if of is not None and of.table.noun == "other" and (title := of.table.header_of("title")) is not None:
            ids, titles = cells.text_of(of.rows[of.table.header_of("id") or title]), cells.text_of(of.rows[title])
            names = dict(zip(ids, titles, strict=True))
            return header, {cell: name for cell in _different(each, header) if (name := names.get(cell))}
        if of is None and _FIELDS & set(words_of(header)):
            return header, {cell: cell for cell in _different(each, header)}
    return "", {}


def _different(each: Sampled, header: str) -> list[str]:
    """What stands in a column, of all rows: fields may begin after those that were sampled."""
    return (
        cells.text_of(whole_columns(each, [header])[header])
        .drop_nulls()
        .unique(maintain_order=True)
        .head(MOST_FIELDS)
        .to_list()
    )


def _by_name(join: Join, values: pl.Series, named: Mapping[str, Sampled]) -> Join:
    """The join, by way of the table that tells what may be chosen, where all values are its ids."""
    for each in named.values():
        at, title = each.table.header_of("id"), each.table.header_of("title")
        if not _OPTIONS.isdisjoint(words_for(stem_of(each.table))[-1:]) and at is not None and title is not None:
            ids = cells.text_of(each.rows[at]).drop_nulls()
            if len(values) and values.is_in(ids.implode()).all():
                return replace(join, to=each.table.name, at=at, wanted=title)
    return join
