"""Delimited text: CSV, TSV and their kin, parsed in blocks with the physical line of every record."""

import csv
import io
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.csv

from keepers.core.told import Told
from keepers.ingest.dialect import SAMPLE_BYTES, Dialect, EmptyFileError, dialect_of
from keepers.ingest.files import unpacked
from keepers.ingest.passes.ahead import ahead
from keepers.ingest.sources import Block, BrokenRow, Description, UnreadableFileError
from keepers.ingest.sources.records import Records, find_records
from keepers.ingest.sources.texts import texts_of

_LONGEST_RECORD = 4 << 20

Rewrite = Callable[[bytes], bytes]


class DelimitedSource:
    """A delimited text file."""

    def __init__(self, path: Path, dialect: Dialect, *, format_name: str = "", rewrite: Rewrite | None = None) -> None:
        self._dialect = dialect
        self._rewrite = rewrite
        kind = format_name or {"\t": "tsv"}.get(dialect.delimiter, "csv")
        self.description = Description(
            path=path,
            format=kind,
            headers=dialect.headers,
            size=path.stat().st_size,
            encoding=dialect.encoding,
            delimiter=dialect.delimiter,
            notes=_notes(path, dialect),
        )

    @classmethod
    def open(cls, path: Path, *, least_even: float = 0.4) -> "DelimitedSource | None":
        """The file as delimited text, or `None` if no delimiter splits its lines alike."""
        with unpacked(path) as file:
            sample = file.read(SAMPLE_BYTES)
        try:
            dialect = dialect_of(sample, complete=len(sample) < SAMPLE_BYTES, least_even=least_even)
        except EmptyFileError as error:
            raise UnreadableFileError(f"{path} is empty: it holds no rows. Export it again.") from error
        return cls(path, dialect) if dialect else None

    def blocks(self, columns: Sequence[str] | None = None) -> Iterator[Block]:
        """Yield the rows; `columns` limits what is parsed, `None` asks for all."""
        wanted = list(self._dialect.headers if columns is None else columns)
        rest, line, skip = b"", 1, self._dialect.skip
        with unpacked(self.description.path) as file:
            for text, read, last in ahead(texts_of(file, self._dialect.encoding, self.description.path)):
                written = self._rewrite(rest + text) if self._rewrite else rest + text
                plain = self._plain_block(written, wanted, line=line, skip=skip, read=read, last=last)
                if plain is not None:
                    rest, line, skip = b"", line + skip + plain.rows.height, 0
                    yield plain
                    continue
                records = find_records(
                    written, delimiter=self._dialect.delimiter.encode(), width=len(self._dialect.headers),
                    last=last or len(rest) > _LONGEST_RECORD,
                )  # fmt: skip
                yield self._block(written, _without_first(records, skip), wanted, line=line, read=read)
                skip = max(0, skip - len(records.starts))
                line += int(written[: records.rest].count(b"\n"))
                rest = written[records.rest :]

    def _plain_block(
        self, text: bytes, wanted: list[str], *, line: int, skip: int, read: int, last: bool
    ) -> Block | None:
        """A block in which each line is a record, as `_block` would give it; `None` where that is not so."""
        width, head = len(self._dialect.headers), _head(text, skip, self._dialect)
        if not wanted or width < 2 or head is None or not (last or text.endswith(b"\n")):
            return None
        text = text[len(head) :]
        if b'"' in text:
            return None
        rows = self._parse(text, wanted, several_lines=False, quotes=False)
        if rows is None or rows.filter(pl.all_horizontal(pl.all().str.len_bytes() == 0)).height:
            return None
        numbers = pl.Series(np.arange(line + skip, line + skip + rows.height))
        return Block(rows, numbers, partial(_lines_of, text), read)

    def _block(self, text: bytes, records: Records, wanted: list[str], *, line: int, read: int) -> Block:
        width = len(self._dialect.headers)
        length = records.ends - records.starts
        blank = (length == 0) | ((records.fields == width) & (length == width - 1))  # nothing, or delimiters alone
        good = (records.fields == width) & ~records.stray & ~blank
        odd = np.flatnonzero(~good & ~blank)
        repaired, broken, blanks = self._repair(text, records, odd, line)
        parsed = self._parse(_only(text, records, good), wanted, several_lines=records.several_lines)
        if parsed is None or (wanted and parsed.height != int(good.sum())):
            good[:] = False
            repaired, broken, blanks = self._repair(text, records, np.flatnonzero(~blank), line)
            parsed = self._frame([]).select(wanted)
        positions = np.concatenate([np.flatnonzero(good), np.array([at for at, _ in repaired], dtype=np.int64)])
        rows = (
            pl.concat([parsed, self._frame([row for _, row in repaired]).select(wanted)])
            if repaired and wanted
            else parsed
        )
        order = np.argsort(positions, kind="stable")
        return Block(
            rows=rows[order] if repaired and wanted else rows,
            line_numbers=pl.Series(records.lines[positions[order]] + line),
            text_of=partial(_text_of, text, records, positions[order]),
            bytes_read=read,
            broken=tuple(broken),
            blank_lines=int(blank.sum()) + blanks,
        )

    def _parse(
        self, text: bytes, wanted: list[str], *, several_lines: bool, quotes: bool = True
    ) -> pl.DataFrame | None:
        names = list(self._dialect.headers)
        if not text or not wanted:
            return self._frame([]).select(wanted)
        try:
            table = pyarrow.csv.read_csv(
                pa.BufferReader(text),
                # on this core: the others look at the blocks before this one
                pyarrow.csv.ReadOptions(column_names=names, block_size=len(text) + 1, use_threads=False),
                pyarrow.csv.ParseOptions(
                    delimiter=self._dialect.delimiter, quote_char='"' if quotes else False,
                    newlines_in_values=several_lines, ignore_empty_lines=False,
                ),
                pyarrow.csv.ConvertOptions(
                    column_types=dict.fromkeys(names, pa.string()), include_columns=wanted,
                    strings_can_be_null=False, check_utf8=False,  # it was made so
                ),
            )  # fmt: skip
        except pa.ArrowInvalid:
            return None
        frame = pl.from_arrow(table)
        assert isinstance(frame, pl.DataFrame)
        return frame

    def _repair(
        self, text: bytes, records: Records, odd: np.ndarray, line: int
    ) -> tuple[list[tuple[int, list[str]]], list[BrokenRow], int]:
        """Rows with too few fields are filled up; with too many, kept if the rest is blank, else broken."""
        width, repaired, broken, blank = len(self._dialect.headers), list[tuple[int, list[str]]](), list[BrokenRow](), 0
        for at in odd.tolist():
            raw = text[records.starts[at] : records.ends[at]].decode("utf-8", errors="replace")
            fields = _fields(raw, self._dialect.delimiter, width)
            if not any(field.strip() for field in fields):
                blank += 1
            elif any(field.strip() for field in fields[width:]):
                broken.append(BrokenRow(int(records.lines[at]) + line, "wrong number of fields", raw))
            else:
                repaired.append((at, (fields + [""] * width)[:width]))
        return repaired, broken, blank

    def _frame(self, rows: Sequence[Sequence[str]]) -> pl.DataFrame:
        return pl.DataFrame(list(rows), schema=dict.fromkeys(self._dialect.headers, pl.String), orient="row")


