"""One writer at a time: a lock on a file that the operating system takes back when its process dies."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from time import sleep

from keepers.core.errors import KeepersError

_PAUSE = 0.05


class WriterBusyError(KeepersError):
    """Another process is writing to the warehouse."""


class WriterLock:
    """A lock that may be taken again by whoever holds it; readers need none."""

    def __init__(self, path: Path, *, timeout: float) -> None:
        self._path = path
        self._timeout = timeout
        self._depth = 0

    @contextmanager
    def held(self) -> Iterator[None]:
        """Hold the lock.

        Raises:
            WriterBusyError: another process held it for longer than the timeout.
        """
        if self._depth:
            yield
            return
        handle = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o644)
        try:
            self._take(handle)
            self._depth += 1
            try:
                yield
            finally:
                self._depth -= 1
        finally:
            os.close(handle)

    def _take(self, handle: int) -> None:
        tries = max(1, int(self._timeout / _PAUSE))
        for _ in range(tries):
            with suppress(BlockingIOError):
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
                os.ftruncate(handle, 0)
                os.write(handle, str(os.getpid()).encode())
                return
            sleep(_PAUSE)
        holder = os.pread(handle, 32, 0).decode() or "unknown"
        raise WriterBusyError(
            f"Another Keepers process (number {holder}) is writing to {self._path.parent}. "
            "Wait until it is done and run this again; a process that died holds no lock.",
        )


def is_held(path: Path) -> bool:
    """Whether some process holds the lock at this moment."""
    if not path.exists():
        return False
    handle = os.open(path, os.O_RDWR)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(handle)
    return False
