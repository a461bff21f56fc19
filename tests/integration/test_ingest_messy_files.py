"""Order files of every bad habit, read by their defaults: what is kept, what is set aside, and why."""

import gzip
import zipfile
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import polars as pl
import pytest

from keepers.core.errors import KeepersError
from keepers.ingest import ImportOptions, OrderImport, read_orders
from tests.integration.conftest import Read


def rejects(got: OrderImport) -> list[tuple[int, str, str]]:
    if got.rejects is None:
        return []
    return [tuple(row) for row in pl.read_parquet(got.rejects).select("line_number", "reason", "text").iter_rows()]


def test_a_plain_file_becomes_lines_with_the_local_day(read: Read) -> None:
    lines, got = read("customer,date,amount\n007,2021-03-01,10.50\n007,2021-03-02,2\n")
    assert lines["external_id"].to_list() == ["007", "007"]
    assert lines["ordered_on"].to_list() == [date(2021, 3, 1), date(2021, 3, 2)]
    assert lines["revenue"].to_list() == [Decimal("10.5000"), Decimal("2.0000")]
    assert lines["order_id"].to_list() == ["007 2021-03-01", "007 2021-03-02"]
    assert got.report.revenue == {None: Decimal("12.5000")}
    assert got.rejects is None


def test_a_german_file_in_cp1252_is_read_as_it_was_meant(read: Read) -> None:
    text = "Kundennummer;Bestelldatum;Artikel;Menge;Betrag\n"
    text += "0815;13.02.2021;Käse für Gäste;2;1.234,50 €\n0816;03.04.2021;Brötchen;1;-12,00 €\n"
    lines, got = read(text.encode("cp1252"))
    assert lines["external_id"].to_list() == ["0815", "0816"]
    assert lines["ordered_on"].to_list() == [date(2021, 2, 13), date(2021, 4, 3)]
    assert lines["revenue"].to_list() == [Decimal("1234.5000"), Decimal("-12.0000")]
    assert lines["line_kind"].to_list() == ["sale", "return"]
    assert lines["currency"].to_list() == ["EUR", "EUR"]
    assert lines["product_id"].to_list() == ["Käse für Gäste", "Brötchen"]
    assert (got.report.files[0].encoding, got.report.files[0].delimiter) == ("cp1252", ";")


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "latin-1"])
def test_an_encoding_is_recognised_from_the_bytes(read: Read, encoding: str) -> None:
    lines, _ = read("client,fecha,importe,producto\nA1,2021-01-13,5,Jamón\nA2,2021-01-14,6,Piña\n".encode(encoding))
    assert lines["product_id"].to_list() == ["Jamón", "Piña"]


def test_lines_in_another_encoding_than_the_rest_are_still_read(read: Read) -> None:
    filler = "".join(f"{n},2021-01-13,5,Jamón\n" for n in range(30_000))
    text = ("client,fecha,importe,producto\n" + filler).encode() + "x,2021-01-14,6,Piña\n".encode("cp1252")
    lines, got = read(text)
    assert lines["product_id"][-1] == "Piña"
    assert got.report.rows_accepted == 30_001


def test_a_file_with_the_line_breaks_of_old_macs_is_read(read: Read) -> None:
    assert read("customer,date,amount\r1,2021-01-01,5\r2,2021-01-02,6\r")[0].height == 2


def test_a_chinese_file_in_gb18030_is_read(read: Read) -> None:
    body = "".join(f"会员{n},2021-01-{n + 10},{n}.5,北京市朝阳区苹果和香蕉\n" for n in range(1, 10))
    lines, got = read(("客户编号,订单日期,金额,商品名称\n" + body).encode("gb18030"))
    assert lines["external_id"].to_list()[:2] == ["会员1", "会员2"]
    assert got.report.files[0].encoding == "gb18030"


def test_a_slovene_file_in_cp1250_is_read(read: Read) -> None:
    body = "".join(f"Črtomir Žnidaršič {n};{n + 10}.3.2021;1.200,5{n} €;čevlji, žoga in šal\n" for n in range(1, 10))
    lines, _ = read(("Kupec;Datum;Znesek;Izdelek\n" + body).encode("cp1250"))
    assert lines["external_id"][0] == "Črtomir Žnidaršič 1"
    assert lines["product_id"][0] == "čevlji, žoga in šal"
    assert lines["revenue"][0] == Decimal("1200.5100")


