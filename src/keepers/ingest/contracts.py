"""From any table of contracts to rows of `contract_rows`: every row read is accepted or rejected with a reason."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import polars as pl
import pyarrow as pa

from keepers.core.errors import KeepersError
from keepers.ingest.cells.amounts import NumberEvidence, currencies_in, is_missing, to_numbers
from keepers.ingest.cells.contracts import LATEST_YEAR, says_open, to_left, to_period
from keepers.ingest.cells.dates import DateEvidence, Orders, to_moments
from keepers.ingest.cells.identifiers import to_ids, was_shortened
from keepers.ingest.files import files_of
from keepers.ingest.orders import must_be_a_zone
from keepers.ingest.passes.meter import Meter
from keepers.ingest.passes.reading import label_of
from keepers.ingest.passes.rejects import DUPLICATE, Rejects
from keepers.ingest.recognising.contracts import UnknownContractColumnsError, amount_is_per, choose_columns
from keepers.ingest.recognising.sheets import Fit, first_sentence, in_sheet, open_fitting, others_lack, sheets_told
from keepers.ingest.recognising.vocabulary import NO_CUSTOMER
from keepers.ingest.report import ChosenColumn, ImportOptions, Progress, RejectCount
from keepers.ingest.sources import Block, Source, UnreadableFileError, sample_of
from keepers.ingest.sources.spreadsheet import named
from keepers.warehouse.contract_rows import CONTRACT_ROWS

_NUMBERS = ("tenure", "amount", "total_amount")
_SAME = ("external_id", "started_on", "ended_on", "tenure", "churned", "amount", "total_amount", "product")


class NoContractsError(KeepersError):
    """Every row of a table of contracts was rejected."""


@dataclass(frozen=True, slots=True)
class ContractReport:
    """The account of a reading: rows_accepted + rows_rejected = rows_read, always."""

    rows_read: int
    rows_accepted: int
    rows_rejected: int
    rows_duplicate: int
    rejected: dict[str, RejectCount]
    mapping: tuple[ChosenColumn, ...]
    has_money: bool
    notes: tuple[str, ...]
    source: str


@dataclass(frozen=True, slots=True)
class ContractImport:
    """The accepted rows, in the contract of `contract_rows`; the rejected ones, and the account of both."""

    rows: pa.Table
    rejects: Path | None
    report: ContractReport


@dataclass(frozen=True, slots=True)
class _File:
    source: Source
    headers: dict[str, str]
    chosen: tuple[ChosenColumn, ...]
    blocks: tuple[Block, ...]


def read_contracts(
    paths: Sequence[Path],
    *,
    options: ImportOptions,
    into: Path,
    progress: Callable[[Progress], None] | None = None,
) -> ContractImport:
    """Read tables of contracts; rejected rows are written into the folder `into`.

    Raises:
        KeepersError: a file cannot be read, the needed columns are not found, the dates are ambiguous, the time zone
            does not exist, or no row can be used.
    """
    must_be_a_zone(options.timezone)
    into.mkdir(parents=True, exist_ok=True)
    found = [_opened(path, options, progress) for path in files_of(paths)]
    orders, marks = _evidence(found, options)
    rejects = Rejects(into / "rejects.parquet")
    blocks = [(file, block) for file in found for block in file.blocks]
    kept = [
        _cleaned(file, block, orders, marks, options, rejects).with_columns(block=pl.lit(number))
        for number, (file, block) in enumerate(blocks)
    ]
    rows, repeats = _without_duplicates(pl.concat(kept), [block for _, block in blocks], options, rejects)
    read = sum(block.rows_read for file in found for block in file.blocks)
    written = rejects.close()
    if not rows.height:
        reasons = "; ".join(f"{count.rows:,} rows: {reason}" for reason, count in rejects.counts().items())
        raise NoContractsError(f"None of the {read:,} rows can be used ({reasons or 'there are none'}).")
    headers = found[0].headers
    report = ContractReport(
        rows_read=read,
        rows_accepted=rows.height,
        rows_rejected=rejects.total,
        rows_duplicate=repeats,
        rejected=rejects.counts(),
        mapping=found[0].chosen,
        has_money=bool({"amount", "total_amount"} & headers.keys()),
        notes=tuple(_notes(found, marks)),
        source=paths[0].name.split(".")[0].lower() or "contracts",
    )
    return ContractImport(_conformed(rows), written, report)


def _opened(path: Path, options: ImportOptions, progress: Callable[[Progress], None] | None) -> _File:
    source = open_fitting(path, options.sheets, partial(_fit, options=options))
    sample = sample_of(source)
    if not sample.height:
        raise UnreadableFileError(f"{path} has a header but no rows. Export it again with its contracts.")
    chosen = _chosen(source, sample, options)
    meter = Meter("reading", source.description.size, progress)
    blocks = []
    for block in source.blocks():
        blocks.append(block)
        meter.add(block)
    return _File(source, {choice.column: choice.header for choice in chosen}, chosen, tuple(blocks))


def _chosen(source: Source, sample: pl.DataFrame, options: ImportOptions) -> tuple[ChosenColumn, ...]:
    about = source.description
    try:
        return choose_columns(sample.drop(options.aside, strict=False), options.mapping, in_sheet(about))
    except UnknownContractColumnsError as error:
        others = others_lack(about.path, about, partial(_fit, options=options))
        raise UnknownContractColumnsError(f"{error}{others}") from error


def _fit(source: Source, options: ImportOptions) -> Fit:
    """How well a sheet is one of contracts."""
    name = named([sheet.name for sheet in source.description.sheets if sheet.read])
    sample = sample_of(source).drop(options.aside, strict=False)
    try:
        chosen = choose_columns(sample, options.mapping, name)
    except UnknownContractColumnsError as error:
        return Fit(first_sentence(error), 0)
    return Fit("", len(chosen))


def _evidence(found: Sequence[_File], options: ImportOptions) -> tuple[Orders, dict[str, str]]:
    """The order of day and month in all columns of dates, and the decimal mark of each column of numbers."""
    dates, header = DateEvidence(), "start"
    numbers: dict[str, NumberEvidence] = {}
    for file in found:
        for block in file.blocks:
            if not block.rows.height:
                continue
            for column in ("started_on", "ended_on"):
                if column in file.headers:
                    header = file.headers[column]
                    dates.add(block.rows[header], block.line_numbers)
            for column in _NUMBERS:
                if column in file.headers:
                    numbers.setdefault(column, NumberEvidence()).add(block.rows[file.headers[column]])
    return dates.orders(options.dates, header), {name: evidence.decimal_mark for name, evidence in numbers.items()}


def _cleaned(
    file: _File, block: Block, orders: Orders, marks: dict[str, str], options: ImportOptions, rejects: Rejects
) -> pl.DataFrame:
    """The rows of a block that can be used; the others go to the rejects."""
    label = label_of(str(file.source.description.path), block.part)
    broken = block.broken
    rejects.add(
        label, [b.line_number for b in broken], [b.reason for b in broken], [b.text for b in broken],
        [None] * len(broken),
    )  # fmt: skip
    cells = {column: block.rows[header] for column, header in file.headers.items()} if block.rows.height else {}
    height = block.rows.height
    ids = to_ids(cells["customer_id"], missing=NO_CUSTOMER) if cells else pl.Series([], dtype=pl.String)
    rows = pl.DataFrame({"external_id": ids.cast(pl.String)}).with_columns(
        [
            *(_day(cells, column, orders, options.timezone, height) for column in ("started_on", "ended_on")),
            *(_number(cells, column, marks, height) for column in _NUMBERS),
            (to_left(cells["churned"]) if "churned" in cells else _nothing(height, pl.Boolean())).alias("churned"),
            (to_period(cells["period"]) if "period" in cells else _nothing(height, pl.String())).alias("period"),
            _text(cells, "product", height),
            _currency(cells, height),
            pl.lit(amount_is_per(file.headers.get("amount", ""))).alias("amount_per"),
            pl.lit(label).alias("file"),
            block.line_numbers.cast(pl.Int64).alias("line") if height else _nothing(0, pl.Int64()).alias("line"),
            pl.int_range(pl.len()).alias("place"),
        ]
    )
    if not height:
        return rows
    reason = _reasons(rows, cells)
    out = reason.is_not_null().arg_true().to_list()
    rejects.add(
        label, rows["line"].gather(out).to_list(), reason.gather(out).to_list(), block.text_of(out),
        rows["amount"].gather(out).to_list(),
    )  # fmt: skip
    never = rows["ended_on"].dt.year() >= LATEST_YEAR  # a way to write that there is no end
    rows = rows.with_columns(ended_on=rows["ended_on"].set(never.fill_null(value=False), None))
    return rows.filter(reason.is_null())


def _reasons(rows: pl.DataFrame, cells: dict[str, pl.Series]) -> pl.Series:
    """Why a row cannot be used, null where it can; the first reason that holds."""
    tests: list[tuple[pl.Series, str]] = [
        (rows["external_id"].is_null(), "no customer"),
        (was_shortened(rows["external_id"]), "the customer id lost digits to E-notation"),
    ]
    if "started_on" in cells:
        no_start, unread_end = rows["started_on"].is_null(), rows["ended_on"].is_null() & ~says_open(cells["ended_on"])
        tests += [
            (no_start & is_missing(cells["started_on"]), "no start date"),
            (no_start, "the start date cannot be read"),
            (unread_end, "the end date cannot be read"),
            ((rows["ended_on"] < rows["started_on"]).fill_null(value=False), "it ends before it starts"),
        ]
    else:
        tests += [
            (rows["tenure"].is_null(), "the tenure is not a number"),
            ((rows["tenure"] < 0).fill_null(value=False), "the tenure is below zero"),
            (rows["churned"].is_null(), "whether the customer left cannot be read"),
        ]
    for column in ("amount", "total_amount"):
        if column in cells:
            unread = rows[column].is_null() & ~is_missing(cells[column])
            tests += [(unread, "the amount is not a number")]
            tests += [((rows[column] < 0).fill_null(value=False), "the amount is below zero")]
    masks = [pl.when(mask).then(pl.lit(words)) for mask, words in tests]
    return pl.select(pl.coalesce(masks).alias("reason")).to_series()


def _without_duplicates(
    rows: pl.DataFrame, blocks: Sequence[Block], options: ImportOptions, rejects: Rejects
) -> tuple[pl.DataFrame, int]:
    """Exact copies of a row are dropped, unless they are to be kept: two contracts alike would pay twice."""
    again = rows.select(~pl.struct(_SAME).is_first_distinct()).to_series()
    repeats = int(again.sum())
    if options.duplicates == "keep" or not repeats:
        return rows, repeats
    for (file, block), out in rows.filter(again).group_by("file", "block", maintain_order=True):
        texts = blocks[int(str(block))].text_of(out["place"].to_list())
        rejects.add(str(file), out["line"].to_list(), [DUPLICATE] * out.height, texts, out["amount"].to_list())
    return rows.filter(~again), repeats


def _day(cells: dict[str, pl.Series], column: str, orders: Orders, timezone: str, height: int) -> pl.Series:
    """Local days; null where the cell is none."""
    if column not in cells:
        return _nothing(height, pl.Date()).alias(column)
    moments = to_moments(cells[column], orders=orders, timezone=timezone)
    return moments.dt.convert_time_zone(timezone).dt.date().alias(column)


def _number(cells: dict[str, pl.Series], column: str, marks: dict[str, str], height: int) -> pl.Series:
    if column not in cells:
        return _nothing(height, pl.Float64()).alias(column)
    return to_numbers(cells[column], decimal_mark=marks.get(column, ".")).round(4).alias(column)


def _text(cells: dict[str, pl.Series], column: str, height: int) -> pl.Series:
    if column not in cells:
        return _nothing(height, pl.String()).alias(column)
    text = cells[column].cast(pl.String, strict=False).str.strip_chars()
    return text.set(is_missing(text), None).alias(column)


def _currency(cells: dict[str, pl.Series], height: int) -> pl.Series:
    told = _text(cells, "currency", height).str.to_uppercase()
    for column in ("amount", "total_amount"):
        if column in cells:
            told = told.fill_null(currencies_in(cells[column]))
    return told.alias("currency")


def _nothing(height: int, kind: pl.DataType) -> pl.Series:
    return pl.Series([None], dtype=kind).new_from_index(0, height)


def _conformed(rows: pl.DataFrame) -> pa.Table:
    return CONTRACT_ROWS.conform(rows.drop("file", "line", "place", "block").to_arrow())


def _notes(found: Sequence[_File], marks: dict[str, str]) -> list[str]:
    notes = [note for file in found for note in file.source.description.notes]
    notes += [note for file in found for note in sheets_told(file.source.description)]
    per = amount_is_per(found[0].headers.get("amount", ""))
    if per != "period":
        notes.append(f'"{found[0].headers["amount"]}" was read as an amount a {per}.')
    if any(mark == "," for mark in marks.values()):
        notes.append("Numbers were read with a decimal comma.")
    return notes
