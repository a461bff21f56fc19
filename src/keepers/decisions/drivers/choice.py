"""Why people choose a brand: a multinomial logit with inertia, its coefficients held together by a ridge.

In Rust, Lemon and Zeithaml (2004) the utility of a brand is β₀ if it was bought last, plus the ratings times
their β. Ratings of one brand go together (who likes it likes all of it), so that ordinary coefficients jump; the paper
takes principal components first. A ridge does the same smoothly, by how little the ratings differ in a direction,
keeps a coefficient with an interval for each driver, and has one number to choose: the one under which people who
were left out are foretold best.
"""

from dataclasses import dataclass

import numpy as np

from keepers.decisions.drivers.survey import Survey, check_survey, filled_ratings
from keepers.decisions.terms.effects import Floats

SPREADS = (0.03, 0.1, 0.2, 0.35, 0.6, 1.0, 2.0, 5.0)  # prior standard deviations of a coefficient that are tried
INERTIA_SPREAD = 5.0
FOLDS = 5
STEPS = 100
_SEED = 26


@dataclass(frozen=True, slots=True, eq=False)
class Design:
    """What utilities are made of.

    inertia: (n, J) 1 at the brand bought last
    ratings: (n, J, K) in standard deviations of each driver
    unit: (K,) that standard deviation [points of the scale]
    """

    inertia: Floats
    ratings: Floats
    unit: Floats

    @property
    def columns(self) -> Floats:
        """(n, J, 1 + K) inertia first."""
        return np.concatenate([self.inertia[..., None], self.ratings], axis=2)


@dataclass(frozen=True, slots=True, eq=False)
class Choice:
    """The choice model as fitted.

    mean, covariance: (1 + K,) and its square; the posterior at its mode, inertia first, then the drivers by their
        standard deviation
    spread: prior standard deviation that was chosen
    held_out: mean log chance of what people would choose, of those left out of the fit; `blind`: the same without
        ratings, by shares of the brands and inertia; `even`: when every brand considered is as likely
    tried: (spread, held-out score) of each that was tried
    converged: whether the search for the mode ended; the reader must look
    """

    design: Design
    mean: Floats
    covariance: Floats
    spread: float
    held_out: float
    blind: float
    even: float
    tried: tuple[tuple[float, float], ...]
    converged: bool

    def draws(self, count: int, generator: np.random.Generator) -> Floats:
        """(count, 1 + K) coefficients from the posterior near its mode (Laplace)."""
        return generator.multivariate_normal(self.mean, self.covariance, size=count, method="cholesky")


def fit_choice(survey: Survey) -> Choice:
    """Learn why people choose, with the ridge under which people left out are foretold best.

    Weights count as many heads as they leave (Kish), so that few heavy people do not pretend to be many.

    Raises:
        UnusableSurveyError: too few people, one brand, or a driver that never differs.
    """
    check_survey(survey)
    design = design_of(survey)
    problem = _Problem.of(survey, design.columns)
    folds = np.random.default_rng(_SEED).permutation(survey.size) % FOLDS
    tried = tuple((spread, _held_out(problem, folds, _precision(spread, len(survey.drivers)))) for spread in SPREADS)
    spread, score = max(tried, key=lambda each: each[1])
    mean, hessian, converged = _mode(problem, _precision(spread, len(survey.drivers)))
    blind = _Problem.of(survey, _blind_columns(survey, design))
    steady = np.full(blind.columns.shape[2], INERTIA_SPREAD**-2)
    return Choice(
        design=design,
        mean=mean,
        covariance=np.asarray(np.linalg.inv(hessian), dtype=np.float64),
        spread=spread,
        held_out=score,
        blind=_held_out(blind, folds, steady),
        even=problem.score(np.zeros(len(mean))),
        tried=tried,
        converged=converged,
    )


def design_of(survey: Survey) -> Design:
    """The columns of the utilities: a driver counts in its standard deviation among the brands that people consider."""
    filled = filled_ratings(survey)
    weights = survey.weights[:, None] * survey.considered
    total = weights.sum()
    centre = (filled * weights[..., None]).sum(axis=(0, 1)) / total
    unit = np.sqrt(((filled - centre) ** 2 * weights[..., None]).sum(axis=(0, 1)) / total)
    inertia = (survey.last[:, None] == np.arange(len(survey.brands))[None, :]).astype(np.float64)
    return Design(inertia, (filled - centre) / unit, unit)


