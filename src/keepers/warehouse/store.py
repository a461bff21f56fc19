"""Where the stages keep their tables: the interface, and the store of a single run in a temporary folder."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Protocol

import pyarrow as pa
import pyarrow.parquet as pq

from keepers.warehouse.engines.engine import DUCKDB, Block, open_engine
from keepers.warehouse.tables import BATCHES, ORDER_LINES, table_named

ROWS_TO_LOOK_UP = 50_000  # rows in a group of a table from which single customers are read


class Store(Protocol):
    """Tables that grow by whole appends and are read by named SQL steps."""

    def append(self, table: str, rows: pa.Table | Sequence[Path], *, transaction: str | None = None) -> None:
        """Add rows, or Parquet files in the table's schema, as one whole.

        With `transaction`, rows that came before under the same name are not added again.
        """

    def append_step(self, table: str, step: str, *, transaction: str | None = None, **parameters: object) -> None:
        """Add the rows of a step to a table, in the step's order, without holding them in memory."""

    def drop_runs_before(self, table: str, run_id: str) -> None:
        """Take the rows of earlier runs out of a table to which each run's rows came as a whole."""

    def query(self, step: str, **parameters: object) -> pa.Table:
        """Rows of a step of `warehouse/sql`, or of a table, by its name."""

    def write(self, step: str, path: Path, **parameters: object) -> None:
        """The same rows, to a Parquet file."""

    def map_blocks(self, function: Callable[[Block], Block], blocks: Sequence[Block]) -> list[Block]:
        """The function of each block, in their order, wherever the engine computes."""

    def close(self) -> None:
        """Give memory and files back."""


class MemoryStore:
    """The store of one run without a workspace: Parquet parts in a folder that the caller removes.

    Imports need no row in `batches` here: each batch id of the lines counts, in the order they came.
    """

    def __init__(self, folder: Path, *, engine_url: str = DUCKDB) -> None:
        self._folder = folder
        self._parts: dict[str, list[Path]] = {}
        self._transactions: set[str] = set()
        self._batches: list[dict[str, object]] = []
        self._engine = open_engine(engine_url, folder / "scratch")

    def append(self, table: str, rows: pa.Table | Sequence[Path], *, transaction: str | None = None) -> None:
        """Keep the rows; Parquet parts stay where they are."""
        if transaction is not None:
            if f"{table}/{transaction}" in self._transactions:
                return
            self._transactions.add(f"{table}/{transaction}")
        parts = [self._written(table, rows)] if isinstance(rows, pa.Table) else list(rows)
        self._parts.setdefault(table, []).extend(parts)
        if table == ORDER_LINES.name and parts:
            self._note_batches(parts)

    def append_step(self, table: str, step: str, *, transaction: str | None = None, **parameters: object) -> None:
        """Keep a step's rows, in small groups of rows."""
        path = self._next_part(table)
        self._engine.write(step, path, self._parts, parameters, rows_in_group=ROWS_TO_LOOK_UP)
        self.append(table, [path], transaction=transaction)

    def drop_runs_before(self, table: str, run_id: str) -> None:
        """Forget the parts of earlier runs."""
        self._parts[table] = [part for part in self._parts.get(table, []) if run_of(part) >= run_id]

    def query(self, step: str, **parameters: object) -> pa.Table:
        """Rows of a step or table."""
        return self._engine.query(step, self._parts, parameters)

    def write(self, step: str, path: Path, **parameters: object) -> None:
        """The same rows, to a Parquet file."""
        self._engine.write(step, path, self._parts, parameters)

    def map_blocks(self, function: Callable[[Block], Block], blocks: Sequence[Block]) -> list[Block]:
        """The function of each block, in their order, wherever the engine computes."""
        return self._engine.map_blocks(function, blocks)

    def close(self) -> None:
        """Give the memory back; the folder is the caller's."""
        self._engine.close()

    def _written(self, table: str, rows: pa.Table) -> Path:
        path = self._next_part(table)
        pq.write_table(table_named(table).conform(rows), path)
        return path

    def _next_part(self, table: str) -> Path:
        folder = self._folder / table
        folder.mkdir(parents=True, exist_ok=True)
        return folder / f"part-{len(list(folder.iterdir()))}.parquet"

    def _note_batches(self, parts: Sequence[Path]) -> None:
        """Give each batch of the lines an active row, in the order the batches came."""
        for batch in self._engine.query("batches_of_lines", {ORDER_LINES.name: parts}, {}).to_pylist():
            known = {row["batch_id"] for row in self._batches}
            if batch["batch_id"] not in known:
                state = {"version": 1, "sequence": len(known) + 1, "active": True, "fingerprint": batch["batch_id"]}
                self._batches.append(batch | state)
        states = pa.Table.from_pylist(self._batches, schema=BATCHES.schema)
        self._parts[BATCHES.name] = [self._written(BATCHES.name, states)]


def run_of(part: Path) -> str:
    """The run of a file that holds the rows of one run."""
    run: str = pq.ParquetFile(part).read_row_group(0, columns=["run_id"])["run_id"][0].as_py()
    return run
