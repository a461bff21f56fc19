"""What every engine does, and which one an address names.

An engine runs a named step over Parquet files, and applies a function of the value engine to blocks of customers. All
give the same rows: `tests/contract/test_engines.py` holds each step to that.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any, Protocol

import pyarrow as pa
from numpy.typing import NDArray

from keepers.core.errors import KeepersError
from keepers.warehouse.steps import Sources

ENGINE_VARIABLE = "ENGINE_URL"
DUCKDB = "duckdb"
ROWS_IN_GROUP = 122_880
_SPARK = re.compile(r"local(\[(\d+|\*)(,\d+)?\])?|spark://\S+")

Block = Mapping[str, NDArray[Any]]
"""Named arrays of some customers: what a function of blocks takes and gives."""


class EngineError(KeepersError):
    """A query failed for want of memory, disk, a file, or the engine itself."""


class UnknownEngineError(KeepersError):
    """The address of an engine names none that there is."""


class Engine(Protocol):
    """Runs steps over Parquet files, and functions over blocks."""

    def query(self, step: str, sources: Sources, parameters: Mapping[str, object]) -> pa.Table:
        """Rows of a step (or of a table) over the Parquet files of each table.

        Args:
            step: name of a step of `warehouse/sql`, or of a table.
            sources: Parquet files of each table; a table without files has no rows.
            parameters: values of the `$name` parameters; more than the step needs is fine.

        Raises:
            StepError: the step is unknown or a parameter is missing.
            EngineError: the machine or the engine's machines lack something; the message says what to do.
        """

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

    def map_blocks(self, function: Callable[[Block], Block], blocks: Sequence[Block]) -> list[Block]:
        """The function of each block, in their order; wherever it is computed, it gives the same.

        Args:
            function: can be pickled; knows nothing but its block and what it was made with.
            blocks: arrays by name; a block's arrays may differ in length.
        """

    def close(self) -> None:
        """Give memory and machines back."""


def open_engine(url: str, scratch: Path) -> Engine:
    """The engine that an address names: `duckdb`, `local[2]`, `spark://host:7077`.

    Args:
        url: an empty one means DuckDB.
        scratch: a folder for what does not fit in memory; with Spark on other machines they must see it too.

    Raises:
        UnknownEngineError: the address names no engine.
        EngineError: Spark is asked for, and pyspark or Java is missing.
    """
    if url in ("", DUCKDB):
        from keepers.warehouse.engines.duck import DuckEngine

        return DuckEngine(scratch)
    if _SPARK.fullmatch(url):
        from keepers.warehouse.engines.spark import SparkEngine

        return SparkEngine(url, scratch)
    raise UnknownEngineError(
        f'{ENGINE_VARIABLE} is "{url}", which names no engine. Leave it out for DuckDB, or use {DUCKDB}, local[N] '
        "(Spark on N cores of this machine) or spark://host:port (a Spark cluster).",
    )


def engine_versions() -> dict[str, str]:
    """The drivers that read and write the tables, with their versions; Spark's where it is installed."""
    found = {name: _version(name) for name in ("duckdb", "deltalake", "pyarrow", "pyspark")}
    return {name: held for name, held in found.items() if held}


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return ""
