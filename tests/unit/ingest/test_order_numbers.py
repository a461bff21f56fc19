import polars as pl

from keepers.ingest.recognising.order_numbers import with_own_order_numbers
from keepers.ingest.recognising.recognition import recognise
from keepers.ingest.recognising.vocabulary import name_score

ROWS = 300
BILLS = pl.DataFrame(
    {
        "Date pièce": [f"{1 + row % 28:02}/{1 + row % 12:02}/2023" for row in range(ROWS)],
        "Code client": [f"C{row % 60}" for row in range(ROWS)],
        "Commande": [f"BC{row % 97}" for row in range(ROWS)],
        "Total HT": [f"{row % 90},50" for row in range(ROWS)],
    }
)


def order_number(rows: pl.DataFrame, **asked: str) -> tuple[str | None, tuple[str, ...]]:
    chosen, notes = with_own_order_numbers(recognise(rows, asked), rows, asked)
    return {choice.column: choice.header for choice in chosen}.get("order_id"), notes


def test_a_number_that_customers_share_on_different_days_is_no_order_number() -> None:
    header, (warning,) = order_number(BILLS)
    assert header is None
    assert "share its numbers on different days: it was not used" in warning
    header, (warning,) = order_number(BILLS.with_columns(Bon=pl.Series([f"B{row}" for row in range(ROWS)])))
    assert (header, '"Bon" was taken instead' in warning) == ("Bon", True)
    assert order_number(BILLS, order_id="Commande") == ("Commande", ())


def test_a_booking_that_guests_share_and_a_few_mistakes_stay_order_numbers() -> None:
    shared = BILLS.with_columns(pl.Series("Commande", [f"BC{row // 2}" for row in range(ROWS)]))
    same_day = shared.with_columns(pl.col("Date pièce").first().over("Commande"))
    assert order_number(same_day) == ("Commande", ())
    few = BILLS.with_columns(pl.Series("Commande", [f"BC{max(row, 3)}" for row in range(ROWS)]))
    assert order_number(few) == ("Commande", ())


def test_a_header_of_the_customer_s_own_reference_is_no_order_number() -> None:
    own = [
        "Réf. commande client",
        "Your Order No.",
        "PO Number",
        "Purchase Order",
        "Ihre Bestellnummer",
        "V/Réf client",
    ]
    assert [name_score("order_id", header) for header in own] == [0.0] * len(own)
    assert all(name_score("order_id", header) == 1.0 for header in ("N° pièce", "N° commande", "Order ref"))
    assert name_score("cancels_order_id", "Pièce d'origine") == 1.0