def test_each_rejected_row_names_its_physical_line_and_reason(read: Read) -> None:
    text = (
        "customer,date,amount,note\n"
        '1,2021-01-01,5.00,"two\nlines"\n'  # lines 2-3
        "2,not a date,5.00,x\n"  # line 4
        "\n"
        "3,2021-01-02,many,x\n"  # line 6
        "4,2021-01-03,7.00,x,y,z\n"  # line 7
        "5,,8.00,x\n"  # line 8
        "6,2021-01-04,9.00\n"  # line 9: a missing last field is no harm
        "Total,,34.00,\n"  # line 10
    )
    lines, got = read(text)
    assert lines["external_id"].to_list() == ["1", "6"]
    assert sorted(rejects(got)) == [
        (4, "the date cannot be read", "2,not a date,5.00,x"),
        (6, "the amount is not a number", "3,2021-01-02,many,x"),
        (7, "wrong number of fields", "4,2021-01-03,7.00,x,y,z"),
        (8, "no date", "5,,8.00,x"),
        (10, "a row of totals", "Total,,34.00,"),
    ]
    assert (got.report.rows_read, got.report.rejected["a row of totals"].money) == (7, Decimal("34.0"))
    assert "1 blank line" in " ".join(got.report.notes)


def test_a_preamble_above_the_header_is_set_aside(read: Read) -> None:
    text = "Sales report\nPrinted 2021-05-01\n\nCustomer ID,Order date,Net amount\n1,2021-01-01,5\n2,2021-01-02,x\n"
    lines, got = read(text)
    assert lines.height == 1
    assert rejects(got)[0][0] == 6
    assert "2 lines above the header" in " ".join(got.report.notes)


def test_a_file_without_a_header_is_recognised_by_what_it_holds(read: Read) -> None:
    body = "".join(f"C{n % 7:03d},2021-01-{n % 28 + 1:02d},{n}.25\n" for n in range(1, 60))
    lines, got = read(body)
    assert lines.height == 59
    assert {choice.column: choice.header for choice in got.report.mapping} == {
        "customer_id": "column 1",
        "ordered_at": "column 2",
        "revenue": "column 3",
    }


def test_two_headers_of_one_name_are_told_apart(read: Read) -> None:
    _, got = read("customer,date,amount,amount\n1,2021-01-01,5,6\n")
    assert got.report.revenue == {None: Decimal("5.0000")}
    _, again = read("customer,date,amount,amount\n1,2021-01-01,5,6\n", mapping={"revenue": "amount (2)"})
    assert again.report.revenue == {None: Decimal("6.0000")}


def test_a_stray_quote_costs_no_other_row(read: Read) -> None:
    text = 'customer,date,item,amount\n1,2021-01-01,15" ruler,5\n'
    text += '2,2021-01-02,"a ""good"" one",6\n3,2021-01-03,"open,7\n4,2021-01-04,x,8\n'
    lines, got = read(text)
    assert lines["external_id"].to_list() == ["1", "2", "3", "4"] or [row[0] for row in rejects(got)] == [4]
    assert lines["product_id"].to_list()[:2] == ['15" ruler', 'a "good" one']
    assert got.report.rows_read == 4


def test_the_column_decides_whether_day_or_month_stands_first(read: Read) -> None:
    lines, _ = read("customer,date,amount\n1,03/04/2021,1\n2,25/04/2021,1\n")
    assert lines["ordered_on"].to_list() == [date(2021, 4, 3), date(2021, 4, 25)]
    lines, _ = read("customer,date,amount\n1,03/04/2021,1\n2,04/25/2021,1\n")
    assert lines["ordered_on"].to_list() == [date(2021, 3, 4), date(2021, 4, 25)]


def test_dates_that_read_both_ways_are_asked_for_never_guessed(read: Read) -> None:
    text = "customer,date,amount\n1,03/04/2021,1\n2,05/06/2021,1\n"
    with pytest.raises(KeepersError, match="--dates dmy"):
        read(text)
    assert read(text, dates="dmy")[0]["ordered_on"].to_list() == [date(2021, 4, 3), date(2021, 6, 5)]
    assert read(text, dates="mdy")[0]["ordered_on"].to_list() == [date(2021, 3, 4), date(2021, 5, 6)]


