"""The engine that runs named SQL steps over Parquet files: DuckDB, in the process.

A step is one file of `warehouse/sql`, written in DuckDB's dialect and kept translatable. Its first line names its
grain, its second the steps and tables it reads. The engine puts what a step reads before it as common table
expressions, so any step sees any other by its name. A step with a third line `Kept:` is computed once a query.
Joins are run as they are written, so the small table stands on the right.

The views that other rooms build on keep their names and columns:

`active_lines`      line of an order that counts: the columns of `order_lines`, and `customer_id` (external id resolved)
`known_lines`       the same up to `$as_of`, `revenue`, `cost` and `discount` in the reporting currency
`net_lines`         known_lines, and `counts_on`, `counts_source`, `counts_order_id` (day and order it counts toward: a
                    matched return takes from the order it returns), `is_matched` (a return with its order), `part` (1,
                    2 …: a return of pieces from several orders has a row each; count lines where part = 1),
                    `is_product` (sale or return; the rest is postage, fee, adjustment), `makes_occasion` (a sale of
                    an order not fully cancelled). No line is lost: revenue sums to that of known_lines
`customer_days`     customer_id, counts_on, is_occasion, lines, quantity, revenue, cost, costed_revenue (revenue of
                    lines with a cost), discount, location; product lines of known customers only
`occasions`         customer_id, occasion_on, and the figures of customer_days, where the day is an occasion
`customer_summary`  the contract of the table, one row a customer with at least one occasion; the rows that earlier
                    runs kept in the table are read as `saved_customer_summary`
`current_products`  source, product_id, name, category, brand, price, cost, as the latest active import has them
`customer_names`    customer_id, name, email, phone, city, country, each as it was described last; only customers whom
                    an active import describes

Money in views is DECIMAL. Postage, fees and adjustments make no occasion and are no part of a customer's value;
`totals` reports them. Lines without a customer are in `net_lines` and `totals` only.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from importlib.metadata import version
from importlib.resources import files
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from keepers.core.errors import KeepersError
from keepers.warehouse.tables import CUSTOMER_SUMMARY, ORDER_LINES, Table, all_tables

MEMORY_LIMIT = "1200MB"
ROWS_IN_GROUP = 122_880
LINES, PLAIN_LINES = "lines_to_count", "sold_lines_to_count"
LEAST_TO_COUNT, MOST_TO_COUNT = 300_000, 50_000_000  # lines; 20 bytes each while they are counted
_HEADER = re.compile(r"-- Grain: (?P<grain>.+)\n-- Reads: (?P<reads>.+)\n(?:-- Kept: (?P<kept>.+)\n)?")
_PARAMETER = re.compile(r"\$([a-z_]+)")
_SQL_TYPES = {
    pa.string(): "VARCHAR",
    pa.int64(): "BIGINT",
    pa.float64(): "DOUBLE",
    pa.bool_(): "BOOLEAN",
    pa.date32(): "DATE",
}


class StepError(KeepersError):
    """A step is not there, is not written as the house writes steps, or lacks a parameter."""


class EngineError(KeepersError):
    """A query failed for want of memory, disk or a file."""


@dataclass(frozen=True, slots=True)
class Step:
    """One named SQL step: what a row is, what it reads, whether its rows are kept within a query, and its text."""

    name: str
    grain: str
    reads: tuple[str, ...]
    kept: bool
    text: str


@cache
def step_named(name: str) -> Step:
    """Read one step of `warehouse/sql`.

    Raises:
        StepError: no such file, or its first lines do not name grain and reads.
    """
    file = files("keepers.warehouse.sql") / f"{name}.sql"
    if not file.is_file():
        raise StepError(f'There is no step "{name}" in warehouse/sql.')
    text = file.read_text(encoding="utf-8")
    header = _HEADER.match(text)
    if header is None:
        raise StepError(f'Step "{name}" must begin with the lines "-- Grain: ..." and "-- Reads: ...".')
    reads = tuple(part.strip() for part in header["reads"].split(","))
    return Step(name, header["grain"], reads, header["kept"] is not None, text[header.end() :].strip())


@cache
def step_names() -> tuple[str, ...]:
    """Every step of `warehouse/sql`, by name."""
    found = (file.name for file in files("keepers.warehouse.sql").iterdir())
    return tuple(sorted(name.removesuffix(".sql") for name in found if name.endswith(".sql")))


def tables_read_by(step: str) -> tuple[str, ...]:
    """The warehouse tables that a step, or a table's own name, reads in the end."""
    found = (_table_read_as(name) for name in _in_order(step))
    return tuple(table.name for table in found if table is not None)


