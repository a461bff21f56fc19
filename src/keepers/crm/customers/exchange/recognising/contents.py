"""What cells tell whatever their header says: addresses, numbers, names, days, texts that begin alike."""

from collections.abc import Mapping

import polars as pl

from keepers.crm.customers.exchange.reading.cells import tell_kinds
from keepers.crm.customers.exchange.recognising.headers import (
    ends_as_id,
    kinds_beside,
    nouns_singular,
    says_by_whom_it_was_written,
    words_for,
)
from keepers.crm.customers.exchange.recognising.sampled import filled_headers
from keepers.crm.customers.exchange.recognising.vocabulary import OWNING, bare
from keepers.ingest.recognising.recognition import Look
from keepers.ingest.recognising.vocabulary import plain, words_of

FEW_ROWS = 3
MOST_FILLED = 0.9
HALF = 0.5
_PAGE = r"^(?:https?://)?[\w-]+(?:\.[\w-]+)+(?:/\S*)?$"
_ADDRESS = r"^[^@\s]+@[^@\s]+\.[^@\s.]+$"
_NUMBER = r"^\+?[\d\s()/.-]{6,24}$"
_CALLED = r"^(?:\+|\(|00?[1-9]).{6}|\d[\s/]\d|\d-\d+-\d"
_OF_NO_KIND = ("phone", "telefon", "mobil", "address", "adress", "mail", "tarif")  # in what may be private or business
_NOTHING = ["", "[]", "{}"]
_SAYING = frozenset({"body", "text", "content", "description", "comment", "message"})
_ELSEWHERE = frozenset({
    "updated", "modified", "changed", "reminder", "expiration", "expires", "expiry", "next", "last", "queued", "birth",
    "birthday", "assigned", "synced", "deleted", "until", "end", "seen",
})  # fmt: skip


def kind_by_content(rows: pl.DataFrame, found: dict[str, str]) -> None:
    """A column that is nothing else and says of each row whether it is a person or an organisation."""
    held = {role: header for header, role in found.items()}
    names = [rows[held[role]] for role in ("first_name", "last_name") if role in held]
    for header in filled_headers(rows) if "tells_kind" not in held else ():
        is_free = header not in found and not any(word in plain(header) for word in _OF_NO_KIND)
        if is_free and tell_kinds(rows[header], names):
            found[header] = "tells_kind"
            return


def is_of_others(header: str, rows: pl.DataFrame) -> bool:
    """Whether a column beside says that what a column points to are not all users or teams."""
    kinds = kinds_beside(header, rows.columns, surely=True)
    told = filled_cells(rows[kinds]).unique().to_list() if kinds is not None else []
    return any(nouns_singular()["users"].isdisjoint([plain(kind), *words_for(kind)]) for kind in told)


def day_by_content(looks: Mapping[str, Look], found: dict[str, str]) -> None:
    """When something was, where no column is called like that: the first day that its header does not put elsewhere."""
    if "at" in found.values():
        return
    for header, look in looks.items():
        if look.dates > MOST_FILLED and header not in found and not _ELSEWHERE & set(words_of(header)):
            found[header] = "at"
            return


def body_by_beginning(rows: pl.DataFrame, found: dict[str, str]) -> None:
    """What rows say, where no column is called like that: the first one whose name begins so and that is plain text."""
    if "body" in found.values():
        return
    for header in rows.columns:
        first, *others = words_of(bare(header)) or ("",)
        is_saying = first in _SAYING and bool(others) and not ends_as_id(header)
        if header not in found and is_saying and not is_put_together(rows[header]):
            found[header] = "body"
            return


def is_put_together(cells: pl.Series) -> bool:
    """Whether cells hold lists and records, as programs write them down."""
    return share(filled_cells(cells).str.contains(r"^[\[{].*[\]}]$")) > MOST_FILLED


def name_by_content(noun: str, rows: pl.DataFrame, found: dict[str, str]) -> None:
    """A name without the last one, which stands beside it, is the first; organisations may be called by their title."""
    held = {role: header for header, role in found.items()}
    if "name" not in held:
        title = next((header for header in rows.columns if plain(bare(header)) == "title"), None)
        if noun == "organisations" and title is not None and filled_cells(rows[title]).n_unique() > 1:
            found[title] = "name"
    elif "last_name" in held and "first_name" not in held and held["name"] in rows.columns:
        both = rows.select(name=pl.col(held["name"]), last=pl.col(held["last_name"])).drop_nulls()
        holds_it = both.select(pl.col("name").str.contains(pl.col("last"), literal=True)).to_series()
        if len(both) and share(holds_it) <= HALF:
            found[held["name"]] = "first_name"
            whole = next((header for header in rows.columns if plain(bare(header)) == "fullname"), None)
            if whole is not None and filled_cells(rows[whole]).len():
                found[whole] = "name"


def email_by_content(rows: pl.DataFrame, found: dict[str, str]) -> None:
    """An e-mail column where none was found by its name."""
    if "email" in found.values():
        return
    for header in filled_headers(rows):
        may_be = found.get(header) in {None, "street"}  # an address of either kind may be called so
        if may_be and are_addresses(rows[header]) and not _is_of_writers(header, rows[header]):
            found[header] = "email"
            return


def _is_of_writers(header: str, cells: pl.Series) -> bool:
    """Whether addresses are those of whoever wrote the rows or looks after them, and so few for many rows.

    One address may stand for all who told none, so the commonest has no say.
    """
    told = filled_cells(cells)
    others = told.filter(told != told.mode().sort().first()) if len(told) else told
    few = len(told) > FEW_ROWS and others.n_unique() <= HALF * len(others)
    return few or says_by_whom_it_was_written(header) or not OWNING.isdisjoint(words_of(header))


def are_addresses(cells: pl.Series) -> bool:
    """Whether a column holds e-mail addresses, whatever it is called."""
    return share(filled_cells(cells).str.contains(_ADDRESS)) > MOST_FILLED


def are_numbers(cells: pl.Series) -> bool:
    """Whether a column holds what telephone numbers look like, most of them with a mark that no plain number has."""
    filled = filled_cells(cells)
    return (
        share(filled.str.contains(_NUMBER)) > MOST_FILLED
        and share(filled.str.contains(r"^(\+|0)|[\s()/-]")) > MOST_FILLED
    )


def are_called(cells: pl.Series) -> bool:
    """Whether numbers are plainly those of telephones, which no numbers that are counted up look like."""
    filled = filled_cells(cells)
    return are_numbers(cells) and share(filled.str.contains(_CALLED)) > MOST_FILLED


def are_links(cells: pl.Series) -> bool:
    """Whether a column holds addresses of pages, whatever it is called."""
    return share(filled_cells(cells).str.contains(_PAGE)) > MOST_FILLED


def filled_cells(cells: pl.Series) -> pl.Series:
    """Those that hold something, as text without blanks at the ends."""
    text = cells.cast(pl.String, strict=False).str.strip_chars()
    return text.filter(text.is_not_null() & ~text.is_in(_NOTHING))


def all_differ(cells: pl.Series) -> bool:
    """Whether every cell holds something, and no two the same."""
    filled = filled_cells(cells)
    return len(filled) == len(cells) and filled.n_unique() == len(filled)


def share(mask: pl.Series) -> float:
    """The part of the cells for which something holds; 0 without cells."""
    return float(mask.cast(pl.Float64).mean() or 0.0)  # type: ignore[arg-type]
