"""A list as a file: what is seen, in its order, row by row, however long it is."""

import csv
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime
from typing import IO, Any

import xlsxwriter
from django.db.models import Model
from django.http import StreamingHttpResponse
from django.utils import timezone

from keepers.core.errors import KeepersError
from keepers.crm.lists.columns import Column
from keepers.loop.exports import risky_in_spreadsheets

MOST_XLSX_ROWS = 1_048_575  # a sheet of Excel, without its head
ROWS_A_PIECE = 1_000
DECIMALS = 4  # as many as money has in the tables


class TooLongForSpreadsheetError(KeepersError):
    """More rows than a sheet has."""


def as_csv(columns: Sequence[Column], rows: Iterable[Any]) -> Iterator[bytes]:
    """The file's pieces; texts that a spreadsheet would run as a formula begin with an apostrophe."""
    line = _Line()
    writer = csv.writer(line, lineterminator="\r\n")
    yield "\ufeff".encode()  # tells Excel that it is UTF-8
    yield writer.writerow(_head(columns))
    piece: list[bytes] = []
    for row in rows:
        piece.append(writer.writerow([_harmless(figure) for figure in _figures(columns, row)]))
        if len(piece) == ROWS_A_PIECE:
            yield b"".join(piece)
            piece.clear()
    yield b"".join(piece)


def csv_streamed(columns: Sequence[Column], rows: Iterable[Any], name: str) -> StreamingHttpResponse:
    """The same as an answer, under the name of a file."""
    answer = StreamingHttpResponse(as_csv(columns, rows), content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="{name}"'
    return answer


def as_xlsx(columns: Sequence[Column], rows: Iterable[Any], *, title: str) -> IO[bytes]:
    """The file, on disk until it is closed; texts are written as texts, so none is a formula.

    Raises:
        TooLongForSpreadsheetError: there are more rows than a sheet has.
    """
    file = tempfile.TemporaryFile(suffix=".xlsx")  # noqa: SIM115 - whoever sends it closes it
    with xlsxwriter.Workbook(file, {"constant_memory": True, "default_date_format": "yyyy-mm-dd"}) as book:
        sheet = book.add_worksheet(title[:31])
        bold = book.add_format({"bold": True})
        sheet.freeze_panes(1, 1)
        for place, name in enumerate(_head(columns)):
            sheet.write_string(0, place, name, bold)
        for number, row in enumerate(rows, start=1):
            if number > MOST_XLSX_ROWS:
                raise TooLongForSpreadsheetError(
                    f"A sheet of Excel has {MOST_XLSX_ROWS:,} rows and this list is longer. Narrow it, or take the CSV."
                )
            for place, figure in enumerate(_figures(columns, row)):
                _write(sheet, number, place, figure)
    file.seek(0)
    return file


class _Line:
    """What csv writes to: gives each line back."""

    def write(self, text: str) -> bytes:
        return text.encode()


def _head(columns: Sequence[Column]) -> list[str]:
    return [name for column in columns for name, _ in column.in_files]


def _figures(columns: Sequence[Column], row: Any) -> list[Any]:
    return [_plain(figure(row)) for column in columns for _, figure in column.in_files]


def _plain(figure: Any) -> Any:
    """What a file holds for it: people by name, lists with semicolons, yes and no as 1 and 0, four decimals."""
    if isinstance(figure, list):
        return "; ".join(map(str, figure))
    if isinstance(figure, bool):
        return int(figure)
    if isinstance(figure, datetime):
        return timezone.localtime(figure).replace(tzinfo=None)  # sheets know no zones
    if isinstance(figure, float):
        return round(figure, DECIMALS) + 0.0  # no -0.0, and no 1e-05, which a mail house cannot read
    return str(figure) if isinstance(figure, Model) else figure


def _harmless(figure: Any) -> Any:
    return f"'{figure}" if isinstance(figure, str) and risky_in_spreadsheets(figure) else figure


def _write(sheet: Any, row: int, place: int, figure: Any) -> None:
    if figure is None:
        return
    if isinstance(figure, str):
        sheet.write_string(row, place, figure)
    elif isinstance(figure, date):
        sheet.write_datetime(row, place, figure)
    else:
        sheet.write_number(row, place, figure)
