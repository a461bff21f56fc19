"""Gradients and Hessians of the log-likelihoods in hard corners, beside differences in 120-digit arithmetic."""

import exact_pareto
import mpmath
import numpy as np
import pytest
from test_beta_geometric import HISTORIES as PAST
from test_beta_geometric import exact_log_likelihood
from test_pareto_nbd import corner, one

from keepers.clv import gamma_gamma, pareto_nbd
from keepers.clv.beta_geometric import family as beta_geometric
from keepers.clv.beta_geometric.family import Family
from keepers.clv.gamma_gamma import Spend
from keepers.clv.histories import Floats, Histories

FAMILIES = [Family(1), Family(1, dropout_at_first_order=True), Family(3, dropout_at_first_order=True)]
HARD = [(10.465, 0.00798565181, 3.0516, 2.82), (900.0, 2e4, 0.02, 0.4), (0.01, 300.0, 40.0, 7e3)]
SPENDS = [(25.0, 1), (1e-4, 3), (3e5, 1), (47.5, 5_000), (0.01, 200)]
SPENDING = [(6.25, 3.74, 15.44), (0.02, 900.0, 1e-3), (5e3, 1.01, 1e4)]


def derivatives(log_likelihood, at: Floats) -> tuple[Floats, Floats]:
    """Gradient (k,) and Hessian (k, k) in log parameters of a function of mpmath numbers, by central differences."""
    step = mpmath.mpf(10) ** -25

    def moved(*sides: tuple[int, int]) -> mpmath.mpf:
        values = [mpmath.exp(mpmath.mpf(float(value))) for value in at]
        for j, sign in sides:
            values[j] *= mpmath.exp(sign * step)
        return log_likelihood(*values)

    every = range(len(at))
    gradient = [(moved((i, 1)) - moved((i, -1))) / (2 * step) for i in every]
    hessian = np.zeros((len(at), len(at)))
    for i in every:
        for j in range(i + 1):
            corners = [sign * other * moved((i, sign), (j, other)) for sign in (1, -1) for other in (1, -1)]
            hessian[i, j] = hessian[j, i] = float(mpmath.fsum(corners) / (4 * step**2))
    return np.array([float(slope) for slope in gradient]), hessian


def agree(found: Floats, exact: Floats, *, to: float = 1e-10) -> None:
    assert found == pytest.approx(exact, rel=to, abs=to * max(1.0, float(np.abs(exact).max())))


@pytest.mark.parametrize("seed", [1, 3, 8, 18, 27, 42])
def test_pareto_nbd(seed: int) -> None:
    parameters, x, t_x, age = corner(seed)
    likelihood, at = pareto_nbd.likelihood(one(x, t_x, age)), np.log(parameters.as_array())
    with mpmath.workdps(120):
        gradient, hessian = derivatives(lambda *values: exact_pareto.log_likelihood(values, x, t_x, age), at)
    agree(likelihood.gradient(at)[1], gradient)
    agree(likelihood.curvature(at), hessian)


@pytest.mark.parametrize("family", FAMILIES, ids=str)
@pytest.mark.parametrize("parameters", HARD, ids=str)
@pytest.mark.parametrize("past", PAST[1::2], ids=str)
def test_the_models_with_dropout_after_an_order(family, parameters, past) -> None:
    x, t_x, age = past
    likelihood = beta_geometric.likelihood_of(Histories.of([x], [t_x], [age], sum_log_gaps=[0.0]), family)
    at = np.log(parameters)
    with mpmath.workdps(100):
        rest = (x, mpmath.mpf(t_x), mpmath.mpf(age), mpmath.mpf(0), family)
        gradient, hessian = derivatives(lambda *values: exact_log_likelihood(*values, *rest), at)
    agree(likelihood.gradient(at)[1], gradient)
    agree(likelihood.curvature(at), hessian)


@pytest.mark.parametrize("parameters", SPENDING, ids=str)
@pytest.mark.parametrize("spend", SPENDS, ids=str)
def test_gamma_gamma(parameters, spend) -> None:
    mean, orders = spend

    def exact(p, q, v):
        n, m = mpmath.mpf(orders), mpmath.mpf(mean)
        level = mpmath.loggamma(p * n + q) - mpmath.loggamma(p * n) - mpmath.loggamma(q)
        return level - p * n * mpmath.log1p(v / (n * m)) - q * mpmath.log1p(n * m / v) - mpmath.log(m)

    likelihood, at = gamma_gamma.likelihood(Spend.of([mean], [orders])), np.log(parameters)
    with mpmath.workdps(100):
        value = float(exact(*(mpmath.exp(mpmath.mpf(float(number))) for number in at)))
        gradient, hessian = derivatives(exact, at)
    assert likelihood.value(at) == pytest.approx(value, rel=1e-10)
    agree(likelihood.gradient(at)[1], gradient)
    agree(likelihood.curvature(at), hessian)
