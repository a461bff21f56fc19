"""Models whose customers leave after an order, under a calendar: everything happens in the calendar's own time H.

Ages, last orders and horizons are measured in it, which is exact. Sums of log gaps stay in plain time: they tell k
only, for which h averages out. Log-likelihoods leave out Σ log h(t_i) over the orders: it does not depend on the
parameters.
"""

import math
from dataclasses import dataclass, field, replace
from itertools import pairwise
from typing import Any, cast

import numpy as np

from keepers.clv.beta_geometric.future import weighed_orders
from keepers.clv.calendars.calendar import Calendar
from keepers.clv.calendars.future_kernels import in_real_time
from keepers.clv.histories import Floats, Histories
from keepers.clv.inference.fitting import Fit, Likelihood
from keepers.clv.inference.posterior import Method, Posterior, Prior
from keepers.clv.model import Future

_SEGMENT_DAYS = 91.0  # orders are discounted as of the middle of such a stretch
_DISCOUNT_AT_ONCE = 0.025  # nor by more than this from one stretch to the next
_ONE_BY_ONE = 16


@dataclass(frozen=True, eq=False)
class CalendarTime:
    """A model whose customers leave after an order, in the calendar's own time.

    base: one of the models that share `beta_geometric_future`
    """

    base: Any
    calendar: Calendar
    _latest: list[tuple[Histories, Histories]] = field(default_factory=list, repr=False)
    _discounts: dict[tuple[float, ...], tuple[Floats, Floats]] = field(default_factory=dict, repr=False)

    @property
    def NAME(self) -> str:  # noqa: N802  a constant of a model
        """The name of the model under the calendar."""
        return str(self.base.NAME)

    @property
    def PARAMETER_NAMES(self) -> tuple[str, ...]:  # noqa: N802  a constant of a model
        """Those of the model."""
        return tuple(self.base.PARAMETER_NAMES)

    @property
    def Parameters(self) -> Any:  # noqa: N802  a class of a model
        """Those of the model, rates where h = 1."""
        return self.base.Parameters

    def log_likelihood(self, parameters: Any, histories: Histories) -> Floats:
        """(n,) natural logarithm of each history's likelihood without Σ log h(t_i)."""
        return cast("Floats", self.base.log_likelihood(parameters, self._in_it(histories)))

    def fit(self, histories: Histories) -> Fit[Any]:
        """Maximum likelihood given the calendar."""
        return cast("Fit[Any]", self.base.fit(self._in_it(histories)))

    def posterior(
        self,
        fit: Fit[Any],
        histories: Histories,
        *,
        draws: int,
        generator: np.random.Generator,
        method: Method = "auto",
    ) -> Posterior:
        """Draws of the parameters given the calendar."""
        found = self.base.posterior(fit, self._in_it(histories), draws=draws, generator=generator, method=method)
        return cast("Posterior", found)

    def prior(self, histories: Histories) -> Prior:
        """The model's weak prior, on the scale of the data in calendar time."""
        return cast("Prior", self.base.prior(self._in_it(histories)))

    def likelihood(self, histories: Histories) -> Likelihood:
        """The summed log-likelihood of the logarithms of the parameters."""
        return cast("Likelihood", self.base.likelihood(self._in_it(histories)))

    def probability_alive(self, parameters: Any, histories: Histories, *, after: float = 0.0) -> Floats:
        """(n,) P(still a customer `after` time units from now)."""
        later = float(self._calendar(histories).integral(after))
        return cast("Floats", self.base.probability_alive(parameters, self._in_it(histories), after=later))

    def expected_orders(
        self,
        parameters: Any,
        histories: Histories,
        *,
        horizon: float,
        start: float = 0.0,
        intensity: float = 1.0,
        alive: Floats | None = None,
    ) -> Floats:
        """(n,) expected orders between `start` and `start + horizon` from now."""
        begin, end = (float(h) for h in self._calendar(histories).integral([start, start + horizon]))
        past = self._in_it(histories)
        found = self.base.expected_orders(
            parameters, past, horizon=end - begin, start=begin, intensity=intensity, alive=alive
        )
        return cast("Floats", found)

    def discounted_expected_orders(
        self,
        parameters: Any,
        histories: Histories,
        *,
        horizon: float,
        discount_rate: float,
        start: float = 0.0,
        intensity: float = 1.0,
        alive: Floats | None = None,
    ) -> Floats:
        """(n,) the same, each order discounted to now: stretch by stretch of a quarter, as of where h has its mean."""
        if discount_rate == 0 or horizon <= 0:
            return self.expected_orders(
                parameters, histories, horizon=horizon, start=start, intensity=intensity, alive=alive
            )
        times, weights = self._discounting(start, horizon, discount_rate, histories.time_unit_days)
        past = self._in_it(histories)
        return weighed_orders(parameters, past, times=times, weights=weights, intensity=intensity, alive=alive)

    def order_count_pmf(
        self,
        parameters: Any,
        histories: Histories,
        *,
        horizon: float,
        up_to: int,
        intensity: Floats | float = 1.0,
        alive: Floats | None = None,
    ) -> Floats:
        """(n, up_to + 1) probabilities of 0, 1 … up_to orders within the horizon; exact."""
        time = float(self._calendar(histories).integral(horizon))
        found = self.base.order_count_pmf(
            parameters, self._in_it(histories), horizon=time, up_to=up_to, intensity=intensity, alive=alive
        )
        return cast("Floats", found)

    def next_order_time(
        self, parameters: Any, histories: Histories, *, probability: float = 0.5, horizon: float
    ) -> Floats:
        """(n,) time by which the next order has come with the given probability, if still a customer; else nan."""
        limit = float(self._calendar(histories).integral(horizon))
        found = self.base.next_order_time(parameters, self._in_it(histories), probability=probability, horizon=limit)
        return self._calendar(histories).time_at(found)

    def remaining_lifetime(
        self,
        parameters: Any,
        histories: Histories,
        *,
        probability: float = 0.5,
        horizon: float = math.inf,
        alive: Floats | None = None,
    ) -> Floats:
        """(n,) time until which the customer stays with the given probability; inf beyond the horizon."""
        limit = float(self._calendar(histories).integral(horizon)) if math.isfinite(horizon) else math.inf
        found = self.base.remaining_lifetime(
            parameters, self._in_it(histories), probability=probability, horizon=limit, alive=alive
        )
        known = np.isfinite(found) & (found > 0)
        return np.where(known, self._calendar(histories).time_at(np.where(known, found, 0.0)), found)

    def sample_future(
        self,
        parameters: Any,
        histories: Histories,
        probability_alive: Floats,
        *,
        horizon: float,
        value_cap: float,
        intensity: Floats | float,
        replicates: int,
        generator: np.random.Generator,
    ) -> Future:
        """Random futures; times still a customer are told in real time."""
        calendar = self._calendar(histories)
        within, cap = (float(h) for h in calendar.integral([horizon, value_cap]))
        found: Future = self.base.sample_future(
            parameters,
            self._in_it(histories),
            probability_alive,
            horizon=within,
            value_cap=max(cap, within),
            intensity=intensity,
            replicates=replicates,
            generator=generator,
        )
        table = calendar.table()
        in_real_time(found.active, 0.0, within, 0.0, float(horizon), *table)
        in_real_time(found.later_active, within, max(cap, within), float(horizon), float(value_cap), *table)
        return found

    def simulate(self, parameters: Any, *, age: Floats, generator: np.random.Generator) -> Histories:
        """Random histories of new customers who entered `age` back, under the calendar of those days."""
        ages = np.asarray(age, dtype=np.float64)
        found: Histories = self.base.simulate(parameters, age=-self.calendar.integral(-ages), generator=generator)
        entered = self.calendar.integral(-ages)
        last = np.clip(self.calendar.time_at(entered + found.age_at_last_order) + ages, 0.0, ages)
        return replace(found, age=ages, age_at_last_order=np.where(found.repeat_orders > 0, last, 0.0))

    def _discounting(self, start: float, horizon: float, rate: float, unit_days: float) -> tuple[Floats, Floats]:
        """Edges of the stretches in calendar time and the weight of each; kept, as every draw asks for the same."""
        asked = (start, horizon, rate, unit_days)
        if asked not in self._discounts:
            length = min(_SEGMENT_DAYS / unit_days, _DISCOUNT_AT_ONCE / rate)
            edges, calendar = _stretches(start, start + horizon, length, rate), self.calendar.in_unit(unit_days)
            discounts = [_discount(calendar, begin, end, rate) for begin, end in pairwise(edges)]
            self._discounts[asked] = calendar.integral(edges), -np.diff([0.0, *discounts, 0.0])
        return self._discounts[asked]

    def _calendar(self, histories: Histories) -> Calendar:
        return self.calendar.in_unit(histories.time_unit_days)

    def _in_it(self, histories: Histories) -> Histories:
        """The same histories with ages in calendar time; the latest are kept, because they are asked for by draw."""
        for seen, found in self._latest:
            if seen is histories:
                return found
        calendar = self._calendar(histories)
        entered = calendar.integral(-histories.age)
        last = calendar.integral(histories.age_at_last_order - histories.age) - entered
        found = replace(histories, age=-entered, age_at_last_order=np.clip(last, 0.0, -entered))
        self._latest[:] = [(histories, found), *self._latest[:1]]
        return found


def _stretches(start: float, end: float, length: float, discount_rate: float) -> list[float]:
    """Edges of the stretches that are discounted as one: a quarter for ten years, then ever longer, to nothing."""
    until = min(end, start + 40.0 / discount_rate)
    edges = [start]
    while edges[-1] < until * (1 - 1e-12):
        grown = max(length, (edges[-1] - start - 40 * length) / 10)
        edges.append(min(edges[-1] + grown, until))
    return edges


def _discount(calendar: Calendar, begin: float, end: float, rate: float) -> float:
    """e^(−δt) at the mean time of an order between two times."""
    times = np.linspace(begin, end, _ONE_BY_ONE + 1)
    share = np.diff(calendar.integral(times))
    middle = (times[1:] + times[:-1]) / 2
    return float(share @ np.exp(-rate * middle) / share.sum())
