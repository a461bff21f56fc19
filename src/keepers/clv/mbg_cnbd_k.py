"""MBG/CNBD-k: like MBG/NBD, but with gaps between orders that are more even than chance.

Grocers' customers come every week, give or take. A gap is the sum of k exponential stages, so k = 1 is MBG/NBD and a
larger k is a steadier rhythm; the longer the silence against the rhythm, the surer the loss, and the narrower the
interval of future orders. k is one for the whole base and chosen by likelihood, which needs `sum_log_gaps`. At the end
of a history the next gap has begun: futures start in the middle of a gap, at a stage that the silence makes likely.
The likelihood and the future are in `beta_geometric` and `beta_geometric_future`.

Paper: Platzer and Reutterer (2016), Ticking away the moments: timing regularity helps to better predict customer
activity, Marketing Science 35. Their expected orders are an approximation; these are exact.
"""

import math
from dataclasses import dataclass, replace
from math import lgamma
from typing import Self

import numpy as np
from numpy.typing import ArrayLike

from keepers.clv import beta_geometric, beta_geometric_future
from keepers.clv.beta_geometric import Family
from keepers.clv.beta_geometric_future import State
from keepers.clv.histories import Floats, Histories
from keepers.clv.inference.fitting import Fit, Optimum, fit_of, maximise
from keepers.clv.inference.posterior import Method, Posterior, sample_posterior
from keepers.clv.model import Future
from keepers.core.errors import KeepersError

NAME = "mbg-cnbd-k"
MOST_STAGES = 6
"""k is sought from 1 to here; beyond, gaps are so even that a calendar is at work."""


@dataclass(frozen=True, slots=True)
class Parameters:
    """The rate of stages varies as Gamma(r, alpha) between customers, the dropout probability as Beta(a, b).

    r: shape of the rate of stages [–]
    alpha: rate of that rate [time unit]; k · alpha / r is about the mean gap
    a: first shape of the dropout probability after an order [–]
    b: second shape of it [–]; a / (a + b) is its mean
    k: stages a gap, a whole number [–]
    """

    r: float
    alpha: float
    a: float
    b: float
    k: int

    def as_array(self) -> Floats:
        """(5,) r, alpha, a, b, k."""
        return np.array([self.r, self.alpha, self.a, self.b, self.k])

    @classmethod
    def from_array(cls, values: ArrayLike) -> Self:
        """From (5,) r, alpha, a, b, k."""
        r, alpha, a, b, k = (float(value) for value in np.asarray(values, dtype=np.float64))
        return cls(r, alpha, a, b, round(k))


class UnknownGapsError(KeepersError):
    """Regularity cannot be told without the gaps between orders."""


def log_likelihood(parameters: Parameters, histories: Histories) -> Floats:
    """Natural log-likelihood of each history (n,), the gaps included.

    Raises:
        UnknownGapsError: k is above 1 and the histories have no `sum_log_gaps`.
    """
    if parameters.k > 1:
        _sum_of_log_gaps(histories)
    return beta_geometric.row_log_likelihood(_log_rates(parameters), histories, _family(parameters.k))


def fit(histories: Histories) -> Fit[Parameters]:
    """Maximum-likelihood parameters, k among 1 … 6: one stage more as long as the likelihood rises.

    Raises:
        UnknownGapsError: the histories have no `sum_log_gaps`.
    """
    log_gaps = _sum_of_log_gaps(histories)
    distinct, _ = histories.without_gaps().distinct()
    rough = distinct.condensed()
    k, best = 1, _optimum(distinct, rough, 1, log_gaps, beta_geometric.start_of(histories))
    while k < MOST_STAGES:
        start = best.log_parameters + np.array([0.0, np.log(k / (k + 1)), 0.0, 0.0])
        steadier = _optimum(distinct, rough, k + 1, log_gaps, start)
        if steadier.value <= best.value:
            break
        k, best = k + 1, steadier
    return fit_of(
        NAME,
        Parameters.from_array([*np.exp(best.log_parameters), k]),
        best,
        names=("r", "alpha", "a", "b"),
        customers=histories.customers,
        time_unit_days=histories.time_unit_days,
    )


def posterior(
    fit: Fit[Parameters], histories: Histories, *, draws: int, generator: np.random.Generator, method: Method = "auto"
) -> Posterior:
    """Draws of (r, alpha, a, b, k) given the histories, k as fitted, under wide priors on the data's own time scale."""
    k = fit.parameters.k
    distinct, _ = histories.without_gaps().distinct()
    found = sample_posterior(
        lambda some: beta_geometric.likelihood_of(some, _family(k)),
        distinct,
        prior=beta_geometric.prior_of(histories),
        start=fit.log_parameters,
        draws=draws,
        generator=generator,
        method=method,
    )
    return replace(found, parameters=_with_k(found.parameters, k), points=_with_k(found.points, k))


def state(parameters: Parameters, histories: Histories, alive: Floats | None = None) -> State:
    """What is known of each customer at the end of their history; `alive` where that is known already."""
    rates = parameters.as_array()[:4]
    return beta_geometric_future.state_of(rates, histories, _family(parameters.k), alive=alive)


def probability_alive(parameters: Parameters, histories: Histories, *, after: float = 0.0) -> Floats:
    """P(still a customer `after` time units from now), (n,) [0–1]."""
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
    """Random histories of new customers of the given ages (n,) [time unit], with `sum_log_gaps`."""
    return beta_geometric_future.simulate(
        parameters.as_array()[:4], _family(parameters.k), age=age, time_unit_days=time_unit_days, generator=generator
    )


def _family(k: int) -> Family:
    return Family(k=k, dropout_at_first_order=True)


def _log_rates(parameters: Parameters) -> Floats:
    logs: Floats = np.log(parameters.as_array()[:4])
    return logs


def _sum_of_log_gaps(histories: Histories) -> float:
    if histories.sum_log_gaps is None:
        raise UnknownGapsError(
            "MBG/CNBD-k needs the sum of the logarithms of the gaps between orders (sum_log_gaps) to tell how regular "
            "customers are. Pass it with the histories, or use mbg-nbd.",
        )
    return float(histories.weight @ histories.sum_log_gaps)


def _optimum(distinct: Histories, rough: Histories, k: int, log_gaps: float, start: Floats) -> Optimum:
    found = maximise(lambda some: beta_geometric.likelihood_of(some, _family(k)), distinct, start=start, rough=rough)
    gaps = (k - 1) * log_gaps - float((distinct.weight * distinct.repeat_orders).sum()) * lgamma(k)
    return replace(found, value=found.value + gaps)


def _with_k(table: Floats, k: int) -> Floats:
    return np.column_stack([table, np.full(len(table), float(k))])
