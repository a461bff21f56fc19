"""Recognises what a table is and which of its columns is which, by name and content."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

import polars as pl
from django.utils.translation import gettext as _

from keepers.crm.customers.exchange.layout import ASIDE, NEW_FIELD, PEOPLE, Column, Table
from keepers.crm.customers.exchange.vocabulary import (
    ASIDE_NAMES,
    NAMES_OF_SOMEBODY,
    NOUN_HEADERS,
    NOUN_WORDS,
    SYSTEMS,
    bare,
    vocabulary_of,
)
from keepers.ingest.recognition import Look, look_at
from keepers.ingest.vocabulary import plain, words_of

CELLS, CELL_LENGTH = 3, 60
MOST_CHOICES, ROWS_A_CHOICE = 12, 4
MOST_FILLED = 0.9
_MONEY = {"amount", "revenue", "income", "price", "cost", "budget", "salary", "umsatz", "value", "spend", "turnover"}
_CODES = {"id", "code", "number", "no", "nr", "ssn", "zip", "pin", "ref"}
_YES_NO = frozenset({"yes", "no", "true", "false", "y", "n", "ja", "nein", "da", "ne", "oui", "non"})
_LINK = r"^https?://\S+$"
_ADDRESS = r"^[^@\s]+@[^@\s]+\.[^@\s.]+$"
_NUMBER = r"^\+?[\d\s()/.-]{6,24}$"
_OF_EMAIL = ("email", "email_2", "email_3")


@dataclass(frozen=True, slots=True)
class Sampled:
    """A table with its first rows."""

    table: Table
    rows: pl.DataFrame


def system_of(tables: Iterable[pl.DataFrame]) -> str:
    """The CRM that the headers give away; empty where none does."""
    names = {plain(header) for rows in tables for header in rows.columns}
    points = {system: sum(telling.get(name, 0) for name in names) for system, telling in SYSTEMS.items()}
    best = max(points, key=lambda system: points[system])
    return best if points[best] >= 2 else ""


def noun_of(name: str, rows: pl.DataFrame) -> str:
    """What the rows of a table are, by the name of its file or sheet and by its headers."""
    words = set(words_of(name.rsplit(".", 1)[0]))
    whole = plain(name.rsplit(".", 1)[0]).removesuffix("c")
    headers = {plain(bare(header)) for header in rows.columns}
    points = {
        noun: 10.0 * (whole in NOUN_WORDS[noun]) + 3.0 * bool(words & NOUN_WORDS[noun]) + len(headers & telling)
        for noun, telling in NOUN_HEADERS.items()
    }
    best = max(points, key=lambda noun: points[noun])
    if best == "leads" and not headers & NAMES_OF_SOMEBODY:
        return "deals"  # of somebody whom another table names
    if points[best] >= 2:
        return best
    return "people" if {"email", "lastname", "surname", "givenname"} & headers else "other"


def recognised(table: Table, rows: pl.DataFrame, noun: str = "") -> Table:
    """The table with its noun, unless that is known, and the roles of its columns."""
    noun = noun or noun_of(table.sheet or table.file, rows)
    looks = look_at(rows)
    roles = _roles(noun, rows, looks)
    columns = []
    empty = 0
    for header, look in looks.items():
        if not look.filled:
            empty += 1
            columns.append(Column(header, why=_("empty in every row that was looked at")))
        else:
            columns.append(_column(noun, header, rows[header], look, roles.get(header)))
    notes = table.notes
    if empty:
        notes += (_("%(count)d columns are empty and left aside.") % {"count": empty},)
    found = replace(table, noun=noun, columns=tuple(columns), notes=notes)
    return with_identity(found, rows)


def with_identity(table: Table, rows: pl.DataFrame) -> Table:
    """The table with the role that tells its rows apart: an id, or an address, or names where all differ."""
    held = {column.role: column.header for column in table.columns if column.role}
    if "id" in held:
        return replace(table, identity="id", key=table.key or ("id" if table.is_people else ""))
    candidates = {"people": ("email", "phone"), "leads": ("email", "phone"), "users": ("email", "name")}
    for role in candidates.get(table.noun, ("name", "title")):
        if role in held and (role in _OF_EMAIL or _all_differ(rows[held[role]])):
            return replace(table, identity=role, key=table.key or ("id" if role == "name" else role))
    return replace(table, identity="", key="")


def custom_kind(header: str, cells: pl.Series, look: Look) -> str:
    """The kind of custom field that suits a column."""
    text = _filled(cells)
    lower = text.str.to_lowercase()
    if lower.is_in(_YES_NO).all() or (lower.is_in({"0", "1"}).all() and plain(header).startswith(("is", "has"))):
        return "yes-no"
    if look.dates > 0.95:
        return "date"
    if look.numbers > 0.95 and not (_is_code(header) or text.str.contains(r"^0\d").any()):
        return "money" if _MONEY & set(words_of(header)) else "number"
    if text.str.contains(_LINK).all():
        return "link"
    several = text.n_unique() <= MOST_CHOICES and len(text) >= ROWS_A_CHOICE * text.n_unique()
    return "choice" if several and bool((text.str.len_chars() <= 60).all()) else "text"


def _is_code(header: str) -> bool:
    """Whether it tells which, as "Number" does, and not how many, as "Number of employees"."""
    words = words_of(bare(header))
    return any(word in _CODES and "of" not in words[at + 1 : at + 2] for at, word in enumerate(words))


def _roles(noun: str, rows: pl.DataFrame, looks: Mapping[str, Look]) -> dict[str, str]:
    """Header → role: each role goes to the header with its most usual name that holds something."""
    vocabulary = vocabulary_of(noun)
    pairs = sorted(
        (names[plain(bare(header))], position, role, header)
        for position, (header, look) in enumerate(looks.items())
        for role, names in vocabulary.items()
        if look.filled and plain(bare(header)) in names
    )
    found: dict[str, str] = {}
    for _place, _position, role, header in pairs:
        if header not in found and role not in found.values() and _fits(role, rows[header]):
            found[header] = role
    if noun in PEOPLE:
        _email_by_content(rows, found)
    return found


def _email_by_content(rows: pl.DataFrame, found: dict[str, str]) -> None:
    """An e-mail column where none was found by its name."""
    if "email" in found.values():
        return
    for header in rows.columns:
        if header not in found and are_addresses(rows[header]):
            found[header] = "email"
            return


def are_addresses(cells: pl.Series) -> bool:
    """Whether a column holds e-mail addresses, whatever it is called."""
    return _share(_filled(cells).str.contains(_ADDRESS)) > MOST_FILLED


def are_numbers(cells: pl.Series) -> bool:
    """Whether a column holds what telephone numbers look like, most of them with a mark that no plain number has."""
    filled = _filled(cells)
    return (
        _share(filled.str.contains(_NUMBER)) > MOST_FILLED
        and _share(filled.str.contains(r"^(\+|0)|[\s()/-]")) > MOST_FILLED
    )


def _fits(role: str, cells: pl.Series) -> bool:
    """Whether the cells may be what their header says."""
    filled = _filled(cells)
    if role in _OF_EMAIL:
        return _share(filled.str.contains("@", literal=True)) > 0.5
    if role == "id":
        return filled.n_unique() >= 0.8 * len(filled)
    if role in {"phone", "mobile", "phone_home", "phone_other"}:
        return _share(filled.str.contains(r"\d{3}")) >= 0.5
    if role == "name":
        return not bool(filled.str.contains(r"^\d+$").all())
    return True


def _column(noun: str, header: str, cells: pl.Series, look: Look, role: str | None) -> Column:
    shown = _cells(cells)
    if role is not None:
        return Column(header, role, shown, _('"%(header)s" is a name for it') % {"header": header})
    if plain(bare(header)) in ASIDE_NAMES:
        return Column(header, ASIDE, shown, _("its system keeps it for itself"))
    if noun not in PEOPLE:
        return Column(header, ASIDE, shown, _("kept with the row"))
    if _share(_filled(cells).str.contains(r"^[\[{].*[\]}]$")) > 0.9:
        return Column(header, ASIDE, shown, _("puts together what other columns say"))
    kind = custom_kind(header, cells, look)
    return Column(header, f"{NEW_FIELD}{kind}", shown, look.in_words)


def _cells(column: pl.Series) -> tuple[str, ...]:
    """The first different cells that hold something."""
    text = _filled(column.head(500))
    return tuple(text.unique(maintain_order=True).head(CELLS).str.slice(0, CELL_LENGTH).to_list())


def _filled(cells: pl.Series) -> pl.Series:
    text = cells.cast(pl.String, strict=False).str.strip_chars()
    return text.filter(text.is_not_null() & (text != ""))


def _all_differ(cells: pl.Series) -> bool:
    filled = _filled(cells)
    return len(filled) == len(cells) and filled.n_unique() == len(filled)


def _share(mask: pl.Series) -> float:
    return float(mask.cast(pl.Float64).mean() or 0.0)  # type: ignore[arg-type]


def key_of_field(header: str) -> str:
    """The key of the custom field that a header makes."""
    spaced = re.sub(r"([a-z0-9])([A-Z])", r"\1 \2", re.sub(r"__c$", "", bare(header)))
    return "-".join(plain(part) for part in re.split(r"[\W_]+", spaced) if plain(part))[:60] or "field"


def label_of_field(header: str) -> str:
    """The label of the custom field that a header makes."""
    spaced = re.sub(r"([a-z0-9])([A-Z])", r"\1 \2", re.sub(r"__c$", "", bare(header)))
    return " ".join(spaced.replace("_", " ").split())[:120]
