"""Files that belong to a customer: kept in the workspace under names that nobody guesses."""

import mimetypes
from pathlib import Path
from typing import IO
from uuid import uuid4

from django.conf import settings
from django.db import transaction

from keepers.core.errors import KeepersError
from keepers.crm.customers.actions.acts import Act
from keepers.crm.customers.models import Attachment, Customer

LARGEST = 25 * 2**20  # bytes
PIECE = 1 << 20


class TooLargeError(KeepersError):
    """A file that is larger than attachments may be."""


def attach(act: Act, customer: Customer, name: str, content: IO[bytes]) -> Attachment:
    """Keep a file with a customer.

    Raises:
        TooLargeError: it has more bytes than `LARGEST`; nothing of it is kept.
    """
    plain = Path(name.replace("\\", "/")).name[:255] or "file"
    stored = uuid4().hex
    path = place_of(stored)
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        size = _written(content, path, plain)
        with transaction.atomic():
            kept = Attachment.objects.create(
                customer=customer,
                name=plain,
                stored_as=stored,
                size=size,
                content_type=mimetypes.guess_type(plain)[0] or "",
                added_at=act.at,
                added_by=act.by,
            )
            act.note("edit", customer, {"attachment": [None, plain]})
    except BaseException:
        path.unlink(missing_ok=True)
        raise
    return kept


def detach(act: Act, attachment: Attachment) -> None:
    """Remove a file for good."""
    path = place_of(attachment.stored_as)
    with transaction.atomic():
        act.note("edit", attachment.customer, {"attachment": [attachment.name, None]})
        attachment.delete()
        transaction.on_commit(lambda: path.unlink(missing_ok=True))


def place_of(stored_as: str) -> Path:
    """Where a file lies."""
    folder: Path = settings.WORKSPACE.attachments
    return folder / stored_as[:2] / stored_as


def _written(content: IO[bytes], path: Path, name: str) -> int:
    size = 0
    with path.open("wb") as file:
        while piece := content.read(PIECE):
            size += len(piece)
            if size > LARGEST:
                raise TooLargeError(
                    f'"{name}" is larger than {LARGEST // 2**20} MB. Attach a smaller one, or a link to where it lies.'
                )
            file.write(piece)
    return size
