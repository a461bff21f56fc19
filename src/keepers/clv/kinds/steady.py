"""MBG/CNBD-k at a known k: a model with the four parameters (r, α, a, b), for covariates to act on.

Which k is a matter of the whole base and not of who a customer is, so it is found first, by `mbg_cnbd_k.fit`.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from keepers.clv import mbg_cnbd_k
from keepers.clv.beta_geometric import family as beta_geometric
from keepers.clv.beta_geometric import fitting as beta_geometric_fitting
from keepers.clv.beta_geometric import future as beta_geometric_future
from keepers.clv.beta_geometric.family import BetaGeometricParameters, Family
from keepers.clv.histories import Histories
from keepers.clv.inference.fitting import Fit, Likelihood, fit_of, maximise
from keepers.clv.inference.posterior import Method, Posterior


@dataclass(frozen=True, slots=True)
class SteadyParameters(BetaGeometricParameters):
    """(r, alpha, a, b) of the rate of stages and of dropout, at a k that is none of them."""

    k: int

    @property
    def family(self) -> Family:
        """Which of the models they are of."""
        return mbg_cnbd_k.family_of(self.k)


@dataclass(frozen=True, slots=True)
class AtStages:
    """Makes parameters at a known k."""

    k: int

    def from_array(self, values: ArrayLike) -> SteadyParameters:
        """From (4,) r, alpha, a, b."""
        r, alpha, a, b = (float(value) for value in np.asarray(values, dtype=np.float64))
        return SteadyParameters(r, alpha, a, b, self.k)


@dataclass(frozen=True, slots=True)
class Steady:
    """The model with `k` stages a gap; its functions are those of the family."""

    k: int

    log_likelihood = staticmethod(beta_geometric.log_likelihood)
    prior = staticmethod(beta_geometric_fitting.prior)
    probability_alive = staticmethod(beta_geometric_future.probability_alive)
    expected_orders = staticmethod(beta_geometric_future.expected_orders)
    discounted_expected_orders = staticmethod(beta_geometric_future.discounted_expected_orders)
    order_count_pmf = staticmethod(beta_geometric_future.order_count_pmf)
    next_order_time = staticmethod(beta_geometric_future.next_order_time)
    remaining_lifetime = staticmethod(beta_geometric_future.remaining_lifetime)
    sample_future = staticmethod(beta_geometric_future.sample_future)
    simulate = staticmethod(beta_geometric_future.simulate)

    @property
    def NAME(self) -> str:  # noqa: N802  a constant of a model's module
        """That of MBG/CNBD-k."""
        return mbg_cnbd_k.NAME

    @property
    def PARAMETER_NAMES(self) -> tuple[str, ...]:  # noqa: N802  a constant of a model's module
        """r, alpha, a and b."""
        return beta_geometric_fitting.PARAMETER_NAMES

    @property
    def Parameters(self) -> AtStages:  # noqa: N802  a class of a model's module
        """Makes (r, alpha, a, b) at this k."""
        return AtStages(self.k)

    @property
    def family(self) -> Family:
        """That of its parameters."""
        return mbg_cnbd_k.family_of(self.k)

    def likelihood(self, histories: Histories) -> Likelihood:
        """The summed log-likelihood of the logarithms of the parameters."""
        return beta_geometric.likelihood_of(histories, self.family)

    def fit(self, histories: Histories) -> Fit[SteadyParameters]:
        """Maximum likelihood at this k."""
        distinct, _ = histories.distinct()
        optimum = maximise(self.likelihood, distinct, start=beta_geometric_fitting.start_of(distinct))
        return fit_of(
            self.NAME,
            self.Parameters.from_array(np.exp(optimum.log_parameters)),
            optimum,
            names=self.PARAMETER_NAMES,
            customers=histories.customers,
            time_unit_days=histories.time_unit_days,
        )

    def posterior(
        self,
        fit: Fit[SteadyParameters],
        histories: Histories,
        *,
        draws: int,
        generator: np.random.Generator,
        method: Method = "auto",
    ) -> Posterior:
        """Draws of the parameters at this k."""
        distinct, _ = histories.distinct()
        return beta_geometric_fitting.posterior_at(
            fit, distinct, self.family, draws=draws, generator=generator, method=method
        )
