import numpy as np

from keepers.valuation.groups import group_of


def groups(orders: list[int], alive: list[float], worth: list[float], high: list[float] | None = None) -> list[str]:
    found = group_of(
        orders=np.array(orders),
        probability_alive=np.array(alive),
        worth=np.array(worth),
        worth_high=np.array(worth if high is None else high),
    )
    return list(found)


def test_a_customer_with_less_than_one_chance_in_four_is_lost_whatever_they_spent() -> None:
    assert groups([9, 9], [0.24, 0.26], [900.0, 900.0]) == ["lost", "slipping"]


def test_a_customer_who_ordered_once_is_one_time_until_lost() -> None:
    assert groups([1, 1], [0.9, 0.1], [50.0, 50.0]) == ["one-time", "lost"]


def test_the_best_are_the_fewest_who_hold_half_of_the_worth() -> None:
    found = groups([9] * 5, [0.9] * 5, [100.0, 60.0, 20.0, 15.0, 5.0])
    assert found == ["best", "steady", "steady", "steady", "steady"]


def test_a_high_end_as_good_as_the_best_is_promising() -> None:
    found = groups([9] * 3, [0.9] * 3, [100.0, 60.0, 20.0], [120.0, 101.0, 30.0])
    assert found == ["best", "promising", "steady"]


def test_few_orders_are_promising_while_the_chance_is_high() -> None:
    assert groups([9, 2], [0.9, 0.9], [100.0, 20.0]) == ["best", "promising"]


def test_without_any_worth_nobody_is_best() -> None:
    assert groups([5, 6], [0.9, 0.9], [0.0, 0.0]) == ["steady", "steady"]
