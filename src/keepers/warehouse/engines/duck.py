"""DuckDB, in the process: the engine that is there without asking."""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cache, cached_property
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from keepers.warehouse.columns import Column, Table
from keepers.warehouse.engines.engine import ROWS_IN_GROUP, Block, EngineError
from keepers.warehouse.returns import may_hold_returns
from keepers.warehouse.steps import Sources, computed, deciding, files_of, in_order, needed, step_over, table_read_as
from keepers.warehouse.tables import CUSTOMER_SUMMARY, ORDER_LINES

MEMORY_LIMIT = "1200MB"
KEPT = "occasion_gaps"  # its rows stay for the next query: a fit asks several questions of them
LINES, PLAIN_LINES = "lines_to_count", "sold_lines_to_count"
LEAST_TO_COUNT, MOST_TO_COUNT = 300_000, 50_000_000  # lines; 20 bytes each while they are counted
_SQL_TYPES = {
    pa.string(): "VARCHAR",
    pa.int64(): "BIGINT",
    pa.float64(): "DOUBLE",
    pa.bool_(): "BOOLEAN",
    pa.date32(): "DATE",
}


class DuckEngine:
    """DuckDB in the process, with a bound on its memory; what does not fit goes to `scratch`."""

    def __init__(self, scratch: Path, *, memory_limit: str = MEMORY_LIMIT, threads: int | None = None) -> None:
        self._scratch, self._memory_limit, self._threads = scratch, memory_limit, threads
        self._closed = False
        self._kept = ""  # what decided the rows of `KEPT` that are held

    def query(self, step: str, sources: Sources, parameters: Mapping[str, object]) -> pa.Table:
        """Rows of a step or table."""
        if step == CUSTOMER_SUMMARY.name and _worth_counting(sources):
            return self._counted(sources, parameters)
        with _in_plain_words(step):
            text = compose(step, sources, held=self._held(step, sources, parameters))
            return self._connection.sql(text, params=needed(step, text, parameters)).to_arrow_table()

    def write(
        self,
        step: str,
        path: Path,
        sources: Sources,
        parameters: Mapping[str, object],
        *,
        rows_in_group: int = ROWS_IN_GROUP,
    ) -> None:
        """The same rows, to one Parquet file, without holding them in memory; a step's ORDER BY holds."""
        if step == CUSTOMER_SUMMARY.name and _worth_counting(sources):
            counted = self._counted(sources, parameters)
            pq.write_table(
                counted, path, compression="zstd", row_group_size=rows_in_group, use_dictionary=_few_values(counted)
            )
            return
        text = compose(step, sources)
        copy = f"COPY ({text}) TO {_quoted(path)} (FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE {rows_in_group})"
        with _in_plain_words(step):
            self._connection.execute(copy, needed(step, text, parameters))

    def map_blocks(self, function: Callable[[Block], Block], blocks: Sequence[Block]) -> list[Block]:
        """The function of each block, one after the other; the value engine's kernels use every core themselves."""
        return [function(block) for block in blocks]

    def close(self) -> None:
        """Give the memory back; whoever asks again is told, whether or not there was a question before."""
        self._closed = True
        if "_connection" in self.__dict__:
            self._connection.close()

    @cached_property
    def _connection(self) -> duckdb.DuckDBPyConnection:
        """Made for the first question: whoever only adds rows, or looks for what is there, need not wait for it."""
        if self._closed:
            raise duckdb.ConnectionException("the engine was closed")
        return duckdb.connect(
            ":memory:",
            config={
                "memory_limit": self._memory_limit,
                "temp_directory": str(self._scratch),
                "autoinstall_known_extensions": "false",
                "autoload_known_extensions": "false",
                "preserve_insertion_order": "false",
                # Guessed sizes would turn joins round and hash the facts instead of the few returns.
                "disabled_optimizers": "join_order,build_side_probe_side",
                **({"threads": str(self._threads)} if self._threads else {}),
            },
        )

    def _held(self, step: str, sources: Sources, parameters: Mapping[str, object]) -> frozenset[str]:
        """The steps below this one whose rows are held, after computing them for these files and parameters."""
        if step == KEPT or KEPT not in in_order(step, sources):
            return frozenset()
        key = deciding(KEPT, sources, parameters)
        if key != self._kept:
            text = compose(KEPT, sources)
            self._kept = ""
            made = f"CREATE OR REPLACE TEMP TABLE {_held_as(KEPT)} AS {text}"
            self._connection.execute(made, needed(KEPT, text, parameters))
            self._kept = key
        return frozenset({KEPT})

    def _counted(self, sources: Sources, parameters: Mapping[str, object]) -> pa.Table:
        """The customer summary of many lines, counted; by its own step where a sum is too large for that."""
        # a log of a few thousand lines should not wait for the compiler of the kernels to load
        from keepers.warehouse.counted_summary import LINES_AT_ONCE, SumTooLargeError, counted_summary

        asked: dict[str, Any] = needed(CUSTOMER_SUMMARY.name, compose(CUSTOMER_SUMMARY.name, sources), parameters)
        lines = PLAIN_LINES if self._is_plain(sources) else LINES
        text = compose(lines, sources)
        with _in_plain_words(CUSTOMER_SUMMARY.name), self._connection.cursor() as apart:
            batches = apart.sql(text, params=needed(lines, text, asked)).to_arrow_reader(LINES_AT_ONCE)
            try:
                return counted_summary(batches, as_of=asked["as_of"], run_id=asked["run_id"])
            except SumTooLargeError:
                grouped = compose(CUSTOMER_SUMMARY.name, sources)
                return self._connection.sql(grouped, params=asked).to_arrow_table()

    def _is_plain(self, sources: Sources) -> bool:
        """Whether each line counts as it stands: no returns, one import a source, no keys, no rates."""
        if any(sources.get(table) for table in ("customer_keys", "exchange_rates")):
            return False
        rivals = self._connection.sql(compose("active_batches", sources)).to_arrow_table()["rivals"]
        return max(rivals.to_pylist(), default=0) <= 1 and not may_hold_returns(sources.get(ORDER_LINES.name, ()))


