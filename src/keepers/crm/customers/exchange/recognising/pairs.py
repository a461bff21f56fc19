"""Tables whose rows relate two of the same tables: of whom, to whom, and how, as `contact_id_a` and `contact_id_b`."""

from collections.abc import Mapping, Sequence
from itertools import combinations

from keepers.crm.customers.exchange.recognising.headers import sides_of, stem_of, words_for
from keepers.crm.customers.exchange.recognising.sampled import Sampled

_SIDES = {
    ("a", "b"), ("1", "2"), ("x", "y"), ("from", "to"), ("source", "target"), ("source", "destination"),
    ("left", "right"), ("first", "second"), ("subject", "object"), ("", "related"), ("", "other"), ("", "linked"),
    ("", "2"), ("", "of"),
}  # fmt: skip
_SO_CALLED = frozenset({"relation", "relationship", "connection", "link", "beziehung"})
_SAYING_MORE = ("amount", "body", "at")  # what a table with these says is more than that two are related


def pair_in(each: Sampled, to: Mapping[str, Sequence[str]], named: Mapping[str, Sampled]) -> tuple[str, ...]:
    """The columns that say who is related and to whom; nothing where a table has no two such.

    Args:
        each: the table that may relate two.
        to: its columns that point to others, each with the tables that it points to.
        named: all tables by their names.
    """
    is_called_so = not _SO_CALLED.isdisjoint(words_for(stem_of(each.table)))
    if not is_called_so and any(each.table.header_of(role) for role in _SAYING_MORE):
        return ()
    people = [header for header, names in to.items() if any(named[name].table.is_people for name in names)]
    for one, other in combinations(people, 2):
        for first, second in ((one, other), (other, one)):
            sides = sides_of(first, second)
            if sides in _SIDES and (sides[0] or is_called_so):
                return first, second
    return ()
