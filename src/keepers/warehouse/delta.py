"""The store of a workspace: open Delta Lake tables in a folder, one writer at a time, readers never wait.

A commit carries the identity of what it brings as a Delta application transaction and checks it first, so a retried
append lands once. Readers pin one snapshot of each table and give the engine its Parquet files; the tables that say
what counts (`batches`, `runs`) are pinned before the facts, because writers commit them last. Tables have no
partitions, no deletion vectors and no column mapping, so a snapshot is the plain list of its files.
"""

import json
import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote
from uuid import uuid4

import pyarrow as pa
import pyarrow.parquet as pq
from deltalake import CommitProperties, DeltaTable, Transaction
from deltalake.exceptions import DeltaError
from deltalake.schema import Schema
from deltalake.transaction import AddAction, RemoveAction

from keepers.core.errors import KeepersError
from keepers.warehouse.columns import ContractError, Table
from keepers.warehouse.engines.engine import DUCKDB, Block, Engine, open_engine
from keepers.warehouse.leftovers import private_folder
from keepers.warehouse.lock import WriterLock
from keepers.warehouse.readers import Reading
from keepers.warehouse.steps import computed, tables_read_by
from keepers.warehouse.store import ROWS_TO_LOOK_UP, run_of
from keepers.warehouse.tables import BATCHES, RUNS, all_tables, table_named

SCRATCH = "scratch"
_PINNED_FIRST = (RUNS.name, BATCHES.name)


class WarehouseError(KeepersError):
    """The warehouse's folder or one of its tables cannot be used."""


@dataclass(frozen=True, slots=True)
class Snapshot:
    """One version of each table, and its files."""

    versions: Mapping[str, int]
    files: Mapping[str, tuple[Path, ...]]


