"""What goes into an import and what comes out: options, counts, the mapping chosen, and sentences worth reading."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Literal

import pyarrow as pa

DateOrder = Literal["auto", "dmy", "mdy", "ymd"]
DuplicatePolicy = Literal["auto", "drop", "keep"]
ASKED = "asked for with --map"
CONFIRMED = "confirmed on the page"


@dataclass(frozen=True, slots=True)
class ImportOptions:
    """What the user may decide; everything else is read from the files.

    mapping: column → header
    aside: headers that are to be taken for nothing
    sheets: file name → the sheets of a workbook to read as one; of no file name: of each workbook
    joins: whether heads and lines of orders that stand in two tables are put together
    on_page: whether the mapping was confirmed on the page, not written on a command line
    now: the moment after which rows lie ahead; None where none does
    """

    mapping: Mapping[str, str] = field(default_factory=dict)
    aside: tuple[str, ...] = ()
    sheets: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    joins: bool = True
    dates: DateOrder = "auto"
    duplicates: DuplicatePolicy = "auto"
    timezone: str = "UTC"
    source: str | None = None
    batch_id: str = "import"
    on_page: bool = False
    now: datetime | None = None


@dataclass(frozen=True, slots=True)
class Progress:
    """How far the reading is, for a progress bar: `stage` is "looking", "reading", "writing" or "comparing"."""

    stage: str
    rows: int
    bytes_read: int
    bytes_total: int


@dataclass(frozen=True, slots=True)
class ChosenColumn:
    """A header that was taken for a column of ours, with the score from 0 to 1 and the reason in words."""

    column: str
    header: str
    score: float
    why: str

    @property
    def by_hand(self) -> bool:
        """Whether somebody chose it; else it was recognised."""
        return self.why in (ASKED, CONFIRMED)


@dataclass(frozen=True, slots=True)
class RejectCount:
    """Rows that were rejected for one reason, and the money in those whose amount could be read."""

    rows: int
    money: Decimal


@dataclass(frozen=True, slots=True)
class KindCount:
    """Accepted lines of one kind, and their money."""

    rows: int
    money: Decimal


@dataclass(frozen=True, slots=True)
class FileRead:
    """One file as it was read."""

    path: Path
    format: str
    encoding: str | None
    delimiter: str | None
    sha256: str
    rows: int


@dataclass(frozen=True, slots=True)
class ImportReport:
    """The account of an import: rows_accepted + rows_rejected = rows_read, always.

    rows_cancelled: accepted rows of orders that were cancelled or paid back in full; adjustments of 0 among the kinds
    last_come: the last local day of the rows whose moment had come when they were read; None where all lie ahead
    """

    source: str
    rows_read: int
    rows_accepted: int
    rows_rejected: int
    rejected: Mapping[str, RejectCount]
    rows_without_customer: int
    rows_duplicate: int
    lines_by_kind: Mapping[str, KindCount]
    revenue: Mapping[str | None, Decimal]
    has_money: bool
    has_order_ids: bool
    mapping: tuple[ChosenColumn, ...]
    preset: str | None
    files: tuple[FileRead, ...]
    first_order: date | None
    last_order: date | None
    notes: tuple[str, ...]
    rows_cancelled: int = 0
    last_come: date | None = None


@dataclass(frozen=True, slots=True)
class OrderImport:
    """The lines as Parquet parts in the order_lines contract, the products, the rejected rows and the account.

    customers: who the customers are, as Parquet parts in the customer_attributes contract; none if files are silent.
    """

    lines: tuple[Path, ...]
    products: pa.Table
    rejects: Path | None
    report: ImportReport
    customers: tuple[Path, ...] = ()
