import pytest

from keepers.core.periods import DAYS_PER_YEAR, InvalidPeriodError, Period, TimeUnit


@pytest.mark.parametrize(
    ("written", "days"),
    [("39w", 273), ("90d", 90), ("1Y", DAYS_PER_YEAR), ("6m", DAYS_PER_YEAR / 2), (" 1.5 w ", 10.5)],
)
def test_a_period_is_read_as_users_write_it(written: str, days: float) -> None:
    assert Period.parse(written).days == pytest.approx(days)


@pytest.mark.parametrize("written", ["", "39", "w", "0w", "-3d", "39 weeks", "1e3d"])
def test_what_is_no_period_is_refused_with_an_example(written: str) -> None:
    with pytest.raises(InvalidPeriodError, match="90d, 26w, 6m or 5y"):
        Period.parse(written)


def test_a_period_counts_the_same_time_in_any_unit() -> None:
    horizon = Period.parse("39w")
    assert horizon.within(TimeUnit.DAY) == 273
    assert horizon.within(TimeUnit.WEEK) == 39
    assert horizon.within(TimeUnit.MONTH) == pytest.approx(273 / (DAYS_PER_YEAR / 12))


def test_a_period_is_said_in_words() -> None:
    assert Period.parse("39w").in_words() == "39 weeks"
    assert Period.parse("1y").in_words() == "1 year"
    assert Period(days=12.0).in_words() == "12 days"


@pytest.mark.parametrize(
    ("days", "words"), [(1826.25, "5 years"), (365.25, "1 year"), (364, "52 weeks"), (90, "90 days"), (7, "1 week")]
)
def test_a_length_without_its_words_is_told_in_the_longest_whole_unit(days: float, words: str) -> None:
    assert Period(days).in_words() == words


@pytest.mark.parametrize(("days", "written"), [(1826.25, "5y"), (364, "52w"), (90, "90d"), (30.4375, "1m")])
def test_a_length_without_its_words_is_written_so_that_it_can_be_read_again(days: float, written: str) -> None:
    assert str(Period(days)) == written
    assert Period.parse(written).days == pytest.approx(days)
