"""Whether somebody who is gone comes back: the chance by how long they have been silent, from silences that ended.

A silence begins with every order and ends with the next one; the last of each customer is still going on. The share of
silences that have not ended after a time is Kaplan and Meier's (1958) curve S; whoever has been silent for s comes back
within h with the chance 1 − S(s + h) ÷ S(s). It is learned from what customers did who were gone as long, never from a
model's conditionals for those still there. It is told apart by how many orders came before the silence, each group's
curve drawn towards everybody's, and never rises with the silence: longer gone, less likely.
"""

from dataclasses import dataclass

import numpy as np

from keepers.decisions.standing import Standing
from keepers.decisions.terms.effects import Floats, Integers

FIRST_ORDERS = (1, 2, 4)  # groups by orders before the silence: 1, 2 to 3, 4 and more
_GRID = 400
_PRIOR_SILENCES = 50.0  # silences at risk after which a group's own chance counts as much as everybody's


@dataclass(frozen=True, slots=True, eq=False)
class Silences:
    """Silences of all customers, (k,) each.

    lengths: [time unit]
    ended: whether an order ended it; the others go on
    orders: before it [occasions]
    exact: whether each silence was seen; else only their mean a customer
    """

    lengths: Floats
    ended: Integers
    orders: Integers
    exact: bool


@dataclass(frozen=True, slots=True, eq=False)
class Returns:
    """Chances of return within a period.

    silent: (grid,) [time unit]
    chances: (groups, grid) of return within the period, falling [0–1]
    """

    silent: Floats
    chances: Floats
    exact: bool

    def of(self, standing: Standing) -> Floats:
        """(n,) chance of return of these customers [0–1]."""
        silent = standing.column("age") - standing.column("age_at_last_order")
        return self.chance(silent, standing.column("orders").astype(np.int64))

    def chance(self, silent: Floats, orders: Integers) -> Floats:
        """(n,) chance of return within the period by how long customers have been silent [0–1]."""
        group = np.searchsorted(FIRST_ORDERS, np.maximum(orders, 1), side="right") - 1
        found = np.empty(len(silent))
        for place in range(len(FIRST_ORDERS)):
            some = group == place
            found[some] = np.interp(silent[some], self.silent, self.chances[place])
        return found


def learn_returns(silences: Silences, *, within: float) -> Returns:
    """The chance of return within a period `within` [time unit], by length of silence and orders before it."""
    longest = float(silences.lengths.max(initial=1e-9))
    grid = np.linspace(0.0, longest, _GRID)
    everybody, _ = _chances(silences.lengths, silences.ended, grid, within)
    groups = np.searchsorted(FIRST_ORDERS, silences.orders, side="right") - 1
    rows = []
    for place in range(len(FIRST_ORDERS)):
        some = groups == place
        own, at_risk = _chances(silences.lengths[some], silences.ended[some], grid, within)
        share = at_risk / (at_risk + _PRIOR_SILENCES)
        rows.append(np.minimum.accumulate(share * own + (1.0 - share) * everybody))
    return Returns(grid, np.array(rows), silences.exact)


def silences_from_totals(orders: Integers, age_at_last_order: Floats, age: Floats) -> Silences:
    """What a table without the orders themselves tells: of each customer the mean gap, and the silence now.

    Gaps of one customer differ, so long ones are missed and chances of return are too low rather than too high.
    """
    gaps = orders - 1
    again = gaps > 0
    mean = np.repeat(age_at_last_order[again] / gaps[again], gaps[again])
    before = np.concatenate([np.arange(1, count + 1) for count in gaps[again]] or [np.zeros(0, dtype=np.int64)])
    return Silences(
        lengths=np.concatenate([mean, age - age_at_last_order]),
        ended=np.concatenate([np.ones(len(mean), dtype=np.int64), np.zeros(len(age), dtype=np.int64)]),
        orders=np.concatenate([before, orders]).astype(np.int64),
        exact=False,
    )


def _chances(lengths: Floats, ended: Integers, grid: Floats, within: float) -> tuple[Floats, Floats]:
    """(grid,) chance of an end within the period of silences so long, and how many were as long."""
    if not len(lengths):
        return np.zeros(len(grid)), np.zeros(len(grid))
    times, survival = _kaplan_meier(lengths, ended)
    now, then = (survival[np.searchsorted(times, moment, side="right")] for moment in (grid, grid + within))
    at_risk = len(lengths) - np.searchsorted(np.sort(lengths), grid, side="left")
    return np.where(now > 0, 1.0 - then / np.maximum(now, 1e-300), 0.0), at_risk.astype(np.float64)


def _kaplan_meier(lengths: Floats, ended: Integers) -> tuple[Floats, Floats]:
    """(m,) times at which silences ended, and (m + 1,) the share that lasts longer, 1 before the first."""
    order = np.sort(lengths)
    times, counts = np.unique(lengths[ended > 0], return_counts=True)
    at_risk = len(lengths) - np.searchsorted(order, times, side="left")
    return times, np.concatenate([[1.0], np.cumprod(1.0 - counts / at_risk)])
