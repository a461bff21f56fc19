"""Private folders of a process, named so that another can tell whether their process still lives."""

import os
from pathlib import Path
from uuid import uuid4


def private_folder(parent: Path, purpose: str) -> Path:
    """A folder's path of this process alone; the caller makes and removes it."""
    return parent / f"{purpose}-{os.getpid()}-{uuid4().hex[:8]}"


def abandoned_folders(parent: Path, purpose: str) -> list[Path]:
    """Those whose process is gone."""
    return [folder for folder in sorted(parent.glob(f"{purpose}-*")) if not _is_alive(folder.name.split("-")[1])]


def _is_alive(process: str) -> bool:
    if not process.isdigit():
        return False
    try:
        os.kill(int(process), 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
