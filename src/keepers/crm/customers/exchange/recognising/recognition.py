"""Recognises which column of a table is which, by name and content."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import replace

import polars as pl
from django.utils.translation import gettext as _

from keepers.crm.customers.exchange.reading.cells import text_of
from keepers.crm.customers.exchange.recognising.contents import (
    HALF,
    MOST_FILLED,
    all_differ,
    are_addresses,
    are_called,
    are_numbers,
    body_by_beginning,
    day_by_content,
    email_by_content,
    filled_cells,
    is_of_others,
    is_put_together,
    kind_by_content,
    name_by_content,
    share,
)
from keepers.crm.customers.exchange.recognising.headers import (
    CODES,
    address_part,
    is_own_id,
    is_own_name,
    is_own_number,
    is_own_parent,
    is_some_id,
    joins_two,
    names_rows_beside,
    own_words,
    says_by_whom_it_was_written,
    spellings,
    stem_of,
    words_for,
)
from keepers.crm.customers.exchange.recognising.layout import ASIDE, NEW_FIELD, PEOPLE, REFUSED, Column, Table
from keepers.crm.customers.exchange.recognising.nouns import HAPPENING, noun_of
from keepers.crm.customers.exchange.recognising.sampled import filled_headers
from keepers.crm.customers.exchange.recognising.vocabulary import ASIDE_NAMES, OF_NUMBERS, bare, vocabulary_of
from keepers.ingest.recognising.recognition import Look, look_at
from keepers.ingest.recognising.vocabulary import plain, words_of

CELLS = 3
CELL_LENGTH = 60
MOST_CHOICES = 12
ROWS_A_CHOICE = 4
MOST_IDS = 0.8
FEWEST_IDS = 0.5
_MONEY = {"amount", "revenue", "income", "price", "cost", "budget", "salary", "umsatz", "value", "spend", "turnover"}
_YES_NO = frozenset({"yes", "no", "true", "false", "y", "n", "ja", "nein", "da", "ne", "oui", "non"})
_LINK = r"^https?://\S+$"
_CODE = r"^\S*\d\S*$"
_PHONES = frozenset({"phone", "mobile", "phone_home", "phone_other"})
_OF_EMAIL = ("email", "email_2", "email_3")
_REFUSES = "refuses_"  # before the channel
_MOMENTS = frozenset({"at", "created", "acquired_on"})
_FIRST = -1.0  # the place before all names
_A_TO_B = ("label", "a", "b")  # what the one of two is to the other
_AFTER_ID = 0.5  # the place behind the name "id", and before all others


def recognised(table: Table, rows: pl.DataFrame, noun: str = "") -> Table:
    """The table with its noun, unless that is known, and the roles of its columns."""
    noun = noun or noun_of(table, rows)
    looks = look_at(rows)
    roles = _roles(stem_of(table), noun, rows, looks, parted=table.split_columns)
    columns = []
    empty = 0
    for header, look in looks.items():
        if filled_cells(rows[header]).is_empty():
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
        if role in held and (role in _OF_EMAIL or all_differ(rows[held[role]])):
            return replace(table, identity=role, key=table.key or ("id" if role == "name" else role))
    return replace(table, identity="", key="")


def custom_kind(header: str, cells: pl.Series, look: Look) -> str:
    """The kind of custom field that suits a column."""
    text = filled_cells(cells)
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
        is_phone = said == "id" and phones <= {header} and is_own_number(header, own) and are_called(rows[header])
        role = "phone" if is_phone else said
        if role.startswith(_REFUSES) and role in found.values():
            found.setdefault(header, REFUSED + role.removeprefix(_REFUSES))  # each of them counts
        if header not in found and role not in found.values():
            if role == "id" and not _may_be_id(header, stem, noun, rows):
                continue
            if role == "owner" and (header in parted or is_of_others(header, rows)):
                continue  # it says of what a row is
            if _fits(role, rows[header], looks[header]):
                found[header] = role
    _id_by_name(stem, noun, rows, found)
    if noun == "users":
        name_by_content(noun, rows, found)
    elif noun in PEOPLE:
        name_by_content(noun, rows, found)
        kind_by_content(rows, found)
        email_by_content(rows, found)
        _addresses_by_words(looks, found)
    elif noun != "relations":
        _title_by_name(stem, own, rows, found)
        if noun in HAPPENING:
            day_by_content(looks, found)
            body_by_beginning(rows, found)
    return found


def _may_be_id(header: str, stem: str, noun: str, rows: pl.DataFrame) -> bool:
    """Whether a column that is called an id is that of its rows: no way to reach somebody, nor whose they are."""
    if names_rows_beside(header, stem) or _is_a_number_to_call(stem, rows[header]):
        return False
    if noun not in {*PEOPLE, "users"} and are_addresses(rows[header]):
        return False
    if joins_two(stem, rows.columns) and not all_differ(filled_cells(rows[header])):
        return False
    return _tells_apart(header, rows, is_named=is_own_id(header, stem))


def _id_by_name(stem: str, noun: str, rows: pl.DataFrame, found: dict[str, str]) -> None:
    """The id of systems that call it `name`, and what rows are called `customer_name`, `full_name` or `title`."""
    name = next((header for header in rows.columns if plain(header) == "name"), None)
    if name is None or "id" in found.values() or found.get(name) not in {None, "name", "title"}:
        return
    own = {word for word in words_for(stem) if word != "name"}
    called = next((each for each in filled_headers(rows) if each != name and _calls_rows(each, noun, own)), None)
    if called is None or not all_differ(rows[name]) or share(text_of(rows[name]) != text_of(rows[called])) <= HALF:
        return
    are_codes = share(filled_cells(rows[name]).str.contains(_CODE)) > MOST_FILLED
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


def _title_by_name(stem: str, own: Collection[str], rows: pl.DataFrame, found: dict[str, str]) -> None:
    """What rows are called by a column of the table's own name, as `SOURCE` or `SOURCE_NAME` among `LeadSources`."""
    for header in filled_headers(rows) if "title" not in found.values() else ():
        words = words_for(header)
        is_called_so = words_for(stem)[-len(words) :] == words or is_own_name(header, own) or words == _A_TO_B
        if found.get(header) in {None, "body"} and is_called_so and _tells_apart(header, rows, is_named=False):
            found[header] = "title"
            return


