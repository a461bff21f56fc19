"""A PostgreSQL server of the tests' own: one a process, in a temporary folder, gone when the process ends.

Where that is killed, the server ends with it and the folder stays.
"""

import atexit
import os
import pwd
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql

_INSTALLED = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda found: float(found.parent.name))
_FAST = ("fsync=off", "synchronous_commit=off", "full_page_writes=off", "autovacuum=off", "shared_buffers=64MB")


@dataclass(frozen=True, slots=True)
class Server:
    """A server that answers on 127.0.0.1 alone."""

    port: int
    process: int

    @property
    def entry(self) -> dict[str, Any]:
        """Django's for it."""
        return {
            "ENGINE": "django.db.backends.postgresql",
            "NAME": "postgres",
            "USER": "keepers",
            "HOST": "127.0.0.1",
            "PORT": str(self.port),
        }

    @property
    def url(self) -> str:
        """What DATABASE_URL says of it."""
        return self._url("postgres")

    def url_of_new(self, database: str) -> str:
        """The same of an empty database of this name, made where there is none yet."""
        with psycopg.connect(self.url, autocommit=True) as connection:
            if connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [database]).fetchone() is None:
                connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(database)))
        return self._url(database)

    def url_of_copy(self, of: str, database: str) -> str:
        """The same of a copy of a database that nobody has open."""
        with psycopg.connect(self.url, autocommit=True) as connection:
            copied = sql.SQL("CREATE DATABASE {} TEMPLATE {}")
            connection.execute(copied.format(sql.Identifier(database), sql.Identifier(of)))
        return self._url(database)

    def _url(self, database: str) -> str:
        return f"postgresql://keepers@127.0.0.1:{self.port}/{database}"


def is_wanted() -> bool:
    """Whether tests keep the app's tables in PostgreSQL."""
    return os.environ.get("KEEPERS_TEST_DATABASE") == "postgresql"


@cache
def the_tests_server() -> Server:
    """The one that all tests of this process share."""
    return a_server()


def a_server(settings: Sequence[str] = _FAST) -> Server:
    """Start it."""
    programs = _programs()
    folder = Path(tempfile.mkdtemp(prefix="keepers-postgresql-"))
    if not os.getuid():
        owner = pwd.getpwnam("postgres")
        os.chown(folder, owner.pw_uid, owner.pw_gid)
    data, port = folder / "data", _free_port()
    _told(
        [programs / "initdb", "--pgdata", data, "--username", "keepers", "--auth", "trust", "--no-sync", "-E", "UTF8"]
    )
    here = (f"port={port}", "listen_addresses=127.0.0.1", f"unix_socket_directories={folder}")
    options = [f"--{setting}" for setting in (*settings, *here)]
    with (folder / "log").open("wb") as log:
        server = subprocess.Popen(
            [*_ordinary("--pdeathsig=QUIT"), programs / "postgres", "-D", data, *options],
            stdout=subprocess.DEVNULL,
            stderr=log,
            start_new_session=True,  # Ctrl-C is for the tests, which still clear away their database
        )
    atexit.register(_stop, server, folder)
    _wait(server, programs, port, folder)
    return Server(port, server.pid)


def _programs() -> Path:
    if not _INSTALLED:
        raise RuntimeError("No PostgreSQL server is installed. Run `make postgresql`, then again.")
    return _INSTALLED[-1]


def _ordinary(*more: str) -> list[str]:
    """What goes before a command: PostgreSQL refuses to run as root."""
    rights = [] if os.getuid() else ["--reuid=postgres", "--regid=postgres", "--clear-groups"]
    return ["setpriv", *rights, *more]


def _told(command: list[Any]) -> None:
    done = subprocess.run([*_ordinary(), *command], capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"PostgreSQL could not be set up: {done.stderr.strip()}")


def _free_port() -> int:
    with socket.socket() as asked:
        asked.bind(("127.0.0.1", 0))
        return int(asked.getsockname()[1])


def _wait(server: "subprocess.Popen[bytes]", programs: Path, port: int, folder: Path) -> None:
    asking: list[str | Path] = [programs / "pg_isready", "--quiet", "--host", "127.0.0.1", "--port", str(port)]
    until = time.monotonic() + 60
    while subprocess.run(asking, check=False).returncode:
        if server.poll() is not None or time.monotonic() > until:
            raise RuntimeError(f"PostgreSQL did not start: {(folder / 'log').read_text()}")
        time.sleep(0.1)


def _stop(server: "subprocess.Popen[bytes]", folder: Path) -> None:
    server.send_signal(3)  # SIGQUIT: at once; nothing of it is kept
    server.wait(timeout=30)
    shutil.rmtree(folder, ignore_errors=True)
