"""Spreadsheets (XLSX, XLSM, XLS, ODS): sheets whose headers are the same are one table, read one after the other.

A spreadsheet is held in memory whole, as its format demands; everything else about it is as for other sources.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Any

import polars as pl
import python_calamine

from keepers.ingest.dialect import Header, header_in
from keepers.ingest.sources import Block, Description, Sheet, UnreadableFileError, as_text, joined_text

BLOCK_ROWS = 50_000
_HEADER_ROWS = 60
_NAMES_TOLD = 12


@dataclass(frozen=True, slots=True)
class Workbook:
    """The tables of a spreadsheet: each sheet that holds one, with its header."""

    path: Path
    tables: tuple[tuple[Any, Header], ...]

    @classmethod
    def open(cls, path: Path) -> "Workbook":
        """All sheets with a table.

        Raises:
            UnreadableFileError: it is no spreadsheet, or none of its sheets holds a table.
        """
        try:
            book = python_calamine.CalamineWorkbook.from_path(str(path))
            sheets = [book.get_sheet_by_name(name) for name in book.sheet_names]
        except (python_calamine.CalamineError, python_calamine.PasswordError) as error:
            raise UnreadableFileError(f"{path} is not a spreadsheet that can be read: {error}.") from error
        tables = tuple((sheet, header) for sheet in sheets if (header := _header_of(sheet)) is not None)
        if not tables:
            raise UnreadableFileError(f"{path} is empty: none of its {len(sheets)} sheets holds a table.")
        return cls(path, tables)

    @property
    def names(self) -> tuple[str, ...]:
        """The sheets with a table, in their order."""
        return tuple(sheet.name for sheet, _ in self.tables)

    @property
    def alike(self) -> list[tuple[str, ...]]:
        """Sheets with the same header together; those with the most rows first."""
        groups: dict[tuple[str, ...], list[Any]] = {}
        for sheet, header in self.tables:
            groups.setdefault(_plainly(header), []).append(sheet)
        by_height = sorted(groups.values(), key=lambda sheets: -sum(sheet.height for sheet in sheets))
        return [tuple(sheet.name for sheet in sheets) for sheets in by_height]

    def source(self, asked: Sequence[str]) -> "SpreadsheetSource":
        """The sheets of these names as one table.

        Raises:
            UnreadableFileError: there is no such sheet, or their headers differ.
        """
        known = {name.strip().casefold(): name for name in self.names}
        found = [known.get(name.strip().casefold()) for name in asked]
        if None in found:
            missing = asked[found.index(None)]
            raise UnreadableFileError(
                f'{self.path} has no sheet "{missing}" that holds a table. There are: {named(self.names)}.'
            )
        tables = [(sheet, header) for sheet, header in self.tables if sheet.name in found]
        if len({_plainly(header) for _, header in tables}) > 1:
            raise UnreadableFileError(
                f"The sheets {named([sheet.name for sheet, _ in tables])} of {self.path} cannot be read as one, since "
                "their headers differ. Choose one of them."
            )
        return SpreadsheetSource(self, tables)


class SpreadsheetSource:
    """Some sheets of a workbook, with the same header, as one table."""

    def __init__(self, book: Workbook, tables: Sequence[tuple[Any, Header]]) -> None:
        self._tables = tables
        read, groups = [sheet.name for sheet, _ in tables], book.alike
        self.description = Description(
            path=book.path,
            format="spreadsheet",
            headers=tables[0][1].names,
            size=book.path.stat().st_size,
            part=read[0] if len(read) == 1 else "",
            sheets=tuple(
                Sheet(
                    sheet.name,
                    sheet.height - header.skip,
                    next(number for number, group in enumerate(groups) if sheet.name in group),
                    sheet.name in read,
                )
                for sheet, header in book.tables
            ),
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


def _header_of(sheet: Any) -> Header | None:
    records = [[as_text(value) for value in row] for row in islice(sheet.iter_rows(), _HEADER_ROWS)]
    return header_in(records) if any(cell.strip() for record in records for cell in record) else None


def _plainly(header: Header) -> tuple[str, ...]:
    return tuple(name.strip().casefold() for name in header.names)


def named(names: Sequence[str]) -> str:
    """The names of sheets in a sentence."""
    more = f", … ({len(names)})" if len(names) > _NAMES_TOLD else ""
    return ", ".join(f'"{name}"' for name in names[:_NAMES_TOLD]) + more
