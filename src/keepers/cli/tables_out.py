"""Write a table where the user asked, whole or not at all."""

import os
import tempfile
from pathlib import Path

import pyarrow as pa
import pyarrow.csv as pa_csv
import pyarrow.parquet as pq

from keepers.core.errors import KeepersError
from keepers.loop.exports import spreadsheet_safe


class CannotWriteError(KeepersError):
    """A result cannot be written where the user asked."""


def write_table(table: pa.Table | None, path: Path) -> None:
    """Write Parquet or CSV by the file's ending; an existing file is replaced only by a finished one.

    Raises:
        CannotWriteError: nothing to write, another ending, or a folder that is not there.
    """
    if table is None:
        raise CannotWriteError(f"There is no backtest to write to {path}; the story above says why.")
    if path.suffix not in {".parquet", ".csv"}:
        raise CannotWriteError(f"{path} must end in .parquet or .csv; Keepers writes these two.")
    if not path.absolute().parent.is_dir():
        raise CannotWriteError(f"The folder {path.absolute().parent} is not there; make it and run again.")
    handle, partial = tempfile.mkstemp(prefix=path.name, suffix=path.suffix, dir=path.absolute().parent)
    os.close(handle)
    try:
        if path.suffix == ".parquet":
            pq.write_table(table, partial)
        else:
            pa_csv.write_csv(spreadsheet_safe(table), partial)
        Path(partial).replace(path)
    finally:
        Path(partial).unlink(missing_ok=True)
