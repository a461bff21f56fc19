"""Differences of gamma functions against fifty digits."""

import mpmath
import numpy as np
import pytest

from keepers.clv import special

SIZES = [1e-3, 0.7, 3.0, 14.9, 15.1, 80.0, 1e4, 1e8]


@pytest.mark.parametrize("one", SIZES)
@pytest.mark.parametrize("other", SIZES)
def test_log_beta_keeps_its_digits(one: float, other: float) -> None:
    with mpmath.workdps(50):
        exact = mpmath.loggamma(one) + mpmath.loggamma(other) - mpmath.loggamma(mpmath.mpf(one) + mpmath.mpf(other))
    assert special.log_beta(np.array([one]), np.array([other]))[0] == pytest.approx(float(exact), rel=1e-14)


@pytest.mark.parametrize("start", SIZES)
@pytest.mark.parametrize("step", SIZES)
def test_digamma_step_keeps_its_digits(start: float, step: float) -> None:
    with mpmath.workdps(50):
        exact = mpmath.digamma(mpmath.mpf(start) + mpmath.mpf(step)) - mpmath.digamma(start)
    assert special.digamma_step(np.array([start]), np.array([step]))[0] == pytest.approx(float(exact), rel=1e-11)
