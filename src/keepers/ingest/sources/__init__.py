"""Kinds of files, one module each, all alike: a source yields blocks of rows with the line each began on."""

import csv
import io
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Protocol

import polars as pl

from keepers.core.errors import KeepersError

SAMPLE_ROWS = 5_000


class UnreadableFileError(KeepersError):
    """A file is missing, empty, damaged or of no kind that can be read."""


@dataclass(frozen=True, slots=True)
class BrokenRow:
    """A row that could not even be split into its columns."""

    line_number: int
    reason: str
    text: str


@dataclass(frozen=True, slots=True)
class Block:
    """Some rows of a file: their columns (text, or typed where the format has types) and where each began."""

    rows: pl.DataFrame
    line_numbers: pl.Series
    text_of: Callable[[Sequence[int]], list[str]]
    bytes_read: int
    broken: tuple[BrokenRow, ...] = ()
    blank_lines: int = 0
    part: str = ""
    path: Path | None = None  # the file, where a source reads several
    as_read: dict[str, pl.Series] = field(default_factory=dict)
    """Columns of text that were read as numbers or days as they stand, which several look at."""

    @property
    def rows_read(self) -> int:
        return len(self.line_numbers) + len(self.broken)

    def with_rows(self, rows: pl.DataFrame) -> "Block":
        """The same block with columns added to its rows."""
        return replace(self, rows=rows, as_read={})


@dataclass(frozen=True, slots=True)
class Sheet:
    """A table of a workbook; sheets with the same header share a number, `alike`, and can be read as one."""

    name: str
    rows: int
    alike: int
    read: bool


@dataclass(frozen=True, slots=True)
class Description:
    """What a source is, found before its rows are read."""

    path: Path
    format: str
    headers: tuple[str, ...]
    size: int
    encoding: str | None = None
    delimiter: str | None = None
    notes: tuple[str, ...] = field(default=())
    part: str = ""  # the sheet, where only one of a workbook is read
    sheets: tuple[Sheet, ...] = ()  # of a workbook, those that hold a table
    read_with: "tuple[Description, ...]" = ()  # other files that are read with this one


class Source(Protocol):
    """One file that can be read again and again, in blocks of bounded size."""

    @property
    def description(self) -> Description: ...

    def blocks(self, columns: Sequence[str] | None = None) -> Iterator[Block]:
        """Yield the rows. `columns` limits what is parsed: `None` asks for all, an empty list for texts alone."""
        ...


def sample_of(source: Source) -> pl.DataFrame:
    """The first rows of a source, enough to recognise its columns."""
    for block in source.blocks():
        if block.rows.height:
            return block.rows.head(SAMPLE_ROWS)
    return pl.DataFrame(schema=dict.fromkeys(source.description.headers, pl.String))


def joined_text(rows: pl.DataFrame, positions: Sequence[int]) -> list[str]:
    """Rows of a format without text of its own, written as comma-separated values."""
    texts: list[str] = []
    for row in rows[list(positions)].iter_rows():
        line = io.StringIO()
        csv.writer(line, lineterminator="").writerow(row)
        texts.append(line.getvalue())
    return texts


def as_text(value: object) -> str:
    """A typed value as a person would have written it: 12.0 is 12, a moment is 2021-03-04 10:11:12."""
    if value is None:
        return ""
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    if isinstance(value, datetime):
        return value.isoformat(sep=" ")
    return str(value)
