"""The second pass: rows become lines, block by block; rejected rows are set aside with their text."""

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import polars as pl

from keepers.ingest.ahead import ahead
from keepers.ingest.cancellations import ORDER_SEED, named_by
from keepers.ingest.cleaning import Reading, clean
from keepers.ingest.descriptions import Descriptions
from keepers.ingest.files import fingerprint
from keepers.ingest.identifiers import was_shortened
from keepers.ingest.layouts import Layout
from keepers.ingest.meter import Meter
from keepers.ingest.rejects import Rejects
from keepers.ingest.report import FileRead, Progress
from keepers.ingest.sources import Block
from keepers.ingest.survey import Readings
from keepers.ingest.vocabulary import DESCRIBING

KEPT = (
    "order_id", "external_id", "ordered_at", "ordered_on", "line_kind", "cancels_order_id", "product_id", "quantity",
    "revenue", "cost", "discount", "channel", "payment_method", "location", "currency",
    "acquisition_source", "segment",
)  # fmt: skip
NUMBERS = dict.fromkeys(("quantity", "revenue", "cost", "discount"), pl.Float64)  # the other columns are texts


@dataclass(slots=True)
class Staged:
    """The lines before they are numbered, and two hashes a row, in files on disk; and the counts so far."""

    readings: Readings
    rejects: Rejects
    descriptions: Descriptions
    parts: list[Path] = field(default_factory=list)
    keys: list[Path] = field(default_factory=list)
    rows: int = 0
    products: pl.DataFrame = field(default_factory=pl.DataFrame)
    files: list[FileRead] = field(default_factory=list)
    blank_lines: int = 0
    shortened_ids: int = 0
    repeats: int = 0
    said_returns: Counter[tuple[str, str]] = field(default_factory=Counter)
    cancelled: list[pl.Series] = field(default_factory=list)
    labels: list[str] = field(default_factory=list)
    repeated: list[pl.DataFrame] = field(default_factory=list)

    def label(self, name: str) -> int:
        """The number of a file (or of a sheet of it) as it is named in the rejects."""
        if name not in self.labels:
            self.labels.append(name)
        return self.labels.index(name)


def label_of(path: str, part: str) -> str:
    """How a file, or a sheet of it, is named in the rejects."""
    return f"{path} [{part}]" if part else path


def read_lines(readings: Readings, into: Path, progress: Callable[[Progress], None] | None) -> Staged:
    """Read every row of every file once."""
    staged = Staged(readings, Rejects(into / "rejects.parquet"), Descriptions(into))
    meter = Meter("reading", readings.layouts.size, progress)
    for layout, reading in readings.files:
        rows = 0
        for block, lines in ahead(_cleaned(layout, reading)):  # parsing, cleaning and keeping each work on a block
            _take(block, lines, layout, reading, staged, into)
            rows += block.rows_read
            meter.add(block)
        staged.files.append(_file_read(layout, rows))
    return staged


def _cleaned(layout: Layout, reading: Reading) -> Iterator[tuple[Block, pl.DataFrame]]:
    for block in ahead(layout.blocks()):
        lines = clean(block.rows, reading) if block.rows.height else pl.DataFrame()
        yield block, lines.with_columns(row_hash=block.rows.hash_rows(seed=7)) if lines.height else lines


def _take(block: Block, lines: pl.DataFrame, layout: Layout, reading: Reading, staged: Staged, into: Path) -> None:
    file = label_of(str(layout.source.description.path), block.part)
    broken = block.broken
    staged.rejects.add(
        file,
        [row.line_number for row in broken],
        [row.reason for row in broken],
        [row.text for row in broken],
        [None] * len(broken),
    )
    staged.blank_lines += block.blank_lines
    if not lines.height:
        return
    staged.shortened_ids += _shortened(block.rows, reading)
    lines = lines.with_columns(
        label=pl.lit(staged.label(file), pl.Int32),
        line=block.line_numbers.cast(pl.Int64),
    )
    rejected = lines["reason"].is_not_null()
    if rejected.any():
        at = rejected.arg_true().to_list()
        out = lines[at]
        staged.rejects.add(
            file, out["line"].to_list(), out["reason"].to_list(), block.text_of(at), out["amount"].to_list()
        )
        lines = lines.filter(~rejected)
    if lines.height:
        staged.descriptions.add(lines, _describing(block.rows, reading, ~rejected))
        _count_said_returns(lines, reading, staged)
        _stage(lines, staged, into)


def _describing(rows: pl.DataFrame, reading: Reading, accepted: pl.Series) -> dict[str, pl.Series]:
    """What the accepted rows say of their customers, by column."""
    cells = {column: rows[reading.headers[column]] for column in DESCRIBING if column in reading.headers}
    return cells if accepted.all() else {column: values.filter(accepted) for column, values in cells.items()}


def _count_said_returns(lines: pl.DataFrame, reading: Reading, staged: Staged) -> None:
    """How often each word of a column made a row a return, for the notes."""
    header = reading.headers.get("line_kind", "")
    words = lines.filter(pl.col("line_kind") == "return")["says_return"].drop_nulls()
    staged.said_returns.update({(header, word): rows for word, rows in words.value_counts().iter_rows()})


def _shortened(rows: pl.DataFrame, reading: Reading) -> int:
    headers = [reading.headers[column] for column in ("customer_id", "order_id") if column in reading.headers]
    return sum(int(was_shortened(rows[header]).sum()) for header in headers if rows[header].dtype == pl.String)


def _stage(lines: pl.DataFrame, staged: Staged, into: Path) -> None:
    part = into / f"staged-{len(staged.parts):05d}.arrow"
    told = [name for name in KEPT if lines[name].null_count() < lines.height]
    lines.select(*told, "label", "line").write_ipc(part, compression="lz4")
    staged.parts.append(part)
    keys = into / f"keys-{len(staged.keys):05d}.arrow"
    lines.select(order=pl.col("order_id").hash(seed=ORDER_SEED), row="row_hash").write_ipc(keys)
    staged.keys.append(keys)
    staged.cancelled.append(named_by(lines))
    staged.rows += lines.height
    if lines["product_id"].null_count() < lines.height:
        staged.products = _merged(staged.products, lines.select("product_id", "product_name", "category", "brand"))


def _merged(known: pl.DataFrame, lines: pl.DataFrame) -> pl.DataFrame:
    """One row a product: the first name, category and brand that it was given."""
    both = pl.concat([known, lines]) if known.height else lines
    firsts = [pl.col(name).drop_nulls().first() for name in ("product_name", "category", "brand")]
    return both.drop_nulls("product_id").group_by("product_id", maintain_order=True).agg(firsts)


def _file_read(layout: Layout, rows: int) -> FileRead:
    about = layout.source.description
    return FileRead(about.path, about.format, about.encoding, about.delimiter, fingerprint(about.path), rows)
