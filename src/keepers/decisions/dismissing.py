"""What somebody said no to is not proposed to the same customer again, as long as that counts."""

from collections.abc import Mapping, Sequence
from typing import TypedDict

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from keepers.decisions.lines import action_of
from keepers.decisions.terms.doing import parts_of
from keepers.decisions.terms.effects import Floats
from keepers.decisions.terms.terms import Option

Dismissed = Mapping[str, frozenset[str]]
"""By customer, the parts of actions that are not to be proposed to them."""


class Barred(TypedDict):
    """What the desks say before a plan is made.

    dismissed: not to be proposed: somebody said no to it, or it would reach customers in no way that they agree to
    not_drawn: beside that, what no trial may draw lots for: it reaches them already, or nothing is to
    """

    dismissed: Dismissed
    not_drawn: Dismissed


def forbid(gains: Floats, customers: pa.ChunkedArray, options: Sequence[Option], dismissed: Dismissed) -> None:
    """Let nobody get an option with a part that was dismissed for them: it gains less than nothing.

    Args:
        gains: (n, options) what each option adds [money]; changed in place.
        customers: (n,) their ids.
        options: what can be done.
        dismissed: by customer; those who are not among `customers` change nothing.
    """
    if not dismissed:
        return
    places = pc.index_in(pa.array(list(dismissed), pa.string()), value_set=customers.cast(pa.string())).to_pylist()
    parts = [frozenset(parts_of(action_of(option))) for option in options]
    for place, said in zip(places, dismissed.values(), strict=True):
        if place is not None:
            gains[place, np.array([bool(said & each) for each in parts])] = -np.inf


def either(one: Dismissed, other: Dismissed) -> Dismissed:
    """What is not to be proposed for one reason or the other."""
    nothing = frozenset[str]()
    return {customer: one.get(customer, nothing) | other.get(customer, nothing) for customer in {**one, **other}}
