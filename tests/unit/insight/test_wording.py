"""Figures read as a manager would write them."""

from datetime import date

import pytest

from keepers.insight import wording
from keepers.insight.columns import column_named, column_names, written


@pytest.mark.parametrize(
    ("amount", "currency", "text"),
    [
        (0, "EUR", "€0"),
        (64, "EUR", "€64.00"),
        (412.4, "EUR", "€412"),
        (12_345.6, "GBP", "£12,346"),
        (212_345, "EUR", "€212 k"),
        (999_600, "EUR", "€1.00 m"),
        (1_844_000, "EUR", "€1.84 m"),
        (18_440_000, "USD", "$18.4 m"),
        (1_844_000_000, "CHF", "CHF 1.84 bn"),
        (-7_764, "EUR", "−€7,764"),
        (36.99, None, "36.99"),
        (None, "EUR", "–"),
        (float("nan"), "EUR", "–"),
    ],
)
def test_money_in_a_sentence_has_three_digits_or_whole_units(amount: float, currency: str, text: str) -> None:
    assert wording.money(amount, currency) == text


def test_a_rounded_nothing_has_no_sign() -> None:
    assert wording.exact_money(-0.004, "EUR", decimals=2) == "€0.00"


@pytest.mark.parametrize(("part", "text"), [(0.71, "71 %"), (0.034, "3.4 %"), (0, "0 %"), (None, "–"), (1, "100 %")])
def test_small_shares_keep_a_decimal(part: float | None, text: str) -> None:
    assert wording.share(part) == text


@pytest.mark.parametrize(
    ("by", "text"),
    [
        ("day", "5 Jan 2026"),
        ("week", "week of 5 Jan 2026"),
        ("month", "Jan 2026"),
        ("quarter", "2026 Q1"),
        ("year", "2026"),
    ],
)
def test_a_period_is_named_by_its_start(by: str, text: str) -> None:
    assert wording.period(date(2026, 1, 5), by) == text


def test_one_is_not_plural() -> None:
    assert (wording.plural(1, "customer"), wording.plural(1412, "customer")) == ("1 customer", "1,412 customers")


def test_a_column_of_large_amounts_is_written_without_cents() -> None:
    assert written([1234.5, 2.25, None], "revenue", "EUR") == ["€1,234", "€2", "–"]
    assert written([34.5, 2.25], "revenue", "EUR") == ["€34.50", "€2.25"]


def test_every_column_has_a_heading_and_a_pivot_s_column_its_own_name() -> None:
    assert all(column_named(name).heading for name in column_names())
    assert column_named("m7").heading == "m7"


def test_a_share_next_to_nothing_is_not_called_nothing() -> None:
    assert [wording.share(part) for part in (0.0, 0.0004, 0.0012)] == ["0 %", "under 0.1 %", "0.1 %"]


@pytest.mark.parametrize(
    ("by", "when", "then"),
    [
        ("day", "On 31 Dec 2026", date(2027, 1, 1)),
        ("week", "In the week of 31 Dec 2026", date(2027, 1, 7)),
        ("month", "In Dec 2026", date(2027, 1, 1)),
        ("quarter", "In 2026 Q4", date(2027, 1, 1)),
        ("year", "In 2026", date(2027, 1, 1)),
    ],
)
def test_a_period_has_a_name_and_an_end(by: str, when: str, then: date) -> None:
    starts = {"day": date(2026, 12, 31), "week": date(2026, 12, 31), "month": date(2026, 12, 1)}
    start = starts.get(by, date(2026, 10, 1) if by == "quarter" else date(2026, 1, 1))
    assert (wording.during(start, by), wording.next_period(start, by)) == (when, then)


def test_a_change_has_its_sign() -> None:
    assert [wording.change(number) for number in (1234, 0, -7)] == ["+1,234", "±0", "−7"]
