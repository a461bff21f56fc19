"""NUTS: a Markov chain that follows the gradient and turns round by itself. The judge, and the last resort.

`posterior` answers without a chain wherever it can prove that it may; where it cannot, and when it is asked to, this
sampler draws from the same log-posterior. Coordinates are whitened by the curvature at the mode and again by the draws
of the warm-up: a dense mass matrix. The step is tuned to an acceptance of 0.9 by dual averaging, then fixed.

    chains = sample_chains(log_posterior, centre, root, draws=1000, chains=4, generator=generator)
    chains.r_hat, chains.effective_sample_size, chains.complaints()

Papers: Hoffman and Gelman (2014), The No-U-Turn Sampler, algorithm 6 for the step; Betancourt (2017), A conceptual
introduction to Hamiltonian Monte Carlo, appendix A, for multinomial draws along the path and the general criterion of
turning; Vehtari, Gelman, Simpson, Carpenter and Bürkner (2021) for R̂ by ranks and the effective sample size.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy.special import ndtri

from keepers.clv.histories import Floats
from keepers.core.told import Told

_ACCEPTANCE = 0.9
_DEEPEST = 10  # at most 2^10 steps a draw
_ASTRAY = 1000.0  # energy lost on the way beyond which a path is given up
_MEETING, _LEAST_WORTH = 1.02, 200
_STARTS_APART = 1.5  # chains begin this many standard deviations around the centre

Slope = Callable[[Floats], tuple[float, Floats]]


@dataclass(frozen=True, slots=True, eq=False)
class Chains:
    """Draws of several chains after their warm-up, and what tells whether they agree.

    draws: (chains, draws, k)
    r_hat: (k,) by ranks and half chains; above 1.01 the chains have not met
    effective_sample_size: (k,) how many independent draws they are worth, the smaller of bulk and tails
    divergences: draws whose path went astray, where the density is too steep for the step
    gradients: evaluations of the slope in all, warm-up included
    """

    draws: Floats
    r_hat: Floats
    effective_sample_size: Floats
    divergences: int
    gradients: int

    def complaints(self) -> tuple[str, ...]:
        """What speaks against the draws, in full sentences; nothing where they may be believed."""
        told = []
        if not self.r_hat.max() <= _MEETING:
            settled = f"{self.r_hat.max():.2f}"
            told.append(Told.of("have not settled (R̂ %(r_hat)s, should be at most 1.01)", r_hat=settled))
        if not self.effective_sample_size.min() >= _LEAST_WORTH:
            told.append(Told.of("are worth only %(draws)s", draws=f"{self.effective_sample_size.min():.0f}"))
        if self.divergences > 0.01 * self.draws.shape[0] * self.draws.shape[1]:
            told.append(Told.of("went astray %(times)s times", times=self.divergences))
        return tuple(Told.of("The ranges are approximate: the draws behind them %(what)s.", what=what) for what in told)


def sample_chains(
    log_density: Slope,
    centre: Floats,
    root: Floats,
    *,
    draws: int,
    generator: np.random.Generator,
    chains: int = 4,
    warm_up: int = 500,
) -> Chains:
    """Draws of the (k,) argument of `log_density`, which returns the value and the slope (k,).

    centre: (k,) near the mode
    root: (k, k) with root · rootᵀ about the covariance: the inverse Hessian's Cholesky factor
    draws, warm_up: a chain, after and before the step is fixed
    """
    counted = _Counted(log_density)
    runs, astray = [], 0
    for _ in range(chains):
        kept, lost = _one_chain(counted, centre, root, draws, warm_up, generator)
        runs.append(kept)
        astray += lost
    found = np.array(runs)
    return Chains(found, r_hat(found), effective_sample_size(found), astray, counted.calls)


def r_hat(draws: Floats) -> Floats:
    """(k,) how much farther apart the half chains lie than each is wide, on ranks, the worse of place and spread."""
    halves = _halves(draws)
    folded = np.abs(halves - np.median(halves, axis=(0, 1)))
    return np.maximum(_spread_ratio(_normal_ranks(halves)), _spread_ratio(_normal_ranks(folded)))


def effective_sample_size(draws: Floats) -> Floats:
    """(k,) the number of independent draws worth the same, the least of those for place, 5 % and 95 % quantile."""
    halves = _halves(draws)
    low, high = np.quantile(halves, [0.05, 0.95], axis=(0, 1))
    views = (_normal_ranks(halves), (halves <= low).astype(np.float64), (halves <= high).astype(np.float64))
    return np.asarray(np.min([_worth(view) for view in views], axis=0))


class _Counted:
    """A slope that counts how often it is asked; where the density is not a number the path has left it."""

    def __init__(self, log_density: Slope) -> None:
        self.log_density = log_density
        self.calls = 0

    def __call__(self, at: Floats) -> tuple[float, Floats]:
        self.calls += 1
        value, slope = self.log_density(at)
        if not (math.isfinite(value) and np.isfinite(slope).all()):
            return -math.inf, np.zeros_like(at)
        return value, slope


@dataclass(slots=True, eq=False)
class _State:
    """A point of a path in whitened coordinates, its momentum, and the density with its slope there."""

    at: Floats
    momentum: Floats
    value: float
    slope: Floats

    @property
    def energy(self) -> float:
        return 0.5 * float(self.momentum @ self.momentum) - self.value


class _Space:
    """Whitened coordinates z, with θ = centre + root · z."""

    def __init__(self, log_density: Slope, centre: Floats, root: Floats) -> None:
        self.log_density, self.centre, self.root = log_density, centre, root

    def slope(self, z: Floats) -> tuple[float, Floats]:
        value, slope = self.log_density(self.centre + self.root @ z)
        return value, self.root.T @ slope

    def step(self, state: _State, length: float) -> _State:
        momentum = state.momentum + 0.5 * length * state.slope
        at = state.at + length * momentum
        value, slope = self.slope(at)
        return _State(at, momentum + 0.5 * length * slope, value, slope)


class _StepSize:
    """Dual averaging towards an acceptance (Hoffman and Gelman 2014, section 3.2)."""

    def __init__(self, first: float) -> None:
        self.towards, self.count, self.miss, self.log_mean = math.log(10 * first), 0, 0.0, 0.0
        self.length = first

    def learn(self, acceptance: float) -> None:
        self.count += 1
        share = 1 / (self.count + 10)
        self.miss = (1 - share) * self.miss + share * (_ACCEPTANCE - acceptance)
        log_length = self.towards - math.sqrt(self.count) / 0.05 * self.miss
        weight = self.count**-0.75
        self.log_mean = weight * log_length + (1 - weight) * self.log_mean
        self.length = math.exp(log_length)

    def settled(self) -> float:
        return math.exp(self.log_mean)


def _one_chain(
    log_density: Slope, centre: Floats, root: Floats, draws: int, warm_up: int, generator: np.random.Generator
) -> tuple[Floats, int]:
    """Warm-up in three parts: find the density, learn its shape, settle the step; then the draws."""
    space = _Space(log_density, centre, root)
    z = _STARTS_APART * generator.standard_normal(len(centre))
    first, second = warm_up // 5, warm_up - warm_up // 5 - warm_up // 5
    theta, _, step = _run(space, z, first, 0.3, generator, learn=True)
    theta, _, step = _run(space, _into(space, theta[-1]), second, step, generator, learn=True)
    shaped = _Space(log_density, theta.mean(axis=0), _shape(theta, root))
    theta, _, step = _run(shaped, _into(shaped, theta[-1]), warm_up // 5, step, generator, learn=True)
    kept, astray, _ = _run(shaped, _into(shaped, theta[-1]), draws, step, generator, learn=False)
    return kept, astray


def _into(space: _Space, theta: Floats) -> Floats:
    return np.asarray(np.linalg.solve(space.root, theta - space.centre))


def _shape(draws: Floats, root: Floats) -> Floats:
    """Cholesky factor of the draws' covariance, drawn a little to the one that the curvature gave."""
    count, k = draws.shape
    mixed = (count * np.cov(draws.T).reshape(k, k) + 5 * root @ root.T) / (count + 5)
    return np.asarray(np.linalg.cholesky(mixed))


