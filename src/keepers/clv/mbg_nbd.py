"""MBG/NBD: orders at random while a customer, and a chance of leaving after each order, the first included.

Like BG/NBD, but somebody may leave right after the first order, so that customers with a single order can be lost. The
likelihood and the future are in `beta_geometric/family.py` and `beta_geometric/future.py`.

Paper: Batislam, Denizel and Filiztekin (2007), Empirical validation and comparison of models for customer base
analysis, International Journal of Research in Marketing 24.
"""

import numpy as np

from keepers.clv.beta_geometric import family as beta_geometric
from keepers.clv.beta_geometric.family import BetaGeometricParameters, Family, log_likelihood
from keepers.clv.beta_geometric.fitting import PARAMETER_NAMES, fit_at, posterior_at, prior
from keepers.clv.beta_geometric.future import (
    discounted_expected_orders,
    expected_orders,
    next_order_time,
    order_count_pmf,
    probability_alive,
    remaining_lifetime,
    sample_future,
    simulate,
)
from keepers.clv.histories import Histories
from keepers.clv.inference.fitting import Fit, Likelihood
from keepers.clv.inference.posterior import Method, Posterior

__all__ = [
    "NAME",
    "PARAMETER_NAMES",
    "Parameters",
    "discounted_expected_orders",
    "expected_orders",
    "fit",
    "likelihood",
    "log_likelihood",
    "next_order_time",
    "order_count_pmf",
    "posterior",
    "prior",
    "probability_alive",
    "remaining_lifetime",
    "sample_future",
    "simulate",
]

NAME = "mbg-nbd"
_FAMILY = Family(k=1, dropout_at_first_order=True)


class Parameters(BetaGeometricParameters):
    """r, alpha, a and b, where somebody may leave after the very first order."""

    __slots__ = ()

    @property
    def family(self) -> Family:
        """Which of the models they are of."""
        return _FAMILY


def fit(histories: Histories) -> Fit[Parameters]:
    """Maximum-likelihood parameters in the histories' time unit, by Newton steps with the exact Hessian."""
    return fit_at(NAME, Parameters, _FAMILY, histories)


def posterior(
    fit: Fit[Parameters], histories: Histories, *, draws: int, generator: np.random.Generator, method: Method = "auto"
) -> Posterior:
    """Draws of (r, alpha, a, b) given the histories, under wide priors on the data's own time scale."""
    distinct, _ = histories.without_gaps().distinct()
    return posterior_at(fit, distinct, _FAMILY, draws=draws, generator=generator, method=method)


def likelihood(histories: Histories) -> Likelihood:
    """The summed log-likelihood of the logarithms of (r, alpha, a, b), with exact gradient and Hessian."""
    return beta_geometric.likelihood_of(histories, _FAMILY)