def computed(step: str) -> str:
    """The name under which a query's sources hold rows of a step that were computed before."""
    return f"computed {step}"


def engine_versions() -> dict[str, str]:
    """The drivers that read and write the tables, with their versions."""
    return {name: version(name) for name in ("duckdb", "deltalake", "pyarrow")}


class DuckEngine:
    """DuckDB in the process, with a bound on its memory; what does not fit goes to `scratch`."""

    def __init__(self, scratch: Path, *, memory_limit: str = MEMORY_LIMIT, threads: int | None = None) -> None:
        self._connection = duckdb.connect(
            ":memory:",
            config={
                "memory_limit": memory_limit,
                "temp_directory": str(scratch),
                "autoinstall_known_extensions": "false",
                "autoload_known_extensions": "false",
                "preserve_insertion_order": "false",
                # Guessed sizes would turn joins round and hash the facts instead of the few returns.
                "disabled_optimizers": "join_order,build_side_probe_side",
                **({"threads": str(threads)} if threads else {}),
            },
        )

    def query(self, step: str, sources: Mapping[str, Sequence[Path]], parameters: Mapping[str, object]) -> pa.Table:
        """Rows of a step (or of a table) over the Parquet files of each table.

        Args:
            step: name of a step of `warehouse/sql`, or of a table.
            sources: Parquet files of each table; a table without files has no rows.
            parameters: values of the `$name` parameters; more than the step needs is fine.

        Raises:
            StepError: the step is unknown or a parameter is missing.
        """
        if step == CUSTOMER_SUMMARY.name and _worth_counting(sources):
            return self._counted(sources, parameters)
        text = compose(step, sources)
        with _in_plain_words(step):
            return self._connection.sql(text, params=_needed(step, text, parameters)).to_arrow_table()

    def write(
        self,
        step: str,
        path: Path,
        sources: Mapping[str, Sequence[Path]],
        parameters: Mapping[str, object],
        *,
        rows_in_group: int = ROWS_IN_GROUP,
    ) -> None:
        """The same rows, to one Parquet file, without holding them in memory; a step's ORDER BY holds."""
        if step == CUSTOMER_SUMMARY.name and _worth_counting(sources):
            counted = self._counted(sources, parameters)
            pq.write_table(counted, path, compression="zstd", row_group_size=rows_in_group)
            return
        text = compose(step, sources)
        copy = f"COPY ({text}) TO {_quoted(path)} (FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE {rows_in_group})"
        with _in_plain_words(step):
            self._connection.execute(copy, _needed(step, text, parameters))

    def _counted(self, sources: Mapping[str, Sequence[Path]], parameters: Mapping[str, object]) -> pa.Table:
        """The customer summary of many lines, counted; by its own step where a sum is too large for that."""
        # a log of a few thousand lines should not wait for the compiler of the kernels to load
        from keepers.warehouse.counted_summary import LINES_AT_ONCE, SumTooLargeError, counted_summary

        asked: dict[str, Any] = _needed(CUSTOMER_SUMMARY.name, compose(CUSTOMER_SUMMARY.name, sources), parameters)
        lines = PLAIN_LINES if self._is_plain(sources) else LINES
        text = compose(lines, sources)
        with _in_plain_words(CUSTOMER_SUMMARY.name), self._connection.cursor() as apart:
            batches = apart.sql(text, params=_needed(lines, text, asked)).to_arrow_reader(LINES_AT_ONCE)
            try:
                return counted_summary(batches, as_of=asked["as_of"], run_id=asked["run_id"])
            except SumTooLargeError:
                grouped = compose(CUSTOMER_SUMMARY.name, sources)
                return self._connection.sql(grouped, params=asked).to_arrow_table()

    def _is_plain(self, sources: Mapping[str, Sequence[Path]]) -> bool:
        """Whether each line counts as it stands: no returns, one import a source, no keys, no rates."""
        if any(sources.get(table) for table in ("customer_keys", "exchange_rates")):
            return False
        rivals = self._connection.sql(compose("active_batches", sources)).to_arrow_table()["rivals"]
        return max(rivals.to_pylist(), default=0) <= 1 and not any(
            _may_hold_returns(part) for part in sources.get(ORDER_LINES.name, ())
        )

    def close(self) -> None:
        """Give the memory back."""
        self._connection.close()


@contextmanager
def _in_plain_words(step: str) -> Iterator[None]:
    """What the machine lacks is the user's to mend; any other error of DuckDB is a fault of ours and stays as it is."""
    try:
        yield
    except duckdb.OutOfMemoryException as error:
        raise EngineError(
            f"Step {step} needs more memory or disk than there is: {error}. Make room on the disk and run again.",
        ) from error
    except duckdb.IOException as error:
        raise EngineError(
            f"Step {step} cannot read or write a file: {error}. Check that the files are there and the disk has room.",
        ) from error


