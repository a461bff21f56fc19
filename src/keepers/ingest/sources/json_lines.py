"""JSON lines: one object a line, nested objects flattened with a dot; also a file that is one JSON array."""

import json
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Any

import polars as pl

from keepers.ingest.dialect import unique_headers
from keepers.ingest.files import unpacked
from keepers.ingest.sources import Block, BrokenRow, Description, UnreadableFileError, as_text

BLOCK_LINES = 50_000
_HEADER_LINES = 5_000


class JsonLinesSource:
    """A file of JSON objects."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._is_document = _is_document(path)
        names: dict[str, None] = {}
        for _, line in islice(self._lines(), _HEADER_LINES):
            names.update(dict.fromkeys(_flat(_object(line) or {})))
        if not names:
            raise UnreadableFileError(f"{path} holds no JSON objects. Write one order line as one object a line.")
        self._names = tuple(names)
        self.description = Description(
            path, "json lines", unique_headers(self._names), path.stat().st_size, encoding="utf-8"
        )

    def blocks(self, columns: Sequence[str] | None = None) -> Iterator[Block]:
        """Yield the rows; `columns` limits what is parsed, `None` asks for all."""
        lines = self._lines()
        while taken := list(islice(lines, BLOCK_LINES)):
            filled = [(number, line) for number, line in taken if line.strip()]
            read = [(number, line, _object(line)) for number, line in filled]
            good = [(number, line, _flat(value)) for number, line, value in read if value is not None]
            frame = self._frame([row for _, _, row in good])
            yield Block(
                rows=frame if columns is None else frame.select(columns),
                line_numbers=pl.Series([number for number, _, _ in good], dtype=pl.Int64),
                text_of=partial(_chosen, [line for _, line, _ in good]),
                bytes_read=sum(len(line) + 1 for _, line in taken),
                broken=tuple(
                    BrokenRow(number, "not a JSON object", line) for number, line, value in read if value is None
                ),
                blank_lines=len(taken) - len(filled),
            )

    def _lines(self) -> Iterator[tuple[int, str]]:
        with unpacked(self._path) as file:
            if self._is_document:
                values = _rows_in(file.read(), self._path)
                yield from ((number, json.dumps(value, ensure_ascii=False)) for number, value in enumerate(values, 1))
                return
            for number, line in enumerate(file, start=1):
                yield number, line.decode("utf-8-sig" if number == 1 else "utf-8", errors="replace").rstrip("\r\n")

    def _frame(self, rows: Sequence[Mapping[str, str]]) -> pl.DataFrame:
        columns = {
            header: pl.Series([row.get(name) for row in rows], dtype=pl.String)
            for header, name in zip(self.description.headers, self._names, strict=True)
        }
        return pl.DataFrame(columns)


def _is_document(path: Path) -> bool:
    """Whether the file is one JSON value (an array, or an object over several lines) rather than an object a line."""
    with unpacked(path) as file:
        first = next((line for line in file if line.strip()), b"").decode("utf-8-sig", errors="replace")
    return first.lstrip().startswith("[") or (first.strip() == "{")


def _rows_in(content: bytes, path: Path) -> list[Any]:
    try:
        values = json.loads(content.decode("utf-8-sig"))
    except ValueError as error:
        raise UnreadableFileError(f"{path} is not JSON that can be read: {error}.") from error
    if isinstance(values, dict):
        values = next((value for value in values.values() if isinstance(value, list)), [values])
    return list(values)


def _object(line: str) -> dict[str, Any] | None:
    try:
        value = json.loads(line)
    except ValueError:
        return None
    return value if isinstance(value, dict) else None


def _flat(value: Mapping[str, Any], before: str = "") -> dict[str, str]:
    flat: dict[str, str] = {}
    for name, inner in value.items():
        if isinstance(inner, dict):
            flat |= _flat(inner, f"{before}{name}.")
        else:
            flat[before + name] = json.dumps(inner) if isinstance(inner, list) else as_text(inner)
    return flat


def _chosen(lines: Sequence[str], positions: Sequence[int]) -> list[str]:
    return [lines[at] for at in positions]
