"""Many rows into the app database without keeping others waiting: short transactions with rests between them."""

from collections.abc import Iterator
from contextlib import contextmanager
from time import monotonic, sleep
from typing import Any

import pyarrow as pa
from django.db import connection, transaction

SHORTEST_REST = 0.02  # seconds: a writer that waits looks again this often at first
CHUNK = 4_000  # rows written in some 30 ms


def insert(table: str, rows: pa.Table, *, rows_a_chunk: int = CHUNK) -> None:
    """Add rows to a table of the app database, in their order; those that are there already stay as they are."""
    columns = ", ".join(f'"{name}"' for name in rows.column_names)
    marks = ", ".join(["%s"] * rows.num_columns)
    statement = f'INSERT INTO "{table}" ({columns}) VALUES ({marks}) ON CONFLICT DO NOTHING'  # noqa: S608 - our names
    execute(statement, rows, rows_a_chunk=rows_a_chunk)


def execute(statement: str, rows: pa.Table, *, rows_a_chunk: int = CHUNK) -> None:
    """Run a statement once for each row, whose columns are its parameters in their order."""
    for start in range(0, rows.num_rows, rows_a_chunk):
        part = _as_rows(rows.slice(start, rows_a_chunk))
        with short_transaction(), connection.cursor() as cursor:
            cursor.executemany(statement, part)


@contextmanager
def short_transaction() -> Iterator[None]:
    """A transaction, then a rest at least as long, so that whoever waits to write comes in between."""
    started = monotonic()
    with transaction.atomic():
        yield
    sleep(max(SHORTEST_REST, monotonic() - started))


def _as_rows(rows: pa.Table) -> list[tuple[Any, ...]]:
    return list(zip(*(column.to_pylist() for column in rows.columns), strict=True))
