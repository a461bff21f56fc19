"""Recognises what a table is and which of its columns is which, by name and content."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import polars as pl
from django.utils.translation import gettext as _

from keepers.crm.customers.exchange.reading.cells import tell_kinds, text_of
from keepers.crm.customers.exchange.recognising.headers import (
    CODES,
    address_part,
    are_firms,
    ends_as_id,
    is_own_id,
    is_own_name,
    is_own_number,
    is_own_parent,
    is_some_id,
    joins_two,
    kinds_beside,
    names_rows_beside,
    nouns_singular,
    own_words,
    says_by_whom_it_was_written,
    spellings,
    stem_of,
    words_for,
)
from keepers.crm.customers.exchange.recognising.layout import ASIDE, NEW_FIELD, PEOPLE, Column, Table
from keepers.crm.customers.exchange.recognising.vocabulary import (
    ASIDE_NAMES,
    BESIDE,
    NAMES_OF_SOMEBODY,
    NAMING_MEMBERS,
    NOUN_HEADERS,
    NOUN_WORDS,
    OF_NUMBERS,
    OWNING,
    PERHAPS_BESIDE,
    SYSTEMS,
    bare,
    vocabulary_of,
)
from keepers.ingest.recognising.recognition import Look, look_at
from keepers.ingest.recognising.vocabulary import plain, words_of
from keepers.ingest.sources import SAMPLE_ROWS, Source

CELLS, CELL_LENGTH = 3, 60
MOST_CHOICES, ROWS_A_CHOICE, FEW_ROWS = 12, 4, 3
MOST_FILLED, MOST_IDS, FEWEST_IDS, HALF = 0.9, 0.8, 0.5, 0.5
_MONEY = {"amount", "revenue", "income", "price", "cost", "budget", "salary", "umsatz", "value", "spend", "turnover"}
_YES_NO = frozenset({"yes", "no", "true", "false", "y", "n", "ja", "nein", "da", "ne", "oui", "non"})
_LINK = r"^https?://\S+$"
_PAGE = r"^(?:https?://)?[\w-]+(?:\.[\w-]+)+(?:/\S*)?$"
_ADDRESS = r"^[^@\s]+@[^@\s]+\.[^@\s.]+$"
_NUMBER = r"^\+?[\d\s()/.-]{6,24}$"
_CALLED = r"^(?:\+|\(|00?[1-9]).{6}|\d[\s/]\d|\d-\d+-\d"
_CODE = r"^\S*\d\S*$"
_OF_NO_KIND = ("phone", "telefon", "mobil", "address", "adress", "mail", "tarif")  # in what may be private or business
_NOTHING = ["", "[]", "{}"]
_PHONES = frozenset({"phone", "mobile", "phone_home", "phone_other"})
_OF_EMAIL = ("email", "email_2", "email_3")
_MOMENTS = frozenset({"at", "created", "acquired_on"})
_HAPPENING = frozenset({"deals", "orders", "lines", "tickets", "tasks", "activities", "members"})
_SAYING = frozenset({"body", "text", "content", "description", "comment", "message"})
_FIRST = -1.0  # the place before all names
_AFTER_ID = 0.5  # the place behind the name "id", and before all others
_ELSEWHERE = frozenset({
    "updated", "modified", "changed", "reminder", "expiration", "expires", "expiry", "next", "last", "queued", "birth",
    "birthday", "assigned", "synced", "deleted", "until", "end", "seen",
})  # fmt: skip


@dataclass(frozen=True, slots=True)
class Sampled:
    """A table with its first rows, and where all of them are."""

    table: Table
    rows: pl.DataFrame
    source: Source | None = None


def whole_columns(each: Sampled, headers: Sequence[str]) -> pl.DataFrame:
    """Columns of a table with all of its rows, where it has more than were sampled and the columns are its own."""
    if each.source is None or each.rows.height < SAMPLE_ROWS or set(headers) - {*each.source.description.headers}:
        return each.rows.select(headers)
    blocks = (block.rows.select(pl.col(headers).cast(pl.String, strict=False)) for block in each.source.blocks(headers))
    return pl.concat(list(blocks))


def filled_headers(rows: pl.DataFrame) -> list[str]:
    """The headers below which something stands; some systems export a thousand columns of nothing."""
    if rows.is_empty():
        return []
    told = rows.select((pl.all().cast(pl.String, strict=False).fill_null("") != "").any()).row(0)
    return [header for header, is_filled in zip(rows.columns, told, strict=True) if is_filled]


def system_of(tables: Iterable[pl.DataFrame]) -> str:
    """The CRM that the headers give away; empty where none does."""
    names = {plain(header) for rows in tables for header in rows.columns}
    points = {system: sum(telling.get(name, 0) for name in names) for system, telling in SYSTEMS.items()}
    best = max(points, key=lambda system: points[system])
    return best if points[best] >= 2 else ""


def noun_of(table: Table, rows: pl.DataFrame) -> str:
    """What the rows of a table are, by what it is called and by its headers."""
    stem = stem_of(table)
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
    if points[best] >= 2:
        return best
    return "people" if {"email", "lastname", "surname", "givenname"} & plainly else "other"


def _tells_more(stem: str, headers: Collection[str], noun: str) -> bool:
    """Whether rows only tell more of rows of a noun, as a table `person_website` with their ids does."""
    *first, last = words_for(stem) or ("",)
    known = nouns_singular()[noun]
    return bool(known.intersection(first)) and last not in known and any(f"{word}id" in headers for word in first)


def _is_of_one(headers: Collection[str], noun: str) -> bool:
    """Whether rows have an id of their own, or of something that has no desk, beside that of one of a noun."""
    words = (word for kind in _HAPPENING for word in nouns_singular()[kind])
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


def recognised(table: Table, rows: pl.DataFrame, noun: str = "") -> Table:
    """The table with its noun, unless that is known, and the roles of its columns."""
    noun = noun or noun_of(table, rows)
    looks = look_at(rows)
    roles = _roles(stem_of(table), noun, rows, looks, parted=table.split_columns)
    columns = []
    empty = 0
    for header, look in looks.items():
        if _filled(rows[header]).is_empty():
            empty += 1
            columns.append(Column(header, why=_("empty in every row that was looked at")))
        elif header in table.split_columns and noun in PEOPLE:
            columns.append(Column(header, ASIDE, _cells(rows[header]), _("stands in columns of its own, kind by kind")))
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
    return any(word in CODES and "of" not in words[at + 1 : at + 2] for at, word in enumerate(words))


def _roles(
    stem: str, noun: str, rows: pl.DataFrame, looks: Mapping[str, Look], *, parted: Collection[str]
) -> dict[str, str]:
    """Header → role: each role goes to the header with its most usual name that holds something."""
    own = own_words(stem, noun)
    pairs: list[tuple[int, float, int, str, str]] = [
        (further, place, position, role, header)
        for position, (header, look) in enumerate(looks.items())
        if look.filled
        for further, name in enumerate(spellings(header, own))
        for role, names in vocabulary_of(noun).items()
        if (place := names.get(name)) is not None
    ]
    pairs += [(0, _AFTER_ID, *each) for each in _ids_by_name(stem, noun, looks)]
    if noun not in {*PEOPLE, "users", "relations"}:
        called = frozenset(words_for(stem))
        pairs += [(0, _FIRST, at, "title", header) for at, header in enumerate(looks) if is_own_name(header, called)]
    phones = {header for _further, _place, _position, role, header in pairs if role in _PHONES}
    found: dict[str, str] = {}
    for _further, _place, _position, said, header in sorted(pairs):
        is_phone = said == "id" and phones <= {header} and is_own_number(header, own) and _are_called(rows[header])
        role = "phone" if is_phone else said
        if header not in found and role not in found.values():
            if role == "id" and not _may_be_id(header, stem, noun, rows):
                continue
            if role == "owner" and (header in parted or _is_of_others(header, rows)):
                continue  # it says of what a row is
            if _fits(role, rows[header], looks[header]):
                found[header] = role
    _id_by_name(stem, noun, rows, found)
    if noun == "users":
        _name_by_content(noun, rows, found)
    elif noun in PEOPLE:
        _name_by_content(noun, rows, found)
        _kind_by_content(rows, found)
        _email_by_content(rows, found)
        _addresses_by_words(looks, found)
    elif noun != "relations":
        _title_by_name(stem, own, rows, found)
        if noun in _HAPPENING:
            _day_by_content(looks, found)
            _body_by_beginning(rows, found)
    return found


def _may_be_id(header: str, stem: str, noun: str, rows: pl.DataFrame) -> bool:
    """Whether a column that is called an id is that of its rows: no way to reach somebody, nor whose they are."""
    if names_rows_beside(header, stem) or _is_a_number_to_call(stem, rows[header]):
        return False
    if noun not in {*PEOPLE, "users"} and are_addresses(rows[header]):
        return False
    return _tells_apart(header, rows, is_named=is_own_id(header, stem))


def _id_by_name(stem: str, noun: str, rows: pl.DataFrame, found: dict[str, str]) -> None:
    """The id of systems that call it `name`, and what rows are called `customer_name`, `full_name` or `title`."""
    name = next((header for header in rows.columns if plain(header) == "name"), None)
    if name is None or "id" in found.values() or found.get(name) not in {None, "name", "title"}:
        return
    own = {word for word in words_for(stem) if word != "name"}
    called = next((each for each in filled_headers(rows) if each != name and _calls_rows(each, noun, own)), None)
    if called is None or not _all_differ(rows[name]) or _share(text_of(rows[name]) != text_of(rows[called])) <= HALF:
        return
    are_codes = _share(_filled(rows[name]).str.contains(_CODE)) > MOST_FILLED
    if are_codes or noun == "other" or plain(called) == "fullname":
        found[called] = found.pop(name, "name" if noun in {*PEOPLE, "users"} else "title")
        found[name] = "id"


def _calls_rows(header: str, noun: str, own: Collection[str]) -> bool:
    """Whether a column may be what rows are called, where the one that is called `name` is their id."""
    *first, last = words_for(bare(header)) or ("",)
    alone = (
        {"fullname"} if noun in {*PEOPLE, "users"} else {"title", "subject"}
    )  # people may have a title beside a name
    return plain(header) in alone or (last in {"name", "title"} and bool(first) and set(first) <= set(own))


def _kind_by_content(rows: pl.DataFrame, found: dict[str, str]) -> None:
    """A column that is nothing else and says of each row whether it is a person or an organisation."""
    held = {role: header for header, role in found.items()}
    names = [rows[held[role]] for role in ("first_name", "last_name") if role in held]
    for header in filled_headers(rows) if "tells_kind" not in held else ():
        is_free = header not in found and not any(word in plain(header) for word in _OF_NO_KIND)
        if is_free and tell_kinds(rows[header], names):
            found[header] = "tells_kind"
            return


def _is_of_others(header: str, rows: pl.DataFrame) -> bool:
    """Whether a column beside says that what a column points to are not all users or teams."""
    kinds = kinds_beside(header, rows.columns, surely=True)
    told = _filled(rows[kinds]).unique().to_list() if kinds is not None else []
    return any(nouns_singular()["users"].isdisjoint([plain(kind), *words_for(kind)]) for kind in told)


def _ids_by_name(stem: str, noun: str, looks: Mapping[str, Look]) -> Iterator[tuple[int, str, str]]:
    """Columns that are called like the table's own id; but for customers the first one, if it is an id of no noun."""
    own = own_words(stem, noun)
    for position, (header, look) in enumerate(looks.items()) if not joins_two(stem, looks) else ():
        if look.filled and (is_own_id(header, stem) or (not position and noun not in PEOPLE and is_some_id(header))):
            yield position, "id", header
        elif look.filled and is_own_number(header, own):
            yield len(looks) + position, "id", header
        elif look.filled and noun == "organisations" and is_own_parent(header, stem):
            yield position, "parent", header


