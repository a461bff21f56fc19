"""Whoever looks every day is wrong no more often than the intervals say, where nothing works and where something does.

KEEPERS_EXPERIMENTS names how many experiments a case are simulated; `make fuzz` simulates many.
"""

import os

import numpy as np
import pytest

from keepers.experiments.balance import ALARM, balance
from keepers.experiments.effects import Sample, difference
from keepers.experiments.intervals import LEVEL, always_valid
from keepers.experiments.verdicts import FIRST_LOOK

EXPERIMENTS = int(os.environ.get("KEEPERS_EXPERIMENTS", "50"))
BUYERS = 0.03
MEAN = BUYERS * np.exp(4.2 + 0.9**2 / 2)
PEOPLE, LOOKS = 6_000, 8
ALLOWED = (1 - LEVEL) + 3 * np.sqrt(LEVEL * (1 - LEVEL) / EXPERIMENTS)


def spends(random: np.random.Generator, people: int, lift: float) -> np.ndarray:
    """What a customer spends, 97 % nothing and some very much; the lift makes more of them buy."""
    buys = random.random(people) < BUYERS * (1 + lift)
    return np.where(buys, np.exp(random.normal(4.2, 0.9, people)), 0.0)


@pytest.mark.parametrize(("held", "lift"), [(0.5, 0.0), (0.1, 0.0), (0.2, 0.5)])
def test_people_who_arrive_are_looked_at_as_they_come(held: float, lift: float) -> None:
    random = np.random.default_rng(5)
    missed = sum(arrivals_are_missed(random, held, lift) for _ in range(EXPERIMENTS))
    assert missed / EXPERIMENTS <= ALLOWED


@pytest.mark.parametrize(("held", "lift"), [(0.5, 0.0), (0.1, 0.3)])
def test_people_treated_on_one_day_are_looked_at_as_they_order(held: float, lift: float) -> None:
    """The same people every day, some of whom order far more often than others."""
    random = np.random.default_rng(6)
    missed = sum(orders_are_missed(random, held, lift) for _ in range(EXPERIMENTS))
    assert missed / EXPERIMENTS <= ALLOWED


def test_arms_that_divide_as_drawn_seldom_raise_the_alarm_at_any_look() -> None:
    random = np.random.default_rng(7)
    alarms = 0
    for _ in range(2 * EXPERIMENTS):
        held = np.cumsum(random.random(20_000) < 0.1)[499::500]
        looks = (
            balance({"held": h, "letter": n - h}, {"held": 0.1, "letter": 0.9})
            for h, n in zip(held, range(500, 20_001, 500), strict=True)
        )
        alarms += any(not look.holds for look in looks)
    assert alarms / (2 * EXPERIMENTS) <= ALARM + 3 * np.sqrt(ALARM / (2 * EXPERIMENTS))


def arrivals_are_missed(random: np.random.Generator, held: float, lift: float) -> bool:
    arm = (random.random(PEOPLE) >= held).astype(np.intp)
    outcome = np.where(arm == 1, spends(random, PEOPLE, lift), spends(random, PEOPLE, 0.0))
    return any(
        is_missed(outcome[:count], arm[:count], held, count / PEOPLE, MEAN * lift)
        for count in np.geomspace(500, PEOPLE, LOOKS).astype(int)
    )


def orders_are_missed(random: np.random.Generator, held: float, lift: float) -> bool:
    arm = (random.random(PEOPLE) >= held).astype(np.intp)
    pace = random.gamma(0.3, 1 / 0.3, PEOPLE) * BUYERS / LOOKS * np.where(arm == 1, 1 + lift, 1.0)
    spent = np.zeros(PEOPLE)
    for day in range(1, LOOKS + 1):
        bought = random.poisson(pace)
        who = np.flatnonzero(bought)
        spent[who] += bought[who] * np.exp(random.normal(4.2, 0.9, len(who)))
        if is_missed(spent, arm, held, day / LOOKS, MEAN * lift * day / LOOKS):
            return True
    return False


def is_missed(outcome: np.ndarray, arm: np.ndarray, held: float, seen: float, truth: float) -> bool:
    sample = Sample(arm, np.where(arm == 1, 1 - held, held), np.zeros((len(arm), 0)))
    found = difference(sample, outcome, arm=1)
    if min(found.movers, found.movers_held) < FIRST_LOOK:
        return False
    interval = always_valid(found.mean, found.standard_error, seen=seen)
    return not interval.low <= truth <= interval.high
