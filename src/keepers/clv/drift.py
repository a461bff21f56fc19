"""How much customers' own purchase rates change between the history and the forecast.

The models say that a customer's rate never changes. Where people order often, the rate is known so well from the
history that intervals become too narrow: what people did last year is not quite what they do this year. Each
customer's future rate is therefore multiplied by a factor of their own with mean 1. Most change little and a few by
much: its logarithm is Student's t, cut at both ends, without which the factor would have no mean. Its variance grows
with the length of history and forecast together; it is the same for all, or falls as the rate rises: who comes often
has a habit. Which, and how large, `drift_learning` tells.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Self

import numpy as np
from scipy.special import stdtr, stdtrit

from keepers.clv.histories import Floats, Histories, Integers

GROWTH = 1.5  # power of time with which the variance grows: 1 where rates walk at random, 2 where trends last
MOST_VARIANCE = 1.0
TAIL = 4.0  # degrees of freedom of the factor's logarithm
CUT = 0.015  # chance of each end of it, which all lies at the point where it begins: as wide as 25 of its quantiles are
_END = float(stdtrit(TAIL, 1.0 - CUT))
_SPREAD = float(np.sqrt(2.0 * (_END / np.hypot(_END, 2.0)) ** 3 + 2.0 * CUT * _END**2))  # of it, when TAIL is 4


@dataclass(frozen=True, slots=True)
class Rates:
    """What tells a customer's rate: their orders and days, and some of everybody's beside these.

    orders: of everybody's [occasions]
    days: in which these came [days]
    usual: the mean rate of the customers that the change was learned from [occasions a day]
    """

    orders: float
    days: float
    usual: float

    @classmethod
    def of(cls, parameters: Any, histories: Histories) -> Self:
        """By a fit of a model whose rates are Gamma(r, alpha), and the customers that it was fitted to."""
        own = getattr(parameters, "base", parameters)
        found = cls(own.r / getattr(own, "k", 1), own.alpha * histories.time_unit_days, 1.0)
        return replace(found, usual=float(np.average(found.relative(histories), weights=histories.weight)))

    def relative(self, histories: Histories) -> Floats:
        """(n,) rates of customers who still are ones, over the usual one."""
        days = self.days + histories.age * histories.time_unit_days
        return np.asarray((self.orders + histories.repeat_orders) / (days * self.usual))


@dataclass(frozen=True, slots=True)
class Drift:
    """What one model's forecasts from earlier origins say of change.

    variance: of the log-normal whose logarithm varies as much as that of the factor between a customer's own rate in
        the history and in the window [–]
    days: length of history and window together [days]; 0 where there was none
    log_score: mean log chance, with this drift, of what each customer of each origin then did [nats]
    rates: where the variance is that at the usual rate, and falls as the rate rises; None: it is the same for all
    """

    variance: float
    days: float
    log_score: float
    rates: Rates | None = None

    @classmethod
    def told(cls, variance: float, days: float, rates: dict[str, float] | None) -> Self:
        """As `rates_as_json` and the two numbers were kept."""
        return cls(float(variance), float(days), float("nan"), None if rates is None else Rates(**rates))

    def rates_as_json(self) -> dict[str, float] | None:
        """What tells rates apart, to be kept; None where they all change alike."""
        rates = self.rates
        return None if rates is None else {"orders": rates.orders, "days": rates.days, "usual": rates.usual}

    def over(self, days: float) -> "Drift":
        """The same for another length of history and window together."""
        variance = min(self.variance * (days / self.days) ** GROWTH, MOST_VARIANCE) if self.days else 0.0
        return replace(self, variance=variance, days=days)

    def variances(self, histories: Histories) -> Floats:
        """(n,) of each customer's factor; (1,) where it is the same for all."""
        if self.rates is None or self.variance == 0:
            return np.array([self.variance])
        return np.minimum(self.variance / self.rates.relative(histories), MOST_VARIANCE)


NO_DRIFT = Drift(0.0, 0.0, float("nan"))


def log_spread(variance: Floats | float) -> Floats:
    """Standard deviation of the logarithm of a factor of this `Drift.variance`."""
    return np.asarray(np.sqrt(np.log1p(variance)))


def levels_of(count: int) -> Floats:
    """(count,) evenly spaced quantiles of the cut Student's t, scaled to variance 1: as many as there are draws.

    Few lack what lies beyond the outermost. Stretched to variance 1 they scored worse.
    """
    return np.asarray(np.clip(stdtrit(TAIL, (np.arange(count) + 0.5) / count), -_END, _END) / _SPREAD)


def chance_below(levels: Floats) -> Floats:
    """Of each level of the same cut Student's t."""
    uncut = levels * _SPREAD
    return np.asarray(np.where(np.abs(uncut) < _END, stdtr(TAIL, uncut), uncut > 0))


def chances_of(factors: Floats, variance: float) -> Floats:
    """Chance of each of some rising factors, mean 1: that of the stretch nearer to it than to its neighbours."""
    edges = np.concatenate([[-np.inf], np.log(factors[1:] * factors[:-1]) / 2, [np.inf]])
    spread = log_spread(variance)
    middle = np.log(np.diff(chance_below(edges / spread)) @ factors)
    return np.asarray(np.diff(chance_below((edges + middle) / spread)))


@dataclass(frozen=True, slots=True, eq=False)
class OwnChange:
    """By what customers' own future rates are multiplied in each draw, mean 1 in the draws of each model.

    drifts: of the models that share the draws
    members: (draws,) the place of each draw's model
    levels: (draws,) `levels_of` the draws of a model, shuffled
    """

    drifts: tuple[Drift, ...]
    members: Integers
    levels: Floats

    @classmethod
    def of(cls, drifts: Sequence[Drift], counts: Sequence[int]) -> Self:
        """For so many draws of each model, model after model."""
        levels = [np.random.default_rng(count + 1).permutation(levels_of(count)) for count in counts]
        return cls(tuple(drifts), np.repeat(np.arange(len(counts)), counts), np.concatenate(levels))

    @classmethod
    def none(cls, members: Integers) -> Self:
        """Nobody changes."""
        return cls((NO_DRIFT,) * (int(members.max(initial=0)) + 1), members, np.zeros(len(members)))

    def factors(self, histories: Histories) -> Floats:
        """(draws, n) of each customer, the same for equal orders and age."""
        made = np.ones((len(self.members), len(histories)))
        for member, drift in enumerate(self.drifts):
            own = self.members == member
            if drift.variance > 0:
                factors = np.exp(log_spread(drift.variances(histories)) * self.levels[own][:, None])
                made[own] = factors / factors.mean(axis=0)
        return made

    def usual(self) -> Floats:
        """(draws,) what a rate is multiplied by that changes as the usual one does."""
        alike = replace(self, drifts=tuple(replace(drift, rates=None) for drift in self.drifts))
        nobody = Histories.of([0], [0.0], [0.0])
        return alike.factors(nobody)[:, 0]

    def met_in(self, draw: int, places: Integers) -> Integers:
        """(n,) the draws whose factors the customers at these places meet in one draw.

        Each meets all of the model's, the next customer one later, so that they widen intervals and hardly the totals.
        """
        own = np.flatnonzero(self.members == self.members[draw])
        return np.asarray(own[(places + np.searchsorted(own, draw)) % len(own)])
