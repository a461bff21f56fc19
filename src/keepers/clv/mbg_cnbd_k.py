"""MBG/CNBD-k: like MBG/NBD, but with gaps between orders that are more even than chance.

Grocers' customers come every week, give or take. A gap is the sum of k exponential stages, so k = 1 is MBG/NBD and a
larger k is a steadier rhythm; the longer the silence against the rhythm, the surer the loss, and the narrower the
interval of future orders. k is one for the whole base and chosen by likelihood, which needs `sum_log_gaps`. At the end
of a history the next gap has begun: futures start in the middle of a gap, at a stage that the silence makes likely.
The likelihood and the future are in `beta_geometric/family.py` and `beta_geometric/future.py`.

Paper: Platzer and Reutterer (2016), Ticking away the moments: timing regularity helps to better predict customer
activity, Marketing Science 35. Their expected orders are an approximation; these are exact.
"""

from dataclasses import dataclass, replace
from functools import partial
from math import lgamma
from typing import Self

import numpy as np
from numpy.typing import ArrayLike

from keepers.clv.beta_geometric import family as beta_geometric
from keepers.clv.beta_geometric import fitting as beta_geometric_fitting
from keepers.clv.beta_geometric.family import BetaGeometricParameters, Family, likelihood_of
from keepers.clv.beta_geometric.fitting import posterior_at, start_of
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
from keepers.clv.histories import Floats, Histories
from keepers.clv.inference.fitting import Fit, Optimum, fit_of, maximise
from keepers.clv.inference.posterior import Method, Posterior
from keepers.core.errors import KeepersError

__all__ = [
    "MOST_STAGES",
    "NAME",
    "PARAMETER_NAMES",
    "Parameters",
    "UnknownGapsError",
    "discounted_expected_orders",
    "expected_orders",
    "family_of",
    "fit",
    "log_likelihood",
    "next_order_time",
    "order_count_pmf",
    "posterior",
    "probability_alive",
    "remaining_lifetime",
    "sample_future",
    "simulate",
]

NAME = "mbg-cnbd-k"
PARAMETER_NAMES = (*beta_geometric_fitting.PARAMETER_NAMES, "k")
MOST_STAGES = 6
"""k is sought from 1 to here; beyond, gaps are so even that a calendar is at work."""


@dataclass(frozen=True, slots=True)
class Parameters(BetaGeometricParameters):
    """The rate of stages varies as Gamma(r, alpha) between customers, the dropout probability as Beta(a, b).

    r: shape of the rate of stages [–]
    alpha: rate of that rate [time unit]; k · alpha / r is about the mean gap
    a: first shape of the dropout probability after an order [–]
    b: second shape of it [–]; a / (a + b) is its mean
    k: stages a gap, a whole number [–]
    """

    k: int

    @property
    def family(self) -> Family:
        """Which of the models they are of."""
        return family_of(self.k)

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
    return beta_geometric.log_likelihood(parameters, histories)


def fit(histories: Histories) -> Fit[Parameters]:
    """Maximum-likelihood parameters, k among 1 … 6: one stage more as long as the likelihood rises.

    Raises:
        UnknownGapsError: the histories have no `sum_log_gaps`.
    """
    log_gaps = _sum_of_log_gaps(histories)
    distinct, _ = histories.without_gaps().distinct()
    rough = distinct.condensed()
    k, best = 1, _optimum(distinct, rough, 1, log_gaps, start_of(histories))
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
        names=beta_geometric_fitting.PARAMETER_NAMES,
        customers=histories.customers,
        time_unit_days=histories.time_unit_days,
    )


def posterior(
    fit: Fit[Parameters], histories: Histories, *, draws: int, generator: np.random.Generator, method: Method = "auto"
) -> Posterior:
    """Draws of (r, alpha, a, b, k) given the histories, k as fitted, under wide priors on the data's own time scale."""
    k = fit.parameters.k
    distinct, _ = histories.without_gaps().distinct()
    found = posterior_at(fit, distinct, family_of(k), draws=draws, generator=generator, method=method)
    return replace(found, parameters=_with_k(found.parameters, k), points=_with_k(found.points, k))


def family_of(k: int) -> Family:
    """The model at k stages a gap."""
    return Family(k=k, dropout_at_first_order=True)


def _sum_of_log_gaps(histories: Histories) -> float:
    if histories.sum_log_gaps is None:
        raise UnknownGapsError(
            "MBG/CNBD-k needs the sum of the logarithms of the gaps between orders (sum_log_gaps) to tell how regular "
            "customers are. Pass it with the histories, or use mbg-nbd.",
        )
    return float(histories.weight @ histories.sum_log_gaps)


def _optimum(distinct: Histories, rough: Histories, k: int, log_gaps: float, start: Floats) -> Optimum:
    found = maximise(partial(likelihood_of, family=family_of(k)), distinct, start=start, rough=rough)
    gaps = (k - 1) * log_gaps - float((distinct.weight * distinct.repeat_orders).sum()) * lgamma(k)
    return replace(found, value=found.value + gaps)


def _with_k(table: Floats, k: int) -> Floats:
    return np.column_stack([table, np.full(len(table), float(k))])