def _head(text: bytes, skip: int, dialect: Dialect) -> bytes | None:
    """The first lines, where they are as many records, none of which ends within the next line; else `None`."""
    if not skip:
        return b""
    lines = text.split(b"\n", skip)[:skip]
    head = b"\n".join(lines) + b"\n"
    if not text.startswith(head) or any(line.count(b'"') % 2 for line in lines):
        return None
    records = find_records(head, delimiter=dialect.delimiter.encode(), width=len(dialect.headers), last=True)
    return head if len(records.starts) == skip and not records.stray.any() else None


def _without_first(records: Records, count: int) -> Records:
    if not count:
        return records
    return replace(
        records,
        starts=records.starts[count:],
        ends=records.ends[count:],
        fields=records.fields[count:],
        lines=records.lines[count:],
        stray=records.stray[count:],
    )


def _only(text: bytes, records: Records, good: np.ndarray) -> bytes:
    """The bytes of the good records: one slice where all are, else the pieces between the others."""
    if not good.any():
        return b""
    edges = np.flatnonzero(np.diff(np.concatenate(([0], good.view(np.int8), [0]))))
    first, after = edges[::2], edges[1::2] - 1
    return b"".join(
        text[start : end + 1] if end < len(text) else text[start:] + b"\n"
        for start, end in zip(records.starts[first].tolist(), records.ends[after].tolist(), strict=True)
    )


def _fields(raw: str, delimiter: str, width: int) -> list[str]:
    """The fields of one odd record, under the reading of its quotes that gives the right number."""
    readers = (
        csv.reader(io.StringIO(raw), delimiter=delimiter),
        csv.reader(io.StringIO(raw), delimiter=delimiter, escapechar="\\", doublequote=False),
        csv.reader(io.StringIO(raw), delimiter=delimiter, quoting=csv.QUOTE_NONE),
    )
    tried = [next(reader, []) for reader in readers]
    return next((fields for fields in tried if len(fields) == width), tried[0])


def _lines_of(text: bytes, rows: Sequence[int]) -> list[str]:
    breaks = np.flatnonzero(np.frombuffer(text, dtype=np.uint8) == ord("\n"))
    starts, ends = np.append(0, breaks + 1), np.append(breaks, len(text))
    chosen = list(rows)
    return [
        text[start:end].decode("utf-8", errors="replace")
        for start, end in zip(starts[chosen].tolist(), ends[chosen].tolist(), strict=True)
    ]


def _text_of(text: bytes, records: Records, positions: np.ndarray, rows: Sequence[int]) -> list[str]:
    chosen = positions[list(rows)]
    return [
        text[start:end].decode("utf-8", errors="replace")
        for start, end in zip(records.starts[chosen].tolist(), records.ends[chosen].tolist(), strict=True)
    ]


def _notes(path: Path, dialect: Dialect) -> tuple[str, ...]:
    notes: list[str] = []
    if dialect.preamble:
        told = (
            "%(file)s: %(lines)s line above the header set aside.",
            "%(file)s: %(lines)s lines above the header set aside.",
        )
        notes.append(Told.of(*told, dialect.preamble, file=path.name, lines=dialect.preamble))
    if not dialect.has_header:
        notes.append(Told.of("%(file)s has no header; its columns are called by their position.", file=path.name))
    return tuple(notes)
