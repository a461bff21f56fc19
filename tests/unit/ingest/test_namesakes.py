import polars as pl

from keepers.ingest.namesakes import namesakes
from keepers.ingest.recognising.recognition import recognise

ROWS = 240
FIRMS = pl.DataFrame(
    {
        "Beleg-Nr": [f"RE{row}" for row in range(ROWS)],
        "Konto 7": [str(10_000 + row % 60) for row in range(ROWS)],
        "Firma": [f"Müller GmbH {row % 15}" for row in range(ROWS)],
        "Rechnungsdatum": [f"{1 + row % 28:02}.{1 + row % 12:02}.2023" for row in range(ROWS)],
        "Netto": [f"{row % 90},50" for row in range(ROWS)],
    }
)


def warnings(rows: pl.DataFrame, **asked: str) -> tuple[str, ...]:
    return namesakes(recognise(rows, asked), rows)


def test_a_number_that_tells_namesakes_apart_is_told() -> None:
    (warning,) = warnings(FIRMS)
    assert '"Firma", taken for the customer, has 15 values, and "Konto 7", which is not used, 60' in warning
    assert '--map customer_id="Konto 7"' in warning


def test_a_debitor_is_the_customer_before_a_firm_name_is() -> None:
    chosen = {choice.column: choice.header for choice in recognise(FIRMS.rename({"Konto 7": "Debitor"}), {})}
    assert chosen["customer_id"] == "Debitor"


def test_names_that_were_asked_for_are_no_oversight() -> None:
    assert warnings(FIRMS, customer_id="Firma") == ()


def test_a_number_of_the_order_of_the_row_or_of_the_name_is_no_customer() -> None:
    of_orders = FIRMS.with_columns(pl.col("Beleg-Nr").str.replace("RE", "9").alias("Konto 7"))
    of_lines = pl.concat([of_orders, of_orders])
    of_names = FIRMS.with_columns(pl.col("Firma").str.extract(r"(\d+)$").alias("Konto 7"))
    across_names = FIRMS.with_columns(pl.Series("Konto 7", [str(10_000 + row % 61) for row in range(ROWS)]))
    assert [warnings(rows) for rows in (of_orders, of_lines, of_names, across_names)] == [(), (), (), ()]
