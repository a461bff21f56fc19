"""Numbers drawn many at a time have the distribution asked for, each with a shape or mean of its own."""

import numpy as np
import pytest
from scipy import stats

from keepers.clv.numerics import bulk_chance
from keepers.clv.numerics.chance import stream_of


def drawn(kind: str, wanted: np.ndarray, seed: int = 7) -> np.ndarray:
    stream = stream_of(np.random.default_rng(seed))
    numbers, room = wanted.astype(float), np.empty(bulk_chance.BLOCKS * bulk_chance.SIZE)
    places = np.empty(bulk_chance.SIZE, dtype=np.int64)
    for begin in range(0, len(numbers), bulk_chance.SIZE):
        count = min(bulk_chance.SIZE, len(numbers) - begin)
        if kind == "gamma":
            bulk_chance.gammas(numbers, begin, count, stream, room)
        else:
            bulk_chance.poissons(numbers, begin, count, stream, room, places)
    return numbers


@pytest.mark.parametrize("shapes", [(0.05, 0.7), (1.0, 1.01), (3.0, 400.0), (0.3, 25.0)])
def test_gamma_numbers_of_mixed_shapes_follow_their_distributions(shapes: tuple[float, float]) -> None:
    wanted = np.tile(shapes, 60_000)
    numbers = drawn("gamma", wanted)
    for shape in shapes:
        assert stats.kstest(numbers[wanted == shape], stats.gamma(shape).cdf).pvalue > 1e-3


@pytest.mark.parametrize("means", [(0.0, 0.4), (2.5, 14.9), (15.1, 40.0), (0.01, 3_000.0), (1.0, 25_000.0)])
def test_poisson_numbers_of_mixed_means_follow_their_distributions(means: tuple[float, float]) -> None:
    wanted = np.tile(means, 60_000)
    numbers = drawn("poisson", wanted)
    assert np.array_equal(numbers, np.floor(numbers))
    for mean in means:
        law, mine = stats.poisson(mean), numbers[wanted == mean]
        edges = np.unique(law.ppf(np.linspace(0.0, 1.0, 31)[1:-1]))
        expected = np.diff(np.concatenate([[0.0], law.cdf(edges), [1.0]])) * len(mine)
        found = np.bincount(np.searchsorted(edges, mine), minlength=len(edges) + 1)
        kept = expected > 5
        assert stats.chi2.sf(((found - expected)[kept] ** 2 / expected[kept]).sum(), max(kept.sum() - 1, 1)) > 1e-3


def test_neighbours_are_not_alike() -> None:
    numbers = drawn("gamma", np.full(80_000, 2.0))
    for apart in (1, 2, 512):
        assert abs(np.corrcoef(numbers[:-apart], numbers[apart:])[0, 1]) < 0.015


def test_the_same_generator_gives_the_same_numbers() -> None:
    wanted = np.linspace(0.1, 60.0, 3_000)
    for kind in ("gamma", "poisson"):
        assert np.array_equal(drawn(kind, wanted), drawn(kind, wanted))
        assert not np.array_equal(drawn(kind, wanted), drawn(kind, wanted, seed=8))
