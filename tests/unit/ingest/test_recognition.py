import polars as pl
import pytest

from keepers.ingest.recognising.recognition import (
    UnknownColumnsError,
    is_product_table,
    must_hold_orders,
    recognise,
    with_amounts_of_lines,
)
from keepers.ingest.recognising.vocabulary import COLUMNS, name_score

CELLS = {
    "customer_id": ["A1", "A2", "A1", "A3", "A2", "A4"],
    "ordered_at": ["2021-03-01", "2021-03-02", "2021-03-05", "2021-03-09", "2021-04-01", "2021-04-02"],
    "revenue": ["12.50", "3.99", "100.00", "7.25", "8.10", "9.99"],
    "quantity": ["1", "2", "1", "3", "1", "1"],
    "order_id": ["O1", "O2", "O3", "O4", "O5", "O6"],
}


def sample(**headers: str) -> pl.DataFrame:
    return pl.DataFrame({header: CELLS[column] for column, header in headers.items()})


def chosen(frame: pl.DataFrame, **asked: str) -> dict[str, str]:
    return {choice.column: choice.header for choice in recognise(frame, asked)}


@pytest.mark.parametrize(
    "headers",
    [
        {
            "customer_id": "Customer ID",
            "ordered_at": "Order Date",
            "revenue": "Total",
            "quantity": "Qty",
            "order_id": "Order #",
        },
        {
            "customer_id": "Kundennummer",
            "ordered_at": "Bestelldatum",
            "revenue": "Betrag",
            "quantity": "Menge",
            "order_id": "Auftragsnr.",
        },
        {
            "customer_id": "Kd-Nr.",
            "ordered_at": "Bestelldatum",
            "revenue": "Gesamt",
            "quantity": "Menge",
            "order_id": "Auftr.-Nr.",
        },
        {
            "customer_id": "Kunde",
            "ordered_at": "Datum",
            "revenue": "Umsatz",
            "quantity": "Anzahl",
            "order_id": "Rechnung",
        },
        {
            "customer_id": "Client",
            "ordered_at": "Date d'achat",
            "revenue": "Montant",
            "quantity": "Quantité",
            "order_id": "N° commande",
        },
        {
            "customer_id": "Cliente",
            "ordered_at": "Fecha",
            "revenue": "Importe",
            "quantity": "Cantidad",
            "order_id": "Pedido",
        },
        {
            "customer_id": "Šifra kupca",
            "ordered_at": "Datum naročila",
            "revenue": "Znesek",
            "quantity": "Količina",
            "order_id": "Naročilo",
        },
        {
            "customer_id": "Gast-Nr.",
            "ordered_at": "Anreise",
            "revenue": "Logisumsatz",
            "quantity": "Anzahl",
            "order_id": "Buchungsnr.",
        },
        {
            "customer_id": "Player ID",
            "ordered_at": "Visit Start",
            "revenue": "Net Win (House)",
            "quantity": "Count",
            "order_id": "Ticket",
        },
        {
            "customer_id": "客户编号",
            "ordered_at": "订单日期",
            "revenue": "金额",
            "quantity": "数量",
            "order_id": "订单号",
        },
        {
            "customer_id": "userId",
            "ordered_at": "createdAt",
            "revenue": "amount_paid",
            "quantity": "units",
            "order_id": "transaction_id",
        },
    ],
)
def test_columns_are_known_by_their_names_in_several_languages(headers: dict[str, str]) -> None:
    assert chosen(sample(**headers)) == headers


def test_a_name_whose_cells_do_not_fit_is_not_taken() -> None:
    frame = sample(customer_id="customer", ordered_at="date").with_columns(amount=pl.lit("many"))
    assert "revenue" not in chosen(frame)


def test_the_ship_date_yields_to_the_order_date() -> None:
    frame = sample(customer_id="customer", ordered_at="order date").with_columns(
        pl.col("order date").alias("ship date")
    )
    assert chosen(frame)["ordered_at"] == "order date"


def test_what_no_name_tells_the_cells_may() -> None:
    frame = sample(customer_id="c1", ordered_at="c2", revenue="c3")
    assert chosen(frame) == {"customer_id": "c1", "ordered_at": "c2", "revenue": "c3"}


def test_the_only_dates_are_taken_whatever_they_are_called_and_never_for_money() -> None:
    dotted = pl.Series([f"1{day}.06.2022" for day in range(6)])
    frame = sample(customer_id="Kunde").with_columns(c2=dotted, Ware=pl.Series(["X1", "Y2", "X1", "Z3", "Y2", "Z3"]))
    assert chosen(frame) == {"customer_id": "Kunde", "ordered_at": "c2", "product_id": "Ware"}
    assert "revenue" not in chosen(frame.with_columns(Leistungstag=dotted))


def test_what_was_asked_for_comes_before_names() -> None:
    frame = sample(customer_id="customer", order_id="agent", ordered_at="date")
    assert chosen(frame, customer_id="agent")["customer_id"] == "agent"


def test_a_header_that_says_annual_is_no_money_of_an_order() -> None:
    assert name_score("revenue", "Annual Revenue") == 0.0


def test_every_column_knows_its_own_name() -> None:
    assert {column: name_score(column, column) for column in COLUMNS if name_score(column, column) < 0.8} == {}


