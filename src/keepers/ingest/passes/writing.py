"""The pass that writes: lines get their numbers, exact duplicates leave by policy, and the account is drawn up."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from functools import partial
from pathlib import Path
from typing import Any, cast

import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from keepers.core.errors import KeepersError
from keepers.core.told import Told
from keepers.ingest.passes.ahead import ahead, each
from keepers.ingest.passes.cancellations import that_exist, with_cancelled_orders
from keepers.ingest.passes.held import drop as drop_held
from keepers.ingest.passes.held import take
from keepers.ingest.passes.numbering import number_lines
from keepers.ingest.passes.reading import FEW_VALUES, TAKEN_BACK, Staged, label_of
from keepers.ingest.passes.rejects import DUPLICATE
from keepers.ingest.passes.row_notes import row_notes, rows_ahead
from keepers.ingest.recognising.layouts import Layout
from keepers.ingest.report import ChosenColumn, ImportOptions, ImportReport, KindCount, OrderImport, Progress
from keepers.warehouse.tables import ORDER_LINES

_MONEY = pl.Decimal(18, 4)
_OFTEN_ALIKE = ["source", "batch_id", "line_number", "ordered_at", "ordered_on", "revenue", *FEW_VALUES]
_SOUGHT = ["source", "batch_id", "line_kind", "ordered_on"]  # of which each group of rows says the least and the most
ROWS_IN_PART = 1 << 19
_SELDOM = 0.25  # of rows without order numbers that take money back
_NONE: NDArray[np.int64] = np.empty(0, dtype=np.int64)


class NothingAcceptedError(KeepersError):
    """Not one row of an import could be used."""


@dataclass(slots=True)
class _Account:
    accepted: int = 0
    without_customer: int = 0
    cancelled: int = 0
    kinds: dict[str, tuple[int, Decimal]] = field(default_factory=lambda: defaultdict(lambda: (0, Decimal(0))))
    revenue: dict[str | None, Decimal] = field(default_factory=lambda: defaultdict(Decimal))
    first: date | None = None
    last: date | None = None
    last_come: date | None = None
    ahead: int = 0
    now: datetime | None = None

    def add(self, lines: pl.DataFrame, same: Mapping[str, str]) -> None:
        """Count some lines; columns of `same` hold one value in all of them."""
        self.accepted += lines.height
        self.without_customer += _null_count(lines, "external_id")
        self.cancelled += int(lines[TAKEN_BACK].sum()) if TAKEN_BACK in lines.columns else 0
        for kind, rows, revenue in _money_by("line_kind", lines, same):
            known = self.kinds[kind]
            self.kinds[kind] = (known[0] + rows, known[1] + revenue)
        for currency, _, revenue in _money_by("currency", lines, same):
            self.revenue[currency] += revenue
        first, last = cast("date", lines["ordered_on"].min()), cast("date", lines["ordered_on"].max())
        self.first = min(self.first or first, first)
        self.last = max(self.last or last, last)
        come = lines["ordered_on"] if self.now is None else lines["ordered_on"].filter(lines["ordered_at"] <= self.now)
        self.ahead += lines.height - len(come)
        if len(come):
            latest = cast("date", come.max())
            self.last_come = max(self.last_come or latest, latest)


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
    account, parts, done = _Account(now=options.now), list[Path](), 0
    kept = _grouped(ahead(_kept_lines(staged, numbers, cancelled, account, drop=drop)))
    for part in each(partial(_write_part, staged=staged, options=options, into=into), kept):
        parts += [part.path] if part.path else []
        done += part.rows
        if progress:
            progress(Progress("writing", done, 0, 0))
    for keys in staged.keys:
        drop_held(keys)
    (into / "numbers.tmp").unlink(missing_ok=True)
    _reject_repeated(staged, layouts)
    rejects = staged.rejects.close()
    _must_have_lines(account, staged)
    report = _report(staged, account, layouts, has_ids=has_ids, drop=drop)
    return OrderImport(tuple(parts), products, rejects, report)


@dataclass(frozen=True, slots=True)
class _Kept:
    """The lines that stay of some rows; columns of `same` hold one value in all of them."""

    rows: int
    lines: pl.DataFrame
    same: Mapping[str, str]
    number: int = 0


@dataclass(frozen=True, slots=True)
class _Written:
    rows: int
    path: Path | None


def _kept_lines(
    staged: Staged, numbers: NDArray[np.int64], cancelled: pl.Series, account: _Account, *, drop: bool
) -> Iterator[_Kept]:
    """The lines of each part with their numbers, counted in the account."""
    done = 0
    while staged.parts:
        part = staged.parts.pop(0)
        lines = take(part.lines)
        rows = lines.height
        kept = _numbered(lines, numbers[done : done + rows], staged, part.label, drop=drop)
        kept = with_cancelled_orders(kept, cancelled)
        done += rows
        if kept.height:
            account.add(kept, part.same)
        yield _Kept(rows, kept.drop("line", TAKEN_BACK, strict=False), part.same)


def _grouped(parts: Iterator[_Kept]) -> Iterator[_Kept]:
    """Neighbours of the same columns together, until they are enough for a file; numbered from 0."""
    held, number = list[_Kept](), 0
    for part in parts:
        full = sum(kept.rows for kept in held) + part.rows > ROWS_IN_PART
        if held and (full or part.same != held[0].same or part.lines.schema != held[0].lines.schema):
            yield _joined(held, number)
            held, number = [], number + 1
        held.append(part)
    if held:
        yield _joined(held, number)


def _joined(parts: Sequence[_Kept], number: int) -> _Kept:
    rows = sum(part.rows for part in parts)
    return _Kept(rows, pl.concat([part.lines for part in parts]), parts[0].same, number)


def _null_count(lines: pl.DataFrame, column: str) -> int:
    return lines[column].null_count() if column in lines.columns else lines.height


def _money_by(column: str, lines: pl.DataFrame, same: Mapping[str, str]) -> Iterable[tuple[Any, int, Decimal]]:
    """Value of the column, rows and money; most blocks hold one value only."""
    money = pl.col("revenue") if "revenue" in lines.columns else pl.lit(None, _MONEY)
    if column not in lines.columns:
        return [(same.get(column), lines.height, lines.select(money.sum()).item())]
    return lines.group_by(column).agg(pl.len(), money.sum()).iter_rows()


def _numbered(
    lines: pl.DataFrame, numbers: NDArray[np.int64], staged: Staged, label: int, *, drop: bool
) -> pl.DataFrame:
    money = [pl.col(name).cast(_MONEY) for name in ("revenue", "cost", "discount") if name in lines.columns]
    lines = lines.with_columns(*money, line_number=pl.Series(np.abs(numbers)))
    repeats = pl.Series(numbers < 0)
    staged.repeats += int(repeats.sum())
    if not drop or not repeats.any():
        return lines
    staged.repeated.append(_repeated(lines.filter(repeats), label))
    return lines.filter(~repeats)


def _repeated(lines: pl.DataFrame, label: int) -> pl.DataFrame:
    amount = pl.col("revenue") if "revenue" in lines.columns else pl.lit(None)
    return lines.select("line", label=pl.lit(label), amount=amount.cast(pl.Float64))


def _reject_repeated(staged: Staged, layouts: list[Layout]) -> None:
    """Fetch the text of the rows that repeat others, by one more look into the files that hold any."""
    if not staged.repeated:
        return
    repeated = pl.concat(staged.repeated)
    wanted = {label: rows for (label,), rows in repeated.group_by("label")}
    for layout in layouts:
        about = layout.source.description
        paths = tuple(str(each.path) for each in (about, *about.read_with))
        if not any(staged.labels[int(str(label))].startswith(paths) for label in wanted):
            continue
        for block in layout.source.blocks([]):
            name = label_of(str(block.path or about.path), block.part)
            rows = wanted.get(staged.labels.index(name)) if name in staged.labels else None
            if rows is None:
                continue
            lines = block.line_numbers.cast(pl.Int64).to_frame("line").with_row_index("at")
            found = lines.join(rows, on="line", how="inner").sort("at")
            count = found.height
            texts = block.text_of(found["at"].to_list())
            staged.rejects.add(name, found["line"].to_list(), [DUPLICATE] * count, texts, found["amount"].to_list())


def _write_part(kept: _Kept, *, staged: Staged, options: ImportOptions, into: Path) -> _Written:
    """As Parquet, its pages cut by size alone. What is the same in each line is told once, line numbers are few."""
    lines, path = kept.lines, into / f"lines-{kept.number:05d}.parquet"
    if not lines.height:
        return _Written(kept.rows, None)
    rows = lines.select(name for name in lines.columns if _null_count(lines, name) < lines.height)
    rows = rows.to_arrow(compat_level=pl.CompatLevel.newest())  # without copying texts
    same = {"source": staged.readings.layouts.source, "batch_id": options.batch_id, **kept.same}
    first = pa.array(np.zeros(len(lines), np.int32))
    for name, value in same.items():
        rows = rows.append_column(name, pa.DictionaryArray.from_arrays(first, pa.array([value], pa.string())))
    rows = ORDER_LINES.conform(rows)
    pq.write_table(
        rows, path, use_dictionary=_OFTEN_ALIKE, write_statistics=_SOUGHT, store_decimal_as_integer=True,
        store_schema=False, write_batch_size=ROWS_IN_PART, max_rows_per_page=ROWS_IN_PART,
    )  # fmt: skip
    return _Written(kept.rows, path)


def _must_have_lines(account: _Account, staged: Staged) -> None:
    if account.accepted:
        return
    reasons = ", ".join(f"{count.rows:,} × {reason}" for reason, count in staged.rejects.counts().items())
    names = ", ".join(file.path.name for file in staged.files)
    raise NothingAcceptedError(
        f"Not one of the {staged.rejects.total:,} rows of {names} could be used: {reasons}. "
        "Pass --map for the columns that were taken for the wrong thing."
    )


def _report(staged: Staged, account: _Account, layouts: list[Layout], *, has_ids: bool, drop: bool) -> ImportReport:
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
        last_come=account.last_come,
        rows_cancelled=account.cancelled,
        notes=(
            *_file_notes(layouts),
            *staged.readings.layouts.notes,
            *staged.readings.notes,
            *row_notes(staged, may_repeat=not has_ids and not drop),
            *rows_ahead(account.ahead, account.last),
            *(() if has_ids else _many_returns(account)),
        ),
    )


def _many_returns(account: _Account) -> Iterator[str]:
    """So many rows below zero are seldom returns: a casino's day goes either way, and is a visit both times."""
    returns, _money = account.kinds.get("return", (0, 0))
    if _SELDOM * account.accepted < returns < account.accepted:
        yield Told.of(
            "WARNING: %(returns)s of %(rows)s rows take money back. Each counts as a return: it lowers what was "
            "brought and is no order or visit of its own. If they are results of visits that went the customer's way, "
            "choose what was staked or paid as the amount instead, and set the margin to the share of it that stays.",
            returns=f"{returns:,}",
            rows=f"{account.accepted:,}",
        )


def _mapping(layouts: list[Layout]) -> tuple[ChosenColumn, ...]:
    return tuple(dict.fromkeys(choice for layout in layouts for choice in layout.chosen))


def _file_notes(layouts: list[Layout]) -> list[str]:
    of_files = [note for layout in layouts for note in layout.source.description.notes]
    return of_files + list(dict.fromkeys(note for layout in layouts for note in layout.notes))
