"""Which columns of a table point to rows of which others, before anything else is known of them.

Ids that no other table may have by chance tell it by themselves; numbers where the column is called after the table.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from keepers.crm.customers.exchange.reading import cells
from keepers.crm.customers.exchange.recognising.headers import (
    is_own_id,
    names_rows_beside,
    naming,
    stem_of,
    words_for,
)
from keepers.crm.customers.exchange.recognising.owners import ids_of
from keepers.crm.customers.exchange.recognising.sampled import Sampled, filled_headers
from keepers.crm.customers.exchange.recognising.vocabulary import VALUES
from keepers.ingest.recognising.vocabulary import plain

FEWEST, MOST_ADDED = 3, 0.9
_OWN_KEYS = ("id", "idc", "recordid")
_FIELDS = frozenset({"field", "extrafield", "customfield", "custom", "cstm", "cf", "extra"})


@dataclass(frozen=True, slots=True)
class Pointers:
    """The tables of an import, by which columns of others may point to them."""

    named: Mapping[str, Sampled]
    ids: Mapping[str, frozenset[str]] = field(init=False)
    own: Mapping[str, frozenset[str]] = field(init=False)
    numbered: Sequence[Sampled] = field(init=False)

    def __post_init__(self) -> None:
        ids = {name: found for name, each in self.named.items() if (found := ids_of(each)) is not None}
        own = {name: of for name, of in ids.items() if not _has_ids_of_others(self.named[name])}
        numbered = [each for each in self.named.values() if _has_numbers(each)]
        for name, value in (("ids", ids), ("own", own), ("numbered", numbered)):
            object.__setattr__(self, name, value)

    def of(self, each: Sampled) -> dict[str, Sequence[str]]:
        """The columns of a table that point to others, each with the tables that it points to, the likeliest first."""
        return {
            header: names
            for header in filled_headers(each.rows)
            if (names := _named_in(each, header, self.numbered) or _pointed_to(each, header, self.ids, self.own))
        }


def only_adds(each: Sampled, here: str, owners: Sequence[str], named: Mapping[str, Sampled], *, alone: bool) -> bool:
    """Whether each row says more of one row of another table: so its first column or its name tells."""
    beside = alone and names_rows_beside(here, stem_of(each.table))
    is_first = here == each.rows.columns[0] and (beside or plain(here) in _OWN_KEYS or _has_ids_of_others(each))
    if not is_first and not _holds_fields_of(each, named[owners[0]]):
        return False
    told = frozenset(cells.text_of(each.rows[here]).drop_nulls().to_list())
    most = max(len(told & _cells_of(named[owner])) for owner in owners)
    return len(told) == each.rows.height and most >= MOST_ADDED * len(told)


def _holds_fields_of(each: Sampled, owner: Sampled) -> bool:
    """Whether a table is called after another and its own fields: `societe_extrafields`; not a row for each field."""
    *first, last = words_for(stem_of(each.table)) or ("",)
    is_called_so = last in _FIELDS and tuple(first) == words_for(stem_of(owner.table))
    return is_called_so and not any(plain(header) in VALUES for header in each.rows.columns)


def _pointed_to(
    each: Sampled, header: str, ids: Mapping[str, frozenset[str]], own: Mapping[str, frozenset[str]]
) -> list[str]:
    """The tables whose ids stand in a column, those that most cells point to first."""
    if header == each.table.header_of("id"):
        if not _has_ids_of_others(each):
            return []
        ids = own
    told = frozenset(cells.text_of(each.rows[header]).drop_nulls().to_list())
    found = {name: len(told & of) for name, of in ids.items() if name != each.table.name}
    enough = min(FEWEST, max(1, len(told)))
    if sum(found.values()) > len(told) and all(cell.isdigit() for cell in told):
        return []  # numbers that mean rows of several tables
    return sorted((name for name, count in found.items() if count >= enough), key=lambda name: -found[name])


def _named_in(each: Sampled, header: str, numbered: Sequence[Sampled]) -> list[str]:
    """The table of those with numbers for ids that a column names, where most of its cells stand in it."""
    if header in each.table.split_columns or (header == each.table.header_of("id") and not _has_ids_of_others(each)):
        return []
    told = frozenset(cells.text_of(each.rows[header]).drop_nulls().to_list())
    ranked = [
        (clear, len(told & _cells_of(other)), not _has_ids_of_others(other), other.table.name)
        for other in numbered
        if other.table.name != each.table.name and (clear := naming(header, other.table, of=each.table))
    ]
    best = max(ranked, default=(0, 0, False, ""))
    return [best[3]] if best[1] >= max(1, len(told) / 2) else []


def _has_numbers(each: Sampled) -> bool:
    """Whether the ids of a table are numbers, which others may have by chance."""
    told = _cells_of(each)
    return bool(told) and all(cell.isdigit() for cell in told)


def _cells_of(other: Sampled) -> frozenset[str]:
    header = other.table.header_of("id")
    return frozenset(cells.text_of(other.rows[header]).drop_nulls().to_list()) if header else frozenset()


def _has_ids_of_others(each: Sampled) -> bool:
    """Whether the ids of a table that is called nothing may be those of another, as those of the texts of e-mails."""
    first = each.rows.columns[0]
    called = any(each.table.header_of(role) for role in ("title", "name", "first_name", "last_name"))
    is_own = plain(first) in _OWN_KEYS or is_own_id(first, stem_of(each.table))
    return first == each.table.header_of("id") and not is_own and not called
