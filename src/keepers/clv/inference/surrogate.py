"""A log-posterior replaced by a polynomial that costs next to nothing to ask, and is believed only where checked.

Of a smooth density of few parameters a polynomial in whitened coordinates, fitted to a few hundred values and slopes,
knows nearly all there is to know, and bumps around the points asked (kriging) the rest; tens of thousands of weighted
points of it then carry little noise. It can also be grossly wrong where it has seen nothing. Hence:

* It answers only inside what it was fitted to, in the sense of leverage. What lies outside is asked of the true density
  itself, at points drawn there and weighted: no part of the density is left out.
* Each round draws fresh points, half by what the polynomial thinks, half outside; those of one round refine the next.
* The gate: the *last* polynomial must foresee the true density at fresh points it was not fitted to, and what lies
  outside must be known well enough. A polynomial that fails is refined, and after `_ROUNDS` given up: None.

    explored = explore(log_density_and_slope, first_proposal, generator)

Papers: Rasmussen (2003), Gaussian processes to speed up hybrid Monte Carlo for expensive Bayesian integrals, and
Conrad, Marzouk, Pillai and Smith (2016), Accelerating asymptotically exact MCMC for computationally intensive models
via local approximations, for replacing a density by a checked emulator. The border by leverage and the gate are ours.
"""

import itertools
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Self

import numpy as np
from scipy.linalg import cho_solve, solve_triangular

from keepers.clv.histories import Floats, Integers
from keepers.clv.inference import surrogate_kernels as kernels
from keepers.clv.inference.importance import Proposal, proposal_of
from keepers.clv.numerics.beside import side_by_side

MOST_PARAMETERS = 8
MOST_MISFIT = 0.05
"""Standard deviation of true less foreseen log density at fresh points beyond which a polynomial is not believed."""
MOST_OUTSIDE_ERROR = 0.001
"""Standard error of the share of probability outside the polynomial's border beyond which it is refined."""

_DEGREES = {1: 10, 2: 8, 3: 6, 4: 5, 5: 5}  # by number of parameters; 4 for more
_UNIT = 3.0  # coordinates are standard deviations ÷ 3, so that powers stay small
_DEEP = 25.0  # what lies so far below the top [log density] is not fitted
_TEMPER = 0.5  # a row's weight in the fit is its density to this power
_LEAST_WEIGHT = 1e-4
_SLOPES = 0.5  # the weight of slopes beside values
_RIDGE = 1e-9
_NARROWER = 2.5  # bumps are one unit ÷ this wide
_LARGEST_LOG = 300.0  # of a weight, which then outweighs all others: its square is still a number
_NEAR = 10.0  # what lies so far below the top gets no bump
_DOUBT = 1e-3  # variance of the bumps' noise at the top, beside a variance of 1
_FIRST, _STEP, _ROUNDS, _LEAST_ROUNDS = 128, 128, 8, 2
_SCOUTS, _CLOUD = 8_192, 32_768
_ASKED_TOGETHER = 16

Slope = Callable[[Floats], tuple[float, Floats]]


@dataclass(frozen=True, slots=True, eq=False)
class Explored:
    """Weighted points (N, k) and (N,) of a density, and what vouches for them.

    misfit: standard deviation of true less foreseen log density at fresh points
    outside: share of the probability that lies outside the polynomial's border, where the true density was asked
    evaluations: of the true density
    """

    points: Floats
    weights: Floats
    misfit: float
    outside: float
    evaluations: int


def explore(slope: Slope, first: Proposal, generator: np.random.Generator) -> Explored | None:
    """Weighted points of the density whose logarithm and slope (k,) `slope` tells; None if no polynomial passes."""
    asked = _Asked.at(slope, first.points(_FIRST, generator)[0])
    proposal, root = first, first.triangular()
    for turn in range(_ROUNDS):
        if np.isfinite(asked.values).sum() < _FIRST // 2:
            return None
        surface = surface_through(asked, centre=proposal.centre, root=root)
        points, log_proposal = proposal.points(_CLOUD if turn >= _LEAST_ROUNDS else _SCOUTS, generator)
        look = _look(slope, surface, points, log_proposal, generator)
        evaluations = len(asked.values) + _STEP
        if turn >= _LEAST_ROUNDS and look.misfit < MOST_MISFIT and look.outside_error < MOST_OUTSIDE_ERROR:
            return Explored(look.points, look.weights, look.misfit, look.outside, evaluations)
        asked = asked.and_also(look.asked)
        proposal = proposal_of(look.points, look.weights)
        root = proposal.root
    return None