class DeltaStore:
    """The warehouse of a workspace in `folder`; the folder appears with the first append."""

    def __init__(self, folder: Path, *, lock_timeout: float = 30.0, engine_url: str = DUCKDB) -> None:
        self._folder = folder
        self._lock = WriterLock(folder / "writer.lock", timeout=lock_timeout)
        self._reading = Reading(folder)
        self._scratch = private_folder(folder, SCRATCH)
        self._engine = open_engine(engine_url, self._scratch)

    @contextmanager
    def writing(self) -> Iterator[None]:
        """Hold the writer's lock over several appends.

        Raises:
            WriterBusyError: another process has been writing for longer than the timeout.
        """
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise WarehouseError(
                f"The warehouse {self._folder} cannot be written ({error.strerror}). Name another in KEEPERS_HOME.",
            ) from error
        with self._lock.held():
            yield

    def append(self, table: str, rows: pa.Table | Sequence[Path], *, transaction: str | None = None) -> None:
        """Add rows, or Parquet files in the table's schema, in one commit; twice under one `transaction` is once.

        Raises:
            ContractError: the rows do not fit the table.
            WriterBusyError: another process is writing.
        """
        contract = table_named(table)
        with self.writing():
            if transaction is not None and self.has_landed(table, transaction):
                return
            folder = self._folder / table
            folder.mkdir(exist_ok=True)
            parts = (
                [_written(contract, rows, folder)] if isinstance(rows, pa.Table) else _copied(contract, rows, folder)
            )
            self._commit(contract, [_add(part) for part in parts], transaction)

    def append_step(self, table: str, step: str, *, transaction: str | None = None, **parameters: object) -> None:
        """Add a step's rows in one commit; they are computed before the writer's lock is taken."""
        self.append_rows_of(self.pinned(), table, step, transaction=transaction, **parameters)

    def append_rows_of(
        self, reader: "PinnedStore", table: str, step: str, *, transaction: str | None = None, **parameters: object
    ) -> None:
        """The same, as the pinned reader sees the tables."""
        contract = table_named(table)
        self.make_room()
        written = self._scratch / f"{uuid4().hex}.parquet"
        self._engine.write(step, written, reader.snapshot.files, parameters, rows_in_group=ROWS_TO_LOOK_UP)
        _check(contract, written)
        with self.writing():
            if transaction is None or not self.has_landed(table, transaction):
                (self._folder / table).mkdir(exist_ok=True)
                part = written.rename(self._folder / table / written.name)
                self._commit(contract, [_add(part)], transaction)
        written.unlink(missing_ok=True)

    def drop_runs_before(self, table: str, run_id: str) -> None:
        """Take the files of earlier runs out of a table, in one commit; names of runs begin with their moment.

        The files stay in the folder until the next call, so whoever pinned the table before this one reads on; files
        that earlier calls took out are removed now.

        Raises:
            WriterBusyError: another process is writing.
        """
        with self.writing():
            opened = self._opened(table)
            if opened is None:
                return
            held = self._files(table, opened)
            for path in (self._folder / table).glob("*.parquet"):
                if path not in held:
                    path.unlink(missing_ok=True)
            earlier: list[AddAction | RemoveAction] = [_removal(path) for path in held if run_of(path) < run_id]
            if earlier:
                opened.create_write_transaction(earlier, mode="append", schema=opened.schema())

    def replace_files(self, table: str, files: Mapping[Path, Path | None]) -> None:
        """Put other files of a table in the place of some, or nothing, in one commit.

        Those from before stay in the folder (`out_of_use`), so whoever pinned the table reads on.

        Raises:
            WriterBusyError: another process is writing.
        """
        with self.writing():
            opened = self._opened(table)
            if opened is not None and files:
                changes: list[AddAction | RemoveAction] = [_removal(path) for path in files]
                changes += [_add(anew) for anew in files.values() if anew is not None]
                opened.create_write_transaction(changes, mode="append", schema=opened.schema())

    def out_of_use(self) -> list[Path]:
        """Files in the tables' folders that the newest versions do not hold; others may still be reading them.

        Raises:
            WriterBusyError: another process is writing.
        """
        with self.writing():
            opened = {table.name: found for table in all_tables() if (found := self._opened(table.name)) is not None}
            held = {path for name, found in opened.items() for path in self._files(name, found)}
            return [path for name in opened for path in (self._folder / name).glob("*.parquet") if path not in held]

    def version_of(self, table: str) -> int:
        """The newest version of a table; -1 where it is not there."""
        opened = self._opened(table)
        return -1 if opened is None else opened.version()

    def has_landed(self, table: str, transaction: str) -> bool:
        """Whether rows came in under this name before."""
        opened = self._opened(table)
        return opened is not None and opened.transaction_version(transaction) is not None

    def pin(self, tables: Sequence[str] | None = None) -> Snapshot:
        """The newest version of each table, as it is now; later commits do not show in it."""
        self._reading.begin()
        names = tables if tables is not None else [table.name for table in all_tables()]
        ordered = sorted(names, key=lambda name: (name not in _PINNED_FIRST, name))
        opened = {name: found for name in ordered if (found := self._opened(name)) is not None}
        return Snapshot(
            versions={name: found.version() for name, found in opened.items()},
            files={name: self._files(name, found) for name, found in opened.items()},
        )

    def pinned(self) -> "PinnedStore":
        """A reader that sees the tables as they are now, through all its queries."""
        return PinnedStore(self, self._engine, self.pin())

    def query(self, step: str, **parameters: object) -> pa.Table:
        """Rows of a step or table, at the newest snapshot."""
        return self._engine.query(step, self.pin(tables_read_by(step)).files, parameters)

    def write(self, step: str, path: Path, **parameters: object) -> None:
        """The same rows, to a Parquet file."""
        self._engine.write(step, path, self.pin(tables_read_by(step)).files, parameters)

    def map_blocks(self, function: Callable[[Block], Block], blocks: Sequence[Block]) -> list[Block]:
        """The function of each block, in their order, wherever the engine computes."""
        return self._engine.map_blocks(function, blocks)

    def make_room(self) -> None:
        """Make the scratch folder, which a query over more than fits in memory needs, also before the first append."""
        self._scratch.mkdir(parents=True, exist_ok=True)

    @contextmanager
    def scratch_folder(self) -> Iterator[Path]:
        """A folder beside the tables, gone afterwards; what is larger than the memory has room there."""
        folder = self._scratch / uuid4().hex
        folder.mkdir(parents=True)
        try:
            yield folder
        finally:
            shutil.rmtree(folder, ignore_errors=True)

    def close(self) -> None:
        """Give memory and scratch space back."""
        self._engine.close()
        self._reading.end()
        shutil.rmtree(self._scratch, ignore_errors=True)

    def orphans(self) -> list[Path]:
        """Files in the tables' folders that no commit names: what a killed writer left. They are never read."""
        return [
            path
            for table in all_tables()
            if (opened := self._opened(table.name)) is not None
            for path in sorted((self._folder / table.name).glob("*.parquet"))
            if path not in self._named(table.name, opened)
        ]

    def remove_orphans(self) -> int:
        """Remove those files while nobody writes; how many there were."""
        with self.writing():
            found = self.orphans()
            for path in found:
                path.unlink(missing_ok=True)
        return len(found)

    def misfits(self) -> list[str]:
        """Tables whose stored schema is not the contract's, in words.

        A table of an earlier version may lack columns: they are null there, and the next rows add them. Of facts only
        those that need not be there.
        """
        found = []
        for table in all_tables():
            opened = self._opened(table.name)
            if opened is None:
                continue
            stored = _stored(opened)
            needed = {column.name for column in table.columns if column.required and not table.is_derived}
            lacking = [field for field in _lacking(table, stored) if field.name not in needed]
            if difference := _difference(table, pa.schema([*stored, *lacking])):
                found.append(f"Table {table.name} of the warehouse does not fit its contract: {difference}")
        return found

    def _opened(self, table: str) -> DeltaTable | None:
        folder = self._folder / table
        try:
            return DeltaTable(folder) if DeltaTable.is_deltatable(str(folder)) else None
        except DeltaError as error:
            raise WarehouseError(
                f"The table {table} in {self._folder} cannot be opened: {error}. Put back a copy of the workspace, or "
                "begin another one in a new folder named by KEEPERS_HOME.",
            ) from error

    def _files(self, table: str, opened: DeltaTable) -> tuple[Path, ...]:
        return tuple(self._folder / table / Path(unquote(uri)).name for uri in opened.file_uris())

    def _named(self, table: str, opened: DeltaTable) -> set[Path]:
        """The table's files, and those that `drop_runs_before` took out and leaves to pinned readers."""
        taken_out = opened.vacuum(retention_hours=0, dry_run=True, enforce_retention_duration=False)
        return {*self._files(table, opened), *(self._folder / table / unquote(name) for name in taken_out)}

    def _commit(self, table: Table, parts: Sequence[AddAction], transaction: str | None) -> None:
        opened = self._opened(table.name) or DeltaTable.create(
            self._folder / table.name, schema=table.schema, mode="ignore"
        )
        _widen(table, opened)
        opened.create_write_transaction(
            list(parts),
            mode="append",
            schema=opened.schema(),
            commit_properties=CommitProperties(
                app_transactions=[Transaction(transaction, 1)] if transaction is not None else None
            ),
        )


