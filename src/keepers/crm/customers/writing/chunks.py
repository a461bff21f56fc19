"""Many rows into the app database without keeping others waiting: short transactions with rests between them.

PostgreSQL keeps no writer waiting for another's rows, so there are no rests there, and rows come in by COPY.
"""

import json
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import reduce
from itertools import chain, pairwise
from operator import or_
from time import monotonic, sleep
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv
from django.db import IntegrityError, connection, transaction
from django.db.models import Aggregate, Q, TextField
from django.db.models.expressions import RawSQL
from numpy.typing import NDArray

CHUNK = 4_000  # rows written in some 30 ms
COPIED_AT_ONCE = 10  # chunks that COPY takes in together
MOST_AT_ONCE = 0.07  # seconds of writing before a rest
REST = 0.027  # seconds
LONG, LONG_REST = 0.1, 0.105  # seconds of writing after which who waits looks again more seldom; the rest for them
MOST_PARAMETERS = 999  # of a statement, which every SQLite takes
READ_AT_ONCE = 500  # rows: fewer than Python makes before it looks for garbage among them
MOST_RUNS = 8  # of primary keys that are looked for as ranges
MOST_LISTED = 100  # of primary keys that are looked for one by one
LOG_OF_MUCH = 131_072  # pages of SQLite's log, 512 MB: a page that many rows touch goes to its place once
ROOM_FOR_MUCH = 262_144  # kB for the pages that a transaction touches: what has no room is written more than once


def nothing() -> None:
    """What else is done where nothing else is asked for."""


class Pace:
    """Transactions one after the other, with rests in which whoever waits to write comes in.

    A writer that waits for SQLite looks again after 25 ms at most during its first 128 ms, then after 100 ms at most.
    The rest is longer than that: the short one where the writing before it was short, else the long one. So nobody
    waits for more than what is written between two rests. What is done between two transactions is part of the rest.
    """

    def __init__(self) -> None:
        self._written = self._last = 0.0
        self._ended = monotonic()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """The next transaction; before it what the rest still lacks, when it is time for one.

        It is, too, where another transaction like the last would make the long rest of the short one.
        """
        rest, rested = REST if self._written < LONG else LONG_REST, monotonic() - self._ended
        is_time = self._written >= MOST_AT_ONCE or self._written + self._last >= LONG
        if is_time and rested < rest and connection.vendor == "sqlite":
            sleep(rest - rested)
            rested = rest
        if rested >= rest:
            self._written = 0.0
        with transaction.atomic():
            began = monotonic()
            yield
        self._ended = monotonic()
        self._last = self._ended - began
        self._written += self._last


@contextmanager
def writing_much() -> Iterator[None]:
    """Many transactions to come that touch the same pages over and over: let SQLite hold them, and place them seldom.

    Nothing is lost when the process dies: what is in the log counts.
    """
    if connection.vendor != "sqlite":
        yield
        return
    wanted = {"wal_autocheckpoint": LOG_OF_MUCH, "cache_size": -ROOM_FOR_MUCH}
    usual = {name: _setting(name) for name in wanted}
    for name, value in wanted.items():
        _set(name, value)
    try:
        yield
    finally:
        for name, value in usual.items():
            _set(name, value)


class Numbers(Aggregate):
    """A column of whole numbers of many rows, in no order, as an array: the database tells them as one text."""

    function = "group_concat"
    output_field = TextField()
    empty_result_set_value = np.empty(0, np.int64)  # type: ignore[assignment]  # not an int

    def as_postgresql(self, compiler: Any, connection: Any, **about: Any) -> Any:
        """It has another name there."""
        return self.as_sql(compiler, connection, template="string_agg(%(expressions)s::text, ',')", **about)

    def convert_value(self, value: str | None, *_: Any) -> NDArray[np.int64]:
        """The numbers of the text; of no rows there is none."""
        return np.fromstring(value, dtype=np.int64, sep=",") if value else self.empty_result_set_value


