"""Headers and cells of tables of contracts."""

import polars as pl
import pytest

from keepers.ingest.cells.contracts import says_open, to_left, to_period
from keepers.ingest.recognising.contracts import UnknownContractColumnsError, amount_is_per, choose_columns

DAYS, LATER = ["2021-01-01", "2021-02-03", "2021-03-04"], ["2022-01-01", "", "2022-03-04"]
NAMES = [
    ("customer_id", "start_date", "end_date", "amount"),
    ("Kundennummer", "Vertragsbeginn", "Vertragsende", "Monatsbeitrag"),
    ("userId", "subscribedAt", "canceledAt", "mrr"),
    ("Account ID", "Contract Start Date", "Contract End Date", "Monthly Fee"),
    ("client", "date_debut", "date_fin", "montant"),
    ("id", "from", "to", "price"),
    ("subscriber_id", "activation_date", "churn_date", "monthly_charges"),
    ("member", "Joined", "Left", "annual fee"),
]


def chosen(frame: pl.DataFrame, **asked: str) -> dict[str, str]:
    return {choice.column: choice.header for choice in choose_columns(frame, asked, "f.csv")}


@pytest.mark.parametrize("names", NAMES, ids=lambda names: names[1])
def test_common_headers_are_recognised(names) -> None:
    frame = pl.DataFrame(dict(zip(names, (["K1", "K2", "K3"], DAYS, LATER, ["9.90", "10", "12.5"]), strict=True)))
    wanted = dict(zip(("customer_id", "started_on", "ended_on", "amount"), names, strict=True))
    assert chosen(frame) == wanted


def test_an_end_that_nobody_has_reached_is_still_an_end() -> None:
    frame = pl.DataFrame({"customer_id": ["1", "2"], "start": DAYS[:2], "end": ["", ""]})
    assert chosen(frame)["ended_on"] == "end"


def test_two_columns_of_dates_with_strange_names_are_start_and_end() -> None:
    frame = pl.DataFrame({"customer": ["1", "2", "3"], "alpha": LATER, "omega": DAYS})
    assert chosen(frame) == {"customer_id": "customer", "started_on": "omega", "ended_on": "alpha"}


def test_what_was_asked_for_wins_and_what_is_not_there_is_told() -> None:
    frame = pl.DataFrame({"customer_id": ["1"], "start": ["2021-01-01"], "end": [""], "stop": ["2022-01-01"]})
    assert chosen(frame, end="stop")["ended_on"] == "stop"
    with pytest.raises(UnknownContractColumnsError, match='no header "nix"'):
        chosen(frame, ended_on="nix")
    with pytest.raises(UnknownContractColumnsError, match='no column "colour"'):
        chosen(frame, colour="stop")
    with pytest.raises(UnknownContractColumnsError, match="whether they left"):
        chosen(pl.DataFrame({"customer_id": ["1"], "tenure": ["3"]}))


def test_words_of_leaving_of_length_and_of_no_end_are_understood() -> None:
    assert to_left(pl.Series(["Yes", "no", "Attrited Customer", "1", "0", "maybe"])).to_list() == [
        True, False, True, True, False, None,
    ]  # fmt: skip
    assert to_period(pl.Series(["Monthly", "annual", "3", "P1Y", "one year", "fortnight"])).to_list() == [
        "month", "year", "quarter", "year", "year", None,
    ]  # fmt: skip
    assert says_open(pl.Series(["", None, "Active", "laufend", "2022-01-01"])).to_list() == [
        True,
        True,
        True,
        True,
        False,
    ]


def test_a_header_says_what_an_amount_is_for() -> None:
    assert [amount_is_per(name) for name in ("MonthlyCharges", "annual_fee", "ARR", "MRR", "amount")] == [
        "month", "year", "year", "month", "period",
    ]  # fmt: skip
