"""What is still to come from contracts: the same for every model of them, read from its curve of survival.

All functions take `log_survival` (m,): ln S(0), ln S(1) … for as many renewals as the question reaches. A contract that
runs after a renewals makes at least m more with chance S(a + m) / S(a); whatever else is asked follows by summing.
Rows that ended have nothing to come.
"""

import math

import numpy as np

from keepers.clv.contracts import Contracts
from keepers.clv.histories import Floats, Integers
from keepers.clv.predicting.questions import must_be_chance

_SLACK = 1e-9  # a renewal that falls on the last moment of a window belongs to it


def opportunities(next_renewal: Floats | float, until: float, rows: int) -> Integers:
    """(n,) renewal opportunities up to `until` periods from now, where the next one comes after `next_renewal`."""
    first = np.broadcast_to(np.asarray(next_renewal, dtype=np.float64), (rows,))
    return np.asarray(np.maximum(np.floor(until - first + _SLACK) + 1, 0), dtype=np.int64)


def furthest(contracts: Contracts, horizon: float) -> int:
    """How many renewals a curve must reach for questions about these contracts up to the horizon."""
    return int(contracts.renewals.max(initial=0)) + math.ceil(horizon) + 2


def still_running(log_survival: Floats, renewals: Integers, further: Integers) -> Floats:
    """(n,) chance that contracts with so many `renewals` make at least `further` more."""
    return np.asarray(np.exp(log_survival[renewals + further] - log_survival[renewals]))


def kept_table(log_survival: Floats, renewals: Integers, most: int) -> Floats:
    """(k, most + 1) chance of at least 0, 1 … `most` more renewals, a row for each number of `renewals` (k,)."""
    reach = renewals[:, None] + np.arange(most + 1)
    return np.asarray(np.exp(log_survival[reach] - log_survival[renewals][:, None]))


def expected_renewals(
    log_survival: Floats,
    contracts: Contracts,
    *,
    horizon: float,
    start: float = 0.0,
    next_renewal: Floats | float = 1.0,
    discount_rate: float = 0.0,
) -> Floats:
    """(n,) expected renewals between `start` and `start + horizon` periods from now, each discounted to now."""
    rows = len(contracts)
    before = opportunities(next_renewal, start, rows) if start > 0 else np.zeros(rows, dtype=np.int64)
    until = opportunities(next_renewal, start + horizon, rows)
    distinct, place = np.unique(contracts.renewals, return_inverse=True)
    most = int(until.max(initial=0))
    kept = kept_table(log_survival, distinct, most)[:, 1:] * np.exp(-discount_rate * np.arange(most))
    reached = np.concatenate([np.zeros((len(distinct), 1)), np.cumsum(kept, axis=1)], axis=1)
    waiting = np.exp(-discount_rate * np.asarray(next_renewal, dtype=np.float64))
    found = (reached[place, until] - reached[place, before]) * waiting
    return np.where(contracts.ended, 0.0, found)


def renewal_count_pmf(
    log_survival: Floats, contracts: Contracts, *, horizon: float, up_to: int, next_renewal: Floats | float = 1.0
) -> Floats:
    """(n, up_to + 1) chance of exactly 0, 1 … up_to renewals within the horizon."""
    rows = len(contracts)
    until = np.where(contracts.ended, 0, opportunities(next_renewal, horizon, rows))
    distinct, place = np.unique(contracts.renewals, return_inverse=True)
    kept = kept_table(log_survival, distinct, up_to + 1)[place]
    count = np.arange(up_to + 2)
    kept = np.where(count[None, :] <= until[:, None], kept, 0.0)
    return np.asarray(kept[:, :-1] - kept[:, 1:])


def probability_alive(
    log_survival: Floats, contracts: Contracts, *, after: float, next_renewal: Floats | float = 1.0
) -> Floats:
    """(n,) chance that the contract runs `after` periods from now: it ends at renewal opportunities only."""
    until = opportunities(next_renewal, after, len(contracts))
    return np.where(contracts.ended, 0.0, still_running(log_survival, contracts.renewals, until))


def remaining_lifetime(
    log_survival: Floats,
    contracts: Contracts,
    *,
    probability: float,
    horizon: float,
    next_renewal: Floats | float = 1.0,
) -> Floats:
    """(n,) time until which the contract runs with at least this chance; inf beyond the horizon, 0 where ended."""
    must_be_chance(probability)
    rows = len(contracts)
    first = np.broadcast_to(np.asarray(next_renewal, dtype=np.float64), (rows,))
    distinct, place = np.unique(contracts.renewals, return_inverse=True)
    most = max(math.ceil(horizon), 1)
    kept = kept_table(log_survival, distinct, most)
    sure = (kept[:, 1:] >= probability).sum(axis=1)[place]
    time = np.where(sure >= most, np.inf, first + sure)
    return np.where(contracts.ended, 0.0, np.where(time > horizon, np.inf, time))
