"""What each running contract will still bring, with intervals, and what all of them together will.

Given the curve of survival, the number of further renewals has a known distribution; averaged over the draws of the
parameters it is the predictive distribution itself, so a customer's mean, points and chances carry no noise of
simulation. What a renewal pays is taken as it is now, so a customer's value is a known function of the number of
renewals, and its points are those of the number. Totals are simulated: each joint draw adds up all customers under the
same parameters.

`hazards` multiplies the readiness to leave in each draw (ln S is multiplied): how far past forecasts of those who left
missed beyond chance. It is shared by all customers of a draw.
"""

from dataclasses import dataclass
from typing import Self

import numpy as np

from keepers.clv.histories import Floats, Integers
from keepers.clv.inference.posterior import Posterior
from keepers.clv.predicting.predictive import HIGH, LOW, Interval, InvalidForecastError, Totals
from keepers.clv.renewals import future as contract_future
from keepers.clv.renewals.model import ContractModel

_DRAWN_ONE_BY_ONE = 20_000
LOG_NEVER = -745.0  # ln of the smallest chance that a double holds


@dataclass(frozen=True, slots=True, eq=False)
class Curves:
    """Draws of the curve of survival, as far as a question reaches.

    log_survival: (draws, m) ln S(0), ln S(1) … of each draw, what is left open about everybody's hazard included
    """

    log_survival: Floats

    @classmethod
    def of(cls, model: ContractModel, posterior: Posterior, *, up_to: int, hazards: Floats | None = None) -> Self:
        """The curves of a posterior's draws; `hazards` (draws,) multiply everybody's readiness to leave."""
        rows = [model.log_survival(model.Parameters.from_array(row), up_to=up_to) for row in posterior.parameters]
        factors = np.ones(len(rows)) if hazards is None else np.asarray(hazards, dtype=np.float64)
        if len(factors) != len(rows):
            raise InvalidForecastError(
                f"{len(factors)} multipliers of the hazard for {len(rows)} draws: give one a draw."
            )
        return cls(np.maximum(np.array(rows) * factors[:, None], LOG_NEVER))

    @classmethod
    def known(cls, log_survival: Floats) -> Self:
        """One curve without doubt: a rule's, or the fitted one."""
        return cls(np.maximum(np.asarray(log_survival, dtype=np.float64)[None, :], LOG_NEVER))

    def kept(self, renewals: Integers, most: int) -> Floats:
        """(k, most + 1) predictive chance of at least 0, 1 … more renewals, a row for each of `renewals` (k,)."""
        total = np.zeros((len(renewals), most + 1))
        for curve in self.log_survival:
            total += contract_future.kept_table(curve, renewals, most)
        return total / len(self.log_survival)


@dataclass(frozen=True, slots=True, eq=False)
class Coming:
    """Running contracts as a forecast needs them, row by row.

    renewals: (n,) made so far
    next_renewal: (n,) time until the next opportunity, in (0, 1] [periods]
    payment: (n,) discounted margin's basis: margin that one renewal brings [money]; None without money
    """

    renewals: Integers
    next_renewal: Floats
    payment: Floats | None = None

    def __len__(self) -> int:
        return len(self.renewals)

    def opportunities(self, until: float) -> Integers:
        """(n,) renewal opportunities up to `until` [periods]."""
        return contract_future.opportunities(self.next_renewal, until, len(self))


@dataclass(frozen=True, slots=True, eq=False)
class ContractPrediction:
    """Each running contract's future, row by row.

    renews_next: (n,) chance to renew at the next opportunity
    orders: renewals within the horizon
    period_value, residual_value: discounted margin within the horizon, and up to the value cap [money]
    remaining_lifetime: (n,) median time until the end, at most the value cap [periods]
    """

    renews_next: Floats
    orders: Interval
    period_value: Interval | None
    residual_value: Interval | None
    remaining_lifetime: Floats
    totals: Totals


