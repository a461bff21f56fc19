"""What the processes of some sessions use together, looked at while they run (Linux: it reads /proc)."""

import os
import threading
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Self

EVERY_S = 0.1  # what a process uses between the last look and its end is missed
_TICKS, _PAGE = os.sysconf("SC_CLK_TCK"), os.sysconf("SC_PAGE_SIZE")
_PARENT, _SESSION, _USER, _SYSTEM, _STARTED, _RESIDENT = (
    1,
    3,
    11,
    12,
    19,
    21,
)  # places behind the name in /proc/PID/stat


@dataclass(frozen=True, slots=True)
class Used:
    """What a process has used so far: processor time [s], and its memory now [MB]."""

    cpu_s: float
    memory_mb: float


def running_in(sessions: Collection[int]) -> Mapping[tuple[int, int], Used]:
    """The processes of the sessions that have not ended, by their number and their start."""
    found = {}
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            told = (folder / "stat").read_text("utf-8", errors="replace").rpartition(")")[2].split()
        except OSError:  # it has ended meanwhile
            continue
        if int(told[_SESSION]) in sessions and told[0] not in "ZX":
            cpu_s = (int(told[_USER]) + int(told[_SYSTEM])) / _TICKS
            found[int(folder.name), int(told[_STARTED])] = Used(cpu_s, int(told[_RESIDENT]) * _PAGE / 2**20)
    return found


def used_by_family(parent: int) -> float:
    """Processor time of a process, of its children, and of those of them that have ended [s]."""
    spent = 0.0
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            told = (folder / "stat").read_text("utf-8", errors="replace").rpartition(")")[2].split()
        except OSError:  # it has ended meanwhile
            continue
        if int(folder.name) == parent:
            spent += sum(map(int, told[_USER : _SYSTEM + 3]))  # and of its children that it has waited for
        elif int(told[_PARENT]) == parent:
            spent += int(told[_USER]) + int(told[_SYSTEM])
    return spent / _TICKS


class Meter:
    """Adds up what the processes of the sessions use while the block runs, those that begin and end within it too."""

    def __init__(self, sessions: Collection[int]) -> None:
        self.peak_mb = 0.0
        self._sessions = sessions
        self._before = {which: used.cpu_s for which, used in running_in(sessions).items()}
        self._last: dict[tuple[int, int], float] = {}
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._watch)

    @property
    def cpu_s(self) -> float:
        """Processor time within the block [s]."""
        return sum(cpu_s - self._before.get(which, 0.0) for which, cpu_s in self._last.items())

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._done.set()
        self._thread.join()
        self._look()

    def _watch(self) -> None:
        while not self._done.wait(EVERY_S):
            self._look()

    def _look(self) -> None:
        now = running_in(self._sessions)
        self._last.update({which: used.cpu_s for which, used in now.items()})
        self.peak_mb = max(self.peak_mb, sum(used.memory_mb for used in now.values()))
