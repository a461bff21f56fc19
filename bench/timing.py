"""Processor and wall time of a job or of a whole command; medians, because a shared machine is noisy."""

import os
import subprocess
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import median

MOST_REPEATS = 5


class CommandFailedError(Exception):
    """A command that was to be timed did not do its work."""


@dataclass(frozen=True, slots=True)
class Timing:
    """Medians over the repeats.

    cpu_s: processor time of all threads [s]
    wall_s: time on the clock [s]
    spread: largest ÷ smallest processor time of the repeats; 1 where there was one repeat
    peak_mb: most memory of a whole command [MB], None for a job inside a process
    """

    cpu_s: float
    wall_s: float
    spread: float = 1.0
    repeats: int = 1
    peak_mb: float | None = None


def timed(job: Callable[[], object], *, budget_s: float = 15.0, warm: bool = True) -> Timing:
    """Run a job once to warm up (what it compiles stays compiled), then until the budget or the repeats are used up."""
    if warm:
        job()
    cpu: list[float] = []
    wall: list[float] = []
    started = time.perf_counter()
    while len(cpu) < MOST_REPEATS and (not cpu or time.perf_counter() - started < budget_s):
        cpu_before, wall_before = time.process_time(), time.perf_counter()
        job()
        cpu.append(time.process_time() - cpu_before)
        wall.append(time.perf_counter() - wall_before)
    return Timing(median(cpu), median(wall), max(cpu) / max(min(cpu), 1e-9), len(cpu))


def timed_command(command: Sequence[str], *, repeats: int = 3, warm: bool = True) -> Timing:
    """The same for a whole process, with its peak memory.

    Raises:
        CommandFailedError: the command failed; the message ends with what it said.
    """
    if warm:
        _run(command)
    runs = [_run(command) for _ in range(repeats)]
    cpu = [run.cpu_s for run in runs]
    return Timing(
        cpu_s=median(cpu),
        wall_s=median(run.wall_s for run in runs),
        spread=max(cpu) / max(min(cpu), 1e-9),
        repeats=repeats,
        peak_mb=max(run.peak_mb or 0 for run in runs),
    )


def _run(command: Sequence[str]) -> Timing:
    started = time.perf_counter()
    with tempfile.TemporaryFile() as said:
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=said)
        _, status, usage = os.wait4(process.pid, 0)
        wall = time.perf_counter() - started
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            said.seek(0)
            raise CommandFailedError(
                f"{' '.join(command)} ended with {process.returncode}: {said.read().decode()[-500:]}"
            )
    return Timing(usage.ru_utime + usage.ru_stime, wall, peak_mb=usage.ru_maxrss / 1024)
