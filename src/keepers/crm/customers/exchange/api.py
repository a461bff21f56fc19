"""Imports of people by the API: how far each is, what became of its rows, and the way back."""

from datetime import datetime
from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from ninja import Router, Schema
from pydantic import ConfigDict, Field

from keepers.crm.api.resources import Resource
from keepers.crm.customers.exchange import actions, queries
from keepers.crm.customers.exchange.models import PeopleImport
from keepers.crm.jobs.api import JobTold, job_told
from keepers.crm.people.gate import user_of
from keepers.crm.people.models import User
from keepers.crm.people.roles import Noun, Verb

router = Router(tags=["data"])
BROUGHT: dict[str, Any] = {
    "id": 7,
    "files": ["contacts.csv"],
    "read": 100,
    "created": 90,
    "updated": 5,
    "same": 3,
    "refused": 2,
}


class PeopleImportTold(Schema):
    """An import of people: rows read are rows created, updated, the same and refused."""

    model_config = ConfigDict(json_schema_extra={"examples": [BROUGHT]})

    id: int
    files: list[str]
    source: str
    system: str = Field(description="the CRM that its headers gave away; empty for none")
    at: datetime
    by: str | None
    read: int
    created: int
    updated: int
    same: int
    refused: int
    landed_at: datetime | None
    undone_at: datetime | None
    left_alone: int = Field(description="what undoing left as it was changed since")


class Undoing(Schema):
    """How an import is to be taken back."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"forced": False}]})

    forced: bool = Field(default=False, description="also what was changed since")


def _imports(user: User, verb: Verb) -> QuerySet[PeopleImport]:
    return queries.imports_for(user)


def _tell(user: User, brought: PeopleImport) -> dict[str, Any]:
    plain = {name: getattr(brought, name) for name in ("source", "system", "at", "landed_at", "undone_at")}
    files = list(dict.fromkeys(table["file"] for table in brought.tables))
    by = brought.by.email if brought.by else None
    counts = queries.totals_of(queries.accounts_of(brought))
    return {"id": brought.pk, "files": files, "by": by, **plain, **counts, "left_alone": len(brought.left_alone)}


def _undo(request: HttpRequest, brought: PeopleImport, given: dict[str, Any]) -> dict[str, Any]:
    user = user_of(request)
    job = actions.start_undo(brought, by=user, at=timezone.now(), forced=given.get("forced", False))
    return job_told(user, job)


imports = Resource(router, "people import", "people imports", Noun.CUSTOMERS, PeopleImportTold, _tell, _imports)
imports.lists()
imports.does("undoing", _undo, given=Undoing, answer=JobTold, verb=Verb.CREATE, summary="Take an import of people back")
