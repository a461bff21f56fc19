"""Views of lists that people keep, by the API."""

from typing import Any, Literal

from django.db.models import QuerySet
from django.http import HttpRequest
from ninja import Router, Schema
from pydantic import ConfigDict, Field

from keepers.crm.api.paging import Paged
from keepers.crm.api.resources import Resource
from keepers.crm.lists import actions
from keepers.crm.lists.models import SavedView
from keepers.crm.people.gate import user_of
from keepers.crm.people.models import User
from keepers.crm.people.roles import Verb

router = Router(tags=["lists"])
ListNoun = Literal["customers", "everybody"]
Sharing = Literal["", "team", "everybody"]
MOST = 100
VIEW: dict[str, Any] = {
    "noun": "customers",
    "name": "Slipping nearby",
    "query": {"group": ["slipping"], "city": ["Ljubljana"]},
}


class ViewsWanted(Paged):
    """Of which list."""

    noun: ListNoun | None = None


class ViewChanges(Schema):
    """Another name, or others to share it with."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"shared_with": "team"}]})

    name: str = Field("", max_length=80)
    shared_with: Sharing = ""


class NewView(ViewChanges):
    """A list under a name; one of the same name is kept anew."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [VIEW]})

    noun: ListNoun
    name: str = Field(min_length=1, max_length=80)
    query: dict[str, list[str]] = Field(default_factory=dict, max_length=MOST, description="as in the list's address")


class ViewTold(Schema):
    """A list as somebody wants to see it again."""

    model_config = ConfigDict(json_schema_extra={"examples": [VIEW | {"id": 7, "shared_with": "", "mine": True}]})

    id: int
    noun: ListNoun
    name: str
    query: dict[str, list[str]]
    shared_with: Sharing
    mine: bool


def _views(user: User, verb: Verb) -> QuerySet[SavedView]:
    return actions.views_seen_by(user) if verb == Verb.SEE else SavedView.objects.filter(owner=user)


def _tell(user: User, view: SavedView) -> dict[str, Any]:
    told = {name: getattr(view, name) for name in ("noun", "name", "query", "shared_with")}
    return {"id": view.pk, **told, "mine": view.owner_id == user.pk}


def _narrow(user: User, found: QuerySet[SavedView], wanted: ViewsWanted) -> QuerySet[SavedView]:
    return found if wanted.noun is None else found.filter(noun=wanted.noun)


def _save(request: HttpRequest, given: dict[str, Any]) -> SavedView:
    view = actions.save_view(user_of(request), given["noun"], given["name"], given.get("query", {}))
    if "shared_with" in given:
        actions.share_view(view, given["shared_with"])
    return view


def _change(request: HttpRequest, view: SavedView, given: dict[str, Any]) -> None:
    if "name" in given:
        actions.rename_view(view, given["name"])
    if "shared_with" in given:
        actions.share_view(view, given["shared_with"])


def _remove(request: HttpRequest, view: SavedView) -> None:
    actions.remove_view(view)


views = Resource(router, "view", "views", None, ViewTold, _tell, _views)
views.lists(ViewsWanted, _narrow)
views.creates(NewView, _save)
views.changes(ViewChanges, _change)
views.removes(_remove)
