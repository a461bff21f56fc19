"""How good was a forecast? Scores of counts, intervals and rankings against what customers then did.

Arrays in, one number out. All rows count alike: one row is one customer. A *proper* score (log score, CRPS,
Winkler) is best in expectation only for the forecaster who states what they believe; MAE is not one of them:
it rewards the median, which for most customers is zero.

Sources: Gneiting and Raftery (2007), "Strictly proper scoring rules, prediction, and estimation", JASA 102;
Czado, Gneiting and Held (2009), "Predictive model assessment for count data", Biometrics 65;
Gneiting and Ranjan (2011) for CRPS as an integral of quantile losses; Winkler (1972) for intervals.
"""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from keepers.core.errors import KeepersError
from keepers.core.told import Told

Array = NDArray[np.float64]

SMALLEST_PROBABILITY = 1e-12
"""A difference of two CDF values carries no digits below this, so the log score counts less as this."""


class ScoringError(KeepersError):
    """Forecasts and actuals cannot be compared as they stand."""


def mae(actual: ArrayLike, forecast: ArrayLike) -> float:
    """Mean absolute error of a point forecast [unit of `actual`]."""
    actual, forecast = _rows(actual=actual, forecast=forecast)
    return float(np.abs(forecast - actual).mean())


def rmse(actual: ArrayLike, forecast: ArrayLike) -> float:
    """Root of the mean squared error of a point forecast [unit of `actual`]; proper for means."""
    actual, forecast = _rows(actual=actual, forecast=forecast)
    return float(np.sqrt(np.square(forecast - actual).mean()))


def bias(actual: ArrayLike, forecast: ArrayLike) -> float:
    """Mean of forecast minus actual [unit of `actual`]: above zero, the forecast was too high."""
    actual, forecast = _rows(actual=actual, forecast=forecast)
    return float((forecast - actual).mean())


def log_score(cdf_below: ArrayLike, cdf_at: ArrayLike) -> float:
    """Mean natural logarithm of the probability that the forecast gave to what happened; higher is better.

    Args:
        cdf_below: P(count < actual), one row a customer.
        cdf_at: P(count ≤ actual), one row a customer.

    Returns:
        the mean over customers, at most 0. A probability below `SMALLEST_PROBABILITY` counts as that.

    Raises:
        ScoringError: the arrays differ in length, are empty, hold nan, or are no CDF values.
    """
    return float(log_chances(cdf_below, cdf_at).mean())


def log_chances(cdf_below: ArrayLike, cdf_at: ArrayLike) -> Array:
    """(n,) what `log_score` is the mean of: to compare two forecasts customer by customer."""
    below, at = _cdf_rows(cdf_below, cdf_at)
    logs: Array = np.log(np.maximum(at - below, SMALLEST_PROBABILITY))
    return logs


def likelier(gain: float) -> str:
    """A difference of mean log scores in words: by how much what happened was more or less likely, a customer."""
    share = f"{100 * abs(np.expm1(gain)):.1f}"
    return Told.of("%(share)s %% more likely" if gain >= 0 else "%(share)s %% less likely", share=share)


def crps_of_counts(actual: ArrayLike, cdf: ArrayLike) -> float:
    """Mean continuous ranked probability score of count forecasts [counts]; lower is better.

    The sum over k of (P(count ≤ k) − 1{actual ≤ k})², exact for a forecast that lives on 0 … K − 1.

    Args:
        actual: counts, one row a customer.
        cdf: P(count ≤ k) for k = 0 … K − 1, shape (customers, K); taken as 1 from K on, so choose K such that
            the last column is 1 for all that matters. From a pmf: its cumulative sum along the rows.
    """
    return float(crps_of_each_count(actual, cdf).mean())


def crps_of_each_count(actual: ArrayLike, cdf: ArrayLike) -> Array:
    """(n,) what `crps_of_counts` is the mean of: to compare two forecasts customer by customer."""
    counts = _rows(actual=actual)[0]
    table = _table(counts, cdf, name="cdf")
    happened = counts[:, None] <= np.arange(table.shape[1])
    inside = np.square(table - happened).sum(axis=1)
    scores: Array = inside + np.maximum(counts - table.shape[1], 0.0)
    return scores


