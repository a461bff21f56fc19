import polars as pl

from keepers.ingest.cells.identifiers import are_whole_numbers, to_ids, was_shortened
from keepers.ingest.recognising.vocabulary import NO_CUSTOMER, WORDS


def test_leading_zeros_stay_and_blanks_around_go() -> None:
    assert to_ids(pl.Series(["007", " 7 ", "A-1"])).to_list() == ["007", "7", "A-1"]


def test_words_for_nothing_are_nothing() -> None:
    assert to_ids(pl.Series(["", "NaN", "n/a", "NULL", "-", None])).null_count() == 6
    assert to_ids(pl.Series(["Guest", "Anonymous", "Guesty"]), missing=NO_CUSTOMER).to_list() == [None, None, "Guesty"]


def test_ids_that_became_floats_are_whole_again() -> None:
    assert to_ids(pl.Series([13085.0, None])).to_list() == ["13085", None]
    assert to_ids(pl.Series(["13085.0", "12.5"])).to_list() == ["13085", "12.5"]
    assert to_ids(pl.Series([2**53 - 1])).to_list() == ["9007199254740991"]


def test_e_notation_is_undone_where_all_digits_are_there() -> None:
    ids = to_ids(pl.Series(["1.2345E+04", "1,2345E+04", "1E+2", "1.23457E+11", "12E5", "4.50E+00"]))
    assert ids.to_list() == ["12345", "12345", "1E+2", "1.23457E+11", "12E5", "4.50E+00"]
    assert was_shortened(ids).to_list() == [False, False, True, True, False, True]


def test_whole_numbers_are_ids_with_nothing_to_look_for() -> None:
    assert are_whole_numbers(pl.Series(["0", "7", "007", "12345678901"]))
    assert not any(are_whole_numbers(pl.Series(["7", odd])) for odd in ("", " 7", "7.0", "-3", "1E+5", "C7", None))
    words = [
        *NO_CUSTOMER,
        *(code for codes in WORDS["line_codes"].values() for code in codes),
        *WORDS["totals"]["words"],
    ]
    assert not any(are_whole_numbers(pl.Series([word])) for word in words)


def test_numbers_of_a_typed_file_are_ids_as_they_are_unless_one_is_missing_or_below_0() -> None:
    assert are_whole_numbers(pl.Series([0, 7]))
    assert not any(are_whole_numbers(pl.Series(odd)) for odd in ([7, None], [7, -3], [7.0], [True], [2**63]))
