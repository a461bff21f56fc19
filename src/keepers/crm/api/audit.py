"""The audit log by the API, to be read."""

from datetime import datetime
from typing import Any

from django.db.models import QuerySet
from ninja import Router, Schema
from pydantic import ConfigDict, Field

from keepers.crm.api.paging import Paged, aware
from keepers.crm.api.resources import Resource
from keepers.crm.people.membership import entries_for
from keepers.crm.people.models import AuditEntry, User
from keepers.crm.people.roles import Noun, Verb

router = Router(tags=["audit"])
ENTRY: dict[str, Any] = {"id": 7, "actor": "Bob Brown", "via": "api", "verb": "edit", "noun": "customers", "thing": "1"}


class EntriesWanted(Paged):
    """Which entries."""

    person: str = Field("", max_length=150)
    noun: str = Field("", max_length=40)
    verb: str = Field("", max_length=40)
    thing: str = Field("", max_length=64)
    since: datetime | None = None
    until: datetime | None = None


class EntryTold(Schema):
    """Something that was done: by whom, to what, and what changed."""

    model_config = ConfigDict(json_schema_extra={"examples": [ENTRY | {"changes": {"name": ["Erika", "Erika Weber"]}}]})

    id: int
    at: datetime
    actor: str
    via: str
    verb: str
    noun: str
    thing: str
    thing_name: str
    changes: dict[str, Any]


def _entries(user: User, verb: Verb) -> QuerySet[AuditEntry]:
    return entries_for(user)


def _tell(user: User, entry: AuditEntry) -> dict[str, Any]:
    told = {name: getattr(entry, name) for name in ("at", "via", "verb", "noun", "thing", "thing_name", "changes")}
    return {"id": entry.pk, "actor": entry.actor_name, **told}


def _narrow(user: User, found: QuerySet[AuditEntry], wanted: EntriesWanted) -> QuerySet[AuditEntry]:
    asked = {
        "actor_name__icontains": wanted.person,
        "noun": wanted.noun,
        "verb": wanted.verb,
        "thing": wanted.thing,
        "at__gte": wanted.since and aware(wanted.since),
        "at__lt": wanted.until and aware(wanted.until),
    }
    return found.filter(**{lookup: value for lookup, value in asked.items() if value})


entries = Resource(router, "audit entry", "audit", Noun.AUDIT, EntryTold, _tell, _entries)
entries.lists(EntriesWanted, _narrow)
