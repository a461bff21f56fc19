"""A look at the heads of files before anything is imported: what each column seems to be, and why."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import polars as pl

from keepers.core.errors import KeepersError
from keepers.ingest.recognising.heads_and_lines import heads_and_lines, paths_joined
from keepers.ingest.recognising.layouts import ContractsNotOrdersError, Layout, layout_of, must_hold, open_orders
from keepers.ingest.recognising.recognition import is_product_table, look_at
from keepers.ingest.recognising.vocabulary import DESCRIBING
from keepers.ingest.report import ChosenColumn, ImportOptions
from keepers.ingest.sources import Sheet, Source, as_text, sample_of

CELLS = 4
CELL_LENGTH = 60


@dataclass(frozen=True, slots=True)
class HeadColumn:
    """A header with some of its cells, and what it was taken for; `column` is empty where it was taken for nothing."""

    header: str
    cells: tuple[str, ...]
    seems: str
    column: str = ""
    score: float = 0.0
    why: str = ""


@dataclass(frozen=True, slots=True)
class FileHead:
    """What the first rows of a file tell.

    holds: orders, the heads of orders whose lines another file has, a table of products, or nothing that can be used;
        `problem` then says why
    sheets: of a workbook, those that hold a table
    made: columns that a known export's own rule makes: column → what it is made of
    """

    name: str
    size: int
    holds: Literal["orders", "heads", "products", "nothing"]
    format: str = ""
    encoding: str | None = None
    delimiter: str | None = None
    preset: str | None = None
    columns: tuple[HeadColumn, ...] = ()
    made: tuple[tuple[str, str], ...] = ()
    notes: tuple[str, ...] = ()
    problem: str = ""
    sheets: tuple[Sheet, ...] = ()


def heads_of(paths: Sequence[Path], options: ImportOptions) -> list[FileHead]:
    """Look at each file; what is wrong with one is said in its head, never raised."""
    joined = heads_and_lines(paths, options) if paths else None
    if joined is None:
        return [_head(path, options, alone=len(paths) == 1) for path in paths]
    together = paths_joined(joined)
    found = {path: _head(path, options, alone=False) for path in paths if path not in together}
    return [found.get(path) or _of_joined(path, joined, options) for path in paths]


def _of_joined(path: Path, joined: Source, options: ImportOptions) -> FileHead:
    """The file of the lines with what the heads say, or the file of the heads beside it."""
    about = joined.description
    if path != about.path:
        beside = next(other for other in about.read_with if other.path == path)
        return FileHead(path.name, beside.size, "heads", beside.format, beside.encoding, beside.delimiter)
    sample = sample_of(joined)
    return _described(joined, sample, layout_of(joined, sample, options), holds="orders")


def _head(path: Path, options: ImportOptions, *, alone: bool) -> FileHead:
    try:
        source = open_orders(path, options)
        sample = sample_of(source)
        if not alone and is_product_table(sample):
            return _described(source, sample, None, holds="products")
        layout = layout_of(source, sample, options)
    except KeepersError as error:
        return FileHead(path.name, path.stat().st_size, "nothing", problem=_without_folder(str(error), path))
    try:
        must_hold(layout, sample, options)
    except ContractsNotOrdersError:
        return _described(source, sample, layout, holds="nothing", problem=_of_contracts(path))
    except KeepersError as error:
        return _described(source, sample, layout, holds="nothing", problem=str(error))
    return _described(source, sample, layout, holds="orders")


def _of_contracts(path: Path) -> str:
    return (
        f"{path.name} looks like a table of contracts, not of orders: each row has a first and a last day, or none "
        "yet. These pages value orders; contracts are valued on the command line, as the guide says. If it does hold "
        "orders, choose below what is what."
    )


def _described(
    source: Source,
    sample: pl.DataFrame,
    layout: Layout | None,
    *,
    holds: Literal["orders", "products", "nothing"],
    problem: str = "",
) -> FileHead:
    about = source.description
    chosen = {} if layout is None else _first_of_each(layout.chosen)
    columns = []
    for header, look in look_at(sample).items():
        choice = chosen.get(header)
        taken = {} if choice is None else {"column": choice.column, "score": choice.score, "why": choice.why}
        columns.append(HeadColumn(header, _cells(sample[header]), look.in_words, **taken))  # type: ignore[arg-type]
    made = tuple((choice.column, choice.header) for choice in chosen.values() if choice.header not in sample.columns)
    return FileHead(
        name=about.path.name,
        size=about.size,
        holds=holds,
        format=about.format,
        encoding=about.encoding,
        delimiter=about.delimiter,
        preset=None if layout is None or layout.preset is None else layout.preset.title,
        columns=tuple(columns),
        made=made,
        notes=() if layout is None else layout.notes,
        problem=problem,
        sheets=about.sheets,
    )


def _first_of_each(chosen: Sequence[ChosenColumn]) -> dict[str, ChosenColumn]:
    """Each header with the column it was taken for; of one that also describes the customer, the column of orders."""
    ordered = sorted(chosen, key=lambda choice: choice.column in DESCRIBING, reverse=True)
    return {choice.header: choice for choice in ordered}


def _cells(column: pl.Series) -> tuple[str, ...]:
    """The first different cells that hold something."""
    found: dict[str, None] = {}
    for value in column.head(1_000):
        text = as_text(value).strip()[:CELL_LENGTH]
        if text:
            found.setdefault(text)
        if len(found) == CELLS:
            break
    return tuple(found)


def _without_folder(message: str, path: Path) -> str:
    """An uploaded file goes by its name; where it lies is nobody's business."""
    return message.replace(str(path), path.name)
