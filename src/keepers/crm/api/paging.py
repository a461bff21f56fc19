"""Long lists a page at a time, each page leading to the next; and whether what somebody has is still what there is."""

import json
from collections.abc import Callable
from hashlib import sha256
from typing import Annotated, Any, Generic, TypeVar

from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse
from ninja import Query, Schema
from ninja.responses import NinjaJSONEncoder
from pydantic import Field

Row = TypeVar("Row", bound=Model)
Told = TypeVar("Told")
MOST = 200
BEYOND = 2**62  # greater than any number here
After = Annotated[int, Query(ge=0, le=BEYOND)]
Limit = Annotated[int, Query(ge=1, le=MOST)]


class Page(Schema, Generic[Told]):
    """A part of a list."""

    items: list[Told]
    next: int | None = Field(None, description="Send it as `after` to get what follows; null at the end.")


class StaleError(Exception):
    """What somebody wants to change is no longer what they saw."""


def page_of(rows: QuerySet[Row], tell: Callable[[Row], dict[str, Any]], *, after: int, limit: int) -> dict[str, Any]:
    """The rows that follow a place, in the order of their numbers.

    Args:
        rows: all of them.
        tell: a row as the API tells it.
        after: the number after which to begin.
        limit: how many at most.
    """
    shown = list(rows.filter(pk__gt=after).order_by("pk")[: limit + 1])
    more = len(shown) > limit
    shown = shown[:limit]
    return {"items": [tell(row) for row in shown], "next": shown[-1].pk if more and shown else None}


def tagged(request: HttpRequest, told: dict[str, Any], *, status: int = 200, location: str = "") -> HttpResponse:
    """One thing with the tag of its state; nothing but the tag where whoever asks has that state already."""
    tag = tag_of(told)
    headers = {"ETag": tag} | ({"Location": location} if location else {})
    if status == 200 and request.method == "GET" and tag in _tags(request, "if-none-match"):
        return HttpResponse(status=304, headers=headers)
    body = json.dumps(told, cls=NinjaJSONEncoder)
    return HttpResponse(body, status=status, content_type="application/json; charset=utf-8", headers=headers)


def unchanged(request: HttpRequest, told: dict[str, Any]) -> None:
    """Refuse to change what is no longer what was seen.

    Raises:
        StaleError: the header If-Match names another state.
    """
    wanted = _tags(request, "if-match")
    if wanted and "*" not in wanted and tag_of(told) not in wanted:
        raise StaleError


def tag_of(told: dict[str, Any]) -> str:
    """The tag of a state."""
    return f'"{sha256(json.dumps(told, cls=NinjaJSONEncoder, sort_keys=True).encode()).hexdigest()[:24]}"'


def _tags(request: HttpRequest, header: str) -> list[str]:
    return [tag.strip().removeprefix("W/") for tag in request.headers.get(header, "").split(",") if tag.strip()]
