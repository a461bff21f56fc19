"""Simulate customers of many kinds, fit, find the effects again; and intervals cover what the customers then do."""

import numpy as np
import pytest

from keepers.clv import mbg_nbd, pareto_nbd
from keepers.clv.covariates import WithCovariates
from keepers.clv.histories import Histories
from keepers.clv.kinds.design import Design, Groups, Numbers
from keepers.clv.predicting.predictive import order_count_cdf
from keepers.clv.scoring import coverage, log_score, randomised_pit

EFFECTS = np.array([-0.5, 0.0, 0.5, 0.3, 0.4, 0.0, -0.4, 0.4])


def base(model, values, customers: int, seed: int):
    """Histories of up to 80 weeks, and the orders of the next 26 of the same simulated customers."""
    random = np.random.default_rng(seed)
    terms = [
        Groups.of("channel", random.choice(["fair", "shop", "web"], customers)),
        Numbers("distance", random.choice([0.0, 1.0], customers)),
    ]
    design, pattern = Design.of(terms)
    covariates = WithCovariates(model, design)
    truth = covariates.Parameters.from_array(np.array([*values, *np.exp(EFFECTS)]))
    histories = covariates.simulate(truth, age=random.uniform(20, 80, customers), generator=random, pattern=pattern)
    later = covariates.sample_future(
        truth,
        histories,
        covariates.probability_alive(truth, histories),
        horizon=26.0,
        value_cap=26.0,
        intensity=1.0,
        replicates=1,
        generator=random,
    )
    return covariates, histories, later.orders[0]


def test_the_effects_are_found_again_within_their_intervals() -> None:
    within = []
    for seed in range(4):
        model, histories, _ = base(pareto_nbd, (0.8, 9.0, 0.7, 15.0), 1_500, seed)
        fit = model.fit(histories)
        found = model.posterior(fit, histories, draws=25, generator=np.random.default_rng(seed))
        assert fit.converged
        assert found.k_hat < 0.7
        low, high = (np.log(found.quantile(p)[4:]) for p in (0.05, 0.95))
        within.append((low < EFFECTS) & (high > EFFECTS))
    assert np.mean(within) >= 0.75  # 32 intervals of 90 %: fewer than 24 within is a chance of 1 in 500
    assert np.mean(np.array(within)[:, 2]) >= 0.5


@pytest.mark.parametrize(
    ("plain", "values"), [(pareto_nbd, (0.8, 9.0, 0.7, 15.0)), (mbg_nbd, (0.52, 6.2, 0.9, 1.6))], ids=["pareto", "mbg"]
)
def test_intervals_cover_what_customers_of_every_kind_then_do(plain, values) -> None:
    model, histories, actual = base(plain, values, 4_000, seed=7)
    posterior = model.posterior(model.fit(histories), histories, draws=25, generator=np.random.default_rng(1))
    below, at = order_count_cdf(model, posterior, histories, actual, horizon=26.0)
    pit = randomised_pit(below, at, np.random.default_rng(2))
    for level in (0.5, 0.8, 0.9):
        assert coverage(pit, level) == pytest.approx(level, abs=0.025)
    web = histories.pattern % 2 == 0
    assert coverage(pit[web], 0.9) == pytest.approx(0.9, abs=0.03)


def test_customers_are_forecast_better_than_without_knowing_who_they_are() -> None:
    model, histories, actual = base(pareto_nbd, (0.8, 9.0, 0.7, 15.0), 4_000, seed=8)
    scores = {}
    for name, each in (("plain", pareto_nbd), ("covariates", model)):
        posterior = each.posterior(each.fit(histories), histories, draws=25, generator=np.random.default_rng(1))
        scores[name] = log_score(*order_count_cdf(each, posterior, histories, actual, horizon=26.0))
    assert scores["covariates"] > scores["plain"] + 0.002


def test_small_groups_are_drawn_to_the_common_mean_and_large_ones_to_themselves() -> None:
    random = np.random.default_rng(3)
    sizes = [1_500, 1_500, 40, 40]
    labels = np.repeat(["a", "b", "c", "d"], sizes)
    design, pattern = Design.of([Groups.of("segment", labels)])
    model = WithCovariates(pareto_nbd, design)
    effects = np.array([-0.3, 0.3, -0.3, 0.3, 0.0, 0.0, 0.0, 0.0])
    truth = model.Parameters.from_array(np.array([0.8, 9.0, 0.7, 15.0, *np.exp(effects)]))
    histories = model.simulate(truth, age=random.uniform(20, 60, len(labels)), generator=random, pattern=pattern)
    pooled = np.log(model.fit(histories).parameters.purchase)
    alone = np.log(WithCovariates(pareto_nbd, design, np.full(8, 5.0)).fit(histories).parameters.purchase)
    pooled, alone = (each - each[:2].mean() for each in (pooled, alone))
    assert np.abs(pooled[:2]) == pytest.approx(np.abs(alone[:2]), rel=0.05)
    assert np.all(np.abs(pooled[2:] - pooled.mean()) < np.abs(alone[2:] - alone.mean()))


def test_days_and_weeks_give_the_same_effects() -> None:
    model, histories, _ = base(pareto_nbd, (0.8, 9.0, 0.7, 15.0), 800, seed=9)
    weeks = Histories.of(
        histories.repeat_orders,
        histories.age_at_last_order,
        histories.age,
        time_unit_days=7,
        pattern=histories.pattern,
    )
    one, other = model.fit(weeks), model.fit(weeks.in_unit(1))
    assert other.parameters.purchase == pytest.approx(one.parameters.purchase, rel=1e-4)
    assert other.parameters.dropout == pytest.approx(one.parameters.dropout, rel=1e-4)
