"""Teams by the API."""

from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest
from django.shortcuts import get_object_or_404
from django.utils import timezone
from ninja import Router, Schema
from pydantic import ConfigDict, Field

from keepers.crm.api.paging import Number
from keepers.crm.api.resources import Resource
from keepers.crm.people import teams as actions
from keepers.crm.people.gate import user_of
from keepers.crm.people.models import Team, User
from keepers.crm.people.roles import Noun, Verb

router = Router(tags=["people"])


class TeamChanges(Schema):
    """A team's name, or its place in the tree."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"parent": 1}]})

    name: str = Field("", max_length=150)
    parent: Number | None = Field(None, description="the team above it")


class NewTeam(TeamChanges):
    """People who work together."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"name": "North", "parent": 1}]})

    name: str = Field(min_length=1, max_length=150)


class TeamTold(Schema):
    """People who work together; whoever may act for a team may act for those below it."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"id": 2, "name": "North", "parent": 1}]})

    id: int
    name: str
    parent: int | None


def _teams(user: User, verb: Verb) -> QuerySet[Team]:
    return Team.objects.select_related("parent")


def _tell(user: User, team: Team) -> dict[str, Any]:
    return {"id": team.pk, "name": team.name, "parent": team.parent_id}


def _make(request: HttpRequest, given: dict[str, Any]) -> Team:
    return actions.make_team(given["name"], _parent(given), by=user_of(request), at=timezone.now())


def _change(request: HttpRequest, team: Team, given: dict[str, Any]) -> None:
    parent = _parent(given) if "parent" in given else team.parent
    actions.change_team(team, given.get("name", team.name), parent, by=user_of(request), at=timezone.now())


def _remove(request: HttpRequest, team: Team) -> None:
    actions.remove_team(team, by=user_of(request), at=timezone.now())


def _parent(given: dict[str, Any]) -> Team | None:
    number = given.get("parent")
    return None if number is None else get_object_or_404(Team, pk=number)


teams = Resource(router, "team", "teams", Noun.PEOPLE, TeamTold, _tell, _teams)
teams.lists()
teams.creates(NewTeam, _make, verb=Verb.EDIT)
teams.changes(TeamChanges, _change)
teams.removes(_remove, verb=Verb.EDIT)
