"""Gamma functions that keep their digits where the plain ones, or their differences, lose them; compiled.

ln Γ(10⁶) is about 10⁷, so the difference of two such values carries nine digits; the Stirling series of the difference
carries all. Small arguments are first moved up by the recurrence. Scalars in, scalars out, for use in compiled loops;
the plural names take arrays of one length.

Sources: Didonato and Morris (1992), "Algorithm 708", ACM TOMS 18, for the form of ln B; Abramowitz and Stegun, 6.3–6.4.
"""

import math

import numpy as np
from numba import njit

from keepers.clv.histories import Floats

_LARGE = 15.0  # from here the series below are exact to double precision
_HALF_LOG_2PI = 0.9189385332046727


@njit(cache=True, nogil=True)
def log_beta(one: float, other: float) -> float:
    """Logarithm of B(one, other) for positive arguments; exact also where one or both are very large."""
    low, high = min(one, other), max(one, other)
    if high < _LARGE:
        return math.lgamma(low) + (math.lgamma(high) - math.lgamma(low + high))
    end = low + high
    if low < _LARGE:
        step = (high - 0.5) * math.log1p(low / high) + low * (math.log(end) - 1.0)
        return math.lgamma(low) - step - _stirling_rest(end) + _stirling_rest(high)
    rest = _stirling_rest(low) + _stirling_rest(high) - _stirling_rest(end)
    scale = _HALF_LOG_2PI - 0.5 * math.log(low)
    return scale + rest - (high - 0.5) * math.log1p(low / high) - low * math.log1p(high / low)


@njit(cache=True, nogil=True)
def digamma_step(start: float, step: float) -> float:
    """ψ(start + step) − ψ(start) for a positive start and a step of at least 0."""
    total = 0.0
    while start < _LARGE:
        total += step / (start * (start + step))
        start += 1.0
    end = start + step
    return total + math.log1p(step / start) + 0.5 * step / (start * end) - _digamma_rest(end) + _digamma_rest(start)


@njit(cache=True, nogil=True)
def trigamma(at: float) -> float:
    """ψ′(at) for a positive argument."""
    total = 0.0
    while at < _LARGE:
        total += 1.0 / (at * at)
        at += 1.0
    square = 1.0 / (at * at)
    series = 1 / 6 - square * (1 / 30 - square * (1 / 42 - square * (1 / 30 - square * 5 / 66)))
    return total + 1.0 / at + 0.5 * square + square / at * series


@njit(cache=True, nogil=True)
def log_betas(ones: Floats, others: Floats) -> Floats:
    """`log_beta` row by row."""
    values = np.empty(len(ones))
    for i in range(len(ones)):
        values[i] = log_beta(ones[i], others[i])
    return values


@njit(cache=True, nogil=True)
def digamma_steps(starts: Floats, steps: Floats) -> Floats:
    """`digamma_step` row by row."""
    values = np.empty(len(starts))
    for i in range(len(starts)):
        values[i] = digamma_step(starts[i], steps[i])
    return values


@njit(cache=True, nogil=True)
def trigammas(at: Floats) -> Floats:
    """`trigamma` row by row."""
    values = np.empty(len(at))
    for i in range(len(at)):
        values[i] = trigamma(at[i])
    return values


def rising(r: float, most: int) -> Floats:
    """(3, most + 1) logarithms of Γ(r + x)/Γ(r) and their first two derivatives in r, from cumulated sums."""
    step = r + np.arange(most)
    table = np.zeros((3, most + 1))
    np.cumsum([np.log(step), 1 / step, -1 / step**2], axis=1, out=table[:, 1:])
    return table


@njit(cache=True, nogil=True)
def _stirling_rest(at: float) -> float:
    """What ln Γ(z) has beyond (z − ½) ln z − z + ½ ln 2π, for a large z."""
    s = 1.0 / (at * at)
    series = 1 / 1260 - s * (1 / 1680 - s * (1 / 1188 - s * (691 / 360360 - s / 156)))
    return (1 / 12 - s * (1 / 360 - s * series)) / at


@njit(cache=True, nogil=True)
def _digamma_rest(at: float) -> float:
    """What − ψ(z) has beyond 1/(2z) − ln z, for a large z."""
    s = 1.0 / (at * at)
    series = 1 / 252 - s * (1 / 240 - s * (1 / 132 - s * (691 / 32760 - s / 12)))
    return s * (1 / 12 - s * (1 / 120 - s * series))
