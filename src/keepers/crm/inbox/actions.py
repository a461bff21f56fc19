"""Taking in what programs send: each thing by itself, once, kept before anybody is told that it was taken."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext as _

from keepers.core.errors import KeepersError
from keepers.crm.inbox.draining import PATIENCE, ask_for_draining
from keepers.crm.inbox.given import IDS, RESERVED, as_text, id_in, read
from keepers.crm.inbox.models import ROWS_AT_ONCE, InboxItem, InboxRow, Kind
from keepers.crm.people.audit import record
from keepers.crm.people.models import AuditEntry, User
from keepers.crm.people.roles import Noun
from keepers.loop.imports.inbox import is_of
from keepers.loop.tombstones import forgotten_in

KEYS_AT_ONCE = 500


class ReservedSourceError(KeepersError):
    """A source that is the app's own."""


@dataclass(slots=True)
class Received:
    """What became of what was sent: taken + same + refused are as many as came."""

    taken: int = 0
    same: int = 0
    refused: list[dict[str, Any]] = field(default_factory=list)


@dataclass(slots=True)
class _Read:
    place: int
    key: str
    body: Any
    why: str


def receive(kind: Kind, source: str, given: Sequence[Any], *, by: User, at: datetime) -> Received:
    """Keep what was sent until its batch lands; what is the same as its newest version is not kept again.

    Args:
        kind: orders or interactions.
        source: of whose they are.
        given: as they came.
        by: whose key brought them.
        at: when.

    Raises:
        ReservedSourceError: the source is the app's own.
    """
    if source.lower() in RESERVED:
        raise ReservedSourceError(_('The source "%(name)s" is our own. Give yours another name.') % {"name": source})
    found = [_read(kind, place, each, source) for place, each in enumerate(given, start=1)]
    with transaction.atomic():
        items = _items(kind, source, [each.key for each in found if each.key], at)
        told, rows = Received(), list[InboxRow]()
        for each in found:
            item = items.get(each.key)
            if row := _row(kind, source, each, item, told, at):
                rows.append(row)
        InboxItem.write(items.values(), ["version", "digest", "told_at", "problem"])
        InboxRow.objects.bulk_create(rows, batch_size=ROWS_AT_ONCE)
        if rows:
            changes = {"source": source, "taken": told.taken, "same": told.same, "refused": len(told.refused)}
            record(at=at, actor=by, verb="send", noun=Noun.DATA, changes={kind: changes}, via=AuditEntry.Via.API)
            transaction.on_commit(lambda: ask_for_draining(at + PATIENCE))
    return told


def _read(kind: Kind, place: int, given: Any, source: str) -> _Read:
    body, why = read(kind, given)
    if why:
        text = "" if is_of(forgotten_in(settings.WORKSPACE), given, source) else as_text(given)
        return _Read(place, id_in(kind, given), text, why)
    return _Read(place, body[IDS[kind]], body, "")


def _items(kind: Kind, source: str, keys: Sequence[str], at: datetime) -> dict[str, InboxItem]:
    """The items of these ids, those that are new among them; others who bring the same wait for this transaction."""
    wanted = sorted(set(keys))
    new = [InboxItem(kind=kind, source=source, external_id=key, told_at=at) for key in wanted]
    InboxItem.objects.bulk_create(new, batch_size=ROWS_AT_ONCE, ignore_conflicts=True)
    found: dict[str, InboxItem] = {}
    for start in range(0, len(wanted), KEYS_AT_ONCE):
        part = wanted[start : start + KEYS_AT_ONCE]
        known = InboxItem.objects.select_for_update().filter(kind=kind, source=source, external_id__in=part)
        found |= {item.external_id: item for item in known.order_by("pk")}
    return found


def _row(kind: Kind, source: str, each: _Read, item: InboxItem | None, told: Received, at: datetime) -> InboxRow | None:
    """The row to keep; None where the newest version is the same."""
    row = InboxRow(kind=kind, source=source, item=item, body=each.body, place=each.place, problem=each.why, told_at=at)
    if each.why:
        told.refused.append({"row": each.place, "id": each.key, "why": each.why})
        if item is not None:
            item.problem, item.told_at = each.why, at
        return row
    assert item is not None
    digest = sha256(as_text(each.body).encode()).hexdigest()
    if item.digest == digest:
        item.problem = ""
        told.same += 1
        return None
    item.version, item.digest, item.problem, item.told_at = item.version + 1, digest, "", at
    row.version = item.version
    told.taken += 1
    return row
