"""Long lists a page at a time, each page leading to the next; and whether what somebody has is still what there is."""

import json
from collections.abc import Callable, Container
from datetime import UTC, datetime
from hashlib import sha256
from typing import Annotated, Any, Generic, TypeVar

from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse
from ninja import Schema
from ninja.responses import NinjaJSONEncoder
from pydantic import Field

from keepers.core.errors import KeepersError

Row = TypeVar("Row", bound=Model)
Told = TypeVar("Told")
MOST = 200
BEYOND = 2**62  # greater than any number here
Number = Annotated[int, Field(ge=1, le=BEYOND)]
"""Of a thing."""


class Paged(Schema):
    """Which part of a list is wanted; what else it is narrowed to is added below this."""

    after: int = Field(0, ge=0, le=BEYOND, description="`next` of the page before")
    limit: int = Field(50, ge=1, le=MOST)
    newest: bool = Field(default=False, description="the newest first instead of the oldest")


class Page(Schema, Generic[Told]):
    """A part of a list."""

    items: list[Told]
    next: int | None = Field(None, description="Send it as `after` to get what follows; null at the end.")


class StaleError(Exception):
    """What somebody wants to change is no longer what they saw."""


class UnknownParameterError(KeepersError):
    """An address asks for what its list does not know."""


def page_of(rows: QuerySet[Row], tell: Callable[[Row], dict[str, Any]], wanted: Paged) -> dict[str, Any]:
    """The rows that follow a place, in the order of their numbers.

    Args:
        rows: all of them.
        tell: a row as the API tells it.
        wanted: where to begin, and how many at most.
    """
    beyond = {"pk__lt" if wanted.newest else "pk__gt": wanted.after} if wanted.after else {}
    some = list(rows.filter(**beyond).order_by("-pk" if wanted.newest else "pk")[: wanted.limit + 1])
    shown = some[: wanted.limit]
    return {"items": [tell(row) for row in shown], "next": shown[-1].pk if len(some) > wanted.limit else None}


def only(request: HttpRequest, wanted: type[Schema] | None = None, *, more: Container[str] = ()) -> None:
    """Refuse what nobody reads: a list that was asked for less than all must not answer with all.

    Args:
        request: what is asked.
        wanted: what can be asked.
        more: names that can be asked beside it.

    Raises:
        UnknownParameterError: the address has another parameter.
    """
    known = set() if wanted is None else set(wanted.model_fields)
    if unknown := sorted(name for name in request.GET if name not in known and name not in more):
        may = f" It knows {', '.join(sorted(known))}." if known else ""
        raise UnknownParameterError(f"This address has no parameter {', '.join(unknown)}.{may}")


def aware(moment: datetime) -> datetime:
    """A moment; one without a zone is in UTC."""
    return moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)


def tagged(told: dict[str, Any], *, status: int = 200, location: str = "") -> HttpResponse:
    """One thing with the tag of its state."""
    headers = {"ETag": tag_of(told)} | ({"Location": location} if location else {})
    body = json.dumps(told, cls=NinjaJSONEncoder)
    return HttpResponse(body, status=status, content_type="application/json; charset=utf-8", headers=headers)


def unchanged(request: HttpRequest, told: dict[str, Any]) -> None:
    """Refuse to change what is no longer what was seen.

    Raises:
        StaleError: the header If-Match names another state.
    """
    wanted = tags_in(request, "if-match")
    if wanted and "*" not in wanted and tag_of(told) not in wanted:
        raise StaleError


def tag_of(told: dict[str, Any]) -> str:
    """The tag of a state."""
    return f'"{sha256(json.dumps(told, cls=NinjaJSONEncoder, sort_keys=True).encode()).hexdigest()[:24]}"'


def tags_in(request: HttpRequest, header: str) -> list[str]:
    """The states that a header names."""
    return [tag.strip().removeprefix("W/") for tag in request.headers.get(header, "").split(",") if tag.strip()]
