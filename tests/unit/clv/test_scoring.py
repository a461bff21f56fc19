"""Scores against values worked out by hand."""

import numpy as np
import pytest
from scipy import stats

from keepers.clv import scoring


def test_point_errors_are_those_of_the_textbook() -> None:
    actual, forecast = [0, 2, 4], [1.0, 2.0, 1.0]
    assert scoring.mae(actual, forecast) == pytest.approx(4 / 3)
    assert scoring.rmse(actual, forecast) == pytest.approx(np.sqrt(10 / 3))
    assert scoring.bias(actual, forecast) == pytest.approx(-2 / 3)


def test_log_score_is_the_mean_log_probability_of_what_happened() -> None:
    assert scoring.log_score([0.0, 0.5], [0.5, 0.75]) == pytest.approx((np.log(0.5) + np.log(0.25)) / 2)
    np.testing.assert_allclose(scoring.log_chances([0.0, 0.5], [0.5, 0.75]), np.log([0.5, 0.25]))


def test_log_score_of_an_impossible_outcome_is_floored_not_infinite() -> None:
    assert scoring.log_score([1.0], [1.0]) == pytest.approx(np.log(scoring.SMALLEST_PROBABILITY))


def test_crps_of_a_count_forecast() -> None:
    # P(0)=0.5, P(1)=0.5. Actual 0: (0.5−1)²+(1−1)² = 0.25. Actual 3: 0.5² + 1² + 1² = 2.25.
    cdf = [[0.5, 1.0], [0.5, 1.0]]
    assert scoring.crps_of_each_count([0, 3], cdf) == pytest.approx([0.25, 2.25])
    assert scoring.crps_of_counts([0, 3], cdf) == pytest.approx((0.25 + 2.25) / 2)


def test_crps_of_a_sure_count_is_its_absolute_error() -> None:
    cdf = np.array([[0, 0, 1, 1], [0, 0, 1, 1]], dtype=float)
    assert scoring.crps_of_counts([2, 5], cdf) == pytest.approx(1.5)


def test_crps_of_draws_by_hand() -> None:
    # Draws 1 and 3, actual 2: E|X−y| = 1, fair ½E|X−X'| = 1 (the one pair differs by 2).
    assert scoring.crps_of_draws([2], [[3.0, 1.0]]) == pytest.approx(0.0)
    assert scoring.crps_of_draws([5], [[3.0, 1.0]]) == pytest.approx(2.0)


def test_crps_of_many_draws_agrees_with_the_exact_count_form() -> None:
    generator = np.random.default_rng(4)
    law = stats.nbinom(2.0, 0.4)
    exact = scoring.crps_of_counts([3], law.cdf(np.arange(200))[None, :])
    drawn = scoring.crps_of_draws([3], law.rvs(size=(1, 200_000), random_state=generator))
    assert drawn == pytest.approx(exact, rel=0.01)


def test_crps_of_fine_quantiles_agrees_with_the_closed_form_of_the_normal() -> None:
    levels = (np.arange(2000) + 0.5) / 2000
    # Gneiting and Raftery (2007), equation 21, for a standard normal at y = 0.7.
    y = 0.7
    closed = y * (2 * stats.norm.cdf(y) - 1) + 2 * stats.norm.pdf(y) - 1 / np.sqrt(np.pi)
    assert scoring.crps_of_quantiles([y], stats.norm.ppf(levels)[None, :], levels) == pytest.approx(closed, rel=1e-3)


def test_one_quantile_gives_the_absolute_error_of_the_median() -> None:
    assert scoring.crps_of_quantiles([4], [[1.0]], [0.5]) == pytest.approx(3.0)


def test_pit_of_right_count_forecasts_is_uniform() -> None:
    generator = np.random.default_rng(1)
    counts = generator.poisson(1.3, 40_000)
    law = stats.poisson(1.3)
    pit = scoring.randomised_pit(law.cdf(counts - 1), law.cdf(counts), generator)
    assert np.quantile(pit, [0.1, 0.5, 0.9]) == pytest.approx([0.1, 0.5, 0.9], abs=0.01)
    assert scoring.coverage(pit, 0.8) == pytest.approx(0.8, abs=0.01)


def test_expected_coverage_is_the_share_of_each_step_inside_the_central_interval() -> None:
    # Central 50 %: [0.25, 0.75]. Steps [0, 0.5] → half inside; [0.5, 0.7] → all; [0.9, 1.0] → none.
    assert scoring.expected_coverage([0.0, 0.5, 0.9], [0.5, 0.7, 1.0], 0.5) == pytest.approx(0.5)


