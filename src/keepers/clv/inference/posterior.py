"""What the data leave open about the parameters: weighted points of the posterior, and no Markov chain if it may be.

What a model's module provides: the same `likelihood(data) -> Likelihood` as for fitting, and a `Prior` on the
logarithms of the parameters, centred on the data's own scale (0 for shapes; the logarithm of a mean age or a mean order
for rates), so that days or weeks, cents or euros give the same answer.

    posterior = sample_posterior(
        likelihood, data, prior=prior, start=fit.log_parameters, draws=draws, generator=generator
    )

Three methods, each judged before it is believed: a polynomial surrogate with its gate (`surrogate`); importance
sampling, judged by k̂ (`importance`); NUTS, judged by R̂ (`nuts`). "auto" takes the first that passes. Of very large data
the likelihood is expanded to second order exactly, and the rest, which vanishes with the number of customers, is taken
from a few thousand rows.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np
from threadpoolctl import threadpool_limits

from keepers.clv.histories import Floats, Integers
from keepers.clv.inference import importance, nuts, surrogate
from keepers.clv.inference.fitting import REACH, Fit, Likelihood, Optimum, S, newton
from keepers.clv.inference.prior_words import Questions, prior_in_words
from keepers.core.told import Told

Method = Literal["auto", "surrogate", "importance", "nuts"]

NO_SURROGATE = Told.of(
    "The surrogate of the posterior did not pass its check, or there are too many parameters for one; the draws are by "
    "importance sampling instead."
)
_ROWS_FOR_THE_SHAPE = 2_500
_CHAINS, _CHAIN_LENGTH = 4, 1_000


@dataclass(frozen=True, slots=True, eq=False)
class Prior:
    """Independent normal priors on log parameters: centre (k,) and spread (k,), one standard deviation.

    about: what the parameters answer, so that it can be said where the data do not
    """

    centre: Floats
    spread: Floats
    about: Questions = ()

    def log_density(self, at: Floats) -> Floats:
        """Up to a constant, for log parameters (…, k)."""
        return np.asarray(-0.5 * (((at - self.centre) / self.spread) ** 2).sum(axis=-1))

    def added_to(self, likelihood: Likelihood) -> Likelihood:
        """The log-posterior, up to a constant, as something that can be climbed."""
        precision = 1 / self.spread**2

        def value(at: Floats) -> float:
            return likelihood.value(at) + float(self.log_density(at))

        def gradient(at: Floats) -> tuple[float, Floats]:
            log_likelihood, slope = likelihood.gradient(at)
            away = (at - self.centre) * precision
            return log_likelihood - 0.5 * float(away @ (at - self.centre)), slope - away

        def hessian(at: Floats) -> Floats:
            return likelihood.curvature(at) - np.diag(precision)

        def together(at: Floats) -> tuple[float, Floats, Floats]:
            log_likelihood, slope, bend = likelihood.all_at(at)
            away = (at - self.centre) * precision
            drop = 0.5 * float((away * (at - self.centre)).sum())
            return log_likelihood - drop, slope - away, bend - np.diag(precision)

        return Likelihood(value, gradient, hessian, together)


@dataclass(frozen=True, slots=True, eq=False)
class Posterior:
    """Draws of a model's parameters given the data.

    parameters: (draws, k) equally likely draws, in the model's own order and units
    points, weights: (N, k) and (N,) the weighted points behind them, for quantiles; the weights add to 1
    share_of_prior: (k,) posterior ÷ prior standard deviation of the log parameters; near 1 the data said nothing
    method: "surrogate", "importance sampling" or "nuts", or where else the draws are from
    k_hat: shape of the tail of importance weights; above 0.7 the draws are not to be relied on
    effective_sample_size: how many independent draws the weighted points are worth
    """

    parameters: Floats
    method: str
    k_hat: float
    effective_sample_size: float
    warnings: tuple[str, ...]
    points: Floats
    weights: Floats
    share_of_prior: Floats | None = None

    @property
    def mean(self) -> Floats:
        """(k,) posterior mean of the parameters."""
        return np.asarray(self.weights @ self.points)

    def quantile(self, probability: float) -> Floats:
        """(k,) posterior quantile of each parameter."""
        order = np.argsort(self.points, axis=0)
        columns = np.take_along_axis(self.points, order, axis=0)
        reached = np.cumsum(self.weights[order], axis=0) - 0.5 * self.weights[order]
        return np.array([np.interp(probability, reached[:, j], columns[:, j]) for j in range(columns.shape[1])])


def certain(fit: Fit[Any]) -> Posterior:
    """The fitted parameters as if they were known: one draw, for quick comparisons between models."""
    point = np.asarray(fit.parameters.as_array())[None, :]
    return Posterior(point, "maximum likelihood", 0.0, float("inf"), (), point, np.ones(1))


def sample_posterior(
    likelihood: Callable[[S], Likelihood],
    data: S,
    *,
    prior: Prior,
    start: Floats,
    draws: int,
    generator: np.random.Generator,
    method: Method = "auto",
    evaluations: int = 2_048,
) -> Posterior:
    """Draws of the parameters given the data; `start` are log parameters near the maximum, the fit's for example.

    The draws are chosen in equal parts from the weighted points and then moved so that the mean and spread of the
    log parameters over the draws are those of the posterior: the mean over 25 draws is already close to the whole.
    `evaluations` of the density are what importance sampling takes in two rounds; the surrogate takes about 500.
    With a `method` other than "auto" only that one is tried; what speaks against its answer is in the warnings. Only a
    surrogate that does not pass its check gives way to importance sampling, and the warnings say so.
    """
    # Of matrices this small threads cost more than they bring, and the last digits would depend on their number.
    with threadpool_limits(1, user_api="blas"):
        return _sampled(likelihood, data, prior, start, draws, generator, method, evaluations)


def _sampled(
    likelihood: Callable[[S], Likelihood],
    data: S,
    prior: Prior,
    start: Floats,
    draws: int,
    generator: np.random.Generator,
    method: Method,
    evaluations: int,
) -> Posterior:
    start = np.clip(start, prior.centre - 3 * prior.spread, prior.centre + 3 * prior.spread)
    bounds = np.stack([prior.centre - REACH - 4, prior.centre + REACH + 4], axis=1)
    mode = newton(prior.added_to(likelihood(data)), start, bounds=bounds)
    density = _within(bounds, _density(likelihood, data, prior, mode))
    first = importance.proposal_at(density.value, mode.log_parameters, mode.hessian)
    found = _weighted(density, first, generator, method, evaluations)
    chosen = _equal_draws(found.points, found.weights, draws, generator)
    centre = found.weights @ found.points
    spread = np.sqrt(found.weights @ (found.points - centre) ** 2)
    return Posterior(
        parameters=np.exp(chosen),
        method=found.method,
        k_hat=found.k_hat,
        effective_sample_size=found.worth,
        warnings=(*found.warnings, *prior_in_words(prior.about, found.points, found.weights, prior.spread)),
        points=np.exp(found.points),
        weights=found.weights,
        share_of_prior=spread / prior.spread,
    )


@dataclass(frozen=True, slots=True, eq=False)
class _Weighted:
    """Weighted log parameters, and whether the method that found them believes in them."""

    method: str
    points: Floats
    weights: Floats
    k_hat: float
    worth: float
    warnings: tuple[str, ...]


def _weighted(
    density: Likelihood, first: importance.Proposal, generator: np.random.Generator, method: Method, evaluations: int
) -> _Weighted:
    """By the method asked for, or by the first of them that passes its own test."""
    if method in ("auto", "surrogate"):
        by_surrogate = _by_surrogate(density, first, generator)
        if by_surrogate is not None:
            return by_surrogate
    if method != "nuts":
        by_weights = _by_importance(density, first, generator, evaluations)
        if method == "surrogate":
            return replace(by_weights, warnings=(NO_SURROGATE, *by_weights.warnings))
        if method == "importance" or not by_weights.warnings:
            return by_weights
    return _by_chains(density, first, generator)


def _by_surrogate(density: Likelihood, first: importance.Proposal, generator: np.random.Generator) -> _Weighted | None:
    if len(first.centre) > surrogate.MOST_PARAMETERS:
        return None
    found = surrogate.explore(density.gradient, first, generator)
    if found is None:
        return None
    worth = 1 / float((found.weights**2).sum())
    return _Weighted("surrogate", found.points, found.weights, 0.0, worth, ())


def _by_importance(
    density: Likelihood, first: importance.Proposal, generator: np.random.Generator, evaluations: int
) -> _Weighted:
    points, weights, k_hat = importance.weighted_points(density.value, first, evaluations, generator)
    worth = 1 / float((weights**2).sum())
    rough = Told.of(
        "The ranges are approximate: the history says so little about some parameters that the draws behind the ranges "
        "are rough (k̂ %(k_hat)s, worth %(draws)s draws).",
        k_hat=f"{k_hat:.2f}",
        draws=f"{worth:.0f}",
    )
    warnings = () if k_hat <= 0.7 and worth >= 100 else (rough,)
    return _Weighted("importance sampling", points, weights, k_hat, worth, warnings)


def _by_chains(density: Likelihood, first: importance.Proposal, generator: np.random.Generator) -> _Weighted:
    found = nuts.sample_chains(
        density.gradient, first.centre, first.triangular(), draws=_CHAIN_LENGTH, chains=_CHAINS, generator=generator
    )
    points = found.draws.reshape(-1, len(first.centre))
    weights = np.full(len(points), 1 / len(points))
    return _Weighted("nuts", points, weights, 0.0, float(found.effective_sample_size.min()), found.complaints())


def _within(bounds: Floats, density: Likelihood) -> Likelihood:
    """The density inside the bounds (k, 2) of the search, and none beyond: there likelihoods run out of numbers."""

    def outside(at: Floats) -> bool:
        return bool((at < bounds[:, 0]).any() or (at > bounds[:, 1]).any())

    def value(at: Floats) -> float:
        return -np.inf if outside(at) else density.value(at)

    def gradient(at: Floats) -> tuple[float, Floats]:
        return (-np.inf, np.zeros_like(at)) if outside(at) else density.gradient(at)

    return Likelihood(value, gradient)


def _density(likelihood: Callable[[S], Likelihood], data: S, prior: Prior, mode: Optimum) -> Likelihood:
    """The log-posterior; for large data its second-order expansion plus the thinned data's higher orders."""
    if len(data) <= 2 * _ROWS_FOR_THE_SHAPE:
        return prior.added_to(likelihood(data))
    few = prior.added_to(likelihood(data.thinned(_ROWS_FOR_THE_SHAPE)))
    centre = mode.log_parameters
    few_value, few_gradient = few.gradient(centre)
    slope = mode.gradient - few_gradient
    bend = mode.hessian - few.curvature(centre)

    def value(at: Floats) -> float:
        away = at - centre
        return float(few.value(at) - few_value + slope @ away + 0.5 * away @ bend @ away)

    def gradient(at: Floats) -> tuple[float, Floats]:
        away = at - centre
        few_at, few_slope = few.gradient(at)
        return float(few_at - few_value + slope @ away + 0.5 * away @ bend @ away), few_slope + slope + bend @ away

    return Likelihood(value, gradient)


