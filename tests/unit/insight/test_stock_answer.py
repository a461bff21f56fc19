"""What a run keeps of stock, and what a reader is told."""

import pyarrow as pa

from keepers.insight import keeping
from keepers.insight.questions.stock import Promise, answer_of

PRODUCTS = pa.table(
    {
        "product_id": ["p1", "p2"],
        "name": ["Milk", "Milk"],
        "category": pa.nulls(2, pa.string()),
        "sells": ["steady", "new"],
        "expected_units": [80.0, 8.0],
        "units_low": [60.0, 0.0],
        "units_high": [101.0, 20.0],
        "window_units": [30.0, 3.0],
        "stock_level": [45.0, 9.0],
        "stock_reason": ["Sold in 13 of the last 13 weeks.", "First sold 2 weeks ago: little is known of it yet."],
    }
)


def test_levels_are_told_with_how_often_they_lasted() -> None:
    told = answer_of(PRODUCTS, Promise(service=0.95, window=3, weeks=8, achieved=0.96))
    assert told.finding == "Milk sells most often: keep 45 for 3 weeks. Such levels lasted in 96 % of past cases."
    assert told.rows["weeks_covered"].to_pylist() == [4.5, 9.0]
    assert told.rows["stock_level"].to_pylist() == [45, 9]
    assert told.pictured["product"].to_pylist() == ["Milk (p1)", "Milk (p2)"]


def test_without_a_past_to_test_on_the_finding_says_so() -> None:
    told = answer_of(PRODUCTS, Promise(service=0.95, window=3, weeks=8, achieved=None))
    assert told.finding.endswith("The history is too short to test such levels.")


def test_an_answer_comes_back_as_it_was_kept() -> None:
    told = answer_of(PRODUCTS, Promise(service=0.95, window=3, weeks=8, achieved=0.96))
    again = keeping.restored(keeping.kept(told))
    assert again.rows.equals(told.rows)
    assert (again.finding, again.notes, again.picture) == (told.finding, told.notes, told.picture)
