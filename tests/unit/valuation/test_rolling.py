import numpy as np
import pytest

from keepers.valuation.rolling import MOST_MISS, PRIOR_MISS, Misses


def test_without_past_forecasts_the_spread_is_the_stated_prior() -> None:
    assert Misses(()).spread == pytest.approx(PRIOR_MISS)


def test_past_misses_draw_the_spread_towards_themselves() -> None:
    assert Misses((0.0, 0.0, 0.0)).spread == pytest.approx(PRIOR_MISS / np.sqrt(2))
    assert Misses((0.3, -0.3, 0.3)).spread > 0.2


def test_a_total_that_failed_altogether_does_not_make_ranges_of_everything() -> None:
    assert Misses((-6.0, 5.0)).spread == pytest.approx(Misses((-MOST_MISS, MOST_MISS)).spread)


def test_intensities_have_mean_one_and_the_spread_of_the_misses() -> None:
    intensities = Misses((0.2, -0.2)).intensities(25)
    assert intensities.mean() == pytest.approx(1.0)
    assert np.log(intensities).std() == pytest.approx(Misses((0.2, -0.2)).spread, rel=0.1)
    assert np.abs(np.corrcoef(np.arange(25), intensities)[0, 1]) < 0.5
