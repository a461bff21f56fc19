"""Spreadsheets (XLSX, XLSM, XLS, ODS): the sheets with the widest table's header, read one after the other.

A spreadsheet is held in memory whole, as its format demands; everything else about it is as for other sources.
"""

from collections.abc import Iterator, Sequence
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Any

import polars as pl
import python_calamine

from keepers.core.told import Told
from keepers.ingest.dialect import Header, header_in
from keepers.ingest.sources import Block, Description, UnreadableFileError, as_text, joined_text

BLOCK_ROWS = 50_000
_HEADER_ROWS = 60


class SpreadsheetSource:
    """A workbook; sheets with the same header are one table."""

    def __init__(self, path: Path, *, sheet: str | None = None) -> None:
        sheets, tables = _tables_in(path)
        if sheet is not None:
            tables = [(found, header) for found, header in tables if found.name == sheet]
        self._header = max(tables, key=lambda table: table[0].height)[1]
        self._tables = [(sheet, header) for sheet, header in tables if header.names == self._header.names]
        self.description = Description(
            path=path,
            format="spreadsheet",
            headers=self._header.names,
            size=path.stat().st_size,
            part=sheet or "",
            notes=() if sheet else _notes(path, len(sheets), [sheet.name for sheet, _ in self._tables]),
        )

    def blocks(self, columns: Sequence[str] | None = None) -> Iterator[Block]:
        """Yield the rows; `columns` limits what is parsed, `None` asks for all."""
        total = sum(sheet.height for sheet, _ in self._tables)
        for sheet, header in self._tables:
            first = header.skip + 1
            rows = islice(sheet.iter_rows(), header.skip, None)
            while taken := list(islice(rows, BLOCK_ROWS)):
                share = int(self.description.size * len(taken) / total)
                yield self._block(taken, first, columns, share, sheet.name if len(self._tables) > 1 else "")
                first += len(taken)

    def _block(self, taken: list[list[Any]], first: int, columns: Sequence[str] | None, share: int, part: str) -> Block:
        names = self.description.headers
        texts = [[as_text(value) for value in row[: len(names)]] for row in taken]
        filled = [at for at, row in enumerate(texts) if any(cell.strip() for cell in row)]
        frame = pl.DataFrame([texts[at] for at in filled], schema=dict.fromkeys(names, pl.String), orient="row")
        return Block(
            rows=frame if columns is None else frame.select(columns),
            line_numbers=pl.Series([first + at for at in filled], dtype=pl.Int64),
            text_of=partial(joined_text, frame),
            bytes_read=share,
            blank_lines=len(taken) - len(filled),
            part=part,
        )


def sheets_with_tables(path: Path) -> list[str]:
    """The names of the sheets that hold a table.

    Raises:
        UnreadableFileError: it is no spreadsheet, or none of its sheets holds a table.
    """
    return [sheet.name for sheet, _ in _tables_in(path)[1]]


def _tables_in(path: Path) -> tuple[list[Any], list[tuple[Any, Header]]]:
    """All sheets, and those with a table beside their headers."""
    try:
        book = python_calamine.CalamineWorkbook.from_path(str(path))
        sheets = [book.get_sheet_by_name(name) for name in book.sheet_names]
    except (python_calamine.CalamineError, python_calamine.PasswordError) as error:
        raise UnreadableFileError(f"{path} is not a spreadsheet that can be read: {error}.") from error
    tables = [(sheet, header) for sheet in sheets if (header := _header_of(sheet)) is not None]
    if not tables:
        raise UnreadableFileError(f"{path} is empty: none of its {len(sheets)} sheets holds a table.")
    return sheets, tables


def _header_of(sheet: Any) -> Header | None:
    records = [[as_text(value) for value in row] for row in islice(sheet.iter_rows(), _HEADER_ROWS)]
    return header_in(records) if any(cell.strip() for record in records for cell in record) else None


def _notes(path: Path, sheets: int, read: list[str]) -> tuple[str, ...]:
    if sheets == 1:
        return ()
    told = "%(file)s: read %(read)s of its %(sheets)s sheets."
    return (Told.of(told, file=path.name, read=", ".join(read), sheets=sheets),)
