"""What is still to come from contracts: the same for every model of them, read from its curve of survival.

A curve is (m,) ln S(0), ln S(1) … for as many renewals as the question reaches. A contract that runs after a renewals
makes at least m more with chance S(a + m) / S(a); whatever else is asked follows by summing. Rows that ended have
nothing to come. `next_renewal`, (n,) or one number, is the time until the next opportunity, in (0, 1] [periods].
"""

import math
from typing import Protocol

import numpy as np
from numpy.typing import ArrayLike

from keepers.clv.histories import Floats, Integers
from keepers.clv.predicting.questions import must_be_chance
from keepers.clv.renewals.contracts import Contracts

_SLACK = 1e-9  # a renewal that falls on the last moment of a window belongs to it


class Surviving(Protocol):
    """Parameters of a model of contracts."""

    def log_survival(self, *, up_to: int) -> Floats:
        """(up_to + 1,) ln of the share still customers after 0, 1 … up_to renewal opportunities."""
        ...


def opportunities(next_renewal: Floats | float, until: float, rows: int) -> Integers:
    """(n,) renewal opportunities up to `until` periods from now, where the next one comes after `next_renewal`."""
    first = np.broadcast_to(np.asarray(next_renewal, dtype=np.float64), (rows,))
    return np.asarray(np.maximum(np.floor(until - first + _SLACK) + 1, 0), dtype=np.int64)


def furthest(contracts: Contracts, horizon: float) -> int:
    """How many renewals a curve must reach for questions about these contracts up to the horizon."""
    return int(contracts.renewals.max(initial=0)) + math.ceil(horizon) + 2


def still_running(curve: Floats, renewals: Integers, further: Integers) -> Floats:
    """(n,) chance that contracts with so many `renewals` make at least `further` more."""
    return np.asarray(np.exp(curve[renewals + further] - curve[renewals]))


def kept_table(curve: Floats, renewals: Integers, most: int) -> Floats:
    """(k, most + 1) chance of at least 0, 1 … `most` more renewals, a row for each number of `renewals` (k,)."""
    reach = renewals[:, None] + np.arange(most + 1)
    return np.asarray(np.exp(curve[reach] - curve[renewals][:, None]))


def log_survival(parameters: Surviving, *, up_to: int) -> Floats:
    """(up_to + 1,) ln of the share still customers after 0, 1 … up_to renewal opportunities."""
    return parameters.log_survival(up_to=up_to)


def survival(parameters: Surviving, renewals: ArrayLike) -> Floats:
    """Share of a cohort that makes at least so many renewals."""
    asked = np.asarray(renewals, dtype=np.int64)
    return np.asarray(np.exp(parameters.log_survival(up_to=int(asked.max(initial=0)))[asked]))


def expected_renewals(
    parameters: Surviving,
    contracts: Contracts,
    *,
    horizon: float,
    start: float = 0.0,
    next_renewal: Floats | float = 1.0,
) -> Floats:
    """Expected renewals between `start` and `start + horizon` from now, (n,) [renewals]."""
    return discounted_expected_renewals(
        parameters, contracts, horizon=horizon, discount_rate=0.0, start=start, next_renewal=next_renewal
    )


def discounted_expected_renewals(
    parameters: Surviving,
    contracts: Contracts,
    *,
    horizon: float,
    discount_rate: float,
    start: float = 0.0,
    next_renewal: Floats | float = 1.0,
) -> Floats:
    """The same, each renewal discounted to now at the continuous `discount_rate` a period.

    With `next_renewal` 0 it is Fader and Hardie's DERL (2010, equation 6), asked just before the renewal, cut at the
    horizon.
    """
    curve, rows = parameters.log_survival(up_to=furthest(contracts, start + horizon)), len(contracts)
    before = opportunities(next_renewal, start, rows) if start > 0 else np.zeros(rows, dtype=np.int64)
    until = opportunities(next_renewal, start + horizon, rows)
    distinct, place = np.unique(contracts.renewals, return_inverse=True)
    most = int(until.max(initial=0))
    kept = kept_table(curve, distinct, most)[:, 1:] * np.exp(-discount_rate * np.arange(most))
    reached = np.concatenate([np.zeros((len(distinct), 1)), np.cumsum(kept, axis=1)], axis=1)
    waiting = np.exp(-discount_rate * np.asarray(next_renewal, dtype=np.float64))
    found = (reached[place, until] - reached[place, before]) * waiting
    return np.where(contracts.ended, 0.0, found)


def renewal_count_pmf(
    parameters: Surviving, contracts: Contracts, *, horizon: float, up_to: int, next_renewal: Floats | float = 1.0
) -> Floats:
    """(n, up_to + 1) probabilities of 0, 1 … up_to renewals within the horizon."""
    curve = parameters.log_survival(up_to=furthest(contracts, max(horizon, up_to)))
    until = np.where(contracts.ended, 0, opportunities(next_renewal, horizon, len(contracts)))
    distinct, place = np.unique(contracts.renewals, return_inverse=True)
    kept = kept_table(curve, distinct, up_to + 1)[place]
    count = np.arange(up_to + 2)
    kept = np.where(count[None, :] <= until[:, None], kept, 0.0)
    return np.asarray(kept[:, :-1] - kept[:, 1:])


def probability_alive(
    parameters: Surviving, contracts: Contracts, *, after: float = 0.0, next_renewal: Floats | float = 1.0
) -> Floats:
    """P(the contract runs `after` periods from now), (n,): it ends at renewal opportunities only; 0 where it ended."""
    curve = parameters.log_survival(up_to=furthest(contracts, after))
    until = opportunities(next_renewal, after, len(contracts))
    return np.where(contracts.ended, 0.0, still_running(curve, contracts.renewals, until))


def remaining_lifetime(
    parameters: Surviving,
    contracts: Contracts,
    *,
    probability: float = 0.5,
    horizon: float = 1200.0,
    next_renewal: Floats | float = 1.0,
) -> Floats:
    """Time until which the contract runs with at least this chance; inf beyond the horizon, 0 where ended [periods]."""
    must_be_chance(probability)
    curve = parameters.log_survival(up_to=furthest(contracts, horizon))
    first = np.broadcast_to(np.asarray(next_renewal, dtype=np.float64), (len(contracts),))
    distinct, place = np.unique(contracts.renewals, return_inverse=True)
    most = max(math.ceil(horizon), 1)
    kept = kept_table(curve, distinct, most)
    sure = (kept[:, 1:] >= probability).sum(axis=1)[place]
    time = np.where(sure >= most, np.inf, first + sure)
    return np.where(contracts.ended, 0.0, np.where(time > horizon, np.inf, time))
