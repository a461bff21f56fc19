"""Processor and wall time of a job or of a whole command; medians, because a shared machine is noisy."""

import os
import subprocess
import sys
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


def timed(
    job: Callable[[], object],
    *,
    budget_s: float = 15.0,
    warm: bool = True,
    clock: Callable[[], float] = time.process_time,
) -> Timing:
    """Run a job once to warm up (what it compiles stays compiled), then until the budget or the repeats are used up."""
    if warm:
        job()
    cpu: list[float] = []
    wall: list[float] = []
    started = time.perf_counter()
    while len(cpu) < MOST_REPEATS and (not cpu or time.perf_counter() - started < budget_s):
        cpu_before, wall_before = clock(), time.perf_counter()
        job()
        cpu.append(clock() - cpu_before)
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
    """Started by a small process, because a new process inherits the peak memory of the one that starts it.

    Modules stay compiled from one start to the next, as wherever Python is not told otherwise.
    """
    script = [sys.executable, "-S", "-c", _START, *command]
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    done = subprocess.run(script, capture_output=True, text=True, check=False, env=environment)
    if done.returncode:
        raise CommandFailedError(f"{' '.join(command)} ended with {done.returncode}: {done.stderr[-500:]}")
    cpu, wall, peak = (float(figure) for figure in done.stdout.split())
    return Timing(cpu, wall, peak_mb=peak / 1024)


_START = """
import os, sys, time
started = time.perf_counter()
child = os.fork()
if not child:
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    os.execv(sys.argv[1], sys.argv[1:])
_, status, usage = os.wait4(child, 0)
print(usage.ru_utime + usage.ru_stime, time.perf_counter() - started, usage.ru_maxrss)
sys.exit(os.waitstatus_to_exitcode(status))
"""