def test_a_column_that_says_both_is_an_error_that_names_the_lines(read: Read) -> None:
    text = "customer,date,amount\n1,25/04/2021,1\n2,26/04/2021,1\n3,04/27/2021,1\n"
    with pytest.raises(KeepersError, match=r"day-first in 2 rows and month-first in 1 .*line 4"):
        read(text)
    lines, got = read(text, dates="dmy")
    assert lines.height == 2
    assert rejects(got) == [(4, "the date cannot be read", "3,04/27/2021,1")]


def test_one_file_can_decide_for_the_other(read: Read, tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("customer,date,amount\n1,03/04/2021,1\n")
    (tmp_path / "b.csv").write_text("customer,date,amount\n1,25/04/2021,1\n")
    lines, _ = read.paths(tmp_path / "a.csv", tmp_path / "b.csv")  # type: ignore[attr-defined]
    assert lines["ordered_on"].to_list() == [date(2021, 4, 3), date(2021, 4, 25)]


def test_mixed_ways_to_write_a_date_are_all_read(read: Read) -> None:
    text = (
        "customer;date;amount\n1;2021-03-04;1\n2;4.3.2021;1\n3;5 March 2021;1\n4;Mar 6, 2021;1\n5;20210307;1\n"
        "6;2021-03-08T23:30:00Z;1\n7;2021-03-09T23:30:00-05:00;1\n8;13/3/21 2:05 PM;1\n"
    )
    lines, _ = read(text)
    assert lines["ordered_on"].dt.day().to_list() == [4, 4, 5, 6, 7, 8, 10, 13]
    assert lines["ordered_at"][7] == datetime(2021, 3, 13, 14, 5, tzinfo=UTC)


def test_stamps_without_a_zone_are_in_the_firms_zone(read: Read) -> None:
    lines, _ = read(
        "customer,date,amount\n1,2021-07-01 00:30:00,1\n2,2021-07-01T23:30:00Z,1\n", timezone="Europe/Ljubljana"
    )
    assert lines["ordered_at"].to_list() == [
        datetime(2021, 6, 30, 22, 30, tzinfo=UTC),
        datetime(2021, 7, 1, 23, 30, tzinfo=UTC),
    ]
    assert lines["ordered_on"].to_list() == [date(2021, 7, 1), date(2021, 7, 2)]


def test_amount_is_quantity_times_price_where_it_is_absent(read: Read) -> None:
    lines, _ = read("customer,date,sku,qty,unit price,discount\n1,2021-01-01,a,3,2.50,1.50\n1,2021-01-01,b,-1,2.50,0\n")
    assert lines["revenue"].to_list() == [Decimal("6.0000"), Decimal("-2.5000")]
    assert lines["discount"].to_list() == [Decimal("1.5000"), Decimal("0.0000")]
    assert lines["line_kind"].to_list() == ["sale", "return"]


def test_a_discount_that_is_a_rate_is_taken_as_one(read: Read) -> None:
    lines, _ = read("customer,date,quantity,unit price,discount\n1,2021-01-01,2,10.00,0.25\n1,2021-01-02,1,10.00,0\n")
    assert lines["revenue"].to_list() == [Decimal("15.0000"), Decimal("10.0000")]


def test_net_is_gross_less_discount(read: Read) -> None:
    lines, _ = read("customer,date,gross amount,discount\n1,2021-01-01,20,5\n")
    assert lines["revenue"].to_list() == [Decimal("15.0000")]


def test_an_order_total_repeated_on_every_line_is_not_counted_twice(read: Read) -> None:
    orders = [f"O{n},C{n % 3},2021-01-{n:02d}" for n in range(1, 10)]
    body = "".join(f"{order},a,1,10,30\n{order},b,2,10,30\n" for order in orders)
    lines, got = read("order id,customer,date,sku,quantity,unit price,order total\n" + body)
    assert lines["revenue"].sum() == Decimal("270.0000")
    assert "order total" in " ".join(got.report.notes)


def test_rows_without_a_customer_are_kept_for_the_totals(read: Read) -> None:
    lines, got = read("customer,date,amount\n,2021-01-01,5\nnan,2021-01-01,5\nGuest,2021-01-01,5\n1,2021-01-01,5\n")
    assert lines["external_id"].to_list() == [None, None, None, "1"]
    assert got.report.rows_without_customer == 3


def test_a_file_without_money_still_gives_orders(read: Read) -> None:
    lines, got = read("customer,date\n1,2021-01-01\n1,2021-02-01\n")
    assert lines["revenue"].null_count() == 2
    assert not got.report.has_money
    assert got.report.revenue == {}


def test_ids_that_a_spreadsheet_shortened_are_undone_where_exact_and_rejected_where_not(read: Read) -> None:
    customers = ["1.2345E+04", "00123", "1.23457E+11", "13085.0"]
    lines, got = read("customer,date,amount\n" + "".join(f"{customer},2021-01-01,1\n" for customer in customers))
    assert lines["external_id"].to_list() == ["12345", "00123", "13085"]
    assert rejects(got) == [(4, "the customer id lost digits to E-notation", "1.23457E+11,2021-01-01,1")]
    assert "E-notation" in " ".join(got.report.notes)


def test_exact_duplicates_go_where_orders_have_ids_and_stay_where_they_have_none(read: Read) -> None:
    with_ids = "order id,customer,date,amount\nA,1,2021-01-01,5\nA,1,2021-01-01,5\nA,1,2021-01-01,6\n"
    lines, got = read(with_ids)
    assert (lines.height, got.report.rows_duplicate) == (2, 1)
    assert rejects(got) == [(3, "an exact duplicate", "A,1,2021-01-01,5")]
    assert sorted(lines["line_number"].to_list()) == [1, 2]
    lines, got = read(with_ids, duplicates="keep")
    assert (lines.height, got.report.rows_duplicate, got.report.notes) == (3, 1, ())
    without = "customer,date,amount\n1,2021-01-01,5\n1,2021-01-01,5\n"
    lines, got = read(without)
    assert (lines.height, got.report.rows_duplicate) == (2, 1)
    assert sorted(lines["line_number"].to_list()) == [1, 2]
    assert "1 row is like another and counts: no order number tells whether it is a repeat." in got.report.notes[0]
    assert read(without, duplicates="drop")[0].height == 1


def test_lines_that_are_no_product_are_told_apart(read: Read) -> None:
    names = ["Blue mug", "Postage", "Shipping costs", "Bank Charges", "Gift card", "Porto", "Discount"]
    names.append("Postage stamp mug")
    body = "".join(f"O1,1,2021-01-01,P{n},{name},{n + 1}\n" for n, name in enumerate(names))
    lines, got = read("order id,customer,date,sku,description,amount\n" + body)
    kinds = ["sale", "postage", "postage", "fee", "adjustment", "postage", "adjustment", "sale"]
    assert lines["line_kind"].to_list() == kinds
    assert got.report.lines_by_kind["postage"].rows == 3


def test_cancelled_orders_count_nothing_and_unpaid_ones_are_rejected(read: Read) -> None:
    text = "order id,customer,date,amount,status\nA,1,2021-01-01,5,completed\n"
    text += "B,1,2021-01-02,6,Cancelled\nC,1,2021-01-03,7,failed\n"
    lines, got = read(text)
    assert lines["line_kind"].to_list() == ["sale", "adjustment"]
    assert lines["revenue"].to_list() == [Decimal("5.0000"), Decimal("0.0000")]
    assert rejects(got) == [(4, "not paid", "C,1,2021-01-03,7,failed")]
    assert (got.report.rows_cancelled, got.report.lines_by_kind["adjustment"].rows) == (1, 1)


def test_currencies_are_kept_line_by_line(read: Read) -> None:
    _, got = read("customer,date,amount\n1,2021-01-01,€ 5\n1,2021-01-02,£6\n1,2021-01-03,USD 7\n")
    assert got.report.revenue == {"EUR": Decimal("5.0000"), "GBP": Decimal("6.0000"), "USD": Decimal("7.0000")}


def test_packed_files_are_read(read: Read, tmp_path: Path) -> None:
    content = b"customer,date,amount\n1,2021-01-01,5\n"
    assert read(gzip.compress(content), name="orders.csv.gz")[0].height == 1
    with zipfile.ZipFile(tmp_path / "orders.zip", "w") as archive:
        archive.writestr("orders.csv", content)
    assert read.paths(tmp_path / "orders.zip")[0].height == 1  # type: ignore[attr-defined]


def test_a_damaged_archive_is_an_error_in_words(read: Read) -> None:
    with pytest.raises(KeepersError, match="damaged"):
        read(gzip.compress(b"customer,date,amount\n1,2021-01-01,5\n" * 50)[:-12], name="orders.csv.gz")


def test_a_folder_is_read_whole_and_other_lists_in_it_are_left_aside(read: Read, tmp_path: Path) -> None:
    folder = tmp_path / "shop"
    folder.mkdir()
    (folder / "orders_2020.csv").write_text("order id,customer,date,sku,amount\nA,1,2020-01-01,p1,5\n")
    (folder / "orders_2021.csv").write_text("order id,customer,date,sku,amount\nB,1,2021-01-01,p2,5\n")
    (folder / "products.csv").write_text("sku,product name,category\np1,Mug,Kitchen\np2,Pen,Office\n")
    (folder / "contacts.csv").write_text("contact id,first name,last name,phone,create date\n1,Alice,A,1,2020-01-01\n")
    lines, got = read.paths(folder)  # type: ignore[attr-defined]
    assert lines["order_id"].to_list() == ["A", "B"]
    assert got.products.select(["product_id", "name", "category"]).to_pylist() == [
        {"product_id": "p1", "name": "Mug", "category": "Kitchen"},
        {"product_id": "p2", "name": "Pen", "category": "Office"},
    ]
    assert ("contacts.csv was left aside" in " ".join(got.report.notes), got.report.source) == (True, "shop")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", "is empty"),
        ("\n\n", "is empty"),
        ("customer,date,amount\n", "no rows"),
        ("customer,amount\n1,5\n2,6\n", r"the date of an order.*customer \(.*--map ordered_at"),
        ("customer,date,amount\n1,x1,5\n2,x2,6\n", "the date of an order"),
        ("date,amount\n2021-01-01,5.5\n2021-01-02,6.5\n", "the customer"),
        ("first name,last name,email,phone,created\nA,B,a@example.com,1,2021-01-01\n", "list of people"),
    ],
)
def test_what_is_no_order_file_is_refused_in_words(read: Read, content: str, message: str) -> None:
    with pytest.raises(KeepersError, match=message):
        read(content)


