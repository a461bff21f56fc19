"""People as the API tells them."""

from typing import Any

from django.http import Http404, HttpRequest
from ninja import Router, Schema
from pydantic import ConfigDict

from keepers.crm.api.paging import BEYOND, After, Limit, Page, page_of
from keepers.crm.entrance import for_everybody
from keepers.crm.people.gate import needs, user_of
from keepers.crm.people.membership import people_for
from keepers.crm.people.models import User
from keepers.crm.people.roles import Noun, Verb

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


@router.get("/me", response=Person, summary="Whose key this is")
@for_everybody
def me(request: HttpRequest) -> dict[str, Any]:
    """Whoever the key acts for."""
    return told(user_of(request))


@router.get("/people", response=Page[Person], summary="Everybody whom the key may see")
@needs(Verb.SEE, Noun.PEOPLE)
def people(request: HttpRequest, after: After = 0, limit: Limit = 50) -> dict[str, Any]:
    """In the order in which they came."""
    return page_of(people_for(user_of(request)), told, after=after, limit=limit)


@router.get("/people/{pk}", response=Person, summary="One of them")
@needs(Verb.SEE, Noun.PEOPLE)
def person(request: HttpRequest, pk: int) -> dict[str, Any]:
    """One account."""
    found = people_for(user_of(request)).filter(pk=pk).first() if pk <= BEYOND else None
    if found is None:
        raise Http404("There is nobody of this number whom you may see.")
    return told(found)


def told(user: User) -> dict[str, Any]:
    """As the API tells it."""
    return {
        "id": user.pk,
        "email": user.email,
        "name": user.name,
        "role": user.role,
        "team": user.team.name if user.team else None,
        "active": user.is_active,
    }
