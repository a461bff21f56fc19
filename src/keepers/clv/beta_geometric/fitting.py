"""What BG/NBD, MBG/NBD and MBG/CNBD-k share: (r, α, a, b) learned from histories, at a known k."""

from functools import partial
from typing import Any, TypeVar

import numpy as np

from keepers.clv.beta_geometric.family import BetaGeometricParameters, Family, likelihood_of
from keepers.clv.histories import Floats, Histories
from keepers.clv.inference.fitting import Fit, fit_of, maximise
from keepers.clv.inference.posterior import Method, Posterior, Prior, sample_posterior
from keepers.clv.inference.prior_words import ORDERS_AND_STAY

PARAMETER_NAMES = ("r", "alpha", "a", "b")
_PRIOR_SPREAD = 2.0

P = TypeVar("P", bound=BetaGeometricParameters)


def start_of(histories: Histories) -> Floats:
    """Where to begin the search for (ln r, ln α, ln a, ln b): on the data's own time scale."""
    start: Floats = np.log(np.array([0.7, 0.7 * _time_scale(histories), 1.0, 2.0]))
    return start


def prior(histories: Histories) -> Prior:
    """Wide priors on the log parameters: shapes around 1, α around the data's mean time an order."""
    centre = np.array([0.0, np.log(_time_scale(histories)), 0.0, 0.0])
    return Prior(centre=centre, spread=np.full(len(PARAMETER_NAMES), _PRIOR_SPREAD), about=ORDERS_AND_STAY)


def fit_at(name: str, made: type[P], family: Family, histories: Histories) -> Fit[P]:
    """Maximum likelihood of a model without regularity, by Newton steps with the exact Hessian."""
    distinct, _ = histories.without_gaps().distinct()
    optimum = maximise(
        partial(likelihood_of, family=family), distinct, start=start_of(distinct), rough=distinct.condensed()
    )
    return fit_of(
        name,
        made.from_array(np.exp(optimum.log_parameters)),
        optimum,
        names=PARAMETER_NAMES,
        customers=histories.customers,
        time_unit_days=histories.time_unit_days,
    )


def posterior_at(
    fit: Fit[Any], distinct: Histories, family: Family, *, draws: int, generator: np.random.Generator, method: Method
) -> Posterior:
    """Draws of (r, α, a, b) given distinct histories, under the wide `prior`."""
    return sample_posterior(
        partial(likelihood_of, family=family),
        distinct,
        prior=prior(distinct),
        start=fit.log_parameters,
        draws=draws,
        generator=generator,
        method=method,
    )


def _time_scale(histories: Histories) -> float:
    """Mean time an order [time unit]: all ages over all orders, first ones included."""
    weight = histories.weight
    scale = float((weight * histories.age).sum()) / float((weight * (histories.repeat_orders + 1.0)).sum())
    return scale if scale > 0 else 1.0