def test_a_file_in_which_no_row_can_be_used_says_why(read: Read) -> None:
    with pytest.raises(KeepersError, match=r"Not one of the 2 rows .*2 × not paid"):
        read("customer,date,amount,status\n1,2021-01-01,5,failed\n2,2021-01-01,5,failed\n")


def test_a_missing_file_is_an_error_in_words(tmp_path: Path) -> None:
    with pytest.raises(KeepersError, match="no file or folder"):
        read_orders([tmp_path / "absent.csv"], options=ImportOptions(), into=tmp_path / "out")


@pytest.mark.parametrize(
    ("mapping", "message"), [({"revenue": "absent"}, "no header"), ({"wrong": "amount"}, "knows no")]
)
def test_a_mapping_that_names_nothing_is_an_error(read: Read, mapping: dict[str, str], message: str) -> None:
    with pytest.raises(KeepersError, match=message):
        read("customer,date,amount\n1,2021-01-01,5\n", mapping=mapping)


def test_a_mapping_decides_over_names(read: Read) -> None:
    lines, got = read(
        "client,agent,date,paid\nA,X,2021-01-01,5\n",
        mapping={"customer_id": "agent", "ordered_at": "date", "revenue": "PAID"},
    )
    assert lines["external_id"].to_list() == ["X"]
    assert {choice.why for choice in got.report.mapping if choice.column == "customer_id"} == {"asked for with --map"}