@dataclass(frozen=True, slots=True, eq=False)
class _Asked:
    """Points (N, k) at which the true density was asked, its logarithm (N,) and slopes (N, k)."""

    points: Floats
    values: Floats
    slopes: Floats

    @classmethod
    def at(cls, slope: Slope, points: Floats) -> Self:
        some = [points[start : start + _ASKED_TOGETHER] for start in range(0, len(points), _ASKED_TOGETHER)]
        told = [each for part in side_by_side([partial(_each, slope, part) for part in some]) for each in part]
        values, slopes = np.array([value for value, _ in told]), np.array([slopes for _, slopes in told])
        values = np.where(np.isfinite(values) & np.isfinite(slopes).all(axis=1), values, -np.inf)
        return cls(points, values, np.where(np.isfinite(values)[:, None], slopes, 0.0))

    def and_also(self, other: "_Asked") -> "_Asked":
        return _Asked(
            np.concatenate([self.points, other.points]),
            np.concatenate([self.values, other.values]),
            np.concatenate([self.slopes, other.slopes]),
        )


def _each(slope: Slope, points: Floats) -> list[tuple[float, Floats]]:
    return [slope(point) for point in points]


@dataclass(frozen=True, slots=True, eq=False)
class Surface:
    """A polynomial in y = root⁻¹ (θ − centre) ÷ 3, above `top`, and bumps that take up what it leaves at the points.

    powers: (m, k) of its terms; coefficients: (m,)
    nodes: (N, k) centres of the bumps [their widths]; heights: (N,)
    design: (m, m) lower Cholesky factor of the fitted rows' Gram matrix, for the leverage
    """

    centre: Floats
    root: Floats
    top: float
    powers: Integers
    coefficients: Floats
    design: Floats
    nodes: Floats
    heights: Floats

    def log_density(self, at: Floats) -> tuple[Floats, Floats]:
        """(n,) log density less the top at θ (n, k), and the leverage (n,) there: below 1 inside what was fitted."""
        value, leverage = np.empty(len(at)), np.empty(len(at))
        y = np.ascontiguousarray(_whitened(at, self.centre, self.root).T)
        parent, factor = _family(self.powers)

        def fill(some: slice) -> None:
            kernels.answers(y[some], parent, factor, self.coefficients, self.design, value[some], leverage[some])
            kernels.add_bumps(y[some] * _NARROWER, self.nodes, self.heights, value[some])

        middle = len(at) // 2 // kernels.LANES * kernels.LANES
        side_by_side([partial(fill, slice(middle)), partial(fill, slice(middle, len(at)))])
        return value, leverage


def surface_through(asked: _Asked, *, centre: Floats, root: Floats) -> Surface:
    """Least squares on values and slopes together; what lies near the top counts most."""
    top = float(asked.values.max())
    kept = asked.values > top - _DEEP
    values, k = asked.values[kept] - top, len(centre)
    powers = _powers(k)
    y = _whitened(asked.points[kept], centre, root)
    terms = _terms(y, powers)
    rows = np.concatenate([terms, *(_SLOPES * slope for slope in _term_slopes(terms, powers))], axis=1)
    wanted = np.concatenate([values, *(_SLOPES * _UNIT * (asked.slopes[kept] @ root)).T])
    weight = np.tile(np.maximum(np.exp(_TEMPER * values), _LEAST_WEIGHT), 1 + k)
    heavy, plain = np.zeros((len(powers), len(powers))), np.zeros((len(powers), len(powers)))
    kernels.grams(np.ascontiguousarray(rows.T), weight, heavy, plain)
    coefficients = cho_solve((_root_of_gram(heavy), True), rows @ (weight * wanted))
    near = values > -_NEAR
    nodes = np.ascontiguousarray(y.T[near]) * _NARROWER
    heights = _heights(nodes, values[near] - coefficients @ terms[:, near], values[near])
    return Surface(centre, root, top, powers, coefficients, _root_of_gram(plain), nodes, heights)


@dataclass(frozen=True, slots=True, eq=False)
class _Look:
    """A surface's weighted points, those outside of it that were asked among them, and how well it foresaw."""

    points: Floats
    weights: Floats
    misfit: float
    outside: float
    outside_error: float
    asked: _Asked


