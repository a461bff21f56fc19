"""Ranges from 25 joint draws hold what they say, whether contact or customers are what is hardly known."""

import numpy as np
import pytest

from keepers.decisions.effects import Floats, strengths
from keepers.decisions.ranges import ends_of

DRAWS, TIMES, TRUTH = 25, 400, 100_000


def gained(worth: Floats, contact: Floats, *, differs: float, effect: float, doubt: float) -> Floats:
    """What a plan adds where its customers are worth e^(differs · worth), and contact adds this share of it."""
    return np.asarray(np.exp(differs * worth) * (effect + doubt * contact) - 0.03)


@pytest.mark.parametrize(
    ("differs", "effect", "doubt"),
    [(0.03, 0.06, 0.043), (0.1, 0.06, 0.008), (0.3, 0.06, 0.043), (0.3, 0.06, 0.008), (0.6, 0.3, 0.18)],
)
def test_nine_in_ten_futures_lie_within_the_range(differs: float, effect: float, doubt: float) -> None:
    generator, about = np.random.default_rng(5), {"differs": differs, "effect": effect, "doubt": doubt}
    futures = np.sort(gained(*generator.standard_normal((2, TRUTH)), **about))
    worth = generator.standard_normal((DRAWS, TIMES))
    worth = (worth - worth.mean(axis=0)) / worth.std(axis=0)  # as the draws of a posterior are moved
    contact = generator.permuted(np.tile(strengths(DRAWS)[:, None], TIMES), axis=0)
    drawn = gained(worth, contact, **about)

    def held(low: Floats, high: Floats) -> tuple[float, float]:
        below, above = np.searchsorted(futures, low) / TRUTH, 1.0 - np.searchsorted(futures, high) / TRUTH
        return float(below.mean()), float(above.mean())

    assert held(*ends_of(drawn)) == pytest.approx((0.05, 0.05), abs=0.012)
    assert sum(held(*np.quantile(drawn, [0.05, 0.95], axis=0))) > 0.13, "the usual quantiles lie too far inside"
