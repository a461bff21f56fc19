"""The product as a newcomer starts it: `keepers serve` in a process of its own, on a workspace of its own."""

import os
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from tests import postgresql

PATIENCE = 180  # seconds on a machine that does other work too


@dataclass(frozen=True)
class Served:
    """Where the app listens, and the way in that it printed."""

    home: Path
    address: str
    way_in: str | None

    @property
    def host(self) -> str:
        return self.address.removeprefix("http://")


@contextmanager
def served(home: Path, *arguments: str, verb: str = "serve", patience: float = PATIENCE) -> Iterator[Served]:
    """The app, for as long as the block runs."""
    home.mkdir(parents=True, exist_ok=True)
    port = free_port()
    log = home / "served.log"
    with log.open("w") as out:
        process = subprocess.Popen(
            [sys.executable, "-m", "keepers", verb, "--port", str(port), *arguments],
            env=environment(home),
            stdout=out,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        try:
            address = f"http://127.0.0.1:{port}"
            _wait(process, address, log, patience)
            way_in = re.search(r"http://\S+/welcome/\S+", log.read_text())
            yield Served(home, address, way_in[0] if way_in else None)
        finally:
            _stop(process)


def environment(home: Path) -> dict[str, str]:
    """The product's own settings on this workspace, whatever the tests in this process use."""
    told = {
        "DJANGO_SETTINGS_MODULE": "keepers.web.settings",
        "KEEPERS_HOME": str(home),
        "PYTHONUNBUFFERED": "1",
    }
    if postgresql.is_wanted():
        told["DATABASE_URL"] = postgresql.the_tests_server().url_of_new(f"of_{sha256(bytes(home)).hexdigest()[:20]}")
    return os.environ | told


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait(process: subprocess.Popen[bytes], address: str, log: Path, patience: float) -> None:
    """Until a page was answered: the port listens seconds before, while the app is still being imported."""
    until = time.monotonic() + patience
    while (left := until - time.monotonic()) > 0:
        assert process.poll() is None, log.read_text()
        if _answers(address, left):
            return
        time.sleep(0.1)
    raise AssertionError(f"not served within {patience:.0f} s: {log.read_text()}")


def _answers(address: str, patience: float) -> bool:
    try:
        with urllib.request.urlopen(address, timeout=patience):
            return True
    except urllib.error.HTTPError:
        return True
    except OSError:
        return False


def _stop(process: subprocess.Popen[bytes]) -> None:
    if process.poll() is None:
        os.killpg(process.pid, signal.SIGINT)
    try:
        process.wait(timeout=15)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
