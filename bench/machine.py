"""What the numbers were measured on, and how busy it was."""

import os
import platform
import subprocess
from importlib.metadata import version
from pathlib import Path

PACKAGES = ("numpy", "scipy", "numba", "duckdb", "pyarrow", "polars", "deltalake")


def hardware() -> dict[str, str]:
    """Processor, memory and system in words."""
    return {
        "processor": f"{os.cpu_count()} cores, {_processor()}",
        "memory": f"{os.sysconf('SC_PAGE_SIZE') * os.sysconf('SC_PHYS_PAGES') / 2**30:.0f} GB",
        "system": f"{platform.system()} {platform.machine()}",
    }


def description() -> dict[str, str]:
    """The same with the versions of what is timed."""
    return hardware() | {
        "python": platform.python_version(),
        "packages": ", ".join(f"{name} {version(name)}" for name in PACKAGES),
        "commit": _commit(),
    }


def load() -> float:
    """Processes that wanted a processor in the last minute, ours included."""
    return os.getloadavg()[0]


def _processor() -> str:
    """The family of the processor, where the system says it."""
    information = Path("/proc/cpuinfo")
    lines = information.read_text(encoding="utf-8").splitlines() if information.exists() else []
    said = {name.strip(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
    if "model name" not in said:
        return platform.processor() or platform.machine()
    return f"{said['model name']} (family {said.get('cpu family', '?')}, model {said.get('model', '?')})"


def _commit() -> str:
    asked = subprocess.run(["git", "rev-parse", "--short", "HEAD"], capture_output=True, text=True, check=False)
    return asked.stdout.strip() or "unknown"
