"""Which rows of an order file are returns: by words beside amounts that may be positive."""

from decimal import Decimal

import polars as pl
import pytest

from tests.integration.conftest import Read


def test_a_row_that_says_refund_is_a_return_though_its_amount_is_positive(read: Read) -> None:
    lines, got = read(
        "customer,date,order,type,qty,price,unit cost\n7,2021-03-01,A1,Sale,2,10,4\n7,2021-03-05,A2,Refund,2,10,4\n"
        "7,2021-03-06,A3,REFUND ,-1,10,4\n7,2021-03-07,A4,Order,1,5,2\n"
    )
    assert lines["line_kind"].to_list() == ["sale", "return", "return", "sale"]
    assert lines["quantity"].to_list() == [2.0, -2.0, -1.0, 1.0]
    assert lines["revenue"].to_list() == [Decimal(20), Decimal(-20), Decimal(-10), Decimal(5)]
    assert lines["cost"].to_list() == [Decimal(8), Decimal(-8), Decimal(-4), Decimal(2)]
    assert '2 rows say "refund" in column "type": taken as returns.' in got.report.notes


@pytest.mark.parametrize(
    ("header", "sale", "back"),
    [
        ("Vorgang", "Verkauf", "Gutschrift"),
        ("Art", "Verkauf", "Retoure"),
        ("Belegart", "Rechnung", "Storno"),
        ("transaction type", "Purchase", "Return"),
        ("Kind", "Sale", "Credit"),
        ("Order Type", "Order", "Cancelled"),
        ("Sales Type", "Sale", "Refund"),
    ],
)
def test_refunds_are_told_by_many_names_and_words(read: Read, header: str, sale: str, back: str) -> None:
    lines, _ = read(f"customer,date,amount,{header}\n7,2021-03-01,10,{sale}\n7,2021-03-05,4,{back}\n")
    assert lines["line_kind"].to_list() == ["sale", "return"]
    assert lines["revenue"].to_list() == [Decimal(10), Decimal(-4)]


@pytest.mark.parametrize(
    ("header", "words"), [("type", ("Single", "Return")), ("card type", ("Debit", "Credit")), ("type", ("Web", "Shop"))]
)
def test_a_return_ticket_and_a_credit_card_are_no_refunds(read: Read, header: str, words: tuple[str, str]) -> None:
    lines, got = read(f"customer,date,amount,{header}\n7,2021-03-01,10,{words[0]}\n7,2021-03-05,4,{words[1]}\n")
    assert lines["line_kind"].to_list() == ["sale", "sale"]
    assert "line_kind" not in {choice.column for choice in got.report.mapping}


def test_the_column_that_tells_refunds_may_be_named_or_left_alone(read: Read) -> None:
    named = "customer,date,amount,why\n7,2021-03-01,10,\n7,2021-03-05,4,Return\n"
    lines, got = read(named, mapping={"line_kind": "why"})
    assert lines["revenue"].to_list() == [Decimal(10), Decimal(-4)]
    assert '1 row says "return" in column "why": taken as a return.' in got.report.notes
    lines, got = read(named.replace("why", "type").replace("Return", "Refund"), mapping={"category": "type"})
    assert lines["revenue"].to_list() == [Decimal(10), Decimal(4)]


def test_an_order_total_that_its_lines_repeat_counts_once_more_where_it_is_refunded(read: Read) -> None:
    orders = "".join(f"{n},O{n},2021-03-0{n},Sale,{item},{n}0\n" for n in range(1, 8) for item in ("mug", "pen"))
    refund = "7,O7,2021-03-07,Refund,mug,70\n7,O7,2021-03-07,Refund,pen,70\n"
    lines, _ = read(f"customer,order,date,type,item,total\n{orders}{refund}")
    assert lines.filter(pl.col("line_kind") == "return")["revenue"].sum() == Decimal(-70)
    assert lines["revenue"].sum() == Decimal(210)
