"""What an audit row tells other programs: which kind of event, of what, without anybody's name or address.

Receivers ask the API for the rest, with the rights of their key.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from keepers.crm.customers.duplicates.models import Merge
from keepers.crm.customers.models import Customer, StageMove
from keepers.crm.customers.timeline.models import Touch
from keepers.crm.people.models import AuditEntry
from keepers.crm.people.roles import Noun
from keepers.crm.webhooks.kinds import Kind
from keepers.crm.work.models import Task

MOVES_AT_ONCE = 500
_PLAIN = {
    (Noun.CUSTOMERS, "create"): Kind.CREATED,
    (Noun.CUSTOMERS, "edit"): Kind.CHANGED,
    (Noun.CUSTOMERS, "merge"): Kind.MERGED,
    (Noun.CUSTOMERS, "undo merge"): Kind.PARTED,
    (Noun.CUSTOMERS, "delete"): Kind.DELETED,
    (Noun.CUSTOMERS, "erase"): Kind.ERASED,
    (Noun.CUSTOMERS, "import"): Kind.IMPORT_LANDED,
    (Noun.CUSTOMERS, "undo"): Kind.CHANGED,
    (Noun.TOUCHES, "create"): Kind.TOUCH_ADDED,
    (Noun.TOUCHES, "edit"): Kind.TOUCH_CHANGED,
    (Noun.TOUCHES, "delete"): Kind.TOUCH_REMOVED,
    (Noun.TASKS, "create"): Kind.TASK_CREATED,
    (Noun.TASKS, "edit"): Kind.TASK_CHANGED,
    (Noun.TASKS, "hand over"): Kind.TASK_CHANGED,
    (Noun.TASKS, "move"): Kind.TASK_CHANGED,
    (Noun.TASKS, "reopen"): Kind.TASK_CHANGED,
    (Noun.TASKS, "complete"): Kind.TASK_DONE,
    (Noun.TASKS, "drop"): Kind.TASK_DROPPED,
    (Noun.CAMPAIGNS, "approve"): Kind.APPROVED,
    (Noun.DATA, "land"): Kind.IMPORT_LANDED,
    (Noun.DATA, "publish"): Kind.PUBLISHED,
}
_TOLD_WHOLE = frozenset({Kind.IMPORT_LANDED, Kind.IMPORT_SWITCHED, Kind.PUBLISHED, Kind.APPROVED})
"""Of these the audit row's counts are told; of all others the names of the fields that changed."""


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened.

    name: its id, always the same for the same
    """

    name: str
    kind: Kind
    body: dict[str, Any]


def events_of(entry: AuditEntry) -> Iterator[Event]:
    """What an audit row tells; nothing where nobody can listen to it."""
    kind = _kind(entry)
    if kind is None:
        return
    if kind == Kind.STAGE and not entry.thing and entry.via == AuditEntry.Via.RULE:
        yield from _moves_by_rule(entry)
        return
    yield Event(f"evt_{entry.pk}", kind, _body(f"evt_{entry.pk}", kind, entry) | _about(kind, entry))


def trial(name: str, at: str) -> Event:
    """What is sent to try an address."""
    return Event(name, Kind.PING, {"id": name, "type": Kind.PING.value, "at": at})


def _kind(entry: AuditEntry) -> Kind | None:
    if entry.noun == Noun.DATA and entry.verb == "edit" and "active" in entry.changes:
        return Kind.IMPORT_SWITCHED
    kind = _PLAIN.get((Noun(entry.noun), entry.verb)) if entry.noun in Noun.values else None
    if kind == Kind.CHANGED and "stage" in entry.changes:
        return Kind.STAGE
    if kind == Kind.CHANGED and any(name.startswith("consent ") for name in entry.changes):
        return Kind.CONSENT
    return kind


def _body(name: str, kind: Kind, entry: AuditEntry) -> dict[str, Any]:
    by = {"id": entry.actor_id, "via": entry.via}
    return {"id": name, "type": kind.value, "at": entry.at.isoformat(), "by": by}


def _about(kind: Kind, entry: AuditEntry) -> dict[str, Any]:
    changes = entry.changes
    if kind in _TOLD_WHOLE:
        return {"about": {name: value for name, value in changes.items() if isinstance(value, int | str | list)}}
    number = int(entry.thing) if entry.thing.isdigit() else None
    if entry.noun == Noun.CUSTOMERS and number is not None:
        return {"customer": _customer(number)} | _changed(kind, entry, number)
    if entry.noun == Noun.TOUCHES and number is not None:
        touch = Touch.objects.filter(pk=number).first()
        about = {"id": number} | ({} if touch is None else {"kind": touch.kind, "outcome": touch.outcome})
        return {"touch": about, "customer": _customer(touch.customer_id if touch else None)}
    if entry.noun == Noun.TASKS and number is not None:
        task = Task.objects.filter(pk=number).first()
        about = {"id": number} | ({} if task is None else {"kind": task.kind, "outcome": task.outcome})
        return {"task": about, "customer": _customer(task.customer_id if task else None)}
    counts = {name: value for name, value in changes.items() if isinstance(value, int)}
    return {"changed": sorted(set(changes) - set(counts)), "counts": counts}


def _changed(kind: Kind, entry: AuditEntry, number: int) -> dict[str, Any]:
    changes = entry.changes
    if kind == Kind.STAGE:
        before, after = changes["stage"]
        return {"before": before, "after": after}
    if kind == Kind.CONSENT:
        said = [(*name.split(" ")[1:3], value[1]) for name, value in changes.items() if name.startswith("consent ")]
        return {"consents": [dict(zip(("channel", "purpose", "state"), each, strict=True)) for each in said]}
    if kind == Kind.MERGED:
        absorbed = Merge.objects.filter(kept=number, at=entry.at).values_list("absorbed_id", flat=True)
        return {"absorbed": sorted(absorbed)}
    return {"changed": sorted(changes)} if kind == Kind.CHANGED else {}


def _customer(number: int | None) -> dict[str, Any] | None:
    """By our number, and by the key that orders know them by where it is still known."""
    if number is None:
        return None
    key = Customer.everyone.filter(pk=number).values_list("key", flat=True).first()
    return {"id": number, "key": key}


def _moves_by_rule(entry: AuditEntry) -> Iterator[Event]:
    """A publication moves many: some hundred of them a telling."""
    moves = StageMove.objects.filter(at=entry.at, by=None).order_by("pk")
    last, part = 0, 0
    while some := list(moves.filter(pk__gt=last).select_related("customer")[:MOVES_AT_ONCE]):
        last, part, name = some[-1].pk, part + 1, f"evt_{entry.pk}_{part}"
        yield Event(name, Kind.STAGE, _body(name, Kind.STAGE, entry) | {"customers": _moved(some)})


def _moved(moves: Sequence[StageMove]) -> list[dict[str, Any]]:
    return [
        {"id": move.customer_id, "key": move.customer.key, "before": move.before, "after": move.after} for move in moves
    ]
