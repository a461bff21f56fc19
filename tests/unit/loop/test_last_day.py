from datetime import date, timedelta

from keepers.loop.last_day import last_day

TODAY = date.today()  # noqa: DTZ011 as the code asks
YEAR = timedelta(days=365)


def test_no_day_to_come_is_known() -> None:
    assert last_day(TODAY - 2 * YEAR, TODAY - YEAR) == TODAY - YEAR
    assert last_day(TODAY - YEAR, TODAY + timedelta(days=40)) == TODAY
    assert last_day(TODAY + YEAR, TODAY + 2 * YEAR) == TODAY + 2 * YEAR
