"""Apache Spark: the engine for what one machine is too small for, on cores of this machine or on a cluster.

A step and all it reads become temporary views over the Parquet files, each in Spark's dialect (`dialect.py`). Rows of
steps that are kept are written to `scratch`, once for the same files and parameters: plans stay short, Spark knows how
little it is, and the next query finds them there. Rows come back by Arrow in the types that DuckDB gives. Functions of
the value engine run on the executors by `mapInArrow`, one task a block; a block lies in a file of `scratch`. Files of
tables and `scratch` must be where every executor sees them.
"""

import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from uuid import uuid4

import pyarrow as pa
import pyarrow.parquet as pq

from keepers.warehouse.engines.blocks import function_of_numbers, read_block, write_block
from keepers.warehouse.engines.dialect import in_spark_sql
from keepers.warehouse.engines.engine import ROWS_IN_GROUP, Block
from keepers.warehouse.engines.spark_session import SparkSessions
from keepers.warehouse.steps import Sources, computed, deciding, files_of, in_order, needed, step_over, table_read_as

_SPARK_TYPES = {
    pa.string(): "STRING",
    pa.int32(): "INT",
    pa.int64(): "BIGINT",
    pa.float64(): "DOUBLE",
    pa.bool_(): "BOOLEAN",
    pa.date32(): "DATE",
}
_MOST_DIGITS = 38
_READ_BY_MOST = ("customer_days",)  # kept beside the steps that say so: most queries of a valuation read it


class SparkEngine:
    """Spark behind an address; a session starts with the first query."""

    def __init__(self, url: str, scratch: Path) -> None:
        self._scratch = scratch.absolute()
        self._sessions = SparkSessions(url, self._scratch)
        self._kept: dict[str, list[Path]] = {}

    def query(self, step: str, sources: Sources, parameters: Mapping[str, object]) -> pa.Table:
        """Rows of a step or table."""
        with self._rows(step, sources, parameters) as rows:
            return _in_house_types(rows.toArrow())

    def write(
        self,
        step: str,
        path: Path,
        sources: Sources,
        parameters: Mapping[str, object],
        *,
        rows_in_group: int = ROWS_IN_GROUP,
    ) -> None:
        """The same rows, to one Parquet file: the executors write parts, which are joined here in their order."""
        with self._rows(step, sources, parameters) as rows, self._folder() as folder:
            rows.write.parquet(str(folder / "parts"))
            _join(_parts(folder / "parts"), path, rows_in_group)

    def map_blocks(self, function: Callable[[Block], Block], blocks: Sequence[Block]) -> list[Block]:
        """The function of each block, one task a block."""
        if not blocks:
            return []
        with self._folder() as folder, self._sessions.opened("blocks") as session:
            for number, block in enumerate(blocks):
                write_block(block, folder / f"{number}.arrow")
            numbers = session.range(0, len(blocks), 1, len(blocks))
            schema = "id BIGINT, block BINARY"
            found = numbers.mapInArrow(function_of_numbers(function, folder), schema).toArrow().sort_by("id")
        return [read_block(block) for block in found["block"].to_pylist()]

    def close(self) -> None:
        """Give the executors and the room of what was kept back."""
        for parts in self._kept.values():
            shutil.rmtree(parts[0].parent, ignore_errors=True)
        self._kept.clear()
        self._sessions.close()

    @contextmanager
    def _rows(self, step: str, sources: Sources, parameters: Mapping[str, object]) -> Iterator[Any]:
        """The step's rows as a DataFrame, for as long as the block runs."""
        with self._sessions.opened(step) as session:
            for name in in_order(step, sources):
                self._rows_of(session, name, sources, parameters).createOrReplaceTempView(f"`{name}`")
            yield session.table(f"`{step}`")

    def _rows_of(self, session: Any, name: str, sources: Sources, parameters: Mapping[str, object]) -> Any:
        if (table := table_read_as(name)) is not None:
            return _read(session, table.schema, files_of(name, table, sources))
        if ready := sources.get(computed(name)):
            return _read(session, pq.read_schema(ready[0]), ready)
        step = step_over(name, sources)
        rows = session.sql(in_spark_sql(step.text, needed(name, step.text, parameters)))
        return self._keep(session, name, rows, sources, parameters) if step.kept or name in _READ_BY_MOST else rows

    def _keep(self, session: Any, name: str, rows: Any, sources: Sources, parameters: Mapping[str, object]) -> Any:
        """The same rows from files that were written once."""
        key = deciding(name, sources, parameters)
        if key not in self._kept:
            folder = self._scratch / f"kept-{uuid4().hex}"
            rows.write.parquet(str(folder))
            self._kept[key] = _parts(folder)
        parts = [part for part in self._kept[key] if pq.read_metadata(part).num_rows]
        if not parts:  # Spark then leaves out all that would be joined to it
            return _nothing(session, {field.name: field.dataType.simpleString() for field in rows.schema})
        return session.read.schema(rows.schema).parquet(*map(_escaped, parts))

    @contextmanager
    def _folder(self) -> Iterator[Path]:
        folder = self._scratch / uuid4().hex
        folder.mkdir(parents=True)
        try:
            yield folder
        finally:
            shutil.rmtree(folder, ignore_errors=True)


def _read(session: Any, schema: pa.Schema, files: Sequence[Path]) -> Any:
    """Rows of Parquet files; a column that a file of an earlier version lacks is null there."""
    if not files:
        return _nothing(session, {field.name: _spark_type(field.type) for field in schema})
    columns = ", ".join(f"`{field.name}` {_spark_type(field.type)}" for field in schema)
    return session.read.schema(columns).parquet(*(_escaped(path) for path in files))


def _nothing(session: Any, types: Mapping[str, str]) -> Any:
    columns = ", ".join(f"CAST(NULL AS {kind}) AS `{name}`" for name, kind in types.items())
    return session.sql(f"SELECT {columns} WHERE false")


def _spark_type(kind: pa.DataType) -> str:
    if pa.types.is_decimal(kind):
        return f"DECIMAL({kind.precision}, {kind.scale})"
    if pa.types.is_timestamp(kind):
        return "TIMESTAMP" if kind.tz else "TIMESTAMP_NTZ"
    return _SPARK_TYPES[kind]


def _escaped(path: Path) -> str:
    """A path as Spark takes it: it would read brackets and stars as a pattern."""
    return "".join(f"\\{letter}" if letter in "{}[]*?\\" else letter for letter in str(path.absolute()))


def _parts(folder: Path) -> list[Path]:
    return sorted(folder.glob("part-*.parquet"))


def _join(parts: Sequence[Path], path: Path, rows_in_group: int) -> None:
    schema = _in_house_types(pq.read_schema(parts[0]).empty_table()).schema
    with pq.ParquetWriter(path, schema, compression="zstd") as writer:
        for part in parts:
            for batch in pq.ParquetFile(part).iter_batches(batch_size=rows_in_group):
                rows = _in_house_types(pa.Table.from_batches([batch]))
                writer.write_table(rows, row_group_size=rows_in_group)


def _in_house_types(rows: pa.Table) -> pa.Table:
    """The same rows in the types that DuckDB gives: whole numbers of 64 bits, sums of money with 38 digits."""
    fields = [pa.field(field.name, _in_house_type(field.type)) for field in rows.schema]
    return rows.cast(pa.schema(fields))


def _in_house_type(kind: pa.DataType) -> pa.DataType:
    if pa.types.is_decimal(kind) and kind.precision > 18:
        return pa.decimal128(_MOST_DIGITS, kind.scale)
    return pa.int64() if pa.types.is_integer(kind) else kind
