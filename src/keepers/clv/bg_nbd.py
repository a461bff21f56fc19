"""BG/NBD: orders at random while a customer, and a chance of leaving after each repeat order.

Nobody can leave before the first repeat order, so every customer with a single order is alive for sure: do not read
that as loyalty. Where such customers are common, MBG/NBD or Pareto/NBD tell them apart. The likelihood and the future
are in `beta_geometric` and `beta_geometric_future`.

Paper: Fader, Hardie and Lee (2005), "Counting your customers" the easy way, Marketing Science 24.
"""

import math
from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import ArrayLike

from keepers.clv import beta_geometric, beta_geometric_future
from keepers.clv.beta_geometric import Family
from keepers.clv.beta_geometric_future import State
from keepers.clv.histories import Floats, Histories
from keepers.clv.inference.fitting import Fit, Likelihood, fit_of, maximise
from keepers.clv.inference.posterior import Method, Posterior, Prior, sample_posterior
from keepers.clv.model import Future

NAME = "bg-nbd"
_FAMILY = Family(k=1, dropout_at_first_order=False)


@dataclass(frozen=True, slots=True)
class Parameters:
    """The purchase rate varies as Gamma(r, alpha) between customers, the dropout probability as Beta(a, b).

    r: shape of the purchase rate [–]
    alpha: rate of the purchase rate [time unit]
    a: first shape of the dropout probability after an order [–]
    b: second shape of it [–]; a / (a + b) is its mean
    """

    r: float
    alpha: float
    a: float
    b: float

    def as_array(self) -> Floats:
        """(4,) r, alpha, a, b."""
        return np.array([self.r, self.alpha, self.a, self.b])

    @classmethod
    def from_array(cls, values: ArrayLike) -> Self:
        """From (4,) r, alpha, a, b."""
        r, alpha, a, b = (float(value) for value in np.asarray(values, dtype=np.float64))
        return cls(r, alpha, a, b)


def log_likelihood(parameters: Parameters, histories: Histories) -> Floats:
    """Natural log-likelihood of each history (n,)."""
    return beta_geometric.row_log_likelihood(np.log(parameters.as_array()), histories, _FAMILY)


def fit(histories: Histories) -> Fit[Parameters]:
    """Maximum-likelihood parameters in the histories' time unit, by Newton steps with the exact Hessian."""
    distinct, _ = histories.without_gaps().distinct()
    optimum = maximise(likelihood, distinct, start=beta_geometric.start_of(distinct), rough=distinct.condensed())
    return fit_of(
        NAME,
        Parameters.from_array(np.exp(optimum.log_parameters)),
        optimum,
        names=("r", "alpha", "a", "b"),
        customers=histories.customers,
        time_unit_days=histories.time_unit_days,
    )


def posterior(
    fit: Fit[Parameters], histories: Histories, *, draws: int, generator: np.random.Generator, method: Method = "auto"
) -> Posterior:
    """Draws of (r, alpha, a, b) given the histories, under wide priors on the data's own time scale."""
    distinct, _ = histories.without_gaps().distinct()
    return sample_posterior(
        likelihood,
        distinct,
        prior=prior(distinct),
        start=fit.log_parameters,
        draws=draws,
        generator=generator,
        method=method,
    )


def prior(histories: Histories) -> Prior:
    """The wide prior of `posterior`: shapes around 1, alpha around the mean time an order."""
    return beta_geometric.prior_of(histories)


def state(parameters: Parameters, histories: Histories, alive: Floats | None = None) -> State:
    """What is known of each customer at the end of their history; `alive` where that is known already."""
    return beta_geometric_future.state_of(parameters.as_array(), histories, _FAMILY, alive=alive)


def probability_alive(parameters: Parameters, histories: Histories, *, after: float = 0.0) -> Floats:
    """P(still a customer `after` time units from now), (n,) [0–1].

    1 now for everybody without a repeat order: the model lets nobody leave before it.
    """
    return beta_geometric_future.probability_alive(state(parameters, histories), after=after)


def expected_orders(
    parameters: Parameters,
    histories: Histories,
    *,
    horizon: float,
    start: float = 0.0,
    intensity: float = 1.0,
    alive: Floats | None = None,
) -> Floats:
    """Expected orders between `start` and `start + horizon` from now, (n,) [occasions].

    A mean over those who left and those who stayed. `alive` (n,) is P(alive) now, where it is known already.
    """
    return beta_geometric_future.expected_orders(
        state(parameters, histories, alive), horizon=horizon, start=start, intensity=intensity
    )


def discounted_expected_orders(
    parameters: Parameters,
    histories: Histories,
    *,
    horizon: float,
    discount_rate: float,
    start: float = 0.0,
    intensity: float = 1.0,
    alive: Floats | None = None,
) -> Floats:
    """Expected orders between `start` and `start + horizon`, discounted to now at a continuous rate."""
    return beta_geometric_future.discounted_expected_orders(
        state(parameters, histories, alive),
        horizon=horizon,
        discount_rate=discount_rate,
        start=start,
        intensity=intensity,
    )


def order_count_pmf(
    parameters: Parameters, histories: Histories, *, horizon: float, up_to: int, intensity: Floats | float = 1.0
) -> Floats:
    """(n, up_to + 1) probabilities of 0, 1 … up_to orders within the horizon; exact, the dead included."""
    return beta_geometric_future.order_count_pmf(
        state(parameters, histories), horizon=horizon, up_to=up_to, intensity=intensity
    )


def next_order_time(
    parameters: Parameters, histories: Histories, *, probability: float = 0.5, horizon: float
) -> Floats:
    """Time by which the next order has come with the given probability, if still a customer; nan beyond horizon."""
    return beta_geometric_future.next_order_time(state(parameters, histories), probability=probability, horizon=horizon)


def remaining_lifetime(
    parameters: Parameters, histories: Histories, *, probability: float = 0.5, horizon: float = math.inf
) -> Floats:
    """Time until which the customer stays with the given probability; 0 if not even now, infinite beyond 100 years."""
    return beta_geometric_future.remaining_lifetime(
        state(parameters, histories), probability=probability, horizon=horizon
    )


def sample_future(
    parameters: Parameters,
    histories: Histories,
    probability_alive: Floats,
    *,
    horizon: float,
    value_cap: float,
    intensity: Floats | float,
    replicates: int,
    generator: np.random.Generator,
) -> Future:
    """Random futures: alive with `probability_alive` (n,), then rate and dropout given alive, then orders."""
    return beta_geometric_future.sample_future(
        state(parameters, histories, probability_alive),
        horizon=horizon,
        value_cap=value_cap,
        intensity=intensity,
        replicates=replicates,
        generator=generator,
    )


def simulate(
    parameters: Parameters, *, age: Floats, generator: np.random.Generator, time_unit_days: float = 1.0
) -> Histories:
    """Random histories of new customers of the given ages (n,) [time unit]."""
    return beta_geometric_future.simulate(
        parameters.as_array(), _FAMILY, age=age, time_unit_days=time_unit_days, generator=generator
    )


def likelihood(histories: Histories) -> Likelihood:
    """The summed log-likelihood of the logarithms of (r, alpha, a, b), with exact gradient and Hessian."""
    return beta_geometric.likelihood_of(histories, _FAMILY)
