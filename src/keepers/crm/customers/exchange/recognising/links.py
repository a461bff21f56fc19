"""Which columns of one table point to rows of another, told by their cells and their names."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

import polars as pl
from django.utils.translation import gettext as _

from keepers.crm.customers.exchange.reading.cells import are_organisations, text_of
from keepers.crm.customers.exchange.recognising.headers import (
    ends_as_id,
    kinds_beside,
    naming,
    nouns_singular,
    own_words,
    spellings,
    stem_of,
    words_for,
)
from keepers.crm.customers.exchange.recognising.layout import ASIDE, NEW_FIELD, PEOPLE, Column, Link, Table
from keepers.crm.customers.exchange.recognising.sampled import Sampled
from keepers.crm.customers.exchange.recognising.vocabulary import OWNING, POINTED, bare, vocabulary_of
from keepers.ingest.recognising.vocabulary import words_of

ENOUGH, FEWEST, MANY = 0.5, 3, 12
MOST_ALIKE = 0.9  # of cells, the share that is to differ for others to point to them, who may be called alike
MOST_TWICE = 1.2  # cells found in tables of people, a cell: more are numbers that mean rows of several
_NAMED_IN_PARTS = ("people", "leads", "users")
_POINTED_AT = ("id", "email", "web", "name", "title")  # roles whose cells others may repeat
_OWN = frozenset({
    "id", "email", "email_2", "email_3", "phone", "mobile", "phone_home", "phone_other", "fax", "web", "social",
    "first_name", "last_name", "middle_name", "street", "street_2", "street_number", "city", "region", "postal_code",
    "country", "street_other", "city_other", "region_other", "postal_code_other", "country_other", "tags", "stage",
    "acquired_by", "acquired_on", "tells_kind", "title", "at", "created", "body", "status", "amount", "kind", "minutes",
    "outcome",
})  # fmt: skip
_SMALL_NUMBER, _DIGITS = re.compile(r"\d{1,7}"), re.compile(r"\d+")
# Roles whose cells may be ids of names there.
_NAMED_ELSEWHERE = (
    "kind",
    "status",
    "outcome",
    "acquired_by",
    "stage",
    "country",
    "region",
)
_COMPARED = ("email", "web")  # roles whose cells are compared in a way of their own
_WITHIN = frozenset({"parent", "reports_to", "referred_by"})  # what may point into its own table
_BECAME = {"contact", "individual"}
_REPORTS, _BROUGHT = {"report", "reports", "manager", "supervisor", "boss"}, {"referred", "referrer", "referral"}


@dataclass(frozen=True, slots=True)
class _Target:
    """A column that others may point to, with what stands in it.

    noun: what the rows are whose cells these are; among people there may be organisations too
    beside: the column whose cells stand behind those of the header, where a name is put together of both; else empty
    """

    table: Table
    header: str
    role: str
    cells: frozenset[str]
    are_numbers: bool
    noun: str
    beside: str = ""

    def named_by(self, header: str, *, of: Table) -> int:
        """How clearly a header of a table names these rows; 0: not at all."""
        if self.noun == self.table.noun:
            return naming(header, self.table, of=of)
        if of.name == self.table.name and (clear := naming(header, self.table, of=of)):
            return clear
        words = set(words_for(bare(header)))
        called = nouns_singular()[self.noun] | POINTED.get(self.noun, frozenset())
        return int(bool(words & called) or (of.is_people and "parent" in words))


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
    yield from _organisations_among(sampled)
    yield from _names_put_together(sampled)
    for role in _POINTED_AT:
        header = table.header_of(role)
        if header is not None and (role in {"id", "email", "web"} or role == table.identity or table.noun != "people"):
            cells = _cells(sampled.rows[header], role)
            if len(cells) and cells.n_unique() >= (ENOUGH if role == "id" else MOST_ALIKE) * len(cells):
                found = frozenset(cells.to_list())
                yield _Target(table, header, role, found, _are_numbers(found), table.noun)


def _names_put_together(sampled: Sampled) -> Iterator[_Target]:
    """The names of people whose table has them in two columns, while others write them in one cell."""
    table = sampled.table
    first, last = table.header_of("first_name"), table.header_of("last_name")
    if table.noun not in _NAMED_IN_PARTS or first is None or last is None:
        return
    names = put_together(sampled.rows[first], sampled.rows[last]).drop_nulls()
    if len(names) and names.n_unique() >= MOST_ALIKE * len(names):
        yield _Target(table, first, "name", frozenset(names.to_list()), are_numbers=False, noun=table.noun, beside=last)


def put_together(first: pl.Series, last: pl.Series) -> pl.Series:
    """Names as others write them in one cell; null where one of the two is missing."""
    both = pl.DataFrame({"first": text_of(first), "last": text_of(last)})
    return both.select(pl.concat_str(pl.all(), separator=" ")).to_series()


def _organisations_among(sampled: Sampled) -> Iterator[_Target]:
    """Of people whose table says which of them are organisations, those."""
    table = sampled.table
    header, kinds = table.header_of("id"), table.header_of("tells_kind")
    if table.noun != "people" or header is None or kinds is None:
        return
    found = frozenset(_cells(sampled.rows.filter(are_organisations(sampled.rows[kinds]))[header], "id").to_list())
    if found:
        yield _Target(table, header, "id", found, _are_numbers(found), "organisations")


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
    """The target that most cells point to, if enough do; of whole numbers, which many tables have, the one named."""
    table = sampled.table
    if not column.cells or not _may_point(table, column):
        return None
    best: list[tuple[int, float, _Target]] = []
    written = _Written(sampled.rows[column.header])
    if kinds_beside(column.header, sampled.rows.columns, surely=True) is not None and _are_numbers(written[""]):
        return None  # of things that only its kinds tell apart, which say nothing here
    if _are_marks(sampled, column, written[""]):
        return None
    for target in targets:
        is_own = target.table.name == table.name
        if is_own and (target.header == column.header or (column.role not in _WITHIN and target.noun == table.noun)):
            continue
        cells = written[target.role]
        found = len(cells & target.cells)
        share, named = found / max(1, len(cells)), target.named_by(column.header, of=table)
        if (target.are_numbers or _are_numbers(cells)) and not named:
            continue
        if target.role != "id" and column.role == "owner" and target.noun != "users":
            continue  # whoever looks after a row may be called and reached as a customer is
        if target.noun != target.table.noun and not named:
            continue  # whom else it points to, all the rows of its table are asked for
        enough = share >= ENOUGH and (found >= min(FEWEST, len(cells)) or named)
        if enough or (named and found and target.role == "id" and target.noun != "users"):
            best.append((named, share, target))
    if not best:
        return _any_of_people(sampled, written[""], targets)
    return _most_likely(best, in_digits=all(_DIGITS.fullmatch(cell) for cell in written[""]))


def _are_marks(sampled: Sampled, column: Column, cells: frozenset[str]) -> bool:
    """Whether one or two numbers stand in many rows of a column that is called no id: they say yes and no, not whom."""
    is_called = ends_as_id(column.header) or (column.role and not column.role.startswith(NEW_FIELD))
    rows = sampled.rows.height
    is_few = (len(cells) == 1 and rows >= FEWEST) or (len(cells) < FEWEST and rows >= MANY)
    return is_few and _are_numbers(cells) and not is_called


def _most_likely(found: Sequence[tuple[int, float, _Target]], *, in_digits: bool) -> _Target | None:
    """The target in which most cells stand; of numbers the one that is named, since each table may count for itself."""
    if not in_digits:
        return max(found, key=lambda each: each[1])[2]
    named, share, best = max(found, key=lambda each: each[:2])
    rivals = [each for each in found if each[1] == share and each[2].table.name != best.table.name]
    return best if named or not rivals else None


def _may_point(table: Table, column: Column) -> bool:
    """Whether a column may hold what stands in another table; one that is split by kind points by its parts."""
    if column.header in table.split_columns or (column.role == "name" and table.is_people):
        return False
    return column.role not in _OWN or (column.role in _NAMED_ELSEWHERE and ends_as_id(column.header))


def _any_of_people(sampled: Sampled, cells: frozenset[str], targets: Sequence[_Target]) -> _Target | None:
    """Of a column whose cells point now to one table, now to another: the table of people that most point to."""
    ids = [each for each in targets if each.role == "id" and not each.are_numbers and each.table != sampled.table]
    found = [len(cells & each.cells) for each in ids]
    if sampled.table.is_people or not max(1, ENOUGH * len(cells)) <= sum(found) <= MOST_TWICE * len(cells):
        return None
    return max(
        (pair for pair in zip(found, ids, strict=True) if pair[0] and pair[1].table.is_people),
        key=lambda pair: pair[0],
        default=(0, None),
    )[1]


def _pointing(table: Table, column: Column, target: _Target, taken: set[str]) -> Column:
    role = _role(table, column, target)
    if role.startswith(NEW_FIELD):
        role = f"{NEW_FIELD}text"  # what it points to is told by its name
    if role in taken and role != column.role:
        role = ASIDE if role == "owner" else column.role  # their id beside their name says nothing new
    why = _('its cells are those of "%(header)s" in %(table)s') % {"header": target.header, "table": target.table.name}
    return replace(column, role=role, why=why, link=Link(target.table.name, target.header, target.beside))


def _role(table: Table, column: Column, to: _Target) -> str:
    """What a column is that points to rows of a table."""
    words = set(words_of(bare(column.header)))
    if to.noun == "other" and (not column.role or column.role.startswith(NEW_FIELD)) and ends_as_id(column.header):
        return _called(table, column)
    if to.noun == "users":
        return "owner" if column.role == "owner" or words & OWNING else column.role
    if not table.is_people:
        if to.noun in {"people", "leads"}:
            return "person"
        return "organisation" if to.noun == "organisations" else column.role
    if to.noun == "organisations":
        return "parent" if table.noun == "organisations" or "parent" in words else "organisation"
    if table.noun == "leads" and to.noun == "people" and (words & _BECAME or _came_by_a_join(table, column)):
        return "converted_to"
    if to.noun in PEOPLE and table.noun != "organisations":
        return "reports_to" if words & _REPORTS else "referred_by" if words & _BROUGHT else column.role
    # Who speaks for an organisation and has a row of their own is known by that.
    return f"{NEW_FIELD}text" if column.role == "contact" else column.role


def _came_by_a_join(table: Table, column: Column) -> bool:
    return any(join.header == column.header for join in table.joins)


def _called(table: Table, column: Column) -> str:
    """What a column is whose cells stand for names of another table: where customers came from, say."""
    taken = {each.role for each in table.columns}
    known = vocabulary_of(table.noun)
    said = {name.removesuffix("id") for name in spellings(column.header, own_words(stem_of(table), table.noun))}
    meant = (role for role in _NAMED_ELSEWHERE if role in known and role not in taken and said & known[role].keys())
    return next(meant, column.role)


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
