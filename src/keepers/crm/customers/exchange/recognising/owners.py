"""Which tables are of people who look after the rows of others, whatever the tables are called."""

from collections.abc import Mapping

from keepers.crm.customers.exchange.reading import cells
from keepers.crm.customers.exchange.recognising.headers import EXACTLY, naming, nouns_singular, stem_of, words_for
from keepers.crm.customers.exchange.recognising.layout import PEOPLE, WITH_PEOPLE
from keepers.crm.customers.exchange.recognising.sampled import Sampled
from keepers.crm.customers.exchange.recognising.vocabulary import NOUN_WORDS, OWNING
from keepers.ingest.recognising.vocabulary import plain, words_of

FEW_OWNERS = 0.1  # of a table of users more than these look after something
_EITHER = {"member", "partner"}
_SMALL = r"^\d{1,7}$"


def owners_of_others(named: Mapping[str, Sampled]) -> list[str]:
    """Tables taken for people who look after the rows of others, and whom nobody looks after: users, by any name.

    Not where other columns point to them as to customers, or where most of them look after nothing.
    """
    ids = {name: of for name, each in named.items() if _may_be_users(each) and (of := ids_of(each))}
    owners, customers = {name: set[str]() for name in ids}, set[str]()
    for each in named.values() if ids else ():
        for header in each.rows.columns:
            words = set(words_for(header))
            is_owning = bool(OWNING & words) and each.table.noun in {*PEOPLE, *WITH_PEOPLE}
            if not is_owning and (OWNING & words or not words & _customers()):
                continue
            told = frozenset(cells.text_of(each.rows[header]).drop_nulls().to_list())
            for name, of in ids.items():
                if is_owning and told <= of and name != each.table.name:
                    owners[name] |= told
                elif not is_owning and told & of and name != each.table.name:
                    customers.add(name)
    return sorted(
        name for name, told in owners.items() if name not in customers and len(told) > FEW_OWNERS * len(ids[name])
    )


def employers_of_others(named: Mapping[str, Sampled]) -> list[str]:
    """Tables taken for people who are called by one name, and to whom people with two names point: organisations."""
    people = [each for each in named.values() if each.table.noun == "people"]
    firms = [
        each for each in people if each.table.header_of("name") and not _has_two_names(each) and _has_no_kinds(each)
    ]
    return [
        firm.table.name
        for firm in firms
        if any(_points_to(each, firm) for each in people if _has_two_names(each) and each.table.header_of("id"))
    ]


def _has_two_names(each: Sampled) -> bool:
    return None not in {each.table.header_of("first_name"), each.table.header_of("last_name")}


def _has_no_kinds(each: Sampled) -> bool:
    return each.table.header_of("tells_kind") is None and each.table.header_of("email") is None


def _points_to(each: Sampled, firm: Sampled) -> bool:
    """Whether people point to rows of a table by a column called after it, several of them to one."""
    header = next(
        (header for header in each.rows.columns if naming(header, firm.table, of=each.table) == EXACTLY), None
    )
    own = firm.table.header_of("id")
    if header is None or own is None or header == each.table.header_of("id"):
        return False
    told = cells.text_of(each.rows[header]).drop_nulls()
    return bool(told.is_in(cells.text_of(firm.rows[own]).implode()).all()) and told.n_unique() < len(told)


def _customers() -> frozenset[str]:
    """Words that name customers and nobody else, as a member may be one of theirs or one of a team."""
    return (nouns_singular()["people"] | nouns_singular()["leads"]) - _EITHER


def _may_be_users(each: Sampled) -> bool:
    stem = stem_of(each.table)
    is_said = plain(stem) in NOUN_WORDS["people"] or not _customers().isdisjoint(words_for(stem))
    owned = any(OWNING & set(words_of(header)) for header in each.rows.columns)
    return (
        each.table.noun in {"people", "other"}
        and not is_said
        and not owned
        and each.table.header_of("email") is not None
    )


def ids_of(each: Sampled) -> frozenset[str] | None:
    """The ids of a table, where they are such as no other table may have by chance."""
    header = each.table.header_of("id")
    if header is None:
        return None
    text = cells.text_of(each.rows[header]).drop_nulls()
    return None if text.is_empty() or text.str.contains(_SMALL).mean() > 0.5 else frozenset(text.to_list())  # type: ignore[operator]