def attractions(survey: Survey, utilities: Floats) -> Floats:
    """(n, J) e^utility without inertia, the largest of each respondent 1; 0 for brands that they do not consider."""
    held = np.where(survey.considered, utilities, -np.inf)
    attraction: Floats = np.exp(held - held.max(axis=1, keepdims=True))
    return attraction


@dataclass(frozen=True, slots=True, eq=False)
class _Problem:
    """Columns (n, J, p), what was chosen (n, J), whether it could be (n, J), and weights (n,)."""

    columns: Floats
    chosen: Floats
    open: Floats
    weights: Floats

    @classmethod
    def of(cls, survey: Survey, columns: Floats) -> "_Problem":
        weights = survey.weights * survey.heads / survey.weights.sum()
        return cls(columns, survey.chances, np.where(survey.considered, 0.0, -np.inf), weights)

    def of_rows(self, rows: np.ndarray) -> "_Problem":
        return _Problem(self.columns[rows], self.chosen[rows], self.open[rows], self.weights[rows])

    def log_chances(self, coefficients: Floats) -> Floats:
        utilities = self.columns @ coefficients + self.open
        top = utilities.max(axis=1, keepdims=True)
        total: Floats = utilities - top - np.log(np.exp(utilities - top).sum(axis=1, keepdims=True))
        return total

    def likelihood(self, coefficients: Floats) -> float:
        told = np.where(self.chosen > 0, self.log_chances(coefficients), 0.0) * self.chosen
        return float(self.weights @ told.sum(axis=1))

    def score(self, coefficients: Floats) -> float:
        return self.likelihood(coefficients) / float(self.weights.sum())


def _mode(problem: _Problem, precision: Floats) -> tuple[Floats, Floats, bool]:
    """The coefficients that are likeliest under the ridge, the curvature there, and whether Newton's steps ended."""
    at = np.zeros(len(precision))
    value = problem.likelihood(at)
    for _ in range(STEPS):
        gradient, hessian = _slopes(problem, at, precision)
        step = np.linalg.solve(hessian, gradient)
        gain = float(gradient @ step)
        if gain < 1e-12:
            return at, hessian, True
        length = 1.0
        while length > 1e-8:
            tried = at + length * step
            reached = problem.likelihood(tried) - 0.5 * float(precision @ tried**2)
            if reached > value - 1e-13:
                break
            length *= 0.5
        at, value = tried, reached
    return at, _slopes(problem, at, precision)[1], False


def _slopes(problem: _Problem, at: Floats, precision: Floats) -> tuple[Floats, Floats]:
    chances = np.exp(problem.log_chances(at))
    weighted = problem.weights[:, None] * chances
    mean = np.einsum("nj,njp->np", chances, problem.columns)
    gradient = np.einsum("nj,njp->p", problem.weights[:, None] * problem.chosen - weighted, problem.columns)
    second = np.einsum("nj,njp,njq->pq", weighted, problem.columns, problem.columns, optimize=True)
    hessian = second - (problem.weights[:, None] * mean).T @ mean + np.diag(precision)
    return gradient - precision * at, hessian


def _held_out(problem: _Problem, folds: np.ndarray, precision: Floats) -> float:
    told, heads = 0.0, float(problem.weights.sum())
    for fold in range(FOLDS):
        mode, _, _ = _mode(problem.of_rows(folds != fold), precision)
        told += problem.of_rows(folds == fold).likelihood(mode)
    return told / heads


def _precision(spread: float, drivers: int) -> Floats:
    return np.array([INERTIA_SPREAD**-2, *[spread**-2] * drivers])


def _blind_columns(survey: Survey, design: Design) -> Floats:
    """Inertia, and a constant for each brand but the first."""
    constants = np.broadcast_to(
        np.eye(len(survey.brands))[:, 1:], (survey.size, len(survey.brands), len(survey.brands) - 1)
    )
    return np.concatenate([design.inertia[..., None], constants], axis=2)