class PinnedStore:
    """The tables of a DeltaStore as they were when it was made; what it appends, only later readers see."""

    def __init__(self, store: DeltaStore, engine: Engine, snapshot: Snapshot) -> None:
        self.snapshot = snapshot
        self._store = store
        self._engine = engine
        self._files = dict(snapshot.files)

    def append(self, table: str, rows: pa.Table | Sequence[Path], *, transaction: str | None = None) -> None:
        """Add rows to the store."""
        self._store.append(table, rows, transaction=transaction)

    def append_step(self, table: str, step: str, *, transaction: str | None = None, **parameters: object) -> None:
        """Add the rows of a step, as seen here, to the store."""
        self._store.append_rows_of(self, table, step, transaction=transaction, **parameters)

    def drop_runs_before(self, table: str, run_id: str) -> None:
        """Take the files of earlier runs out of the store's table."""
        self._store.drop_runs_before(table, run_id)

    def query(self, step: str, **parameters: object) -> pa.Table:
        """Rows of a step or table, at the pinned snapshot."""
        return self._engine.query(step, self._files, parameters)

    def write(self, step: str, path: Path, **parameters: object) -> None:
        """The same rows, to a Parquet file."""
        self._engine.write(step, path, self._files, parameters)

    def map_blocks(self, function: Callable[[Block], Block], blocks: Sequence[Block]) -> list[Block]:
        """The function of each block, in their order, wherever the engine computes."""
        return self._engine.map_blocks(function, blocks)

    def holding(self, leaf: str, parts: Sequence[Path]) -> "PinnedStore":
        """The same reader with files that are in no table yet, such as `incoming_lines`."""
        self._store.make_room()
        snapshot = Snapshot(self.snapshot.versions, {**self._files, leaf: tuple(parts)})
        return PinnedStore(self._store, self._engine, snapshot)

    @contextmanager
    def computing(self, steps: Sequence[str], **parameters: object) -> Iterator["PinnedStore"]:
        """The same reader with the rows of some steps computed once, for queries with the same parameters alone."""
        with self._store.scratch_folder() as folder:
            reader = self
            for step in steps:
                path = folder / f"{step}.parquet"
                reader.write(step, path, **parameters)
                reader = reader.holding(computed(step), [path])
            yield reader

    def close(self) -> None:
        """The store it came from gives the memory back."""


