"""Explorers get by lot what pays for them, within the limits, with a chance that is told rightly."""

import numpy as np
import pytest

from keepers.decisions.allocating.allocation import allocate
from keepers.decisions.trying.exploring import Exploring, explored

PEOPLE = 400
USES = np.array([[0.0, 0.0], [1.0, 1.0], [3.0, 0.0]])
RANDOM = np.random.default_rng(3)
GAINS = np.column_stack([np.zeros(PEOPLE), RANDOM.normal(1.0, 2.0, PEOPLE), RANDOM.normal(0.5, 2.0, PEOPLE)])
BOUNDLESS = np.array([np.inf, np.inf])


def drawn(share: float, limits: np.ndarray, seed: int = 1) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """What the best allocation chooses, what it chooses with explorers in it, and the chances."""
    best, lots = allocate(GAINS, USES, limits), np.random.default_rng(seed).random((2, PEOPLE))
    found, chance = explored(best, GAINS, USES, limits, Exploring(share, *lots))
    assert found.gain == pytest.approx(GAINS[np.arange(PEOPLE), found.choice].sum())
    assert found.used == pytest.approx(np.bincount(found.choice, minlength=3) @ USES)
    return best.choice, found.choice, chance


def test_nothing_is_spent_on_what_is_expected_to_lose() -> None:
    _, choice, _ = drawn(0.3, BOUNDLESS)
    assert np.all(GAINS[np.arange(PEOPLE), choice] >= 0)


def test_chances_are_those_of_the_lots() -> None:
    again = [drawn(0.3, BOUNDLESS, seed) for seed in range(400)]
    moved = np.array([choice != best for best, choice, _ in again])
    told = np.mean([np.where(choice == best, 1 - chance, chance) for best, choice, chance in again], axis=0)
    open_to = (GAINS[:, 1:] > 0).sum(axis=1) + 1
    assert moved.mean(axis=0)[open_to == 1].max() == 0
    assert moved.mean(axis=0)[open_to == 2].mean() == pytest.approx(0.15, abs=0.01)
    assert moved.mean(axis=0)[open_to == 3].mean() == pytest.approx(0.20, abs=0.01)
    assert set(np.round(told[open_to == 1], 9)) == {0.0}
    assert {round(float(chance), 9) for _, _, chances in again for chance in chances[open_to == 2]} == {0.85, 0.15}


def test_explorers_stay_within_the_limits_and_take_a_tenth_of_them_at_most() -> None:
    limits = np.array([60.0, 25.0])
    best, choice, _ = drawn(0.5, limits)
    moved = np.flatnonzero(choice != best)
    assert 0 < len(moved) < PEOPLE / 4
    assert np.all(np.bincount(choice, minlength=3) @ USES <= limits)


def test_where_nothing_may_be_spent_nobody_explores() -> None:
    best, choice, chance = drawn(0.5, np.array([0.0, 0.0]))
    assert np.array_equal(best, choice)
    assert set(chance) == {1.0}
