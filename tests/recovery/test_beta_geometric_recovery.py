"""Simulate customers who may drop out after an order, fit, find the parameters again; forecast what they then do."""

import numpy as np
import pytest

from keepers.clv import bg_nbd, mbg_cnbd_k, mbg_nbd, scoring
from keepers.clv.histories import Histories
from keepers.clv.predicting import predictive

RATES = (0.8, 40.0, 0.9, 2.5)
CASES = [
    (bg_nbd, bg_nbd.Parameters(*RATES)),
    (mbg_nbd, mbg_nbd.Parameters(*RATES)),
    (mbg_cnbd_k, mbg_cnbd_k.Parameters(1.2, 20.0, 0.9, 2.5, k=3)),
]
IDS = ["bg-nbd", "mbg-nbd", "mbg-cnbd-k"]


def customers(model, truth, count: int, generator: np.random.Generator, *, days: int = 500) -> Histories:
    return model.simulate(truth, age=generator.uniform(days / 2, days, count), generator=generator)


@pytest.mark.parametrize(("model", "truth"), CASES, ids=IDS)
def test_the_truth_lies_within_three_standard_errors(model, truth) -> None:
    generator = np.random.default_rng(31)
    fit = model.fit(customers(model, truth, 8000, generator))
    error = np.sqrt(np.diag(np.linalg.inv(-fit.hessian)))
    assert fit.converged
    assert np.all(np.abs(fit.log_parameters - np.log(truth.as_array()[:4])) < 3 * error)


@pytest.mark.parametrize("k", [1, 2, 4])
def test_the_regularity_is_found_again(k: int) -> None:
    generator = np.random.default_rng(7)
    truth = mbg_cnbd_k.Parameters(1.0, 15.0 * k, 0.8, 3.0, k=k)
    assert mbg_cnbd_k.fit(customers(mbg_cnbd_k, truth, 1500, generator)).parameters.k == k


@pytest.mark.parametrize(("model", "truth"), CASES, ids=IDS)
def test_forecasts_from_simulated_histories_cover_what_follows(model, truth) -> None:
    """Histories of 700 days, cut at day 400: the first part is fitted, the rest is what happened."""
    generator = np.random.default_rng(17)
    past, later = cut(model, truth, 3000, generator)
    posterior = model.posterior(model.fit(past), past, draws=25, generator=generator)
    below, at = predictive.order_count_cdf(model, posterior, past, later, horizon=300.0)
    assert scoring.expected_coverage(below, at, 0.9) == pytest.approx(0.9, abs=0.02)
    assert scoring.expected_coverage(below, at, 0.5) == pytest.approx(0.5, abs=0.03)
    prediction = predictive.predict(model, posterior, past, horizon=300.0, generator=generator)
    assert prediction.orders.mean.sum() == pytest.approx(later.sum(), rel=0.08)


def cut(model, truth, count: int, generator: np.random.Generator, *, at: float = 400.0, end: float = 700.0):
    """The history up to `at` and the orders from there to `end`, by order: written out, apart from the engine's own."""
    r, alpha, a, b, *k = truth.as_array()
    stages = int(k[0]) if k else 1
    rows, later = [], []
    for rate, leaves in zip(generator.gamma(r, 1 / alpha, count), generator.beta(a, b, count), strict=True):
        gaps = generator.gamma(stages, 1 / rate, 400)
        times = np.cumsum(gaps)
        chances = generator.random(401) < leaves
        if model is bg_nbd:
            chances[0] = False
        last = int(np.argmax(chances)) if chances.any() else 400
        times = times[:last]
        seen = times[times <= at]
        rows.append((len(seen), seen[-1] if len(seen) else 0.0, np.log(gaps[: len(seen)]).sum()))
        later.append(int(((times > at) & (times <= end)).sum()))
    orders, latest, log_gaps = (np.array(column) for column in zip(*rows, strict=True))
    return Histories.of(orders, latest, np.full(count, at), sum_log_gaps=log_gaps), np.array(later)
