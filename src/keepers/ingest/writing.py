"""The third pass: lines get their numbers, exact duplicates leave by policy, and the account is drawn up."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any, cast

import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from keepers.core.errors import KeepersError
from keepers.ingest.ahead import ahead
from keepers.ingest.cancellations import that_exist, with_cancelled_orders
from keepers.ingest.layouts import Layout
from keepers.ingest.numbering import number_lines
from keepers.ingest.reading import KEPT, NUMBERS, Staged, label_of
from keepers.ingest.rejects import DUPLICATE
from keepers.ingest.report import ChosenColumn, ImportOptions, ImportReport, KindCount, OrderImport, Progress
from keepers.warehouse.tables import ORDER_LINES

_FEW_VALUES = [
    "source", "batch_id", "line_kind", "product_id", "channel", "payment_method", "location", "currency",
    "acquisition_source", "segment",
]  # fmt: skip


_NONE: NDArray[np.int64] = np.empty(0, dtype=np.int64)


class NothingAcceptedError(KeepersError):
    """Not one row of an import could be used."""


@dataclass(slots=True)
class _Account:
    accepted: int = 0
    without_customer: int = 0
    kinds: dict[str, tuple[int, Decimal]] = field(default_factory=lambda: defaultdict(lambda: (0, Decimal(0))))
    revenue: dict[str | None, Decimal] = field(default_factory=lambda: defaultdict(Decimal))
    first: date | None = None
    last: date | None = None

    def add(self, lines: pl.DataFrame) -> None:
        self.accepted += lines.height
        self.without_customer += lines["external_id"].null_count()
        for kind, rows, revenue in _money_by("line_kind", lines):
            known = self.kinds[kind]
            self.kinds[kind] = (known[0] + rows, known[1] + revenue)
        for currency, _, revenue in _money_by("currency", lines):
            self.revenue[currency] += revenue
        first, last = lines["ordered_on"].min(), lines["ordered_on"].max()
        assert isinstance(first, date)
        assert isinstance(last, date)
        self.first = min(self.first or first, first)
        self.last = max(self.last or last, last)


def write_lines(
    staged: Staged, products: pa.Table, options: ImportOptions, into: Path, progress: Callable[[Progress], None] | None
) -> OrderImport:
    """Write the numbered lines as Parquet parts and report.

    Raises:
        NothingAcceptedError: every row was rejected; the message says for which reasons.
    """
    layouts = [layout for layout, _ in staged.readings.files]
    has_ids = any("order_id" in layout.headers for layout in layouts)
    drop = options.duplicates == "drop" or (options.duplicates == "auto" and has_ids)
    numbers = number_lines(staged.keys, rows=staged.rows, drop_repeats=drop, into=into) if staged.keys else _NONE
    cancelled = that_exist(staged.cancelled, staged.keys)
    account, parts, done = _Account(), list[Path](), 0
    for number, (rows, lines) in enumerate(ahead(_kept_lines(staged, numbers, cancelled, account, drop=drop))):
        if lines.height:
            part = into / f"lines-{number:05d}.parquet"
            pq.write_table(_conformed(lines, staged, options), part, use_dictionary=_FEW_VALUES)
            parts.append(part)
        done += rows
        if progress:
            progress(Progress("writing", done, 0, 0))
    for leftover in (*staged.keys, into / "numbers.tmp"):
        leftover.unlink(missing_ok=True)
    _reject_repeated(staged, layouts)
    rejects = staged.rejects.close()
    _must_have_lines(account, staged)
    report = _report(staged, account, layouts, has_ids=has_ids)
    return OrderImport(tuple(parts), products, rejects, report)


def _kept_lines(
    staged: Staged, numbers: NDArray[np.int64], cancelled: pl.Series, account: _Account, *, drop: bool
) -> Iterator[tuple[int, pl.DataFrame]]:
    """Rows of each part, and its lines with their numbers, counted in the account."""
    done = 0
    for part, lines in ahead(_staged_lines(staged)):
        kept = _numbered(lines, numbers[done : done + lines.height], staged, drop=drop)
        kept = with_cancelled_orders(kept, cancelled)
        done += lines.height
        part.unlink()
        if kept.height:
            account.add(kept)
        yield lines.height, kept


def _staged_lines(staged: Staged) -> Iterator[tuple[Path, pl.DataFrame]]:
    for part in staged.parts:
        lines = pl.read_ipc(part)
        untold = {name: pl.lit(None, NUMBERS.get(name, pl.String)) for name in KEPT if name not in lines.columns}
        yield part, lines.with_columns(**untold)


def _money_by(column: str, lines: pl.DataFrame) -> Iterable[tuple[Any, int, Decimal]]:
    """Value of the column, rows and money; most blocks hold one value only."""
    values = lines[column]
    if values.null_count() == len(values) or (not values.null_count() and bool((values == values[0]).all())):
        return [(values[0], len(values), cast("Decimal", lines["revenue"].sum()))]
    return lines.group_by(column).agg(pl.len(), pl.col("revenue").sum()).iter_rows()


def _numbered(lines: pl.DataFrame, numbers: NDArray[np.int64], staged: Staged, *, drop: bool) -> pl.DataFrame:
    lines = lines.with_columns(
        pl.Series("line_number", np.abs(numbers)), pl.col("revenue", "cost", "discount").cast(pl.Decimal(18, 4))
    )
    repeats = pl.Series(numbers < 0)
    staged.repeats += int(repeats.sum())
    if not drop or not repeats.any():
        return lines
    staged.repeated.append(lines.filter(repeats).select("label", "line", amount=pl.col("revenue").cast(pl.Float64)))
    return lines.filter(~repeats)


def _reject_repeated(staged: Staged, layouts: list[Layout]) -> None:
    """Fetch the text of the rows that repeat others, by one more look into the files that hold any."""
    if not staged.repeated:
        return
    repeated = pl.concat(staged.repeated)
    wanted = {label: rows for (label,), rows in repeated.group_by("label")}
    for layout in layouts:
        path = str(layout.source.description.path)
        if not any(staged.labels[int(str(label))].startswith(path) for label in wanted):
            continue
        for block in layout.source.blocks([]):
            name = label_of(path, block.part)
            rows = wanted.get(staged.labels.index(name)) if name in staged.labels else None
            if rows is None:
                continue
            lines = block.line_numbers.cast(pl.Int64).to_frame("line").with_row_index("at")
            found = lines.join(rows, on="line", how="inner").sort("at")
            count = found.height
            texts = block.text_of(found["at"].to_list())
            staged.rejects.add(name, found["line"].to_list(), [DUPLICATE] * count, texts, found["amount"].to_list())


def _conformed(lines: pl.DataFrame, staged: Staged, options: ImportOptions) -> pa.Table:
    told = [name for name in lines.columns if lines[name].null_count() < lines.height]
    named = (
        lines.select(told)
        .drop("label", "line")
        .with_columns(source=pl.lit(staged.readings.layouts.source), batch_id=pl.lit(options.batch_id))
    )
    return ORDER_LINES.conform(named.to_arrow())


def _must_have_lines(account: _Account, staged: Staged) -> None:
    if account.accepted:
        return
    reasons = ", ".join(f"{count.rows:,} × {reason}" for reason, count in staged.rejects.counts().items())
    names = ", ".join(file.path.name for file in staged.files)
    raise NothingAcceptedError(
        f"Not one of the {staged.rejects.total:,} rows of {names} could be used: {reasons}. "
        "Pass --map for the columns that were taken for the wrong thing."
    )


def _report(staged: Staged, account: _Account, layouts: list[Layout], *, has_ids: bool) -> ImportReport:
    has_money = any(reading.has_money for _, reading in staged.readings.files)
    rejected = staged.rejects.total
    return ImportReport(
        source=staged.readings.layouts.source,
        rows_read=sum(file.rows for file in staged.files),
        rows_accepted=account.accepted,
        rows_rejected=rejected,
        rejected=staged.rejects.counts(),
        rows_without_customer=account.without_customer,
        rows_duplicate=staged.repeats,
        lines_by_kind={kind: KindCount(rows, money) for kind, (rows, money) in account.kinds.items()},
        revenue=dict(account.revenue) if has_money else {},
        has_money=has_money,
        has_order_ids=has_ids,
        mapping=_mapping(layouts),
        preset=next((layout.preset.name for layout in layouts if layout.preset), None),
        files=tuple(staged.files),
        first_order=account.first,
        last_order=account.last,
        notes=(*_file_notes(layouts), *staged.readings.layouts.notes, *staged.readings.notes, *_row_notes(staged)),
    )


def _mapping(layouts: list[Layout]) -> tuple[ChosenColumn, ...]:
    return tuple(dict.fromkeys(choice for layout in layouts for choice in layout.chosen))


def _file_notes(layouts: list[Layout]) -> list[str]:
    of_files = [note for layout in layouts for note in layout.source.description.notes]
    return of_files + list(dict.fromkeys(note for layout in layouts for note in layout.notes))


def _row_notes(staged: Staged) -> list[str]:
    notes = [
        f'{rows:,} {"row says" if rows == 1 else "rows say"} "{word}" in column "{header}": '
        f"taken as {'a return' if rows == 1 else 'returns'}."
        for (header, word), rows in staged.said_returns.most_common()
    ]
    if staged.blank_lines:
        notes.append(
            f"{staged.blank_lines:,} blank {'line was' if staged.blank_lines == 1 else 'lines were'} passed over."
        )
    if staged.shortened_ids:
        notes.append(
            f"WARNING: {staged.shortened_ids:,} ids stand in E-notation (1.2345E+04), as spreadsheets write long "
            "numbers. Those with all their digits were undone; the others were rejected or, for orders, replaced by "
            "customer and day. Export the column as text."
        )
    return notes
