"""Imports of orders and runs by the API: which there are, switching an import off, having the base valued."""

from datetime import date, datetime
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from ninja import Query, Router, Schema
from pydantic import ConfigDict, Field

from keepers.crm.api.paging import MOST, only, tagged
from keepers.crm.data import actions, queries
from keepers.crm.jobs.api import JobTold, job_told
from keepers.crm.people.gate import needs, user_of
from keepers.crm.people.roles import Noun, Verb

router = Router(tags=["data"])
IMPORT: dict[str, Any] = {
    "batch_id": "b-1",
    "source": "orders",
    "rows_read": 1000,
    "rows_accepted": 990,
    "active": True,
}
RUN: dict[str, Any] = {"run_id": "2026-08-31-1", "as_of": "2026-08-31", "currency": "EUR", "grade": "B", "shown": True}


class PartWanted(Schema):
    """Which part of a short list that is kept elsewhere than the app's tables."""

    after: int = Field(0, ge=0, le=10**9, description="`next` of the page before")
    limit: int = Field(50, ge=1, le=MOST)


class ImportTold(Schema):
    """An import of orders: rows read are rows accepted and rejected."""

    model_config = ConfigDict(json_schema_extra={"examples": [IMPORT]})

    batch_id: str
    source: str
    recorded_at: datetime = Field(description="when it came in, or was switched last")
    files: list[str]
    rows_read: int | None
    rows_accepted: int | None
    rows_rejected: int | None
    active: bool
    by: str | None = Field(description="who brought it in; null for the command line and programs")


class ImportsPage(Schema):
    """A part of the imports."""

    items: list[ImportTold]
    next: int | None = None


class Switch(Schema):
    """Whether an import counts."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"active": False}]})

    active: bool


class RunTold(Schema):
    """A run: what was assumed, what it found, and how far to trust it."""

    model_config = ConfigDict(json_schema_extra={"examples": [RUN]})

    run_id: str
    started_at: datetime
    as_of: date
    currency: str | None
    grade: str | None
    parameters: dict[str, Any] | None
    base: dict[str, Any] | None
    by: str | None
    shown: bool = Field(description="whether the pages show it")


class RunsPage(Schema):
    """A part of the runs."""

    items: list[RunTold]
    next: int | None = None


class RunWanted(Schema):
    """How the base is to be valued."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"again": False}]})

    again: bool = Field(default=False, description="also where nothing changed since the last run")


@router.get(
    "/imports", response=ImportsPage, url_name="imports", operation_id="list-imports", summary="Imports of orders"
)
@needs(Verb.SEE, Noun.DATA)
def imports(request: HttpRequest, wanted: Query[PartWanted]) -> dict[str, Any]:
    """The newest first."""
    only(request, PartWanted)
    return _part([_import(each) for each in queries.imports()], wanted)


@router.get(
    "/imports/{slug:batch_id}", response=ImportTold, url_name="import", operation_id="get-import", summary="One import"
)
@needs(Verb.SEE, Noun.DATA)
def one_import(request: HttpRequest, batch_id: str) -> HttpResponse:
    """What it brought, and whether it counts."""
    only(request)
    return tagged(_import(_found(batch_id)))


@router.post(
    "/imports/{slug:batch_id}/switching", response=ImportTold, url_name="switch-import", operation_id="switch-import",
    summary="Undo an import, or take the undo back",
)  # fmt: skip
@needs(Verb.EDIT, Noun.DATA)
def switch_import(request: HttpRequest, batch_id: str, given: Switch) -> HttpResponse:
    """Value the base afterwards to see it in the figures."""
    only(request)
    _found(batch_id)
    actions.switch_import(batch_id, active=given.active, by=user_of(request), at=timezone.now())
    return tagged(_import(_found(batch_id)))


@router.get("/runs", response=RunsPage, url_name="runs", operation_id="list-runs", summary="Runs")
@needs(Verb.SEE, Noun.DATA)
def runs(request: HttpRequest, wanted: Query[PartWanted]) -> dict[str, Any]:
    """The newest first."""
    only(request, PartWanted)
    return _part([_run(each) for each in queries.runs()], wanted)


@router.get("/runs/{slug:run_id}", response=RunTold, url_name="run", operation_id="get-run", summary="One run")
@needs(Verb.SEE, Noun.DATA)
def run(request: HttpRequest, run_id: str) -> HttpResponse:
    """What it assumed and found."""
    only(request)
    found = queries.run_of(run_id)
    if found is None:
        raise Http404(_("There is no such run."))
    return tagged(_run(found))


@router.post(
    "/runs", response={202: JobTold}, url_name="new-run", operation_id="create-run",
    summary="Have the base valued and published",
)  # fmt: skip
@needs(Verb.CREATE, Noun.DATA)
def value_now(request: HttpRequest, given: RunWanted) -> HttpResponse:
    """A job; ask for it at /jobs until it is done."""
    only(request)
    user = user_of(request)
    return tagged(job_told(user, actions.start_run(by=user, at=timezone.now(), again=given.again)), status=202)


def _part(every: list[dict[str, Any]], wanted: PartWanted) -> dict[str, Any]:
    beyond = wanted.after + wanted.limit
    return {"items": every[wanted.after : beyond], "next": beyond if beyond < len(every) else None}


def _found(batch_id: str) -> dict[str, Any]:
    found = queries.import_of(batch_id)
    if found is None:
        raise Http404(_("There is no such import."))
    return found


def _import(found: dict[str, Any]) -> dict[str, Any]:
    told = {name: found[name] for name in ImportTold.model_fields if name not in {"files", "by"}}
    by = found["landed_by"].by if found["landed_by"] else None
    return told | {"files": [file["name"] for file in found["files"]], "by": by and by.email}


def _run(found: dict[str, Any]) -> dict[str, Any]:
    told = {name: found[name] for name in RunTold.model_fields if name != "by"}
    return told | {"by": found["by"] and found["by"].email}
