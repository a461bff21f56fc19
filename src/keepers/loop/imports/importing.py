"""Imports into the workspace: looked at first, landed once, switched off and on again.

An import becomes visible by one commit, the row of its batch; its lines, committed before, count only with that row.
Its batch id is the fingerprint of the files' bytes and of how they were read, so a repeated or retried import meets
what it left behind.
"""

import hashlib
import json
import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from keepers.core.errors import KeepersError, NothingToDoError
from keepers.ingest.files import files_of
from keepers.ingest.orders import read_orders
from keepers.ingest.report import ImportOptions, OrderImport, Progress
from keepers.loop.outputs import input_as_json
from keepers.loop.workspace import Workspace, imports_of
from keepers.warehouse.delta import DeltaStore, PinnedStore
from keepers.warehouse.store import MemoryStore
from keepers.warehouse.tables import BATCHES, CUSTOMER_ATTRIBUTES, TOMBSTONES
from keepers.warehouse.tombstones import NOBODY, Forgotten

DEFAULT_SOURCE = "orders"


class UnknownImportError(KeepersError):
    """The workspace has no such import."""


class ForgottenSinceError(KeepersError):
    """Somebody was forgotten since the files were read, so rows of theirs may be among them."""


class NoUsableRowsError(KeepersError):
    """None of the rows of the files can be used."""


@dataclass(frozen=True, slots=True)
class Effect:
    """What an import does to the orders that count already.

    shared: other source → customer ids in both; they are taken for the same people.
    """

    orders: int
    orders_replaced: int
    lines_replaced: int
    revenue_replaced: float | None
    revenue_instead: float | None
    shared: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class PreparedImport:
    """Files that were read and not yet landed: their rows, the account of them, and what they would replace.

    tombstones: version of the table of tombstones, from before they were read; -1 where there was none
    """

    batch_id: str
    fingerprint: str
    imported: OrderImport
    input: dict[str, Any]
    effect: Effect
    tombstones: int = -1


def prepare_import(
    store: DeltaStore,
    paths: Sequence[Path],
    *,
    options: ImportOptions,
    into: Path,
    progress: Callable[[Progress], None] | None = None,
    forgotten: Callable[[], Forgotten] = lambda: NOBODY,
) -> PreparedImport:
    """Read the files and say what they would do, without changing the workspace.

    Args:
        store: the warehouse.
        paths: files or folders.
        options: how to read them; the batch id in it is replaced.
        into: an empty folder that stays until the import has landed.
        progress: called now and then while files are read.
        forgotten: tells those of whom no row comes in.

    Raises:
        NothingToDoError: the same files, read the same way, count already.
        NoUsableRowsError: no row can be used.
    """
    options = replace(options, source=options.source or DEFAULT_SOURCE)
    fingerprint = _fingerprint(paths, options)
    batch_id = fingerprint[:12]
    _refuse_what_counts(store, batch_id)
    tombstones = store.version_of(TOMBSTONES.name)  # before they are read, so that `land` sees who came later
    those = forgotten()
    options = replace(options, batch_id=batch_id, now=datetime.now(UTC))
    imported = read_orders(paths, options=options, into=into / "lines", progress=progress, forgotten=those)
    if imported.report.last_order is None:
        raise NoUsableRowsError(
            f"None of the {imported.report.rows_read:,} rows can be used; nothing was imported. "
            "Run with --dry-run --rejects FILE to see the reason for each row.",
        )
    if progress is not None:
        progress(Progress("comparing", imported.report.rows_accepted, 0, 0))
    pinned = store.pinned().holding("incoming_lines", imported.lines)
    account = _account(imported, into, imported.report.last_order)
    return PreparedImport(batch_id, fingerprint, imported, account, _effect(pinned), tombstones)


def with_customers(
    prepared: PreparedImport, attributes_of: Callable[[Sequence[str]], pa.Table], *, into: Path
) -> PreparedImport:
    """The same import with what the caller knows of its customers, in place of what the files say; it lands as one.

    Args:
        prepared: an import that was read and not yet landed.
        attributes_of: from the source's own customer ids to rows with external_id and any of name, email, phone, city
            and country.
        into: a folder that stays until the import has landed.
    """
    ids = pq.read_table(list(prepared.imported.lines), columns=["external_id"])["external_id"].unique().drop_null()
    told = attributes_of(sorted(ids.to_pylist()))
    report, rows = prepared.imported.report, told.num_rows
    known = {"source": report.source, "batch_id": prepared.batch_id, "described_on": report.last_order}
    for name, value in known.items():
        told = told.append_column(name, pa.repeat(pa.scalar(value), rows))
    part = into / "told-customers.parquet"
    pq.write_table(CUSTOMER_ATTRIBUTES.conform(told), part)
    return replace(prepared, imported=replace(prepared.imported, customers=(part,)))


