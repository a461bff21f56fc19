"""Which columns of one table point to rows of another, told by their cells and their names."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

import polars as pl
from django.utils.translation import gettext as _

from keepers.crm.customers.exchange.layout import NEW_FIELD, PEOPLE, Column, Link, Table
from keepers.crm.customers.exchange.recognition import Sampled
from keepers.crm.customers.exchange.vocabulary import NOUN_WORDS, bare
from keepers.ingest.vocabulary import plain, words_of

ENOUGH, FEWEST = 0.5, 3
_POINTED_AT = ("id", "email", "web", "name", "title")  # roles whose cells others may repeat
_OWN = frozenset({
    "id", "email", "email_2", "email_3", "phone", "mobile", "phone_home", "phone_other", "fax", "web", "social",
    "first_name", "last_name", "middle_name", "street", "street_2", "street_number", "city", "region", "postal_code",
    "country", "street_other", "city_other", "region_other", "postal_code_other", "country_other", "tags", "stage",
    "acquired_by", "acquired_on", "tells_kind", "title", "at", "created", "body", "status", "amount", "kind", "minutes",
    "outcome",
})  # fmt: skip
_SMALL_NUMBER = re.compile(r"\d{1,7}")
_COMPARED = ("email", "web")  # roles whose cells are compared in a way of their own
_WITHIN = frozenset({"parent", "reports_to", "referred_by"})  # what may point into its own table
_REPORTS, _BROUGHT = {"report", "reports", "manager", "supervisor", "boss"}, {"referred", "referrer", "referral"}


@dataclass(frozen=True, slots=True)
class _Target:
    """A column that others may point to, with what stands in it."""

    table: Table
    header: str
    role: str
    cells: frozenset[str]
    are_numbers: bool


class _Written(dict[str, frozenset[str]]):
    """What stands in a column, by the role of the columns that it is compared with."""

    def __init__(self, column: pl.Series) -> None:
        super().__init__()
        self._column = column

    def __missing__(self, role: str) -> frozenset[str]:
        plainly = role and role not in _COMPARED
        self[role] = self[""] if plainly else frozenset(_cells(self._column, role).to_list())
        return self[role]


def with_links(sampled: Sequence[Sampled]) -> list[Table]:
    """The tables with the links of their columns, and what these columns then are."""
    targets = [target for each in sampled for target in _targets(each)]
    return [_linked(each, targets) for each in sampled]


def _targets(sampled: Sampled) -> Iterator[_Target]:
    table = sampled.table
    for role in _POINTED_AT:
        header = table.header_of(role)
        if header is not None and (role in {"id", "email", "web"} or role == table.identity or table.noun != "people"):
            cells = _cells(sampled.rows[header], role)
            if len(cells) and cells.n_unique() >= 0.9 * len(cells):
                found = frozenset(cells.to_list())
                yield _Target(table, header, role, found, _are_numbers(found))


def _are_numbers(cells: Iterable[str]) -> bool:
    return all(_SMALL_NUMBER.fullmatch(cell) for cell in cells)


def _linked(sampled: Sampled, targets: Sequence[_Target]) -> Table:
    table, taken = sampled.table, {column.role for column in sampled.table.columns}
    columns = []
    for column in table.columns:
        found = _link(sampled, column, targets)
        if found is not None:
            column = _pointing(table, column, found, taken)  # noqa: PLW2901 - the same column, known better
            taken.add(column.role)
        columns.append(column)
    return replace(table, columns=tuple(columns))


def _link(sampled: Sampled, column: Column, targets: Sequence[_Target]) -> _Target | None:
    """The target that most cells point to, if enough do."""
    if column.role in _OWN or not column.cells or (column.role == "name" and sampled.table.is_people):
        return None
    best: tuple[float, _Target] | None = None
    written = _Written(sampled.rows[column.header])
    for target in targets:
        if target.table.name == sampled.table.name and (column.role not in _WITHIN or target.header == column.header):
            continue
        cells = written[target.role]
        found = len(cells & target.cells)
        share = found / max(1, len(cells))
        named = _names(column.header, target.table)
        if not named and (target.are_numbers or _are_numbers(cells)):
            continue
        enough = share >= ENOUGH and (found >= min(FEWEST, len(cells)) or named)
        if (enough or (named and found and target.role == "id")) and (best is None or share > best[0]):
            best = (share, target)
    return _any_of_people(sampled, written[""], targets) if best is None else best[1]


def _any_of_people(sampled: Sampled, cells: frozenset[str], targets: Sequence[_Target]) -> _Target | None:
    """Of a column whose cells point now to one table, now to another: the table of people that most point to."""
    ids = [each for each in targets if each.role == "id" and not each.are_numbers and each.table != sampled.table]
    found = [len(cells & each.cells) for each in ids]
    if sampled.table.is_people or sum(found) < max(1, ENOUGH * len(cells)):
        return None
    return max(
        (pair for pair in zip(found, ids, strict=True) if pair[0] and pair[1].table.is_people),
        key=lambda pair: pair[0],
        default=(0, None),
    )[1]


def _pointing(table: Table, column: Column, target: _Target, taken: set[str]) -> Column:
    role = _role(table, column, target.table)
    if role.startswith(NEW_FIELD):
        role = f"{NEW_FIELD}text"  # what it points to is told by its name
    if role in taken and role != column.role:
        role = column.role
    why = _('its cells are those of "%(header)s" in %(table)s') % {"header": target.header, "table": target.table.name}
    return replace(column, role=role, why=why, link=Link(target.table.name, target.header))


def _role(table: Table, column: Column, to: Table) -> str:
    """What a column is that points to a table."""
    words = set(words_of(bare(column.header)))
    if to.noun == "users":
        return "owner" if column.role == "owner" or words & {"owner", "agent", "assigned"} else column.role
    if not table.is_people:
        if to.noun in {"people", "leads"}:
            return "person"
        return "organisation" if to.noun == "organisations" else column.role
    if to.noun == "organisations":
        return "parent" if table.noun == "organisations" else "organisation"
    if table.noun == "leads" and to.noun == "people" and "contact" in words:
        return "converted_to"
    if to.noun in PEOPLE and table.noun != "organisations":
        return "reports_to" if words & _REPORTS else "referred_by" if words & _BROUGHT else column.role
    return column.role


def _names(header: str, table: Table) -> bool:
    """Whether a header speaks of the table."""
    said = bare(header)
    words = {word.removesuffix("s") for word in (*words_of(said), plain(said).removesuffix("id"))}
    return bool(words & {word.removesuffix("s") for word in NOUN_WORDS.get(table.noun, ())}) or bool(
        words & {plain(table.file.split(".")[0].removesuffix("__c")).removesuffix("s")}
    )


def _cells(column: pl.Series, role: str) -> pl.Series:
    text = column.cast(pl.String, strict=False).str.strip_chars()
    text = text.filter(text.is_not_null() & (text != ""))
    return compared(text, role)


def compared(text: pl.Series, role: str) -> pl.Series:
    """Cells as they are compared with those of a column of a role."""
    if role == "email":
        return text.str.to_lowercase()
    if role == "web":
        bare = text.str.to_lowercase().str.replace(r"^https?://", "").str.replace(r"^www\.", "")
        return bare.str.replace(r"/.*$", "")
    return text
