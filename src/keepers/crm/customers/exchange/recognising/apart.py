"""Tables of the same kind of people whose numbers mean others: each has ids of its own, by the name of its file.

A system that numbers each table for itself, or two systems at once, has a contact 1 and a customer 1 who are two.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace

import polars as pl

from keepers.crm.customers.exchange.reading import cells
from keepers.crm.customers.exchange.recognising.headers import stem_of, words_for
from keepers.crm.customers.exchange.recognising.layout import PEOPLE, Table, source_of
from keepers.crm.customers.exchange.recognising.recognition import Sampled
from keepers.crm.customers.models import ExternalKey

LONGEST = 24
ALIKE = 0.5  # of those who have the same number in two tables, the share that shows that it means the same person
_NUMBERS = r"^\d+$"
_WHO = ("email", "name", "first_name", "last_name", "phone")


def told_apart(sampled: Sequence[Sampled]) -> list[Sampled]:
    """The tables, those with a name for their ids whose numbers mean others in a table before them."""
    found: list[Sampled] = []
    for each in sampled:
        before = [other for other in found if other.table.noun == each.table.noun]
        if each.table.noun in PEOPLE and any(_mean_others(other, each) for other in before):
            found.append(Sampled(replace(each.table, apart=_called(each.table)), each.rows))
        else:
            found.append(each)
    return found


def apart_as_before(tables: Sequence[Table], source: str) -> Iterator[Table]:
    """The tables, those with a name for their ids under which earlier imports brought some in."""
    for table in tables:
        named = replace(table, apart=_called(table))
        known = source_of(source, named.known_as)
        if table.is_people and not table.apart and ExternalKey.objects.filter(source=known).exists():
            yield named
        else:
            yield table


def _called(table: Table) -> str:
    return "".join(words_for(stem_of(table)))[:LONGEST]


def _mean_others(one: Sampled, other: Sampled) -> bool:
    """Whether numbers that two tables share are of different people in most cases."""
    if one.table.identity != "id" or other.table.identity != "id" or _called(one.table) == _called(other.table):
        return False
    who = [role for role in _WHO if one.table.header_of(role) and other.table.header_of(role)]
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
