"""The Pareto/NBD under a calendar, as a model: purchases follow it, leaving goes by real time.

What it computes, and from what, is in `calendar_pareto`. Log-likelihoods leave out Σ log h(t_i) over the orders: it
does not depend on the parameters.
"""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from keepers.clv import pareto_nbd
from keepers.clv.calendars import pareto
from keepers.clv.calendars.calendar import Calendar
from keepers.clv.histories import Floats, Histories
from keepers.clv.inference.fitting import Fit, Likelihood, fit_of, newton
from keepers.clv.inference.posterior import Method, Posterior, Prior, sample_posterior
from keepers.clv.model import Future

_EVALUATIONS = 512  # the integral between many edges is dearer than the closed form
_REACH = 6.0


@dataclass(frozen=True, eq=False)
class ParetoUnderCalendar:
    """The Pareto/NBD with purchases at λ·h(t) and leaving in real time."""

    calendar: Calendar
    NAME: str = pareto_nbd.NAME
    PARAMETER_NAMES: tuple[str, ...] = pareto_nbd.PARAMETER_NAMES

    @property
    def Parameters(self) -> Any:  # noqa: N802  a class of a model
        """Those of the Pareto/NBD, rates where h = 1."""
        return pareto_nbd.Parameters

    def log_likelihood(self, parameters: Any, histories: Histories) -> Floats:
        """(n,) natural logarithm of each history's likelihood without Σ log h(t_i)."""
        return pareto.by_row(parameters, histories, self._calendar(histories))[0]

    def fit(self, histories: Histories) -> Fit[Any]:
        """Maximum likelihood given the calendar, from where the fit without it ends."""
        start = pareto_nbd.fit(histories).log_parameters
        return self.fit_from(start, histories)

    def fit_from(self, start: Floats, histories: Histories) -> Fit[Any]:
        """The same from (4,) log parameters near the maximum."""
        distinct, _ = histories.without_gaps().distinct()
        bounds = np.stack([start - _REACH, start + _REACH], axis=1)
        rough = distinct.condensed()
        if rough is not distinct:
            start = newton(self.likelihood(rough), start, bounds=bounds).log_parameters
        optimum = newton(self.likelihood(distinct), start, bounds=bounds)
        return fit_of(
            self.NAME,
            pareto_nbd.Parameters.from_array(np.exp(optimum.log_parameters)),
            optimum,
            names=self.PARAMETER_NAMES,
            customers=histories.customers,
            time_unit_days=histories.time_unit_days,
        )

    def posterior(
        self,
        fit: Fit[Any],
        histories: Histories,
        *,
        draws: int,
        generator: np.random.Generator,
        method: Method = "auto",
    ) -> Posterior:
        """Draws of the parameters given the calendar, under the model's weak prior."""
        distinct, _ = histories.without_gaps().distinct()
        return sample_posterior(
            self.likelihood,
            distinct,
            prior=self.prior(distinct),
            start=fit.log_parameters,
            draws=draws,
            generator=generator,
            method=method,
            evaluations=_EVALUATIONS,
        )

    def prior(self, histories: Histories) -> Prior:
        """The model's weak prior."""
        return pareto_nbd.prior(histories)

    def likelihood(self, histories: Histories) -> Likelihood:
        """The summed log-likelihood of the logarithms of the parameters."""
        return pareto.likelihood_of(histories, self._calendar(histories))

    def probability_alive(self, parameters: Any, histories: Histories, *, after: float = 0.0) -> Floats:
        """(n,) P(still a customer `after` time units from now)."""
        now = pareto.by_row(parameters, histories, self._calendar(histories))[1]
        return np.asarray(now * pareto.stays(parameters, histories, after))

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
        return self.discounted_expected_orders(
            parameters, histories, horizon=horizon, discount_rate=0.0, start=start, intensity=intensity, alive=alive
        )

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
        """(n,) the same, each order discounted to now; exact."""
        now = self.probability_alive(parameters, histories) if alive is None else alive
        return pareto.expected_orders(
            parameters,
            histories,
            self._calendar(histories),
            now,
            horizon=horizon,
            discount_rate=discount_rate,
            start=start,
            intensity=intensity,
        )

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
        """(n, up_to + 1) probabilities of 0, 1 … up_to orders within the horizon."""
        return pareto.order_count_pmf(
            parameters,
            histories,
            self._calendar(histories),
            horizon=horizon,
            up_to=up_to,
            intensity=intensity,
            alive=alive,
        )

    def next_order_time(
        self, parameters: Any, histories: Histories, *, probability: float = 0.5, horizon: float
    ) -> Floats:
        """(n,) time by which the next order has come with the given probability, if still a customer; else nan."""
        return pareto.next_order_time(
            parameters, histories, self._calendar(histories), probability=probability, horizon=horizon
        )

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
        now = self.probability_alive(parameters, histories) if alive is None else alive
        return pareto.remaining_lifetime(parameters, histories, now, probability=probability, horizon=horizon)

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
        """Random futures: alive with `probability_alive` (n,), then rate and lifetime given alive, then orders."""
        return pareto.sample_future(
            parameters,
            histories,
            self._calendar(histories),
            probability_alive,
            horizon=horizon,
            value_cap=value_cap,
            intensity=intensity,
            replicates=replicates,
            generator=generator,
        )

    def simulate(self, parameters: Any, *, age: Floats, generator: np.random.Generator) -> Histories:
        """Random histories of new customers who entered `age` back, under the calendar of those days."""
        orders, last = pareto.simulate(parameters, self.calendar, age=age, generator=generator)
        return Histories.of(orders, last, age)

    def _calendar(self, histories: Histories) -> Calendar:
        return self.calendar.in_unit(histories.time_unit_days)
