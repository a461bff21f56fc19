"""Chances that a manager can use: among the best, and worth what serving costs."""

import numpy as np
import pytest

from keepers.clv import gamma_gamma, mbg_nbd, pareto_nbd
from keepers.clv.predicting.predictive import Prediction, Spending, Window, draw_futures, predict

HORIZON, CAP, RATE = 20.0, 120.0, 0.004


def predicted(model, truth, **more) -> tuple[Prediction, Spending]:
    generator = np.random.default_rng(4)
    histories = model.simulate(truth, age=np.full(500, 40.0), generator=generator)
    orders = histories.repeat_orders + 1
    spend = gamma_gamma.simulate(gamma_gamma.Parameters(4.0, 5.0, 40.0), orders, generator)
    posterior = model.posterior(model.fit(histories), histories, draws=25, generator=generator)
    spent = gamma_gamma.posterior(gamma_gamma.fit(spend), spend, draws=25, generator=generator)
    if more.pop("ranked", False):
        drawn = draw_futures(
            model, posterior, histories, Spending.of(spend, spent), window=Window(HORIZON, CAP, RATE),
            generator=np.random.default_rng(9),
        )  # fmt: skip
        more["top"] = np.quantile(drawn.residual_value.reshape(25, -1), 0.9, axis=1)
    found = predict(
        model, posterior, histories, spent, spend, horizon=HORIZON, value_cap=CAP, discount_rate=RATE,
        replicates=8, generator=generator, **more,
    )  # fmt: skip
    return found, Spending.of(spend, spent)


def test_the_chances_to_be_in_the_top_tenth_add_to_a_tenth_of_the_base_and_follow_worth() -> None:
    found, _ = predicted(pareto_nbd, pareto_nbd.Parameters(0.8, 6.0, 0.7, 15.0), ranked=True)
    assert found.in_top.sum() == pytest.approx(50.0, rel=0.05)
    best = np.argsort(-found.residual_value.mean)[:50]
    assert found.in_top[best].mean() > 0.5
    assert found.in_top[found.probability_alive < 0.02].max(initial=0.0) < 0.1


@pytest.mark.parametrize(
    ("model", "truth"),
    [
        (pareto_nbd, pareto_nbd.Parameters(0.8, 6.0, 0.7, 15.0)),
        (mbg_nbd, mbg_nbd.Parameters(0.8, 6.0, 0.7, 2.5)),
    ],
    ids=["pareto-nbd", "mbg-nbd"],
)
def test_what_serving_costs_is_taken_off_for_as_long_as_they_are_customers(model, truth) -> None:
    plain, _ = predicted(model, truth)
    net, _ = predicted(model, truth, cost_to_serve=0.5)
    for kind in ("period_value", "residual_value"):
        before, after = getattr(plain, kind), getattr(net, kind)
        assert (after.mean < before.mean).all()
        assert getattr(net.totals, kind).mean() == pytest.approx(after.mean.sum(), rel=0.03)
    assert plain.above_cost is None
    assert (net.above_cost <= plain.chance_of_order.max()).all()
    longest = 0.5 * net.probability_alive * (1 - np.exp(-RATE * CAP)) / RATE
    assert (plain.residual_value.mean - net.residual_value.mean <= longest + 1e-9).all()


def test_serving_for_nothing_changes_no_value_and_more_cost_never_raises_a_chance() -> None:
    truth = pareto_nbd.Parameters(0.8, 6.0, 0.7, 15.0)
    plain, _ = predicted(pareto_nbd, truth)
    free, _ = predicted(pareto_nbd, truth, cost_to_serve=0.0)
    dear, _ = predicted(pareto_nbd, truth, cost_to_serve=3.0)
    assert free.residual_value.mean == pytest.approx(plain.residual_value.mean)
    assert free.residual_value.high == pytest.approx(plain.residual_value.high)
    assert (dear.above_cost <= free.above_cost).all()
    assert dear.above_cost.sum() < 0.95 * free.above_cost.sum()
