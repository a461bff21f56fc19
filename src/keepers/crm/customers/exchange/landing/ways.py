"""In which way two belong together, by the words of another system and by what they are."""

from dataclasses import dataclass

from keepers.crm.customers.exchange.recognising.headers import singular
from keepers.crm.customers.exchange.recognising.vocabulary import RELATED
from keepers.crm.customers.models import Customer, Relation
from keepers.ingest.recognising.vocabulary import plain, words_of

_OTHERWISE = "by_"  # before the kinds whose words are said by the other of the two
_OF_FIRMS, _OF_PERSONS = frozenset({"part-of"}), frozenset({"household-of"})
_FROM_A_PERSON = frozenset({"works-at"})


@dataclass(frozen=True, slots=True)
class Way:
    """How two belong together.

    kind: one of `Relation.Kind`
    from_other: whether it reads from the second to the first
    """

    kind: str
    from_other: bool = False


def way_of(words: str, one: str, other: str) -> Way:
    """How two belong together of whom a row says how the first is related to the second.

    Args:
        words: how, as their system says it; empty where it does not.
        one: whether the first is a person or an organisation.
        other: the same of the second.
    """
    organisations = [kind == Customer.Kind.ORGANISATION for kind in (one, other)]
    said = {plain(words), *words_of(words), *map(singular, words_of(words))}
    for name, known in RELATED.items():
        kind = name.removeprefix(_OTHERWISE)
        if said & known and _may_be(kind, organisations):
            if kind in _FROM_A_PERSON:
                return Way(kind, from_other=organisations[0])
            return Way(kind, from_other=name.startswith(_OTHERWISE))
    if organisations[0] != organisations[1]:
        return Way(Relation.Kind.WORKS_AT, from_other=organisations[0])
    return Way(Relation.Kind.RELATED_TO)


def _may_be(kind: str, organisations: list[bool]) -> bool:
    """Whether two of these kinds may be related so: persons are no part of one another, nor do they work at them."""
    if kind in _FROM_A_PERSON:
        return organisations[0] != organisations[1]
    if kind in _OF_PERSONS:
        return not all(organisations)
    return any(organisations) if kind in _OF_FIRMS else True
