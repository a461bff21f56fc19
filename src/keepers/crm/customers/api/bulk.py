"""Many customers changed at once by the API, and that undone."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext as _
from ninja import Router, Schema
from pydantic import ConfigDict, Field

from keepers.crm.api.paging import Number
from keepers.crm.api.resources import Resource
from keepers.crm.customers.actions import bulk
from keepers.crm.customers.asking import act_of
from keepers.crm.customers.locking import refuse_locked
from keepers.crm.customers.models import BulkEdit, Customer
from keepers.crm.customers.queries import customers_for
from keepers.crm.customers.written import people_named, undoable
from keepers.crm.people.gate import user_of
from keepers.crm.people.models import User
from keepers.crm.people.roles import Noun, Verb

router = Router(tags=["customers"])
MOST = 10_000
EXAMPLE: dict[str, Any] = {"customers": [1, 2, 3], "field": "add-tag", "value": "spring"}
CHOICES: Mapping[str, list[str]] = {"stage": Customer.Stage.values, "kind": Customer.Kind.values}


class NewBulkEdit(Schema):
    """One field of many customers."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [EXAMPLE]})

    customers: list[Number] = Field(min_length=1, max_length=MOST)
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


def _edits(user: User, verb: Verb) -> QuerySet[BulkEdit]:
    return BulkEdit.objects.filter(by=user)


def _tell(user: User, edit: BulkEdit) -> dict[str, Any]:
    told = {name: getattr(edit, name) for name in ("at", "field", "says", "changed", "undone_at", "left")}
    return {"id": edit.pk, **told}


def _change(request: HttpRequest, given: dict[str, Any]) -> BulkEdit:
    user, field, value = user_of(request), given["field"], given.get("value")
    refuse_locked(user, [bulk.locked_with(field)])
    if field in {"owner", "team"}:
        value = people_named({field: value})[field]
    elif field in CHOICES and value not in CHOICES[field]:
        raise bulk.BulkEditError(f"{field} is one of {', '.join(CHOICES[field])}.")
    elif field in bulk.COLUMNS:
        value = _line(field, value)
    chosen = customers_for(user, Verb.EDIT).filter(pk__in=given["customers"])
    if not chosen.exists():
        raise PermissionDenied(_("None of these customers is yours to change."))
    return bulk.change(act_of(request), chosen, field, value)


def _undo(request: HttpRequest, edit: BulkEdit, given: dict[str, Any]) -> None:
    act = act_of(request)
    bulk.undo(act, undoable(user_of(request), edit, at=act.at), edit)


def _line(field: str, value: Any) -> str:
    longest: int = getattr(Customer._meta.get_field(field), "max_length", 0)
    if not isinstance(value, str) or len(value) > longest:
        raise bulk.BulkEditError(f"{field} is a line of at most {longest} letters.")
    return value


edits = Resource(router, "bulk edit", "bulk edits", Noun.CUSTOMERS, BulkEditTold, _tell, _edits)
edits.lists()
edits.creates(NewBulkEdit, _change, verb=Verb.EDIT)
edits.does("undoing", _undo, summary="Give each customer back what they had before")
