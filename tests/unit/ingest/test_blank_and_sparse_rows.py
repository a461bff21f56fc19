"""Rows with little in them: blank ones are passed over, sparse ones do not decide where the header is."""

from pathlib import Path

import polars as pl

from keepers.ingest import ImportOptions, OrderImport, read_orders

HEADER = "customer,date,amount,note\n"


def read(folder: Path, body: str) -> OrderImport:
    path = folder / "orders.csv"
    path.write_text(HEADER + body, encoding="utf-8")
    return read_orders([path], options=ImportOptions(), into=folder / "out")


def test_a_row_of_delimiters_alone_is_blank(tmp_path: Path) -> None:
    report = read(tmp_path, "0009,2020-05-05,5.00,a\n,,,\n0009,2020-05-06,6.00,b\n").report
    assert (report.rows_read, report.rows_accepted) == (2, 2)
    assert any("1 blank line was passed over" in note for note in report.notes)


def test_wide_rows_with_one_cell_do_not_hide_the_header(tmp_path: Path) -> None:
    got = read(tmp_path, "0009,2020-05-05,5.00,a\n" + ",,,,,NA\n" * 5)
    assert got.report.rows_read == 6
    assert got.report.rows_rejected == 5
    assert pl.read_parquet(list(got.lines))["external_id"].to_list() == ["0009"]
