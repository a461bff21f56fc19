"""Who is reading: locks that readers share, so that files out of use are removed once nobody reads them any more.

Readers hold the lock of the newest generation. Whoever wants files gone begins another generation and waits until
nobody holds an older one: those who come later do not keep it waiting. The operating system takes the lock of a process
back when it dies.
"""

import fcntl
import os
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from time import monotonic, sleep

from keepers.core.errors import KeepersError

FOLDER = "readers"
_PAUSE = 0.05


class StillReadError(KeepersError):
    """Somebody has been reading what is to be removed for longer than was waited."""


class Reading:
    """That somebody reads the tables in a folder, from `begin` to `end`."""

    def __init__(self, warehouse: Path) -> None:
        self._folder = warehouse / FOLDER
        self._handle: int | None = None

    def begin(self) -> None:
        """Hold the lock of the newest generation; where nothing may be written, nothing is held."""
        if self._handle is not None or not self._folder.parent.is_dir():
            return
        with suppress(PermissionError):
            self._folder.mkdir(exist_ok=True)
            while self._handle is None:
                self._handle = self._held(_newest(self._folder))

    def end(self) -> None:
        """Let go."""
        if self._handle is not None:
            os.close(self._handle)
            self._handle = None

    def _held(self, generation: int) -> int | None:
        handle = os.open(_lock(self._folder, generation), os.O_RDWR | os.O_CREAT, 0o644)
        fcntl.flock(handle, fcntl.LOCK_SH)
        if _newest(self._folder) == generation:
            return handle
        os.close(handle)  # another generation began meanwhile
        return None


def begin_generation(warehouse: Path) -> int:
    """Let whoever reads from now on be told from those before; the last generation before."""
    folder = warehouse / FOLDER
    folder.mkdir(exist_ok=True)
    last = _newest(folder)
    _lock(folder, last + 1).touch()
    return last


def wait_until_unread(
    warehouse: Path, generation: int, *, patience: float, tell: Callable[[], None] | None = None
) -> None:
    """Wait until nobody reads who began in this generation or before.

    Args:
        warehouse: the folder of the tables.
        generation: from `begin_generation`.
        patience: how long [seconds].
        tell: called now and then; it may raise to stop.

    Raises:
        StillReadError: somebody reads on.
    """
    folder, until = warehouse / FOLDER, monotonic() + patience
    for number in sorted(_generations(folder)):
        while number <= generation and not _removed(_lock(folder, number)):
            if monotonic() >= until:
                raise StillReadError(
                    "A valuation or a page has been reading the warehouse for too long to wait for its end. What was "
                    "to go is out of sight already; begin this again to remove the files too."
                )
            if tell is not None:
                tell()
            sleep(_PAUSE)


def _removed(lock: Path) -> bool:
    """Whether nobody held the lock, which is gone then."""
    if not lock.exists():
        return True
    handle = os.open(lock, os.O_RDWR)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        lock.unlink(missing_ok=True)
    except BlockingIOError:
        return False
    finally:
        os.close(handle)
    return True


def _newest(folder: Path) -> int:
    return max(_generations(folder), default=1)


def _generations(folder: Path) -> list[int]:
    return [int(path.stem) for path in folder.glob("*.lock") if path.stem.isdigit()]


def _lock(folder: Path, generation: int) -> Path:
    return folder / f"{generation}.lock"
