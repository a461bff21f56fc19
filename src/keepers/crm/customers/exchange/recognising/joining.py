"""Columns that a table has by way of others: tables that only name rows of two, and tables that add to the rows of one.

Systems that keep e-mail addresses, tags, own fields, or who takes part in what in tables of their own export them so.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import permutations

import polars as pl

from keepers.crm.customers.exchange.reading import cells
from keepers.crm.customers.exchange.reading.rows import deleted_in
from keepers.crm.customers.exchange.recognising.addresses import address_joins, addresses_pointed_to
from keepers.crm.customers.exchange.recognising.contents import are_addresses, are_links, are_numbers
from keepers.crm.customers.exchange.recognising.headers import (
    stem_of,
    words_for,
)
from keepers.crm.customers.exchange.recognising.layout import PEOPLE, WITH_CUSTOMERS, WITH_PEOPLE, Join, Table
from keepers.crm.customers.exchange.recognising.owners import employers_of_others, owners_of_others
from keepers.crm.customers.exchange.recognising.pairs import pair_in
from keepers.crm.customers.exchange.recognising.parts import by_parts
from keepers.crm.customers.exchange.recognising.pointing import Pointers, only_adds
from keepers.crm.customers.exchange.recognising.recognition import recognised
from keepers.crm.customers.exchange.recognising.refusals import (
    list_of_refusals,
    refusals_told,
    with_refusals,
)
from keepers.crm.customers.exchange.recognising.sampled import Sampled, filled_headers, whole_columns
from keepers.crm.customers.exchange.recognising.triples import ADDRESSES, fields_told
from keepers.crm.customers.exchange.recognising.vocabulary import (
    ASIDE_NAMES,
    LABELS,
    OF_NUMBERS,
    OWNING,
    REFUSALS,
    TAKING_PART,
)
from keepers.crm.customers.exchange.recognising.widening import Rows, told_by, wider_by
from keepers.ingest.recognising.vocabulary import plain, words_of

HALF = 0.5
_TELLING = ("title", "name", "email", "first_name", "last_name", "body", "amount")  # a table with these says something
_LITTLE = frozenset({"label", "ref", "reference", "number"})  # of a title
_NUMBERS = ("phone_number", "phone_other")
_PAGES, _PROFILES = ("website",), ("social",)
_OWN_ROLES: Mapping[Sequence[str], str] = {ADDRESSES: "email", _NUMBERS: "phone", _PAGES: "web", _PROFILES: "social"}
# What it is called that an address or a number is not to be used; an address by the name that it has there.
_REFUSED_AT: Mapping[Sequence[str], str] = {ADDRESSES: "", _NUMBERS: "phone_opt_out"}
_KNOWN = ("members", "lines", "orders")  # which name rows of others, and are something of their own
_ABOUT_OTHERS = ("tasks", "activities")  # what may be about a deal, and so of its customers
_UNNAMED = ("other", "activities")  # what a table of addresses is taken for by its name: "email" is also a mail
_OF_PAGES, _OF_PROFILES = {"website", "web", "url"}, {"social", "profile"}


def joined(sampled: Sequence[Sampled]) -> list[Sampled]:
    """The tables recognised, with the columns that others add, and those others as what they are."""
    raw = {each.table.name: each.table for each in sampled}
    named = _recognised_together(sampled)
    tables, joins = dict[str, Table](), dict[str, list[Join]]()
    tables |= {name: recognised(raw[name], each.rows, "other") for name, each in named.items() if _reached_at(each)}
    pointers = Pointers(named)
    for name, each in named.items():
        to = pointers.of(each)
        for join in addresses_pointed_to(each, to, named):
            joins.setdefault(name, []).append(join)
        known, told = _told_of_others(raw[name], each, to, named)
        if known is not None:
            tables.setdefault(name, known)
            for owner, join in told:
                joins.setdefault(owner, []).append(join)

    of_fields = {join.through for of in joins.values() for join in of if join.field and join.several}

    def rows(name: str) -> Iterator[pl.DataFrame]:
        each = named[name]
        told = whole_columns(each, each.rows.columns) if name in of_fields else each.rows
        yield told.filter(~deleted_in(told))

    wide = {name: Sampled(tables.get(name, each.table), each.rows) for name, each in named.items()}
    for name, of in joins.items():
        if name not in tables:
            wide[name] = _with_joins(raw[name], named[name], of, rows)
    return list(wide.values())


Told = tuple[Table | None, Sequence[tuple[str, Join]]]


def _told_of_others(raw: Table, each: Sampled, to: Mapping[str, Sequence[str]], named: Mapping[str, Sampled]) -> Told:
    """What a table is that tells of others, with the joins that they get of it; None where it tells of nobody else."""
    adds = [
        (owners[0], _join(named[owners[0]], header, each.table.name, here, header))
        for here, owners in to.items()
        if only_adds(each, here, owners, named, alone=len(to) == 1)
        for header in _added_by(each, here)
    ]
    refused = list(refusals_told(each, to, named))
    if refused:
        return recognised(raw, each.rows, "other"), refused
    rows = [*fields_told(each, to, named), *_several_of_one(each, to, named)]
    if adds or rows:
        return recognised(raw, each.rows, "other"), [*adds, *rows]
    if (refusing := list_of_refusals(raw, each, to, named)) is not None:
        return refusing, ()
    if (pair := pair_in(each, to, named)) and _only_relates(each.table):
        return replace(recognised(raw, each.rows, "relations"), pair=pair), ()
    if not _only_names_others(each.table, to):
        return None, ()
    nouns = {named[other].table.noun for others in to.values() for other in others}
    people = nouns - {"other", "users"}
    told = [header for header, others in to.items() if any(named[other].table.is_people for other in others)]
    is_relation = "organisations" in people and people < {*PEOPLE, ""} and len(people) > 1 and len(told) > 1
    noun = "relations" if is_relation else "other"
    return recognised(raw, each.rows, noun), list(_by_way_of(each.table.name, to, named))


def _recognised_together(sampled: Sequence[Sampled]) -> dict[str, Sampled]:
    """The tables by their names, each recognised alone, but for those of whom only others tell what they are."""
    raw = {each.table.name: each.table for each in sampled}
    named = {each.table.name: replace(each, table=recognised(each.table, each.rows)) for each in sampled}
    for noun, told_by_others in (("users", owners_of_others), ("organisations", employers_of_others)):
        for name in told_by_others(named):
            named[name] = replace(named[name], table=recognised(raw[name], named[name].rows, noun))
    return named


def _only_names_others(table: Table, to: Collection[str]) -> bool:
    """Whether a table has nothing to tell but what its columns point to, and what rows of those have to do."""
    if table.noun in _KNOWN or len(to) < 2 or _tells_who_took_part(table):
        return table.noun not in _KNOWN and len(to) > 1
    says = any(header not in to for header in _telling(table))
    happened = table.noun in WITH_PEOPLE and table.header_of("id") is not None and table.header_of("at") is not None
    return not says and not happened


def _only_relates(table: Table) -> bool:
    """Whether a table that relates two is nothing else: no act, and nothing that is worth something."""
    return table.noun in {"other", "relations"} and not _tells_who_took_part(table)


def _telling(table: Table) -> set[str]:
    """The columns by which a table says something; a label or a number beside what it points to says nothing more."""
    found = (table.column(header) for role in _TELLING if (header := table.header_of(role)) is not None)
    return {each.header for each in found if each and (each.role != "title" or plain(each.header) not in _LITTLE)}


def _tells_who_took_part(table: Table) -> bool:
    return not TAKING_PART.isdisjoint(words_for(stem_of(table))[-1:])


def _with_joins(raw: Table, each: Sampled, joins: Sequence[Join], rows: Rows) -> Sampled:
    once: dict[str, Join] = {}
    for join in joins:
        own = join.header in each.rows.columns and _stands_apart(join)
        called = f"{join.through}: {join.header}" if own or _is_of_another(once.get(join.header), join) else join.header
        if called not in each.rows.columns:
            once.setdefault(called, replace(join, header=called))
    told = told_by(once.values(), rows)
    wider = wider_by(each.rows, told)
    table = recognised(raw, _with_cells_of_others(wider, told), each.table.noun)
    return Sampled(with_refusals(replace(table, joins=tuple(once.values()))), wider)


def _says_in_its_own_words(join: Join) -> bool:
    """Whether a column only says whose a row is, which several tables may; other columns fill what is not there."""
    return not join.several and not join.to and join.header == join.there


def _stands_apart(join: Join) -> bool:
    """Whether what it tells is something of its own, also where a column that is there is called so."""
    return _says_in_its_own_words(join) or bool(join.field and join.several)


def _is_of_another(known: Join | None, join: Join) -> bool:
    return known is not None and known.through != join.through and _stands_apart(join)


def _by_way_of(
    through: str, to: Mapping[str, Sequence[str]], named: Mapping[str, Sampled]
) -> Iterator[tuple[str, Join]]:
    """What a table that names rows of two tells of the first by the second."""
    for here, there in permutations(to, 2):
        if not _together(named[through], here, there):
            continue
        for owner in to[here]:
            mine, other = named[owner], named[to[there][0]]
            reached = _reached_at(other)
            if mine.table.noun in (*PEOPLE, "users") and reached is not None:
                for place, header in _not_there_yet(mine, other, reached):
                    yield owner, _join(mine, header, through, here, there, other, reached.header, place=place)
                for header in other.rows.columns if reached.called in _REFUSED_AT else ():
                    if plain(header) in REFUSALS:
                        called = _REFUSED_AT[reached.called] or header
                        yield owner, _join(mine, called, through, here, there, other, header)
            elif mine.table.is_people and (label := _label(other)) is not None:
                yield owner, _join(mine, "tags", through, here, there, other, label, several=True)
            elif header := _called_by_way_of(mine, other, there):
                join = _join(mine, header, through, here, there)
                yield from ((owner, part) for part in by_parts(join, named[through].rows))


def _called_by_way_of(mine: Sampled, other: Sampled, there: str) -> str:
    """What a column is called that says to which rows of another table others belong; empty where it says nothing."""
    has_kinds = [each.table.header_of("tells_kind") is not None for each in (mine, other)]
    if mine.table.is_people and other.table.noun == "users":
        return "" if _has_owners(mine) else "owner"
    if mine.table.noun == "people" and has_kinds == [False, True]:
        return "" if mine.table.header_of("organisation") else "organisation_id"
    return there if _says_whose(mine, other) else ""


def _has_owners(mine: Sampled) -> bool:
    """Whether rows say themselves who looks after them."""
    words = (set(words_of(header)) for header in filled_headers(mine.rows))
    return mine.table.header_of("owner") is not None or any(OWNING & each for each in words)


def _together(through: Sampled, here: str, there: str) -> bool:
    """Whether some row of a table names both."""
    both = [cells.text_of(through.rows[header]).is_not_null() for header in (here, there)]
    return bool((both[0] & both[1]).any())


def _says_whose(mine: Sampled, other: Sampled) -> bool:
    """Whether rows of the second say whose rows of the first are, or what has become of them."""
    of_people = other.table.is_people and mine.table.noun in WITH_PEOPLE
    became = mine.table.noun == "leads" and other.table.noun == "people"
    return of_people or became or (other.table.noun in WITH_CUSTOMERS and mine.table.noun in _ABOUT_OTHERS)


@dataclass(frozen=True, slots=True)
class _Reached:
    """Where a table of nothing else holds by what people are reached, and what its columns are called."""

    header: str
    called: Sequence[str]


def _reached_at(other: Sampled) -> _Reached | None:
    """How people are reached by a table that holds nothing else; none where it does."""
    if other.table.noun not in _UNNAMED:
        return None
    words = {word.removesuffix("s") for word in words_of(stem_of(other.table))}
    kinds = (
        (ADDRESSES, True, are_addresses),
        (_NUMBERS, bool(words & OF_NUMBERS), are_numbers),
        (_PAGES, bool(words & _OF_PAGES), are_links),
        (_PROFILES, bool(words & _OF_PROFILES), are_links),
    )
    found = (
        _Reached(header, called)
        for called, named, fits in kinds
        for header in filled_headers(other.rows)
        if named and header != other.table.header_of("id") and fits(other.rows[header])
    )
    reached = next(found, None)
    return reached if reached is not None and _telling(other.table) <= {reached.header} else None


def _label(other: Sampled) -> str | None:
    """Where the rows of a table of labels are called something."""
    words = words_for(stem_of(other.table))
    is_one = "tag" in words or (other.table.noun == "other" and not LABELS.isdisjoint(words[-1:]))
    return other.table.header_of("title") if is_one else None


def _join(
    mine: Sampled, header: str, through: str, here: str, there: str,
    other: Sampled | None = None, wanted: str = "", *, several: bool = False, place: int = 0,
) -> Join:  # fmt: skip
    key = mine.table.header_of("id") or ""
    if other is None:
        return Join(header, key, through, here, there, several=several, place=place)
    to, at = other.table.name, other.table.header_of("id") or ""
    return Join(header, key, through, here, there, to, at, wanted, several, place)


def _several_of_one(
    each: Sampled, to: Mapping[str, Sequence[str]], named: Mapping[str, Sampled]
) -> Iterator[tuple[str, Join]]:
    """What a table tells of people, several rows of each: labels, or by what they are reached; users aside."""
    whose = [
        (here, name) for here, names in to.items() for name in names if named[name].table.noun not in {"other", "users"}
    ]
    owners = {owner for _here, owner in whose}
    if len(owners) < len(whose) or not all(named[owner].table.is_people for owner in owners):
        return
    name, label, reached = each.table.name, _label(each), _reached_at(each)
    for here, owner in whose:
        mine = named[owner]
        if label is not None and label not in to:
            yield owner, _join(mine, "tags", name, here, label, several=True)
        elif reached is not None:
            for place, header in _not_there_yet(mine, each, reached):
                yield owner, _join(mine, header, name, here, reached.header, place=place)
        else:
            yield from ((owner, join) for join in address_joins(mine, each, here, to, named))


def _not_there_yet(mine: Sampled, other: Sampled, reached: _Reached) -> Iterator[tuple[int, str]]:
    """Which of those by what somebody is reached come from another table, and what they are called."""
    own = mine.table.header_of(_OWN_ROLES[reached.called])
    if own is None:
        return enumerate(reached.called)
    # The first of them is in its own table, and may be here again.
    there = cells.text_of(other.rows[reached.header]).str.to_lowercase().implode()
    known = cells.text_of(mine.rows[own]).drop_nulls().str.to_lowercase()
    return enumerate(reached.called[1:], start=int((known.is_in(there).mean() or 0.0) > HALF))  # type: ignore[operator]


def _added_by(each: Sampled, here: str) -> list[str]:
    own = {here, each.table.header_of("id")}
    return [header for header in each.rows.columns if header not in own and plain(header) not in ASIDE_NAMES]


def _with_cells_of_others(wider: pl.DataFrame, told: Sequence[tuple[Join, Mapping[str, str]]]) -> pl.DataFrame:
    """Rows with what fields hold of people who are not among them, where they hold nothing of those who are."""
    held = [(join.header, list(by_key.values())[: wider.height]) for join, by_key in told if join.field and by_key]
    return wider.with_columns(
        pl.Series(header, values, dtype=pl.String).extend_constant(None, wider.height - len(values))
        for header, values in held
        if wider[header].null_count() == wider.height
    )
