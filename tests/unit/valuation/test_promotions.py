from datetime import date
from pathlib import Path

import pytest

from keepers.valuation.choosing.promotions import (
    InvalidPromotionsFileError,
    Promotion,
    as_seen_from,
    read_promotions,
    why_not_learned,
)

HEAD = "name,first_day,last_day,expected\n"


def told(tmp_path: Path, text: str) -> tuple[Promotion, ...]:
    path = tmp_path / "promotions.csv"
    path.write_text(text, encoding="utf-8")
    return read_promotions(path)


def test_a_file_of_promotions_is_read(tmp_path: Path) -> None:
    found = told(tmp_path, HEAD + "sale,2024-07-01,2024-07-07,\nopening,2024-11-04,2024-11-04,1.4\n")
    assert found == (
        Promotion("sale", date(2024, 7, 1), date(2024, 7, 7)),
        Promotion("opening", date(2024, 11, 4), date(2024, 11, 4), 1.4),
    )


def test_days_count_from_the_end_of_the_last_known_day() -> None:
    one = as_seen_from([Promotion("sale", date(2024, 7, 1), date(2024, 7, 7))], date(2024, 6, 30))
    assert (one.begin.tolist(), one.end.tolist()) == ([0.0], [7.0])
    assert one.heights(one.begin + 3.5, 7.0).tolist() == [0.0]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("name,first_day\nsale,2024-07-01\n", "no column last_day"),
        (HEAD + "sale,1.7.2024,2024-07-07,\n", "line 2: .*Write days as 2024-11-29"),
        (HEAD + "sale,2024-07-07,2024-07-01,\n", "line 2: a promotion needs a name, a last day that is not before"),
        (HEAD + "sale,2024-07-01,2024-07-07,-3\n", "an expected size from 0.05 to 20"),
    ],
)
def test_a_file_that_cannot_be_read_says_where_and_what_to_do(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(InvalidPromotionsFileError, match=message):
        told(tmp_path, text)


def test_promotions_that_move_nothing_are_named_with_the_reason() -> None:
    sale = Promotion("sale", date(2024, 7, 1), date(2024, 7, 7))
    assert list(why_not_learned([sale], "Too short.", None)) == ["The promotions told move no forecast. Too short."]
    assert not list(why_not_learned([], "Too short.", None))
