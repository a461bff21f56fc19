"""The strength of a ridge is where the effects, integrated out, make the data likeliest."""

import numpy as np
import pytest
from scipy.stats import multivariate_normal

from keepers.clv.kinds.pooling import Evidence, learned_spread, told_apart


def evidence_of(estimates, errors) -> Evidence:
    """Independent estimates of effects with standard errors."""
    information = np.diag(1 / np.asarray(errors) ** 2)
    return Evidence(information, information @ np.asarray(estimates))


def test_the_evidence_is_the_density_of_the_estimates_with_the_effects_integrated_out() -> None:
    random = np.random.default_rng(4)
    root = random.normal(size=(3, 3))
    covariance, estimates = root @ root.T + np.eye(3), random.normal(size=3)
    information = np.linalg.inv(covariance)
    evidence = Evidence(information, information @ estimates)
    none = multivariate_normal(np.zeros(3), covariance).logpdf(estimates)
    for spread in (np.full(3, 0.3), np.array([0.1, 2.0, 0.7])):
        exact = multivariate_normal(np.zeros(3), covariance + np.diag(spread**2)).logpdf(estimates)
        assert evidence.log_density(spread) == pytest.approx(exact - none)
        step = 1e-6
        slopes = [
            (evidence.log_density(spread * np.exp(step * side)) - evidence.log_density(spread * np.exp(-step * side)))
            / (2 * step)
            for side in np.eye(3)
        ]
        assert evidence.slope(spread) == pytest.approx(slopes, abs=1e-7)


def test_other_parameters_are_integrated_out() -> None:
    random = np.random.default_rng(5)
    root = random.normal(size=(5, 5))
    precision = root @ root.T + np.eye(5)
    mode, at = random.normal(size=5), random.normal(size=5)
    found = Evidence.at(at, -precision @ (at - mode), -precision, others=2)
    marginal = np.linalg.inv(np.linalg.inv(precision)[2:, 2:])
    assert found.information == pytest.approx(marginal, rel=1e-6)
    assert found.pull == pytest.approx(marginal @ mode[2:], rel=1e-6)


def test_many_groups_that_differ_show_how_much() -> None:
    random = np.random.default_rng(6)
    truth = random.normal(0, 0.4, 60)
    evidence = evidence_of(truth + random.normal(0, 0.1, 60), np.full(60, 0.1))
    block = np.arange(60)
    spread = learned_spread(evidence, [block])
    assert spread == pytest.approx(np.full(60, truth.std()), rel=0.1)
    assert told_apart(evidence, spread, block)


def test_groups_that_do_not_differ_are_drawn_together() -> None:
    random = np.random.default_rng(7)
    evidence = evidence_of(random.normal(0, 0.1, 40), np.full(40, 0.1))
    spread = learned_spread(evidence, [np.arange(40)])
    assert spread[0] < 0.06
    assert not told_apart(evidence, spread, np.arange(40))


def test_each_block_has_a_strength_of_its_own() -> None:
    random = np.random.default_rng(8)
    estimates = np.concatenate([random.normal(0, 1.0, 30), random.normal(0, 0.05, 30)])
    spread = learned_spread(evidence_of(estimates, np.full(60, 0.05)), [np.arange(30), np.arange(30, 60)])
    assert spread[0] > 0.7
    assert spread[-1] < 0.07


def test_without_data_the_strength_is_the_usual_one() -> None:
    assert learned_spread(Evidence(np.zeros((1, 1)), np.zeros(1)), [np.arange(1)]) == pytest.approx([0.5], rel=1e-3)
    assert learned_spread(Evidence(np.zeros((0, 0)), np.zeros(0)), []).tolist() == []
