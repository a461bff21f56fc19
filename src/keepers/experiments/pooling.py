"""What is known of an action after several experiments: its effect in each group, drawn towards what is usual.

A normal-normal hierarchy: the groups' true effects scatter around the action's own with a standard deviation τ, the
measured ones around the true ones with their standard errors. τ is not estimated and then believed: the answer is
averaged over what the data leave possible of it, with a half-normal prior whose scale is stated (Gelman, Bayesian
Data Analysis, section 5.4; Röver 2020, "Bayesian random-effects meta-analysis").
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import logsumexp, ndtr
from scipy.stats import norm

from keepers.core.errors import KeepersError

Floats = NDArray[np.float64]
TAUS = 60
LOW, HIGH = 0.05, 0.95


class NothingToPoolError(KeepersError):
    """Effects that cannot be pooled."""


@dataclass(frozen=True, slots=True)
class Prior:
    """What is taken for an action's effect before anything was measured: a stated assumption.

    mean, spread: of the action's own effect [the effects' unit].
    between: scale of the half-normal for τ [the same].
    """

    mean: float
    spread: float
    between: float


@dataclass(frozen=True, slots=True)
class Pooled:
    """Effects after pooling: mean, 5 % and 95 % point, each in the order that they were given.

    action: the action's own effect (mean, low, high); another: that of a group not seen yet.
    between: posterior mean of τ.
    """

    mean: Floats
    low: Floats
    high: Floats
    action: tuple[float, float, float]
    another: tuple[float, float, float]
    between: float


def pooled(effects: Floats, errors: Floats, prior: Prior) -> Pooled:
    """Pool an action's measured effects by group.

    Args:
        effects: (n,) measured effects: money per customer, or a factor.
        errors: (n,) their standard errors.
        prior: what was assumed before.

    Raises:
        NothingToPoolError: an error that is not above zero, or a prior without spread.
    """
    check(effects, errors, [prior])
    taus = spreads_between(prior.between)[:, None]
    mean, spread = _action(effects, errors, taus, prior)
    weight = _weights(effects, errors, taus, prior)
    precision = 1 / errors**2 + 1 / taus**2  # (taus, n)
    centre = (effects / errors**2 + mean[:, None] / taus**2) / precision
    scatter = np.sqrt(1 / precision + (spread[:, None] / taus**2 / precision) ** 2)
    points = np.array([mixture(centre[:, i], scatter[:, i], weight) for i in range(len(effects))]).reshape(-1, 3)
    return Pooled(
        mean=points[:, 0],
        low=points[:, 1],
        high=points[:, 2],
        action=mixture(mean, spread, weight),
        another=mixture(mean, np.sqrt(spread**2 + taus[:, 0] ** 2), weight),
        between=float(weight @ taus[:, 0]),
    )


def check(effects: Floats, errors: Floats, priors: Sequence[Prior]) -> None:
    """Refuse what nothing can be learned from.

    Raises:
        NothingToPoolError: an error that is not above zero, or a prior without spread.
    """
    if not ((errors > 0).all() and np.isfinite(effects).all() and all(p.spread > 0 and p.between > 0 for p in priors)):
        raise NothingToPoolError("Every effect needs a figure and a standard error above zero, the priors spreads too.")


def spreads_between(scale: float) -> Floats:
    """(taus,) what τ may be, equally probable under its half-normal prior, from small to large."""
    return np.asarray(scale * norm.isf(np.linspace(0.5, 1e-4, TAUS + 1)[1:]))


def mixture(centre: Floats, scatter: Floats, weight: Floats) -> tuple[float, float, float]:
    """Mean, 5 % and 95 % point of a mixture of normals, the points by bisection."""
    points = [float(weight @ centre)]
    for share in (LOW, HIGH):
        below = float((centre - 6 * scatter).min())
        above = float((centre + 6 * scatter).max())
        for _ in range(50):
            middle = (below + above) / 2
            if weight @ ndtr((middle - centre) / scatter) < share:
                below = middle
            else:
                above = middle
        points.append((below + above) / 2)
    return points[0], points[1], points[2]


def _action(effects: Floats, errors: Floats, taus: Floats, prior: Prior) -> tuple[Floats, Floats]:
    """(taus,) mean and spread of the action's own effect for each τ."""
    precision = 1 / (errors**2 + taus**2)
    whole = precision.sum(axis=1) + 1 / prior.spread**2
    return ((precision * effects).sum(axis=1) + prior.mean / prior.spread**2) / whole, np.sqrt(1 / whole)


def _weights(effects: Floats, errors: Floats, taus: Floats, prior: Prior) -> Floats:
    """(taus,) how probable each τ is: the grid has equal steps of its prior, so the likelihood alone decides."""
    variance = errors**2 + taus**2
    around = effects - prior.mean
    # all effects share the action's own deviation from the prior: Sherman–Morrison for its rank-one part
    shared = (1 / variance).sum(axis=1)
    along = (around / variance).sum(axis=1)
    log_det = np.log(variance).sum(axis=1) + np.log1p(prior.spread**2 * shared)
    square = (around**2 / variance).sum(axis=1) - along**2 / (1 / prior.spread**2 + shared)
    logs = -0.5 * (log_det + square)
    weights: Floats = np.exp(logs - logsumexp(logs))
    return weights