def stored(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """Days as text, missing text as empty, what is not a number as missing."""
    if pa.types.is_date(column.type):
        return column.cast(pa.string())
    if pa.types.is_floating(column.type):
        return pc.if_else(pc.is_nan(column), None, column)
    return pc.fill_null(column, "") if pa.types.is_string(column.type) else column


def read(statement: str, schema: pa.Schema) -> pa.Table:
    """What a statement finds, many rows, as columns: some at a time, so that other threads come to their turn.

    Args:
        statement: a SELECT without parameters.
        schema: of its columns, in their order.
    """
    parts = [schema.empty_table()]
    with connection.cursor() as cursor:
        cursor.execute(statement)
        while rows := cursor.fetchmany(READ_AT_ONCE):
            columns = zip(*rows, strict=True)
            parts.append(pa.table([_as_column(*each) for each in zip(columns, schema.types, strict=True)], schema))
    return pa.concat_tables(parts).combine_chunks()


def insert(
    pace: Pace, table: str, rows: pa.Table, *, rows_a_chunk: int = CHUNK, then: Callable[[], None] = nothing
) -> None:
    """Add rows to a table of the app database, in their order; those that are there already stay as they are.

    Args:
        pace: how fast to write.
        table: name in the database.
        rows: named as the table's columns.
        rows_a_chunk: how many in a transaction.
        then: what else to do in each transaction.
    """
    if connection.vendor == "postgresql":
        _copy(pace, table, _named(rows.column_names), rows, rows_a_chunk=rows_a_chunk * COPIED_AT_ONCE, then=then)
        return
    for start in range(0, rows.num_rows, rows_a_chunk):
        values = _one_after_another(rows.slice(start, rows_a_chunk))
        with pace.transaction(), connection.cursor() as cursor:
            _insert(cursor, table, rows.column_names, values, otherwise="ON CONFLICT DO NOTHING")
            then()


def execute(
    pace: Pace, statement: str, rows: pa.Table, *, rows_a_chunk: int = CHUNK, then: Callable[[], None] = nothing
) -> None:
    """Run a statement once for each row, whose columns are its parameters in their order."""
    for start in range(0, rows.num_rows, rows_a_chunk):
        values = _one_after_another(rows.slice(start, rows_a_chunk))
        with pace.transaction(), connection.cursor() as cursor:
            cursor.executemany(statement, _in_parts(values, rows.num_columns))  # type: ignore[arg-type]  # it takes any iterable
            then()


def remove(pace: Pace, table: str, first: int, end: int, *, rows_a_chunk: int = CHUNK) -> None:
    """Remove the rows whose id is in a range, a chunk at a time; all at once where that keeps nobody waiting.

    Args:
        pace: how fast.
        table: name in the database.
        first: of the range.
        end: the first id behind it.
        rows_a_chunk: how many in a transaction.
    """
    inside = f'FROM "{table}" WHERE id >= %s AND id < %s'
    if connection.vendor == "postgresql":
        with pace.transaction(), connection.cursor() as cursor:
            cursor.execute(f"DELETE {inside}", [first, end])
        return
    chosen, removed = f"SELECT id {inside} ORDER BY id LIMIT %s", rows_a_chunk
    while removed == rows_a_chunk:
        with pace.transaction(), connection.cursor() as cursor:
            cursor.execute(f'DELETE FROM "{table}" WHERE id IN ({chosen})', [first, end, rows_a_chunk])  # noqa: S608
            removed = cursor.rowcount


def among(numbers: Collection[int], name: str = "customer_id") -> Q:
    """The condition that a column has one of these numbers; where they follow each other, it is found as a range.

    Many that do not are one parameter: Django turns each of several over, which takes longer than finding it.

    Args:
        numbers: primary keys, say.
        name: of the column.
    """
    found = runs(numbers)
    if len(found) > MOST_LISTED:
        return Q(**{f"{name}__in": _as_list(numbers, "bigint")})
    if len(found) > MOST_RUNS or not found:
        return Q(**{f"{name}__in": list(numbers)})
    return reduce(or_, (Q(**{f"{name}__gte": first, f"{name}__lte": last}) for first, last in found))


def listed(texts: Collection[str]) -> RawSQL:
    """Many texts for `__in` as one parameter, as `among` does it."""
    return _as_list(texts, "text")


def runs(numbers: Iterable[int]) -> list[list[int]]:
    """Primary keys as runs, first and last of each."""
    ordered = sorted(numbers)
    if not ordered:
        return []
    breaks = [(before, after) for before, after in pairwise(ordered) if after != before + 1]
    firsts = [ordered[0], *(after for _, after in breaks)]
    lasts = [*(before for before, _ in breaks), ordered[-1]]
    return [list(run) for run in zip(firsts, lasts, strict=True)]


def lead(table: str, column: str, to: Mapping[int, int]) -> None:
    """Let a foreign key of many rows lead elsewhere, inside the transaction that is under way.

    Args:
        table: name in the database.
        column: the foreign key's.
        to: primary key of a row → where its key is to lead.
    """
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            told = "unnest(%s::bigint[], %s::bigint[]) AS told(pk, other)"
            statement = f'UPDATE "{table}" SET "{column}" = other FROM {told} WHERE id = pk'  # noqa: S608 - our names
            cursor.execute(statement, [list(to), list(to.values())])
            return
        statement = f'UPDATE "{table}" SET "{column}" = %s WHERE id = %s'  # noqa: S608 - our names
        cursor.executemany(statement, [(other, pk) for pk, other in to.items()])


def reserve(table: str, count: int) -> list[int]:
    """Primary keys for rows to come, in rising order; call it inside the transaction that writes them.

    Args:
        table: name in the database.
        count: how many.
    """
    if not count:
        return []
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            sequence = "SELECT nextval(pg_get_serial_sequence(%s, 'id')) FROM generate_series(1, %s)"
            cursor.execute(sequence, [table, count])
            return sorted(number for (number,) in cursor.fetchall())
        cursor.execute("SELECT seq FROM sqlite_sequence WHERE name = %s", [table])
        found = cursor.fetchone()
    first = (found[0] if found else 0) + 1
    return list(range(first, first + count))


def write(table: str, columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """Add rows to a table, many at once, inside the transaction that is under way: by COPY where there is one.

    Args:
        table: name in the database.
        columns: of the table.
        rows: their values as the database takes them.
    """
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            _copy_rows(cursor, table, _named(columns), rows)
            return
        _insert(cursor, table, columns, list(chain.from_iterable(rows)))


def change(table: str, columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """Write columns of many rows anew, inside the transaction that is under way; by COPY where there is one.

    Args:
        table: name in the database.
        columns: the primary key, and those that are written.
        rows: their values as the database takes them.
    """
    key, *others = (f'"{name}"' for name in columns)
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            names = ", ".join((key, *others))
            to = ", ".join(f"{name} = changing.{name}" for name in others)
            cursor.execute(f'CREATE TEMPORARY TABLE changing AS SELECT {names} FROM "{table}" WITH NO DATA')  # noqa: S608
            _copy_rows(cursor, "changing", names, rows)
            cursor.execute(f'UPDATE "{table}" SET {to} FROM changing WHERE "{table}".{key} = changing.{key}')  # noqa: S608
            cursor.execute("DROP TABLE changing")
            return
        to = ", ".join(f"{name} = %s" for name in others)
        statement = f'UPDATE "{table}" SET {to} WHERE {key} = %s'  # noqa: S608 - our names
        cursor.executemany(statement, ((*values, pk) for pk, *values in rows))  # type: ignore[arg-type]


def look_anew(*tables: str) -> None:
    """Let the database see how many rows of what kind these tables have by now, on which its plans rest.

    SQLite's rest on the indexes alone; PostgreSQL would look by itself, but a minute later.
    """
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            for table in tables:
                cursor.execute(f'ANALYZE "{table}"')


def _as_list(values: Collection[Any], kind: str) -> RawSQL:
    if connection.vendor == "postgresql":
        return RawSQL(f"SELECT unnest(%s::{kind}[])", [list(values)])  # noqa: S611 - our names
    return RawSQL("SELECT value FROM json_each(%s)", [json.dumps(list(values))])


def _setting(name: str) -> int:
    with connection.cursor() as cursor:
        return int(cursor.execute(f"PRAGMA {name}").fetchone()[0])


def _set(name: str, value: int) -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"PRAGMA {name} = {value:d}")


def _insert(cursor: Any, table: str, columns: Sequence[str], values: Sequence[Any], *, otherwise: str = "") -> None:
    """Rows into SQLite, many in a statement, which opens every index of the table once.

    Args:
        cursor: of the transaction under way.
        table: name in the database.
        columns: of the table.
        values: of the rows, one row after another.
        otherwise: what is done with a row that is there already.
    """
    width = len(columns)
    many = max(MOST_PARAMETERS // width, 1) * width
    whole = len(values) // many * many
    marks = f"({', '.join(['%s'] * width)})"
    for size, some in ((many, values[:whole]), (width, values[whole:])):
        rows = ", ".join([marks] * (size // width))
        statement = f'INSERT INTO "{table}" ({_named(columns)}) VALUES {rows} {otherwise}'  # noqa: S608 - our names
        cursor.executemany(statement, _in_parts(some, size))


def _in_parts(values: Sequence[Any], size: int) -> Iterator[Sequence[Any]]:
    return (values[at : at + size] for at in range(0, len(values), size))


def _named(columns: Iterable[str]) -> str:
    return ", ".join(f'"{name}"' for name in columns)


def _copy(pace: Pace, table: str, columns: str, rows: pa.Table, *, rows_a_chunk: int, then: Callable[[], None]) -> None:
    for start in range(0, rows.num_rows, rows_a_chunk):
        text = pa.BufferOutputStream()
        pyarrow.csv.write_csv(rows.slice(start, rows_a_chunk), text, pyarrow.csv.WriteOptions(include_header=False))
        with pace.transaction(), connection.cursor() as cursor:
            try:
                with transaction.atomic():
                    _take_in(cursor, table, columns, text.getvalue())
            except IntegrityError:  # some are there already, at which COPY stops
                _take_in_the_others(cursor, table, columns, text.getvalue())
            then()


def _copy_rows(cursor: Any, table: str, names: str, rows: Iterable[Sequence[Any]]) -> None:
    with connection.wrap_database_errors, cursor.copy(f'COPY "{table}" ({names}) FROM STDIN') as copy:
        for row in rows:
            copy.write_row(row)


def _take_in(cursor: Any, table: str, columns: str, text: pa.Buffer) -> None:
    with connection.wrap_database_errors, cursor.copy(f'COPY "{table}" ({columns}) FROM STDIN (FORMAT csv)') as copy:
        copy.write(text.to_pybytes())


def _take_in_the_others(cursor: Any, table: str, columns: str, text: pa.Buffer) -> None:
    cursor.execute(f'CREATE TEMPORARY TABLE arriving AS SELECT {columns} FROM "{table}" WITH NO DATA')  # noqa: S608
    _take_in(cursor, "arriving", columns, text)
    cursor.execute(f'INSERT INTO "{table}" ({columns}) SELECT {columns} FROM arriving ON CONFLICT DO NOTHING')  # noqa: S608
    cursor.execute("DROP TABLE arriving")


def _one_after_another(rows: pa.Table) -> list[Any]:
    """The values of rows: a tuple a row, and Python's garbage collector would look through them again and again."""
    width = rows.num_columns
    values: list[Any] = [None] * (width * rows.num_rows)
    for place, column in enumerate(rows.columns):
        values[place::width] = column.to_pylist()
    return values


def _as_column(values: Sequence[Any], kind: pa.DataType) -> pa.Array:
    found = pa.array(values)
    return found if found.type == kind else found.cast(kind)  # SQLite's booleans are numbers
