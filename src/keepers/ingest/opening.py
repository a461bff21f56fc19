"""Opens a file as what it is, by its content first and its name second."""

import zipfile
from pathlib import Path

from keepers.ingest.files import ending_of, unpacked
from keepers.ingest.sources import Source, UnreadableFileError
from keepers.ingest.sources.delimited import DelimitedSource
from keepers.ingest.sources.fixed_width import open_fixed_width
from keepers.ingest.sources.json_lines import JsonLinesSource
from keepers.ingest.sources.parquet import ParquetSource
from keepers.ingest.sources.spreadsheet import Workbook

_OLD_SPREADSHEET = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_WORKBOOK_PARTS = ("xl/workbook.xml", "xl/workbook.bin", "content.xml")


def open_source(path: Path) -> Source:
    """The source behind a file; of a workbook the sheets with the most rows.

    Raises:
        UnreadableFileError: the file is empty, damaged or of a kind that cannot be read.
    """
    book = workbook_in(path)
    if book is not None:
        return book.source(book.alike[0])
    magic = _magic(path)
    if not magic:
        raise UnreadableFileError(f"{path} is empty: it holds no rows. Export it again.")
    if magic.startswith(b"PAR1"):
        return ParquetSource(path)
    if _is_json(path):
        return JsonLinesSource(path)
    source = DelimitedSource.open(path) or open_fixed_width(path) or DelimitedSource.open(path, least_even=0.0)
    if source is None:
        raise UnreadableFileError(
            f"{path} shows no columns: no comma, semicolon, tab, bar or run of blanks splits its lines alike. "
            "Export the orders as CSV, Parquet, XLSX or JSON lines."
        )
    return source


def open_tables(path: Path) -> list[Source]:
    """Every table in a file: each sheet of a workbook by itself, an address book's cards, else the one that it is.

    Raises:
        UnreadableFileError: the file is empty, damaged or of a kind that cannot be read.
    """
    from keepers.ingest.sources.vcard import is_vcard, open_vcard  # what reads cards is not loaded for orders

    book = workbook_in(path)
    if book is not None:
        return [book.source([name]) for name in book.names]
    if _magic(path) and is_vcard(path):
        return [open_vcard(path)]
    return [open_source(path)]


def workbook_in(path: Path) -> Workbook | None:
    """The workbook that a file is; None for a file of another kind.

    Raises:
        UnreadableFileError: the workbook is damaged, or none of its sheets holds a table.
    """
    return Workbook.open(path) if may_be_workbook(path) else None


def may_be_workbook(path: Path) -> bool:
    """Whether a file begins and is packed like a workbook.

    Raises:
        UnreadableFileError: what it is packed in is damaged.
    """
    magic = _magic(path)
    return magic == _OLD_SPREADSHEET or _is_workbook(path, magic)


def _magic(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(8)


def _is_workbook(path: Path, magic: bytes) -> bool:
    if not magic.startswith(b"PK\x03\x04"):
        return False
    try:
        with zipfile.ZipFile(path) as archive:
            return any(part in archive.namelist() for part in _WORKBOOK_PARTS)
    except zipfile.BadZipFile as error:
        raise UnreadableFileError(f"{path} is packed but damaged: {error}. Copy or export it again.") from error


def _is_json(path: Path) -> bool:
    with unpacked(path) as file:
        start = file.read(256).decode("utf-8-sig", errors="replace").lstrip()
    return start.startswith("{") or (start.startswith("[") and ending_of(path) in {".json", ".jsonl", ".ndjson"})
