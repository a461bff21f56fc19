"""What the data leave open about the parameters: importance sampling around the mode, no Markov chain.

What a model's module provides: the same `likelihood(data) -> Likelihood` as for fitting, and a `Prior` on the
logarithms of the parameters, centred on the data's own scale (0 for shapes; the logarithm of a mean age or a mean order
for rates), so that days or weeks, cents or euros give the same answer.

    posterior = sample_posterior(
        likelihood, data, prior=prior, start=fit.log_parameters, draws=draws, generator=generator
    )

Student-t proposals on a shifted lattice around the mode, weighted, their largest weights Pareto-smoothed; a proposal
that fits badly is refitted to its own weighted points. Of very large data the likelihood is expanded to second order
exactly, and the rest, which vanishes with the number of customers, is taken from a few thousand rows.

Papers: Vehtari et al. (2024), Pareto smoothed importance sampling; Zhang and Stephens (2009) for the tail's shape;
Geweke (1989) for proposals that differ on either side of the mode.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.special import chdtri, logsumexp, ndtri

from keepers.clv.fitting import REACH, Fit, Likelihood, Optimum, S, newton
from keepers.clv.histories import Floats, Integers

_DEGREES_OF_FREEDOM = 8.0
_ROWS_FOR_THE_SHAPE = 2_500
_ROUNDS = 4
_WIDER = 1.1  # proposals reach a little beyond the density
_PROBES = (1.0, 2.0, 3.5)  # where the density is looked at along each axis [its own standard deviations]


@dataclass(frozen=True, slots=True, eq=False)
class Prior:
    """Independent normal priors on log parameters: centre (k,) and spread (k,), one standard deviation."""

    centre: Floats
    spread: Floats

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

        return Likelihood(value, gradient, hessian)


@dataclass(frozen=True, slots=True, eq=False)
class Posterior:
    """Draws of a model's parameters given the data.

    parameters: (draws, k) equally likely draws, in the model's own order and units
    points, weights: (N, k) and (N,) the weighted points behind them, for quantiles; the weights add to 1
    k_hat: shape of the weights' tail; above 0.7 the draws are not to be relied on
    effective_sample_size: how many independent draws the weighted points are worth
    """

    parameters: Floats
    method: str
    k_hat: float
    effective_sample_size: float
    warnings: tuple[str, ...]
    points: Floats
    weights: Floats

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
    evaluations: int = 2048,
) -> Posterior:
    """Draws of the parameters given the data; `start` are log parameters near the maximum, the fit's for example.

    The draws are chosen in equal parts from the weighted points and then moved so that the mean and spread of the
    log parameters over the draws are those of the posterior: the mean over 25 draws is already close to the whole.
    """
    start = np.clip(start, prior.centre - 3 * prior.spread, prior.centre + 3 * prior.spread)
    bounds = np.stack([prior.centre - REACH - 4, prior.centre + REACH + 4], axis=1)
    mode = newton(prior.added_to(likelihood(data)), start, bounds=bounds)
    log_density = _log_density(likelihood, data, prior, mode)
    points, weights, k_hat = _weighted_points(log_density, mode, evaluations, generator)
    chosen = _equal_draws(points, weights, draws, generator)
    size = 1 / float((weights**2).sum())
    return Posterior(
        parameters=np.exp(chosen),
        method="importance sampling",
        k_hat=k_hat,
        effective_sample_size=size,
        warnings=_warnings(k_hat, size),
        points=np.exp(points),
        weights=weights,
    )


def _log_density(
    likelihood: Callable[[S], Likelihood], data: S, prior: Prior, mode: Optimum
) -> Callable[[Floats], float]:
    """The log-posterior; for large data its second-order expansion plus the thinned data's higher orders."""
    if len(data) <= 2 * _ROWS_FOR_THE_SHAPE:
        return prior.added_to(likelihood(data)).value
    few = prior.added_to(likelihood(data.thinned(_ROWS_FOR_THE_SHAPE)))
    centre = mode.log_parameters
    few_value, few_gradient = few.gradient(centre)
    few_hessian = few.curvature(centre)

    def density(at: Floats) -> float:
        away = at - centre
        expansion = mode.gradient @ away + 0.5 * away @ mode.hessian @ away
        rest = few.value(at) - few_value - few_gradient @ away - 0.5 * away @ few_hessian @ away
        return float(expansion + rest)

    return density


@dataclass(frozen=True, slots=True, eq=False)
class _Proposal:
    """A Student-t around `centre` with axes `root`, stretched apart on either side of each axis (`stretch` (2, k))."""

    centre: Floats
    root: Floats
    stretch: Floats

    def points(self, count: int, generator: np.random.Generator) -> tuple[Floats, Floats]:
        """Points on a randomly shifted lattice, and their log density up to a constant."""
        k = len(self.centre)
        lattice = _lattice(count, k + 1, generator)
        spread = np.sqrt(_DEGREES_OF_FREEDOM / chdtri(_DEGREES_OF_FREEDOM, lattice[:, k]))
        away = ndtri(lattice[:, :k]) * spread[:, None]
        factor = np.where(away > 0, self.stretch[1], self.stretch[0])
        square = (away**2).sum(axis=1)
        log_density = -(_DEGREES_OF_FREEDOM + k) / 2 * np.log1p(square / _DEGREES_OF_FREEDOM)
        return self.centre + (away * factor) @ self.root.T, log_density - np.log(factor).sum(axis=1)


