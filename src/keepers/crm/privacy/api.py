"""Privacy by the API: what would go, forgetting somebody, and how far that is; a file of all that is known."""

from datetime import datetime
from typing import Any

from django.http import FileResponse, Http404, HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from ninja import Router, Schema, Status
from pydantic import ConfigDict, Field

from keepers.crm.api.paging import BEYOND
from keepers.crm.people.audit import taken_away
from keepers.crm.people.gate import needs, user_of
from keepers.crm.people.roles import Noun, Verb
from keepers.crm.privacy.actions import as_told, start_forgetting, start_takeout
from keepers.crm.privacy.forgetting import preview
from keepers.crm.privacy.models import Forgetting, Takeout
from keepers.crm.privacy.people import person_of
from keepers.crm.privacy.queries import customer_to_take, forgetting_for
from keepers.crm.privacy.takeout import path_of

router = Router(tags=["privacy"])
TOLD: dict[str, Any] = {"id": 1, "customer": 7, "state": "done", "keep_orders": False, "gone": {"customers": 1}}


class PreviewTold(Schema):
    """What would go: rows by table; `waiting`: imports on their way whose files would be let go."""

    app: dict[str, int]
    warehouse: dict[str, int]
    waiting: int


class ForgettingGiven(Schema):
    """Whom it means, written out, and whether their order lines stay under a pseudonym."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"confirmed": "4711"}]})

    confirmed: str = Field(max_length=255, description="the customer's own id, `key`")
    keep_orders: bool = False


class ForgettingTold(Schema):
    """How far it is; then what went and what is left."""

    model_config = ConfigDict(json_schema_extra={"examples": [TOLD]})

    id: int
    customer: int
    at: datetime
    state: str
    keep_orders: bool
    gone: dict[str, int]
    left: dict[str, Any]
    done_at: datetime | None
    error: str


class TakeoutTold(Schema):
    """A file of all that is known of a customer; `size` is 0 until it is written."""

    id: int
    customer: int
    at: datetime
    size: int
    done_at: datetime | None


@router.get("/customers/{pk}/forgetting", response=PreviewTold, summary="What would go if a customer were forgotten")
@needs(Verb.DELETE, Noun.CUSTOMERS)
def would_go(request: HttpRequest, pk: int) -> Any:
    """Nothing is changed."""
    return preview(person_of(forgetting_for(user_of(request), min(pk, BEYOND))))


@router.post("/customers/{pk}/forgetting", response={202: ForgettingTold}, summary="Have a customer forgotten")
@needs(Verb.DELETE, Noun.CUSTOMERS)
def forget(request: HttpRequest, pk: int, given: ForgettingGiven) -> Any:
    """In both stores and for good; the worker does it. Those who were merged with them go along."""
    user = user_of(request)
    customer = forgetting_for(user, min(pk, BEYOND))
    begun = start_forgetting(customer, **given.dict(), by=user, at=timezone.now())
    return Status(202, as_told(begun))


@router.get("/forgettings/{pk}", response=ForgettingTold, url_name="forgetting", summary="How far a forgetting is")
@needs(Verb.SEE, Noun.PRIVACY)
def forgetting(request: HttpRequest, pk: int) -> Any:
    """What went and what is left, once it is done."""
    found = Forgetting.objects.select_related("job").filter(pk=min(pk, BEYOND)).first()
    if found is None:
        raise Http404(_("There is no such forgetting."))
    return as_told(found)


@router.post(
    "/customers/{pk}/takeouts", response={202: TakeoutTold}, summary="Have all that is known written to a file"
)
@needs(Verb.EXPORT, Noun.CUSTOMERS)
def take_out(request: HttpRequest, pk: int) -> Any:
    """The worker writes it; ask for it under /takeouts."""
    customer = customer_to_take(user_of(request), min(pk, BEYOND))
    home = reverse("privacy", args=[customer.pk])
    return Status(202, _told(start_takeout(customer, by=user_of(request), at=timezone.now(), home=home)))


@router.get("/takeouts/{pk}", response=TakeoutTold, summary="How far such a file is")
@needs(Verb.EXPORT, Noun.CUSTOMERS)
def takeout(request: HttpRequest, pk: int) -> Any:
    """Whether it is written."""
    return _told(_found(request, pk))


@router.get("/takeouts/{pk}/file", response={200: None}, summary="The file itself, a zip")
@needs(Verb.EXPORT, Noun.CUSTOMERS)
def takeout_file(request: HttpRequest, pk: int) -> Any:
    """Once it is written."""
    found = _found(request, pk)
    if not path_of(found).is_file():
        raise Http404(_("This file is not there. Have another one made."))
    customer, user = found.customer, user_of(request)
    taken_away(user, Noun.CUSTOMERS, at=timezone.now(), what=str(found), thing=customer)
    return FileResponse(path_of(found).open("rb"), as_attachment=True, filename=str(found))


def _found(request: HttpRequest, pk: int) -> Takeout:
    found = Takeout.objects.select_related("customer").filter(pk=min(pk, BEYOND)).first()
    if found is None:
        raise Http404(_("There is no such file."))
    customer_to_take(user_of(request), found.customer_id)
    return found


def _told(takeout: Takeout) -> dict[str, Any]:
    return {
        "id": takeout.pk,
        "customer": takeout.customer_id,
        "at": takeout.at,
        "size": takeout.size,
        "done_at": takeout.done_at,
    }