def _written(table: Table, rows: pa.Table, folder: Path) -> Path:
    path = folder / f"{uuid4().hex}.parquet"
    pq.write_table(table.conform(rows), path, compression="zstd", row_group_size=ROWS_TO_LOOK_UP)
    return path


def _copied(table: Table, parts: Sequence[Path], folder: Path) -> list[Path]:
    copies = []
    for part in parts:
        _check(table, part)
        copies.append(folder / f"{uuid4().hex}.parquet")
        shutil.copyfile(part, copies[-1])
    return copies


def _check(table: Table, part: Path) -> None:
    if difference := _difference(table, pq.read_schema(part)):
        raise ContractError(f"The file {part} does not fit the table {table.name}: {difference}.")


def _difference(table: Table, found: pa.Schema) -> str:
    """What differs in names and types, in words; nothing when they are the same."""
    wanted = {field.name: str(field.type) for field in table.schema}
    have = {field.name: str(field.type) for field in found}
    missing = [f"{name} is missing" for name in wanted if name not in have]
    unknown = [f"{name} is unknown" for name in have if name not in wanted]
    other = [f"{name} is {have[name]}, not {kind}" for name, kind in wanted.items() if have.get(name, kind) != kind]
    return "; ".join(missing + unknown + other)


def _stored(opened: DeltaTable) -> pa.Schema:
    return pa.schema(opened.schema().to_arrow())


def _lacking(table: Table, stored: pa.Schema) -> list[pa.Field]:
    """Columns of the contract that a table of an earlier version lacks; its rows have no value there."""
    return [field.with_nullable(True) for field in table.schema if field.name not in stored.names]  # noqa: FBT003 -- Arrow's own signature


def _widen(table: Table, opened: DeltaTable) -> None:
    """Tell every reader of a table that an earlier version made of the columns that came since."""
    if lacking := _lacking(table, _stored(opened)):
        opened.alter.add_columns(list(Schema.from_arrow(pa.schema(lacking)).fields))


def _add(part: Path) -> AddAction:
    state = part.stat()
    statistics = json.dumps({"numRecords": pq.read_metadata(part).num_rows})
    return AddAction(part.name, state.st_size, {}, int(state.st_mtime * 1000), data_change=True, stats=statistics)


def _removal(part: Path) -> RemoveAction:
    state = part.stat()
    return RemoveAction(
        part.name,
        data_change=True,
        deletion_timestamp=int(state.st_mtime * 1000),
        size=state.st_size,
        partition_values={},
    )