def compose(step: str, sources: Mapping[str, Sequence[Path]]) -> str:
    """One SELECT: everything the step reads as common table expressions, then the step."""
    expressions = [_expression(name, sources) for name in _in_order(step, sources)]
    return "WITH\n" + ",\n".join(expressions) + f"\nSELECT * FROM {step}"


def _worth_counting(sources: Mapping[str, Sequence[Path]]) -> bool:
    """Whether the lines are many enough that counting in arrays pays, and few enough for the memory."""
    if sources.get(computed(CUSTOMER_SUMMARY.name)):
        return False
    held = sources.get(ORDER_LINES.name, ())
    return LEAST_TO_COUNT <= sum(int(pq.read_metadata(part).num_rows) for part in held) <= MOST_TO_COUNT


@cache
def _may_hold_returns(part: Path) -> bool:
    """Whether a file of order lines may hold a return, by what it says of its groups of rows; files never change."""
    about = pq.read_metadata(part)
    at = about.schema.names.index("line_kind")
    for group in range(about.num_row_groups):
        told = about.row_group(group).column(at).statistics
        if told is None or not told.has_min_max or told.min <= "return" <= told.max:
            return True
    return False


def _in_order(step: str, sources: Mapping[str, Sequence[Path]] | None = None) -> list[str]:
    """The step and all it reads, each after what it reads itself; what is computed already reads nothing."""
    known = sources or {}
    seen: dict[str, None] = {}

    def visit(name: str) -> None:
        if name not in seen:
            for part in () if computed(name) in known or _table_read_as(name) else step_named(name).reads:
                visit(part)
            seen[name] = None

    visit(step)
    return list(seen)


def _table_read_as(name: str) -> Table | None:
    """The table of this name, unless a step that computes its rows has the name; `saved_` always means the table.

    `incoming_lines` are lines that are not in the warehouse yet.
    """
    tables = {table.name: table for table in all_tables()} | {"incoming_lines": ORDER_LINES}
    if name in step_names():
        return None
    return tables.get(name) or tables.get(name.removeprefix("saved_"))


def _expression(name: str, sources: Mapping[str, Sequence[Path]]) -> str:
    if (table := _table_read_as(name)) is not None:
        held = sources.get(name, ()) if name == "incoming_lines" else sources.get(table.name, ())
        return f"{name} AS NOT MATERIALIZED ({_scan(table, held)})"
    if ready := sources.get(computed(name)):
        return f"{name} AS NOT MATERIALIZED (SELECT * FROM read_parquet([{', '.join(map(_quoted, ready))}]))"  # noqa: S608 -- quoted paths
    step = step_named(name)
    return f"{name} AS {'' if step.kept else 'NOT '}MATERIALIZED (\n{step.text}\n)"


def _scan(table: Table, paths: Sequence[Path]) -> str:
    columns = ", ".join(f'"{column.name}"' for column in table.columns)
    nothing = ", ".join(f'CAST(NULL AS {_sql_type(column.type)}) AS "{column.name}"' for column in table.columns)
    if not paths:
        return f"SELECT {nothing} WHERE false"
    files = ", ".join(map(_quoted, paths))
    if not table.is_derived:
        return f"SELECT {columns} FROM read_parquet([{files}])"  # noqa: S608 -- quoted paths
    # files of earlier versions may lack a column: it is null there
    return (
        f"SELECT {columns} FROM (SELECT * FROM read_parquet([{files}], union_by_name = true) "  # noqa: S608 -- as above
        f"UNION ALL BY NAME SELECT {nothing} WHERE false)"
    )


def _sql_type(kind: pa.DataType) -> str:
    if pa.types.is_decimal(kind):
        return f"DECIMAL({kind.precision}, {kind.scale})"
    return "TIMESTAMPTZ" if pa.types.is_timestamp(kind) else _SQL_TYPES[kind]


def _quoted(path: Path) -> str:
    return "'" + str(path).replace("'", "''") + "'"


def _needed(step: str, text: str, parameters: Mapping[str, object]) -> dict[str, object]:
    names = set(_parameters(text))
    if missing := sorted(names - set(parameters)):
        raise StepError(f'Step "{step}" needs a value for {", ".join(missing)}.')
    return {name: parameters[name] for name in names}


def _parameters(text: str) -> Iterator[str]:
    for line in text.splitlines():
        if not line.lstrip().startswith("--"):
            yield from _PARAMETER.findall(line)
