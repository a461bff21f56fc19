"""How far the effects of covariates and groups are thought to reach: learned from the data themselves.

Effects on a log rate are drawn towards 0 by normal priors of standard deviation τ: a ridge. Columns that belong
together share one τ: those of one grouping (then τ is the spread *between* the groups: partial pooling), or all
numbers. τ is where the data, with the effects integrated out, are likeliest (empirical Bayes), under a weak Gamma(2, 2)
prior that knows how far effects usually reach (a factor of 1.6 either way) and keeps τ from 0, where the estimate would
else stick.

The likelihood is expanded to second order where the fit stands, so that the integral is exact algebra. With
information S and pull v = S·c + (slope) in the effects c, the other parameters integrated out flat:

    log p(data | τ) = −½ log |I + T S| + ½ v'(S + T⁻¹)⁻¹ v + constant,   T = diag(τ²)

Papers: MacKay (1992), Bayesian interpolation, Neural Computation 4; Chung et al. (2013), A nondegenerate penalized
likelihood estimator for variance parameters in multilevel models, Psychometrika 78, for the prior.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from keepers.clv.histories import Floats, Integers
from keepers.clv.inference.fitting import Likelihood, newton

USUAL = 0.5  # effects on a log rate, standard deviation, before the data are looked at
_PRIOR_SHAPE, _PRIOR_RATE = 2.0, 2.0  # of τ: its mode is at 0.5
_SMALLEST, _LARGEST = 1e-3, 20.0
_STARTS = (USUAL, 0.05)
_TOLD_APART = 2.71  # twice the gain in log evidence at which τ = 0 is given up: one side of 5 %


@dataclass(frozen=True, slots=True, eq=False)
class Evidence:
    """What the data say of the effects: a normal with information (q, q) and pull (q,), flat in all else."""

    information: Floats
    pull: Floats

    @classmethod
    def at(cls, log_parameters: Floats, gradient: Floats, hessian: Floats, *, others: int) -> "Evidence":
        """From the slope and bend of the log-likelihood; the first `others` parameters are integrated out."""
        bend = -hessian
        outer, cross = bend[:others, :others], bend[:others, others:]
        solved = np.linalg.solve(_positive(outer), np.column_stack([cross, gradient[:others]]))
        information = _positive(bend[others:, others:] - cross.T @ solved[:, :-1], floor=0.0)
        slope = gradient[others:] - cross.T @ solved[:, -1]
        return cls(information, information @ log_parameters[others:] + slope)

    def log_density(self, spread: Floats) -> float:
        """Log p(data | τ) up to a constant, for τ (q,)."""
        scaled = np.eye(len(spread)) + self.information * np.outer(spread, spread)
        pull = spread * self.pull
        return float(-0.5 * np.linalg.slogdet(scaled)[1] + 0.5 * pull @ np.linalg.solve(scaled, pull))

    def slope(self, spread: Floats) -> Floats:
        """(q,) d log p(data | τ) / d log τ."""
        scaled = np.eye(len(spread)) + self.information * np.outer(spread, spread)
        inverse = np.linalg.inv(scaled)
        mean = inverse @ (spread * self.pull)  # of the effects in units of τ
        return np.asarray(mean**2 + np.diag(inverse) - 1.0)


def learned_spread(evidence: Evidence, blocks: Sequence[Integers]) -> Floats:
    """(q,) the standard deviation of each effect; `blocks` hold the places of effects that share one."""
    if not blocks:
        return np.zeros(0)
    size = len(evidence.pull)

    def value(log_spread: Floats) -> float:
        of_prior = (_PRIOR_SHAPE - 1.0) * log_spread - _PRIOR_RATE * np.exp(log_spread)
        return evidence.log_density(_by_effect(np.exp(log_spread), blocks, size)) + float(of_prior.sum())

    def gradient(log_spread: Floats) -> tuple[float, Floats]:
        slope = evidence.slope(_by_effect(np.exp(log_spread), blocks, size))
        of_prior = _PRIOR_SHAPE - 1.0 - _PRIOR_RATE * np.exp(log_spread)
        return value(log_spread), np.array([slope[block].sum() for block in blocks]) + of_prior

    bounds = np.tile(np.log([_SMALLEST, _LARGEST]), (len(blocks), 1))
    uphill = Likelihood(value, gradient)
    found = [newton(uphill, np.full(len(blocks), np.log(start)), bounds=bounds) for start in _STARTS]
    best = max(found, key=lambda each: each.value)
    return _by_effect(np.exp(best.log_parameters), blocks, size)


def told_apart(evidence: Evidence, spread: Floats, block: Integers) -> bool:
    """Whether the data are clearly likelier with these effects spread as learned than with none of them."""
    none = spread.copy()
    none[block] = 0.0
    return 2 * (evidence.log_density(spread) - evidence.log_density(none)) > _TOLD_APART


def _by_effect(spread: Floats, blocks: Sequence[Integers], size: int) -> Floats:
    each = np.zeros(size)
    for block, value in zip(blocks, spread, strict=True):
        each[block] = value
    return each


def _positive(matrix: Floats, floor: float = 1e-10) -> Floats:
    """The symmetric matrix with eigenvalues not below `floor` times the largest."""
    bend, turn = np.linalg.eigh((matrix + matrix.T) / 2)
    return np.asarray((turn * np.maximum(bend, floor * max(float(np.abs(bend).max(initial=0.0)), 1e-300))) @ turn.T)
