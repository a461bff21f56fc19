"""`keepers serve`: the web app and its worker; `keepers web` and `keepers worker` are the same, apart."""

import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from threading import Event, Thread
from typing import Annotated

import typer

from keepers.cli.options import Host, Port
from keepers.core.errors import KeepersError

Processes = Annotated[int, typer.Option(min=1, help="Processes that answer.")]

WayIn = Annotated[
    str | None,
    typer.Option("--way-in", metavar="EMAIL", help="Only print a link for an account that lost its second step."),
]

KILLED_AFTER = 5  # seconds in which a process of pages may finish when it is asked to end
AT_ONCE = 1.0  # seconds in which a worker that is at nothing ends
SAFE_POINT_WITHIN = 10.0  # seconds in which a job may come to a point where nothing of its work is half done
THREADS = 4
LOOKS_EVERY, REST = 0.2, 1.0  # seconds between looks at the worker, and before another follows one that died
LOOPBACK = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}  # noqa: S104 - every network of the machine, and how it itself gets there
SETTINGS = "keepers.web.settings"


class PortTakenError(KeepersError):
    """Another program listens on the port already."""


def serve(host: Host = "127.0.0.1", port: Port = 8000, way_in: WayIn = None) -> None:
    """Serve the app in a browser, with the worker that imports and values beside it."""
    if way_in is None:
        serve_app(host, port, for_demo=False)
    else:
        _tell_way_in(host, port, way_in)


def web(host: Host = "127.0.0.1", port: Port = 8000, processes: Processes = 2) -> None:
    """Serve the pages only; a worker runs apart (keepers worker)."""
    refuse_taken(host, port)
    answer_to(host)
    _announce(host, port, for_demo=False)
    _answer(host, port, processes)


def worker() -> None:
    """Do the work that pages hand over: imports, runs, exports."""
    from keepers.web.starting import make_ready

    make_ready(typer.echo, at=datetime.now(UTC))
    command = _worker_command()
    sys.stdout.flush()
    # it becomes the worker itself, so that whoever asks it to end asks the worker
    os.execv(command[0], command)  # noqa: S606 - our own command


def serve_app(host: str, port: int, *, for_demo: bool) -> None:
    """Serve pages and worker until interrupted.

    Raises:
        PortTakenError: something listens there already.
    """
    refuse_taken(host, port)
    answer_to(host)
    _announce(host, port, for_demo=for_demo)
    with _worker_beside():
        _answer(host, port, processes=1)


def refuse_taken(host: str, port: int) -> None:
    """Say so early when nothing can listen there.

    Raises:
        PortTakenError: something listens there already, or the address is not this machine's.
    """
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise PortTakenError(
                f"Nothing can listen on {host}:{port} ({error.strerror}). Choose another with --port.",
            ) from error


def answer_to(host: str) -> None:
    """The address that it listens on is a name that it answers to."""
    named = os.environ.get("KEEPERS_HOSTS", "")
    if host not in LOOPBACK:
        os.environ["KEEPERS_HOSTS"] = f"{named},{_in_addresses(host)}"


def _tell_way_in(host: str, port: int, email: str) -> None:
    """Print the link by which somebody comes in again, at the address that is served here, now or later.

    Raises:
        NobodyThereError: no account that may sign in has this address.
    """
    from keepers.web.starting import bring_up_to_date, link_back

    bring_up_to_date()
    link = link_back(email, at=datetime.now(UTC))
    typer.echo(f"The way in of {email}, good once and for a week: {_address(host, port)}{link}")


def _announce(host: str, port: int, *, for_demo: bool) -> None:
    from keepers.web.starting import first_link, make_ready

    at = datetime.now(UTC)
    make_ready(typer.echo, at=at)
    if for_demo:
        from keepers.web.made_up import make_up

        make_up(at=at)
    here, link = _address(host, port), first_link(at=at, for_demo=for_demo)
    typer.echo(f"\nKeepers is served on {here}")
    if link is not None:
        typer.echo(f"Your way in, good once and for a day: {here}{link}")
    if host in LOOPBACK:
        typer.echo("Other machines reach it by the names of this one that KEEPERS_HOSTS lists, separated by commas.")
    typer.echo("Stop it with Ctrl-C.\n")


def _address(host: str, port: int) -> str:
    return f"http://{LOOPBACK.get(host) or _in_addresses(host)}:{port}"


def _in_addresses(host: str) -> str:
    return f"[{host}]" if ":" in host else host


def _answer(host: str, port: int, processes: int) -> None:
    import multiprocessing  # no other verb needs it

    from granian.constants import Interfaces
    from granian.log import LogLevels
    from granian.server import Server

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", SETTINGS)
    # the warehouse's threads, started in this process, would not outlive a fork
    multiprocessing.set_start_method("spawn", force=True)
    Server(
        "keepers.web.wsgi:application",
        address=host,
        port=port,
        interface=Interfaces.WSGI,
        workers=processes,
        blocking_threads=THREADS,
        respawn_failed_workers=True,
        workers_kill_timeout=KILLED_AFTER,
        log_level=LogLevels.warning,
    ).serve()


@contextmanager
def _worker_beside() -> Iterator[None]:
    """A worker's process for as long as the block runs; one that dies is followed by another."""
    ends = Event()
    keeper = Thread(target=_keep_working, args=(ends,), name="worker-keeper")
    keeper.start()
    try:
        yield
    finally:
        ends.set()
        keeper.join()


def _keep_working(ends: Event) -> None:
    while not ends.is_set():
        process = subprocess.Popen(_worker_command())  # noqa: S603 - our own command
        while process.poll() is None and not ends.wait(LOOKS_EVERY):
            pass
        if process.poll() is None:
            _stop(process)
        if not ends.wait(REST):
            _take_up_what_it_left()


def _take_up_what_it_left() -> None:
    """A worker died: what it was at is begun again by the next one."""
    from keepers.web.starting import ask_beside_others

    ask_beside_others()


def _stop(process: "subprocess.Popen[bytes]") -> None:
    """Ask the worker to end: it takes no other job and stops its own at a safe point, or else is made to end."""
    process.terminate()
    if _has_ended(process, within=AT_ONCE):
        return
    typer.echo(f"A job is under way. Waiting up to {SAFE_POINT_WITHIN:.0f} seconds for a safe point to stop at.")
    if not _has_ended(process, within=SAFE_POINT_WITHIN):
        process.kill()
        process.wait()
        typer.echo(
            "Ended in its midst; nothing is lost or doubled. After the next start its page offers to begin again."
        )


def _has_ended(process: "subprocess.Popen[bytes]", *, within: float) -> bool:
    try:
        process.wait(timeout=within)
    except subprocess.TimeoutExpired:
        return False
    return True


def _worker_command() -> list[str]:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", SETTINGS)
    quiet = ("--no-reload", "--no-startup-delay", "--interval", "0.5", "--verbosity", "0")
    checks = "--skip-checks"  # they would load all pages
    return [sys.executable, "-m", "django", "db_worker", *quiet, checks]
