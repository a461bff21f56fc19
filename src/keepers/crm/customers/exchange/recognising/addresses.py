"""Postal addresses that another table keeps, a row each: whose, and of what parts; the primary one first."""

from collections.abc import Iterator, Mapping, Sequence

from keepers.crm.customers.exchange.reading import cells
from keepers.crm.customers.exchange.recognising.headers import own_words, spellings, stem_of
from keepers.crm.customers.exchange.recognising.layout import Join
from keepers.crm.customers.exchange.recognising.plans import ADDRESS_PARTS
from keepers.crm.customers.exchange.recognising.sampled import Sampled, filled_headers
from keepers.crm.customers.exchange.recognising.vocabulary import vocabulary_of

FEWEST_PARTS = 2
# What the parts of the first and of the second are called where they are added to people.
_CALLED: Sequence[Mapping[str, str]] = (
    {part: part for part in ADDRESS_PARTS},
    {**{part: f"other_{part}" for part in ADDRESS_PARTS}, "region": "other_state"},
)


def address_joins(
    mine: Sampled, each: Sampled, here: str, to: Mapping[str, Sequence[str]], named: Mapping[str, Sampled]
) -> Iterator[Join]:
    """The parts of the two first addresses that people have by way of another table; none where it holds no addresses.

    Args:
        mine: the people.
        each: the table that may hold addresses.
        here: its column that says whose they are.
        to: its columns that point to others, each with the tables that it points to.
        named: all tables by their names.
    """
    parts = _parts_in(each, to, named)
    key = mine.table.header_of("id")
    if key is None or "street" not in parts or len(parts) < FEWEST_PARTS:
        return
    taken = {each.role for each in mine.table.columns}
    free = [called for called, role in zip(_CALLED, ("street", "street_other"), strict=True) if role not in taken]
    for place, called in enumerate(free):
        for part, there in parts.items():
            join = Join(called[part], key, each.table.name, here, there, place=place, by_rows=True)
            yield _by_name(join, to, named)


def addresses_pointed_to(
    mine: Sampled, to: Mapping[str, Sequence[str]], named: Mapping[str, Sampled]
) -> Iterator[Join]:
    """The parts of the addresses that people have by columns of their own, which point to a table of them."""
    held = (named[names[0]] for names in to.values())
    keys = [(key, of) for key, of in zip(to, held, strict=True) if mine.table.is_people and of.table.header_of("id")]
    found = [(key, of, parts) for key, of in keys if "street" in (parts := _parts_in(of, {}, named)) and len(parts) > 1]
    for called, (key, of, parts) in zip(_CALLED, found, strict=False):
        for part, there in parts.items():
            yield Join(called[part], key, of.table.name, of.table.header_of("id") or "", there, by_rows=True)


def _parts_in(each: Sampled, to: Mapping[str, Sequence[str]], named: Mapping[str, Sampled]) -> dict[str, str]:
    """Part of an address → the column that holds it, or points to a table of what it is called."""
    if each.table.noun != "other":
        return {}
    known, own = vocabulary_of("people"), own_words(stem_of(each.table), "other")
    found: dict[str, str] = {}
    for header in filled_headers(each.rows):
        said = spellings(header, own)
        part = next((part for part in ADDRESS_PARTS if not known[part].keys().isdisjoint(said)), None)
        is_told = header in to and named[to[header][0]].table.header_of("title") is not None
        if part is not None and part not in found and (is_told or not _is_a_code(part, each, header)):
            found[part] = header
    return found


def _is_a_code(part: str, each: Sampled, header: str) -> bool:
    """Whether cells are numbers of something that no table here tells, as those of countries may be."""
    told = cells.text_of(each.rows[header]).drop_nulls()
    return part != "postal_code" and bool(told.str.contains(r"^\d+$").all())


def _by_name(join: Join, to: Mapping[str, Sequence[str]], named: Mapping[str, Sampled]) -> Join:
    """The join, by way of the table of what it points to is called, where it points to one."""
    if join.there not in to:
        return join
    of = named[to[join.there][0]].table
    at, wanted = of.header_of("id") or "", of.header_of("title") or ""
    return Join(
        join.header, join.key, join.through, join.here, join.there, of.name, at, wanted, place=join.place, by_rows=True
    )
