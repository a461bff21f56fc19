"""What rows of consent say: who agreed or refused, what for, and when."""

from datetime import UTC, datetime

import polars as pl

from keepers.crm.customers.exchange.recognising.said import Statement, refusal_of, statements, statements_in


def said(rows: dict[str, list[str | None]], *, by_state: bool = True) -> list[tuple[str, str, str] | None]:
    told = statements("t", pl.DataFrame(rows), by_state=by_state).to_list()
    each = [next(statements_in(line)) if line else None for line in told]
    return [(one.state, one.purpose, f"{one.at:%Y-%m-%d}" if one.at else "") if one else None for one in each]


def test_a_row_says_it_in_a_word_by_yes_and_no_or_by_a_day() -> None:
    assert said({"Status": ["Opted-in", "withdrawn", "pending", None]}) == [
        ("given", "marketing", ""), ("refused", "marketing", ""), None, None,
    ]  # fmt: skip
    assert said({"opt_in": ["1", "0", ""], "purpose": ["Account", "survey", "news"]}) == [
        ("given", "service", ""), ("refused", "research", ""), None,
    ]  # fmt: skip
    days = {"granted_at": ["2022-01-02", "2022-01-02", None], "withdrawn_at": [None, "2023-04-05", "0000-00-00"]}
    assert said(days) == [("given", "marketing", "2022-01-02"), ("refused", "marketing", "2023-04-05"), None]


def test_of_several_days_and_of_one_that_reads_both_ways_the_stricter_counts() -> None:
    both = {"status": ["refused", "granted"], "created_at": ["2020-01-01"] * 2, "changed_on": ["2021-01-01"] * 2}
    assert said(both) == [("refused", "marketing", "2021-01-01"), ("given", "marketing", "2020-01-01")]
    read = {"status": ["refused", "granted"], "date": ["03/04/2020", "03/04/2020"]}
    assert said(read) == [("refused", "marketing", "2020-04-03"), ("given", "marketing", "2020-03-04")]
    told = {"status": ["refused", "granted"], "date": ["03/04/2020", "25/12/2019"], "date_of_birth": ["2001-02-03"] * 2}
    assert said(told) == [("refused", "marketing", "2020-04-03"), ("given", "marketing", "2019-12-25")]


def test_a_list_of_refusals_refuses_but_for_whom_it_was_lifted() -> None:
    rows = {"email": ["a@example.org", "b@example.org"], "date": ["2020-01-02", "2999-01-01"], "lifted": ["", "yes"]}
    assert said(rows, by_state=False) == [("refused", "marketing", "2020-01-02"), None]


def test_lines_are_read_again_whole() -> None:
    rows = pl.DataFrame({"email": ["a@example.org"], "date": ["2020-01-02"]})
    (line,) = statements("list.csv", rows, by_state=False).to_list()
    at = datetime(2020, 1, 2, tzinfo=UTC)
    first = Statement("refused", "marketing", at, "list.csv: email a@example.org, date 2020-01-02")
    (cell,) = pl.select(refusal_of(pl.lit("no: since\n2019"))).to_series().to_list()
    told = [*statements_in(f"{line}\n{cell}\nas it was kept before")]
    assert told == [
        first,
        Statement("refused", "marketing", None, "no: since 2019"),
        Statement("refused", "marketing", None, "as it was kept before"),
    ]
