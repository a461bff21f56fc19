"""What one pass leaves for the next: in memory while there is room for it, then in files on disk."""

from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

import polars as pl
import pyarrow as pa

ROOM = 512 << 20  # bytes in memory
Held: TypeAlias = pa.Table | Path


@dataclass(slots=True)
class Shelf:
    """Takes tables, each under a name of its own, into memory or into files of the folder `into`."""

    into: Path
    room: int = ROOM

    def put(self, rows: pa.Table, name: str) -> Held:
        """Keep the rows."""
        if rows.nbytes <= self.room:
            self.room -= rows.nbytes
            return rows
        path = self.into / f"{name}.arrow"
        with pa.OSFile(str(path), "wb") as file, pa.ipc.new_file(file, rows.schema) as writer:
            writer.write_table(rows)
        return path


def look_at(held: Held) -> pl.DataFrame:
    """The rows, which stay."""
    found = pl.from_arrow(held) if isinstance(held, pa.Table) else pl.read_ipc(held)
    assert isinstance(found, pl.DataFrame)
    return found


def take(held: Held) -> pa.Table:
    """The rows, for the last time."""
    if isinstance(held, pa.Table):
        return held
    with pa.memory_map(str(held)) as file:
        rows = pa.ipc.open_file(file).read_all()
    held.unlink()
    return rows


def drop(held: Held) -> None:
    """Remove the rows from disk, where they lie there."""
    if isinstance(held, Path):
        held.unlink()
