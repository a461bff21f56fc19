"""Heads of orders in one file and their lines in another: joined by the order's number, every row accounted for."""

from decimal import Decimal
from pathlib import Path

import polars as pl
import pytest

from keepers.ingest import ImportOptions
from keepers.ingest.heads import heads_of
from keepers.ingest.recognising.heads_and_lines import heads_and_lines
from tests.integration.conftest import Read
from tests.integration.workbooks import STOCK, book

HEADS = (
    "Belegnummer;Debitor;Belegdatum;Gesamtbetrag;Währung\n"
    "R1;D7;31.01.2024;99,00;EUR\nR2;D8;15.02.2024;12,00;EUR\nR3;D7;16.02.2024;7,00;EUR\n"
    "R2;D9;17.02.2024;1,00;EUR\n;D9;18.02.2024;1,00;EUR\n"
)
LINES = (
    "Pos;Belegnummer;Artikel;Menge;Einzelpreis\n"
    "1;R2;Schraube;2;3,50\n1;R1;Mutter;1;10,00\n2;R1;Schraube;4;3,50\n1;R9;Mutter;1;10,00\n"
)


def files(folder: Path, heads: str = HEADS, lines: str = LINES) -> tuple[Path, Path]:
    paths = folder / "rechnungen.csv", folder / "rechnungspositionen.csv"
    for path, text in zip(paths, (heads, lines), strict=True):
        path.write_text(text, encoding="utf-8")
    return paths


def test_lines_are_told_who_ordered_and_when_and_no_row_is_lost(read: Read, tmp_path: Path) -> None:
    heads, lines = files(tmp_path)
    for paths in ((heads, lines), (lines, heads), (tmp_path,)):
        rows, got = read.paths(*paths)  # type: ignore[attr-defined]
        told = rows.select("order_id", "external_id", "ordered_on", "product_id", "revenue", "currency").rows()
        assert [(*row[:2], f"{row[2]:%d.%m.}", *row[3:]) for row in told] == [
            ("R2", "D8", "15.02.", "Schraube", Decimal("7.0000"), "EUR"),
            ("R1", "D7", "31.01.", "Mutter", Decimal("10.0000"), "EUR"),
            ("R1", "D7", "31.01.", "Schraube", Decimal("14.0000"), "EUR"),
        ]
        assert got.rejects is not None
        rejects = pl.read_parquet(got.rejects).with_columns(pl.col("file").str.extract(r"([^/]+)\.csv$"))
        assert rejects.select("file", "line_number", "reason", "text").rows() == [
            ("rechnungspositionen", 5, "no head of an order has its number", "1;R9;Mutter;1;10,00"),
            ("rechnungen", 4, "the head of an order without lines", "R3;D7;16.02.2024;7,00;EUR"),
            ("rechnungen", 5, "an earlier head of an order has its number", "R2;D9;17.02.2024;1,00;EUR"),
            ("rechnungen", 6, "the head of an order without a number", ";D9;18.02.2024;1,00;EUR"),
        ]
        assert 'they were joined by "Belegnummer".' in got.report.notes[0]
        assert got.report.notes[1].endswith("of rechnungen.csv these do not: Gesamtbetrag.")
        assert sorted((file.path.name, file.rows) for file in got.report.files) == [
            ("rechnungen.csv", 3), ("rechnungspositionen.csv", 4),
        ]  # fmt: skip


