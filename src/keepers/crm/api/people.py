"""People as the API tells them."""

from typing import Any, Literal

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from ninja import Router, Schema
from pydantic import ConfigDict, Field

from keepers.crm.api.paging import only, tagged
from keepers.crm.api.resources import Resource
from keepers.crm.entrance import for_everybody
from keepers.crm.people import membership
from keepers.crm.people.gate import needs, user_of
from keepers.crm.people.membership import people_for
from keepers.crm.people.models import Team, User
from keepers.crm.people.roles import Noun, Role, Verb

router = Router(tags=["people"])
RoleName = Literal["owner", "manager", "rep", "agent", "marketer", "analyst", "read-only"]
INVITED: dict[str, Any] = {"email": "bob@example.com", "name": "Bob Brown", "role": "rep", "team": "North"}
EXAMPLE: dict[str, Any] = {
    "id": 7,
    "email": "bob@example.com",
    "name": "Bob Brown",
    "role": "rep",
    "team": "North",
    "active": True,
}


class Person(Schema):
    """Somebody who works here."""

    id: int
    email: str
    name: str
    role: str
    team: str | None
    active: bool

    model_config = ConfigDict(json_schema_extra={"examples": [EXAMPLE]})


class Invitation(Schema):
    """Somebody new."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [INVITED]})

    email: str = Field(min_length=3, max_length=254, pattern=r"^[^@\s]+@[^@\s]+$")
    name: str = Field("", max_length=150)
    role: RoleName = "rep"
    team: str | None = Field(None, max_length=150)


class Invited(Person):
    """Somebody new, and the link that lets them in: it is told this once."""

    model_config = ConfigDict(json_schema_extra={"examples": [EXAMPLE | {"link": "https://crm.example.com/welcome/…"}]})

    link: str


class PersonChanges(Schema):
    """What somebody is here."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"role": "manager"}]})

    role: RoleName = "rep"
    team: str | None = Field(None, max_length=150)
    active: bool = True


@router.get("/me", response=Person, summary="Whose key this is", url_name="me", operation_id="get-me")
@for_everybody
def me(request: HttpRequest) -> dict[str, Any]:
    """Whoever the key acts for."""
    only(request)
    user = user_of(request)
    return told(user, user)


def told(reader: User, user: User) -> dict[str, Any]:
    """As the API tells it."""
    return {
        "id": user.pk,
        "email": user.email,
        "name": user.name,
        "role": user.role,
        "team": user.team.name if user.team else None,
        "active": user.is_active,
    }


def _change(request: HttpRequest, person: User, given: dict[str, Any]) -> None:
    before = {"role": person.role, "team": person.team and person.team.name, "active": person.is_active}
    wanted = before | given
    membership.change_member(
        person,
        by=user_of(request),
        at=timezone.now(),
        role=Role(wanted["role"]),
        team=_team(wanted["team"]),
        is_active=wanted["active"],
    )


def _team(name: str | None) -> Team | None:
    if not name:
        return None
    found = Team.objects.filter(name__iexact=name).first()
    if found is None:
        raise membership.MembershipError(f'No team is called "{name}". Look it up under /teams, or leave it out.')
    return found


people = Resource(router, "person", "people", Noun.PEOPLE, Person, told, people_for)
people.lists()
people.changes(PersonChanges, _change)


@router.post(
    "/people", response={201: Invited}, operation_id="create-person", url_name="new-person", summary="Invite somebody"
)
@needs(Verb.CREATE, Noun.PEOPLE)
def invite(request: HttpRequest, given: Invitation) -> HttpResponse:
    """They come in by the link, which is told this once."""
    only(request)
    user = user_of(request)
    invited = membership.invite(
        by=user,
        at=timezone.now(),
        email=given.email,
        name=given.name,
        role=Role(given.role),
        team=_team(given.team),
    )
    link = request.build_absolute_uri(reverse("welcome", args=[invited.token]))
    where = reverse("api:person", args=[invited.user.pk])
    return tagged(told(user, invited.user) | {"link": link}, status=201, location=where)