def crps_of_draws(actual: ArrayLike, draws: ArrayLike) -> float:
    """Mean CRPS from independent draws of each customer's forecast [unit of `actual`]; lower is better.

    The fair form E|X − y| − ½·E|X − X′| over pairs of different draws: unbiased for any number of draws ≥ 2
    (Ferro 2014), where the plain form punishes few draws.

    Args:
        actual: outcomes, one row a customer.
        draws: shape (customers, draws).
    """
    outcomes = _rows(actual=actual)[0]
    ordered = np.sort(_table(outcomes, draws, name="draws"), axis=1)
    count = ordered.shape[1]
    if count < 2:
        raise ScoringError("CRPS from draws needs at least 2 draws a customer. Draw more.")
    rank_weight = (2.0 * np.arange(1, count + 1) - count - 1.0) / (count * (count - 1.0))
    return float((np.abs(ordered - outcomes[:, None]).mean(axis=1) - ordered @ rank_weight).mean())


def crps_of_quantiles(actual: ArrayLike, quantiles: ArrayLike, levels: ArrayLike) -> float:
    """Mean CRPS approximated from a few quantiles: the integral of twice the quantile loss over the levels.

    Each level stands for the part of (0, 1) nearer to it than to its neighbours, so that unevenly spread levels
    are weighted rightly. The coarser the levels, the coarser the answer: compare only forecasts on equal levels.

    Args:
        actual: outcomes, one row a customer.
        quantiles: shape (customers, levels), in the unit of `actual`.
        levels: rising probabilities inside (0, 1).
    """
    outcomes = _rows(actual=actual)[0]
    table = _table(outcomes, quantiles, name="quantiles")
    at = np.asarray(levels, dtype=np.float64)
    if at.shape != (table.shape[1],) or at[0] <= 0 or at[-1] >= 1 or np.any(np.diff(at) <= 0):
        raise ScoringError(f"Levels must rise inside (0, 1), one for each of the {table.shape[1]} quantile columns.")
    edges = np.concatenate(([0.0], (at[1:] + at[:-1]) / 2, [1.0]))
    miss = outcomes[:, None] - table
    loss = np.maximum(at * miss, (at - 1.0) * miss)
    return float((2.0 * loss @ np.diff(edges)).mean())


def randomised_pit(cdf_below: ArrayLike, cdf_at: ArrayLike, generator: np.random.Generator) -> Array:
    """One uniform draw between P(count < actual) and P(count ≤ actual) per customer.

    If the forecasts are right, the result is uniform on (0, 1) although counts are discrete.
    """
    below, at = _cdf_rows(cdf_below, cdf_at)
    return below + (at - below) * generator.random(below.size)


def coverage(pit: ArrayLike, level: float) -> float:
    """Share of customers whose (randomised) PIT lies in the central interval of the given level."""
    values = _rows(pit=pit)[0]
    low, high = _central(level)
    return float(((values >= low) & (values <= high)).mean())


def expected_coverage(cdf_below: ArrayLike, cdf_at: ArrayLike, level: float) -> float:
    """What `coverage` of the randomised PIT gives on average over its random numbers: exact, no generator.

    The share of each customer's [P(count < actual), P(count ≤ actual)] that lies inside the central interval.
    """
    below, at = _cdf_rows(cdf_below, cdf_at)
    low, high = _central(level)
    width = at - below
    overlap = np.maximum(np.minimum(at, high) - np.maximum(below, low), 0.0)
    inside = (at >= low) & (at <= high)
    return float(np.where(width > 0, overlap / np.where(width > 0, width, 1.0), inside).mean())


def winkler_score(actual: ArrayLike, low: ArrayLike, high: ArrayLike, level: float = 0.9) -> float:
    """Mean width of the intervals plus 2 / (1 − level) times every miss [unit of `actual`]; lower is better."""
    return float(winkler_scores(actual, low, high, level).mean())


