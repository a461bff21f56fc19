"""How else one sets stock levels: the rules of textbooks and spreadsheets, on the same weeks."""

from collections.abc import Callable, Mapping, Sequence
from math import sqrt

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri
from scipy.stats import nbinom, poisson

Floats = NDArray[np.float64]
Rule = Callable[[Floats, int, Sequence[float]], Floats]
LATELY, LONG = 13, 52
SMOOTHING = 0.1
"""Of Croston's and SBA's sizes and gaps, as the literature has it."""


def textbook(pieces: Floats, weeks: int, services: Sequence[float]) -> Floats:
    """Mean of the last 13 weeks and z standard deviations of them, (services, products)."""
    lately = pieces[:, -LATELY:]
    return _normal(lately.mean(axis=1) * weeks, lately.std(axis=1, ddof=1), weeks, services)


def last_weeks(pieces: Floats, weeks: int, services: Sequence[float]) -> Floats:
    """As much as in the last weeks, and z standard deviations."""
    return _normal(pieces[:, -weeks:].sum(axis=1), pieces[:, -LATELY:].std(axis=1, ddof=1), weeks, services)


def same_weeks_last_year(pieces: Floats, weeks: int, services: Sequence[float]) -> Floats:
    """As much as in the same weeks of last year, and z standard deviations of the last 13 weeks."""
    begin = pieces.shape[1] - 52
    then = pieces[:, begin : begin + weeks].sum(axis=1)
    return _normal(then, pieces[:, -LATELY:].std(axis=1, ddof=1), weeks, services)


def own_windows(pieces: Floats, weeks: int, services: Sequence[float]) -> Floats:
    """The product's own windows of the last year: the share of them that would have lasted."""
    reached = np.cumsum(np.pad(pieces[:, -LONG:], ((0, 0), (1, 0))), axis=1)
    return np.ceil(np.quantile(reached[:, weeks:] - reached[:, :-weeks], services, axis=1, method="higher"))


def croston(pieces: Floats, weeks: int, services: Sequence[float]) -> Floats:
    """Croston's size ÷ gap with the spread of the product's own last half year."""
    return _counted(croston_mean(pieces) * weeks, pieces[:, -26:].var(axis=1, ddof=1) * weeks, services)


def sba(pieces: Floats, weeks: int, services: Sequence[float]) -> Floats:
    """Croston without its bias (Syntetos and Boylan), with the same spread."""
    mean = (1 - SMOOTHING / 2) * croston_mean(pieces) * weeks
    return _counted(mean, pieces[:, -26:].var(axis=1, ddof=1) * weeks, services)


RULES: Mapping[str, Rule] = {
    "textbook, 13 weeks": textbook,
    "last weeks again": last_weeks,
    "own past windows": own_windows,
    "Croston": croston,
    "SBA": sba,
    "same weeks last year": same_weeks_last_year,
}


def croston_mean(pieces: Floats) -> Floats:
    """Pieces a week by Croston's method, (products,)."""
    size, gap, since = np.zeros(len(pieces)), np.ones(len(pieces)), np.ones(len(pieces))
    begun = np.zeros(len(pieces), dtype=np.bool_)
    for sold in pieces.T:
        now = sold > 0
        first, again = now & ~begun, now & begun
        size[first], gap[first] = sold[first], since[first]
        size[again] += SMOOTHING * (sold[again] - size[again])
        gap[again] += SMOOTHING * (since[again] - gap[again])
        begun |= now
        since = np.where(now, 1, since + 1)
    return size / gap


def _normal(mean: Floats, weekly: Floats, weeks: int, services: Sequence[float]) -> Floats:
    return np.ceil(np.maximum(mean + ndtri(np.array(services))[:, None] * weekly * sqrt(weeks), 0.0))


def _counted(mean: Floats, variance: Floats, services: Sequence[float]) -> Floats:
    """Quantiles of a negative binomial, of Poisson where the variance is no greater than the mean."""
    safe = np.maximum(mean, 1e-9)
    wider = variance > 1.001 * safe
    share = np.where(wider, safe / np.maximum(variance, 1e-9), 0.5)
    many = safe * share / (1 - share)
    levels = [np.where(wider, nbinom.ppf(each, many, share), poisson.ppf(each, safe)) for each in services]
    return np.stack(levels)
