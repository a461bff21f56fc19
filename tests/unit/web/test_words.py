"""How pages write figures: rounded, never cut; missing is a dash, never 0."""

from datetime import date
from math import nan

import pytest

from keepers.web.templatetags import words


@pytest.mark.parametrize(("part", "decimals", "written"), [(0.00657, 1, "0.7 %"), (0.714, 0, "71 %"), (1, 0, "100 %")])
def test_a_share_is_rounded(part: float, decimals: int, written: str) -> None:
    assert words.share(part, decimals) == written


@pytest.mark.parametrize("write", [words.share, words.chance, words.count, words.figures, words.money, words.day])
def test_what_is_missing_is_a_dash(write: object) -> None:
    assert callable(write)
    assert write(None) == "–"
    if write is not words.day:
        assert write(nan) == "–"


@pytest.mark.parametrize(
    ("probability", "written"),
    [(0.71, "7 in 10"), (0.5, "5 in 10"), (0.02, "fewer than 1 in 10"), (0.97, "more than 9 in 10")],
)
def test_a_chance_is_told_in_tens(probability: float, written: str) -> None:
    assert words.chance(probability) == written


def test_counts_and_figures_have_thousands_marks_and_are_rounded() -> None:
    assert words.count(2469.6) == "2,470"
    assert words.figures(1234.57, 1) == "1,234.6"


def test_a_day_is_written_in_words() -> None:
    assert words.day(date(2026, 8, 2)) == "2 Aug 2026"


def test_a_figure_knows_its_kind_and_its_currency() -> None:
    assert words.in_currency(words.figure(412.3, "money"), "EUR") == "€412"
    assert words.in_currency(words.figure(0.71, "chance"), "EUR") == "7 in 10"


def test_a_bar_shows_where_the_range_lies_on_the_shared_scale() -> None:
    bar = words.interval_bar(50, 0, 100, 0, 100)
    assert 'x="2.0" y="4.5" width="92.0"' in bar
    assert 'x="47.0"' in bar
    assert words.interval_bar(None, 0, 100, 0, 100) == ""
    assert words.interval_bar(50, 0, 100, 0, 0) == ""


def test_a_bar_stays_within_its_scale_and_is_never_invisible() -> None:
    bar = words.interval_bar(500, 500, 900, 0, 100)
    assert 'x="94.0" y="4.5" width="2"' in bar
