"""The sampler beside densities whose moments are known, and its own judges beside chains that are made up."""

import numpy as np
import pytest

from keepers.clv.inference import nuts

CORRELATED = np.array([[1.0, 0.9, 0.0], [0.9, 1.0, 0.0], [0.0, 0.0, 4.0]])


def normal(at):
    slope = -np.linalg.solve(CORRELATED, at)
    return 0.5 * float(at @ slope), slope


def log_of_a_gamma(at):
    """The logarithm of a Gamma(3) variable: skewed, mean ψ(3), variance ψ'(3)."""
    return float(3 * at[0] - np.exp(at[0])), np.array([3 - np.exp(at[0])])


def test_the_moments_of_a_correlated_normal_are_found() -> None:
    found = nuts.sample_chains(
        normal, np.array([0.5, 0.0, 1.0]), np.eye(3), draws=500, warm_up=200, generator=np.random.default_rng(1)
    )
    flat = found.draws.reshape(-1, 3)
    error = np.sqrt(np.diag(CORRELATED) / found.effective_sample_size)
    assert np.all(np.abs(flat.mean(axis=0)) < 4 * error)
    assert np.cov(flat.T) == pytest.approx(CORRELATED, abs=0.35)
    assert found.complaints() == ()
    assert found.r_hat.max() < 1.02


def test_a_skewed_density_keeps_its_skew() -> None:
    found = nuts.sample_chains(
        log_of_a_gamma, np.array([1.1]), np.eye(1), draws=800, warm_up=200, generator=np.random.default_rng(2)
    )
    quantiles = np.quantile(np.exp(found.draws), [0.05, 0.5, 0.95])
    assert quantiles == pytest.approx([0.8177, 2.6741, 6.2958], rel=0.2)  # of Gamma(3)


def test_a_density_that_is_not_a_number_outside_its_range_is_left_at_the_border() -> None:
    def half(at):
        return (float(-at[0]), np.array([-1.0])) if at[0] > 0 else (float("nan"), np.array([float("nan")]))

    found = nuts.sample_chains(
        half, np.array([3.0]), np.eye(1), draws=500, warm_up=150, chains=2, generator=np.random.default_rng(3)
    )
    assert found.draws.min() > 0
    assert found.draws.mean() == pytest.approx(1.0, abs=0.2)


def test_chains_that_have_not_met_are_told() -> None:
    random = np.random.default_rng(4)
    apart = random.normal(size=(4, 500, 1)) + np.array([0.0, 0.0, 0.0, 2.0])[:, None, None]
    wide = random.normal(size=(4, 500, 1)) * np.array([1.0, 1.0, 1.0, 4.0])[:, None, None]
    together = random.normal(size=(4, 500, 1))
    assert nuts.r_hat(apart)[0] > 1.2
    assert nuts.r_hat(wide)[0] > 1.1  # same place, another spread
    assert nuts.r_hat(together)[0] < 1.01
    found = nuts.Chains(apart, nuts.r_hat(apart), nuts.effective_sample_size(apart), 100, 0)
    assert len(found.complaints()) == 3
    assert "have not settled" in found.complaints()[0]


def test_effective_sample_size_is_that_of_an_autoregression() -> None:
    random, carry = np.random.default_rng(5), 0.8
    noise = random.normal(size=(4, 5_000))
    chains = np.zeros_like(noise)
    for i in range(1, 5_000):
        chains[:, i] = carry * chains[:, i - 1] + noise[:, i]
    worth = nuts._worth(nuts._halves(chains[:, :, None]))[0]
    assert worth == pytest.approx(20_000 * (1 - carry) / (1 + carry), rel=0.15)
    independent = random.normal(size=(4, 5_000, 1))
    assert nuts._worth(nuts._halves(independent))[0] == pytest.approx(20_000, rel=0.1)
