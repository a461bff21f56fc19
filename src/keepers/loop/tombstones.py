"""Who was forgotten, for whatever brings rows in: read once a process, and again when somebody else was forgotten."""

import os
import secrets
from functools import lru_cache
from pathlib import Path

from keepers.loop.workspace import Workspace
from keepers.warehouse.lock import WriterLock
from keepers.warehouse.tables import TOMBSTONES
from keepers.warehouse.tombstones import NOBODY, Forgotten, tombstones_in

_AT_HAND = 4  # workspaces
_BYTES = 32


def forgotten_in(workspace: Workspace) -> Forgotten:
    """Everybody who was forgotten so far."""
    log = workspace.warehouse / TOMBSTONES.name / "_delta_log"
    try:
        changed = log.stat().st_mtime_ns
    except FileNotFoundError:
        return NOBODY
    return _read(workspace, changed)


def key_of(workspace: Workspace) -> bytes:
    """The key of the workspace's tombstones, made once; for its owner alone to read."""
    path = workspace.folder / "tombstone-key"
    if not path.exists():
        workspace.folder.mkdir(parents=True, exist_ok=True)
        with WriterLock(workspace.folder / "tombstone-key.lock", timeout=10.0).held():
            if not path.exists():
                _write(path)
    return bytes.fromhex(path.read_text(encoding="ascii"))


@lru_cache(maxsize=_AT_HAND)
def _read(workspace: Workspace, changed: int) -> Forgotten:  # noqa: ARG001 - tells one state from the next
    with workspace.opened() as store:
        return Forgotten(key_of(workspace), tombstones_in(store))


def _write(path: Path) -> None:
    unfinished = path.with_name(f".{path.name}")
    unfinished.unlink(missing_ok=True)
    descriptor = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="ascii") as file:
        file.write(secrets.token_hex(_BYTES))
    unfinished.replace(path)