def land(workspace: Workspace, store: DeltaStore, prepared: PreparedImport, *, at: datetime) -> None:
    """Bring a prepared import into the warehouse; killed anywhere and prepared again, it lands once.

    Raises:
        NothingToDoError: another process landed the same import meanwhile.
        ForgottenSinceError: somebody was forgotten since the files were read.
        WriterBusyError: another process is writing.
    """
    imported = prepared.imported
    with store.writing():
        _refuse_what_counts(store, prepared.batch_id)
        known = _state_of(store, prepared.batch_id)
        if known is not None:
            _append_state(store, known | {"version": known["version"] + 1, "active": True, "recorded_at": at})
            return
        if store.version_of(TOMBSTONES.name) != prepared.tombstones:
            raise ForgottenSinceError("Somebody was forgotten since these files were read. Read them once more.")
        _keep_rejects(workspace, prepared)
        store.append("order_lines", imported.lines, transaction=prepared.batch_id)
        store.append("products", imported.products, transaction=prepared.batch_id)
        if imported.customers:
            store.append("customer_attributes", imported.customers, transaction=prepared.batch_id)
        _append_state(store, _first_state(store, prepared, at))


def switch(store: DeltaStore, batch_id: str, *, active: bool, at: datetime) -> dict[str, Any]:
    """Switch an import off (undo) or on again (redo); what it had replaced counts again, or no longer.

    Returns: the import's new state.

    Raises:
        UnknownImportError: there is no such import, or several begin like this.
        NothingToDoError: it is in that state already.
    """
    with store.writing():
        known = _found(store, batch_id)
        if known["active"] == active:
            raise NothingToDoError(f"Import {known['batch_id']} is {'on' if active else 'off'} already.")
        state = known | {"version": known["version"] + 1, "active": active, "recorded_at": at}
        _append_state(store, state)
        return state


def import_named(store: DeltaStore, batch_id: str) -> dict[str, Any]:
    """The newest state of the import whose id begins like this.

    Raises:
        UnknownImportError: there is none, or several.
    """
    return _found(store, batch_id)


def _fingerprint(paths: Sequence[Path], options: ImportOptions) -> str:
    """One hash of the bytes of all files, whatever they are called, and of the options that read them."""
    contents = []
    for path in files_of(paths):
        with path.open("rb") as file:
            contents.append(hashlib.file_digest(file, "sha256").hexdigest())
    how = asdict(replace(options, batch_id="")) | {"mapping": dict(sorted(options.mapping.items()))}
    del how["on_page"], how["now"]  # who asked for the columns, and when, reads nothing otherwise
    how |= {"aside": sorted(options.aside)}
    for name in ("aside", "sheets"):
        if not how[name]:
            del how[name]
    return hashlib.sha256(json.dumps([sorted(contents), how]).encode()).hexdigest()


def _refuse_what_counts(store: DeltaStore, batch_id: str) -> None:
    known = _state_of(store, batch_id)
    if known is not None and known["active"]:
        raise NothingToDoError(
            f"These files were imported on {known['recorded_at']:%-d %B %Y} as {batch_id} and count already; "
            "nothing was changed.",
        )


def _state_of(store: DeltaStore, batch_id: str) -> dict[str, Any] | None:
    return next((state for state in imports_of(store) if state["batch_id"] == batch_id), None)


def _found(store: DeltaStore, batch_id: str) -> dict[str, Any]:
    states = imports_of(store)
    found = [state for state in states if state["batch_id"].startswith(batch_id)]
    if batch_id and len(found) == 1:
        return found[0]
    there = ", ".join(state["batch_id"] for state in states) or "none yet"
    raise UnknownImportError(f'No single import is called "{batch_id}". Imports of this workspace: {there}.')


def _account(imported: OrderImport, into: Path, as_of: date) -> dict[str, Any]:
    """The `input` object over the files alone."""
    alone = MemoryStore(into / "alone")
    try:
        alone.append("order_lines", imported.lines)
        named = [currency for currency in imported.report.revenue if currency]
        return input_as_json(imported.report, alone, as_of=as_of, currency=named[0] if len(named) == 1 else None)
    finally:
        alone.close()


def _effect(pinned: PinnedStore) -> Effect:
    row = pinned.query("incoming_effect").to_pylist()[0]
    shared = {other["source"]: other["customers"] for other in pinned.query("shared_customers").to_pylist()}
    return Effect(**row, shared=shared)


def _keep_rejects(workspace: Workspace, prepared: PreparedImport) -> None:
    if prepared.imported.rejects is not None:
        workspace.rejects.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(prepared.imported.rejects, workspace.rejects / f"{prepared.batch_id}.parquet")


def _first_state(store: DeltaStore, prepared: PreparedImport, at: datetime) -> dict[str, Any]:
    report = prepared.imported.report
    files = [asdict(file) | {"path": str(file.path)} for file in report.files]
    return {
        "batch_id": prepared.batch_id,
        "version": 1,
        "sequence": max((state["sequence"] for state in imports_of(store)), default=0) + 1,
        "active": True,
        "source": report.source,
        "recorded_at": at,
        "fingerprint": prepared.fingerprint,
        "files": json.dumps(files),
        "mapping": json.dumps([asdict(chosen) for chosen in report.mapping]),
        "has_order_ids": report.has_order_ids,
        "rows_read": report.rows_read,
        "rows_accepted": report.rows_accepted,
        "rows_rejected": report.rows_rejected,
        "rows_without_customer": report.rows_without_customer,
        "revenue": json.dumps({currency or "": str(money) for currency, money in report.revenue.items()}),
        "first_order": report.first_order,
        "last_order": report.last_order,
    }


def _append_state(store: DeltaStore, state: Mapping[str, Any]) -> None:
    rows = pa.Table.from_pylist([dict(state)], schema=BATCHES.schema)
    store.append("batches", rows, transaction=f"{state['batch_id']}:{state['version']}")
