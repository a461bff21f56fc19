"""BG/BB: likelihood against sixty digits, the promises of a purchase model in whole opportunities, recovery."""

import mpmath
import numpy as np
import pytest

from keepers.clv import bg_bb, gamma_gamma
from keepers.clv.bg_bb import Occasions, Parameters
from keepers.clv.gamma_gamma import Spend
from keepers.clv.histories import Histories, InvalidHistoriesError
from keepers.clv.inference.posterior import certain
from keepers.clv.predicting.predictive import order_count_cdf, predict

TRUTH = Parameters(1.2, 0.75, 0.66, 2.8)
CORNERS = [(0, 0, 6), (6, 6, 6), (2, 4, 6), (0, 0, 0), (40, 60, 110), (1, 1, 60), (250, 300, 301)]
SHAPES = [(1.2, 0.75, 0.66, 2.78), (1e-3, 40.0, 2e-3, 900.0), (5e3, 9e3, 0.03, 0.02), (0.05, 0.02, 300.0, 8e3)]


def past() -> Histories:
    return Occasions.of([0, 0, 1, 3, 6, 6], [0, 0, 1, 5, 6, 8], [0, 6, 6, 6, 6, 20])


def exact(alpha, beta, gamma, delta, x: int, t_x: int, n: int) -> mpmath.mpf:
    def ordering(m: int) -> mpmath.mpf:
        return mpmath.beta(alpha + x, beta + m - x) / mpmath.beta(alpha, beta)

    there = ordering(n) * mpmath.beta(gamma, delta + n) / mpmath.beta(gamma, delta)
    gone = (ordering(m) * mpmath.beta(gamma + 1, delta + m) / mpmath.beta(gamma, delta) for m in range(t_x, n))
    return mpmath.log(there + mpmath.fsum(gone))


@pytest.mark.parametrize("shapes", SHAPES, ids=str)
@pytest.mark.parametrize("corner", CORNERS, ids=str)
def test_likelihood_and_gradient_hold_in_hard_corners(corner, shapes) -> None:
    at = np.log(shapes)
    value, slope = bg_bb.likelihood(Occasions.of(*([number] for number in corner))).gradient(at)
    with mpmath.workdps(60):
        start = [mpmath.mpf(float(number)) for number in np.exp(at)]
        step = mpmath.mpf(10) ** -20
        assert value == pytest.approx(float(exact(*start, *corner)), rel=1e-10, abs=1e-12)
        for j in range(4):
            ends = [
                exact(*(p * mpmath.exp(side) if i == j else p for i, p in enumerate(start)), *corner)
                for side in (step, -step)
            ]
            assert slope[j] == pytest.approx(float((ends[0] - ends[1]) / (2 * step)), rel=1e-10, abs=1e-10)


def test_histories_come_from_a_matrix_or_from_counts() -> None:
    table = [[1, 0, 1, 0], [0, 0, 0, 0], [np.nan, np.nan, 1, 1], [np.nan, np.nan, np.nan, np.nan]]
    found = Occasions.of_matrix(table)
    assert found.repeat_orders.tolist() == [2, 0, 2, 0]
    assert found.age_at_last_order.tolist() == [3.0, 0.0, 2.0, 0.0]
    assert found.age.tolist() == [4.0, 4.0, 2.0, 0.0]


def test_histories_that_are_not_opportunities_are_refused() -> None:
    for x, t_x, n in ((1, 1.5, 6), (3, 2, 6), (1, 0, 6), (0, 2, 6)):
        with pytest.raises(InvalidHistoriesError, match="counted in opportunities"):
            Occasions.of([x], [t_x], [n])
    with pytest.raises(InvalidHistoriesError, match="not nan"):
        Occasions.of_matrix([[1, np.nan, 0]])
    with pytest.raises(InvalidHistoriesError, match="counted in opportunities"):
        bg_bb.fit(Histories.of([1], [4.9], [38.9]))


def test_probabilities_fall_with_time_and_are_one_for_who_just_ordered() -> None:
    now, next_, later = (bg_bb.probability_alive(TRUTH, past(), after=after) for after in (0, 1, 20.5))
    assert now[[0, 4]].tolist() == [1.0, 1.0]
    assert np.all((later < next_) & (next_ < now))
    assert bg_bb.probability_alive(TRUTH, past(), after=20) == pytest.approx(later)


@pytest.mark.parametrize("intensity", [1.0, 0.7, 1.5])
def test_order_counts_add_up_to_one_and_to_the_mean(intensity: float) -> None:
    pmf = bg_bb.order_count_pmf(TRUTH, past(), horizon=9, up_to=9, intensity=intensity)
    mean = bg_bb.expected_orders(TRUTH, past(), horizon=9, intensity=intensity)
    assert pmf.sum(axis=1) == pytest.approx(np.ones(6), abs=1e-9)
    assert pmf @ np.arange(10) == pytest.approx(mean, rel=1e-4)


