"""What past mailings seem to have brought, where nobody was held out: adjusted, trimmed, shrunk, and marked as such.

Who was mailed differs from who was not. Doubly robust: outcomes are adjusted by what was known (a model of each arm)
and by how probable it was to be mailed, cross-fitted (Robins, Rotnitzky and Zhao 1994; Chernozhukov et al. 2018);
whoever was almost sure to be mailed, or not to be, has no counterpart and is left out (Crump et al. 2009). What
nobody wrote down stays: so the figure is taken to be off by as much as the adjusting moved it, and is drawn towards
the stated prior.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from keepers.core.errors import KeepersError
from keepers.experiments.intervals import Interval

if TYPE_CHECKING:  # loaded late: only whoever looks at history waits for it
    from sklearn.base import BaseEstimator
    from sklearn.pipeline import Pipeline

Floats = NDArray[np.float64]
OBSERVED = "observed"
OVERLAP = 0.05
FOLDS = 5
FEWEST = 100


class NoCounterpartsError(KeepersError):
    """History in which the treated have no counterparts."""


@dataclass(frozen=True, slots=True)
class Adjusted:
    """An effect from history.

    naive: plain difference of means. adjusted: after adjusting. error: its standard error.
    doubt: standard deviation of what may be left unseen: how far the adjusting moved the figure, at least its error.
    shrunk: after the doubt, drawn towards the prior; the only figure that a plan may use.
    kept: people with counterparts, of all.
    """

    naive: float
    adjusted: float
    error: float
    doubt: float
    shrunk: Interval
    kept: int
    people: int


def adjusted_effect(
    known: Floats,
    treated: NDArray[np.bool_],
    outcome: Floats,
    *,
    prior_mean: float,
    prior_spread: float,
    generator: np.random.Generator,
) -> Adjusted:
    """What an action seems to have brought per customer of those who might or might not have got it.

    Args:
        known: (n, k) what was known before, such as the engine's forecast as of the day.
        treated: (n,) who got it.
        outcome: (n,) what came of it [money].
        prior_mean: of the effect, a stated assumption [money].
        prior_spread: its standard deviation [money].
        generator: deals the folds.

    Raises:
        NoCounterpartsError: too few people of either kind, or with counterparts.
    """
    if min(int(treated.sum()), int((~treated).sum())) < FEWEST:
        raise NoCounterpartsError(f"The history needs {FEWEST} people with the action and as many without.")
    fold = generator.permutation(np.arange(len(treated)) % FOLDS)
    chance = _chances(known, treated, fold)
    inside = (chance > OVERLAP) & (chance < 1 - OVERLAP)
    if min(int((treated & inside).sum()), int((~treated & inside).sum())) < FEWEST:
        raise NoCounterpartsError(
            f"Only {int(inside.sum()):,} people could as well have been treated as not; the others have no counterpart."
            " Hold some out by lot instead."
        )
    with_it, without = (_expected(known, treated == kind, outcome, fold) for kind in (True, False))
    parts = (with_it - without + np.where(treated, (outcome - with_it) / chance, -(outcome - without) / (1 - chance)))[
        inside
    ]
    naive = float(outcome[treated].mean() - outcome[~treated].mean())
    mean, error = float(parts.mean()), float(parts.std() / np.sqrt(len(parts)))
    doubt = max(abs(naive - mean), error)
    return Adjusted(
        naive=naive,
        adjusted=mean,
        error=error,
        doubt=doubt,
        shrunk=_shrunk(mean, error**2 + doubt**2, prior_mean, prior_spread**2),
        kept=int(inside.sum()),
        people=len(treated),
    )


def _chances(known: Floats, treated: NDArray[np.bool_], fold: NDArray[np.intp]) -> Floats:
    """(n,) each one's chance of the action, by a model that has not seen them."""
    from sklearn.linear_model import LogisticRegression

    chance = np.empty(len(treated))
    for left_out in range(FOLDS):
        inside, outside = fold != left_out, fold == left_out
        model = _curved(LogisticRegression(max_iter=500)).fit(known[inside], treated[inside])
        chance[outside] = model.predict_proba(known[outside])[:, 1]
    return np.clip(chance, 1e-6, 1 - 1e-6)


def _expected(known: Floats, kind: NDArray[np.bool_], outcome: Floats, fold: NDArray[np.intp]) -> Floats:
    """(n,) the outcome expected of each under one arm, by a model that has not seen them."""
    from sklearn.linear_model import Ridge

    expected = np.empty(len(outcome))
    for left_out in range(FOLDS):
        inside, outside = kind & (fold != left_out), fold == left_out
        expected[outside] = _curved(Ridge(10.0)).fit(known[inside], outcome[inside]).predict(known[outside])
    return expected


def _curved(model: "BaseEstimator") -> "Pipeline":
    """The model over smooth curves of each column's ranks, so that no scale and no outlier matters."""
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import QuantileTransformer, SplineTransformer, StandardScaler

    ranks = QuantileTransformer(n_quantiles=50, subsample=50_000, random_state=0)
    return make_pipeline(ranks, SplineTransformer(6, degree=2), StandardScaler(), model)


def _shrunk(mean: float, variance: float, prior_mean: float, prior_variance: float) -> Interval:
    """The normal posterior, with its 5 % and 95 % points."""
    precision = 1 / variance + 1 / prior_variance
    centre = (mean / variance + prior_mean / prior_variance) / precision
    half = 1.6448536269514722 / np.sqrt(precision)
    return Interval(float(centre), float(centre - half), float(centre + half))
