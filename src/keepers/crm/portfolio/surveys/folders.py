"""Where the file of a survey lies until the worker has read it: below the workspace's uploads."""

import shutil
from collections.abc import Iterable, Iterator
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.utils.translation import gettext as _

from keepers.core.errors import NothingToDoError
from keepers.crm.jobs.receiving import put
from keepers.crm.portfolio.surveys.models import Survey

if TYPE_CHECKING:
    from django.core.files.uploadedfile import UploadedFile


def take_in(survey: Survey, received: "UploadedFile[Any]") -> None:
    """Move what was received to where the worker finds it."""
    folder = _folder_of(survey) / "files"
    folder.mkdir(parents=True)
    put(received, folder)


def has_file(survey: Survey) -> bool:
    """Whether the file as it came is there."""
    return any(_files_of(survey))


def file_of(survey: Survey) -> Path:
    """The file as it came.

    Raises:
        NothingToDoError: it is gone.
    """
    found = next(_files_of(survey), None)
    if found is None:
        raise NothingToDoError(_("The file of this survey is gone. Remove the survey, and bring it again."))
    return found


def clear(survey: Survey) -> None:
    """Remove the file, which says who was asked."""
    shutil.rmtree(_folder_of(survey), ignore_errors=True)


def clear_old(*, before: datetime, in_hand: Iterable[int]) -> None:
    """Remove files that came before then, but for those of the surveys that are in hand, by their keys."""
    left_alone = {_name_of(survey) for survey in in_hand}
    for folder in _uploads().glob(_name_of("*")):
        with suppress(FileNotFoundError):  # the worker has read it meanwhile
            if folder.name not in left_alone and folder.stat().st_mtime < before.timestamp():
                shutil.rmtree(folder, ignore_errors=True)


def _folder_of(survey: Survey) -> Path:
    return _uploads() / _name_of(survey.pk)


def _files_of(survey: Survey) -> Iterator[Path]:
    return _folder_of(survey).glob("files/*")


def _name_of(key: int | str) -> str:
    return f"survey-{key}"


def _uploads() -> Path:
    found: Path = settings.WORKSPACE.uploads
    return found
