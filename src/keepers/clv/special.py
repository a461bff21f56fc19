"""Differences of gamma functions that keep their digits where the plain difference loses them.

ln Γ(10⁶) is about 10⁷, so the difference of two such values carries nine digits; the Stirling series of the difference
carries all. Sources: Didonato and Morris (1992), "Algorithm 708", ACM TOMS 18, for the form of ln B.
"""

import numpy as np
from scipy.special import digamma, gammaln

from keepers.clv.histories import Floats

_LARGE = 15.0  # from here the series below are exact to double precision
_STIRLING = (1 / 12, -1 / 360, 1 / 1260, -1 / 1680, 1 / 1188, -691 / 360360)  # of ln Γ(z), in odd powers of 1/z
_DIGAMMA = (1 / 12, -1 / 120, 1 / 252, -1 / 240, 1 / 132, -691 / 32760)  # of ln z − 1/(2z) − ψ(z), in even powers


def log_beta(one: Floats, other: Floats) -> Floats:
    """Logarithm of B(one, other), elementwise, for positive arguments; exact also where one or both are very large."""
    small, large = np.minimum(one, other), np.maximum(one, other)
    plain = gammaln(small) + (gammaln(large) - gammaln(small + large))
    at = np.maximum(large, _LARGE)
    one_large = gammaln(small) - _log_gamma_step(at, small)
    low = np.maximum(small, _LARGE)
    both_large = (
        0.5 * np.log(2 * np.pi / low)
        + (_rest(low) + _rest(at) - _rest(low + at))
        - (at - 0.5) * np.log1p(low / at)
        - low * np.log1p(at / low)
    )
    return np.where(large < _LARGE, plain, np.where(small < _LARGE, one_large, both_large))


def digamma_step(start: Floats, step: Floats) -> Floats:
    """ψ(start + step) − ψ(start), elementwise, for positive arguments."""
    at = np.maximum(start, _LARGE)
    end = at + step
    series = np.log1p(step / at) + 0.5 * step / (at * end) - (_digamma_rest(end) - _digamma_rest(at))
    return np.where(start < _LARGE, digamma(start + step) - digamma(start), series)


def _log_gamma_step(start: Floats, step: Floats) -> Floats:
    """Rise of ln Γ from `start` to `start + step`, for a large start."""
    end = start + step
    return (start - 0.5) * np.log1p(step / start) + step * (np.log(end) - 1.0) + _rest(end) - _rest(start)


def _rest(at: Floats) -> Floats:
    inverse = 1.0 / at
    return inverse * np.polynomial.polynomial.polyval(inverse * inverse, _STIRLING)


def _digamma_rest(at: Floats) -> Floats:
    square = 1.0 / (at * at)
    return square * np.polynomial.polynomial.polyval(square, _DIGAMMA)
