"""How strongly actions claim those in doubt, in bases of which only some customers are looked at."""

import numpy as np
import pytest

from keepers.decisions.trying.sharing_out import LOOKED_AT, chances, strengths_of

LEAST = np.full((1, 2), 30.0)


def test_an_action_for_few_in_a_large_base_is_counted_by_all_of_them() -> None:
    people, few = 10 * LOOKED_AT, 90
    rare = np.random.default_rng(3).choice(people, few, replace=False)
    weight = np.column_stack([np.ones(people), np.zeros(people)])
    weight[rare, 1] = 50.0
    moves = np.full((1, people, 2), 0.4)
    strength = strengths_of(weight, moves, LEAST, LEAST, np.ones(2))
    common_movers, rare_movers = np.sum(chances(weight, strength) * moves[0], axis=0)
    assert 30.0 <= rare_movers <= 0.4 * few
    assert common_movers == pytest.approx(33.0), "also of the common one as many as are asked for"
    assert strengths_of(weight, moves * 0.8, LEAST, LEAST, np.ones(2))[1] == 0.0, "all of them are 28.8"


def test_some_of_a_large_base_stand_for_all_who_are_claimed_alike() -> None:
    people = 10 * LOOKED_AT
    generator = np.random.default_rng(4)
    weight = generator.random((people, 2)) * (generator.random((people, 2)) < (0.9, 0.2))
    moves = generator.random((1, people, 2)) * 0.01
    strength = strengths_of(weight, moves, 3.0 * LEAST, LEAST, np.ones(2))
    assert np.sum(chances(weight, strength) * moves[0], axis=0) == pytest.approx([90.0, 90.0], rel=0.03)


def test_nobody_in_doubt_is_claimed_by_nothing() -> None:
    assert strengths_of(np.zeros((5, 2)), np.zeros((1, 5, 2)), LEAST, LEAST, np.ones(2)).tolist() == [0.0, 0.0]
    assert strengths_of(np.zeros((0, 2)), np.zeros((1, 0, 2)), LEAST, LEAST, np.ones(2)).tolist() == [0.0, 0.0]