def test_expected_coverage_is_the_mean_of_the_randomised_one() -> None:
    generator = np.random.default_rng(2)
    counts = generator.poisson(0.4, 500)
    law = stats.poisson(0.6)
    below, at = law.cdf(counts - 1), law.cdf(counts)
    drawn = [scoring.coverage(scoring.randomised_pit(below, at, generator), 0.9) for _ in range(400)]
    assert scoring.expected_coverage(below, at, 0.9) == pytest.approx(np.mean(drawn), abs=0.002)


def test_a_step_without_width_is_inside_or_not() -> None:
    assert scoring.expected_coverage([0.5, 0.99], [0.5, 0.99], 0.9) == pytest.approx(0.5)


def test_winkler_adds_twenty_times_a_miss_at_ninety_percent() -> None:
    scores = scoring.winkler_scores([5, 12, 0], [2, 2, 2], [10, 10, 10], 0.9)
    assert scores == pytest.approx([8, 8 + 20 * 2, 8 + 20 * 2])
    assert scoring.winkler_score([5, 12, 0], [2, 2, 2], [10, 10, 10], 0.9) == pytest.approx(scores.mean())


def test_top_membership_splits_the_last_place_among_the_tied() -> None:
    assert scoring.top_membership([5, 1, 1, 1, 0], 0.4) == pytest.approx([1, 1 / 3, 1 / 3, 1 / 3, 0])


def test_top_membership_rounds_the_number_of_places_up() -> None:
    assert scoring.top_membership(np.arange(11), 0.1).sum() == pytest.approx(2)
    assert scoring.top_membership(np.arange(30), 0.1).sum() == pytest.approx(3)


def test_best_found_counts_the_overlap_of_the_two_tops() -> None:
    actual = np.arange(20.0)
    ranking = actual.copy()
    ranking[19] = -1  # the very best is ranked last
    assert scoring.best_found(actual, actual, 0.1) == pytest.approx(1.0)
    assert scoring.best_found(actual, ranking, 0.1) == pytest.approx(0.5)
    assert scoring.best_found(actual, -actual, 0.1) == 0.0


def test_a_ranking_that_knows_nothing_finds_as_many_as_a_lot() -> None:
    assert scoring.best_found(np.arange(40.0), np.zeros(40), 0.2) == pytest.approx(0.2)


def test_the_order_of_rows_never_changes_a_ranking_score() -> None:
    generator = np.random.default_rng(3)
    actual, score = generator.poisson(1.0, 101).astype(float), generator.integers(0, 4, 101).astype(float)
    order = generator.permutation(101)
    assert scoring.best_found(actual[order], score[order]) == pytest.approx(scoring.best_found(actual, score))
    assert scoring.value_captured(actual[order], score[order]) == pytest.approx(scoring.value_captured(actual, score))


def test_value_captured_compares_with_the_perfect_choice() -> None:
    actual = [100.0, 50.0, 30.0, 20.0, 0, 0, 0, 0, 0, 0]
    assert scoring.value_captured(actual, [0, 9, 8, 1, 0, 0, 0, 0, 0, 0], 0.2) == pytest.approx(80 / 150)
    assert np.isnan(scoring.value_captured(np.zeros(10), np.arange(10), 0.2))


@pytest.mark.parametrize(
    ("call", "sentence"),
    [
        (lambda: scoring.mae([1, 2], [1]), "one row a customer"),
        (lambda: scoring.mae([], []), "no customers"),
        (lambda: scoring.rmse([1.0], [np.nan]), "1 of 1 rows of forecast are nan"),
        (lambda: scoring.log_score([0.6], [0.5]), "no CDF values"),
        (lambda: scoring.top_membership([1.0], 0), "must lie in"),
        (lambda: scoring.coverage([0.5], 1.0), "must lie in"),
        (lambda: scoring.crps_of_draws([1.0], [[1.0]]), "at least 2 draws"),
        (lambda: scoring.crps_of_quantiles([1.0], [[1.0, 2.0]], [0.5, 0.4]), "must rise"),
        (lambda: scoring.crps_of_counts([1.0], [0.5]), "one row for each"),
        (lambda: scoring.crps_of_counts([1.0], [[np.nan]]), "holds nan"),
    ],
)
def test_what_cannot_be_scored_is_said_in_words(call, sentence) -> None:
    with pytest.raises(scoring.ScoringError, match=sentence):
        call()
