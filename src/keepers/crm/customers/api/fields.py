"""Custom fields and tags of customers by the API."""

from typing import Any, Literal

from django.db.models import QuerySet
from django.http import HttpRequest
from ninja import Router, Schema
from pydantic import ConfigDict, Field

from keepers.crm.api.paging import Paged
from keepers.crm.api.resources import Resource
from keepers.crm.customers.actions import fields
from keepers.crm.customers.asking import act_of
from keepers.crm.customers.computed.hiding import hidden_of_customers
from keepers.crm.customers.models import CustomField, Tag
from keepers.crm.customers.typed import OF_FIELDS
from keepers.crm.people.models import User
from keepers.crm.people.roles import Noun, Verb

router = Router(tags=["customers"])
FieldKind = Literal["text", "number", "money", "date", "choice", "choices", "yes-no", "link", "formula", "roll-up"]
TOLD = ("key", "label", "kind", "choices", "formula", "roll_up", "result", "is_required")
FIELD: dict[str, Any] = {"key": "size", "label": "Size", "kind": "choice", "choices": ["small", "large"]}
_FIELD_TOLD = FIELD | {"id": 7, "is_required": False, "formula": "", "roll_up": {}, "result": ""}


class FieldsWanted(Paged):
    """Which custom fields."""

    removed: bool = Field(default=False, description="those that no page shows any more")


class FieldTold(Schema):
    """Something that this firm knows of its customers; `custom` of a customer holds it under `key`."""

    model_config = ConfigDict(json_schema_extra={"examples": [_FIELD_TOLD]})

    id: int
    key: str
    label: str
    kind: FieldKind
    choices: list[str]
    formula: str = Field(description="of a formula, by keys of other fields")
    roll_up: dict[str, Any] = Field(description="of a roll-up: `of`, `measure`, `days`, `where`")
    result: str = Field(description="the kind of what is computed")
    is_required: bool
    removed: bool


class FieldChanges(Schema):
    """A custom field defined anew; its key and kind stay."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"label": "Size of shop"}]})

    label: str = Field("", max_length=120)
    choices: list[str] = Field(default_factory=list, max_length=500)
    formula: str = Field("", max_length=2_000)
    roll_up: dict[str, Any] = Field(default_factory=dict)
    is_required: bool = False


class NewField(FieldChanges):
    """One more custom field."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [FIELD]})

    key: str = Field("", max_length=60, pattern=r"^[a-z0-9_-]*$", description="made of the label where it is left out")
    label: str = Field(min_length=1, max_length=120)
    kind: FieldKind


class TagTold(Schema):
    """A word that people put on customers; writing `tags` of a customer makes new ones."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"id": 7, "name": "vip"}]})

    id: int
    name: str


def _fields(user: User, verb: Verb) -> QuerySet[CustomField]:
    hidden = hidden_of_customers(user)
    keys = [name.removeprefix(OF_FIELDS) for name in hidden if name.startswith(OF_FIELDS)]
    return CustomField.objects.filter(noun=fields.NOUN).exclude(key__in=keys)


def _narrow(user: User, found: QuerySet[CustomField], wanted: FieldsWanted) -> QuerySet[CustomField]:
    return found.filter(removed_at__isnull=not wanted.removed)


def _tell(user: User, field: CustomField) -> dict[str, Any]:
    told = {name: getattr(field, name) for name in TOLD}
    return {"id": field.pk, **told, "removed": field.removed_at is not None}


def _tell_tag(user: User, tag: Tag) -> dict[str, Any]:
    return {"id": tag.pk, "name": tag.name}


def _tags(user: User, verb: Verb) -> QuerySet[Tag]:
    return Tag.objects.all()


def _define(request: HttpRequest, given: dict[str, Any]) -> CustomField:
    return fields.define(act_of(request), **given)


def _redefine(request: HttpRequest, field: CustomField, given: dict[str, Any]) -> None:
    kept = {name: getattr(field, name) for name in ("label", "choices", "formula", "roll_up", "is_required")}
    fields.redefine(act_of(request), field, **(kept | given))


def _remove(request: HttpRequest, field: CustomField) -> None:
    fields.remove(act_of(request), field)


def _bring_back(request: HttpRequest, field: CustomField, given: dict[str, Any]) -> None:
    fields.bring_back(act_of(request), field)


custom = Resource(router, "custom field", "custom fields", Noun.SETTINGS, FieldTold, _tell, _fields)
custom.lists(FieldsWanted, _narrow)
custom.creates(NewField, _define, verb=Verb.EDIT)
custom.changes(FieldChanges, _redefine)
custom.removes(_remove, verb=Verb.EDIT)
custom.does("return", _bring_back, summary="Show a removed custom field again, with what it held")

tags = Resource(router, "tag", "tags", Noun.CUSTOMERS, TagTold, _tell_tag, _tags, "tags")
tags.lists()
