import numpy as np
import pytest

from keepers.clv import mbg_cnbd_k, pareto_nbd
from keepers.clv.histories import Histories
from keepers.clv.predicting.count_points import count_points

PARETO = pareto_nbd.Parameters(0.7, 9.0, 0.6, 20.0)
HORIZON = 52.0


def points(model, parameters, histories, *, intensity=(1.0,)):
    draws = [parameters] * len(intensity)
    mean = np.mean(
        [model.expected_orders(parameters, histories, horizon=HORIZON, intensity=each) for each in intensity], axis=0
    )
    each = np.repeat(np.array(intensity)[:, None], len(histories), axis=1)
    return count_points(model, draws, each, histories, mean, horizon=HORIZON, low=0.05, high=0.95)


@pytest.mark.parametrize(
    ("model", "parameters"), [(pareto_nbd, PARETO), (mbg_cnbd_k, mbg_cnbd_k.Parameters(0.8, 4.0, 0.9, 2.5, 2))]
)
def test_points_are_the_smallest_counts_whose_chance_is_reached(model, parameters) -> None:
    rng = np.random.default_rng(1)
    past = model.simulate(parameters, age=rng.uniform(1, 100, 300), generator=rng)
    low, high = points(model, parameters, past, intensity=(0.5, 1.0, 2.0))
    pmf = np.mean(
        [model.order_count_pmf(parameters, past, horizon=HORIZON, up_to=400, intensity=m) for m in (0.5, 1.0, 2.0)],
        axis=0,
    )
    reached = np.cumsum(pmf, axis=1)
    assert low.tolist() == np.argmax(reached >= 0.05, axis=1).tolist()
    assert high.tolist() == np.argmax(reached >= 0.95, axis=1).tolist()
    assert high.max() > 20


def test_whoever_hardly_orders_has_both_points_at_nothing() -> None:
    gone = Histories.of([0], [0.0], [400.0])
    assert [each.tolist() for each in points(pareto_nbd, PARETO, gone)] == [[0.0], [0.0]]


def test_a_point_far_beyond_the_mean_is_looked_for_until_it_is_found() -> None:
    busy = Histories.of([2_000, 300], [100.0, 40.0], [100.0, 90.0])
    low, high = points(pareto_nbd, PARETO, busy, intensity=(0.01, 0.01, 4.0))
    assert low[0] < 30 < 3_000 < high[0]
    assert (low[1], high[1]) == (0.0, 0.0)
