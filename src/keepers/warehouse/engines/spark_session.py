"""Sessions of Spark behind an address: started late, quiet, and stopped by whoever started them."""

import importlib.util
import os
import shutil
import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from keepers.warehouse.engines.engine import ENGINE_VARIABLE, EngineError

_CAUSE_LENGTH = 600
_PARTITIONS = "spark.sql.shuffle.partitions"
_PACKAGES = ("pyspark", "sqlglot", "pandas")


class SparkSessions:
    """One connection to Spark, and a session of its own for each query, so that views of queries never meet."""

    def __init__(self, url: str, scratch: Path) -> None:
        self._url = url
        self._scratch = scratch
        self._root: Any = None
        self._is_ours = False
        _look_for_spark(url)

    @contextmanager
    def opened(self, step: str) -> Iterator[Any]:
        """A session for one query; what Spark reports becomes a sentence."""
        from py4j.protocol import Py4JError, Py4JJavaError
        from pyspark.errors import PySparkException

        try:
            with warnings.catch_warnings():
                # said of a package that none of this uses
                warnings.filterwarnings("ignore", message="PySpark does not yet fully support pandas")
                yield _session_for_a_query(self._connected())
        except (PySparkException, Py4JJavaError) as error:
            raise EngineError(
                f"Step {step} failed on Spark ({self._url}): {_cause(error)}. {last_words(self.log)}Leave out "
                f"{ENGINE_VARIABLE} to compute on this machine with DuckDB.",
            ) from error
        except (Py4JError, ConnectionError) as error:
            raise EngineError(f"Spark ({self._url}) is gone: {error}. {last_words(self.log)}".rstrip()) from error

    @property
    def log(self) -> Path:
        """Where Spark's driver writes what it has to say."""
        return self._scratch / "spark.log"

    def close(self) -> None:
        """Stop Spark where this began it."""
        if self._root is not None and self._is_ours:
            self._root.stop()
        self._root = None

    def _connected(self) -> Any:
        if self._root is None:
            self._scratch.mkdir(parents=True, exist_ok=True)
            self._root, self._is_ours = _connect(self._url, self._scratch, self.log)
        return self._root


def last_words(log: Path) -> str:
    """The latest error that Spark's driver wrote, in a sentence: the log goes with the folder it lies in."""
    told = log.read_text(encoding="utf-8", errors="replace").splitlines() if log.exists() else []
    errors = [line.strip() for line in told if " ERROR " in line]
    return f"Spark's last words: {errors[-1][:_CAUSE_LENGTH]} " if errors else ""


def _look_for_spark(url: str) -> None:
    if any(importlib.util.find_spec(name) is None for name in _PACKAGES):
        raise EngineError(
            f"{ENGINE_VARIABLE} asks for Spark ({url}), which is not installed. Install it with: "
            'pip install "keepers[spark]"',
        )
    home = os.environ.get("JAVA_HOME")
    if shutil.which("java") is None and not (home and (Path(home) / "bin" / "java").exists()):
        raise EngineError(
            f"{ENGINE_VARIABLE} asks for Spark ({url}), which needs Java 17 or newer, and there is no java here. "
            "Install one (on Debian or Ubuntu: apt-get install openjdk-17-jre-headless), or set JAVA_HOME.",
        )


def _cause(error: Exception) -> str:
    """What went wrong, of a message that may go on for pages: of Python's tracebacks, the last line."""
    told = str(error).split("\n\nJVM stacktrace")[0].strip()
    if "Traceback (most recent call last)" in told:
        return told.splitlines()[-1].strip()
    return told[:_CAUSE_LENGTH]


def _connect(url: str, scratch: Path, log: Path) -> tuple[Any, bool]:
    """The process's connection to Spark, and whether this began it; a process has one at a time."""
    from pyspark import SparkContext
    from pyspark.sql import SparkSession

    running = SparkContext._active_spark_context
    if running is not None:
        if running.master != url:
            raise EngineError(f"This process is connected to Spark at {running.master} and cannot be to {url} as well.")
        return SparkSession.builder.getOrCreate(), False
    builder: Any = SparkSession.builder.master(url).appName("keepers")
    for name, value in _settings(url, scratch).items():
        builder = builder.config(name, value)
    with _stderr_to(log):
        session = builder.getOrCreate()
    session.sparkContext.setLogLevel("WARN")
    if "PYSPARK_PYTHON" not in os.environ:
        session.sparkContext.pythonExec = sys.executable
    return session, True


def _session_for_a_query(root: Any) -> Any:
    """A session of its own. It knows what Spark was started with, and nothing that was set on another session since."""
    session = root.newSession()
    if not root.sparkContext.getConf().contains(_PARTITIONS):
        partitions = max(4, 2 * root.sparkContext.defaultParallelism)
        session.conf.set(_PARTITIONS, str(partitions))  # Spark's own 200 are for clusters of hundreds of cores
    return session


def _settings(url: str, scratch: Path) -> dict[str, str]:
    """What the steps rely on; memory, cores and whatever a cluster wants are Spark's own settings (SPARK_CONF_DIR)."""
    settings = {
        "spark.sql.session.timeZone": "UTC",
        "spark.sql.ansi.enabled": "true",
        "spark.sql.parquet.outputTimestampType": "TIMESTAMP_MICROS",
        "spark.sql.execution.arrow.pyspark.enabled": "true",
        "spark.sql.warehouse.dir": str(scratch / "spark-warehouse"),
        "spark.ui.enabled": "false",
        "spark.ui.showConsoleProgress": "false",
    }
    if "SPARK_CONF_DIR" not in os.environ:
        settings |= {"spark.driver.memory": "4g", "spark.driver.maxResultSize": "4g"}
    if url.startswith("local") or "//127.0.0.1" in url or "//localhost" in url:
        settings |= {"spark.driver.host": "127.0.0.1", "spark.driver.bindAddress": "127.0.0.1"}
    if url.startswith("local"):
        settings["spark.local.dir"] = str(scratch)
    return settings


@contextmanager
def _stderr_to(log: Path) -> Iterator[None]:
    """Java takes its error stream over from this process: what it writes there belongs in a file."""
    sys.stderr.flush()
    held = os.dup(2)
    try:
        with log.open("ab") as file:
            os.dup2(file.fileno(), 2)
        yield
    finally:
        os.dup2(held, 2)
        os.close(held)
