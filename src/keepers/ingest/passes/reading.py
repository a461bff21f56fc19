"""The pass that reads: rows become lines, block by block; rejected rows are set aside with their text."""

import re
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

import polars as pl

from keepers.ingest.cells.identifiers import to_ids, was_shortened
from keepers.ingest.cells.statuses import unknown
from keepers.ingest.descriptions import Descriptions
from keepers.ingest.files import fingerprint
from keepers.ingest.passes.ahead import ahead
from keepers.ingest.passes.cancellations import ORDER_SEED, named_by
from keepers.ingest.passes.cleaning import Reading, clean, whole_ids
from keepers.ingest.passes.held import Held, Shelf, drop
from keepers.ingest.passes.meter import Meter
from keepers.ingest.passes.rejects import Rejects
from keepers.ingest.recognising.layouts import Layout
from keepers.ingest.recognising.vocabulary import DESCRIBING, NO_CUSTOMER
from keepers.ingest.recognising.whole_columns import Assumed, Readings, ReadOtherwiseError
from keepers.ingest.report import FileRead, Progress
from keepers.ingest.sources import Block, BrokenRow, Description
from keepers.warehouse.tombstones import NOBODY, WHY, Forgotten, Mark

KEPT = (
    "order_id", "external_id", "ordered_at", "ordered_on", "line_kind", "cancels_order_id", "product_id", "quantity",
    "revenue", "cost", "discount", "channel", "payment_method", "location", "currency",
    "acquisition_source", "segment",
)  # fmt: skip
TAKEN_BACK = "is_taken_back"  # a mark that is counted, and not written
FEW_VALUES = (  # often one in a block
    "line_kind", "product_id", "channel", "payment_method", "location", "acquisition_source", "segment", "currency",
)  # fmt: skip

_APART = re.compile(r'[,;\t|\n{}":]')  # what may stand between the cells of a row that was not split

_Hold = Callable[[Layout, Block], None]


@dataclass(frozen=True, slots=True)
class Part:
    """Lines of a block: the columns that differ; those that are the same in each line are `same`.

    `label` is the number of the file that they were read from.
    """

    lines: Held
    label: int
    same: Mapping[str, str]


@dataclass(slots=True)
class Staged:
    """The lines before they are numbered, and two hashes a row, on a shelf; and the counts so far."""

    readings: Readings
    shelf: Shelf
    rejects: Rejects
    descriptions: Descriptions
    forgotten: Forgotten = NOBODY
    parts: list[Part] = field(default_factory=list)
    keys: list[Held] = field(default_factory=list)
    rows: int = 0
    products: pl.DataFrame = field(default_factory=pl.DataFrame)
    files: list[FileRead] = field(default_factory=list)
    blank_lines: int = 0
    shortened_ids: int = 0
    repeats: int = 0
    said_returns: Counter[tuple[str, str]] = field(default_factory=Counter)
    unknown_statuses: Counter[tuple[str, str]] = field(default_factory=Counter)
    only_named: Counter[str] = field(default_factory=Counter)
    cancelled: list[pl.Series] = field(default_factory=list)
    labels: list[str] = field(default_factory=list)
    repeated: list[pl.DataFrame] = field(default_factory=list)

    def label(self, name: str) -> int:
        """The number of a file (or of a sheet of it) as it is named in the rejects."""
        if name not in self.labels:
            self.labels.append(name)
        return self.labels.index(name)

    def forget(self) -> None:
        """Remove what lies on disk."""
        rejects = self.rejects.close()
        for held in (*(part.lines for part in self.parts), *self.keys, *self.descriptions.parts):
            drop(held)
        if rejects:
            rejects.unlink()


def label_of(path: str, part: str) -> str:
    """How a file, or a sheet of it, is named in the rejects."""
    return f"{path} [{part}]" if part else path


def read_as_assumed(
    assumed: Assumed, into: Path, progress: Callable[[Progress], None] | None, forgotten: Forgotten = NOBODY
) -> Staged | None:
    """Read every row of every file once, without a survey; `None`, and no trace, where a row asks for one."""
    staged = _nothing_yet(assumed.readings, into, forgotten)
    try:
        _read_into(staged, progress, hold=assumed.hold)
    except ReadOtherwiseError:
        staged.forget()
        return None
    return staged


def read_lines(
    readings: Readings, into: Path, progress: Callable[[Progress], None] | None, forgotten: Forgotten = NOBODY
) -> Staged:
    """Read every row of every file once."""
    staged = _nothing_yet(readings, into, forgotten)
    _read_into(staged, progress, hold=_nothing_asked)
    return staged


