"""Parquet: columns keep their types; the line number is the number of the row, from 1."""

from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq

from keepers.ingest.sources import Block, Description, UnreadableFileError, joined_text

BLOCK_ROWS = 262_144


class ParquetSource:
    """A Parquet file."""

    def __init__(self, path: Path) -> None:
        try:
            self._file = pq.ParquetFile(path)
        except (pa.ArrowInvalid, OSError) as error:
            raise UnreadableFileError(f"{path} is not a Parquet file that can be read: {error}.") from error
        self._path = path
        self.description = Description(path, "parquet", tuple(_flat_columns(self._file)), path.stat().st_size)

    def blocks(self, columns: Sequence[str] | None = None) -> Iterator[Block]:
        """Yield the rows; `columns` limits what is parsed, `None` asks for all."""
        wanted = list(columns or self.description.headers)
        done, bytes_per_row = 0, self.description.size / max(1, self._file.metadata.num_rows)
        for batch in self._file.iter_batches(BLOCK_ROWS, columns=wanted):
            rows = _frame(batch)
            lines = pl.int_range(done + 1, done + rows.height + 1, eager=True)
            done += rows.height
            yield Block(rows, lines, partial(joined_text, rows), int(rows.height * bytes_per_row))


def _flat_columns(file: Any) -> list[str]:
    return [field.name for field in file.schema_arrow if not pa.types.is_nested(field.type)]


def _frame(batch: Any) -> pl.DataFrame:
    frame = pl.from_arrow(batch)
    assert isinstance(frame, pl.DataFrame)
    categorical = [name for name, kind in frame.schema.items() if isinstance(kind, (pl.Categorical, pl.Enum))]
    return frame.with_columns(pl.col(categorical).cast(pl.String)) if categorical else frame
