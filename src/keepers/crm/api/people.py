"""People as the API tells them."""

from typing import Any

from django.http import HttpRequest
from ninja import Router, Schema
from pydantic import ConfigDict

from keepers.crm.api.paging import only
from keepers.crm.api.resources import Resource
from keepers.crm.entrance import for_everybody
from keepers.crm.people.gate import user_of
from keepers.crm.people.membership import people_for
from keepers.crm.people.models import User
from keepers.crm.people.roles import Noun

router = Router(tags=["people"])
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


people = Resource(router, "person", "people", Noun.PEOPLE, Person, told, people_for)
people.lists()
