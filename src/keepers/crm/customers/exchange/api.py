"""Imports of people by the API, in the same five steps as on the pages, and the way back."""

from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from ninja import File, Router
from ninja.files import UploadedFile

from keepers.crm.api.paging import only, tagged, unchanged
from keepers.crm.api.resources import Resource
from keepers.crm.customers.exchange import actions, queries
from keepers.crm.customers.exchange.api_shapes import MappingGiven, MappingTold, PeopleImportTold, Undoing
from keepers.crm.customers.exchange.mapping import MappingError, mapping_of, owners_decided, tables_decided
from keepers.crm.customers.exchange.models import PeopleImport
from keepers.crm.jobs.api import JobTold, job_told
from keepers.crm.jobs.carrying_out import settle_abandoned
from keepers.crm.jobs.receiving import LONGEST_FILE_NAME
from keepers.crm.people.gate import needs, user_of
from keepers.crm.people.models import User
from keepers.crm.people.roles import Noun, Verb

router = Router(tags=["data"])
CSV = "text/csv; charset=utf-8"


def _imports(user: User, verb: Verb) -> QuerySet[PeopleImport]:
    settle_abandoned()
    return queries.imports_for(user).select_related(
        "check_job__asked_by", "landing_job__asked_by", "undo_job__asked_by"
    )


def _tell(user: User, brought: PeopleImport) -> dict[str, Any]:
    plain = {name: getattr(brought, name) for name in ("source", "system", "at", "landed_at", "undone_at")}
    files = list(dict.fromkeys(table["file"] for table in brought.tables))
    job = brought.undo_job or brought.landing_job or brought.check_job
    return {
        "id": brought.pk, "files": files, "by": brought.by.email if brought.by else None, **plain,
        "step": queries.step_of(brought), "job": job_told(user, job) if job else None,
        "problems": [why for _name, why in brought.problems], **queries.totals_of(queries.accounts_of(brought)),
        "left_alone": len(brought.left_alone),
    }  # fmt: skip


def _remove(request: HttpRequest, brought: PeopleImport) -> None:
    actions.let_go(brought, at=timezone.now())


def _check(request: HttpRequest, brought: PeopleImport, given: dict[str, Any]) -> dict[str, Any]:
    user = user_of(request)
    return job_told(user, actions.start_check(brought, by=user, at=timezone.now()))


def _land(request: HttpRequest, brought: PeopleImport, given: dict[str, Any]) -> dict[str, Any]:
    user = user_of(request)
    return job_told(user, actions.start_landing(brought, by=user, at=timezone.now()))


def _undo(request: HttpRequest, brought: PeopleImport, given: dict[str, Any]) -> dict[str, Any]:
    user = user_of(request)
    job = actions.start_undo(brought, by=user, at=timezone.now(), forced=given.get("forced", False))
    return job_told(user, job)


imports = Resource(router, "people import", "people imports", Noun.CUSTOMERS, PeopleImportTold, _tell, _imports)
imports.lists()
imports.removes(_remove, verb=Verb.CREATE)
imports.does("checking", _check, answer=JobTold, verb=Verb.CREATE, summary="Have an import's files read to their ends")
imports.does("landing", _land, answer=JobTold, verb=Verb.CREATE, summary="Bring in an import that was checked")
imports.does("undoing", _undo, given=Undoing, answer=JobTold, verb=Verb.CREATE, summary="Take an import of people back")


@router.post(
    "/people-imports", response={201: PeopleImportTold}, url_name="new-people-import",
    operation_id="create-people-import", summary="Send files of another system",
)  # fmt: skip
@needs(Verb.CREATE, Noun.CUSTOMERS)
def send_files(request: HttpRequest, files: File[list[UploadedFile]]) -> HttpResponse:
    """Sent as a form, each file a part called `files`. What is in them is recognised; nothing comes in yet."""
    only(request)
    for file in files:
        _refuse_unfit(file)
    user = user_of(request)
    brought = actions.begin(files, by=user, at=timezone.now())
    where = reverse("api:people-import", args=[brought.pk])
    return tagged(_tell(user, imports.found(user, brought.pk)), status=201, location=where)


@router.get(
    "/people-imports/{int:pk}/mapping", response=MappingTold, url_name="mapping-of-people-import",
    operation_id="get-mapping-of-people-import", summary="What tables and columns of an import were taken for",
)  # fmt: skip
@needs(Verb.CREATE, Noun.CUSTOMERS)
def mapping(request: HttpRequest, pk: int) -> HttpResponse:
    """With the tag of its state."""
    only(request)
    return tagged(mapping_of(imports.readable(request, pk)))


@router.put(
    "/people-imports/{int:pk}/mapping", response=MappingTold, url_name="map-people-import",
    operation_id="map-people-import", summary="Decide what tables and columns of an import are",
)  # fmt: skip
@needs(Verb.CREATE, Noun.CUSTOMERS)
def decide(request: HttpRequest, pk: int, given: MappingGiven) -> HttpResponse:
    """A check from before is void, unless only owners are told. With If-Match only if it is still what was seen."""
    only(request)
    user, at = user_of(request), timezone.now()
    brought = imports.found(user, pk, Verb.CREATE)
    unchanged(request, mapping_of(brought))
    told = {name: value for name, value in given.dict(exclude_unset=True).items() if value is not None}
    owners, tables = told.pop("owners", None), told.pop("tables", None)
    if tables is not None or told:
        decided = tables_decided(
            brought, tables if tables is not None else [{"name": each["name"]} for each in brought.tables]
        )
        actions.choose(brought, decided, told, by=user, at=at)
    if owners is not None:
        actions.choose_owners(brought, owners_decided(brought, owners))
    return tagged(mapping_of(brought))


@router.get(
    "/people-imports/{int:pk}/refused", url_name="refused-of-people-import",
    operation_id="get-refused-of-people-import", summary="Every refused row of an import with its reason",
    openapi_extra={"responses": {200: {"content": {"text/csv": {"schema": {"type": "string"}}}}}},
)  # fmt: skip
@needs(Verb.CREATE, Noun.CUSTOMERS)
def refused(request: HttpRequest, pk: int) -> HttpResponseBase:
    """As a file."""
    only(request)
    return StreamingHttpResponse(queries.refused_as_csv(imports.readable(request, pk)), content_type=CSV)


def _refuse_unfit(file: UploadedFile) -> None:
    if not file.size:
        raise MappingError(_("%(name)s is empty. Export it again, or leave it out.") % {"name": file.name})
    if len((file.name or "").encode()) > LONGEST_FILE_NAME:
        raise MappingError(_("The name of a file is longer than %(most)d bytes.") % {"most": LONGEST_FILE_NAME})