def _run(
    space: _Space, z: Floats, draws: int, step: float, generator: np.random.Generator, *, learn: bool
) -> tuple[Floats, int, float]:
    value, slope = space.slope(z)
    state, tuning, astray = _State(z, z, value, slope), _StepSize(step), 0
    found = np.empty((draws, len(z)))
    for draw in range(draws):
        state.momentum = generator.standard_normal(len(z))
        state, acceptance, lost = _transition(space, state, tuning.length if learn else step, generator)
        astray += lost
        if learn:
            tuning.learn(acceptance)
        found[draw] = space.centre + space.root @ state.at
    return found, astray, tuning.settled() if learn else step


@dataclass(slots=True, eq=False)
class _Path:
    """A stretch of the path: both ends, a point of it drawn by weight, and what is needed to join it to another."""

    left: _State
    right: _State
    chosen: _State
    log_weight: float
    momentum: Floats  # summed
    acceptance: float  # summed
    steps: int
    ended: bool  # it turned round or went astray
    astray: bool


def _transition(
    space: _Space, start: _State, step: float, generator: np.random.Generator
) -> tuple[_State, float, bool]:
    """Double the path forwards or backwards until it turns round; return a point of it drawn by its weight."""
    energy = start.energy
    path = _Path(start, start, start, 0.0, start.momentum.copy(), 0.0, 0, ended=False, astray=False)
    for depth in range(_DEEPEST):
        forward = bool(generator.random() < 0.5)
        more = _grown(space, path.right if forward else path.left, depth, step if forward else -step, energy, generator)
        acceptance, steps = path.acceptance + more.acceptance, path.steps + more.steps
        if not more.ended and math.log(max(generator.random(), 1e-300)) < more.log_weight - path.log_weight:
            path.chosen = more.chosen
        path = _joined(path, more, path.chosen, forward=forward)
        path.acceptance, path.steps = acceptance, steps
        if path.ended:
            break
    return path.chosen, path.acceptance / max(path.steps, 1), path.astray