def _nothing_asked(_: Layout, __: Block) -> None:
    """After a survey no row can ask for another reading."""


def _nothing_yet(readings: Readings, into: Path, forgotten: Forgotten) -> Staged:
    return Staged(readings, Shelf(into), Rejects(into / "rejects.parquet"), Descriptions(into), forgotten)


def _read_into(staged: Staged, progress: Callable[[Progress], None] | None, *, hold: _Hold) -> None:
    meter = Meter("reading", staged.readings.layouts.size, progress)
    for layout, reading in staged.readings.files:
        rows, sha256 = Counter[Path](), None
        about = layout.source.description
        with ThreadPoolExecutor(max_workers=1) as beside:
            for cleaned in ahead(_cleaned(layout, reading, hold)):  # parsing, looking, cleaning, keeping: a block each
                # not before the first block: where a file reads otherwise, that shows it mostly
                sha256 = sha256 or beside.submit(fingerprint, about.path)
                _take(cleaned, layout, reading, staged)
                rows[cleaned.block.path or about.path] += cleaned.block.rows_read
                meter.add(cleaned.block)
        staged.files.append(_file_read(about, rows, sha256.result() if sha256 else fingerprint(about.path)))
        staged.files += [_file_read(other, rows, fingerprint(other.path)) for other in about.read_with]


@dataclass(frozen=True, slots=True)
class _Cleaned:
    """The lines of a block, and which columns of ids are whole numbers."""

    block: Block
    lines: pl.DataFrame
    whole: Collection[str] = ()


def _looked_at(layout: Layout, hold: _Hold) -> Iterator[Block]:
    for block in ahead(layout.blocks()):
        if block.rows.height:
            hold(layout, block)
        yield block


def _cleaned(layout: Layout, reading: Reading, hold: _Hold) -> Iterator[_Cleaned]:
    for block in ahead(_looked_at(layout, hold)):
        if not block.rows.height:
            yield _Cleaned(block, pl.DataFrame())
            continue
        whole = whole_ids(block.rows, reading)
        lines = clean(block.rows, reading, whole=whole, as_read=block.as_read)
        yield _Cleaned(block, lines.with_columns(row_hash=block.rows.hash_rows(seed=7)), whole)


def _take(cleaned: _Cleaned, layout: Layout, reading: Reading, staged: Staged) -> None:
    block, lines = cleaned.block, cleaned.lines
    file = label_of(str(block.path or layout.source.description.path), block.part)
    broken = block.broken
    staged.rejects.add(
        file,
        [row.line_number for row in broken],
        [row.reason for row in broken],
        _texts_of(broken, staged),
        [None] * len(broken),
    )
    staged.blank_lines += block.blank_lines
    if not lines.height:
        return
    staged.shortened_ids += _shortened(block.rows, reading, cleaned.whole)
    lines = lines.with_columns(line=block.line_numbers.cast(pl.Int64))
    if staged.forgotten:
        lines = _without_forgotten(lines, block.rows, reading, staged)
    rejected = lines["reason"].is_not_null()
    if rejected.any():
        at = rejected.arg_true().to_list()
        out = lines[at]
        reasons = out["reason"].to_list()
        texts = ["" if why == WHY else text for why, text in zip(reasons, block.text_of(at), strict=True)]
        staged.rejects.add(file, out["line"].to_list(), reasons, texts, out["amount"].to_list())
        lines = lines.filter(~rejected)
    if lines.height:
        describing = _describing(block.rows, reading, ~rejected)
        staged.descriptions.add(lines, describing)
        _count_said_returns(lines, reading, staged)
        _count_unknown_statuses(lines, reading, staged)
        _count_only_named(lines, describing, reading, staged)
        _stage(lines, staged, cleaned.whole, staged.label(file))


def _without_forgotten(lines: pl.DataFrame, rows: pl.DataFrame, reading: Reading, staged: Staged) -> pl.DataFrame:
    """The lines of whoever was forgotten have that as their reason, before any other; their text is not kept."""
    source, forgotten = staged.readings.layouts.source, staged.forgotten
    ids = lines["external_id"].drop_nulls().unique().to_list()
    theirs = lines["external_id"].is_in(sorted(forgotten.among(ids, source=source))).fill_null(value=False)
    for column in ("customer_email", "customer_phone"):
        if column in reading.headers:
            cells = rows[reading.headers[column]].cast(pl.String, strict=False)
            kind = column.removeprefix("customer_")
            known = [cell for cell in cells.drop_nulls().unique() if forgotten.knows([Mark(kind, cell)])]  # type: ignore[arg-type]
            theirs |= cells.is_in(known).fill_null(value=False)
    return lines.with_columns(reason=pl.when(theirs).then(pl.lit(WHY)).otherwise("reason"))


