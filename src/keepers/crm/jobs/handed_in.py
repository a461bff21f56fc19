"""Files that jobs are to read: each in a folder of its own below the workspace's uploads, until it was read."""

import shutil
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from django.conf import settings

from keepers.crm.jobs.models import Job
from keepers.crm.jobs.receiving import KEPT_FOR, put

if TYPE_CHECKING:
    from django.core.files.uploadedfile import UploadedFile


def take_in(name: str, received: "UploadedFile[Any]") -> None:
    """Move what was received to where the worker finds it by a name; the job's `asked` names it as `handed_in`."""
    folder = _folder(name) / "files"
    folder.mkdir(parents=True)
    put(received, folder)


def file_of(name: str) -> Path | None:
    """The file as it came; None where it is gone."""
    return next(_folder(name).glob("files/*"), None)


def clear(name: str) -> None:
    """Remove the file, which says who was asked."""
    shutil.rmtree(_folder(name), ignore_errors=True)


def clear_old(*, at: datetime) -> None:
    """Remove files that came a week ago and that no job is to read."""
    before_that = _all().parent.glob("survey-*")  # where earlier versions put the answers to surveys
    in_hand = {job.asked.get("handed_in") for job in Job.objects.filter(state__in=Job.OPEN).only("asked")}
    for folder in (*_all().glob("*"), *before_that):
        with suppress(FileNotFoundError):  # the worker has read it meanwhile
            if folder.name not in in_hand and folder.stat().st_mtime < (at - KEPT_FOR).timestamp():
                shutil.rmtree(folder, ignore_errors=True)


def _folder(name: str) -> Path:
    return _all() / name


def _all() -> Path:
    uploads: Path = settings.WORKSPACE.uploads
    return uploads / "handed-in"
