"""MBG/CNBD-k at a known k: a model with the four parameters (r, α, a, b), for covariates to act on.

Which k is a matter of the whole base and not of who a customer is, so it is found first, by `mbg_cnbd_k.fit`.
"""

import math
from dataclasses import dataclass

import numpy as np

from keepers.clv import beta_geometric, mbg_cnbd_k, mbg_nbd
from keepers.clv.beta_geometric import Family
from keepers.clv.beta_geometric_future import State
from keepers.clv.histories import Floats, Histories
from keepers.clv.inference.fitting import Fit, Likelihood, fit_of, maximise
from keepers.clv.inference.posterior import Method, Posterior, Prior, sample_posterior
from keepers.clv.mbg_nbd import Parameters as FourParameters
from keepers.clv.model import Future


@dataclass(frozen=True, slots=True)
class Steady:
    """The model with `k` stages a gap; its functions are those of `mbg_cnbd_k`."""

    k: int

    @property
    def NAME(self) -> str:  # noqa: N802  a constant of a model's module
        """That of MBG/CNBD-k."""
        return mbg_cnbd_k.NAME

    @property
    def PARAMETER_NAMES(self) -> tuple[str, ...]:  # noqa: N802  a constant of a model's module
        """r, alpha, a and b."""
        return ("r", "alpha", "a", "b")

    @property
    def Parameters(self) -> type[FourParameters]:  # noqa: N802  a class of a model's module
        """(r, alpha, a, b) of the rate of stages and of dropout."""
        return mbg_nbd.Parameters

    def log_likelihood(self, parameters: FourParameters, histories: Histories) -> Floats:
        """(n,) natural logarithm of each history's likelihood, the gaps included where they are known."""
        return beta_geometric.row_log_likelihood(np.log(parameters.as_array()), histories, self._family)

    def likelihood(self, histories: Histories) -> Likelihood:
        """The summed log-likelihood of the logarithms of the parameters."""
        return beta_geometric.likelihood_of(histories, self._family)

    def prior(self, histories: Histories) -> Prior:
        """The wide prior of MBG/CNBD-k."""
        return beta_geometric.prior_of(histories)

    def fit(self, histories: Histories) -> Fit[FourParameters]:
        """Maximum likelihood at this k."""
        distinct, _ = histories.distinct()
        optimum = maximise(self.likelihood, distinct, start=beta_geometric.start_of(distinct))
        return fit_of(
            self.NAME,
            FourParameters.from_array(np.exp(optimum.log_parameters)),
            optimum,
            names=self.PARAMETER_NAMES,
            customers=histories.customers,
            time_unit_days=histories.time_unit_days,
        )

    def posterior(
        self,
        fit: Fit[FourParameters],
        histories: Histories,
        *,
        draws: int,
        generator: np.random.Generator,
        method: Method = "auto",
    ) -> Posterior:
        """Draws of the parameters at this k."""
        distinct, _ = histories.distinct()
        return sample_posterior(
            self.likelihood,
            distinct,
            prior=self.prior(distinct),
            start=fit.log_parameters,
            draws=draws,
            generator=generator,
            method=method,
        )

    def state(self, parameters: FourParameters, histories: Histories, alive: Floats | None = None) -> State:
        """What is known of each customer at the end of their history; `alive` where that is known already."""
        return mbg_cnbd_k.state(self._with_k(parameters), histories, alive)

    def probability_alive(self, parameters: FourParameters, histories: Histories, *, after: float = 0.0) -> Floats:
        """(n,) P(still a customer `after` time units from now)."""
        return mbg_cnbd_k.probability_alive(self._with_k(parameters), histories, after=after)

    def expected_orders(
        self,
        parameters: FourParameters,
        histories: Histories,
        *,
        horizon: float,
        start: float = 0.0,
        intensity: float = 1.0,
        alive: Floats | None = None,
    ) -> Floats:
        """(n,) expected orders between `start` and `start + horizon` from now."""
        return mbg_cnbd_k.expected_orders(
            self._with_k(parameters), histories, horizon=horizon, start=start, intensity=intensity, alive=alive
        )

    def discounted_expected_orders(
        self,
        parameters: FourParameters,
        histories: Histories,
        *,
        horizon: float,
        discount_rate: float,
        start: float = 0.0,
        intensity: float = 1.0,
        alive: Floats | None = None,
    ) -> Floats:
        """(n,) the same, each order discounted to now."""
        return mbg_cnbd_k.discounted_expected_orders(
            self._with_k(parameters),
            histories,
            horizon=horizon,
            discount_rate=discount_rate,
            start=start,
            intensity=intensity,
            alive=alive,
        )

    def order_count_pmf(
        self,
        parameters: FourParameters,
        histories: Histories,
        *,
        horizon: float,
        up_to: int,
        intensity: Floats | float = 1.0,
    ) -> Floats:
        """(n, up_to + 1) probabilities of 0, 1 … up_to orders within the horizon."""
        return mbg_cnbd_k.order_count_pmf(
            self._with_k(parameters), histories, horizon=horizon, up_to=up_to, intensity=intensity
        )

    def next_order_time(
        self, parameters: FourParameters, histories: Histories, *, probability: float = 0.5, horizon: float
    ) -> Floats:
        """(n,) time by which the next order has come, if still a customer; nan beyond the horizon."""
        return mbg_cnbd_k.next_order_time(self._with_k(parameters), histories, probability=probability, horizon=horizon)

    def remaining_lifetime(
        self, parameters: FourParameters, histories: Histories, *, probability: float = 0.5, horizon: float = math.inf
    ) -> Floats:
        """(n,) time until which the customer stays with the given probability."""
        return mbg_cnbd_k.remaining_lifetime(
            self._with_k(parameters), histories, probability=probability, horizon=horizon
        )

    def sample_future(
        self,
        parameters: FourParameters,
        histories: Histories,
        probability_alive: Floats,
        *,
        horizon: float,
        value_cap: float,
        intensity: Floats | float,
        replicates: int,
        generator: np.random.Generator,
    ) -> Future:
        """Random futures: alive with `probability_alive` (n,), then stage, rate and dropout, then orders."""
        return mbg_cnbd_k.sample_future(
            self._with_k(parameters),
            histories,
            probability_alive,
            horizon=horizon,
            value_cap=value_cap,
            intensity=intensity,
            replicates=replicates,
            generator=generator,
        )

    def simulate(self, parameters: FourParameters, *, age: Floats, generator: np.random.Generator) -> Histories:
        """Random histories of new customers of the given ages (n,) [time unit], with `sum_log_gaps`."""
        return mbg_cnbd_k.simulate(self._with_k(parameters), age=age, generator=generator)

    @property
    def _family(self) -> Family:
        return Family(k=self.k, dropout_at_first_order=True)

    def _with_k(self, parameters: FourParameters) -> mbg_cnbd_k.Parameters:
        return mbg_cnbd_k.Parameters(parameters.r, parameters.alpha, parameters.a, parameters.b, self.k)