def winkler_scores(actual: ArrayLike, low: ArrayLike, high: ArrayLike, level: float = 0.9) -> Array:
    """(n,) what `winkler_score` is the mean of: to compare two forecasts customer by customer."""
    actual, low, high = _rows(actual=actual, low=low, high=high)
    _central(level)
    miss: Array = np.maximum(low - actual, 0.0) + np.maximum(actual - high, 0.0)
    return high - low + 2.0 / (1.0 - level) * miss


def top_membership(score: ArrayLike, share: float) -> Array:
    """Each customer's probability of being among the top `share` when ties are broken by lot.

    The top holds ⌈share · customers⌉ places; those tied at the last place share what is left of it evenly.
    So the order of rows never matters. The result adds up to the number of places.
    """
    values = _rows(score=score)[0]
    if not 0 < share <= 1:
        raise ScoringError(f"The share of customers must lie in (0, 1], not {share:g}.")
    places = int(np.ceil(share * values.size - 1e-9))
    last_in = np.partition(values, values.size - places)[values.size - places]
    above, tied = values > last_in, values == last_in
    membership: Array = above + tied * ((places - int(above.sum())) / int(tied.sum()))
    return membership


def best_found(actual: ArrayLike, score: ArrayLike, share: float = 0.1) -> float:
    """Share of the actual best tenth (or `share`) that is also in the top tenth of a ranking.

    The expected overlap when ties on both sides are broken by lot, independently, over the number of places.
    Where the actual values themselves tie at the last place, even the perfect ranking stays below 1: compare
    rankings on the same actuals. A ranking by lot gets `share`.
    """
    actual, score = _rows(actual=actual, score=score)
    best = top_membership(actual, share)
    return float(best @ top_membership(score, share) / best.sum())


def value_captured(actual: ArrayLike, score: ArrayLike, share: float = 0.1) -> float:
    """Later value held by a ranking's top tenth (or `share`), over what a perfect choice of as many would hold.

    1 is a perfect choice; nan where even that holds nothing.
    """
    actual, score = _rows(actual=actual, score=score)
    perfect = float(actual @ top_membership(actual, share))
    return float(actual @ top_membership(score, share)) / perfect if perfect > 0 else float("nan")


def _central(level: float) -> tuple[float, float]:
    if not 0 < level < 1:
        raise ScoringError(f"The level of an interval must lie in (0, 1), not {level:g}.")
    return (1.0 - level) / 2, (1.0 + level) / 2


def _rows(**columns: ArrayLike) -> list[Array]:
    """Columns as float arrays of one length, checked."""
    arrays = [np.asarray(column, dtype=np.float64) for column in columns.values()]
    names = " and ".join(columns)
    if any(array.ndim != 1 or array.shape != arrays[0].shape for array in arrays):
        raise ScoringError(f"Scoring needs one row a customer in {names}; got shapes {[a.shape for a in arrays]}.")
    if arrays[0].size == 0:
        raise ScoringError(f"There are no customers to score in {names}.")
    for name, array in zip(columns, arrays, strict=True):
        if np.isnan(array).any():
            raise ScoringError(f"{np.isnan(array).sum()} of {array.size} rows of {name} are nan. Leave them out first.")
    return arrays


def _cdf_rows(cdf_below: ArrayLike, cdf_at: ArrayLike) -> list[Array]:
    below, at = _rows(cdf_below=cdf_below, cdf_at=cdf_at)
    slack = 1e-9
    wrong = (below < -slack) | (at > 1 + slack) | (at < below - slack)
    if wrong.any():
        raise ScoringError(f"{wrong.sum()} rows are no CDF values: 0 ≤ cdf_below ≤ cdf_at ≤ 1 must hold.")
    below = np.clip(below, 0.0, 1.0)
    return [below, np.clip(at, below, 1.0)]


def _table(outcomes: Array, values: ArrayLike, *, name: str) -> Array:
    table = np.asarray(values, dtype=np.float64)
    if table.ndim != 2 or table.shape[0] != outcomes.size or table.shape[1] == 0:
        raise ScoringError(f"{name} must have one row for each of the {outcomes.size} outcomes; got {table.shape}.")
    if np.isnan(table).any():
        raise ScoringError(f"{name} holds nan in {np.isnan(table).any(axis=1).sum()} rows. Leave them out first.")
    return table
