"""What experiments of several parts, and of several doses, teach of each part."""

import numpy as np
import pytest

from keepers.experiments.parts import Doses, Taught, linked, taught
from keepers.experiments.pooling import NothingToPoolError, Prior, pooled

PRIOR = Prior(mean=0.1, spread=0.2, between=0.05)
BOTH, FIRST = [1.0, 1.0], [1.0, 0.0]


def width(point: tuple[float, float, float]) -> float:
    return point[2] - point[1]


def test_experiments_of_one_part_alone_are_pooled_as_ever() -> None:
    effects, errors = np.array([0.2, 0.05, 0.3]), np.array([0.03, 0.1, 0.05])
    found = taught(effects, errors, [PRIOR], [Doses(np.ones((3, 1)), np.eye(1))])
    assert found.points[0] == pytest.approx(pooled(effects, errors, PRIOR).another, abs=1e-9)


def test_two_parts_at_once_teach_their_sum_and_one_of_them_alone_then_teaches_the_other() -> None:
    asked = np.array([FIRST, [0.0, 1.0], BOTH])
    together = taught(np.array([0.5]), np.array([0.02]), [PRIOR, PRIOR], [Doses(np.array([BOTH]), asked)])
    first, second, both = together.points
    assert both[0] == pytest.approx(0.5, abs=0.04)
    assert first[0] == pytest.approx(second[0])
    assert 0.2 < first[0] < 0.3, "what nobody can tell apart is divided as the priors are"
    assert width(both) < 0.7 * width(first)
    assert (together.known[:2] < 0.5).all()
    assert together.known[2] > 0.9, "their sum was tried"

    tried = np.array([BOTH, FIRST])
    apart = taught(np.array([0.5, 0.1]), np.array([0.02, 0.02]), [PRIOR, PRIOR], [Doses(tried, asked)])
    assert apart.points[1][0] == pytest.approx(0.38, abs=0.04)
    assert width(apart.points[1]) < 0.8 * width(second)
    assert (apart.known > 0.7).all()


def test_the_doubt_is_least_at_the_dose_that_was_tried_and_two_doses_tell_the_curve() -> None:
    halves = (1.0, 2.0, 4.0, 8.0)

    def by_number(tried: list[int], truth: float) -> Taught:
        share = np.array([[n / (n + half) for n in (1, 4, 16)] for half in halves])
        possible = [
            Doses(np.array([[n / (n + half)] for n in tried]), asked[:, None])
            for half, asked in zip(halves, share, strict=True)
        ]
        effects = np.array([0.4 * n / (n + truth) for n in tried])
        return taught(effects, np.full(len(tried), 0.004), [Prior(0.2, 0.3, 0.001)], possible)

    found = by_number([4], 2.0)
    one = found.points
    assert one[1][0] == pytest.approx(0.4 * 4 / 6, abs=0.01)
    assert width(one[1]) < 0.5 * min(width(one[0]), width(one[2]))
    spread = width(one[2]) / (2 * 1.645)
    shares = np.array([16 / (16 + half) for half in halves])
    before = 0.3**2 * np.mean(shares**2) + 0.2**2 * np.var(shares)
    assert found.known[2] == pytest.approx(1 - spread**2 / before, abs=0.03), "the doubt about the curve is doubt too"
    assert found.known[1] > 0.99 > found.known[2]
    two = by_number([1, 16], 1.0).points
    assert two[1][0] == pytest.approx(0.4 * 4 / 5, abs=0.02)
    assert width(two[2]) < 0.3 * width(one[2])


def test_intervals_of_parts_cover_over_worlds_of_the_prior() -> None:
    random, held = np.random.default_rng(4), []
    tried = np.array([BOTH, BOTH, FIRST])
    for _ in range(80):
        parts = random.normal(PRIOR.mean, PRIOR.spread, 2)
        tau, errors = abs(random.normal(0, PRIOR.between)), random.uniform(0.02, 0.1, 3)
        effects = random.normal(tried @ parts, np.sqrt(errors**2 + tau**2 * tried.sum(axis=1)))
        again = random.normal(parts, tau)
        found = taught(effects, errors, [PRIOR, PRIOR], [Doses(tried, np.eye(2))])
        held += [low < each < high for (_, low, high), each in zip(found.points, again, strict=True)]
    assert np.mean(held) == pytest.approx(0.90, abs=0.06)


def test_parts_that_were_tried_together_are_learned_together() -> None:
    assert linked([["a"], ["b"], ["a", "c"], ["d", "b"], ["e"]]) == [{"a", "c"}, {"b", "d"}, {"e"}]
    with pytest.raises(NothingToPoolError):
        taught(np.array([1.0]), np.array([0.0]), [PRIOR], [Doses(np.ones((1, 1)), np.eye(1))])
