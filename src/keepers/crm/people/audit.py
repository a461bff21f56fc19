"""What was done, kept in the transaction that did it."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import connection, transaction
from django.db.models import Model
from django.utils.module_loading import import_string

from keepers.crm.people.models import AuditEntry, User

LONGEST_NAME = 255


def record(
    *,
    at: datetime,
    actor: User | None,
    verb: str,
    noun: str,
    thing: Model | None = None,
    changes: Mapping[str, Any] | None = None,
    via: str = "",
) -> AuditEntry:
    """Add one row to the audit log; call it inside the action's transaction.

    Args:
        at: when.
        actor: who; None for a rule or a machine.
        verb: what was done: create, edit, delete, export, merge, undo …
        noun: to what kind of thing.
        thing: to which one; None for many at once.
        changes: field → [before, after], or counts where many were changed at once.
        via: the way it came; empty for the way by which who did it came in.
    """
    _call_who_listens()
    return AuditEntry.objects.create(
        at=at,
        actor=actor,
        actor_name=str(actor or ""),
        via=via or (actor and actor.came_by) or AuditEntry.Via.PAGE,
        verb=verb,
        noun=noun,
        thing="" if thing is None else str(thing.pk),
        thing_name="" if thing is None else str(thing)[:LONGEST_NAME],
        changes=dict(changes or {}),
    )


def taken_away(user: User, noun: str, *, at: datetime, what: str, thing: Model | None = None) -> None:
    """Tell that somebody took things away as a file.

    Args:
        user: who.
        noun: what kind of things.
        at: when.
        what: the file's name.
        thing: whose file it is, where it is of one thing.
    """
    record(at=at, actor=user, verb="export", noun=noun, thing=thing, changes={"file": what})


def differences(before: Mapping[str, Any], after: Mapping[str, Any], fields: Iterable[str]) -> dict[str, list[Any]]:
    """Fields whose values differ, each with both."""
    return {field: [before.get(field), after.get(field)] for field in fields if before.get(field) != after.get(field)}


def _call_who_listens() -> None:
    """Once this transaction is through, and once however often it writes here, call what the settings name."""
    if not any(_after_audit in waiting for waiting in connection.run_on_commit[-1:]):
        transaction.on_commit(_after_audit, robust=True)


def _after_audit() -> None:
    import_string(settings.AFTER_AUDIT)()
