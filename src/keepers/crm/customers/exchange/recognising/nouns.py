"""What a table is about, and which system it is from: by its name and its headers."""

from collections.abc import Collection, Iterable

import polars as pl

from keepers.crm.customers.exchange.recognising.headers import (
    are_firms,
    firms_with_contacts,
    nouns_singular,
    singular,
    spellings,
    stem_of,
    words_for,
)
from keepers.crm.customers.exchange.recognising.layout import PEOPLE, Table
from keepers.crm.customers.exchange.recognising.vocabulary import (
    BESIDE,
    NAMES_OF_SOMEBODY,
    NAMING_MEMBERS,
    NOUN_HEADERS,
    NOUN_WORDS,
    PERHAPS_BESIDE,
    SYSTEMS,
    bare,
    vocabulary_of,
)
from keepers.ingest.recognising.vocabulary import plain, words_of

FEWEST_POINTS = 2
MOST_ALIKE = 0.9  # of the names of firms, the share that is to differ where each has a row
_NAMING = frozenset({"stage", "pipeline", "status", "type", "reason", "priority"})  # of lists of what others are called
HAPPENING = frozenset({"deals", "orders", "lines", "tickets", "tasks", "activities", "members"})


def system_of(tables: Iterable[pl.DataFrame]) -> str:
    """The CRM that the headers give away; empty where none does."""
    names = {plain(header) for rows in tables for header in rows.columns}
    points = {system: sum(telling.get(name, 0) for name in names) for system, telling in SYSTEMS.items()}
    best = max(points, key=lambda system: points[system])
    return best if points[best] >= 2 else ""


def noun_of(table: Table, rows: pl.DataFrame) -> str:
    """What the rows of a table are, by what it is called and by its headers."""
    stem = stem_of(table)
    if singular((words_for(stem) or ("",))[-1]) in _NAMING and not _names_money(rows):
        return "other"
    several = [words_for(stem), words_for(stem)[-2:]] if len(words_for(stem)) > 1 else []
    whole = {plain(stem).removesuffix("c"), *map("".join, several)}
    plainly = {plain(bare(header)) for header in rows.columns}
    headers = plainly.union(*(spellings(header, ()) for header in rows.columns))
    named = _named_by(stem, BESIDE if table.beside else BESIDE - PERHAPS_BESIDE)
    points = {
        noun: 10.0 * bool(whole & (NOUN_WORDS[noun] | nouns_singular()[noun]))
        + named.get(noun, 0.0)
        + len(headers & telling)
        for noun, telling in NOUN_HEADERS.items()
    }
    best = max(points, key=lambda noun: points[noun])
    if best == "people" and are_firms(stem, headers):
        return "organisations"
    if (best in PEOPLE or points[best] < FEWEST_POINTS) and _is_a_firm_a_row(stem, rows):
        return "organisations"
    if best == "leads" and not headers & NAMES_OF_SOMEBODY:
        return "deals" if named and len(words_for(stem)) == 1 else "other"  # of somebody whom another table names
    naming = NAMES_OF_SOMEBODY | ({"title"} if best == "organisations" else set())
    names_nobody = best in PEOPLE and not headers & naming
    only_in_name = points[best] == named.get(best) and len(words_for(stem)) > 1  # as connected accounts are
    if names_nobody and (
        only_in_name or len(named) > 1 or _is_of_one(headers, best) or _tells_more(stem, headers, best)
    ):
        return "other"  # it names rows of others
    if best == "relations" and not headers & NAMING_MEMBERS:
        return "other"
    if points[best] >= FEWEST_POINTS:
        return best
    return "people" if {"email", "lastname", "surname", "givenname"} & plainly else "other"


def _names_money(rows: pl.DataFrame) -> bool:
    """Whether rows are worth something, as deals that are called after their stage are."""
    return not {plain(header) for header in rows.columns}.isdisjoint(vocabulary_of("deals")["amount"])


def _is_a_firm_a_row(stem: str, rows: pl.DataFrame) -> bool:
    """Whether customers are firms, each with somebody who speaks for it: there are hardly two rows of one firm."""
    found = firms_with_contacts(stem, rows.columns)
    if found is None:
        return False
    names = rows[found[0]].cast(pl.String, strict=False).str.strip_chars().drop_nulls()
    names = names.filter(names != "")
    return len(names) > rows.height / 2 and names.n_unique() >= MOST_ALIKE * len(names)


def _tells_more(stem: str, headers: Collection[str], noun: str) -> bool:
    """Whether rows only tell more of rows of a noun, as a table `person_website` with their ids does."""
    *first, last = words_for(stem) or ("",)
    known = nouns_singular()[noun]
    return bool(known.intersection(first)) and last not in known and any(f"{word}id" in headers for word in first)


def _is_of_one(headers: Collection[str], noun: str) -> bool:
    """Whether rows have an id of their own, or of something that has no desk, beside that of one of a noun."""
    words = (word for kind in HAPPENING for word in nouns_singular()[kind])
    names_another = "id" in headers or any(f"{word}id" in headers for word in words)
    return names_another and any(f"{word}id" in headers for word in nouns_singular()[noun])


def _named_by(stem: str, beside: Collection[str]) -> dict[str, float]:
    """What the words of a table's name say that its rows are: the last that says it counts most."""
    *first, last = words_for(stem) or ("",)
    found: dict[str, float] = {}
    if first and (last in beside or words_of(stem)[-1] in beside):
        return found
    for word in reversed(words_of(stem)):
        said = [noun for noun, words in NOUN_WORDS.items() if word in words]
        for noun in said:
            found.setdefault(noun, 1.0 if found else 3.0)
    return found