def _weighted_points(
    log_density: Callable[[Floats], float], mode: Optimum, evaluations: int, generator: np.random.Generator
) -> tuple[Floats, Floats, float]:
    proposal = _first_proposal(log_density, mode)
    for _ in range(_ROUNDS):
        points, log_proposal = proposal.points(evaluations, generator)
        log_weights = np.array([log_density(point) for point in points]) - log_proposal
        log_weights[~np.isfinite(log_weights)] = -np.inf
        weights, k_hat = smoothed_weights(log_weights)
        if k_hat < 0.5 and (weights**2).sum() * evaluations < 4:
            break
        proposal = _refitted(points, weights)
    return points, weights, k_hat


def _first_proposal(log_density: Callable[[Floats], float], mode: Optimum) -> _Proposal:
    """Axes from the curvature at the mode, each side as long as the density itself says (Geweke 1989)."""
    root = _root_of_inverse(-mode.hessian)
    top = log_density(mode.log_parameters)
    stretch = np.array(
        [[_length(log_density, mode.log_parameters, sign * axis, top) for axis in root.T] for sign in (-1, 1)]
    )
    return _Proposal(mode.log_parameters, root, _WIDER * stretch)


def _length(log_density: Callable[[Floats], float], centre: Floats, axis: Floats, top: float) -> float:
    """By how much longer than the curvature says a normal must be to cover the density along the axis."""
    lengths = []
    for steps in _PROBES:
        drop = top - log_density(centre + steps * axis)
        lengths.append(steps / np.sqrt(2 * drop) if np.isfinite(drop) and drop > 0 else 0.0)
    return float(np.clip(max(lengths), 0.5, 5.0))


def _refitted(points: Floats, weights: Floats) -> _Proposal:
    centre = weights @ points
    away = points - centre
    spread = (weights[:, None] * away).T @ away + 1e-10 * np.eye(len(centre))
    root = np.asarray(_WIDER * np.linalg.cholesky(spread), dtype=np.float64)
    return _Proposal(centre, root, np.ones((2, len(centre))))


def _root_of_inverse(precision: Floats) -> Floats:
    bend, turn = np.linalg.eigh((precision + precision.T) / 2)
    return np.asarray(turn / np.sqrt(np.maximum(np.abs(bend), 1e-2)))


def _lattice(count: int, dimensions: int, generator: np.random.Generator) -> Floats:
    """Points that fill the unit cube evenly: multiples of the generalised golden ratio, shifted at random."""
    ratio = 2.0
    for _ in range(40):
        ratio = (1 + ratio) ** (1 / (dimensions + 1))
    steps = ratio ** -np.arange(1, dimensions + 1)
    points = np.mod(generator.random(dimensions) + np.outer(np.arange(1, count + 1), steps), 1.0)
    return np.clip(points, 1e-9, 1 - 1e-9)


def smoothed_weights(log_weights: Floats) -> tuple[Floats, float]:
    """Importance weights that add to 1, the largest replaced by quantiles of the Pareto tail fitted to them, and k̂."""
    count = len(log_weights)
    ratios = np.exp(log_weights - log_weights.max())
    tail = int(min(0.2 * count, 3 * np.sqrt(count)))
    order = np.argsort(ratios)
    cut = float(ratios[order[-tail - 1]])
    above = ratios[order[-tail:]] - cut
    k_hat = float("inf")
    if above[-1] <= 0 or above[0] <= 0:
        k_hat = 0.0
    else:
        k_hat, scale = _pareto_tail(above)
        place = (np.arange(tail) + 0.5) / tail
        smooth = cut + scale * np.expm1(-k_hat * np.log1p(-place)) / k_hat
        ratios[order[-tail:]] = np.minimum(smooth, 1.0)
    return ratios / ratios.sum(), k_hat


def _pareto_tail(above: Floats) -> tuple[float, float]:
    """Shape and scale of a generalised Pareto distribution (Zhang and Stephens 2009); few points draw it to 0.5."""
    count = len(above)
    candidates = 30 + int(np.sqrt(count))
    quartile = above[int(count / 4 + 0.5) - 1]
    theta = 1 / above[-1] + (1 - np.sqrt(candidates / (np.arange(1, candidates + 1) - 0.5))) / (3 * quartile)
    shapes = np.log1p(-theta[:, None] * above).mean(axis=1)
    log_likelihood = count * (np.log(-theta / shapes) - shapes - 1)
    weight = np.exp(log_likelihood - logsumexp(log_likelihood))
    best = float(weight @ theta)
    raw = float(np.log1p(-best * above).mean())
    shape = (count * raw + 10 * 0.5) / (count + 10)
    shape = shape if abs(shape) > 1e-9 else 1e-9
    return shape, -raw / best


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


def _warnings(k_hat: float, size: float) -> tuple[str, ...]:
    if k_hat <= 0.7 and size >= 100:
        return ()
    rough = f"The draws of the parameters are rough (k̂ {k_hat:.2f}, worth {size:.0f} draws): the data say little "
    return (rough + "about some of them. Read the intervals as approximate.",)