@contextmanager
def _in_plain_words(step: str) -> Iterator[None]:
    """What the machine lacks is the user's to mend, and a closed engine can be opened anew.

    Any other error of DuckDB is a fault of ours and stays as it is.
    """
    try:
        yield
    except duckdb.ConnectionException as error:
        raise EngineError(f"Step {step} was asked of an engine that is closed. Open the warehouse anew.") from error
    except duckdb.OutOfMemoryException as error:
        raise EngineError(
            f"Step {step} needs more memory or disk than there is: {error}. Make room on the disk and run again.",
        ) from error
    except duckdb.IOException as error:
        raise EngineError(
            f"Step {step} cannot read or write a file: {error}. Check that the files are there and the disk has room.",
        ) from error


def compose(step: str, sources: Sources, *, held: Collection[str] = ()) -> str:
    """One SELECT: everything the step reads as common table expressions, then the step; of some the rows are held."""
    nothing_below = {**sources, **{computed(name): () for name in held}}
    expressions = [_expression(name, sources, held) for name in in_order(step, nothing_below)]
    return "WITH\n" + ",\n".join(expressions) + f"\nSELECT * FROM {step}"


def _few_values(summary: pa.Table) -> list[str]:
    """The columns of the summary whose values are few: neither an id nor an amount nor a logarithm."""
    counts = [field.name for field in summary.schema if not pa.types.is_floating(field.type)]
    return [name for name in counts if name != "customer_id"] + ["age", "age_at_last_order"]


def _worth_counting(sources: Sources) -> bool:
    """Whether the lines are many enough that counting in arrays pays, and few enough for the memory."""
    if sources.get(computed(CUSTOMER_SUMMARY.name)):
        return False
    held = sources.get(ORDER_LINES.name, ())
    return LEAST_TO_COUNT <= sum(int(pq.read_metadata(part).num_rows) for part in held) <= MOST_TO_COUNT


def _lacks_columns(part: Path, names: Sequence[str]) -> bool:
    return part.exists() and not _columns_in(part).issuperset(names)  # of a file that is lost DuckDB tells


@cache
def _columns_in(part: Path) -> frozenset[str]:
    """The columns of a file; files never change."""
    return frozenset(pq.read_schema(part).names)


def _held_as(name: str) -> str:
    return f"held_{name}"


def _expression(name: str, sources: Sources, held: Collection[str]) -> str:
    if name in held:
        return f"{name} AS NOT MATERIALIZED (SELECT * FROM {_held_as(name)})"  # noqa: S608 -- a name of ours
    if (table := table_read_as(name)) is not None:
        return f"{name} AS NOT MATERIALIZED ({_scan(table, files_of(name, table, sources))})"
    if ready := sources.get(computed(name)):
        return f"{name} AS NOT MATERIALIZED (SELECT * FROM read_parquet([{', '.join(map(_quoted, ready))}]))"  # noqa: S608 -- quoted paths
    step = step_over(name, sources)
    return f"{name} AS {'' if step.kept else 'NOT '}MATERIALIZED (\n{step.text}\n)"


def _scan(table: Table, paths: Sequence[Path]) -> str:
    columns = ", ".join(f'"{column.name}"' for column in table.columns)
    if not paths:
        return f"SELECT {_nothing(table.columns)} WHERE false"
    files = ", ".join(map(_quoted, paths))
    if not any(_lacks_columns(path, table.schema.names) for path in paths):
        return f"SELECT {columns} FROM read_parquet([{files}])"  # noqa: S608 -- quoted paths
    # files of earlier versions may lack a column: it is null there, but a fact that must be there is missed
    optional = _nothing(column for column in table.columns if table.is_derived or not column.required)
    return (
        f"SELECT {columns} FROM (SELECT * FROM read_parquet([{files}], union_by_name = true) "  # noqa: S608 -- as above
        f"UNION ALL BY NAME SELECT {optional} WHERE false)"
    )


def _nothing(columns: Iterable[Column]) -> str:
    return ", ".join(f'CAST(NULL AS {_sql_type(column.type)}) AS "{column.name}"' for column in columns)


def _sql_type(kind: pa.DataType) -> str:
    if pa.types.is_decimal(kind):
        return f"DECIMAL({kind.precision}, {kind.scale})"
    return "TIMESTAMPTZ" if pa.types.is_timestamp(kind) else _SQL_TYPES[kind]


def _quoted(path: Path) -> str:
    return "'" + str(path).replace("'", "''") + "'"
