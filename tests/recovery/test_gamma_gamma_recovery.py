"""Simulate, fit, find the parameters again."""

import numpy as np
import pytest

from keepers.clv import gamma_gamma
from keepers.clv.gamma_gamma import Parameters
from keepers.clv.spend import Spend


@pytest.mark.parametrize("truth", [Parameters(6.0, 3.7, 15.0), Parameters(1.5, 2.0, 400.0)], ids=str)
def test_the_truth_lies_within_three_standard_errors(truth: Parameters) -> None:
    generator = np.random.default_rng(20)
    fit = gamma_gamma.fit(gamma_gamma.simulate(truth, generator.geometric(0.3, 8000), generator))
    error = np.sqrt(np.diag(np.linalg.inv(-fit.hessian)))
    assert fit.converged
    assert np.all(np.abs(fit.log_parameters - np.log(truth.as_array())) < 3 * error)


def test_posterior_intervals_hold_the_truth_as_often_as_they_say() -> None:
    truth = Parameters(3.0, 3.0, 30.0)
    inside = []
    for seed in range(15):
        generator = np.random.default_rng(seed)
        spend = gamma_gamma.simulate(truth, generator.geometric(0.4, 250), generator)
        posterior = gamma_gamma.posterior(gamma_gamma.fit(spend), spend, draws=50, generator=generator)
        low, high = posterior.quantile(0.1), posterior.quantile(0.9)
        inside.append((low <= truth.as_array()) & (truth.as_array() <= high))
    assert np.mean(inside) == pytest.approx(0.8, abs=0.15)


def test_expected_order_value_is_unbiased_on_unseen_orders() -> None:
    truth = Parameters(4.0, 3.5, 30.0)
    generator = np.random.default_rng(2)
    rate = generator.gamma(truth.q, 1 / truth.v, 100_000)
    seen, later = generator.gamma(truth.p, 1 / rate), generator.gamma(truth.p, 1 / rate)
    expected = gamma_gamma.expected_order_value(truth, Spend.of(seen, np.ones(len(seen), dtype=int)))
    large = seen > np.quantile(seen, 0.9)
    assert expected.mean() == pytest.approx(later.mean(), rel=0.01)
    assert expected[large].mean() == pytest.approx(later[large].mean(), rel=0.03)
