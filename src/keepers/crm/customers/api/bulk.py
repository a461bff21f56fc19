"""Many customers changed at once by the API, and that undone."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Literal

from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext as _
from ninja import Router, Schema
from pydantic import ConfigDict, Field

from keepers.crm.api.paging import Number
from keepers.crm.api.resources import Resource
from keepers.crm.customers import bulk_jobs
from keepers.crm.customers.actions import bulk
from keepers.crm.customers.asking import act_of
from keepers.crm.customers.locking import refuse_locked
from keepers.crm.customers.models import BulkEdit, Customer
from keepers.crm.customers.queries import customers_for
from keepers.crm.customers.written import people_named, undoable
from keepers.crm.jobs.carrying_out import settle_abandoned
from keepers.crm.people.gate import user_of
from keepers.crm.people.models import User
from keepers.crm.people.roles import Noun, Verb

router = Router(tags=["customers"])
MOST = 10_000
EXAMPLE: dict[str, Any] = {"customers": [1, 2, 3], "field": "add-tag", "value": "spring"}
OF_A_LIST: dict[str, Any] = {"among": "everybody", "query": "stage=lapsed", "field": "add-tag", "value": "spring"}
CHOICES: Mapping[str, list[str]] = {"stage": Customer.Stage.values, "kind": Customer.Kind.values}


class NewBulkEdit(Schema):
    """One field of many customers: of those named, or of all that a list finds, which the worker writes."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [EXAMPLE, OF_A_LIST]})

    customers: list[Number] = Field(default=[], max_length=MOST)
    among: Literal["everybody", "customers"] | None = Field(
        None, description="in place of `customers`: all of the list of everybody, or of the list by worth"
    )
    query: str = Field("", max_length=4_000, description="what narrows that list, as in the address of its page")
    field: str = Field(
        max_length=80,
        description="owner, team, kind, stage, acquired_by, add-tag, remove-tag, or `field-` and a custom field's key",
    )
    value: str | int | float | bool | list[str] | None = None


class BulkEditTold(Schema):
    """What was changed, so that it can be undone."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"id": 7, "says": "tagged spring", "changed": 3}]})

    id: int
    at: datetime
    field: str
    says: str
    changed: int
    undone_at: datetime | None
    left: int = Field(description="customers whom the undoing left, changed since or not yours")
    job: int | None = Field(description="the job that writes it or gives it back: ask for it at /jobs until it is done")


def _edits(user: User, verb: Verb) -> QuerySet[BulkEdit]:
    return BulkEdit.objects.filter(by=user)


def _tell(user: User, edit: BulkEdit) -> dict[str, Any]:
    told = {name: getattr(edit, name) for name in ("at", "field", "says", "changed", "undone_at", "left")}
    return {"id": edit.pk, "job": edit.job_id, **told}


def _change(request: HttpRequest, given: dict[str, Any]) -> BulkEdit:
    user, field, value = user_of(request), given["field"], given.get("value")
    among, named = given.get("among"), given.get("customers", [])
    if bool(named) == bool(among):
        raise bulk.BulkEditError("Name customers, or the list among which all are meant: one of the two.")
    refuse_locked(user, [bulk.locked_with(field)])
    if field in {"owner", "team"}:
        value = people_named({field: value})[field]
    elif field in CHOICES and value not in CHOICES[field]:
        raise bulk.BulkEditError(f"{field} is one of {', '.join(CHOICES[field])}.")
    elif field in bulk.COLUMNS:
        value = _line(field, value)
    if among:
        bulk_jobs.refuse_unread(user, among, given.get("query", ""))
        return bulk_jobs.start(act_of(request), field, value, among=among, query=given.get("query", ""))
    chosen = customers_for(user, Verb.EDIT).filter(pk__in=named)
    if not chosen.exists():
        raise PermissionDenied(_("None of these customers is yours to change."))
    return bulk.change(act_of(request), chosen, field, value)


def _undo(request: HttpRequest, edit: BulkEdit, given: dict[str, Any]) -> None:
    settle_abandoned()
    act = act_of(request)
    mine = undoable(user_of(request), edit, at=act.at)
    if edit.changed > bulk_jobs.MOST_AT_ONCE:
        bulk_jobs.start_undoing(act, edit)
    else:
        bulk.undo(act, mine, edit)


def _go_on(request: HttpRequest, edit: BulkEdit, given: dict[str, Any]) -> None:
    settle_abandoned()
    edit.refresh_from_db()
    bulk_jobs.go_on(edit, at=timezone.now())


def _line(field: str, value: Any) -> str:
    longest: int = getattr(Customer._meta.get_field(field), "max_length", 0)
    if not isinstance(value, str) or len(value) > longest:
        raise bulk.BulkEditError(f"{field} is a line of at most {longest} letters.")
    return value


edits = Resource(router, "bulk edit", "bulk edits", Noun.CUSTOMERS, BulkEditTold, _tell, _edits)
edits.lists()
edits.creates(NewBulkEdit, _change, verb=Verb.EDIT)
edits.does("undoing", _undo, summary="Give each customer back what they had before")
edits.does("continuing", _go_on, summary="Have the worker go on where one was stopped")
