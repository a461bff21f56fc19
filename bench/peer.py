"""A peer lives in an environment of its own, which the bench installs, and answers with timings."""

import json
import os
import shutil
import subprocess
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Protocol

from bench import machine
from bench.timing import Timing

HERE = Path(__file__).parent
ENVIRONMENTS = HERE / ".environments"
UV = HERE.parent / ".uv" / "bin" / "uv"
LONGEST_S = 300.0  # a job that takes longer is given up; its columns stay empty
LONGEST_ONCE_S = 1200.0  # the same for what is measured once and kept


class PeerMissingError(Exception):
    """The peer could not be installed, failed or took too long; its columns stay empty."""


class Peer(Protocol):
    """Who else does the same work."""

    @property
    def name(self) -> str:
        """As the tables call it."""

    def timing(self, job: str, file: Path) -> Timing:
        """Time one of its jobs on a file.

        Raises:
            PeerMissingError: the job failed or took too long.
        """

    def timing_once(self, job: str, file: Path) -> Timing:
        """The same, measured once and kept with the machine's description: for what takes too long to repeat."""


@dataclass(frozen=True, slots=True)
class Peers:
    """The peers that are here; None where one could not be installed."""

    lifetimes: Peer | None
    pymc: Peer | None


@dataclass(frozen=True, slots=True)
class InstalledPeer:
    """A peer from the registry: pinned in `requirements-<key>.txt`, its jobs in `peers/<key>_jobs.py`.

    `python` is the newest that its versions were built for.
    """

    name: str
    key: str
    python: str

    def installed(self) -> "InstalledPeer":
        """The same, after its environment was made where it was not there.

        Raises:
            PeerMissingError: it cannot be installed here.
        """
        stamp = self._environment / ".installed"
        if not stamp.exists():
            python = str(self._interpreter)
            pins = str(HERE / f"requirements-{self.key}.txt")
            made = ["--python", _python_named(self.python), str(self._environment)]
            _call([str(UV), "venv", "--quiet", "--allow-existing", *made], LONGEST_ONCE_S)
            _call([str(UV), "pip", "sync", "--quiet", "--require-hashes", "--python", python, pins], LONGEST_ONCE_S)
            stamp.touch()
        return self

    def timing(self, job: str, file: Path) -> Timing:
        """Time a job in a process of its own."""
        return self._timed(job, file, LONGEST_S)

    def timing_once(self, job: str, file: Path) -> Timing:
        """From `peers/<key>_timings.json`, or measured now and written there."""
        kept = HERE / "peers" / f"{self.key}_timings.json"
        known = json.loads(kept.read_text(encoding="utf-8")) if kept.exists() else {}
        name = f"{job} {file.stem}"
        if name not in known:
            timing = self._timed(job, file, LONGEST_ONCE_S)
            measured = {"measured_on": datetime.now(UTC).date().isoformat(), "load": round(machine.load(), 1)}
            known[name] = {"timing": asdict(timing), **measured, "machine": machine.hardware()}
            kept.write_text(json.dumps(known, indent=1) + "\n", encoding="utf-8")
        return Timing(**known[name]["timing"])

    def answer(self, job: str, file: Path) -> dict[str, Any]:
        """The last line that a job prints, as the object that it is."""
        return self._answered(job, file, LONGEST_ONCE_S)

    def _answered(self, job: str, file: Path, limit_s: float) -> dict[str, Any]:
        script = str(HERE / "peers" / f"{self.key}_jobs.py")
        told: dict[str, Any] = json.loads(
            _call([str(self._interpreter), script, job, str(file)], limit_s).splitlines()[-1]
        )
        return told

    def _timed(self, job: str, file: Path, limit_s: float) -> Timing:
        given = self._answered(job, file, limit_s)
        return Timing(given["cpu_s"], given["wall_s"], peak_mb=given.get("peak_mb"))

    @property
    def _environment(self) -> Path:
        return ENVIRONMENTS / self.key

    @property
    def _interpreter(self) -> Path:
        return self._environment / "bin" / "python"


def asked(peer: Peer | None, job: str, file: Path) -> Timing | None:
    """A peer's timing; None, and a line that says why, where there is none."""
    return None if peer is None else _or_none(lambda: peer.timing(job, file))


def asked_once(peer: Peer | None, job: str, file: Path) -> Timing | None:
    """The same of a job that is measured once and kept."""
    return None if peer is None else _or_none(lambda: peer.timing_once(job, file))


def _or_none(timing: Callable[[], Timing]) -> Timing | None:
    try:
        return timing()
    except PeerMissingError as failed:
        print(failed)
        return None


def _python_named(version: str) -> str:
    """An interpreter of this version: pyenv hides those that are not switched on; else uv looks for one."""
    shims = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv")) / "versions"
    found = sorted(shims.glob(f"{version}.*/bin/python"))
    return str(found[-1]) if found else shutil.which(f"python{version}") or version


def _call(command: list[str], limit_s: float) -> str:
    try:
        return subprocess.run(command, capture_output=True, text=True, check=True, timeout=limit_s).stdout
    except subprocess.TimeoutExpired:
        raise PeerMissingError(f"{' '.join(command[1:4])} took more than {limit_s:.0f} s and was given up.") from None
    except (OSError, subprocess.CalledProcessError) as error:
        said = getattr(error, "stderr", "") or str(error)
        raise PeerMissingError(f"{' '.join(command[:4])} failed: {said.strip().splitlines()[-1]}") from error
