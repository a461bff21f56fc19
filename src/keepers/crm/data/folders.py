"""Where uploads lie until they have landed: each in a folder of its own, below the workspace's uploads."""

import os
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any

from django.conf import settings

from keepers.crm.data.models import Upload
from keepers.crm.jobs.receiving import put
from keepers.loop.imports.staged import REJECTS
from keepers.loop.workspace import Workspace

if TYPE_CHECKING:
    from collections.abc import Iterable

    from django.core.files.uploadedfile import UploadedFile

RATES_FOLDER = "keepers-rates-"
END_OF_PARQUET = b"PAR1"


def workspace() -> Workspace:
    """The workspace that the app serves."""
    found: Workspace = settings.WORKSPACE
    return found


def folder_of(upload: Upload) -> Path:
    """Everything of an upload."""
    return workspace().uploads / str(upload.pk)


def files_of(upload: Upload) -> list[Path]:
    """The files as they came, in the order they were named."""
    return [folder_of(upload) / "files" / head["name"] for head in upload.heads]


def staging_of(upload: Upload) -> Path:
    """What its latest check made of them."""
    return folder_of(upload) / "staging" / str(upload.check_job_id)


def rejects_of(upload: Upload) -> Path | None:
    """The rows that the check could not use, if there were any."""
    path = staging_of(upload) / REJECTS
    return path if path.exists() and is_whole(path) else None


def is_whole(path: Path) -> bool:
    """Whether a Parquet file was written to its end; a killed check leaves half of one."""
    with path.open("rb") as file:
        file.seek(0, os.SEEK_END)
        file.seek(max(0, file.tell() - len(END_OF_PARQUET)))
        return file.read() == END_OF_PARQUET


def take_in(upload: Upload, received: "Iterable[UploadedFile[Any]]") -> list[Path]:
    """Move what was received into the upload's folder; two of one name are told apart."""
    folder = folder_of(upload) / "files"
    folder.mkdir(parents=True)
    return [put(file, folder) for file in received]


def clear(upload: Upload) -> None:
    """Remove everything of an upload."""
    shutil.rmtree(folder_of(upload), ignore_errors=True)


def begin_staging(upload: Upload) -> Path:
    """An empty folder for a check; those of earlier checks are gone with it."""
    folder = staging_of(upload)
    shutil.rmtree(folder.parent, ignore_errors=True)
    folder.mkdir(parents=True)
    return folder
