from dataclasses import replace
from typing import TYPE_CHECKING, cast

import numpy as np
import pytest

from keepers.clv import pareto_nbd
from keepers.clv.drift import MOST_VARIANCE, Drift, OwnChange, Rates, chances_of
from keepers.clv.drift_learning import Look, _Seen, clear_of_smaller, judge
from keepers.clv.histories import Histories
from keepers.clv.inference.posterior import certain
from keepers.clv.predicting.predictive import order_count_cdf

if TYPE_CHECKING:
    from keepers.clv.model import PurchaseModel

MODEL = cast("PurchaseModel", pareto_nbd)
WEEKS = 20.0
HISTORIES = Histories.of([0, 6, 60], [0.0, 30.0, 38.0], [40.0, 40.0, 40.0], time_unit_days=7.0)


def look(*, variance: float, customers: int = 2_000, seed: int = 5, season: float = 1.0, habit: bool = False) -> Look:
    """Customers who order often, whose rate then changes by a Gamma factor of their own, and by a season's for all.

    With habit the variance is that of a usual rate, and less the more often somebody comes.
    """
    rng = np.random.default_rng(seed)
    parameters = pareto_nbd.Parameters(r=4.0, alpha=4.0, s=0.6, beta=200.0)
    rate = rng.gamma(parameters.r, 1 / parameters.alpha, customers)
    life = rng.exponential(1 / np.maximum(rng.gamma(parameters.s, 1 / parameters.beta, customers), 1e-12))
    age = 40.0
    orders = rng.poisson(rate * np.minimum(life, age))
    last = np.where(orders > 0, np.minimum(life, age) * rng.random(customers) ** (1 / np.maximum(orders, 1)), 0.0)
    own = np.minimum(variance * (rate.mean() / rate if habit else np.ones(customers)), 2.0)
    factor = rng.gamma(1 / own, own) if variance else np.ones(customers)
    later = rng.poisson(season * rate * factor * np.clip(life - age, 0.0, WEEKS))
    histories = Histories.of(orders, last, np.full(customers, age), time_unit_days=7.0)
    return Look(MODEL, MODEL.fit(histories.thinned(8_000)), histories, later.astype(np.int64), 7 * WEEKS)


def test_customers_whose_rates_stay_teach_no_drift() -> None:
    assert judge([look(variance=0.0)]).drift.variance <= 0.01


def test_what_all_customers_did_together_is_no_drift_of_their_own() -> None:
    many = judge([look(variance=0.0, season=1.5)])
    assert many.drift.variance <= 0.01
    as_usual = judge([look(variance=0.0)])
    assert many.drift.log_score < many.weight @ many.log_chances - 0.05
    assert as_usual.drift.log_score == pytest.approx(float(as_usual.weight @ as_usual.log_chances), abs=0.01)


def test_the_smallest_variance_is_taken_that_is_as_good_within_a_standard_error() -> None:
    weight = np.full(4, 0.25)
    logs = np.array([[0.0, 0.0, 0.0, 0.0], [0.1, 0.3, -0.1, 0.1], [0.3, 0.3, 0.2, 0.2]])  # gains of 0.1 and 0.15
    assert clear_of_smaller(logs, weight, customers=4) == 2
    assert clear_of_smaller(logs[:2], weight, customers=4) == 1
    assert clear_of_smaller(logs[:2], weight, customers=1) == 0


@pytest.mark.parametrize("variance", [0.12, 0.35])
def test_the_variance_of_changing_rates_is_found_again(variance: float) -> None:
    found = judge([look(variance=variance, seed=seed) for seed in (5, 6)]).drift.variance
    assert variance / 2 <= found <= variance * 2


def test_without_an_earlier_origin_nobody_drifts() -> None:
    change = OwnChange.of([judge([]).drift.over(364)], [25])
    assert (change.factors(HISTORIES) == 1.0).all()


def test_factors_have_mean_one_and_spread_that_grows_with_the_forecast() -> None:
    drift = Drift(variance=0.1, days=100.0, log_score=-1.0)
    near, far = (OwnChange.of([each], [2_000]).factors(HISTORIES) for each in (drift, drift.over(200.0)))
    assert near.mean(axis=0) == pytest.approx(np.ones(3))
    assert far.mean(axis=0) == pytest.approx(np.ones(3))
    assert np.log(near).var(axis=0) == pytest.approx(np.log1p(np.full(3, 0.1)), rel=0.01)
    assert np.log(far).var(axis=0) == pytest.approx(np.log1p(np.full(3, 0.1 * 2**1.5)), rel=0.01)


