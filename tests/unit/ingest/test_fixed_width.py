"""Columns lined up with blanks."""

from pathlib import Path

from keepers.ingest.opening import open_source


def test_runs_of_blanks_part_the_columns_and_those_at_the_edges_of_a_line_do_not(tmp_path: Path) -> None:
    file = tmp_path / "orders.txt"
    file.write_text(
        " 00004 19970101  2  29.33\n00004   19970118   2 29.73  \n   00021 19970101 3 63.34", encoding="utf-8"
    )
    (block,) = open_source(file).blocks()
    assert block.rows.rows() == [
        ("00004", "19970101", "2", "29.33"),
        ("00004", "19970118", "2", "29.73"),
        ("00021", "19970101", "3", "63.34"),
    ]
