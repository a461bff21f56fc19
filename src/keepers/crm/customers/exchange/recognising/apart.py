"""Tables of the same kind of people whose numbers mean others: each has ids of its own, by the name of its file.

A system that numbers each table for itself, or two systems at once, has a contact 1 and a customer 1 who are two. So
have tables of the same kind of things that are kept, such as calls and what calls may be about.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace

import polars as pl

from keepers.crm.customers.exchange.models import KeptRecord
from keepers.crm.customers.exchange.reading import cells
from keepers.crm.customers.exchange.recognising.headers import whole_stem_of, words_for
from keepers.crm.customers.exchange.recognising.layout import PEOPLE, Table, source_of
from keepers.crm.customers.exchange.recognising.sampled import Sampled
from keepers.crm.customers.exchange.recognising.vocabulary import SEVERAL_KINDS, word_for
from keepers.crm.customers.models import ExternalKey

LONGEST = 24
ALIKE = 0.5  # of those who have the same number in two tables, the share that shows that it means the same person
_NUMBERS = r"^\d+$"
_WHO = ("email", "name", "first_name", "last_name", "phone")
_WHAT = ("title", "body", "at", "created", "amount")
_SEVERAL = frozenset({*PEOPLE, *SEVERAL_KINDS} - {"users"})


def told_apart(sampled: Sequence[Sampled]) -> list[Sampled]:
    """The tables, those with a name for their ids whose numbers mean others in a table before them."""
    found: list[Sampled] = []
    for each in sampled:
        before = [other for other in found if _are_known_alike(other.table, each.table)]
        if each.table.noun in _SEVERAL and any(_mean_others(other, each) for other in before):
            found.append(Sampled(replace(each.table, apart=_called(each.table)), each.rows))
        else:
            found.append(each)
    return found


def apart_as_before(tables: Sequence[Table], source: str) -> Iterator[Table]:
    """The tables, those with a name for their ids under which earlier imports brought some in."""
    for table in tables:
        named = replace(table, apart=_called(table))
        if table.noun in _SEVERAL and not table.apart and _are_known(named, source):
            yield named
        else:
            yield table


def kept_source(source: str, table: Table) -> str:
    """Under which the ids of a table are known: calls and meetings, offers and invoices each have ids of their own.

    Of a table that nobody knows, each file has.
    """
    name = table.sheet or table.file
    if table.noun == "other":
        return f"{source}:{name.split('.')[0]}"[:80]
    word = word_for(name, table.noun) if table.noun in SEVERAL_KINDS else ""
    return ":".join(filter(None, (source, word, table.apart)))[:80]


def _are_known_alike(one: Table, other: Table) -> bool:
    """Whether ids of two tables would be taken for those of the same rows."""
    return one.noun == other.noun and (one.is_people or kept_source("", one) == kept_source("", other))


def _are_known(named: Table, source: str) -> bool:
    if named.is_people:
        return ExternalKey.objects.filter(source=source_of(source, named.known_as)).exists()
    return KeptRecord.objects.filter(source=kept_source(source, named), noun=named.noun).exists()


def _called(table: Table) -> str:
    return "".join(words_for(whole_stem_of(table)))[:LONGEST]


def _mean_others(one: Sampled, other: Sampled) -> bool:
    """Whether numbers that two tables share are of different people in most cases."""
    if one.table.identity != "id" or other.table.identity != "id" or _called(one.table) == _called(other.table):
        return False
    roles = _WHO if one.table.is_people else _WHAT
    who = [role for role in roles if one.table.header_of(role) and other.table.header_of(role)]
    both = _by_number(one, who).join(_by_number(other, who), on="id", suffix="_other")
    if both.is_empty() or not who:
        return False
    agree = [pl.col(role) == pl.col(f"{role}_other") for role in who]
    told = both.select(pl.any_horizontal(agree)).to_series().drop_nulls()
    return len(told) > 0 and float(told.mean() or 0.0) < ALIKE  # type: ignore[arg-type]


def _by_number(sampled: Sampled, who: Sequence[str]) -> pl.DataFrame:
    held = {role: sampled.table.header_of(role) for role in ("id", *who)}
    told = {role: cells.text_of(sampled.rows[header]).str.to_lowercase() for role, header in held.items() if header}
    rows = pl.DataFrame(told)
    return rows.filter(pl.col("id").str.contains(_NUMBERS)).unique("id", keep="first", maintain_order=True)
