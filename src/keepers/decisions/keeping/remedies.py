"""What to try before giving up on a customer: ask, teach, a second purchase, a cheaper way, terms, fewer mailings.

Each remedy's gain is valued like any action: its effect on orders and on leaving for a year, from the terms, over the
customer's own future; a cheaper way to serve saves part of the cost of serving. They are proposed in order of gain.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from keepers.decisions.standing import Standing
from keepers.decisions.terms.effects import Floats
from keepers.decisions.terms.terms import Remedy, Terms

SHOWN = 3


@dataclass(frozen=True, slots=True, eq=False)
class Proposed:
    """The remedies of some customers.

    words: (n,) JSON of the best few with their gain; None where none is expected to pay or none was asked for
    first: (n,) what to do about them first; an empty word as above
    free: (n,) the first of those that cost nothing, which needs no place in the budget; an empty word as above
    best: (n,) gain of the best; 0 where none pays [money]
    """

    words: list[str | None]
    first: NDArray[np.str_]
    free: NDArray[np.str_]
    best: Floats


def propose(standing: Standing, terms: Terms, figures: Mapping[str, Floats], rows: NDArray[np.bool_]) -> Proposed:
    """The remedies for customers that a plan would else give up.

    Args:
        standing: the customers.
        terms: with the remedies.
        figures: `year`, margin of the orders expected within a year; `staying`, what not leaving at all within it would
            add, in proportion; `served`, what serving costs up to the value cap, (n,) each [money].
        rows: (n,) whether remedies are wanted.
    """
    gains = np.stack([_gain(remedy, standing, figures) for remedy in terms.remedies], axis=1)
    names = np.array([remedy.action for remedy in terms.remedies])
    costs_nothing = np.array([remedy.cost == 0 for remedy in terms.remedies])
    words: list[str | None] = [None] * standing.size
    first, free = (np.zeros(standing.size, dtype=names.dtype) for _ in range(2))
    wanted = np.flatnonzero(rows & (gains.max(axis=1, initial=0.0) > 0))
    order = np.argsort(-gains[wanted], axis=1, kind="stable")[:, :SHOWN]
    ranked = np.take_along_axis(gains[wanted], order, axis=1)
    first[wanted] = names[order[:, 0]]
    to_do = (ranked > 0) & costs_nothing[order]
    free[wanted] = np.where(to_do.any(axis=1), names[order[np.arange(len(order)), to_do.argmax(axis=1)]], "")
    for row, places, worth in zip(wanted.tolist(), order.tolist(), ranked.tolist(), strict=True):
        told = [
            {"remedy": terms.remedies[place].action, "expected_gain": round(gain, 4)}
            for place, gain in zip(places, worth, strict=True)
            if gain > 0
        ]
        words[row] = json.dumps(told)
    return Proposed(words, first, free, np.maximum(gains.max(axis=1, initial=0.0), 0.0))


def _gain(remedy: Remedy, standing: Standing, figures: Mapping[str, Floats]) -> Floats:
    """(n,) mean gain: more orders within the year, more who stay afterwards, less to pay for serving."""
    once = standing.column("orders") == 1
    more = (remedy.orders.mean - 1.0) * figures["year"] + (1.0 - remedy.leaving.mean) * figures["staying"]
    saved = remedy.saves * figures["served"]
    gain = more + saved - remedy.cost
    return np.where(once, gain, -np.inf) if remedy.once_only else gain
