"""Rows of a customer in every table: found, counted, and written out of the files that hold them.

Which rows are theirs, the columns say: `customer_id` in what is computed, `source` and `external_id` in facts. A table
that comes to be later and has one of these is erased from without being named here.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from keepers.warehouse.columns import Table
from keepers.warehouse.delta import DeltaStore
from keepers.warehouse.store import ROWS_TO_LOOK_UP
from keepers.warehouse.tables import CUSTOMER_KEYS, all_tables, table_named

BY_RESULT, BY_SOURCE = ("customer_id",), ("source", "external_id")
Rows = Any  # a pa.Table or a pa.RecordBatch
Chosen = Callable[[Rows], pa.Array]
Instead = Callable[[pa.Table], pa.Table]


@dataclass(frozen=True, slots=True)
class Names:
    """What a customer is called in the tables.

    ids: customer ids, their own and those of whoever was found to be them
    pairs: source and the source's own customer id
    """

    ids: frozenset[str]
    pairs: frozenset[tuple[str, str]]


def tables_that_name() -> list[Table]:
    """The tables whose rows are of customers; the one that says who is who comes last, so that all find their way."""
    found = [table for table in all_tables() if columns_that_name(table)]
    return sorted(found, key=lambda table: table is CUSTOMER_KEYS)


def columns_that_name(table: Table) -> list[str]:
    """The columns of a table that say of whom a row is."""
    names = {column.name for column in table.columns}
    return [name for group in (BY_RESULT, BY_SOURCE) if names.issuperset(group) for name in group]


def rows_of(store: DeltaStore, table: Table, names: Names) -> pa.Table:
    """The customer's rows of a table."""
    chosen, columns, found = chosen_by(table, names), columns_that_name(table), list[pa.Table]()
    for path in store.pin([table.name]).files.get(table.name, ()):
        found += _whole_rows(path, chosen, columns)
    return table.conform(pa.concat_tables(found, promote_options="default")) if found else table.schema.empty_table()


def count_of(store: DeltaStore, table: Table, chosen: Chosen, columns: Iterable[str]) -> int:
    """How many rows of a table are chosen.

    Args:
        store: the warehouse.
        table: which.
        chosen: rows → whether each is.
        columns: those that it looks at.
    """
    paths = store.pin([table.name]).files.get(table.name, ())
    return sum(_chosen_in(path, chosen, list(columns)) for path in paths)


def chosen_by(table: Table, names: Names) -> Chosen:
    """Whether each row of a table is the customer's."""
    columns = columns_that_name(table)

    def chosen(rows: Rows) -> pa.Array:
        found = pa.repeat(pa.scalar(value=False), rows.num_rows)
        if set(BY_RESULT) <= set(columns):
            found = pc.or_(found, _is_one_of(rows, "customer_id", names.ids))
        if set(BY_SOURCE) <= set(columns):
            for source in {source for source, _ in names.pairs}:
                ids = {each for of, each in names.pairs if of == source}
                theirs = pc.and_(_is_one_of(rows, "external_id", ids), _is_one_of(rows, "source", {source}))
                found = pc.or_(found, theirs)
        return found

    return chosen


def write_anew(
    store: DeltaStore, table_name: str, chosen: Chosen, columns: Iterable[str], *, instead: Instead | None = None
) -> int:
    """Write the files that hold chosen rows without them, in one commit; how many rows those were.

    The files from before stay on the disk until somebody removes them (`DeltaStore.out_of_use`).

    Args:
        store: the warehouse.
        table_name: which table.
        chosen: rows → whether each is meant.
        columns: those that `chosen` looks at.
        instead: the chosen rows → what stands in their place; None: nothing.

    Raises:
        WriterBusyError: another process is writing.
    """
    table, wanted = table_named(table_name), list(columns)
    with store.writing():
        held = store.pin([table.name]).files.get(table.name, ())
        counts = {path: _chosen_in(path, chosen, wanted) for path in held}
        anew = {path: _written(path, chosen, instead) for path, count in counts.items() if count}
        if anew:
            store.replace_files(table.name, anew)
    return sum(counts.values())


def _whole_rows(path: Path, chosen: Chosen, columns: list[str]) -> Iterator[pa.Table]:
    """The chosen rows of a file; of its parts without any, only the columns that `chosen` looks at are read."""
    with pq.ParquetFile(path) as file:
        if not set(columns) <= set(file.schema_arrow.names):
            return
        for part in range(file.num_row_groups):
            if pc.any(chosen(file.read_row_group(part, columns=columns))).as_py():
                batches = file.iter_batches(batch_size=ROWS_TO_LOOK_UP, row_groups=[part])
                yield from (pa.table(each) for rows in batches if (each := rows.filter(chosen(rows))).num_rows)


def _chosen_in(path: Path, chosen: Chosen, columns: list[str]) -> int:
    with pq.ParquetFile(path) as file:
        if not set(columns) <= set(file.schema_arrow.names):
            return 0  # an earlier version wrote it, which knew nobody there
        batches = file.iter_batches(batch_size=ROWS_TO_LOOK_UP, columns=columns)
        return sum(pc.sum(chosen(rows)).as_py() or 0 for rows in batches)


def _written(path: Path, chosen: Chosen, instead: Instead | None) -> Path | None:
    """The file without the chosen rows; None where nothing is left."""
    anew, writer = path.with_name(f"{uuid4().hex}.parquet"), None
    try:
        for batch in _batches(path):
            rows, theirs = pa.table(batch), chosen(batch)
            kept = rows.filter(pc.invert(theirs))
            if instead is not None and pc.any(theirs).as_py():
                others = instead(rows.filter(theirs)).select(kept.column_names).cast(kept.schema)
                kept = pa.concat_tables([kept, others])
            if kept.num_rows:
                writer = writer or pq.ParquetWriter(anew, kept.schema, compression="zstd")
                writer.write_table(kept, row_group_size=ROWS_TO_LOOK_UP)
    finally:
        if writer is not None:
            writer.close()
    return anew if writer is not None else None


def _batches(path: Path) -> Iterator[pa.RecordBatch]:
    with pq.ParquetFile(path) as file:
        yield from file.iter_batches(batch_size=ROWS_TO_LOOK_UP)


def _is_one_of(rows: Rows, column: str, values: Iterable[str]) -> pa.Array:
    texts = rows.column(column)
    plain = texts.cast(pa.string()) if pa.types.is_dictionary(texts.type) else texts
    found = pc.is_in(plain, value_set=pa.array(sorted(values), pa.string()))
    return found.combine_chunks() if isinstance(found, pa.ChunkedArray) else found
