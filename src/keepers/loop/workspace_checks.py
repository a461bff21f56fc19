"""Whether the workspace is sound: each check with what it found and what to do."""

import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import keepers
from keepers.loop.workspace import Workspace, imports_of, runs_kept
from keepers.warehouse.delta import DeltaStore
from keepers.warehouse.engines.engine import engine_versions
from keepers.warehouse.lock import is_held

LEAST_FREE_BYTES = 1 << 30


@dataclass(frozen=True, slots=True)
class Check:
    """One thing looked at: its name, whether it is sound, what was found, and what to do where it is not."""

    name: str
    sound: bool
    found: str
    advice: str = ""


def check_workspace(workspace: Workspace) -> list[Check]:
    """Look at versions, folder, disk, lock, tables, files and rows; nothing is changed."""
    checks = [_versions(), _folder(workspace)]
    if not workspace.exists:
        return checks
    with workspace.opened() as store:
        looks: tuple[Callable[[Workspace, DeltaStore], Iterator[Check]], ...] = (
            _disk,
            _lock,
            _contracts,
            _orphans,
            _rows,
            _runs,
        )
        return [*checks, *(check for look in looks for check in look(workspace, store))]


def repair_workspace(workspace: Workspace) -> int:
    """Remove what killed imports left behind, while nobody writes; how many files and folders that were.

    Raises:
        WriterBusyError: another process is writing.
    """
    with workspace.opened() as store, store.writing():
        left = workspace.abandoned()
        for folder in left:
            shutil.rmtree(folder)
        return len(left) + store.remove_orphans()


def _versions() -> Check:
    drivers = ", ".join(f"{name} {version}" for name, version in engine_versions().items())
    return Check("versions", sound=True, found=f"keepers {keepers.__version__}, {drivers}")


def _folder(workspace: Workspace) -> Check:
    if not workspace.exists:
        return Check(
            "folder", sound=True, found=f"{workspace.folder} is not there yet", advice="keepers import FILE makes it."
        )
    return Check("folder", sound=True, found=str(workspace.folder))


def _disk(workspace: Workspace, _: DeltaStore) -> Iterator[Check]:
    free = shutil.disk_usage(workspace.folder).free
    enough = free >= LEAST_FREE_BYTES
    advice = "" if enough else "Make room, or move the workspace and name its new folder in KEEPERS_HOME."
    yield Check("disk", enough, f"{free / 1e9:,.1f} GB free", advice)


def _lock(workspace: Workspace, _: DeltaStore) -> Iterator[Check]:
    held = is_held(workspace.warehouse / "writer.lock")
    yield Check("writer", sound=True, found="a process is writing now" if held else "nobody is writing")


def _contracts(_: Workspace, store: DeltaStore) -> Iterator[Check]:
    misfits = store.misfits()
    if not misfits:
        yield Check("tables", sound=True, found=f"{len(store.pin().versions)} Delta tables fit their contracts")
    for misfit in misfits:
        yield Check("tables", sound=False, found=misfit, advice="Use the version of Keepers that wrote it, or restore.")


def _orphans(workspace: Workspace, store: DeltaStore) -> Iterator[Check]:
    if is_held(workspace.warehouse / "writer.lock"):
        yield Check("leftovers", sound=True, found="not looked for while a process is writing")
        return
    orphans, folders = store.orphans(), workspace.abandoned()
    if orphans or folders:
        found = (
            f"{len(orphans)} files of unfinished writes, {len(folders)} folders of dead processes; none is ever read"
        )
        yield Check("leftovers", sound=False, found=found, advice="keepers doctor --repair removes them.")
    else:
        yield Check("leftovers", sound=True, found="none")


def _rows(_: Workspace, store: DeltaStore) -> Iterator[Check]:
    pinned = store.pinned()
    held = {row["batch_id"]: row["lines"] for row in pinned.query("lines_of_batches").to_pylist()}
    imports = imports_of(pinned)
    for state in imports:
        lines = held.pop(state["batch_id"], 0) + (state["rows_forgotten"] or 0)
        if lines != state["rows_accepted"]:
            yield Check(
                "rows",
                sound=False,
                found=f"import {state['batch_id']} accepted {state['rows_accepted']:,} rows, {lines:,} are there",
                advice=f"Switch it off with keepers import --undo {state['batch_id']} and tell the makers of Keepers.",
            )
            return
    if held:
        found = f"{sum(held.values()):,} lines of {len(held)} unfinished imports; they do not count"
        yield Check("rows", sound=False, found=found, advice="Import the same files again to finish them.")
    else:
        total = sum(state["rows_accepted"] - (state["rows_forgotten"] or 0) for state in imports)
        yield Check("rows", sound=True, found=f"{total:,} lines of {len(imports)} imports, all there")


def _runs(_: Workspace, store: DeltaStore) -> Iterator[Check]:
    runs = runs_kept(store)
    newest = f", the newest as of {runs[-1]['as_of']}" if runs else ""
    yield Check(
        "runs", sound=True, found=f"{len(runs)} runs{newest}", advice="" if runs else "keepers run values the base."
    )
