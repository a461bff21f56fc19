"""Kinds that are numbers: which table each of them means is told by the ids that stand beside it.

A database writes 3 where another system writes `Contact`. Where nearly all ids beside a 3 are those of one table, and
not of another, it means that one; where they may be those of two, nobody guesses.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import polars as pl

from keepers.crm.customers.exchange.reading import cells
from keepers.crm.customers.exchange.recognising.layout import NOUNS
from keepers.crm.customers.exchange.recognising.recognition import recognised
from keepers.crm.customers.exchange.recognising.sampled import Sampled, whole_columns

FEWEST_IDS = 3  # different ones beside a code, below which they are too few to tell anything
NEARLY_ALL, NOT_ALL = 0.98, 0.9  # of the ids beside a code: found in the table that it means, at most in any other
Code = tuple[str, str]  # the column of kinds that it stands in, and the code


@dataclass(frozen=True, slots=True)
class Coded:
    """A column of ids, and the one beside it whose codes say of which kind they are."""

    table: str
    ids: str
    kinds: str


@dataclass(frozen=True, slots=True)
class Meant:
    """What codes mean, by the column of kinds and the code; where that is open, the tables that may be meant."""

    tables: Mapping[Code, str]
    open: Mapping[Code, Sequence[str]]


def meanings(coded: Sequence[Coded], named: Mapping[str, Sampled]) -> Meant:
    """Which table each code means, where all columns of kinds that are called alike are looked at together."""
    beside: dict[Code, set[str]] = {}
    for each in coded:
        for kind, of in _ids_beside(each, named[each.table].rows):
            beside.setdefault((each.kinds, kind), set()).update(of)
    keys = dict(_keys_of(named)) if beside else {}
    one, several = dict[Code, str](), dict[Code, Sequence[str]]()
    for code, ids in beside.items():
        shares = {name: len(ids & known) / len(ids) for name, known in keys.items()}
        near = [name for name, share in shares.items() if share > NOT_ALL]
        if len(near) == 1 and shares[near[0]] >= NEARLY_ALL and len(ids) >= FEWEST_IDS:
            one[code] = near[0]
        elif near:
            several[code] = near
    count = Counter((kinds, name) for (kinds, _code), name in one.items())
    twice = {code: [name] for code, name in one.items() if count[code[0], name] > 1}  # of two one is meant elsewhere
    return Meant({code: name for code, name in one.items() if code not in twice}, several | twice)


def _ids_beside(each: Coded, rows: pl.DataFrame) -> Iterator[tuple[str, set[str]]]:
    both = rows.select(code=cells.text_of(rows[each.kinds]), id=cells.text_of(rows[each.ids])).drop_nulls()
    for (code,), of in both.filter(pl.col("id") != "0").group_by("code"):
        yield str(code), set(of["id"].to_list())


def _keys_of(named: Mapping[str, Sampled]) -> Iterator[tuple[str, frozenset[str]]]:
    """The ids of each table whose rows are something, whole."""
    for name, each in named.items():
        table = recognised(each.table, each.rows)
        header = table.header_of("id")
        if header is not None and table.noun in NOUNS and table.noun not in {"other", "relations", "users"}:
            yield name, frozenset(cells.text_of(whole_columns(each, [header])[header]).drop_nulls().to_list())
