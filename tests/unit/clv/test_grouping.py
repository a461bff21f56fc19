"""Equal rows are found the same way by one key a row as by sorting, and cells stand for the rows in them."""

import numpy as np
import pytest

from keepers.clv.histories import Histories
from keepers.clv.numerics.grouping import first_of_each


def by_sorting(columns: list[np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
    rows = np.stack([column.astype(float) for column in columns], axis=1)
    _, first, inverse = np.unique(rows, axis=0, return_index=True, return_inverse=True)
    return first, inverse.ravel()


@pytest.mark.parametrize(
    ("parts", "spread"),
    [(1.0, 40), (7.0, 40), (365.25, 900), (1.0, 2**40)],
    ids=["days", "weeks", "years", "too wide for one key"],
)
def test_kinds_of_whole_days_in_any_unit_are_those_of_a_sort(parts: float, spread: int) -> None:
    generator = np.random.default_rng(3)
    days = generator.integers(0, spread, (2, 5_000)) - 5
    columns = [generator.integers(0, 6, 5_000), days[0] / parts, days[1] / parts]
    first, inverse = first_of_each(columns, parts=parts)
    expected_first, expected_inverse = by_sorting(columns)
    assert np.array_equal(first, expected_first)
    assert np.array_equal(inverse, expected_inverse)


def test_times_that_are_no_whole_days_are_told_apart() -> None:
    columns = [np.array([1, 1, 1, 1]), np.array([2.5, 2.5, 2.25, 2.5 + 1e-12])]
    first, inverse = first_of_each(columns)
    assert first.tolist() == [2, 0, 3]
    assert inverse.tolist() == [1, 1, 0, 2]


def test_times_that_differ_in_the_last_digit_of_a_whole_day_are_told_apart() -> None:
    first, inverse = first_of_each([np.array([3.0, np.nextafter(3.0, 4.0), 3.0])])
    assert first.tolist() == [0, 1]
    assert inverse.tolist() == [0, 1, 0]


def test_condensed_histories_keep_customers_orders_and_time() -> None:
    generator = np.random.default_rng(5)
    age = generator.integers(1, 900, 60_000).astype(float)
    orders = generator.poisson(generator.gamma(0.5, 12.0, 60_000))
    last = np.where(orders > 0, np.floor(age * generator.random(60_000)), 0.0)
    many = Histories.of(orders, last, age, weight=generator.integers(1, 4, 60_000))
    few = many.condensed()
    assert len(few) < 15_000
    assert few.customers == pytest.approx(many.customers)
    assert np.all(few.age_at_last_order <= few.age)
    for column in ("age", "age_at_last_order"):
        ours, theirs = getattr(few, column), getattr(many, column)
        assert few.weight @ ours == pytest.approx(many.weight @ theirs)
    assert few.weight @ few.repeat_orders == pytest.approx(many.weight @ many.repeat_orders, rel=1e-3)


def test_few_histories_are_not_condensed() -> None:
    few = Histories.of([0, 1], [0.0, 2.0], [3.0, 4.0])
    assert few.condensed() is few
