"""Who stayed: an action that keeps people is told apart from one that makes them order, and nothing from both."""

from functools import cache

import numpy as np
import pytest

from keepers.clv import pareto_nbd
from keepers.clv.histories import Floats, Histories
from keepers.experiments.effects import Sample
from keepers.experiments.measuring import Looking, MeasuredArm, Outcomes, measure
from keepers.experiments.staying import Stays, simulated_windows, standing

PEOPLE, AGE, WINDOW = 12_000, 60.0, 26.0  # weeks
TRUTH = pareto_nbd.Parameters(r=1.5, alpha=8.0, s=1.5, beta=60.0)


@cache
def tried(*, orders: float = 1.0, leaving: float = 1.0) -> MeasuredArm:
    """Half of a base get an action that multiplies how often they order and how fast they leave."""
    luck = np.random.default_rng(7)
    arm = luck.permutation(np.arange(PEOPLE) % 2)
    rate = luck.gamma(TRUTH.r, 1 / TRUTH.alpha, PEOPLE)
    pace = luck.gamma(TRUTH.s, 1 / TRUTH.beta, PEOPLE)
    life = luck.exponential(1 / pace)
    usual_count, usual_last = seen(luck, rate, np.minimum(life, AGE))
    before = Histories.of(usual_count, usual_last, np.full(PEOPLE, AGE))
    left = np.where(arm == 1, (life - AGE) / leaving, life - AGE)
    count, last = seen(luck, np.where(arm == 1, orders * rate, rate), np.clip(left, 0.0, WINDOW))
    after = Histories.of(
        usual_count + count, np.where(count > 0, AGE + last, usual_last), np.full(PEOPLE, AGE + WINDOW)
    )
    alive = pareto_nbd.probability_alive(TRUTH, before)
    known = np.column_stack([alive, pareto_nbd.expected_orders(TRUTH, before, horizon=WINDOW)])
    windows = simulated_windows(pareto_nbd, np.array([TRUTH.as_array()]), before, WINDOW, np.random.default_rng(8))
    at_end, left = standing(pareto_nbd, TRUTH, before, after)
    stays = Stays(
        alive=at_end,
        left=left,
        worth=np.full(PEOPLE, 100.0),
        known=known,
        answer=windows.answer(),
    )
    sample = Sample(arm.astype(np.intp), np.full(PEOPLE, 0.5), known)
    outcomes = Outcomes(count.astype(float), 10.0 * count, stays)
    return measure(sample, outcomes, ["held out", "call"], costs={"call": 1.0}, looking=Looking()).arms[0]


def seen(luck: np.random.Generator, rate: Floats, time: Floats) -> tuple[Floats, Floats]:
    """Orders in some time, evenly spread, and when the last of them was."""
    count = luck.poisson(rate * time)
    return count, np.where(count > 0, time * luck.random(len(time)) ** (1 / np.maximum(count, 1)), 0.0)


def factors(arm: MeasuredArm) -> tuple[tuple[float, float], tuple[float, float]]:
    assert arm.stayed is not None
    assert arm.stayed.orders_factor is not None
    assert arm.stayed.leaving_factor is not None
    both = arm.stayed.orders_factor.difference, arm.stayed.leaving_factor.difference
    return (1 + both[0].mean, both[0].standard_error), (1 + both[1].mean, both[1].standard_error)


@pytest.mark.parametrize(("orders", "leaving"), [(1.0, 1.0), (1.3, 1.0), (1.0, 0.5), (1.0, 1.5)])
def test_what_is_done_to_orders_and_to_leaving_is_told_apart(orders: float, leaving: float) -> None:
    (ordered, ordered_error), (left, left_error) = factors(tried(orders=orders, leaving=leaving))
    assert abs(ordered - orders) < 2.5 * ordered_error
    assert abs(left - leaving) < 2.5 * left_error
    assert (ordered_error < 0.05, left_error < 0.2) == (True, True)


def test_whoever_stays_is_worth_what_was_known_of_them_before() -> None:
    kept, usual = tried(leaving=0.5).stayed, tried().stayed
    assert kept is not None and usual is not None and kept.whole is not None
    assert kept.kept.difference.mean == pytest.approx(100.0 * kept.alive.difference.mean, rel=1e-6)
    assert kept.kept.interval is not None and kept.kept.interval.low > 0
    assert usual.kept.interval is not None and usual.kept.interval.low <= 0 <= usual.kept.interval.high
    margin = tried(leaving=0.5).margin
    assert margin is not None
    assert kept.whole.difference.mean == pytest.approx(margin.difference.mean + kept.kept.difference.mean, rel=0.05)
    assert kept.as_json()["leaving_factor"]["mean"] < -0.2  # type: ignore[index]


def test_a_window_in_which_hardly_anybody_orders_tells_nothing_of_leaving() -> None:
    few = Histories.of([0, 1], [0.0, 3.0], [4.0, 4.0])
    windows = simulated_windows(pareto_nbd, np.array([TRUTH.as_array()]), few, 1e-4, np.random.default_rng(1))
    assert not windows.answer().tells