@pytest.mark.parametrize(
    ("day", "passes"), [("2021-01-31", ["reading", "writing"]), ("31.01.2021", ["looking", "reading", "writing"])]
)
def test_progress_is_told_and_a_survey_is_made_only_where_a_file_asks_for_it(
    day: str, passes: list[str], tmp_path: Path
) -> None:
    (tmp_path / "orders.csv").write_text(f"customer,date,amount\n1,{day},5\n")
    told: list[tuple[str, int]] = []
    read_orders(
        [tmp_path / "orders.csv"], options=ImportOptions(), into=tmp_path / "out",
        progress=lambda step: told.append((step.stage, step.rows)),
    )  # fmt: skip
    assert told == [(stage, 1) for stage in passes]


def test_an_order_total_that_each_line_repeats_counts_once_where_lines_have_no_price(read: Read) -> None:
    orders = "".join(f"O{at},A,2021-03-0{at},mug,1,{at}0\nO{at},A,2021-03-0{at},cup,2,{at}0\n" for at in range(1, 8))
    text = f"order_id,customer,date,sku,quantity,order_total\n{orders}O8,B,2021-03-08,mug,1,80\n"
    lines, got = read(text)
    assert got.report.revenue == {None: Decimal(360)}
    assert lines.filter(pl.col("order_id") == "O3")["revenue"].sort().to_list() == [0, 30]
    assert any("counts once, on the first of them" in note for note in got.report.notes)
    every_line, _ = read(text, mapping={"revenue": "order_total"})
    assert every_line["revenue"].sum() == Decimal(640)