def _look(
    slope: Slope, surface: Surface, points: Floats, log_proposal: Floats, generator: np.random.Generator
) -> _Look:
    """Ask the true density at fresh points: half inside, drawn by the surface; half outside, drawn by a guess."""
    foreseen, leverage = surface.log_density(points)
    trusted = (leverage <= 1.0) & (foreseen < 1.0)
    log_weights = np.where(trusted, foreseen, -np.inf) - log_proposal
    shift = float(log_weights[trusted].max(initial=-np.inf)) if trusted.any() else 0.0
    inside = np.exp(log_weights - shift)
    half = _STEP // 2
    chosen, _ = _drawn(np.flatnonzero(trusted), inside[trusted], half, generator)
    beyond = np.flatnonzero(~trusted)
    guess = _guess(surface, points[beyond], foreseen[beyond], log_proposal[beyond])
    strays, chance = _drawn(beyond, guess, half, generator)
    asked = _Asked.at(slope, points[np.concatenate([chosen, strays])])
    true = asked.values - surface.top
    apart = true[: len(chosen)] - foreseen[chosen]
    beside = np.minimum(true[len(chosen) :] - log_proposal[strays] - shift, _LARGEST_LOG)
    outside = np.exp(beside) / (chance * max(len(strays), 1))
    whole = float(inside.sum() + outside.sum())
    return _Look(
        points=np.concatenate([points, points[strays]]),
        weights=np.concatenate([inside, outside]) / whole,
        misfit=float(np.std(apart)) if len(apart) and np.isfinite(apart).all() else float("inf"),
        outside=float(outside.sum()) / whole,
        outside_error=float(np.sqrt(((outside - outside.mean()) ** 2).sum())) / whole if len(strays) else 0.0,
        asked=asked,
    )


def _guess(surface: Surface, points: Floats, foreseen: Floats, log_proposal: Floats) -> Floats:
    """What points outside may weigh: half by the polynomial, flattened, and half by a wide normal, as it may err."""
    square = (_whitened(points, surface.centre, surface.root) ** 2).sum(axis=0) * _UNIT**2
    by_surface = np.exp(np.clip(0.5 * foreseen, -12.0, 0.0) - log_proposal)
    by_normal = np.exp(-0.25 * square - log_proposal)
    return np.asarray(by_surface / max(by_surface.sum(), 1e-300) + by_normal / max(by_normal.sum(), 1e-300))


def _drawn(places: Integers, mass: Floats, count: int, generator: np.random.Generator) -> tuple[Integers, Floats]:
    """`count` of the places, in equal parts by mass, and the chance of each."""
    if not len(places) or not mass.sum() > 0:
        return places[:0], mass[:0]
    reached = np.cumsum(mass)
    marks = (np.arange(count) + generator.random(count)) / count * reached[-1]
    drawn = np.minimum(np.searchsorted(reached, marks), len(places) - 1)
    return places[drawn], mass[drawn] / reached[-1]


def _heights(nodes: Floats, rest: Floats, values: Floats) -> Floats:
    """Bumps through what the polynomial leaves, closest where the density is high."""
    overlap = np.exp(-0.5 * ((nodes[:, None, :] - nodes[None, :, :]) ** 2).sum(axis=2))
    doubt = _DOUBT * np.exp(-_TEMPER * values)
    return np.asarray(cho_solve((np.linalg.cholesky(overlap + np.diag(doubt)), True), rest))


def _root_of_gram(gram: Floats) -> Floats:
    """The lower Cholesky factor of a matrix of which the lower triangle is given."""
    return np.asarray(np.linalg.cholesky(gram + _RIDGE * np.diag(np.diag(gram) + 1e-6)), dtype=np.float64)


def _whitened(at: Floats, centre: Floats, root: Floats) -> Floats:
    return np.asarray(solve_triangular(root, (at - centre).T, lower=True, check_finite=False)) / _UNIT


def _powers(k: int) -> Integers:
    degree = _DEGREES.get(k, 4)
    every = itertools.product(range(degree + 1), repeat=k)
    return np.array(sorted((p for p in every if sum(p) <= degree), key=lambda p: (sum(p), p)), dtype=np.int64)


def _family(powers: Integers) -> tuple[Integers, Integers]:
    """For each term the one of a degree less that it is a multiple of, and by which coordinate; 0, 0 for the first."""
    place = _places(powers)
    factor = np.argmax(powers > 0, axis=1)
    less = powers - (np.arange(powers.shape[1]) == factor[:, None]) * (powers.sum(axis=1) > 0)[:, None]
    return np.array([place[tuple(power)] for power in less.tolist()], dtype=np.int64), factor


def _terms(y: Floats, powers: Integers) -> Floats:
    """(m, n) the terms at y (k, n), each from one of a degree less."""
    parent, factor = _family(powers)
    terms = np.ones((len(powers), y.shape[1]))
    for i in range(1, len(powers)):
        np.multiply(terms[parent[i]], y[factor[i]], out=terms[i])
    return terms


def _term_slopes(terms: Floats, powers: Integers) -> list[Floats]:
    """For each coordinate the (m, n) derivatives of the terms."""
    place = _places(powers)
    slopes = []
    for j in range(powers.shape[1]):
        lower = powers.copy()
        lower[:, j] = np.maximum(lower[:, j] - 1, 0)
        slopes.append(powers[:, j][:, None] * terms[[place[tuple(power)] for power in lower.tolist()]])
    return slopes


def _places(powers: Integers) -> dict[tuple[int, ...], int]:
    return {tuple(power): i for i, power in enumerate(powers.tolist())}
