"""Random numbers of the kernels have the distributions they are named after."""

import numpy as np
import pytest
from numba import njit
from scipy import stats

from keepers.clv.numerics import chance

COUNT = 100_000


@njit
def many(kind, one, other, count, stream):
    found = np.empty(count)
    for i in range(count):
        if kind == 0:
            found[i] = chance.uniform(stream)
        elif kind == 1:
            found[i] = chance.normal(stream)
        elif kind == 2:
            found[i] = chance.exponential(stream)
        elif kind == 3:
            found[i] = chance.gamma(one, stream)
        elif kind == 4:
            found[i] = chance.beta(one, other, stream)
        else:
            found[i] = chance.poisson(one, stream)
    return found


def draw(kind: int, one: float = 1.0, other: float = 1.0, seed: int = 11) -> np.ndarray:
    return many(kind, one, other, COUNT, chance.stream_of(np.random.default_rng(seed)))


CONTINUOUS = [
    (0, 1.0, 1.0, stats.uniform()),
    (1, 1.0, 1.0, stats.norm()),
    (2, 1.0, 1.0, stats.expon()),
    (3, 0.05, 1.0, stats.gamma(0.05)),
    (3, 0.6, 1.0, stats.gamma(0.6)),
    (3, 4.0, 1.0, stats.gamma(4.0)),
    (3, 900.0, 1.0, stats.gamma(900.0)),
    (4, 0.7, 3.0, stats.beta(0.7, 3.0)),
]


@pytest.mark.parametrize(("kind", "one", "other", "law"), CONTINUOUS)
def test_a_continuous_draw_follows_its_law(kind: int, one: float, other: float, law) -> None:
    assert stats.kstest(draw(kind, one, other), law.cdf).pvalue > 1e-3


@pytest.mark.parametrize("mean", [0.01, 0.8, 9.9, 10.1, 75.0, 4_000.0])
def test_a_poisson_count_follows_its_law(mean: float) -> None:
    counts = draw(5, mean).astype(int)
    places = np.arange(counts.max() + 1)
    expected = stats.poisson(mean).pmf(places) * COUNT
    enough = expected > 20
    seen = np.bincount(counts)
    misfit = ((seen - expected)[enough] ** 2 / expected[enough]).sum()
    assert stats.chi2.sf(misfit, enough.sum() - 1) > 1e-3


def test_the_same_generator_gives_the_same_numbers() -> None:
    assert draw(1, seed=5).tolist() == draw(1, seed=5).tolist()
    assert draw(1, seed=5)[0] != draw(1, seed=6)[0]


def test_no_poisson_count_comes_of_no_rate() -> None:
    assert not draw(5, 0.0).any()
