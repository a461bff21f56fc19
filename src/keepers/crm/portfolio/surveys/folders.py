"""Where the file of a survey lies until the worker has read it: below the workspace's uploads."""

import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any

from django.conf import settings

from keepers.crm.jobs.receiving import put
from keepers.crm.portfolio.surveys.models import Survey

if TYPE_CHECKING:
    from django.core.files.uploadedfile import UploadedFile


def take_in(survey: Survey, received: "UploadedFile[Any]") -> None:
    """Move what was received to where the worker finds it."""
    folder = _folder_of(survey)
    folder.mkdir(parents=True)
    put(received, folder)


def file_of(survey: Survey) -> Path | None:
    """The file as it came; None where it is gone."""
    return next(iter(_folder_of(survey).glob("*")), None)


def clear(survey: Survey) -> None:
    """Remove the file, which says who was asked."""
    shutil.rmtree(_folder_of(survey), ignore_errors=True)


def _folder_of(survey: Survey) -> Path:
    uploads: Path = settings.WORKSPACE.uploads
    return uploads / f"survey-{survey.pk}"
