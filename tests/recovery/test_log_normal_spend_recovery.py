"""Simulate log-normal spend, fit, find the parameters again; intervals hold the truth as often as they say."""

import numpy as np
import pytest

from keepers.clv import log_normal_spend
from keepers.clv.log_normal_spend import Parameters


@pytest.mark.parametrize("truth", [Parameters(20.0, 0.5, 0.8), Parameters(400.0, 1.2, 0.4, 0.5, 4.0)], ids=str)
def test_the_truth_lies_within_three_standard_errors(truth: Parameters) -> None:
    generator = np.random.default_rng(20)
    spend = log_normal_spend.simulate(truth, generator.geometric(0.3, 8000), generator)
    fit = log_normal_spend.fit(spend)
    error = np.sqrt(np.diag(np.linalg.inv(-fit.hessian)))
    assert fit.converged
    assert np.all(np.abs(fit.log_parameters - np.log(truth.as_array()[:3])) < 3 * error)
    assert fit.parameters.zero_a == pytest.approx(truth.zero_a, rel=0.15)
    assert fit.parameters.zero_b == pytest.approx(truth.zero_b, rel=0.15)


def test_posterior_intervals_hold_the_truth_as_often_as_they_say() -> None:
    truth = Parameters(30.0, 0.7, 0.6, 0.4, 3.0)
    inside = []
    for seed in range(15):
        generator = np.random.default_rng(seed)
        spend = log_normal_spend.simulate(truth, generator.geometric(0.4, 250), generator)
        fit = log_normal_spend.fit(spend)
        posterior = log_normal_spend.posterior(fit, spend, draws=50, generator=generator)
        low, high = posterior.quantile(0.1), posterior.quantile(0.9)
        inside.append((low <= truth.as_array()) & (truth.as_array() <= high))
    assert np.mean(inside) == pytest.approx(0.8, abs=0.12)


def test_expected_order_value_is_unbiased_on_unseen_orders_and_on_those_of_big_spenders() -> None:
    truth = Parameters(30.0, 0.8, 0.7, 0.3, 2.0)
    generator = np.random.default_rng(2)
    whole = log_normal_spend.simulate(truth, np.full(60_000, 2), generator)
    seen, later = _first_and_second(truth, 60_000, generator)
    expected = log_normal_spend.expected_order_value(truth, seen)
    large = seen.mean_order_value > np.quantile(seen.mean_order_value, 0.9)
    assert expected.mean() == pytest.approx(whole.mean_order_value.mean(), rel=0.02)
    assert expected.mean() == pytest.approx(later.mean(), rel=0.02)
    assert expected[large].mean() == pytest.approx(later[large].mean(), rel=0.04)


def _first_and_second(truth: Parameters, customers: int, generator: np.random.Generator):
    """One occasion seen of each customer, and the value of the next."""
    centre = np.log(truth.median_order_value) + truth.between_spread * generator.normal(size=customers)
    share = generator.beta(truth.zero_a, truth.zero_b, customers)
    logs = centre[:, None] + truth.own_spread * generator.normal(size=(customers, 2))
    values = np.exp(logs) * (generator.random((customers, 2)) >= share[:, None])
    paid = (values[:, 0] > 0).astype(np.int64)
    seen = log_normal_spend.Spend.of(
        values[:, 0], np.ones(customers), paid_orders=paid, mean_log_value=logs[:, 0], var_log_value=0 * logs[:, 0]
    )
    return seen, values[:, 1]
