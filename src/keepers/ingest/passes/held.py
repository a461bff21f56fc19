"""What one pass leaves for the next: in memory while there is room for it, then in files on disk."""

from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

import polars as pl

ROOM = 512 << 20  # bytes in memory
Held: TypeAlias = pl.DataFrame | Path


@dataclass(slots=True)
class Shelf:
    """Takes tables, each under a name of its own, into memory or into files of the folder `into`."""

    into: Path
    room: int = ROOM

    def put(self, rows: pl.DataFrame, name: str) -> Held:
        """Keep the rows."""
        size = int(rows.estimated_size())
        if size <= self.room:
            self.room -= size
            return rows
        path = self.into / f"{name}.arrow"
        rows.write_ipc(path)
        return path


def look_at(held: Held) -> pl.DataFrame:
    """The rows, which stay."""
    return held if isinstance(held, pl.DataFrame) else pl.read_ipc(held)


def take(held: Held) -> pl.DataFrame:
    """The rows, for the last time."""
    rows = look_at(held)
    drop(held)
    return rows


def drop(held: Held) -> None:
    """Remove the rows from disk, where they lie there."""
    if isinstance(held, Path):
        held.unlink()
