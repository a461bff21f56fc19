"""How long a page takes: asked for again and again, once it is warm."""

import time
from collections.abc import Callable
from statistics import median, quantiles
from typing import Any

from bench.rows import Bar
from bench.timing import Timing

Clock = Callable[[], float]
REQUESTS = 20
FIRST_ROWS = Bar("first rows < 0.3 s, p95", most_wall_s=0.3)


def requested(job: Callable[[], Any], clock: Clock) -> Timing:
    """The 95 % point of the time on the clock over some requests; the middle of their processor time."""
    assert job().status_code == 200
    job()
    cpu, wall = [], []
    for _ in range(REQUESTS):
        cpu_before, wall_before = clock(), time.perf_counter()
        job()
        cpu.append(clock() - cpu_before)
        wall.append(time.perf_counter() - wall_before)
    return Timing(median(cpu), quantiles(wall, n=20)[-1], max(cpu) / max(min(cpu), 1e-9), REQUESTS)
