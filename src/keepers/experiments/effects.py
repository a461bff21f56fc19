"""What an arm brings per customer beside the held-out: estimate, standard error, and how much the forecast helped.

Means of the arms are weighted by 1 ÷ probability (Hájek), so that lots with unequal chances are measured rightly. What
was known before the lot (the engine's own forecast) takes off the part of an outcome that was to be expected: CUPED,
Deng et al. (2013), with the slope that makes the variance of the difference least, which also holds for unequal arms
(Lin 2013). Standard errors add up influences by cluster.
"""

from dataclasses import dataclass
from math import sqrt

import numpy as np
from numpy.typing import NDArray

from keepers.core.errors import KeepersError

Floats = NDArray[np.float64]
FEWEST_CLUSTERS = 10


class NotMeasurableError(KeepersError):
    """Outcomes that cannot say what an arm brings."""


@dataclass(frozen=True, slots=True)
class Sample:
    """Everybody an experiment measures, in columns.

    arm: (n,) 0 for the held-out, then the arms.
    probability: (n,) chance of the arm that each got.
    known: (n, k) what was known before the lot, such as the engine's forecast; k may be 0.
    cluster: (n,) number of the cluster that was drawn as one; None: each alone.
    """

    arm: NDArray[np.intp]
    probability: Floats
    known: Floats
    cluster: NDArray[np.intp] | None = None


@dataclass(frozen=True, slots=True)
class Difference:
    """What an arm brings per customer more than the held-out.

    mean, standard_error: of the difference [the outcome's unit].
    variance_left: variance as a share of what it would be without what was known before.
    level_held: mean of the held-out, as they came.
    movers, movers_held: people with an outcome other than zero.
    """

    mean: float
    standard_error: float
    variance_left: float
    level_held: float
    people: int
    people_held: int
    movers: int
    movers_held: int


def difference(sample: Sample, outcome: Floats, *, arm: int) -> Difference:
    """What `arm` brings beside the held-out.

    Args:
        sample: who was measured.
        outcome: (n,) of each [occasions, money]; zero for those who did nothing.
        arm: which arm.

    Raises:
        NotMeasurableError: nobody in one of the two, or too few clusters to know how much they differ by chance.
    """
    inside = (sample.arm == arm) | (sample.arm == 0)
    treated = sample.arm[inside] == arm
    weight: Floats = 1 / sample.probability[inside]
    measured = np.column_stack([outcome[inside], _centred(sample.known[inside])])
    if not treated.any() or treated.all():
        raise NotMeasurableError("One of the two arms has nobody; there is nothing to compare.")
    means, influences = _contrast(measured, weight, treated)
    if sample.cluster is not None:
        influences = _by_cluster(influences, sample.cluster[inside], treated)
    slope = np.linalg.lstsq(influences[:, 1:], influences[:, 0], rcond=1e-9)[0]
    without, left = influences[:, 0], influences[:, 0] - influences[:, 1:] @ slope
    squares, squares_without = float(left @ left), float(without @ without)
    free = max(len(left) - 2 - len(slope), 1)
    few = 1.0 if sample.cluster is None else _few_clusters(free)
    return Difference(
        mean=float(means[0] - means[1:] @ slope),
        standard_error=few * sqrt(squares * len(left) / free),
        variance_left=squares / squares_without if squares_without > 0 else 1.0,
        level_held=float(np.average(outcome[inside][~treated], weights=weight[~treated])),
        people=int(treated.sum()),
        people_held=int((~treated).sum()),
        movers=int(np.count_nonzero(outcome[inside][treated])),
        movers_held=int(np.count_nonzero(outcome[inside][~treated])),
    )


def _centred(known: Floats) -> Floats:
    """What was known, each column around its mean and in its own spread; what is unknown of somebody is the mean."""
    counts = np.sum(~np.isnan(known), axis=0)
    mean = np.where(counts > 0, np.nansum(known, axis=0) / np.maximum(counts, 1), 0.0)
    around = np.where(np.isnan(known), 0.0, known - mean)
    spread = np.sqrt(np.mean(around**2, axis=0)) if len(known) else np.ones(known.shape[1])
    return around / np.where(spread > 0, spread, 1.0)


def _contrast(measured: Floats, weight: Floats, treated: NDArray[np.bool_]) -> tuple[Floats, Floats]:
    """(columns,) treated less held-out, and (n, columns) each person's part in that difference's error."""
    difference_of = np.zeros(measured.shape[1])
    influences = np.empty_like(measured)
    for mask, sign in ((treated, 1.0), (~treated, -1.0)):
        share = weight[mask] / weight[mask].sum()
        mean = share @ measured[mask]
        difference_of += sign * mean
        influences[mask] = sign * share[:, None] * (measured[mask] - mean)
    return difference_of, influences


def _by_cluster(influences: Floats, cluster: NDArray[np.intp], treated: NDArray[np.bool_]) -> Floats:
    """The influences added up by cluster; a cluster lies in one arm."""
    known, member = np.unique(cluster, return_inverse=True)
    arms = [np.unique(member[side]).size for side in (treated, ~treated)]
    if sum(arms) != len(known):
        raise NotMeasurableError("A cluster lies in two arms; measure each customer alone, or mend the clusters.")
    if min(arms) < FEWEST_CLUSTERS:
        raise NotMeasurableError(
            f"There are {arms[0]} clusters with the action and {arms[1]} without; with fewer than {FEWEST_CLUSTERS} in "
            "one of them nobody can say how much they differ by chance."
        )
    added = np.zeros((len(known), influences.shape[1]))
    np.add.at(added, member, influences)
    return added


def _few_clusters(free: int) -> float:
    """How much wider Student's t is than the normal: with few clusters their spread is itself uncertain."""
    from scipy.stats import norm, t

    return float(t.ppf(0.975, free) / norm.ppf(0.975))