def test_orders_of_two_periods_add_up_and_no_time_brings_none() -> None:
    whole = bg_bb.discounted_expected_orders(TRUTH, past(), horizon=20, discount_rate=0.05)
    parts = [
        bg_bb.discounted_expected_orders(TRUTH, past(), start=start, horizon=length, discount_rate=0.05)
        for start, length in ((0, 8), (8, 12))
    ]
    assert sum(parts) == pytest.approx(whole, rel=1e-12)
    assert bg_bb.expected_orders(TRUTH, past(), horizon=0.9).tolist() == [0.0] * 6
    alive = bg_bb.probability_alive(TRUTH, past())
    given = bg_bb.discounted_expected_orders(TRUTH, past(), horizon=20, discount_rate=0.05, alive=alive / 2)
    assert 2 * given == pytest.approx(whole)


def test_the_next_order_and_the_end_come_at_whole_opportunities() -> None:
    time = bg_bb.next_order_time(TRUTH, past(), horizon=50)
    assert time[4] == 1.0
    assert np.isnan(bg_bb.next_order_time(TRUTH, past(), horizon=0.5)).all()
    one = 1 - bg_bb.order_count_pmf(TRUTH, past(), horizon=time[3], up_to=0)[3, 0] / 1.0
    alive = bg_bb.probability_alive(TRUTH, past())[3]
    assert one / alive >= 0.5 > (1 - bg_bb.order_count_pmf(TRUTH, past(), horizon=time[3] - 1, up_to=0)[3, 0]) / alive
    last = bg_bb.remaining_lifetime(TRUTH, past())
    for row in (0, 4):
        assert bg_bb.probability_alive(TRUTH, past(), after=last[row])[row] >= 0.5
        assert bg_bb.probability_alive(TRUTH, past(), after=last[row] + 1)[row] < 0.5
    assert last[2] == 0.0
    assert np.isinf(bg_bb.remaining_lifetime(TRUTH, past(), horizon=2)[0])


def test_futures_that_are_drawn_have_the_distribution_of_the_formulas() -> None:
    future = bg_bb.sample_future(
        TRUTH, past(), bg_bb.probability_alive(TRUTH, past()), horizon=6, value_cap=20, intensity=1.2,
        replicates=40_000, generator=np.random.default_rng(5),
    )  # fmt: skip
    pmf = bg_bb.order_count_pmf(TRUTH, past(), horizon=6, up_to=6, intensity=1.2)
    for k in range(7):
        assert (future.orders == k).mean(axis=0) == pytest.approx(pmf[:, k], abs=0.01)
    whole = bg_bb.expected_orders(TRUTH, past(), horizon=20, intensity=1.2)
    assert (future.orders + future.later_orders).mean(axis=0) == pytest.approx(whole, rel=0.03, abs=0.03)
    assert not future.orders[future.active == 0].any()


def test_it_serves_as_a_purchase_model_for_intervals_and_values() -> None:
    histories = bg_bb.simulate(TRUTH, age=np.full(600, 8.0), generator=np.random.default_rng(2))
    spend = Spend.of(np.random.default_rng(1).gamma(3.0, 10.0, 600), histories.repeat_orders + 1)
    of_spend = certain(gamma_gamma.fit(spend))
    found = bg_bb.posterior(bg_bb.fit(histories), histories, draws=1, generator=np.random.default_rng(3))
    prediction = predict(
        bg_bb, found, histories, of_spend, spend, horizon=5, value_cap=20, discount_rate=0.05, replicates=200,
        generator=np.random.default_rng(4),
    )  # fmt: skip
    assert np.all((prediction.orders.low >= 0) & (prediction.orders.high <= 5))
    assert prediction.residual_value is not None
    assert np.all(prediction.residual_value.low <= prediction.residual_value.high)
    assert prediction.totals.orders.mean() == pytest.approx(prediction.orders.mean.sum(), rel=0.02)
    below, at = order_count_cdf(bg_bb, found, histories, histories.repeat_orders * 0, horizon=5)
    assert np.all(below == 0)
    assert np.all((at > 0) & (at <= 1))


def test_weights_stand_for_repeated_rows() -> None:
    histories = bg_bb.simulate(TRUTH, age=np.full(500, 6.0), generator=np.random.default_rng(2))
    distinct, _ = histories.distinct()
    assert len(distinct) <= 22
    assert bg_bb.fit(distinct).parameters.as_array() == pytest.approx(bg_bb.fit(histories).parameters.as_array())
    rows = bg_bb.log_likelihood(TRUTH, histories).sum()
    assert bg_bb.likelihood(distinct).value(np.log(TRUTH.as_array())) == pytest.approx(rows, rel=1e-12)