def _addresses_by_words(looks: Mapping[str, Look], found: dict[str, str]) -> None:
    """Parts of addresses whose headers are put together."""
    for header, look in looks.items():
        role = address_part(header)
        if look.filled and role and header not in found and role not in found.values():
            found[header] = role


def _day_by_content(looks: Mapping[str, Look], found: dict[str, str]) -> None:
    """When something was, where no column is called like that: the first day that its header does not put elsewhere."""
    if "at" in found.values():
        return
    for header, look in looks.items():
        if look.dates > MOST_FILLED and header not in found and not _ELSEWHERE & set(words_of(header)):
            found[header] = "at"
            return


def _title_by_name(stem: str, own: Collection[str], rows: pl.DataFrame, found: dict[str, str]) -> None:
    """What rows are called by a column of the table's own name, as `SOURCE` or `SOURCE_NAME` among `LeadSources`."""
    for header in filled_headers(rows) if "title" not in found.values() else ():
        words = words_for(header)
        is_called_so = words_for(stem)[-len(words) :] == words or is_own_name(header, own)
        if found.get(header) in {None, "body"} and is_called_so and _tells_apart(header, rows, is_named=False):
            found[header] = "title"
            return


def _body_by_beginning(rows: pl.DataFrame, found: dict[str, str]) -> None:
    """What rows say, where no column is called like that: the first one whose name begins so and that is plain text."""
    if "body" in found.values():
        return
    for header in rows.columns:
        first, *others = words_of(bare(header)) or ("",)
        is_saying = first in _SAYING and bool(others) and not ends_as_id(header)
        if header not in found and is_saying and not _is_put_together(rows[header]):
            found[header] = "body"
            return