def predict_contracts(
    curves: Curves,
    coming: Coming,
    *,
    horizon: float,
    value_cap: float,
    discount_rate: float = 0.0,
    replicates: int = 8,
    generator: np.random.Generator,
) -> ContractPrediction:
    """Forecast every running contract.

    Args:
        curves: must reach max(renewals) + value_cap + 1 renewals.
        coming: the contracts that run.
        horizon: period of `orders` and `period_value` [periods].
        value_cap: period of `residual_value` [periods], at least the horizon.
        discount_rate: continuous rate per period.
        replicates: random totals per draw of the parameters.
        generator: source of randomness; customers' figures do not depend on it.

    Raises:
        InvalidForecastError: the value cap is shorter than the horizon.
    """
    if value_cap < horizon:
        raise InvalidForecastError(f"The value cap ({value_cap:g}) must reach at least to the horizon ({horizon:g}).")
    near, far = coming.opportunities(horizon), coming.opportunities(value_cap)
    distinct, place = np.unique(coming.renewals, return_inverse=True)
    kept = curves.kept(distinct, max(int(far.max(initial=0)), 1))
    worth = _Annuity(discount_rate, kept.shape[1] - 1)
    orders = _counted(kept, place, near, None, coming)
    period = None if coming.payment is None else _counted(kept, place, near, worth, coming)
    residual = None if coming.payment is None else _counted(kept, place, far, worth, coming)
    median = _points(kept, place, far, 0.5)
    lifetime = np.where(median >= far, value_cap, np.minimum(coming.next_renewal + median, value_cap))
    totals = _totals(curves, coming, near, far, worth, replicates, generator)
    return ContractPrediction(kept[place, 1], orders, period, residual, lifetime, totals)


def renewal_count_cdf(curves: Curves, coming: Coming, counts: Integers, *, horizon: float) -> tuple[Floats, Floats]:
    """P(renewals < count) and P(renewals ≤ count) within the horizon for each customer's own count (n,)."""
    until = coming.opportunities(horizon)
    distinct, place = np.unique(coming.renewals, return_inverse=True)
    kept = curves.kept(distinct, int(until.max(initial=0)) + 1)
    below = 1 - kept[place, np.minimum(counts, until)]
    at = np.where(counts >= until, 1.0, 1 - kept[place, np.minimum(counts + 1, until)])
    return np.where(counts > until, 1.0, below), at


def renewal_count_table(curves: Curves, coming: Coming, *, horizon: float) -> Floats:
    """(n, k) P(renewals ≤ 0, 1 …) within the horizon, up to the most opportunities that anybody has."""
    until = coming.opportunities(horizon)
    distinct, place = np.unique(coming.renewals, return_inverse=True)
    most = int(until.max(initial=0))
    reached = 1 - curves.kept(distinct, most + 1)[:, 1:]
    return np.where(np.arange(most + 1)[None, :] >= until[:, None], 1.0, reached[place])


@dataclass(frozen=True, slots=True)
class _Annuity:
    """What m payments of 1 are worth where the first one is paid now."""

    rate: float
    most: int

    def table(self) -> Floats:
        """(most + 1,) sums of the discounts."""
        return np.concatenate([[0.0], np.cumsum(np.exp(-self.rate * np.arange(self.most)))])

    def of(self, counts: Integers, coming: Coming) -> Floats:
        """(n,) money that so many payments bring, discounted to now."""
        waiting = np.exp(-self.rate * coming.next_renewal)
        payment = np.ones(len(coming)) if coming.payment is None else coming.payment
        return np.asarray(payment * waiting * self.table()[counts])


def _counted(kept: Floats, place: Integers, until: Integers, worth: _Annuity | None, coming: Coming) -> Interval:
    """Mean and points of the number of renewals, or of what they are worth."""
    low, high = (_points(kept, place, until, level) for level in (LOW, HIGH))
    if worth is None:
        reached = np.concatenate([np.zeros((len(kept), 1)), np.cumsum(kept[:, 1:], axis=1)], axis=1)
        return Interval(reached[place, until], low.astype(np.float64), high.astype(np.float64))
    discounted = kept[:, 1:] * np.exp(-worth.rate * np.arange(worth.most))
    reached = np.concatenate([np.zeros((len(kept), 1)), np.cumsum(discounted, axis=1)], axis=1)
    payment = np.ones(len(coming)) if coming.payment is None else coming.payment
    mean = payment * np.exp(-worth.rate * coming.next_renewal) * reached[place, until]
    return Interval(mean, worth.of(low, coming), worth.of(high, coming))


