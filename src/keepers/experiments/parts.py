"""What the parts of actions do, learned together from experiments of one part, of several parts, and of several doses.

An experiment that gave care and four mailings at once measured their sum alone. So effects are taken to add up: what
experiment e measured is Σ x·β over its parts, with a β for each part and a dose x of it, and how far the sum missed
scatters with a standard deviation τ · √Σx² beside the standard error. The β have independent normal priors. What
several parts did together then teaches each of them as much as it was uncertain, and an experiment of one part alone
teaches the rest about the others (Bayesian linear regression; Gelman, Bayesian Data Analysis, section 14.8). τ is
averaged over as in `pooling`, to which this comes down where every experiment has the same single part.

Some doses hang on something that is not known: n mailings are n ÷ (n + half) of what mailings can do. The answer is
averaged over what the data leave possible of it. Hence the doubt is least at the number that was tried.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.special import logsumexp

from keepers.experiments.pooling import Floats, Prior, check, mixture, spreads_between

Point = tuple[float, float, float]
_SOME = 1e-6  # known at least: one experiment may leave more doubt than there was, but lots spoke


@dataclass(frozen=True, slots=True)
class Doses:
    """One possibility of how strong what was tried, and what is asked, were.

    tried: (experiments, parts) dose of each part in each experiment; 0: it had none of it.
    asked: (questions, parts) doses whose effect is to be known.
    weight: how probable this possibility is beforehand, relative to the others.
    """

    tried: Floats
    asked: Floats
    weight: float = 1.0


@dataclass(frozen=True, slots=True)
class Taught:
    """What experiments taught of the questions asked: mean, 5 % and 95 % point the next time that it is done.

    known: (questions,) how much of the variance of each answer the experiments took away [share]. What is not known of
        the doses is part of the variance, before and after.
    moved: (questions,) by how many of the standard deviations beforehand the experiments moved each answer.
    """

    points: tuple[Point, ...]
    known: Floats
    moved: Floats


def taught(effects: Floats, errors: Floats, priors: Sequence[Prior], possible: Sequence[Doses]) -> Taught:
    """Learn the parts' effects from what experiments measured.

    Args:
        effects: (experiments,) measured: money per customer, or a factor less 1.
        errors: (experiments,) their standard errors.
        priors: of each part at dose 1; the widest `between` is that of all.
        possible: the doses under each possibility.

    Raises:
        NothingToPoolError: an error that is not above zero, or a prior without spread.
    """
    check(effects, errors, priors)
    before = np.array([prior.mean for prior in priors]), np.array([prior.spread**2 for prior in priors])
    taus = spreads_between(max(prior.between for prior in priors))
    logs, centres, scatters, variances, at_first = [], [], [], [], []
    for doses in possible:
        at_first.append((np.log(doses.weight), doses.asked @ before[0], doses.asked**2 @ before[1]))
        scatter_by = np.sum(doses.tried**2, axis=1)
        for tau in taus:
            mean, cov, log = _posterior(doses.tried, effects, errors**2 + tau**2 * scatter_by, before)
            logs.append(np.log(doses.weight) + log)
            centres.append(doses.asked @ mean)
            own = np.einsum("qp,pr,qr->q", doses.asked, cov, doses.asked)
            scatters.append(np.sqrt(own + tau**2 * np.sum(doses.asked**2, axis=1)))
            variances.append(own)
    weight = np.exp(np.array(logs) - logsumexp(logs))
    centre, scatter = np.array(centres), np.array(scatters)
    points = tuple(mixture(centre[:, each], scatter[:, each], weight) for each in range(centre.shape[1]))
    first_logs, first_centres, first_variances = (np.array(each) for each in zip(*at_first, strict=True))
    first_weight = np.exp(first_logs - logsumexp(first_logs))
    doubt = _variance(first_weight, first_centres, first_variances)
    left = _variance(weight, centre, np.array(variances)) / doubt
    moved = np.abs(weight @ centre - first_weight @ first_centres) / np.sqrt(doubt)
    return Taught(points, np.clip(1.0 - left, _SOME, 1.0), moved)


def linked(parts: Sequence[Sequence[str]]) -> list[set[str]]:
    """Which parts have to be learned together, as experiments had several at once: sets without a common part."""
    found: list[set[str]] = []
    for some in parts:
        whole = set(some).union(*(each for each in found if each & set(some)))
        found = [each for each in found if not each & whole] + [whole]
    return found


def _variance(weight: Floats, centres: Floats, variances: Floats) -> Floats:
    """(questions,) of a mixture: the mean of the variances, and that of the centres around their mean."""
    return np.asarray(weight @ variances + weight @ (centres - weight @ centres) ** 2)


def _posterior(
    doses: Floats, effects: Floats, variance: Floats, before: tuple[Floats, Floats]
) -> tuple[Floats, Floats, float]:
    """Mean and covariance of the parts' effects, and the logarithm of how probable the effects were beforehand."""
    prior_mean, prior_variance = before
    around = effects - doses @ prior_mean
    spread = np.diag(variance) + (doses * prior_variance) @ doses.T
    factor = np.linalg.cholesky(spread)
    along = np.linalg.solve(factor, doses * prior_variance)  # (experiments, parts)
    white = np.linalg.solve(factor, around)
    log = -float(np.log(np.diag(factor)).sum()) - 0.5 * float(white @ white)
    return prior_mean + along.T @ white, np.diag(prior_variance) - along.T @ along, log
