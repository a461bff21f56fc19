"""How those in doubt are shared out among the trials of several actions: everybody is on one at most.

An action claims a customer at a rate: its strength, times its part of the customer's weight. The first claim counts, so
with rates that add up to R an action of the rate r gets the customer with the chance (r ÷ R)(1 − e^−R). Strengths are
such that the lots of each action tell as much as is wanted. Where all claim as strongly as they can, everybody is
drawn, in proportion to the weights. An action whose part then tells less than the least is left out, the one that
matters least first, so that what remains is enough for the others.
"""

import numpy as np

from keepers.decisions.terms.effects import Flags, Floats, Integers

STRONGEST = 20.0  # rate beyond which a claim could as well be certain
LOOKED_AT = 10_000  # customers, evenly spaced among those whom the same actions may claim, by whom strengths are found
_STEPS = 40
_SPARE = 1.1  # times the least that is asked for at least: lots vary
_EXACT = 1.0 - 1e-6


def chances(weight: Floats, strength: Floats) -> Floats:
    """(n, actions) chance that a lot chooses each action for each customer, of weights (n, actions)."""
    weight = weight * (strength > 0)
    total = weight.sum(axis=1, keepdims=True)
    rates = strength * weight / np.where(total > 0, total, 1.0)
    together = rates.sum(axis=1, keepdims=True)
    drawn = np.divide(-np.expm1(-together), together, out=np.zeros_like(together), where=together > 0)
    return np.asarray(rates * drawn)


def strengths_of(weight: Floats, tells: Floats, wanted: Floats, least: Floats, matters: Floats) -> Floats:
    """(actions,) how strongly each claims its customers; 0 of those that are left out.

    Args:
        weight: (n, actions) what chooses among actions for a customer; 0 with whom there is nothing to try.
        tells: (kinds, n, actions) what the lot of a customer tells, in kinds such as orders and people who order.
        wanted: (kinds, actions) sum of each kind that is as much as is worth while.
        least: (kinds, actions) sum of each kind below which nothing is worth beginning.
        matters: (actions,) by which the least of those that fall short is found.
    """
    seen, stands_for = _looked_at(weight > 0)
    weight, tells = weight[seen], tells[:, seen] * stands_for[:, None]
    taking = weight.sum(axis=0) > 0
    while taking.any():
        for asked in (np.maximum(wanted, _SPARE * least), _SPARE * least):
            strength = _found(weight * taking, tells, asked)
            short = taking & (_told(weight, tells, strength) < _EXACT * least).any(axis=0)
            if not short.any():
                return strength
        taking[np.flatnonzero(short)[np.argmin(matters[short])]] = False
    return np.zeros(len(matters))


def _looked_at(claims: Flags) -> tuple[Integers, Floats]:
    """Customers by whom strengths are found, and how many each stands for; few are left out of no kind of claim."""
    alike = claims @ (1 << np.arange(claims.shape[1]))
    seen, stands_for = [np.zeros(0, dtype=np.intp)], [np.zeros(0)]
    for claimed in np.unique(alike[alike > 0]):
        rows = np.flatnonzero(alike == claimed)
        some = rows[np.linspace(0, rows.size - 1, min(rows.size, LOOKED_AT)).astype(np.intp)]
        seen.append(some)
        stands_for.append(np.full(some.size, rows.size / some.size))
    return np.concatenate(seen), np.concatenate(stands_for)


def _told(weight: Floats, tells: Floats, strength: Floats) -> Floats:
    """(kinds, actions) what the lots of each action tell at these strengths."""
    return np.asarray(np.sum(chances(weight, strength) * tells, axis=1))


def _found(weight: Floats, tells: Floats, asked: Floats) -> Floats:
    """Strengths at which the lots tell what is asked, or that are as strong as can be.

    Each step moves a strength by how −log(1 − p) differs between the share p of all there is that is asked for and the
    one that is told: of an action alone that is the answer.
    """
    there_is = np.maximum(np.sum((weight > 0) * tells, axis=1), 1e-12)
    surely = 1.0 - np.exp(-STRONGEST)
    rates = -np.log1p(-np.minimum(asked / there_is, surely))
    strength = np.where(weight.sum(axis=0) > 0, rates.max(axis=0), 0.0)
    for _ in range(_STEPS):
        got = np.clip(_told(weight, tells, strength) / there_is, 1e-12, surely)
        strength = np.minimum(strength * (rates / -np.log1p(-got)).max(axis=0), STRONGEST)
    return strength
