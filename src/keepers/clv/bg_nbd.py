"""BG/NBD: orders at random while a customer, and a chance of leaving after each repeat order.

Nobody can leave before the first repeat order, so every customer with a single order is alive for sure: do not read
that as loyalty. Where such customers are common, MBG/NBD or Pareto/NBD tell them apart. The likelihood and the future
are in `beta_geometric/family.py` and `beta_geometric/future.py`.

Paper: Fader, Hardie and Lee (2005), "Counting your customers" the easy way, Marketing Science 24.
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

NAME = "bg-nbd"
_FAMILY = Family(k=1, dropout_at_first_order=False)


class Parameters(BetaGeometricParameters):
    """r, alpha, a and b, where nobody leaves before the first repeat order."""

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