@pytest.mark.parametrize("variance", [0.1, 0.4, MOST_VARIANCE])
def test_more_draws_bring_no_other_factors_and_learning_sees_the_same(variance: float) -> None:
    def points(factors: np.ndarray) -> np.ndarray:
        return np.quantile(factors, [0.1, 0.25, 0.5, 0.75, 0.9], method="hazen")

    def made(count: int) -> np.ndarray:
        return OwnChange.of([Drift(variance, 100.0, -1.0)], [count]).factors(HISTORIES)[:, 0]

    few, more, many = made(25), made(4_000), made(20_000)
    assert points(few) == pytest.approx(points(many), rel=0.01)
    assert points(more) == pytest.approx(points(many), rel=0.001)
    assert few.std() == pytest.approx(many.std(), rel=0.03)
    assert more.max() == pytest.approx(many.max(), rel=0.001)
    assert made(1) == pytest.approx([1.0])
    fine = np.geomspace(0.02, 20.0, 2_000)
    chances = chances_of(fine, variance)
    assert chances @ fine == pytest.approx(1.0, abs=0.001)
    assert chances @ fine**2 == pytest.approx(1.0 + many.var(), rel=0.01)
    assert np.interp([0.25, 0.5, 0.75], np.cumsum(chances), fine) == pytest.approx(points(many)[1:4], rel=0.01)


def test_who_comes_more_often_changes_less_where_rates_tell_and_is_never_wider_than_the_most() -> None:
    rates = Rates.of(pareto_nbd.Parameters(r=1.0, alpha=10.0, s=0.6, beta=200.0), HISTORIES)
    drift = Drift(0.1, 100.0, -1.0, rates)
    assert np.average(rates.relative(HISTORIES), weights=HISTORIES.weight) == pytest.approx(1.0)
    once, some, often = drift.variances(HISTORIES)
    assert once > some > often
    assert some / often == pytest.approx(61 / 7)  # r + x over as long a time
    assert Drift(1.5, 100.0, -1.0, rates).variances(HISTORIES).max() == MOST_VARIANCE
    change = OwnChange.of([Drift(0.0, 100.0, -1.0), drift], [2, 400])
    assert (change.factors(HISTORIES)[:2] == 1.0).all()
    assert np.log(change.factors(HISTORIES)[2:, 1]).var() == pytest.approx(np.log1p(some), rel=0.01)
    assert Drift.told(0.1, 100.0, drift.rates_as_json()).rates == rates


@pytest.mark.parametrize("habit", [False, True])
def test_it_is_found_whether_who_comes_often_changes_less(habit: bool) -> None:
    drift = judge([look(variance=0.3, habit=habit, seed=seed) for seed in (5, 6)]).drift
    assert (drift.rates is not None) == habit


def test_equal_histories_may_have_factors_of_their_own_in_every_chance_of_orders() -> None:
    alike = pareto_nbd.Parameters(r=1.0, alpha=10.0, s=0.6, beta=200.0)
    each = [
        MODEL.order_count_pmf(alike, HISTORIES.at(np.array([row])), horizon=WEEKS, up_to=9, intensity=factor)[0]
        for row, factor in enumerate((0.5, 1.0, 3.0))
    ]
    together = MODEL.order_count_pmf(alike, HISTORIES, horizon=WEEKS, up_to=9, intensity=np.array([0.5, 1.0, 3.0]))
    assert together == pytest.approx(np.stack(each), rel=1e-12)


@pytest.mark.parametrize("variance", [0.005, 0.02, 0.1])
def test_the_score_of_a_variance_is_that_of_rates_that_change_so_much_and_no_more(variance: float) -> None:
    seen_from = look(variance=0.0, customers=300)
    drift, count = Drift(variance, 100.0, -1.0), 400
    point = certain(seen_from.fit)
    known = replace(point, parameters=np.repeat(point.parameters, count, axis=0))
    histories, later = seen_from.histories, seen_from.later_orders
    change = OwnChange.of([drift], [count])
    below, at = order_count_cdf(MODEL, known, histories, later, horizon=WEEKS, drift=change)
    seen = _Seen.at(seen_from, len(histories), 1.0)
    found = float(seen.weight @ seen.log_chances(variance, None, "alone"))
    assert found == pytest.approx(float(np.log(at - below).mean()), abs=7e-4)  # the nodes end where tails go on
