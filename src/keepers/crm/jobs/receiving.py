"""Receives uploaded files straight into the workspace: never in memory, never twice on the disk."""

import shutil
from collections.abc import Callable
from datetime import timedelta
from functools import wraps
from pathlib import Path
from typing import IO, Any
from uuid import uuid4

from django import forms
from django.conf import settings
from django.core.files.uploadedfile import TemporaryUploadedFile, UploadedFile
from django.core.files.uploadhandler import FileUploadHandler
from django.http import HttpRequest, HttpResponseBase
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _
from django.views.decorators.csrf import csrf_exempt, csrf_protect

RECEIVING = "receiving-"
KEPT_FOR = timedelta(days=7)  # what nobody goes on with
LONGEST_FILE_NAME = 200  # bytes; file systems end at 255
View = Callable[[HttpRequest], HttpResponseBase]


def receiving(view: View) -> View:
    """Files posted to the view go straight into the workspace; those that it does not take in are gone afterwards."""
    protected = csrf_protect(view)

    @csrf_exempt  # the token is checked within, once the files go straight into the workspace
    @wraps(view)
    def received(request: HttpRequest) -> HttpResponseBase:
        if request.method != "POST":
            return view(request)
        receiver = IntoWorkspace(request)
        request.upload_handlers = [receiver]
        try:
            return protected(request)
        finally:
            receiver.forget()

    return received


def put(file: "UploadedFile[Any]", folder: Path) -> Path:
    """Where in a folder a file that was received lies from now on, under its own name."""
    path = free_path(folder, file.name or "file")
    if isinstance(file, ReceivedFile):
        Path(file.received_at).rename(path)
    elif isinstance(file, TemporaryUploadedFile):
        shutil.move(file.temporary_file_path(), path)
    else:
        with path.open("wb") as kept:
            shutil.copyfileobj(file, kept)
    return path


def free_path(folder: Path, name: str) -> Path:
    """A path for a file of this name; two of one name are told apart."""
    path, number = folder / name, 2
    while path.exists():
        path = folder / f"{number}-{name}"
        number += 1
    return path


class ReceivedFile(UploadedFile):  # type: ignore[type-arg]  # not generic when it runs
    """A file that lies in the workspace already, under a name that is nobody's."""

    def __init__(self, file: IO[bytes], name: str, content_type: str | None, size: int) -> None:
        super().__init__(file, name, content_type, size)
        self.received_at = file.name


class IntoWorkspace(FileUploadHandler):
    """Writes each part of the request as it comes."""

    chunk_size = 1 << 20
    _to: IO[bytes]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._received: list[IO[bytes]] = []

    def new_file(self, *args: Any, **kwargs: Any) -> None:
        """Begin a file."""
        super().new_file(*args, **kwargs)
        folder: Path = settings.WORKSPACE.uploads
        folder.mkdir(parents=True, exist_ok=True)
        self._to = (folder / f"{RECEIVING}{uuid4().hex}").open("w+b")
        self._received.append(self._to)

    def receive_data_chunk(self, raw_data: bytes, start: int) -> bytes | None:  # noqa: ARG002 - Django passes it
        """Write what came."""
        self._to.write(raw_data)
        return None

    def file_complete(self, file_size: int) -> ReceivedFile | None:
        """Hand the file over."""
        self._to.flush()
        self._to.seek(0)
        return ReceivedFile(self._to, self.file_name or "", self.content_type, file_size)

    def upload_interrupted(self) -> None:
        """Leave nothing of a file that did not come to its end."""
        self.forget()

    def forget(self) -> None:
        """Remove what came and was not taken in."""
        for file in self._received:
            file.close()
            Path(file.name).unlink(missing_ok=True)


def has_short_name(file: "UploadedFile[Any]") -> None:
    """Refuse a file that could not be kept under its name."""
    if len((file.name or "").encode()) > LONGEST_FILE_NAME:
        raise forms.ValidationError(_now("its name is too long. Give it a shorter one."))


class FilesInput(forms.FileInput):
    """A chooser of several files, onto which they may be dropped."""

    allow_multiple_selected = True

    def value_from_datadict(self, data: Any, files: Any, name: str) -> Any:  # noqa: ARG002 - Django passes it
        """All of them."""
        return files.getlist(name)


class FilesField(forms.FileField):
    """One or more files of some kinds."""

    def __init__(self, *, label: Any, endings: str) -> None:
        super().__init__(
            label=label,
            widget=FilesInput({"accept": endings, "multiple": True}),
            max_length=200,
            validators=[has_short_name],
            error_messages={
                "required": _("Choose one or more files first."),
                "empty": _("it is empty. Export it again, or leave it out."),
            },
        )

    def clean(self, data: Any, initial: Any = None) -> Any:
        """Each file by itself."""
        return [self._clean_one(file, initial) for file in data or [None]]

    def _clean_one(self, file: Any, initial: Any) -> Any:
        try:
            return super().clean(file, initial)
        except forms.ValidationError as error:
            if file is None:
                raise
            raise forms.ValidationError(f"{file.name}: {error.messages[0]}") from error
