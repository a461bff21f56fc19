"""Write a table where the user asked, whole or not at all."""

import os
import tempfile
from pathlib import Path

import pyarrow as pa
import pyarrow.csv as pa_csv
import pyarrow.parquet as pq

from keepers.core.errors import KeepersError


class CannotWriteError(KeepersError):
    """A result cannot be written where the user asked."""


class NothingToWriteError(CannotWriteError):
    """The valuation has no such table; its answer was printed."""

    in_answer = True


def check_writable(path: Path) -> None:
    """Find out before long work whether its result has a place.

    Raises:
        CannotWriteError: another ending than .parquet or .csv, or a folder that is not there.
    """
    if path.suffix not in {".parquet", ".csv"}:
        raise CannotWriteError(f"{path} must end in .parquet or .csv; Keepers writes these two.")
    if not path.absolute().parent.is_dir():
        raise CannotWriteError(f"The folder {path.absolute().parent} is not there; make it and run again.")


def write_table(table: pa.Table, path: Path) -> None:
    """Write Parquet or CSV by the file's ending; an existing file is replaced only by a finished one.

    Raises:
        CannotWriteError: as `check_writable`.
    """
    check_writable(path)
    handle, partial = tempfile.mkstemp(prefix=path.name, suffix=path.suffix, dir=path.absolute().parent)
    os.close(handle)
    try:
        if path.suffix == ".parquet":
            pq.write_table(table, partial)
        else:
            from keepers.loop.exports import spreadsheet_safe  # it comes with the workspace, which Parquet needs not

            pa_csv.write_csv(spreadsheet_safe(table), partial)
        Path(partial).replace(path)
    finally:
        Path(partial).unlink(missing_ok=True)
