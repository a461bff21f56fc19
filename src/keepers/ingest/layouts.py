"""Opens the files of an import and decides for each which header is which column."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from keepers.core.errors import KeepersError
from keepers.ingest.files import files_of
from keepers.ingest.opening import open_source
from keepers.ingest.presets import Preset, chosen_by, preset_of
from keepers.ingest.recognition import must_hold_orders, recognise
from keepers.ingest.report import ChosenColumn, ImportOptions
from keepers.ingest.sources import Source, sample_of

_DATE_IN_NAME = re.compile(r"[ _.-]*(?:19|20)\d{2}(?:[ _.-]?[01]?\d(?:[ _.-]?[0-3]?\d)?)?$|\s*\(\d+\)$")


@dataclass(frozen=True, slots=True)
class Layout:
    """A file of orders with its columns chosen."""

    source: Source
    chosen: tuple[ChosenColumn, ...]
    preset: Preset | None

    @property
    def headers(self) -> dict[str, str]:
        return {choice.column: choice.header for choice in self.chosen}


@dataclass(frozen=True, slots=True)
class Layouts:
    """The files of orders in an import, the product tables found with them, and what was left aside."""

    orders: tuple[Layout, ...]
    product_tables: tuple[Source, ...]
    notes: tuple[str, ...]
    source: str


def layouts_of(paths: Sequence[Path], options: ImportOptions) -> Layouts:
    """Open every file and choose its columns.

    Raises:
        KeepersError: a named file holds no orders; files inside a folder that hold none are left aside with a note.
    """
    named = {path for path in paths if path.is_file()}
    orders, tables, notes, errors = list[Layout](), list[Source](), list[str](), list[KeepersError]()
    for path in files_of(paths):
        try:
            source = open_source(path)
            layout = _layout(source, options)
        except KeepersError as error:
            if path in named:
                raise
            errors.append(error)
            notes.append(f"{path.name} was left aside: {error}")
            continue
        orders.append(layout)
    if not orders:
        raise errors[0]
    return Layouts(tuple(orders), tuple(tables), tuple(notes), options.source or _source_name(paths, orders))


def _layout(source: Source, options: ImportOptions) -> Layout:
    sample = sample_of(source)
    preset = preset_of(source.description.headers)
    known = chosen_by(preset, source.description.headers, options.mapping) if preset else ()
    asked = {choice.column: choice.header for choice in known} | dict(options.mapping)
    if preset:
        chosen = known + recognise(sample.select(list(options.mapping.values())), options.mapping)
    else:
        chosen = recognise(sample, asked)
    must_hold_orders(chosen, sample, source.description.path.name)
    return Layout(source, chosen, preset)


def _source_name(paths: Sequence[Path], orders: Sequence[Layout]) -> str:
    preset = orders[0].preset
    if preset:
        return preset.name
    first = paths[0]
    stem = first.name if first.is_dir() else first.name.split(".")[0]
    return _DATE_IN_NAME.sub("", stem).strip(" _-.").lower().replace(" ", "_") or "orders"
