"""Differences of gamma functions against fifty digits."""

import mpmath
import numpy as np
import pytest

from keepers.clv.numerics import special

SIZES = [1e-3, 0.7, 3.0, 14.9, 15.1, 80.0, 1e4, 1e8]


@pytest.mark.parametrize("one", SIZES)
@pytest.mark.parametrize("other", SIZES)
def test_log_beta_keeps_its_digits(one: float, other: float) -> None:
    with mpmath.workdps(50):
        exact = mpmath.loggamma(one) + mpmath.loggamma(other) - mpmath.loggamma(mpmath.mpf(one) + mpmath.mpf(other))
    assert special.log_beta(one, other) == pytest.approx(float(exact), rel=1e-14)


@pytest.mark.parametrize("start", SIZES)
@pytest.mark.parametrize("step", SIZES)
def test_digamma_step_keeps_its_digits(start: float, step: float) -> None:
    with mpmath.workdps(50):
        exact = mpmath.digamma(mpmath.mpf(start) + mpmath.mpf(step)) - mpmath.digamma(start)
    assert special.digamma_step(start, step) == pytest.approx(float(exact), rel=1e-13)


@pytest.mark.parametrize("at", SIZES)
def test_trigamma_keeps_its_digits(at: float) -> None:
    with mpmath.workdps(50):
        exact = mpmath.polygamma(1, at)
    assert special.trigamma(at) == pytest.approx(float(exact), rel=1e-14)


def test_arrays_give_what_scalars_give() -> None:
    sizes = np.array(SIZES)
    assert list(special.log_betas(sizes, sizes[::-1].copy())) == [
        special.log_beta(one, other) for one, other in zip(SIZES, reversed(SIZES), strict=True)
    ]
    assert list(special.digamma_steps(sizes, sizes)) == [special.digamma_step(at, at) for at in SIZES]
    assert list(special.trigammas(sizes)) == [special.trigamma(at) for at in SIZES]
