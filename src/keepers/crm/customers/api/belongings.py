"""What belongs to customers by the API: other customers, and files."""

from datetime import date, datetime
from typing import Any, Literal

from django.db.models import QuerySet
from django.http import FileResponse, HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from ninja import File, Form, Router, Schema, UploadedFile
from pydantic import ConfigDict, Field

from keepers.crm.api.paging import Number, only, tagged
from keepers.crm.api.resources import Resource
from keepers.crm.customers.actions import attachments, relations
from keepers.crm.customers.api.narrowing import OfCustomer, of_customer
from keepers.crm.customers.asking import act_of, to_change
from keepers.crm.customers.models import Attachment, Relation
from keepers.crm.customers.queries import belonging_to, customer_for, customers_for
from keepers.crm.customers.views.belongings import sent
from keepers.crm.people.gate import needs, user_of
from keepers.crm.people.models import User
from keepers.crm.people.roles import Noun, Verb

router = Router(tags=["customers"])
RelationKind = Literal["works-at", "household-of", "buys-through", "part-of", "referred-by", "related-to"]
RELATION: dict[str, Any] = {"customer": 1, "kind": "works-at", "other": 2, "note": "buyer"}
FILE: dict[str, Any] = {"id": 7, "customer": 1, "name": "offer.pdf", "size": 20480, "content_type": "application/pdf"}


class RelationTold(Schema):
    """A customer belongs to another; it reads from `customer` to `other`."""

    model_config = ConfigDict(json_schema_extra={"examples": [RELATION | {"id": 7}]})

    id: int
    customer: int
    kind: RelationKind
    other: int
    note: str
    since: date | None
    until: date | None


class NewRelation(Schema):
    """How a customer belongs to another."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [RELATION]})

    customer: Number
    kind: RelationKind
    other: Number
    note: str = Field("", max_length=255)
    since: date | None = None


class RelationEnd(Schema):
    """From when on they no longer belong together."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"until": "2026-08-31"}]})

    until: date | None = Field(None, description="today where it is left out")


class AttachmentTold(Schema):
    """A file that belongs to a customer; `/attachments/7/content` is the file itself."""

    model_config = ConfigDict(json_schema_extra={"examples": [FILE]})

    id: int
    customer: int
    name: str
    size: int = Field(description="bytes")
    content_type: str
    added_at: datetime
    added_by: str | None


def _relations(user: User, verb: Verb) -> QuerySet[Relation]:
    return belonging_to(user, verb, Relation.objects.filter(other__in=customers_for(user))).select_related("other")


def _attachments(user: User, verb: Verb) -> QuerySet[Attachment]:
    return belonging_to(user, verb, Attachment.objects.select_related("added_by", "customer"))


def _tell_relation(user: User, relation: Relation) -> dict[str, Any]:
    ids = {"id": relation.pk, "customer": relation.customer_id, "other": relation.other_id}
    return ids | {name: getattr(relation, name) for name in ("kind", "note", "since", "until")}


def _tell_attachment(user: User, file: Attachment) -> dict[str, Any]:
    told = {name: getattr(file, name) for name in ("name", "size", "content_type", "added_at")}
    by = file.added_by.email if file.added_by else None
    return {"id": file.pk, "customer": file.customer_id, **told, "added_by": by}


def _relate(request: HttpRequest, given: dict[str, Any]) -> Relation:
    user = user_of(request)
    customer = customer_for(user, given.pop("customer"), Verb.EDIT)
    other = customer_for(user, given.pop("other"))
    return relations.relate(act_of(request), customer, given.pop("kind"), other, **given)


def _end(request: HttpRequest, relation: Relation, given: dict[str, Any]) -> None:
    relations.end_relation(act_of(request), relation, until=given.get("until") or timezone.localdate())


def _unrelate(request: HttpRequest, relation: Relation) -> None:
    relations.remove_relation(act_of(request), relation)


def _detach(request: HttpRequest, file: Attachment) -> None:
    attachments.detach(act_of(request), file)


related = Resource(
    router, "relation", "relations", Noun.CUSTOMERS, RelationTold, _tell_relation, _relations, "relations"
)
related.lists(OfCustomer, of_customer)
related.creates(NewRelation, _relate, verb=Verb.EDIT)
related.does("end", _end, given=RelationEnd, summary="They no longer belong together; that they did stays")
related.removes(_unrelate, verb=Verb.EDIT)

files = Resource(
    router, "attachment", "attachments", Noun.CUSTOMERS, AttachmentTold, _tell_attachment, _attachments, "attachments"
)
files.lists(OfCustomer, of_customer)
files.removes(_detach, verb=Verb.EDIT)


@router.post(
    "/attachments", response={201: AttachmentTold}, url_name="new-attachment", operation_id="create-attachment",
    summary="Keep a file of at most 25 MB with a customer",
)  # fmt: skip
@needs(Verb.EDIT, Noun.CUSTOMERS)
def attach(request: HttpRequest, customer: Form[Number], file: File[UploadedFile]) -> HttpResponse:
    """Sent as a form with two parts."""
    only(request)
    kept = attachments.attach(act_of(request), to_change(request, customer, "attachments"), file.name or "file", file)
    where = reverse("api:attachment", args=[kept.pk])
    return tagged(_tell_attachment(user_of(request), kept), status=201, location=where)


@router.get(
    "/attachments/{int:pk}/content", url_name="attachment-content", operation_id="get-attachment-content",
    summary="The file itself",
    openapi_extra={"responses": {200: {"content": {"application/octet-stream": {"schema": {"type": "string"}}}}}},
)  # fmt: skip
@needs(Verb.SEE, Noun.CUSTOMERS)
def content(request: HttpRequest, pk: int) -> FileResponse:
    """As it was sent."""
    only(request)
    return sent(files.readable(request, pk))
