"""Which sheets of a workbook are read: those that somebody named, else those that show what is looked for."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from keepers.core.errors import KeepersError
from keepers.core.told import Told
from keepers.ingest.opening import open_source, workbook_in
from keepers.ingest.sources import Description, Source
from keepers.ingest.sources.spreadsheet import Workbook, named

ANY_FILE = ""  # sheets named on a command line are those of each workbook


@dataclass(frozen=True, slots=True)
class Fit:
    """How well a table is what is looked for.

    lacks: why it is not, in a sentence; empty where it is
    signs: how many of the columns that tell it are there
    """

    lacks: str
    signs: int


Judge = Callable[[Source], Fit]


def open_fitting(path: Path, sheets: Mapping[str, Sequence[str]], judge: Judge) -> Source:
    """The source behind a file; of a workbook the sheets that were named for it, else those that fit best.

    Sheets with the same header are judged, and read, as one. Of those that fit alike, the most rows win.

    Args:
        path: the file.
        sheets: file name → sheets; those of `ANY_FILE` count where the file has none of its own.
        judge: how well a table is what is looked for.

    Raises:
        UnreadableFileError: the file cannot be read, or a sheet that was named is not there.
    """
    book = workbook_in(path)
    if book is None:
        return open_source(path)
    asked = sheets.get(path.name) or sheets.get(ANY_FILE)
    if asked:
        return book.source(asked)
    return book.source(_best(book, judge))


def sheets_told(about: Description) -> tuple[str, ...]:
    """Which sheets of a workbook are read, and which others are there; nothing where there is but one."""
    read = [sheet.name for sheet in about.sheets if sheet.read]
    others = [sheet.name for sheet in about.sheets if not sheet.read]
    told: list[str] = []
    if len(read) > 1:
        words = "%(file)s: the sheets %(read)s have the same columns and were read as one."
        told.append(Told.of(words, file=about.path.name, read=named(read)))
    if others:
        words = "%(file)s: the sheet %(read)s was read; it also holds %(others)s."
        words = words if len(read) == 1 else "%(file)s also holds %(others)s."
        figures = {"file": about.path.name, "read": named(read), "others": named(others)}
        told.append(Told.of(words, **figures).on_terminals("Another sheet: --sheet NAME."))
    return tuple(told)


def left_aside(about: Description, used: Sequence[str]) -> tuple[str, ...]:
    """That a workbook holds other sheets than those that were put together; nothing where it holds none."""
    others = [sheet.name for sheet in about.sheets if sheet.name not in used]
    words = "%(file)s also holds %(others)s."
    return (Told.of(words, file=about.path.name, others=named(others)),) if others else ()


def others_lack(path: Path, about: Description, judge: Judge) -> str:
    """What each sheet that is not read lacks, for a refusal; empty where there is none."""
    if all(sheet.read for sheet in about.sheets):
        return ""
    read = {sheet.name for sheet in about.sheets if sheet.read}
    book = Workbook.open(path)
    rest = [group for group in book.alike if not read & set(group)]
    lacks = [judge(book.source(group)).lacks or f"{named(group)} shows what is needed." for group in rest]
    return f" Its other sheets: {' '.join(lacks)} To read another sheet, pass --sheet NAME."


def in_sheet(about: Description) -> str:
    """How a table is called in a refusal: its file, and its sheets where the file holds others."""
    if len(about.sheets) < 2:
        return about.path.name
    return f"{about.path.name}, {named([sheet.name for sheet in about.sheets if sheet.read])},"


def first_sentence(error: KeepersError) -> str:
    """What is wrong, without what to do about it."""
    return str(error).split(". ")[0].rstrip(".") + "."


def _best(book: Workbook, judge: Judge) -> tuple[str, ...]:
    groups = book.alike  # the most rows first, which `max` keeps among equals
    if len(groups) == 1:
        return groups[0]
    fits = {group: judge(book.source(group)) for group in groups}
    return max(groups, key=lambda group: (not fits[group].lacks, fits[group].signs))
