"""Occasions worth nothing: each customer has a chance of their own of one, which varies between customers as a Beta.

Free samples, vouchers that cover everything, goods that all came back. With z of a customer's n occasions worth nothing
the log-probability is ln B(a + z, b + n − z) − ln B(a, b): the beta-binomial of Skellam (1948), in the order they came.
"""

import numpy as np

from keepers.clv.histories import Floats
from keepers.clv.inference.fitting import Likelihood, maximise
from keepers.clv.inference.posterior import Method, Posterior, Prior, sample_posterior
from keepers.clv.numerics.special import digamma_steps, log_betas, trigammas
from keepers.clv.spend import Spend, logs_of

NEVER = (0.0, 1.0)  # the shapes where no occasion was ever worth nothing
_PRIOR_SPREAD = 1.5


def likelihood(spend: Spend) -> Likelihood:
    """The log-likelihood of which occasions were worth nothing, in (ln zero_a, ln zero_b): a beta-binomial."""
    zeros, count = zeros_of(spend), spend.orders
    pairs, place = np.unique(np.stack([zeros, count]), axis=1, return_inverse=True)
    mass = np.bincount(place.ravel(), weights=spend.weight)
    none, all_of = np.ascontiguousarray(pairs, dtype=np.float64)

    def gradient(at: Floats) -> tuple[float, Floats]:
        a, b = np.exp(at)
        ones = np.ones_like(none)
        value = float(mass @ (log_betas(a + none, b + all_of - none) - log_betas(a * ones, b * ones)))
        together = float(mass @ digamma_steps((a + b) * ones, all_of))
        slope_a = float(mass @ digamma_steps(a * ones, none)) - together
        slope_b = float(mass @ digamma_steps(b * ones, all_of - none)) - together
        return value, np.array([a * slope_a, b * slope_b])

    def hessian(at: Floats) -> Floats:
        a, b = np.exp(at)
        ones = np.ones_like(none)
        together = float(mass @ (trigammas((a + b) * ones) - trigammas(a + b + all_of)))
        bend_a = float(mass @ (trigammas(a + none) - trigammas(a * ones))) + together
        bend_b = float(mass @ (trigammas(b + all_of - none) - trigammas(b * ones))) + together
        return np.array([[a * a * bend_a, a * b * together], [a * b * together, b * b * bend_b]]) + np.diag(
            gradient(at)[1]
        )

    return Likelihood(lambda at: gradient(at)[0], gradient, hessian)


def shapes(spend: Spend) -> tuple[float, float]:
    """The likeliest shapes under a wide prior with the data's own share of zeros, so that they exist; or `NEVER`."""
    valued = _valued(spend)
    if not zeros_of(valued).any():
        return NEVER
    prior = _prior(valued)
    found = maximise(lambda data: prior.added_to(likelihood(data)), valued, start=prior.centre)
    a, b = np.exp(found.log_parameters)
    return float(a), float(b)


def posterior(
    shapes: tuple[float, float], spend: Spend, *, draws: int, generator: np.random.Generator, method: Method = "auto"
) -> Posterior:
    """Draws of the two shapes; all the same where nothing was ever worth nothing."""
    if shapes == NEVER:
        always = np.tile(np.array(NEVER), (draws, 1))
        return Posterior(always, "none needed", 0.0, float("inf"), (), always, np.full(draws, 1 / draws))
    valued = _valued(spend)
    return sample_posterior(
        likelihood, valued, prior=_prior(valued), start=np.log(shapes), draws=draws, generator=generator, method=method
    )


def zeros_of(spend: Spend) -> Floats:
    """(n,) occasions worth nothing, or less [occasions]."""
    return np.asarray(spend.orders - logs_of(spend).paid_orders, dtype=np.float64)


def _valued(spend: Spend) -> Spend:
    return spend.at(np.flatnonzero((spend.orders > 0) & (spend.weight > 0)))


def _prior(valued: Spend) -> Prior:
    share = float(valued.weight @ zeros_of(valued)) / float(valued.weight @ valued.orders)
    share = min(max(share, 1e-6), 1 - 1e-6)
    return Prior(centre=np.log([share, 1.0 - share]), spread=np.full(2, _PRIOR_SPREAD))