def test_lines_that_cost_the_same_are_no_order_totals(read: Read) -> None:
    orders = "".join(f"O{at},A,2021-03-0{at},mug,1,10\nO{at},A,2021-03-0{at},cup,1,10\n" for at in range(1, 8))
    _, got = read(f"order_id,customer,date,sku,quantity,amount\n{orders}")
    assert got.report.revenue == {None: Decimal(140)}


def test_a_time_zone_that_does_not_exist_is_named(read: Read) -> None:
    with pytest.raises(KeepersError, match='no time zone "Mars"'):
        read("customer,date,amount\n1,2021-03-01,5\n", timezone="Mars")


def test_an_amount_that_reads_as_no_number_is_told_and_not_passed_over(read: Read) -> None:
    _, got = read("customer,date,amount\nA,2021-03-01,5 Taler\nB,2021-03-02,7 Taler\n")
    assert not got.report.has_money
    assert any(note.startswith('WARNING: "amount" is named like an amount') for note in got.report.notes)
    hours = read("customer,date,hours,miles\nA,2021-03-01,5.2,1.5\nB,2021-03-02,7.5,2.5\n")[1].report
    assert 'are in: "hours", "miles".' in hours.notes[-1]
    _, got = read("player,date,amount\nA,2021-03-01,5\nA,2021-03-02,-7\nB,2021-03-02,4\n")
    assert "1 of 3 rows take money back" in got.report.notes[-1]


def test_a_row_of_totals_with_a_date_is_no_order(read: Read) -> None:
    text = "order_id,customer,date,amount\n1,A,2021-03-01,5\n2,,2021-03-02,7\nGrand total,,2021-03-31,12\n"
    lines, got = read(text)
    assert lines["revenue"].sum() == 12
    assert [(at, reason) for at, reason, _ in rejects(got)] == [(4, "a row of totals")]


def test_an_address_is_one_customer_however_it_is_spelled(read: Read) -> None:
    lines, _ = read("email,date,amount\nAda@X.de,2021-03-01,5\n ada@x.de,2021-03-02,7\nB7,2021-03-02,1\n")
    assert lines["external_id"].unique().sort().to_list() == ["B7", "ada@x.de"]


def test_the_currency_may_stand_in_the_header(read: Read) -> None:
    lines, _ = read("customer,date,Amount (GBP)\nA,2021-03-01,5\nB,2021-03-02,€ 7\n")
    assert lines.sort("external_id")["currency"].to_list() == ["GBP", "EUR"]


@pytest.mark.parametrize(
    ("header", "currency"),
    [("客户编号,订单日期,金额", "CNY"), ("customer,date,amount", "JPY"), ("顧客番号,注文日,金額", "JPY")],
)
def test_the_sign_of_the_yen_is_the_yuan_in_a_chinese_file(read: Read, header: str, currency: str) -> None:
    lines, _ = read(f"{header}\n7,2021-03-01,¥10\n8,2021-03-02,¥4\n")
    assert lines["currency"].unique().to_list() == [currency]