def _is_put_together(cells: pl.Series) -> bool:
    """Whether cells hold lists and records, as programs write them down."""
    return _share(_filled(cells).str.contains(r"^[\[{].*[\]}]$")) > MOST_FILLED


def _name_by_content(noun: str, rows: pl.DataFrame, found: dict[str, str]) -> None:
    """A name without the last one, which stands beside it, is the first; organisations may be called by their title."""
    held = {role: header for header, role in found.items()}
    if "name" not in held:
        title = next((header for header in rows.columns if plain(bare(header)) == "title"), None)
        if noun == "organisations" and title is not None and _filled(rows[title]).n_unique() > 1:
            found[title] = "name"
    elif "last_name" in held and "first_name" not in held and held["name"] in rows.columns:
        both = rows.select(name=pl.col(held["name"]), last=pl.col(held["last_name"])).drop_nulls()
        holds_it = both.select(pl.col("name").str.contains(pl.col("last"), literal=True)).to_series()
        if len(both) and _share(holds_it) <= HALF:
            found[held["name"]] = "first_name"
            whole = next((header for header in rows.columns if plain(bare(header)) == "fullname"), None)
            if whole is not None and _filled(rows[whole]).len():
                found[whole] = "name"


def _email_by_content(rows: pl.DataFrame, found: dict[str, str]) -> None:
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
    told = _filled(cells)
    others = told.filter(told != told.mode().sort().first()) if len(told) else told
    few = len(told) > FEW_ROWS and others.n_unique() <= HALF * len(others)
    return few or says_by_whom_it_was_written(header) or not OWNING.isdisjoint(words_of(header))


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


