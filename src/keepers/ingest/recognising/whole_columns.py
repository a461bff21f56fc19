"""What only whole columns can tell, over all files: day or month first, the decimal mark.

Most files write days with the year first and decimals with a point. They are read as if it were so, while looking for
a row that says otherwise; only where one does, a pass of its own looks through all columns before the rows are read.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import polars as pl

from keepers.core.told import Told
from keepers.ingest.cells.amounts import NumberEvidence, currency_of_yen_sign, to_numbers
from keepers.ingest.cells.dates import DateEvidence, plainly_written
from keepers.ingest.passes.ahead import ahead
from keepers.ingest.passes.cleaning import Reading
from keepers.ingest.passes.meter import Meter
from keepers.ingest.recognising.layouts import Layout, Layouts
from keepers.ingest.recognising.vocabulary import words_of
from keepers.ingest.report import DateOrder, ImportOptions, Progress
from keepers.ingest.sources import Block

NUMBER_COLUMNS = ("quantity", "revenue", "gross", "unit_price", "discount", "cost", "unit_cost", "profit", "refund")


@dataclass(frozen=True, slots=True)
class Readings:
    """Each file of orders with the way its columns are read."""

    files: tuple[tuple[Layout, Reading], ...]
    layouts: Layouts
    notes: tuple[str, ...]


@dataclass(slots=True)
class _Evidence:
    dates: DateEvidence = field(default_factory=DateEvidence)
    numbers: dict[str, NumberEvidence] = field(default_factory=dict)
    largest_discount: float = 0.0
    percent: bool = False


class ReadOtherwiseError(Exception):
    """Rows read as most files are written show that this file is not: it is to be surveyed and read again."""


@dataclass(frozen=True, slots=True)
class Assumed:
    """Files taken for what most are: days with the year first, points that part decimals, discounts in money.

    A survey would decide the same unless a row says otherwise, and `hold` looks for one while the rows are read.
    """

    readings: Readings
    _dates: DateOrder
    _evidence: dict[str, _Evidence]

    @classmethod
    def of(cls, layouts: Layouts, options: ImportOptions) -> "Assumed":
        """The readings that a survey decides for where no row tells anything."""
        evidence = {layout.headers["ordered_at"]: _Evidence() for layout in layouts.orders}
        return cls(_decided(layouts, options, evidence), options.dates, evidence)

    def hold(self, layout: Layout, block: Block) -> None:
        """Look at some rows.

        Raises:
            ReadOtherwiseError: with them, a survey may decide otherwise.
        """
        found = self._evidence[layout.headers["ordered_at"]]
        _look_at(block, layout, found, counted=False)
        dates = found.dates.tells and self._dates == "auto"
        if dates or "discount" in layout.headers or any(some.tells for some in found.numbers.values()):
            raise ReadOtherwiseError


def survey(layouts: Layouts, options: ImportOptions, progress: Callable[[Progress], None] | None) -> Readings:
    """Decide how each column is read.

    Raises:
        AmbiguousDatesError: the dates may be day-first or month-first and `--dates` was not passed.
    """
    evidence: dict[str, _Evidence] = {}
    meter = Meter("looking", layouts.size, progress)
    for layout in layouts.orders:
        found = evidence.setdefault(layout.headers["ordered_at"], _Evidence())
        headers = [layout.headers[column] for column in ("ordered_at", *NUMBER_COLUMNS) if column in layout.headers]
        for block in ahead(layout.blocks(headers)):
            _look_at(block, layout, found)
            meter.add(block)
    return _decided(layouts, options, evidence)


def _decided(layouts: Layouts, options: ImportOptions, evidence: Mapping[str, _Evidence]) -> Readings:
    orders = {header: found.dates.orders(options.dates, header) for header, found in evidence.items()}
    files = []
    for layout in layouts.orders:
        about = layout.source.description
        found = evidence[layout.headers["ordered_at"]]
        reading = Reading(
            headers=layout.headers,
            orders=orders[layout.headers["ordered_at"]],
            decimal_marks={header: numbers.decimal_mark for header, numbers in found.numbers.items()},
            timezone=options.timezone,
            source=layouts.source,
            batch_id=options.batch_id,
            has_money=layout.has_money,
            date_zone="UTC" if {"utc", "gmt"} & set(words_of(layout.headers["ordered_at"])) else "",
            yen_sign=currency_of_yen_sign(about.headers, about.encoding),
            discount_share=_discount_share(found),
        )
        files.append((layout, reading))
    return Readings(tuple(files), layouts, tuple(_notes(evidence)))


def _look_at(block: Block, layout: Layout, evidence: _Evidence, *, counted: bool = True) -> None:
    headers = layout.headers
    written = block.rows[headers["ordered_at"]]
    moments = plainly_written(written)
    if moments.null_count() == written.null_count():
        block.as_read[headers["ordered_at"]] = moments  # the year first, so that they tell nothing
    else:
        evidence.dates.add(written, block.line_numbers)
    for column in NUMBER_COLUMNS:
        if column in headers:
            cells = block.rows[headers[column]]
            if cells.dtype == pl.String:
                block.as_read[headers[column]] = cells.cast(pl.Float64, strict=False)
            known = evidence.numbers.setdefault(headers[column], NumberEvidence())
            known.add(cells, block.as_read.get(headers[column]), counted=counted)
    if "discount" in headers:
        discounts = block.rows[headers["discount"]]
        evidence.largest_discount = max(evidence.largest_discount, _largest(discounts))
        evidence.percent = evidence.percent or _has_percent(discounts)


def _largest(column: pl.Series) -> float:
    largest = to_numbers(column).abs().max()
    return float(largest) if isinstance(largest, (int, float)) else 0.0


def _has_percent(column: pl.Series) -> bool:
    return column.dtype == pl.String and bool(column.str.contains("%", literal=True).any())


def _discount_share(found: _Evidence) -> float | None:
    if found.percent:
        return 0.01
    return 1.0 if 0.0 < found.largest_discount <= 1.0 else None


def _notes(evidence: Mapping[str, _Evidence]) -> list[str]:
    decimals: list[str] = [
        Told.of(
            'Column "%(header)s" writes decimals with a comma in %(commas)s rows and with a point in %(points)s; each '
            'was read as written, "%(mark)s" where a number reads both ways.',
            header=header,
            commas=f"{numbers.comma:,}",
            points=f"{numbers.point:,}",
            mark=numbers.decimal_mark,
        )
        for found in evidence.values()
        for header, numbers in found.numbers.items()
        if numbers.mixed
    ]
    decimals += [
        Told.of(
            'Column "%(header)s" has points before three digits only, and no whole number over 999 without one: they '
            "were read as marks of thousands.",
            header=header,
        )
        for found in evidence.values()
        for header, numbers in found.numbers.items()
        if numbers.points_part_thousands
    ]
    if any(map(_discount_share, evidence.values())):
        decimals.append("The discounts are shares of the price, not money.")
    return decimals
