"""What rows say of consent: whether somebody agreed or refused, what for and when, each with its row as the proof.

A row is told in one line, `refused marketing 2024-01-22T08:00:00Z: consents.csv: id 7, channel email`, so that it can
be looked at as a cell of whom it is of, and be read again where it lands. Where a row has several days, or one that
reads both ways, the stricter counts: of a refusal the last, of a yes the first.
"""

import re
from collections.abc import Collection, Iterator
from datetime import datetime
from itertools import pairwise
from typing import NamedTuple

import polars as pl

from keepers.crm.customers.exchange.reading import cells
from keepers.crm.customers.exchange.recognising.vocabulary import CONSENTING, REFUSING, STATES
from keepers.ingest.recognising.vocabulary import plain, words_of

GIVEN, REFUSED = "given", "refused"
OFFERS = "marketing"
LONGEST_PROOF = 1_000
_PURPOSES = ("service", "research", "profiling")  # anything else is for offers
_LINE = re.compile(r"(given|refused) (\w+)(?: (\S+Z))?: (.*)")


class Statement(NamedTuple):
    """What a row says; without a day it is as old as the file that tells it."""

    state: str
    purpose: str
    at: datetime | None
    proof: str


def statements(table: str, rows: pl.DataFrame, *, by_state: bool) -> pl.Series:
    """What each row of a table says, as a line; null of those that say nothing, or nothing any more.

    Args:
        table: what it is called.
        rows: some of its rows, with all columns.
        by_state: whether the rows say themselves which of the two it is; else each is a refusal.
    """
    states = states_in(rows) if by_state else cells.same(REFUSED, rows.height)
    states = states.set(are_over(rows) & (states != GIVEN).fill_null(value=True), None)
    day = pl.format(" {}", _when(rows, states).dt.strftime("%Y-%m-%dT%H:%M:%SZ")).fill_null("")
    proof = rows_in_words(table, rows).str.slice(0, LONGEST_PROOF)
    return rows.select(pl.format("{} {}{}: {}", states, _purposes(rows), day, proof)).to_series()


def refusal_of(proof: pl.Expr) -> pl.Expr:
    """Such a line of a refusal for which a cell stands without a day."""
    return pl.format(f"{REFUSED} {OFFERS}: {{}}", proof.str.replace_all("\n", " ").str.slice(0, LONGEST_PROOF))


def statements_in(told: str) -> Iterator[Statement]:
    """The statements in lines as `statements` writes them; any other line is the proof of a refusal."""
    for line in filter(None, told.split("\n")):
        if found := _LINE.fullmatch(line):
            state, purpose, at, proof = found.groups()
            yield Statement(state, purpose, datetime.fromisoformat(at) if at else None, proof)
        else:
            yield Statement(REFUSED, OFFERS, None, line)


def states_in(rows: pl.DataFrame) -> pl.Series:
    """Whether rows say that somebody agreed or refused, in a word, by yes and no, or by a day; null where neither.

    A row that says both is a refusal.
    """
    refused, given = (pl.repeat(value=False, n=rows.height, dtype=pl.Boolean, eager=True) for _ in range(2))
    for header in rows.columns:
        called, told = tokens_of(header), cells.text_of(rows[header])
        if plain(header) in STATES or called & CONSENTING["state"]:
            refused |= _are(told, CONSENTING[REFUSED])
            given |= _are(told, CONSENTING[GIVEN])
        if called & CONSENTING[REFUSED]:
            refused |= cells.are_so_by_now(rows[header])
        elif called & CONSENTING[GIVEN]:
            given |= cells.are_so_by_now(rows[header])
            refused |= (~cells.yes_or_no(rows[header])).fill_null(value=False)
    return pl.select(pl.when(refused).then(pl.lit(REFUSED)).when(given).then(pl.lit(GIVEN))).to_series()


def are_over(rows: pl.DataFrame) -> pl.Series:
    """Which rows of refusals are none any more: a day that has been or a state says that it was lifted."""
    over = pl.repeat(value=False, n=rows.height, dtype=pl.Boolean, eager=True)
    for header in rows.columns:
        if not REFUSING["over"].isdisjoint({plain(header), *words_of(header)}):
            over |= cells.are_so_by_now(rows[header])
        elif plain(header) in STATES:
            over |= _are(cells.text_of(rows[header]), REFUSING["over"] | REFUSING["state"])
    return over


def rows_in_words(table: str, rows: pl.DataFrame) -> pl.Series:
    """Each row whole, as it is a proof: the table, and what stands in which column."""
    told = [
        pl.when(text.is_not_null()).then(pl.format("{} {}", pl.lit(header), text))
        for header in rows.columns
        for text in [cells.text_of(rows[header])]
    ]
    return rows.select(
        pl.format("{}: {}", pl.lit(table), pl.concat_str(told, separator=", ", ignore_nulls=True))
    ).to_series()


def tokens_of(header: str) -> frozenset[str]:
    """The words of a header, two put together among them, and all of them."""
    words = words_of(header)
    return frozenset({plain(header), *words, *map("".join, pairwise(words))})


def _are(told: pl.Series, words: Collection[str]) -> pl.Series:
    """Which cells say one of some words."""
    saying = [cell for cell in told.drop_nulls().unique() if plain(cell) in words]
    return told.is_in(saying).fill_null(value=False)


def _purposes(rows: pl.DataFrame) -> pl.Series:
    """What each row is for; for offers where it does not say."""
    header = next((header for header in rows.columns if tokens_of(header) & CONSENTING["purpose"]), None)
    if header is None:
        return cells.same(OFFERS, rows.height)
    told = cells.text_of(rows[header])
    known = {
        cell: next((purpose for purpose in _PURPOSES if tokens_of(cell) & CONSENTING[purpose]), OFFERS)
        for cell in told.drop_nulls().unique()
    }
    return told.replace_strict(known, default=OFFERS, return_dtype=pl.String) if known else told.fill_null(OFFERS)


def _when(rows: pl.DataFrame, states: pl.Series) -> pl.Series:
    """When each row was said; null where no day tells."""
    days = {state: [cells.moments(cells.nothing(rows.height), {})] for state in (GIVEN, REFUSED, "")}
    for header in rows.columns:
        called = tokens_of(header)
        of = next((state for state in (REFUSED, GIVEN) if called & CONSENTING[state]), "")
        if (of or called & CONSENTING["when"]) and not called & CONSENTING["not_when"]:
            read = cells.moments_read_both_ways(rows[header])
            days[of] += [at for at in read if at.count() == max(each.count() for each in read)]
    first = pl.coalesce(*(pl.min_horizontal(*days[of]) for of in (GIVEN, "")))
    last = pl.coalesce(*(pl.max_horizontal(*days[of]) for of in (REFUSED, "")))
    return pl.select(pl.when(states == REFUSED).then(last).otherwise(first)).to_series()