def _are_called(cells: pl.Series) -> bool:
    """Whether numbers are plainly those of telephones, which no numbers that are counted up look like."""
    filled = _filled(cells)
    return are_numbers(cells) and _share(filled.str.contains(_CALLED)) > MOST_FILLED


def are_links(cells: pl.Series) -> bool:
    """Whether a column holds addresses of pages, whatever it is called."""
    return _share(_filled(cells).str.contains(_PAGE)) > MOST_FILLED


def _is_a_number_to_call(stem: str, cells: pl.Series) -> bool:
    """Whether what is called a number is one by which somebody is reached: so the table is called."""
    return not OF_NUMBERS.isdisjoint(words_for(stem)) and are_numbers(cells)


def _tells_apart(header: str, rows: pl.DataFrame, *, is_named: bool) -> bool:
    """Whether a column differs where rows do; a row may be there twice, and a few have the id of another."""
    told = _filled(rows.unique()[header])
    return told.n_unique() >= (FEWEST_IDS if is_named else MOST_IDS) * len(told)


def _fits(role: str, cells: pl.Series, look: Look) -> bool:
    """Whether the cells may be what their header says."""
    if role in _MOMENTS:
        return max(look.dates, look.counted) > 0.3
    if role == "amount":
        return look.numbers > 0.3
    filled = _filled(cells)
    if role in _OF_EMAIL:
        return _share(filled.str.contains("@", literal=True)) > 0.5
    if role in _PHONES:
        return _share(filled.str.contains(r"\d\W?\d\W?\d")) >= 0.5
    if role == "name":
        return not bool(filled.str.contains(r"^\d+$").all())
    return True


def _column(noun: str, header: str, cells: pl.Series, look: Look, role: str | None) -> Column:
    shown = _cells(cells)
    if role is not None:
        return Column(header, role, shown, _('"%(header)s" is a name for it') % {"header": header})
    if not ASIDE_NAMES.isdisjoint(spellings(header, ())) or says_by_whom_it_was_written(header):
        return Column(header, ASIDE, shown, _("its system keeps it for itself"))
    if noun not in PEOPLE:
        return Column(header, ASIDE, shown, _("kept with the row"))
    if _is_put_together(cells):
        return Column(header, ASIDE, shown, _("puts together what other columns say"))
    kind = custom_kind(header, cells, look)
    return Column(header, f"{NEW_FIELD}{kind}", shown, look.in_words)


def _cells(column: pl.Series) -> tuple[str, ...]:
    """The first different cells that hold something."""
    text = _filled(column.head(500))
    return tuple(text.unique(maintain_order=True).head(CELLS).str.slice(0, CELL_LENGTH).to_list())


def _filled(cells: pl.Series) -> pl.Series:
    text = cells.cast(pl.String, strict=False).str.strip_chars()
    return text.filter(text.is_not_null() & ~text.is_in(_NOTHING))


def _all_differ(cells: pl.Series) -> bool:
    filled = _filled(cells)
    return len(filled) == len(cells) and filled.n_unique() == len(filled)


def _share(mask: pl.Series) -> float:
    return float(mask.cast(pl.Float64).mean() or 0.0)  # type: ignore[arg-type]
