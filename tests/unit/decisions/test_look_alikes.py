"""Look-alikes: factors that are there are found, those that are not are not, and what is unknown does not count."""

import numpy as np
import pyarrow as pa
import pytest

from keepers.decisions.acquisition.attributes import attributes_of
from keepers.decisions.acquisition.lookalikes import LookAlikes, TooFewToLearnError, expected_of, learn_look_alikes
from keepers.decisions.acquisition.scoring import Newcomer, scored

SHOP = Newcomer(100.0, 90.0, 110.0)


def customers(size: int = 1_500, seed: int = 2) -> tuple[pa.Table, np.ndarray]:
    """Those from Ljubljana are worth twice the others, and scatter; half of those from elsewhere do not say."""
    generator = np.random.default_rng(seed)
    city = generator.choice(["Ljubljana", "Maribor"], size)
    worth = np.where(city == "Ljubljana", 4 / 3, 2 / 3) * generator.gamma(0.8, 1 / 0.8, size)
    return pa.table({"city": city, "weekday": generator.choice(list("MTWTFSS"), size)}), worth


@pytest.fixture(scope="module")
def learned() -> LookAlikes:
    return learn_look_alikes(*customers(), seed=1)


def test_a_factor_of_two_is_found_within_its_range(learned: LookAlikes) -> None:
    people = pa.table({"city": ["Ljubljana", "ljubljana ", "Maribor"]})
    expected = expected_of(learned, people)
    logs = np.log(expected.relative) - np.log([4 / 3, 4 / 3, 2 / 3])
    assert np.all(np.abs(logs) < 1.645 * expected.error)
    assert expected.relative[0] == expected.relative[1]


def test_an_interval_that_reaches_below_zero_is_not_taken_for_exact() -> None:
    assert Newcomer(100.0, -10.0, 210.0).wide == pytest.approx((220 / (2 * 100),) * 2)


def test_held_out_customers_say_that_it_tells(learned: LookAlikes) -> None:
    assert learned.judged.tells
    assert learned.judged.single == "city"
    half = learned.judged.lifts[-1]
    assert half.share == 0.5
    assert half.held == pytest.approx(2 / 3, abs=0.05)


def test_somebody_of_whom_nothing_is_known_is_worth_what_the_mean_is(learned: LookAlikes) -> None:
    nobody = expected_of(learned, pa.table({"city": pa.array([None], pa.string())}))
    assert nobody.relative[0] == pytest.approx(1.0, abs=0.02)


def test_that_it_is_unknown_does_not_count_even_where_the_unknown_were_worth_little() -> None:
    table, worth = customers()
    city = np.where(worth < 0.2, None, table["city"].to_pylist())
    hidden = table.set_column(0, "city", pa.array(city.tolist(), pa.string()))
    learned = learn_look_alikes(hidden, worth, seed=1)
    nobody = expected_of(learned, pa.table({"city": pa.array([None], pa.string())}))
    assert nobody.relative[0] > 0.8


def test_attributes_that_tell_nothing_rank_nobody() -> None:
    table, worth = customers()
    learned = learn_look_alikes(table, np.random.default_rng(9).permutation(worth), seed=1)
    assert not learned.judged.tells
    people = scored(learned, pa.table({"city": ["Ljubljana", "Maribor"]}), SHOP)
    assert people["rank"].null_count == 2
    assert people["lifetime_value"].to_pylist() == [100.0, 100.0]
    assert people["lifetime_value_low"].to_pylist() == pytest.approx([SHOP.low, SHOP.low])
    assert people["lifetime_value_high"].to_pylist() == pytest.approx([SHOP.high, SHOP.high])


def test_prospects_stand_by_what_they_would_be_worth_with_the_reason(learned: LookAlikes) -> None:
    people = scored(learned, pa.table({"name": ["Bob", "Ada", "Eve"], "city": ["Maribor", "Ljubljana", None]}), SHOP)
    assert people["name"].to_pylist() == ["Ada", "Eve", "Bob"]
    assert people["rank"].to_pylist() == [1, 2, 3]
    assert people["reason"][0].as_py().startswith("city Ljubljana: 1.3")
    low, value, high = (people[f"lifetime_value{end}"][0].as_py() for end in ("_low", "", "_high"))
    assert low < value < high
    assert value == pytest.approx(100 * people["times_usual"][0].as_py())


def test_too_few_customers_teach_nothing() -> None:
    with pytest.raises(TooFewToLearnError, match="199 customers"):
        learn_look_alikes(*customers(199), seed=1)


def test_numbers_go_to_bins_and_names_of_people_are_left_out() -> None:
    table = pa.table({"age": list(range(20, 80)) * 5, "email": [f"{row}@example.org" for row in range(300)]})
    used, left_out = attributes_of(table)
    assert [each.name for each in used] == ["age"]
    assert used[0].levels == ("below 32", "32 to below 44", "44 to below 56", "56 to below 68", "from 68")
    assert np.bincount(used[0].codes(table["age"])).tolist() == [60] * 5
    assert left_out[0].why == "nearly everybody has another word there"