@pytest.mark.parametrize(
    ("headers", "customer"),
    [
        ({"Card No": ["**** 1234"], "Customer": ["Ann"]}, "Customer"),
        ({"Card No": ["4711"], "Customer Name": ["Ann"]}, "Customer Name"),
        ({"Karten-Nr.": ["4711"], "Kundenname": ["Ann"]}, "Kundenname"),
        ({"Card No": ["4711"], "Customer ID": ["K1"]}, "Customer ID"),
        ({"Membership No": ["M1"], "Customer ID": ["K1"]}, "Customer ID"),
        ({"Membership No": ["M1"], "Customer": ["Ann"]}, "Membership No"),
        ({"Membership No": ["M1", "", ""], "Customer": ["Ann", "Bob", "Eve"]}, "Customer"),
        ({"Card No": ["4711"]}, "Card No"),
        ({"Card No": ["**** 1234"]}, None),
        ({"Guest": ["Huber"], "Email": ["h@x.at"]}, "Email"),
        ({"Guest": ["Huber"], "Guest Email": ["h@x.at"], "Gast-Nr.": ["7"]}, "Gast-Nr."),
        ({"Guest Name": ["Huber"]}, "Guest Name"),
        ({"Guest": ["Huber"], "Agency": ["A1"]}, "Guest"),
        ({"Agency": ["A1", "B2", "A1"]}, "Agency"),
    ],
)
def test_who_buys_is_the_surest_sign_of_the_customer(headers: dict[str, list[str]], customer: str | None) -> None:
    rows = sample(order_id="Receipt", ordered_at="Date", revenue="Total")
    cells = {header: (some * 6)[:6] for header, some in headers.items()}
    found = chosen(pl.DataFrame(cells | {name: rows[name] for name in rows.columns}))
    assert found.get("customer_id") == customer
    assert found.get("channel") == ("Agency" if "Agency" in headers and customer != "Agency" else None)


def test_a_table_of_products_is_told_from_orders() -> None:
    products = pl.DataFrame({"sku": ["a", "b"], "product name": ["Mug", "Pen"], "category": ["x", "y"]})
    assert is_product_table(products)
    assert not is_product_table(products.with_columns(quantity=pl.Series(["1", "2"]), amount=pl.Series(["3.5", "4.1"])))
    assert not is_product_table(sample(customer_id="customer", ordered_at="date", revenue="amount"))


def test_a_list_of_records_is_refused() -> None:
    frame = pl.DataFrame({"Id": ["1", "2", "3", "4", "5"], "CreatedDate": ["2021-01-01"] * 5, "Amount": ["1"] * 5})
    with pytest.raises(UnknownColumnsError, match="list of records"):
        must_hold_orders(recognise(frame, {}), frame, "accounts.csv")


@pytest.mark.parametrize("cells", [["44930.41", "44935", "45001.5"], ["1672826640", "1673826640", "1674826640"]])
def test_counted_days_and_seconds_are_dates_where_the_header_says_date(cells: list[str]) -> None:
    frame = pl.DataFrame({"order_id": ["1", "2", "3"], "customer": ["7", "7", "8"], "date": cells, "other": cells})
    assert chosen(frame)["ordered_at"] == "date"
    assert "ordered_at" not in chosen(frame.rename({"date": "figure"}))
    assert "ordered_at" not in chosen(frame.with_columns(date=pl.Series(["1", "2", "3"])))


def test_a_short_name_for_the_customer_beats_a_bare_id() -> None:
    frame = sample(customer_id="cust", order_id="id", ordered_at="date", revenue="value")
    assert chosen(frame)["customer_id"] == "cust"


def test_pieces_taken_back_are_no_refunded_money() -> None:
    frame = pl.DataFrame({"Order Number": ["1", "2"], "Quantity (- Refund)": ["1", "2"], "Item Cost": ["9.50", "3.25"]})
    found = chosen(frame)
    assert (found["quantity"], found["unit_price"]) == ("Quantity (- Refund)", "Item Cost")
    assert "refund" not in found


@pytest.mark.parametrize(("of_one_piece", "column"), [(True, "unit_price"), (False, "gross")])
def test_a_price_that_grows_with_the_pieces_is_the_amount_of_the_line(of_one_piece: bool, column: str) -> None:
    pieces = [1, 2, 3, 5] * 6
    prices = [2.5 + row % 6 for row in range(24)]
    written = prices if of_one_piece else [each * many for each, many in zip(prices, pieces, strict=True)]
    frame = pl.DataFrame(
        {
            "Date": ["2024-03-01"] * 24,
            "Client": [f"C{row}" for row in range(24)],
            "Article": [f"A{row % 6}" for row in range(24)],
            "Qté": [str(many) for many in pieces],
            "Prix TTC": [f"{amount:.2f}".replace(".", ",") for amount in written],
        }
    )
    recognised = with_amounts_of_lines(recognise(frame, {}), frame)
    assert {choice.header: choice.column for choice in recognised}["Prix TTC"] == column
    asked = recognise(frame, {"unit_price": "Prix TTC"})
    assert with_amounts_of_lines(asked, frame) == asked
