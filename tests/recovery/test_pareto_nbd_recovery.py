"""Simulate, fit, find the parameters again; and intervals cover what the simulated customers then do."""

import numpy as np
import pytest

from keepers.clv import pareto_nbd
from keepers.clv.histories import Histories
from keepers.clv.predicting.predictive import Window, draw_futures, order_count_cdf, predict
from keepers.clv.scoring import coverage, randomised_pit

TRUTH = pareto_nbd.Parameters(0.8, 9.0, 0.7, 15.0)


def base(customers: int, seed: int) -> tuple[Histories, np.ndarray]:
    """Histories of 52 weeks, and the orders of the 26 weeks after, of the same simulated customers."""
    random = np.random.default_rng(seed)
    age = random.uniform(20, 52, customers)
    rate = random.gamma(TRUTH.r, 1 / TRUTH.alpha, customers)
    life = random.exponential(1.0, customers) / random.gamma(TRUTH.s, 1 / TRUTH.beta, customers)
    active, later = np.minimum(life, age), np.clip(life - age, 0.0, 26.0)
    orders = random.poisson(rate * active)
    last = np.where(orders > 0, active * random.random(customers) ** (1 / np.maximum(orders, 1)), 0.0)
    return Histories.of(orders, last, age, time_unit_days=7), random.poisson(rate * later)


def test_the_parameters_are_found_again_within_their_intervals() -> None:
    within = []
    for seed in range(4):
        histories, _ = base(3_000, seed)
        fit = pareto_nbd.fit(histories)
        found = pareto_nbd.posterior(fit, histories, draws=25, generator=np.random.default_rng(seed))
        assert fit.converged
        truth = TRUTH.as_array()
        within.append((found.quantile(0.01) < truth) & (truth < found.quantile(0.99)))
    assert np.mean(within) >= 0.85


@pytest.mark.parametrize("customers", [300, 4_000])
def test_intervals_cover_what_customers_then_do(customers: int) -> None:
    histories, actual = base(customers, seed=7)
    fit = pareto_nbd.fit(histories)
    posterior = pareto_nbd.posterior(fit, histories, draws=25, generator=np.random.default_rng(1))
    below, at = order_count_cdf(pareto_nbd, posterior, histories, actual, horizon=26.0)
    pit = randomised_pit(below, at, np.random.default_rng(2))
    tolerance = 3.0 / np.sqrt(customers)
    for level in (0.5, 0.8, 0.9):
        assert coverage(pit, level) == pytest.approx(level, abs=tolerance * np.sqrt(level * (1 - level)) + 0.005)


def test_the_total_lies_within_its_interval() -> None:
    covered = []
    for seed in range(8):
        histories, actual = base(600, seed=20 + seed)
        fit = pareto_nbd.fit(histories)
        posterior = pareto_nbd.posterior(fit, histories, draws=25, generator=np.random.default_rng(1))
        found = predict(pareto_nbd, posterior, histories, horizon=26.0, generator=np.random.default_rng(3))
        low, high = np.quantile(found.totals.orders, [0.01, 0.99])
        covered.append(low <= actual.sum() <= high)
    assert sum(covered) >= 7


def test_twenty_customers_get_wide_but_finite_intervals() -> None:
    histories, _ = base(20, seed=3)
    fit = pareto_nbd.fit(histories)
    posterior = pareto_nbd.posterior(fit, histories, draws=25, generator=np.random.default_rng(1))
    draws = draw_futures(
        pareto_nbd, posterior, histories, window=Window(26.0, 26.0), generator=np.random.default_rng(2)
    )
    total = draws.orders.sum(axis=1)
    assert posterior.quantile(0.95)[0] > 2 * posterior.quantile(0.05)[0]
    low, high = np.quantile(total, [0.05, 0.95])
    assert 0 <= low < 0.5 * total.mean()  # twenty customers may well all be gone
    assert 1.5 * total.mean() < high < 1_000
