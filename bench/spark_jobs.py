"""How the cost of a valuation grows with lines and workers on a cluster of Spark, beside DuckDB in the same run."""

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Collection, Iterator, Mapping, Sequence
from math import isclose
from pathlib import Path
from typing import Any

from bench.bases import CACHE, order_lines
from bench.processes import Meter
from bench.rows import Row
from bench.spark_cluster import spark_cluster
from bench.timing import CommandFailedError, Timing
from bench.valued_lines import UNTIL_INPUT_ENDS

LINES = (5_000_000, 10_000_000, 20_000_000)
QUICK_LINES = (200_000,)
LINES_OF_A_CUSTOMER = 20
WORKERS = (1, 2)  # of one core each, beside the driver and the master
SETTINGS = """\
spark.driver.memory         3g
spark.driver.maxResultSize  3g
spark.executor.memory       2g
"""
STAGES = {"fitting": "histories", "forecasting": "fit", "grading": "forecasts"}  # which stage ends when this begins


def spark_rows(lines: Sequence[int], *, quick: bool) -> Iterator[Row]:
    """Order lines to values, for each number of lines and of workers; the totals must be those of DuckDB."""
    for many in QUICK_LINES if quick else lines:
        customers = many // LINES_OF_A_CUSTOMER
        path = order_lines(customers, many)
        here, expected = _valued("duckdb", path)
        for workers in WORKERS:
            there, found = _valued_on_cluster(path, workers)
            _check_same(found["base"], expected["base"])
            name = f"{many:,} order lines, {customers:,} customers → values on Spark, workers: {workers}"
            note = f"{_stages(found)}; DuckDB {_stages(expected)}"
            yield Row(name, there, "DuckDB", here, note=note, lines=many, workers=workers)


def _valued_on_cluster(path: Path, workers: int) -> tuple[Timing, dict[str, Any]]:
    with tempfile.TemporaryDirectory(dir=CACHE) as folder:
        (Path(folder) / "spark-defaults.conf").write_text(SETTINGS, encoding="utf-8")
        with spark_cluster(Path(folder) / "cluster", workers=workers, memory="2g") as cluster:
            return _valued(cluster.url, path, cluster.sessions, {"SPARK_CONF_DIR": folder})


def _valued(
    url: str, path: Path, beside: Collection[int] = (), settings: Mapping[str, str] | None = None
) -> tuple[Timing, dict[str, Any]]:
    """What a process takes that values the lines, with those of the sessions beside it; and what it found.

    It ends with its input, and so with whoever runs the bench, however that ends.
    """
    command = [sys.executable, "-m", "bench.valued_lines", url, str(path), UNTIL_INPUT_ENDS]
    started = time.perf_counter()
    with (
        tempfile.TemporaryFile("w+") as complaints,
        subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=complaints,
            text=True,
            env=os.environ | (settings or {}),
            start_new_session=True,
        ) as driver,
    ):
        assert driver.stdout is not None
        with Meter({driver.pid, *beside}) as meter:
            told = driver.stdout.read()
            driver.wait()
        wall_s = time.perf_counter() - started
        complaints.seek(0)
        said = complaints.read()[-2000:]
    if driver.returncode:
        raise CommandFailedError(f"{' '.join(command)} ended with {driver.returncode}: {said}")
    found: dict[str, Any] = json.loads(told.splitlines()[-1])
    return Timing(meter.cpu_s, wall_s, peak_mb=meter.peak_mb), found


def _check_same(found: Mapping[str, Any], expected: Mapping[str, Any]) -> None:
    """A time says nothing of another number."""
    for name in ("residual_value", "expected_orders"):
        for end in ("mean", "low", "high"):
            there, here = found[name][end], expected[name][end]
            if not isclose(there, here, rel_tol=1e-3):
                raise CommandFailedError(f"{name}, {end}, is {there:g} on Spark and {here:g} with DuckDB")


def _stages(found: Mapping[str, Any]) -> str:
    """How long each stage took on the clock."""
    begun, told = 0.0, []
    for stage, ended in STAGES.items():
        told.append(f"{ended} {found['begun'][stage] - begun:.1f} s")
        begun = found["begun"][stage]
    return ", ".join(told)
