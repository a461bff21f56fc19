"""Histories are checked once, grouped without merging occasions, and thinned without losing customers."""

import numpy as np
import pytest

from keepers.clv.histories import Histories, InvalidHistoriesError


def some() -> Histories:
    return Histories.of([0, 2, 0, 2, 2], [0, 5, 0, 5, 6], [9, 9, 9, 9, 9], weight=[1, 1, 2, 1, 1])


def test_equal_histories_fall_together_with_their_weights() -> None:
    distinct, inverse = some().distinct()
    assert distinct.repeat_orders.tolist() == [0, 2, 2]
    assert distinct.age_at_last_order.tolist() == [0.0, 5.0, 6.0]
    assert distinct.weight.tolist() == [3.0, 2.0, 1.0]
    assert inverse.tolist() == [0, 1, 0, 1, 2]


def test_histories_that_differ_in_their_gaps_stay_apart() -> None:
    apart, _ = Histories.of([2, 2], [5, 5], [9, 9], sum_log_gaps=[1.0, 1.5]).distinct()
    assert len(apart) == 2


def test_histories_of_different_patterns_stay_apart_and_together_by_pattern() -> None:
    histories = Histories.of([2, 0, 2, 0], [5, 0, 5, 0], [9, 9, 9, 9], pattern=[1, 1, 0, 1])
    apart, inverse = histories.distinct()
    assert apart.pattern is not None
    assert apart.pattern.tolist() == [0, 1, 1]
    assert apart.weight.tolist() == [1.0, 2.0, 1.0]
    assert inverse.tolist() == [2, 1, 0, 1]
    assert apart.in_unit(7).where(np.array([False, True, True])).pattern.tolist() == [1, 1]


def test_a_pattern_below_zero_is_refused() -> None:
    with pytest.raises(InvalidHistoriesError, match="rows 1"):
        Histories.of([0, 0], [0, 0], [3, 3], pattern=[0, -1])


def test_no_histories_have_no_kinds() -> None:
    distinct, inverse = Histories.of([], [], []).distinct()
    assert len(distinct) == 0
    assert len(inverse) == 0


def test_thinned_histories_stand_for_as_many_customers() -> None:
    ages = np.arange(1000.0)
    few = Histories.of(np.zeros(1000), np.zeros(1000), ages, weight=1 + ages).thinned(50)
    assert len(few) <= 50
    assert few.customers == pytest.approx((1 + ages).sum())
    assert np.average(few.age, weights=few.weight) == pytest.approx(np.average(ages, weights=1 + ages), rel=0.02)


def test_another_unit_rescales_times_and_gaps() -> None:
    weeks = Histories.of([2], [14.0], [28.0], time_unit_days=1, sum_log_gaps=[2 * np.log(7.0)]).in_unit(7)
    assert (weeks.age_at_last_order[0], weeks.age[0]) == (2.0, 4.0)
    assert weeks.sum_log_gaps == pytest.approx([0.0])


@pytest.mark.parametrize(
    ("orders", "last", "age"), [([-1], [0], [5]), ([1], [6], [5]), ([1], [-1], [5]), ([1], [2], [np.nan])]
)
def test_a_history_that_cannot_be_is_named_by_its_row(orders, last, age) -> None:
    with pytest.raises(InvalidHistoriesError, match="rows 1"):
        Histories.of([0, *orders], [0, *last], [3, *age])


def test_columns_of_different_length_are_refused() -> None:
    with pytest.raises(InvalidHistoriesError, match="differ in length"):
        Histories.of([1, 2], [1], [3, 4])


def test_kinds_are_told_by_orders_and_age_alone_and_found_once() -> None:
    past = Histories.of([1, 1, 2, 1], [3.0, 5.0, 3.0, 4.0], [9.5, 9.5, 9.5, 8.0])
    first, kind = past.by_orders_and_age()
    assert kind[0] == kind[1]
    assert len({kind[0], kind[2], kind[3]}) == 3
    assert past.repeat_orders[first][kind].tolist() == past.repeat_orders.tolist()
    assert past.age[first][kind].tolist() == past.age.tolist()
    assert past.by_orders_and_age()[1] is kind