def test_totals_of_heads_count_once_an_order_where_lines_have_no_amounts(read: Read, tmp_path: Path) -> None:
    bare = "Belegnummer;Artikel;Menge\nR1;Mutter;1\nR2;Schraube;2\nR1;Schraube;4\nR3;Mutter;1\n"
    rows, got = read.paths(*files(tmp_path, lines=bare))  # type: ignore[attr-defined]
    assert rows["revenue"].to_list() == [Decimal(n) for n in (99, 12, 0, 7)]
    assert set(rows["line_kind"]) == {"sale"}
    assert "Gesamtbetrag of rechnungen.csv counts once an order, on the first of its lines." in got.report.notes
    header, *parts = bare.splitlines()
    for name, some in (("rechnungspositionen", parts[:2]), ("rechnungspositionen-2", parts[2:])):  # R1 in either
        (tmp_path / f"{name}.csv").write_text("\n".join((header, *some, "")), encoding="utf-8")
    assert read.paths(tmp_path)[0]["revenue"].sum() == 99 + 12 + 7  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    "beside",
    [
        pytest.param("Belegnummer;Betrag;Zahlart\nR1;99,00;bar\nR2;12,00;bar\nR3;7,00;Karte\n", id="payments"),
        pytest.param("Belegnummer;Artikel;Menge;Erstattung\nR1;Mutter;1;5,00\nR2;Mutter;1;5,00\n", id="refunds"),
        pytest.param("Belegnummer;Artikel;Bewertung\nR1;Mutter;5\nR2;Mutter;4\nR3;Mutter;1\n", id="opinions"),
        pytest.param("Belegnummer;Artikel;Menge\nR1;Mutter;1\n", id="few of them"),
        pytest.param("Belegnummer;Artikel;Preis\nR1;Mutter;1,00\n", id="few of them with prices"),
    ],
)
def test_what_stands_beside_whole_orders_is_not_their_lines(read: Read, tmp_path: Path, beside: str) -> None:
    paths = files(tmp_path, lines=beside)
    assert [head.holds for head in heads_of(paths, ImportOptions())] == ["orders", "nothing"]
    rows, _ = read.paths(tmp_path)  # type: ignore[attr-defined]
    assert rows["revenue"].sum() == 120


def test_a_column_that_somebody_chose_tells_lines(tmp_path: Path) -> None:
    paths = files(tmp_path, lines="Belegnummer;X1;X2\nR1;Mutter;1,00\nR2;Mutter;2,00\nR3;Mutter;1,00\n")
    assert heads_and_lines(paths, ImportOptions()) is None
    assert heads_and_lines(paths, ImportOptions(mapping={"product_id": "X1", "revenue": "X2"})) is not None
    whole = files(tmp_path)
    assert heads_and_lines(whole, ImportOptions(aside=("Artikel", "Menge", "Einzelpreis"))) is None


def test_two_sheets_of_a_workbook_are_joined_where_each_counts_its_rows_from_one(read: Read, tmp_path: Path) -> None:
    orders = [["id", "client", "data", "total"], *([n, f"C{n % 4}", f"2024-0{1 + n % 9}-11", 50] for n in range(1, 30))]
    lines = [
        ["id", "id_comanda", "producto", "cantidad", "precio"],
        *([n, 30 - n, "suro", 2, 1.5] for n in range(1, 30)),
    ]
    path = book(tmp_path / "botiga.xlsx", Estoc=STOCK, Comandes=orders, Detall=lines)
    rows, got = read.paths(path)  # type: ignore[attr-defined]
    assert rows.filter(order_id="29")["external_id"].to_list() == ["C1"]
    assert rows["revenue"].sum() == Decimal(29 * 3)
    assert 'botiga.xlsx "Detall" holds the lines of the orders in botiga.xlsx "Comandes"' in got.report.notes[0]
    assert 'botiga.xlsx also holds "Estoc".' in got.report.notes
    alone, _ = read.paths(path, sheets={"": ("Comandes",)})  # type: ignore[attr-defined]
    assert alone["revenue"].sum() == Decimal(29 * 50)


def test_heads_stand_by_themselves_where_they_are_not_to_be_joined(read: Read, tmp_path: Path) -> None:
    files(tmp_path)
    rows, got = read.paths(tmp_path, joins=False)
    told = rows.select("external_id", "revenue").rows()
    assert told[0] == ("D7", Decimal("99.0000")), "the total that lines would have set aside"
    assert len(told) == HEADS.count("\n") - 1
    assert any("rechnungspositionen.csv was left aside" in str(note) for note in got.report.notes)
    heads = heads_of(sorted(tmp_path.glob("*.csv")), ImportOptions(joins=False))
    assert {head.name: head.holds for head in heads} == {
        "rechnungen.csv": "orders",
        "rechnungspositionen.csv": "nothing",
    }
