"""Who uses Keepers, and what they did."""

from typing import Any, TypedDict


class Person(TypedDict):
    """Somebody who works here."""

    id: int
    email: str
    name: str
    role: str
    team: str | None
    active: bool


class Team(TypedDict):
    """People who work together; whoever may act for a team may act for those below it."""

    id: int
    name: str
    parent: int | None


class AuditEntry(TypedDict):
    """Something that was done: by whom, to what, and what changed."""

    id: int
    at: str
    actor: str
    via: str
    verb: str
    noun: str
    thing: str
    thing_name: str
    changes: dict[str, Any]
