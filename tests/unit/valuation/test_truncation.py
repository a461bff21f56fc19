import numpy as np

from keepers.valuation.choosing.truncation import find_truncation


def days(inflow: list[int]) -> np.ndarray:
    return np.concatenate([np.full(count, 7 * week) for week, count in enumerate(inflow)])


def test_a_spike_at_the_start_of_the_log_is_customers_who_were_already_there() -> None:
    inflow = [500, 300, 120, *[50] * 40]
    truncation = find_truncation(days(inflow))
    assert truncation.found
    assert truncation.settled_after_weeks == 3
    assert truncation.already_there.sum() == 920
    assert truncation.excess == 920 - 3 * 50


def test_an_even_inflow_is_acquisition() -> None:
    assert not find_truncation(days([100] * 50)).found


def test_a_cohort_acquired_in_twelve_weeks_was_not_there_before() -> None:
    assert not find_truncation(days([157, 164, 182, 192, 216, 219, 202, 203, 219, 216, 203, 178])).found


def test_a_panel_present_from_the_first_week_was_already_there() -> None:
    truncation = find_truncation(days([1291, 381, 166, 108, 77, 53, 41, 29, 42, 30, *[10] * 42]))
    assert truncation.found
    assert truncation.already_there.sum() > 1700
    assert "already there" in truncation.warning()


def test_a_base_of_one_week_says_nothing() -> None:
    assert not find_truncation(days([30])).found
    assert not find_truncation(np.array([], dtype=np.int64)).found
