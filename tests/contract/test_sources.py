"""One table of orders in every kind of file: each source must give the same rows, and lines that can be found."""

import gzip
import json
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import openpyxl
import polars as pl
import pytest

from keepers.ingest import ImportOptions, read_orders
from keepers.ingest.opening import open_source

HEADERS = ("customer", "ordered at", "item", "quantity", "amount")
ROWS = (
    ("0017", "2021-03-01 10:15:00", "Mug, blue", "2", "12.50"),
    ("0018", "2021-03-02 11:00:00", "Pen", "1", "1.20"),
    ("0017", "2021-04-09 09:30:00", "Žoga", "-1", "-7.75"),
    ("0019", "not a date", "Cap", "1", "9.00"),
    ("0018", "2021-05-05 18:45:00", "Scarf", "1", "25.00"),
)


def _separated(delimiter: str, encoding: str = "utf-8") -> Callable[[Path], Path]:
    def write(folder: Path) -> Path:
        quoted = [[f'"{cell}"' if delimiter in cell else cell for cell in row] for row in (HEADERS, *ROWS)]
        path = folder / "orders.csv"
        path.write_bytes("".join(delimiter.join(row) + "\r\n" for row in quoted).encode(encoding))
        return path

    return write


def _gzipped(folder: Path) -> Path:
    path = folder / "orders.csv.gz"
    path.write_bytes(gzip.compress(_separated(",")(folder).read_bytes()))
    return path


def _parquet(folder: Path) -> Path:
    path = folder / "orders.parquet"
    pl.DataFrame(list(ROWS), schema=dict.fromkeys(HEADERS, pl.String), orient="row").write_parquet(path)
    return path


def _typed_parquet(folder: Path) -> Path:
    path = folder / "orders.parquet"
    frame = pl.DataFrame(list(ROWS), schema=dict.fromkeys(HEADERS, pl.String), orient="row")
    typed = frame.with_columns(
        pl.col("ordered at").str.to_datetime(strict=False),
        pl.col("quantity").cast(pl.Int32),
        pl.col("amount").cast(pl.Float64),
    )
    typed.write_parquet(path)
    return path


def _spreadsheet(folder: Path) -> Path:
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.append(HEADERS)
    for customer, moment, item, quantity, amount in ROWS:
        stamp = datetime.fromisoformat(moment) if moment.startswith("20") else moment
        sheet.append([customer, stamp, item, int(quantity), float(amount)])
    book.save(folder / "orders.xlsx")
    return folder / "orders.xlsx"


def _json_lines(folder: Path) -> Path:
    path = folder / "orders.jsonl"
    lines = [json.dumps(dict(zip(HEADERS, row, strict=True)), ensure_ascii=False) for row in ROWS]
    path.write_text("\n" + "\n".join(lines) + "\n", encoding="utf-8")
    return path


def _nested_json(folder: Path) -> Path:
    path = folder / "orders.json"
    rows = [
        {"customer": row[0], "ordered at": row[1], "item": row[2], "quantity": int(row[3]), "amount": float(row[4])}
        for row in ROWS
    ]
    path.write_text(json.dumps({"orders": rows}, indent=2, ensure_ascii=False), encoding="utf-8")
    return path


def _fixed_width(folder: Path) -> Path:
    path = folder / "orders.txt"
    rows = [[cell.replace(" ", "_") for cell in row] for row in (HEADERS, *ROWS)]
    lines = [" " + "  ".join(cell.ljust(22) for cell in row) for row in rows]
    path.write_text("\n".join(lines).replace("_1", "T1").replace("_0", "T0") + "\n", encoding="utf-8")
    return path


KINDS = {
    "comma": (_separated(","), 5),
    "semicolon": (_separated(";"), 5),
    "tab": (_separated("\t"), 5),
    "bar": (_separated("|"), 5),
    "utf-16": (_separated(",", "utf-16"), 5),
    "gzip": (_gzipped, 5),
    "parquet": (_parquet, 4),
    "typed parquet": (_typed_parquet, 4),
    "spreadsheet": (_spreadsheet, 5),
    "json lines": (_json_lines, 5),
    "json document": (_nested_json, 4),
    "fixed width": (_fixed_width, 5),
}


@pytest.fixture(params=KINDS)
def orders(request: pytest.FixtureRequest, tmp_path: Path) -> tuple[Path, int]:
    write, bad_line = KINDS[request.param]
    return write(tmp_path), bad_line


def test_every_source_gives_the_same_lines(orders: tuple[Path, int], tmp_path: Path) -> None:
    got = read_orders([orders[0]], options=ImportOptions(), into=tmp_path / "out")
    lines = pl.read_parquet(list(got.lines))
    assert lines["external_id"].to_list() == ["0017", "0018", "0017", "0018"]
    assert [str(moment)[:19] for moment in lines["ordered_at"]] == [row[1] for row in ROWS if row[1].startswith("20")]
    assert lines["quantity"].to_list() == [2.0, 1.0, -1.0, 1.0]
    assert [float(money) for money in lines["revenue"]] == [12.5, 1.2, -7.75, 25.0]
    assert lines["line_kind"].to_list() == ["sale", "sale", "return", "sale"]


def test_every_source_names_the_line_of_a_rejected_row(orders: tuple[Path, int], tmp_path: Path) -> None:
    path, line = orders
    got = read_orders([path], options=ImportOptions(), into=tmp_path / "out")
    assert got.rejects is not None
    rejected = pl.read_parquet(got.rejects)
    assert rejected["line_number"].to_list() == [line]
    assert rejected["file"].to_list() == [str(path)]
    assert "0019" in rejected["text"][0]
    assert rejected["amount"].to_list() == [9.0]
    assert got.report.rows_read == 5


def test_every_source_can_be_read_twice_in_part_or_for_its_texts_alone(orders: tuple[Path, int]) -> None:
    source = open_source(orders[0])
    whole = [row for block in source.blocks() for row in block.rows.iter_rows()]
    header = source.description.headers[0]
    part = [value for block in source.blocks([header]) for value in block.rows[header]]
    assert part == [row[0] for row in whole]
    texts = [text for block in source.blocks([]) for text in block.text_of(range(len(block.line_numbers)))]
    assert len(texts) == len(whole) == 5
    assert "Scarf" in texts[-1]