def _equal_draws(points: Floats, weights: Floats, draws: int, generator: np.random.Generator) -> Floats:
    """Equally likely draws, one from each stretch of equal weight along the widest direction, with matched moments."""
    centre = weights @ points
    away = points - centre
    covariance = (weights[:, None] * away).T @ away
    _, turn = np.linalg.eigh(covariance)
    order = np.argsort(away @ turn[:, -1])
    marks = (np.arange(draws) + generator.random(draws)) / draws
    reached = np.cumsum(weights[order])
    place: Integers = np.minimum(np.searchsorted(reached, marks * reached[-1]), len(points) - 1)
    return _with_moments(points[order[place]], centre, covariance)


def _with_moments(sample: Floats, centre: Floats, covariance: Floats) -> Floats:
    """The sample, moved and stretched to the mean and covariance; only moved when it is too small to stretch."""
    draws, k = sample.shape
    away = sample - sample.mean(axis=0)
    if draws < 3 * k:
        return np.asarray(centre + away)
    ridge = 1e-12 * np.trace(covariance) * np.eye(k)
    have = np.linalg.cholesky(away.T @ away / draws + ridge)
    want = np.linalg.cholesky(covariance + ridge)
    return np.asarray(centre + np.linalg.solve(have, away.T).T @ want.T)
