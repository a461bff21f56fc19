"""Order files written and read as an import reads them."""

from collections.abc import Callable
from pathlib import Path

import polars as pl
import pyarrow.parquet as pq
import pytest

from keepers.ingest import ImportOptions, OrderImport, read_orders
from keepers.warehouse.tables import ORDER_LINES

Read = Callable[..., tuple[pl.DataFrame, OrderImport]]


@pytest.fixture
def read(tmp_path: Path) -> Read:
    def read_text(
        content: str | bytes, *, name: str = "orders.csv", **options: object
    ) -> tuple[pl.DataFrame, OrderImport]:
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return read_paths(path, **options)

    def read_paths(*paths: Path, **options: object) -> tuple[pl.DataFrame, OrderImport]:
        got = read_orders(paths, options=ImportOptions(**options), into=tmp_path / "out")
        assert got.report.rows_accepted + got.report.rows_rejected == got.report.rows_read
        assert all(pq.read_schema(part) == ORDER_LINES.schema for part in got.lines)
        return pl.read_parquet(list(got.lines)), got

    read_text.paths = read_paths  # type: ignore[attr-defined]
    return read_text
