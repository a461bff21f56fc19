"""What an offer adds to those who are gone: the silence is absence, serving costs, and a late return comes anyway."""

from dataclasses import replace

import numpy as np
import pytest

from keepers.clv import pareto_nbd
from keepers.clv.histories import Histories
from keepers.clv.inference.posterior import Posterior
from keepers.decisions.returns import Returns
from keepers.decisions.standing import Ahead, Part
from keepers.decisions.terms.effects import Multiplier
from keepers.decisions.winning_back import offered, second_life

AHEAD = Ahead(year=52.0, value_cap=260.0, discount_rate=0.002)
ORDER = np.full(3, 10.0)


def part(orders=(3, 3, 3), last=(40.0, 40.0, 40.0), age=(100.0, 200.0, 400.0)) -> Part:
    drawn = np.array([[0.6, 10.0, 0.7, 12.0], [0.5, 9.0, 0.6, 11.0]])
    posterior = object.__new__(Posterior)
    object.__setattr__(posterior, "parameters", drawn)
    return Part(pareto_nbd, pareto_nbd, posterior, Histories.of(orders, last, age), np.arange(len(orders)))


def gain(chance: float = 0.1, *, later: float = 0.0, service: float = 0.0) -> np.ndarray:
    """Of people gone for eight years, with this chance of return within a year, and another one in every year after."""
    returns = Returns(np.array([0.0, 445.0, 446.0]), np.tile([chance, chance, later], (3, 1)), exact=True)
    people, effect = part(age=(452.0, 460.0, 480.0)), Multiplier(1.5, 1.5, 1.5)
    asked = {"returns": returns, "effect": effect, "strengths": np.zeros(2), "ahead": AHEAD}
    return offered(people, ORDER, service=service, **asked).mean(axis=0)


def test_a_second_life_is_the_same_however_long_the_silence_was() -> None:
    follows, served = second_life(part(), AHEAD, with_service=True)
    assert np.ptp(follows, axis=1) == pytest.approx(0.0)
    assert follows.min() > 0
    assert np.all(served < AHEAD.value_cap)
    recent, _ = second_life(part(age=(42.0, 200.0, 400.0)), AHEAD, with_service=False)
    assert recent[0, 0] > recent[0, 1]  # back after two weeks is not a gap of thirteen


def test_serving_the_second_life_is_taken_off() -> None:
    free, served = gain(), gain(service=0.2)
    assert np.all(served < free)
    assert np.all(served > 0)


def test_whoever_would_have_come_back_later_is_gained_for_the_time_between_only() -> None:
    never, always = gain(0.2), gain(0.2, later=0.2)
    assert np.all(always < 0.65 * never[0])
    assert np.all(always > 0)


def test_an_offer_that_does_nothing_adds_nothing() -> None:
    nothing = replace(Multiplier(), evidence="randomised")
    returns = Returns(np.array([0.0, 1.0]), np.full((3, 2), 0.3), exact=True)
    asked = {"returns": returns, "effect": nothing, "strengths": np.zeros(2), "ahead": AHEAD}
    assert not offered(part(), ORDER, service=0.1, **asked).any()
