"""Ranges from 25 joint draws hold what they say, whether parameters, contact or chance are what is hardly known."""

import numpy as np
import pytest

from keepers.clv.predicting.ranges import ends_of
from keepers.decisions.terms.effects import Floats, strengths

DRAWS, TIMES, TRUTH = 25, 400, 100_000
REPLICATES = 8


def gained(worth: Floats, contact: Floats, *, differs: float, effect: float, doubt: float) -> Floats:
    """What a plan adds where its customers are worth e^(differs · worth), and contact adds this share of it."""
    return np.asarray(np.exp(differs * worth) * (effect + doubt * contact) - 0.03)


def held(futures: Floats, low: Floats, high: Floats) -> tuple[float, float]:
    """Which share of the sorted futures lies below and above ranges."""
    below, above = np.searchsorted(futures, low) / TRUTH, 1.0 - np.searchsorted(futures, high) / TRUTH
    return float(below.mean()), float(above.mean())


def joint(generator: np.random.Generator) -> tuple[Floats, Floats]:
    """(draws, times) of what has its moments matched, as those of a posterior, and of evenly spaced quantiles."""
    matched = generator.standard_normal((DRAWS, TIMES))
    matched = (matched - matched.mean(axis=0)) / matched.std(axis=0)
    return matched, generator.permuted(np.tile(strengths(DRAWS)[:, None], TIMES), axis=0)


@pytest.mark.parametrize(
    ("differs", "effect", "doubt"),
    [(0.03, 0.06, 0.043), (0.1, 0.06, 0.008), (0.3, 0.06, 0.043), (0.3, 0.06, 0.008), (0.6, 0.3, 0.18)],
)
def test_nine_in_ten_futures_lie_within_the_range(differs: float, effect: float, doubt: float) -> None:
    generator, about = np.random.default_rng(5), {"differs": differs, "effect": effect, "doubt": doubt}
    futures = np.sort(gained(*generator.standard_normal((2, TRUTH)), **about))
    drawn = gained(*joint(generator), **about)
    assert held(futures, *ends_of(drawn)) == pytest.approx((0.05, 0.05), abs=0.012)
    assert sum(held(futures, *np.quantile(drawn, [0.05, 0.95], axis=0))) > 0.13, "the usual ones lie too far inside"


@pytest.mark.parametrize(
    ("model", "level", "chance"),
    [(0.1, 0.0, 0.0), (0.1, 0.1, 0.01), (0.1, 0.1, 0.1), (0.03, 0.03, 0.1), (0.0, 0.0, 0.1), (0.4, 0.4, 0.04)],
)
def test_nine_in_ten_totals_lie_within_the_range_of_eight_replicates_a_draw(
    model: float, level: float, chance: float
) -> None:
    generator, spread = np.random.default_rng(6), np.array([model, level, chance])
    futures = np.sort(np.exp(spread @ generator.standard_normal((3, TRUTH))))
    matched, spaced = (np.repeat(each, REPLICATES, axis=0) for each in joint(generator))
    totals = np.exp(model * matched + level * spaced + chance * generator.standard_normal(matched.shape))
    assert held(futures, *ends_of(totals, replicates=REPLICATES)) == pytest.approx((0.05, 0.05), abs=0.012)
    if chance < 0.02:
        pooled = held(futures, *np.quantile(totals, [0.05, 0.95], axis=0))
        assert sum(pooled) > 0.12, "200 totals in 25 heaps are no 200 draws"


def test_of_nothing_there_is_no_range() -> None:
    low, high = ends_of(np.zeros((25, 0)))
    assert low.shape == high.shape == (0,)