def _grown(space: _Space, end: _State, depth: int, step: float, energy: float, generator: np.random.Generator) -> _Path:
    """A new stretch of 2^depth steps from an end of the path."""
    if depth == 0:
        state = space.step(end, step)
        gained = energy - state.energy
        gained = gained if math.isfinite(gained) else -math.inf
        astray = gained < -_ASTRAY
        acceptance = math.exp(min(gained, 0.0))
        return _Path(state, state, state, gained, state.momentum.copy(), acceptance, 1, ended=astray, astray=astray)
    forward = step > 0
    one = _grown(space, end, depth - 1, step, energy, generator)
    if one.ended:
        return one
    other = _grown(space, one.right if forward else one.left, depth - 1, step, energy, generator)
    both = float(np.logaddexp(one.log_weight, other.log_weight))
    take_other = math.log(max(generator.random(), 1e-300)) < other.log_weight - both
    return _joined(one, other, other.chosen if take_other else one.chosen, forward=forward)


def _joined(one: _Path, other: _Path, chosen: _State, *, forward: bool) -> _Path:
    """`other` continues `one`; the whole has ended where either has, or where it turns, also across the seam."""
    left, right = (one, other) if forward else (other, one)
    momentum = left.momentum + right.momentum
    turned = (
        _turns(momentum, left.left, right.right)
        or _turns(left.momentum + right.left.momentum, left.left, right.left)
        or _turns(right.momentum + left.right.momentum, left.right, right.right)
    )
    return _Path(
        left.left,
        right.right,
        chosen,
        float(np.logaddexp(one.log_weight, other.log_weight)),
        momentum,
        one.acceptance + other.acceptance,
        one.steps + other.steps,
        ended=other.ended or turned,
        astray=one.astray or other.astray,
    )


def _turns(momentum: Floats, left: _State, right: _State) -> bool:
    return bool(momentum @ left.momentum <= 0 or momentum @ right.momentum <= 0)


def _halves(draws: Floats) -> Floats:
    chains, count, k = draws.shape
    half = count // 2
    return np.asarray(draws[:, : 2 * half].reshape(2 * chains, half, k))


def _normal_ranks(draws: Floats) -> Floats:
    chains, count, k = draws.shape
    ranks = 1.0 + np.argsort(np.argsort(draws.reshape(-1, k), axis=0), axis=0)
    return np.asarray(ndtri((ranks - 0.375) / (chains * count + 0.25)).reshape(draws.shape))


def _spread_ratio(draws: Floats) -> Floats:
    count = draws.shape[1]
    within = draws.var(axis=1, ddof=1).mean(axis=0)
    between = draws.mean(axis=1).var(axis=0, ddof=1)
    return np.asarray(np.sqrt((count - 1) / count + between / within))


def _worth(draws: Floats) -> Floats:
    """(k,) effective sample size: correlations over time, summed in pairs as long as these fall (Geyer)."""
    chains, count, _ = draws.shape
    away = draws - draws.mean(axis=1, keepdims=True)
    spectrum = np.fft.rfft(away, 2 * count, axis=1)
    covariance = np.fft.irfft(spectrum * spectrum.conj(), axis=1)[:, :count].mean(axis=0) / count
    within = covariance[0] * count / (count - 1)
    total = covariance[0] + draws.mean(axis=1).var(axis=0, ddof=1)
    correlation = 1 - (within - covariance * count / (count - 1)) / total
    correlation[0] = 1.0
    pairs = correlation[: count // 2 * 2].reshape(-1, 2, draws.shape[2]).sum(axis=1)
    falling = np.minimum.accumulate(np.where(np.cumprod(pairs > 0, axis=0), pairs, 0.0), axis=0)
    time = np.maximum(2 * falling.sum(axis=0) - 1, 1 / math.log10(max(chains * count, 10)))
    return np.asarray(chains * count / time)
