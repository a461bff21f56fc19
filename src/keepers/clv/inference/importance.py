"""Importance sampling: weighted points of a density, and k̂, which tells whether the weights may be believed.

Proposals are Student-t around the mode, stretched apart on either side of each axis, at points of a shifted lattice.
Every round refits a proposal to the points so far; a point's weight is its density over that of all proposals together,
so no round is lost and a long tail that one proposal misses is not overlooked once another has found it.

Papers: Geweke (1989), Bayesian inference in econometric models using Monte Carlo integration, for proposals that differ
on either side; Cornuet, Marin, Mira and Robert (2012), Adaptive multiple importance sampling; Vehtari, Simpson, Gelman,
Yao and Gabry (2024), Pareto smoothed importance sampling; Zhang and Stephens (2009) for the shape of the tail.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy.special import chdtri, logsumexp, ndtri

from keepers.clv.histories import Floats

_DEGREES_OF_FREEDOM = 8.0
_ROUNDS = 4
_WIDER = 1.15  # proposals reach a little beyond the density
_PROBES = (1.0, 2.0, 3.5)  # where the density is looked at along each axis [its own standard deviations]


@dataclass(frozen=True, slots=True, eq=False)
class Proposal:
    """A Student-t around `centre` with axes `root` (k, k), stretched apart on either side of each: `stretch` (2, k)."""

    centre: Floats
    root: Floats
    stretch: Floats

    def points(self, count: int, generator: np.random.Generator) -> tuple[Floats, Floats]:
        """(count, k) points on a randomly shifted lattice, and their log density up to a constant of k."""
        k = len(self.centre)
        lattice = _lattice(count, k + 1, generator)
        spread = np.sqrt(_DEGREES_OF_FREEDOM / chdtri(_DEGREES_OF_FREEDOM, lattice[:, k]))
        away = ndtri(lattice[:, :k]) * spread[:, None]
        factor = np.where(away > 0, self.stretch[1], self.stretch[0])
        return self.centre + (away * factor) @ self.root.T, self._log_density(away, factor)

    def log_density(self, at: Floats) -> Floats:
        """(n,) of points (n, k), up to the same constant."""
        away = np.linalg.solve(self.root, (at - self.centre).T).T
        factor = np.where(away > 0, self.stretch[1], self.stretch[0])
        return self._log_density(away / factor, factor)

    def triangular(self) -> Floats:
        """(k, k) lower triangular root of the same spread, without the stretching."""
        return np.asarray(np.linalg.cholesky(self.root @ self.root.T), dtype=np.float64)

    def _log_density(self, away: Floats, factor: Floats) -> Floats:
        k = len(self.centre)
        square = (away**2).sum(axis=1)
        tail = -(_DEGREES_OF_FREEDOM + k) / 2 * np.log1p(square / _DEGREES_OF_FREEDOM)
        return np.asarray(tail - np.log(factor).sum(axis=1) - np.linalg.slogdet(self.root)[1])


def proposal_at(log_density: Callable[[Floats], float], mode: Floats, hessian: Floats) -> Proposal:
    """Axes from the curvature (k, k) at the mode (k,), each side as long as the density itself says."""
    root = _root_of_inverse(-hessian)
    top = log_density(mode)
    stretch = np.array([[_length(log_density, mode, sign * axis, top) for axis in root.T] for sign in (-1, 1)])
    return Proposal(mode, root, _WIDER * stretch)


def proposal_of(points: Floats, weights: Floats, *, wider: float = _WIDER) -> Proposal:
    """The proposal with the mean and covariance of weighted points (n, k)."""
    centre = weights @ points
    away = points - centre
    spread = (weights[:, None] * away).T @ away
    ridge = 1e-10 * np.trace(spread) / len(centre) * np.eye(len(centre))
    root = np.asarray(wider * np.linalg.cholesky(spread + ridge), dtype=np.float64)
    return Proposal(centre, root, np.ones((2, len(centre))))


def weighted_points(
    log_density: Callable[[Floats], float], first: Proposal, evaluations: int, generator: np.random.Generator
) -> tuple[Floats, Floats, float]:
    """Points (n, k), weights (n,) that add to 1, and k̂: two to four rounds of `evaluations` ÷ 2 points each."""
    proposals, points, values = [first], np.empty((0, len(first.centre))), np.empty(0)
    for turn in range(_ROUNDS):
        fresh, _ = proposals[-1].points(evaluations // 2, generator)
        points = np.concatenate([points, fresh])
        values = np.concatenate([values, [log_density(point) for point in fresh]])
        log_mixture = logsumexp([proposal.log_density(points) for proposal in proposals], axis=0) - np.log(turn + 1)
        log_weights = np.where(np.isfinite(values), values, -np.inf) - log_mixture
        weights, k_hat = smoothed_weights(log_weights)
        if turn > 0 and k_hat < 0.5 and (weights**2).sum() * evaluations < 4:
            break
        proposals.append(proposal_of(points, weights))
    return points, weights, k_hat


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


def _length(log_density: Callable[[Floats], float], centre: Floats, axis: Floats, top: float) -> float:
    """By how much longer than the curvature says a normal must be to cover the density along the axis."""
    lengths = []
    for steps in _PROBES:
        drop = top - log_density(centre + steps * axis)
        lengths.append(steps / np.sqrt(2 * drop) if np.isfinite(drop) and drop > 0 else 0.0)
    return float(np.clip(max(lengths), 0.5, 5.0))


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
