import polars as pl
import pytest

from keepers.ingest.cells.amounts import (
    NumberEvidence,
    currencies_in,
    currency_named,
    currency_of_yen_sign,
    plain_numbers,
    reads_as_number,
    to_numbers,
)


def number(text: str, mark: str = ".") -> float | None:
    return to_numbers(pl.Series([text]), decimal_mark=mark)[0]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("12.50", 12.5),
        (" 12 ", 12.0),
        ("1.234,50 €", 1234.5),
        ("1,234.50", 1234.5),
        ("1,23,456.78", 123456.78),
        ("1'234.50", 1234.5),
        ("1 234,50", 1234.5),
        ("1\u202f234,50", 1234.5),
        ("(12.00)", -12.0),
        ("($1,200)", -1200.0),
        ("5.00-", -5.0),
        ("−5", -5.0),
        ("-€5.00", -5.0),
        ("€-5.00", -5.0),
        ("- $5.00", -5.0),
        ("US$ 7", 7.0),
        ("7 CHF", 7.0),
        ("+3", 3.0),
        (".5", 0.5),
        ("1e3", 1000.0),
        ("1.234.567", 1234567.0),
        ("10%", 10.0),
        ("abc", None),
        ("", None),
        ("inf", None),
        ("NaN", None),
        ("1-2", None),
        ("12:30", None),
    ],
)
def test_a_number_is_read_as_people_write_it(text: str, expected: float | None) -> None:
    assert number(text) == expected


@pytest.mark.parametrize(
    ("text", "point", "comma"), [("1,234", 1234.0, 1.234), ("1.234", 1.234, 1234.0), ("0,123", 0.123, 0.123)]
)
def test_a_number_that_reads_both_ways_follows_its_column(text: str, point: float, comma: float) -> None:
    assert (number(text, "."), number(text, ",")) == (point, comma)


def test_the_decimal_mark_is_the_one_that_most_rows_can_only_mean() -> None:
    evidence = NumberEvidence()
    evidence.add(pl.Series(["1.234", "12,50", "7,5", "3", "n.v.", "k.A.", "12 Stk."]))
    assert (evidence.decimal_mark, evidence.mixed) == (",", False)
    evidence.add(pl.Series(["12.50", "8.25", "9.75"]))
    assert (evidence.decimal_mark, evidence.mixed) == (".", True)


def test_typed_numbers_lose_what_is_not_finite() -> None:
    assert to_numbers(pl.Series([1.5, float("nan"), float("inf"), None])).to_list() == [1.5, None, None, None]


def test_the_currency_stands_beside_the_amount() -> None:
    texts = pl.Series(["€ 5", "5 EUR", "£6", "US$7", "C$ 8", "$9", "RMB 3", "12.50", None])
    expected = ["EUR", "EUR", "GBP", "USD", "CAD", "USD", "CNY", None, None]
    assert currencies_in(texts).to_list() == expected


def test_words_do_not_read_as_numbers() -> None:
    assert reads_as_number(pl.Series(["12", "EUR 5", "A12", "12 apples", "2021-03-04"])).to_list() == [
        True,
        True,
        False,
        False,
        False,
    ]


@pytest.mark.parametrize(
    ("texts", "mark"),
    [
        (["249.900", "995", "1.250.050"], ","),  # two points can only part thousands
        (["249.900", "995", "3.980"], ","),  # the column as a whole tells
        (["0.250", "2", "1.125", "3.375"], "."),
        (["1.125", "3.375"], "."),
        (["1.125", "3.375", "2500", "7"], "."),
        (["1.125", "3.375", "2.5", "7"], "."),
    ],
)
def test_points_before_three_digits_are_read_alike_in_the_whole_column(texts: list[str], mark: str) -> None:
    evidence = NumberEvidence()
    evidence.add(pl.Series(texts))
    assert evidence.decimal_mark == mark


@pytest.mark.parametrize(
    ("header", "currency"),
    [("Amount (GBP)", "GBP"), ("Betrag in €", "EUR"), ("total_usd", None), ("DEPOSIT", None), ("Umsatz CHF", "CHF")],
)
def test_a_header_may_name_the_currency(header: str, currency: str | None) -> None:
    assert currency_named(header) == currency


def test_the_sign_of_the_yen_is_the_yuan_where_the_file_is_encoded_for_chinese() -> None:
    assert currency_of_yen_sign(["customer", "amount"], "gb18030") == "CNY"
    assert currency_of_yen_sign(["customer", "amount"], "shift_jis") == "JPY"


def test_numbers_as_programs_write_them_tell_nothing_against_the_point() -> None:
    evidence = NumberEvidence()
    evidence.add(pl.Series(["12.50", "-3", "1e3", "7.1234"]))
    assert not evidence.tells
    evidence.add(pl.Series(["1.234", "12.50"]))
    assert evidence.tells
    assert evidence.decimal_mark == "."


def test_numbers_are_plain_where_none_needs_a_second_look() -> None:
    plain = plain_numbers(pl.Series(["12.50", "-3", None]))
    assert plain is not None
    assert plain.to_list() == [12.5, -3.0, None]
    assert all(plain_numbers(pl.Series(["12.50", odd])) is None for odd in ("", "1,5", "€ 4", "inf", "NaN", " 7"))
