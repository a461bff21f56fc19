"""A cluster of Apache Spark on this machine, on loopback only: a master and workers, gone when the block ends.

pyspark brings no scripts that start one, so its classes are started as they are. Each process leads a session of its
own beside a guard that waits for the end of its input: whether the block ends, fails, or whoever runs it is killed,
the guard takes its group down. Executors belong to their worker's group; their Python ends with its input.
"""

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import TypeVar

from bench.processes import running_in

LOOPBACK = "127.0.0.1"
PATIENCE_S = 60.0
T = TypeVar("T")
_GUARDED = '"$@" & cat > /dev/null; kill -KILL 0'
_ADDRESS = re.compile(r"Starting Spark master at (spark://\S+)")
_DEPLOY = "org.apache.spark.deploy"


class ClusterError(Exception):
    """The cluster did not start, or did not stop."""


@dataclass(frozen=True, slots=True)
class Cluster:
    """A running cluster.

    url: its address, as `ENGINE_URL` takes it.
    sessions: the sessions of its processes, to tell what they use.
    work: a folder a worker, with a folder an application in it.
    """

    url: str
    sessions: frozenset[int]
    work: tuple[Path, ...]


@contextmanager
def spark_cluster(folder: Path, *, workers: int, cores: int = 1, memory: str = "1g") -> Iterator[Cluster]:
    """A master and workers, for as long as the block runs.

    Args:
        folder: where they keep logs and what does not fit in memory.
        workers: how many.
        cores: of each worker.
        memory: of each worker for its executors, in Spark's words.

    Raises:
        ClusterError: one of them did not start, or would not end; the message names its log.
    """
    folder.mkdir(parents=True, exist_ok=True)
    environment = _environment(folder)
    with ExitStack() as running:
        log, sessions = folder / "master.log", []
        command = _command("master.Master", "--host", LOOPBACK, "--port", "0", "--webui-port", "0")
        sessions.append(running.enter_context(_started(command, log, environment)))
        url = _awaited(lambda: _found(_ADDRESS, log), log)
        work = tuple(folder / f"worker-{number}" for number in range(workers))
        for place in work:
            place.mkdir()
            asked = ("--host", LOOPBACK, "--webui-port", "0", "--work-dir", str(place))
            command = _command("worker.Worker", *asked, "--cores", str(cores), "--memory", memory, url)
            sessions.append(running.enter_context(_started(command, place.with_suffix(".log"), environment)))
        _awaited(lambda: log.read_text("utf-8").count("Registering worker") >= workers or None, log)
        yield Cluster(url, frozenset(sessions), work)


def _environment(folder: Path) -> dict[str, str]:
    spec = find_spec("pyspark")
    if spec is None or spec.origin is None:
        raise ClusterError("pyspark is not installed; make setup installs it.")
    small = {"SPARK_DAEMON_MEMORY": "256m", "SPARK_DAEMON_JAVA_OPTS": "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC"}
    places = {"SPARK_HOME": str(Path(spec.origin).parent), "SPARK_LOCAL_DIRS": str(folder / "local")}
    return os.environ | small | places | {"SPARK_LOCAL_IP": LOOPBACK, "PYSPARK_PYTHON": sys.executable}


def _command(name: str, *options: str) -> list[str]:
    spec = find_spec("pyspark")
    assert spec is not None
    assert spec.origin is not None
    return [str(Path(spec.origin).parent / "bin" / "spark-class"), f"{_DEPLOY}.{name}", *options]


@contextmanager
def _started(command: Sequence[str], log: Path, environment: Mapping[str, str]) -> Iterator[int]:
    """The process beside its guard, for as long as the block runs; the number of their session."""
    with log.open("ab") as said:
        process = subprocess.Popen(
            ["/bin/sh", "-c", _GUARDED, "sh", *command],
            stdin=subprocess.PIPE,
            stdout=said,
            stderr=subprocess.STDOUT,
            env=environment,
            start_new_session=True,
        )
    try:
        yield process.pid
    finally:
        assert process.stdin is not None
        process.stdin.close()
        process.wait(PATIENCE_S)
        _awaited(lambda: _ended(process.pid) or None, log)


def _ended(session: int) -> bool:
    """Whether nothing of a session runs; what does is told to end: an executor's Python leads a group of its own."""
    left = running_in({session})
    for number, _ in left:
        with suppress(ProcessLookupError):
            os.kill(number, signal.SIGKILL)
    return not left


def _found(pattern: re.Pattern[str], log: Path) -> str | None:
    found = pattern.search(log.read_text("utf-8"))
    return found and found[1]


def _awaited(asked: Callable[[], T | None], log: Path) -> T:
    """What is asked for, as soon as it is there."""
    until = time.monotonic() + PATIENCE_S
    while (answer := asked()) is None:
        if time.monotonic() > until:
            raise ClusterError(f"The cluster neither started nor stopped within {PATIENCE_S:.0f} s: see {log}.")
        time.sleep(0.1)
    return answer
