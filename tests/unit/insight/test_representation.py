"""What over-represents the best: found where it is, with its range, and not made up where there is nothing."""

import numpy as np
import pytest

from keepers.insight.questions.representation import Level, represented

CITIES = ("Ljubljana", "Maribor", "Celje")


def found(chances: np.ndarray, **attributes: np.ndarray) -> dict[tuple[str, str], Level]:
    return {(each.attribute, each.level): each for each in represented(attributes, chances)}


def test_a_city_twice_as_frequent_among_the_best_is_clear_and_its_range_holds_two() -> None:
    generator = np.random.default_rng(3)
    city = generator.choice(CITIES, 6_000, p=[0.2, 0.4, 0.4])
    best = generator.random(6_000) < np.where(city == "Ljubljana", 0.2, 0.075)  # 0.04 of 0.10: twice the base
    level = found(best.astype(float), city=city)["city", "Ljubljana"]
    assert level.is_clear
    assert level.times == pytest.approx(2.0, abs=0.2)
    assert level.times_low < 2.0 < level.times_high
    assert level.share_of_chosen == pytest.approx(level.times * level.share)


def test_attributes_that_say_nothing_are_seldom_called_clear() -> None:
    generator = np.random.default_rng(5)
    wrong = 0
    for _shop in range(40):
        attributes = {f"a{size}": generator.integers(0, size, 800).astype(str) for size in (2, 4, 8, 16)}
        wrong += any(each.is_clear for each in represented(attributes, (generator.random(800) < 0.1).astype(float)))
    assert wrong <= 4  # a tenth


def test_who_may_be_among_the_best_counts_by_the_chance() -> None:
    chances = np.tile([0.9, 0.1, 0.1, 0.1], 100)
    level = found(chances, city=np.tile(["a", "b", "b", "b"], 100))["city", "a"]
    assert level.share == 0.25
    assert level.share_of_chosen == pytest.approx(0.75)


def test_a_level_with_few_customers_and_an_attribute_that_nobody_lacks_are_not_told() -> None:
    best = np.arange(500) < 50
    city = np.where(np.arange(500) < 20, "hamlet", "town")
    assert set(found(best.astype(float), city=city, planet=np.full(500, "Earth"))) == {("city", "town")}
