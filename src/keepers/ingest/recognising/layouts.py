"""Opens the files of an import and decides for each which header is which column."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import polars as pl

from keepers.core.errors import KeepersError
from keepers.core.told import Told
from keepers.ingest.files import files_of
from keepers.ingest.namesakes import namesakes
from keepers.ingest.passes.whole_orders import in_whole_orders
from keepers.ingest.recognising.contracts import is_contract_table, is_rather_contracts
from keepers.ingest.recognising.describing import by_address, describing_columns
from keepers.ingest.recognising.heads_and_lines import heads_and_lines, joined_told, number_of_orders, paths_joined
from keepers.ingest.recognising.order_numbers import with_own_order_numbers
from keepers.ingest.recognising.presets import Preset, chosen_by, preset_of
from keepers.ingest.recognising.recognition import (
    UnknownColumnsError,
    is_product_table,
    must_hold_orders,
    recognise,
    total_to_count_once,
    unnamed_amounts,
    unread_amounts,
    with_amounts_of_lines,
    without_repeated_totals,
)
from keepers.ingest.recognising.sheets import Fit, first_sentence, in_sheet, open_fitting, others_lack, sheets_told
from keepers.ingest.report import CONFIRMED, ChosenColumn, ImportOptions
from keepers.ingest.sources import Block, Source, UnreadableFileError, sample_of
from keepers.ingest.sources.spreadsheet import named

_SIGNS = {
    "customer_id": "customer", "order_id": "order", "ordered_at": "date",
    "revenue": "amount", "gross": "amount", "unit_price": "amount",
}  # fmt: skip
JOINED = "heads and lines of the orders were joined by it"
_CHOOSE_AMOUNT = "On the command line: --map revenue=HEADER."
_DATE_IN_NAME = re.compile(r"[ _.-]*(?:19|20)\d{2}(?:[ _.-]?[01]?\d(?:[ _.-]?[0-3]?\d)?)?$|\s*\(\d+\)$")


class ContractsNotOrdersError(UnknownColumnsError):
    """A file that was to hold orders tells when each row began and ended."""


@dataclass(frozen=True, slots=True)
class Layout:
    """A file of orders with its columns chosen."""

    source: Source
    chosen: tuple[ChosenColumn, ...]
    preset: Preset | None
    notes: tuple[str, ...] = ()
    count_once: str | None = None

    @property
    def headers(self) -> dict[str, str]:
        return {choice.column: choice.header for choice in self.chosen}

    @property
    def has_money(self) -> bool:
        return bool(self.headers.keys() & {"revenue", "gross", "unit_price"})

    def blocks(self, columns: Sequence[str] | None = None) -> Iterator[Block]:
        """The rows of the source, as the preset prepares them."""
        preset = self.preset
        if self.count_once:
            within = [self.headers[column] for column in ("order_id", "line_kind") if column in self.headers]
            yield from _counted_once(self.source.blocks(), within, self.count_once)
            return
        if preset is None or preset.prepare is None:
            yield from self.source.blocks(columns)
            return
        blocks = self.source.blocks()
        for block in in_whole_orders(blocks, preset.whole_orders) if preset.whole_orders else blocks:
            yield block.with_rows(preset.prepare(block.rows))


@dataclass(frozen=True, slots=True)
class Layouts:
    """The files of orders in an import, the product tables found with them, and what was left aside."""

    orders: tuple[Layout, ...]
    product_tables: tuple[Source, ...]
    notes: tuple[str, ...]
    source: str

    @property
    def size(self) -> int:
        """All files of orders together [bytes on the disk]."""
        return sum(layout.source.description.size for layout in self.orders)


def layouts_of(paths: Sequence[Path], options: ImportOptions) -> Layouts:
    """Open every file and choose its columns.

    Raises:
        KeepersError: a named file holds no orders; files inside a folder that hold none are left aside with a note.
    """
    files = files_of(paths)
    joined = heads_and_lines(files, options)
    together = set() if joined is None else paths_joined(joined)
    named = {path for path in paths if path.is_file()} - together
    orders, tables, notes, errors = list[Layout](), list[Source](), list[str](), list[KeepersError]()
    if joined is not None:
        orders.append(_layout(joined, sample_of(joined), options))
    for path in files:
        if path in together:
            continue
        try:
            source = open_orders(path, options)
            sample = sample_of(source)
            if (len(named) != 1 or together) and is_product_table(sample):
                tables.append(source)
                notes.append(Told.of("%(file)s was read as a table of products.", file=path.name))
                continue
            orders.append(_layout(source, sample, options))
        except KeepersError as error:
            if path in named:
                raise
            errors.append(error)
            notes.append(Told.of("%(file)s was left aside: %(why)s", file=path.name, why=first_sentence(error)))
    if not orders:
        raise errors[0] if errors else KeepersError("The files name products but hold no orders. Pass the orders too.")
    kept, others = _alike(orders, named | together)
    notes += [
        Told.of(
            "%(file)s was left aside: it is laid out otherwise than %(other)s. Name the file itself to read it too.",
            file=layout.source.description.path.name,
            other=kept[0].source.description.path.name,
        )
        for layout in others
    ]
    return Layouts(tuple(kept), tuple(tables), tuple(notes), options.source or _source_name(paths, kept))


def open_orders(path: Path, options: ImportOptions) -> Source:
    """The source behind a file of orders: of a workbook the sheets that show orders, if there are any.

    Raises:
        UnreadableFileError: the file cannot be read, or has no sheet that was asked for.
    """
    return open_fitting(path, options.sheets, partial(_fit, options=options))


def must_hold(layout: Layout, sample: pl.DataFrame, options: ImportOptions) -> None:
    """Hold a file, or what is read of a workbook, to what orders need.

    Raises:
        UnknownColumnsError: what it lacks, and what other sheets of a workbook do.
    """
    about = layout.source.description
    try:
        must_hold_orders(layout.chosen, sample, in_sheet(about))
    except UnknownColumnsError as error:
        if is_contract_table(sample):
            raise ContractsNotOrdersError(
                f"{in_sheet(about)} looks like a table of contracts, not of orders: each row has a first and a last "
                "day. To value contracts, pass --contract to keepers value."
            ) from error
        others = others_lack(about.path, about, partial(_fit, options=options))
        raise UnknownColumnsError(f"{error}{others}") from error
    numbered = layout.headers.keys() & {"order_id", "quantity"}
    asked = any(choice.by_hand for choice in layout.chosen)
    if not (layout.preset or numbered or asked) and is_rather_contracts(sample):
        raise ContractsNotOrdersError(
            f"{in_sheet(about)} looks like a table of contracts, not of orders: each row has a first day and, but for "
            "those who are still there, a last one, and hardly a customer stands there twice. To value contracts, pass "
            "--contract to keepers value. If it does hold orders, pass --map customer_id=HEADER."
        )


def _fit(source: Source, options: ImportOptions) -> Fit:
    """How well a sheet is one of orders: customer, date and amount tell them from other lists."""
    name = named([sheet.name for sheet in source.description.sheets if sheet.read])
    try:
        sample = sample_of(source)
        layout = layout_of(source, sample, options)
        signs = {_SIGNS[column] for column in layout.headers if column in _SIGNS}
    except KeepersError as error:
        return Fit(f"{name}: {first_sentence(error)}", 0)
    try:
        must_hold_orders(layout.chosen, sample, name)
    except UnknownColumnsError as error:
        return Fit(first_sentence(error), len(signs))
    return Fit("", len(signs))


def layout_of(source: Source, sample: pl.DataFrame, options: ImportOptions) -> Layout:
    """The columns chosen for one file, whether or not they are enough for orders.

    Raises:
        UnreadableFileError: there are no rows.
        UnknownColumnsError: the mapping asks for what is not there.
    """
    if not sample.height:
        raise UnreadableFileError(
            f"{source.description.path} has a header but no rows. Export it again with its orders."
        )
    preset = preset_of(source.description.headers, sample)
    sample = sample.drop(options.aside, strict=False)
    if preset is None:
        mapping = {**number_of_orders(source), **options.mapping}
        numbered, notes = with_own_order_numbers(recognise(sample, mapping), sample, mapping)
        by_name = by_address(numbered, sample)
        recognised = with_amounts_of_lines(by_name, sample)
        chosen = without_repeated_totals(recognised, sample)
        notes += tuple(_repeated_total(choice) for choice in recognised if choice not in chosen)
        notes += tuple(_amount_of_lines(choice) for choice in recognised if choice not in by_name)
        unread = unread_amounts(chosen, sample)
        notes += tuple(_unread_amount(header, sample) for header in unread)
        notes += () if unread else _unnamed_amount(unnamed_amounts(chosen, sample))
    else:
        known = chosen_by(preset, source.description.headers, options.mapping)
        known = tuple(choice for choice in known if choice.header not in options.aside)
        chosen = known + recognise(sample, options.mapping, only_asked=True)
        notes = preset.notes
    chosen += describing_columns(chosen, sample)
    count_once = total_to_count_once(chosen, sample) if preset is None else None
    notes += (_counted_total(count_once),) if count_once else ()
    notes += namesakes(chosen, sample) if preset is None else ()
    notes = (*(joined_told(source) or sheets_told(source.description)), *notes)
    chosen = _by_number(chosen, source)
    return Layout(source, _as_confirmed(chosen) if options.on_page else chosen, preset, notes, count_once)


def _by_number(chosen: Sequence[ChosenColumn], source: Source) -> tuple[ChosenColumn, ...]:
    """The columns with the number that joined heads and lines as found, not as asked for."""
    number = number_of_orders(source).get("order_id")
    return tuple(
        replace(choice, why=JOINED) if choice.column == "order_id" and choice.header == number else choice
        for choice in chosen
    )


def _as_confirmed(chosen: Sequence[ChosenColumn]) -> tuple[ChosenColumn, ...]:
    return tuple(replace(choice, why=CONFIRMED) if choice.by_hand else choice for choice in chosen)


def _layout(source: Source, sample: pl.DataFrame, options: ImportOptions) -> Layout:
    layout = layout_of(source, sample, options)
    must_hold(layout, sample, options)
    return layout


def _counted_once(blocks: Iterator[Block], within: Sequence[str], total: str) -> Iterator[Block]:
    """The same rows with an order's total on the first of its lines and 0 where the next lines repeat it.

    `within` holds the header of the order, and that of the line's kind if there is one: a refund is counted anew.
    """
    again = pl.all_horizontal(pl.col(header) == pl.col(header).shift() for header in (*within, total))
    for block in in_whole_orders(blocks, within[0]):
        kind = block.rows.schema[total]
        nothing = pl.lit("0") if kind == pl.String else pl.lit(0).cast(kind)
        yield block.with_rows(
            block.rows.with_columns(pl.when(again).then(nothing).otherwise(pl.col(total)).alias(total))
        )


def _repeated_total(choice: ChosenColumn) -> str:
    return Told.of(
        '"%(header)s" repeats the total of an order on each of its lines; the lines count quantity × unit price.',
        header=choice.header,
    )


def _amount_of_lines(choice: ChosenColumn) -> str:
    return Told.of(
        '"%(header)s" is named like a price of one piece, but grows with the pieces: it is read as the line\'s amount.',
        header=choice.header,
    )


def _unread_amount(header: str, sample: pl.DataFrame) -> str:
    example = str(sample[header].drop_nulls().cast(pl.String, strict=False).first())
    return Told.of(
        'WARNING: "%(header)s" is named like an amount, but its cells do not read as numbers, such as "%(example)s"; '
        "there is no money in this import. Write plain numbers there, or choose another column.",
        header=header,
        example=example,
    ).on_terminals(_CHOOSE_AMOUNT)


def _unnamed_amount(headers: Sequence[str]) -> tuple[str, ...]:
    if not headers:
        return ()
    told = Told.of(
        "WARNING: No column was taken for an amount, so there is no money in this import. Numbers that may be one are "
        "in: %(headers)s. If one of them is the amount, choose it.",
        headers=", ".join(f'"{header}"' for header in headers),
    )
    return (told.on_terminals(_CHOOSE_AMOUNT),)


def _counted_total(header: str) -> str:
    return Told.of(
        '"%(header)s" repeats the total of an order on each of its lines; it counts once, on the first of them.',
        header=header,
    )


def _alike(orders: Sequence[Layout], named: set[Path]) -> tuple[list[Layout], list[Layout]]:
    """Of a folder's files, those laid out like the most telling one; a file that was named is always kept."""

    def signature(layout: Layout) -> tuple[bool, str, bool]:
        return layout.has_money, layout.preset.name if layout.preset else "", "order_id" in layout.headers

    def weight(layout: Layout) -> tuple[bool, bool, bool, int]:
        has_money, preset, has_ids = signature(layout)
        return bool(preset), has_money, has_ids, layout.source.description.size

    best = signature(max(orders, key=weight))
    kept = [layout for layout in orders if layout.source.description.path in named or signature(layout) == best]
    return kept, [layout for layout in orders if layout not in kept]


def _source_name(paths: Sequence[Path], orders: Sequence[Layout]) -> str:
    preset = orders[0].preset
    if preset:
        return preset.name
    first = paths[0].resolve()
    stem = first.name if first.is_dir() else first.name.split(".")[0]
    return _DATE_IN_NAME.sub("", stem).strip(" _-.").lower().replace(" ", "_") or "orders"