def _points(kept: Floats, place: Integers, until: Integers, level: float) -> Integers:
    """(n,) smallest number of renewals that is reached or stayed below with this chance."""
    counts = (kept[:, 1:] > 1 - level).sum(axis=1)
    return np.asarray(np.minimum(counts[place], until))


def _totals(
    curves: Curves,
    coming: Coming,
    near: Integers,
    far: Integers,
    worth: _Annuity,
    replicates: int,
    generator: np.random.Generator,
) -> Totals:
    """Joint draws of the sums: every contract is drawn, or, of very many, their sum from its mean and variance."""
    waiting = np.exp(-worth.rate * coming.next_renewal)
    paid = waiting if coming.payment is None else waiting * coming.payment
    sums = _summed if len(coming) > _DRAWN_ONE_BY_ONE else _drawn
    orders, period, residual = sums(curves, coming.renewals, near, far, paid, worth, replicates, generator)
    has_money = coming.payment is not None
    return Totals(orders, period if has_money else None, residual if has_money else None, replicates)


def _drawn(
    curves: Curves,
    renewals: Integers,
    near: Integers,
    far: Integers,
    paid: Floats,
    worth: _Annuity,
    replicates: int,
    generator: np.random.Generator,
) -> Floats:
    """(3, draws · replicates) sums of renewals, period value and residual value."""
    order = np.argsort(renewals, kind="stable")
    distinct, starts = np.unique(renewals[order], return_index=True)
    edges = np.append(starts, len(order))
    money, paid, near, far = worth.table(), paid[order], near[order], far[order]
    further = np.empty(len(order), dtype=np.int64)
    sums = np.empty((3, len(curves.log_survival) * replicates))
    for d, curve in enumerate(curves.log_survival):
        falling = -contract_future.kept_table(curve, distinct, worth.most)[:, 1:]
        for at in range(d * replicates, (d + 1) * replicates):
            chance = generator.random(len(order))
            for row in range(len(distinct)):
                here = slice(edges[row], edges[row + 1])
                further[here] = np.searchsorted(falling[row], -chance[here], side="left")
            within = np.minimum(further, near)
            sums[:, at] = within.sum(), paid @ money[within], paid @ money[np.minimum(further, far)]
    return sums


def _summed(
    curves: Curves,
    renewals: Integers,
    near: Integers,
    far: Integers,
    paid: Floats,
    worth: _Annuity,
    replicates: int,
    generator: np.random.Generator,
) -> Floats:
    """The same of so many contracts that their sum is normal, from its mean and variance in each draw."""
    kinds, place = np.unique(np.stack([renewals, near, far]), axis=1, return_inverse=True)
    place = place.ravel()
    count = np.bincount(place).astype(np.float64)
    once, squared = np.bincount(place, weights=paid), np.bincount(place, weights=paid**2)
    money, number = worth.table(), np.arange(worth.most + 1, dtype=np.float64)
    sums = np.empty((3, len(curves.log_survival) * replicates))
    for d, curve in enumerate(curves.log_survival):
        kept = contract_future.kept_table(curve, kinds[0], worth.most)
        here = slice(d * replicates, (d + 1) * replicates)
        told = ((number, kinds[1], count, count), (money, kinds[1], once, squared), (money, kinds[2], once, squared))
        for row, (each, until, total, square) in enumerate(told):
            steps = np.where(np.arange(1, worth.most + 1) <= until[:, None], np.diff(each), 0.0)
            mean = (kept[:, 1:] * steps).sum(axis=1)
            grown = np.diff(each**2) * (steps != 0)
            variance = np.maximum((kept[:, 1:] * grown).sum(axis=1) - mean**2, 0.0)
            spread = np.sqrt(float(square @ variance))
            sums[row, here] = float(total @ mean) + spread * generator.standard_normal(replicates)
    return sums
