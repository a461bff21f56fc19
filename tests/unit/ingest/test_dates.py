import polars as pl
import pytest

from keepers.ingest.cells.dates import AmbiguousDatesError, DateEvidence, reads_as_date, to_moments

DAY_FIRST = dict.fromkeys("/-.", "dmy")


def moment(text: str, *, orders: dict[str, str] | None = None, timezone: str = "UTC") -> str | None:
    found = to_moments(pl.Series("date", [text]), orders=orders or DAY_FIRST, timezone=timezone)[0]
    return found.isoformat() if found else None


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2021-03-04", "2021-03-04T00:00:00+00:00"),
        ("2021/3/4 5:06", "2021-03-04T05:06:00+00:00"),
        ("20210304", "2021-03-04T00:00:00+00:00"),
        ("20210304T050607", "2021-03-04T05:06:07+00:00"),
        ("04.03.2021", "2021-03-04T00:00:00+00:00"),
        ("4. 3. 2021", "2021-03-04T00:00:00+00:00"),
        ("4/3/21 05:06 PM", "2021-03-04T17:06:00+00:00"),
        ("12/3/21 12:06 am", "2021-03-12T00:06:00+00:00"),
        ("4/3/68", "2068-03-04T00:00:00+00:00"),
        ("4/3/69", "1969-03-04T00:00:00+00:00"),
        ("4 March 2021", "2021-03-04T00:00:00+00:00"),
        ("4-Mar-21", "2021-03-04T00:00:00+00:00"),
        ("March 4th, 2021", "2021-03-04T00:00:00+00:00"),
        ("Thu, 4 Mar 2021 05:06:07 +0200", "2021-03-04T03:06:07+00:00"),
        ("4. März 2021", "2021-03-04T00:00:00+00:00"),
        ("4 de marzo de 2021", "2021-03-04T00:00:00+00:00"),
        ("4 août 2021", "2021-08-04T00:00:00+00:00"),
        ("2021年3月4日", "2021-03-04T00:00:00+00:00"),
        ("2021-03-04T05:06:07.123456Z", "2021-03-04T05:06:07.123456+00:00"),
        ("2021-03-04 05:06:07 -05:00", "2021-03-04T10:06:07+00:00"),
        ("2021-03-04 05:06 UTC", "2021-03-04T05:06:00+00:00"),
        ("2021-03-04 05:06:07 CET", "2021-03-04T04:06:07+00:00"),
        ("1614834367", "2021-03-04T05:06:07+00:00"),
        ("1614834367000", "2021-03-04T05:06:07+00:00"),
        ("44259", "2021-03-04T00:00:00+00:00"),
        ("44259.5", "2021-03-04T12:00:00+00:00"),
        ("2021-02-30", None),
        ("31/31/2021", None),
        ("2021-03-04 05:06:07 XYZ", None),
        ("yesterday", None),
        ("", None),
        ("123", None),
    ],
)
def test_a_date_is_read_in_every_common_writing(text: str, expected: str | None) -> None:
    assert moment(text) == expected


def test_day_and_month_stand_as_the_column_says() -> None:
    assert moment("03/04/2021", orders={"/": "dmy"}) == "2021-04-03T00:00:00+00:00"
    assert moment("03/04/2021", orders={"/": "mdy"}) == "2021-03-04T00:00:00+00:00"
    assert moment("03/04/05", orders={"/": "ymd"}) == "2003-04-05T00:00:00+00:00"


def test_a_stamp_that_the_clock_skipped_in_spring_is_an_hour_later() -> None:
    assert moment("2021-03-28 02:30:00", timezone="Europe/Berlin") == "2021-03-28T01:30:00+00:00"


def test_the_hour_that_comes_twice_in_autumn_is_the_first() -> None:
    assert moment("2021-10-31 02:30:00", timezone="Europe/Berlin") == "2021-10-31T00:30:00+00:00"


def test_typed_dates_need_no_reading() -> None:
    dates = pl.Series("date", ["2021-03-04", None]).str.to_date()
    assert to_moments(dates, orders=DAY_FIRST, timezone="UTC").dt.to_string("%F").to_list() == ["2021-03-04", None]


def evidence(*texts: str) -> DateEvidence:
    found = DateEvidence()
    found.add(pl.Series("date", texts), pl.Series(range(2, len(texts) + 2)))
    return found


def test_one_telling_row_decides_for_the_whole_column() -> None:
    assert evidence("03/04/2021", "25/04/2021").orders("auto", "date")["/"] == "dmy"
    assert evidence("03/04/2021", "04/25/2021").orders("auto", "date")["/"] == "mdy"


def test_each_mark_between_the_numbers_is_a_column_of_its_own() -> None:
    orders = evidence("25.04.2021", "04/25/2021").orders("auto", "date")
    assert (orders["."], orders["/"]) == ("dmy", "mdy")


def test_dots_are_day_first_without_a_telling_row() -> None:
    assert evidence("03.04.2021").orders("auto", "date")["."] == "dmy"


def test_a_day_that_equals_its_month_is_not_ambiguous() -> None:
    assert evidence("03/03/2021", "04/04/2021").orders("auto", "date")["/"] == "dmy"


def test_no_telling_row_is_an_error_that_asks() -> None:
    with pytest.raises(AmbiguousDatesError, match=r'"03/04/2021" and all 2 rows.*--dates dmy'):
        evidence("03/04/2021", "05/06/2021").orders("auto", "date")


def test_rows_that_contradict_are_an_error_that_names_the_fewer() -> None:
    with pytest.raises(AmbiguousDatesError, match=r"day-first in 2 rows and month-first in 1 .*line 4"):
        evidence("25/04/2021", "26/04/2021", "04/27/2021").orders("auto", "date")


def test_asking_settles_it() -> None:
    assert evidence("25/04/2021", "04/27/2021").orders("mdy", "date")["/"] == "mdy"


def test_numbers_and_words_do_not_read_as_dates() -> None:
    texts = pl.Series(["12", "12.50", "1234567890", "ABC", "19991231", "2020-01-01", "85048"])
    assert reads_as_date(texts).to_list() == [False, False, False, False, True, True, False]


def test_writings_that_repeat_thousands_of_times_are_read_as_each_alone() -> None:
    written = ["2024-02-29", None, "2023-02-29", "29.02.2024", "", "2024-03-01"]
    column = pl.Series("on", written * 500)
    alone = to_moments(column.head(len(written)), orders=DAY_FIRST, timezone="Europe/Berlin")
    together = to_moments(column, orders=DAY_FIRST, timezone="Europe/Berlin")
    assert together.to_list() == alone.to_list() * 500
    assert alone.null_count() == 3


def test_evidence_of_a_long_column_is_that_of_all_its_cells() -> None:
    evidence = DateEvidence()
    evidence.add(pl.Series("on", ["2024-02-29", None] * 1_500), pl.int_range(3_000, eager=True))
    assert not evidence.tells
    evidence.add(pl.Series("on", ["2024-02-29"] * 2_999 + ["31.12.2024"]), pl.int_range(3_000, eager=True))
    assert evidence.day_first == {".": 1}
