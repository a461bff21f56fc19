import numpy as np
import pytest

from keepers.clv.calendars.learning import season_spread
from keepers.valuation.choosing.rolling import MOST_MISS, PRIOR_MISS, Misses, intensities_of

YEAR = 365.25


def test_without_past_forecasts_the_spread_is_the_stated_prior() -> None:
    assert Misses(()).spread(YEAR) == pytest.approx(np.hypot(PRIOR_MISS, season_spread(YEAR)))


def test_within_a_year_the_time_of_year_adds_to_the_prior() -> None:
    assert Misses(()).spread(90) > 1.3 * Misses(()).spread(YEAR)


def test_past_misses_draw_the_spread_towards_themselves() -> None:
    prior = Misses(()).spread(YEAR)
    assert Misses((0.0, 0.0, 0.0), YEAR).spread(YEAR) == pytest.approx(prior / np.sqrt(2))
    assert Misses((0.3, -0.3, 0.3), YEAR).spread(YEAR) > 0.2


def test_the_spread_grows_with_the_horizon_beyond_the_windows_it_was_learned_on() -> None:
    misses = Misses((0.1, -0.1), YEAR)
    assert misses.spread(4 * YEAR) == pytest.approx(2 * misses.spread(YEAR), rel=0.15)
    short = Misses((0.02, 0.02, 0.02), 90)
    assert short.spread(360) > 1.25 * Misses((0.02, 0.02, 0.02), 360).spread(360)


def test_where_a_level_cannot_be_told_from_age_the_range_allows_for_one() -> None:
    assert Misses(()).spread(YEAR, level_unknown=True) > 1.4 * Misses(()).spread(YEAR)


def test_a_total_that_failed_altogether_does_not_make_ranges_of_everything() -> None:
    assert Misses((-6.0, 5.0), 90).spread(90) == pytest.approx(Misses((-MOST_MISS, MOST_MISS), 90).spread(90))


def test_intensities_have_mean_one_and_the_spread_of_the_misses() -> None:
    intensities = intensities_of(0.2, 25)
    assert intensities.mean() == pytest.approx(1.0)
    assert np.log(intensities).std() == pytest.approx(0.2, rel=0.1)
    assert np.abs(np.corrcoef(np.arange(25), intensities)[0, 1]) < 0.5