def _is_a_number_to_call(stem: str, cells: pl.Series) -> bool:
    """Whether what is called a number is one by which somebody is reached: so the table is called."""
    return not OF_NUMBERS.isdisjoint(words_for(stem)) and are_numbers(cells)


def _tells_apart(header: str, rows: pl.DataFrame, *, is_named: bool) -> bool:
    """Whether a column differs where rows do; a row may be there twice, and a few have the id of another."""
    told = filled_cells(rows.unique()[header])
    return told.n_unique() >= (FEWEST_IDS if is_named else MOST_IDS) * len(told)


def _fits(role: str, cells: pl.Series, look: Look) -> bool:
    """Whether the cells may be what their header says."""
    if role in _MOMENTS:
        return max(look.dates, look.counted) > 0.3
    if role == "amount":
        return look.numbers > 0.3
    filled = filled_cells(cells)
    if role in _OF_EMAIL:
        return share(filled.str.contains("@", literal=True)) > 0.5
    if role in _PHONES:
        return share(filled.str.contains(r"\d\W?\d\W?\d")) >= 0.5
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
    if is_put_together(cells):
        return Column(header, ASIDE, shown, _("puts together what other columns say"))
    kind = custom_kind(header, cells, look)
    return Column(header, f"{NEW_FIELD}{kind}", shown, look.in_words)


def _cells(column: pl.Series) -> tuple[str, ...]:
    """The first different cells that hold something."""
    text = filled_cells(column.head(500))
    return tuple(text.unique(maintain_order=True).head(CELLS).str.slice(0, CELL_LENGTH).to_list())
