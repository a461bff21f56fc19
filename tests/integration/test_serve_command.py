"""`keepers serve` before any page: a taken port, and a worker that dies."""

import os
import signal
import socket
import time
from pathlib import Path

import pytest
from workspace_shop import Keepers

from tests.e2e.serving import Served, served


def test_a_taken_port_is_said_before_anything_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    keepers = Keepers(tmp_path / "home", monkeypatch, capsys)
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        said = keepers("serve", "--port", port)
    assert said.code == 1
    assert f"Nothing can listen on 127.0.0.1:{port}" in said.err
    assert "--port" in said.err
    assert not (tmp_path / "home").exists()


def test_a_worker_that_dies_is_followed_by_another(tmp_path: Path) -> None:
    with served(tmp_path / "home") as app:
        first = _worker(app)
        os.kill(first, signal.SIGKILL)
        until = time.monotonic() + 30
        while (second := _worker(app)) in {0, first} and time.monotonic() < until:
            time.sleep(0.2)
        assert second not in {0, first}
    assert _worker(app) == 0


def _worker(app: Served) -> int:
    """The process id of the worker on this workspace; 0 where there is none."""
    for process in Path("/proc").glob("[0-9]*"):
        try:
            command, environment = (process / "cmdline").read_bytes(), (process / "environ").read_bytes()
        except OSError:
            continue
        if b"db_worker" in command and f"KEEPERS_HOME={app.home}".encode() in environment:
            return int(process.name)
    return 0
