"""Several models that share the draws forecast as the weighted mean of what each says."""

import numpy as np
import pytest

from keepers.clv import mbg_cnbd_k, mbg_nbd, pareto_nbd
from keepers.clv.drift import NO_DRIFT, OwnChange
from keepers.clv.histories import Histories
from keepers.clv.inference.posterior import Posterior
from keepers.clv.mixture import joined, members_of, mixture_of, shared_out
from keepers.clv.predicting.predictive import order_count_cdf, predict

HISTORIES = Histories.of([0, 2, 9], [0.0, 20.0, 50.0], [30.0, 40.0, 52.0])
MODELS = (pareto_nbd, mbg_cnbd_k)
MIXTURE = mixture_of(MODELS)


def drawn(parameters, draws: int) -> Posterior:
    rows = np.tile(parameters.as_array(), (draws, 1))
    return Posterior(rows, "known", 0.0, float(draws), (), rows, np.full(draws, 1 / draws))


OF_PARETO = drawn(pareto_nbd.Parameters(0.8, 8.0, 0.6, 30.0), 3)
OF_CNBD = drawn(mbg_cnbd_k.Parameters(0.9, 6.0, 0.5, 3.0, 2), 1)
POSTERIOR = joined([OF_PARETO, OF_CNBD])


def test_expected_orders_and_chances_are_the_weighted_means_of_the_models() -> None:
    found = predict(MIXTURE, POSTERIOR, HISTORIES, horizon=26.0, generator=np.random.default_rng(1))
    alone = [
        predict(model, posterior, HISTORIES, horizon=26.0, generator=np.random.default_rng(1))
        for model, posterior in zip(MODELS, (OF_PARETO, OF_CNBD), strict=True)
    ]
    for name in ("probability_alive",):
        expected = 0.75 * getattr(alone[0], name) + 0.25 * getattr(alone[1], name)
        assert getattr(found, name) == pytest.approx(expected)
    assert found.orders.mean == pytest.approx(0.75 * alone[0].orders.mean + 0.25 * alone[1].orders.mean)


def test_the_chance_of_what_happened_is_the_weighted_mean_of_the_models() -> None:
    counts = np.array([0, 3, 8])
    at = [
        order_count_cdf(model, posterior, HISTORIES, counts, horizon=26.0)[1]
        for model, posterior in zip((MIXTURE, *MODELS), (POSTERIOR, OF_PARETO, OF_CNBD), strict=True)
    ]
    assert at[0] == pytest.approx(0.75 * at[1] + 0.25 * at[2])


def test_one_model_alone_is_no_mixture() -> None:
    assert mixture_of([mbg_nbd]) is mbg_nbd
    assert joined([OF_PARETO]) is OF_PARETO


def test_a_customer_meets_only_the_drift_of_the_model_that_a_draw_belongs_to() -> None:
    change = OwnChange.none(members_of(MIXTURE, POSTERIOR))
    assert change.drifts == (NO_DRIFT, NO_DRIFT)
    assert change.met_in(0, np.arange(3)).tolist() == [0, 1, 2]
    assert change.met_in(1, np.arange(3)).tolist() == [1, 2, 0]
    assert change.met_in(3, np.arange(3)).tolist() == [3, 3, 3]


@pytest.mark.parametrize(
    ("weights", "counts"),
    [([1.0], [25]), ([0.6, 0.4], [15, 10]), ([0.47, 0.32, 0.21], [12, 8, 5]), ([9, 0.1], [24, 1])],
)
def test_draws_are_shared_out_by_weight_and_each_model_has_one_at_least(weights, counts) -> None:
    assert shared_out(weights, 25) == counts
