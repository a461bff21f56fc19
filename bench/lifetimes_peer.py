"""Installs the peer `lifetimes` into an environment of its own, and asks it for timings."""

import json
import subprocess
from pathlib import Path

from bench.timing import Timing

HERE = Path(__file__).parent
ENVIRONMENT = HERE / ".environments" / "lifetimes"
PINS = HERE / "requirements-lifetimes.txt"
UV = HERE.parent / ".uv" / "bin" / "uv"
PYTHON = "3.11"  # the newest that the versions it needs were built for


class PeerMissingError(Exception):
    """The peer could not be installed or failed; its columns stay empty."""


class LifetimesPeer:
    """The peer's answers; each job runs in a process of its own."""

    def __init__(self) -> None:
        python = ENVIRONMENT / "bin" / "python"
        if not (ENVIRONMENT / ".installed").exists():
            _call([str(UV), "venv", "--quiet", "--allow-existing", "--python", PYTHON, str(ENVIRONMENT)])
            _call([str(UV), "pip", "sync", "--quiet", "--require-hashes", "--python", str(python), str(PINS)])
            (ENVIRONMENT / ".installed").touch()
        self._python = str(python)

    def timing(self, job: str, file: Path) -> Timing:
        """Time one of the jobs of `peers/lifetimes_jobs.py` on a file.

        Raises:
            PeerMissingError: the job failed.
        """
        given = json.loads(_call([self._python, str(HERE / "peers" / "lifetimes_jobs.py"), job, str(file)]))
        return Timing(given["cpu_s"], given["wall_s"])


def _call(command: list[str]) -> str:
    try:
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout
    except (OSError, subprocess.CalledProcessError) as error:
        said = getattr(error, "stderr", "") or str(error)
        raise PeerMissingError(f"{' '.join(command[:4])} failed: {said.strip().splitlines()[-1]}") from error