def _texts_of(broken: Sequence[BrokenRow], staged: Staged) -> list[str]:
    """The texts of rows that were not split into columns; none where a part of it was somebody's who was forgotten."""
    if not staged.forgotten:
        return [row.text for row in broken]
    parts = [{part.strip() for part in (*_APART.split(row.text), *row.text.split())} - {""} for row in broken]
    told = {part for of_row in parts for part in of_row}
    known = staged.forgotten.among(told, source=staged.readings.layouts.source)
    known |= {part for part in told if staged.forgotten.knows((Mark("email", part), Mark("phone", part)))}
    return ["" if known & of_row else row.text for row, of_row in zip(broken, parts, strict=True)]


def _describing(rows: pl.DataFrame, reading: Reading, accepted: pl.Series) -> dict[str, pl.Series]:
    """What the accepted rows say of their customers, by column."""
    cells = {column: rows[reading.headers[column]] for column in DESCRIBING if column in reading.headers}
    return cells if accepted.all() else {column: values.filter(accepted) for column, values in cells.items()}


def _count_said_returns(lines: pl.DataFrame, reading: Reading, staged: Staged) -> None:
    """How often each word of a column made a row a return, for the notes."""
    header = reading.headers.get("line_kind", "")
    if lines["says_return"].null_count() == lines.height:
        return
    words = lines.filter(pl.col("line_kind") == "return")["says_return"].drop_nulls()
    staged.said_returns.update({(header, word): rows for word, rows in words.value_counts().iter_rows()})


def _count_unknown_statuses(lines: pl.DataFrame, reading: Reading, staged: Staged) -> None:
    """How often each word of a status that is not known stands in the accepted rows, for the notes."""
    if header := reading.headers.get("status"):
        words = unknown(lines["status"])
        staged.unknown_statuses.update({(header, word): rows for word, rows in words.value_counts().iter_rows()})


def _count_only_named(
    lines: pl.DataFrame, describing: Mapping[str, pl.Series], reading: Reading, staged: Staged
) -> None:
    """How many accepted rows tell a customer's name but no customer, for the notes."""
    names = describing.get("customer_name")
    if names is not None and lines["external_id"].null_count():
        named = to_ids(names.filter(lines["external_id"].is_null()), missing=NO_CUSTOMER)
        if named.count():
            staged.only_named[reading.headers["customer_name"]] += named.count()


def _shortened(rows: pl.DataFrame, reading: Reading, whole: Collection[str]) -> int:
    columns = ({"customer_id", "order_id"} & reading.headers.keys()) - set(whole)
    headers = [reading.headers[column] for column in columns]
    return sum(int(was_shortened(rows[header]).sum()) for header in headers if rows[header].dtype == pl.String)


def _stage(lines: pl.DataFrame, staged: Staged, whole: Collection[str], label: int) -> None:
    told = [name for name in KEPT if lines[name].null_count() < lines.height]
    same = {name: lines[name][0] for name in FEW_VALUES if name in told and _is_one_value(lines[name])}
    number, put = len(staged.parts), staged.shelf.put
    marks = [TAKEN_BACK] if TAKEN_BACK in lines.columns and lines[TAKEN_BACK].any() else []
    differing = lines.select(*(name for name in told if name not in same), *marks, "line")
    staged.parts.append(Part(put(differing, f"staged-{number:05d}"), label, same))
    keys = lines.select(order=pl.col("order_id").hash(seed=ORDER_SEED), row="row_hash")
    staged.keys.append(put(keys, f"keys-{number:05d}"))
    if "order_id" not in whole:
        staged.cancelled.append(named_by(lines))
    staged.rows += lines.height
    if lines["product_id"].null_count() < lines.height:
        staged.products = _merged(staged.products, lines.select("product_id", "product_name", "category", "brand"))


def _is_one_value(texts: pl.Series) -> bool:
    return not texts.null_count() and bool((texts == texts[0]).all())


def _merged(known: pl.DataFrame, lines: pl.DataFrame) -> pl.DataFrame:
    """One row a product: the first name, category and brand that it was given."""
    both = pl.concat([known, lines]) if known.height else lines
    firsts = [pl.col(name).drop_nulls().first() for name in ("product_name", "category", "brand")]
    return both.drop_nulls("product_id").group_by("product_id", maintain_order=True).agg(firsts)


def _file_read(about: Description, rows: Counter[Path], sha256: str) -> FileRead:
    return FileRead(about.path, about.format, about.encoding, about.delimiter, sha256, rows[about.path])
