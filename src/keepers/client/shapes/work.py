"""What people do with customers."""

from typing import TypedDict


class Touch(TypedDict):
    """An act; `source` is the system that told it, empty for what was told here."""

    id: int
    customer: int
    kind: str
    direction: str
    at: str
    title: str
    body: str
    outcome: str
    campaign: str
    minutes: int | None
    cost: str | None
    actor: str
    source: str
    external_id: str
    sent: str | None


class KeptRecord(TypedDict):
    """A row of another system that has no desk yet, kept whole; `data` is none where a role does not see all fields."""

    id: int
    noun: str
    kind: str
    source: str
    external_id: str
    customer: int | None
    organisation: int | None
    at: str | None
    title: str
    body: str
    status: str
    amount: str | None
    currency: str
    actor: str
    data: dict[str, str] | None


class Task(TypedDict):
    """A task; once it is done, `touch` is the act that it became."""

    id: int
    customer: int | None
    kind: str
    title: str
    note: str
    owner: str | None
    due_on: str | None
    starts_at: str | None
    reason: str
    stake: float | None
    cadence: int | None
    state: str
    outcome: str
    attempts: int
    touch: int | None
    made_at: str
    ended_at: str | None


class Cadence(TypedDict):
    """Whom to contact how often; `query` is what of the list of customers says who is meant."""

    id: int
    name: str
    kind: str
    query: dict[str, list[str]]
    every_days: int
    a_day: int
    people: list[str]
    is_active: bool
    planned_on: str | None


class Approval(TypedDict):
    """An approval; `made_at` says that all of it is done."""

    id: int
    name: str
    run_id: str
    decision: str
    action: str
    way: str
    makes_tasks: bool
    held_until: str
    held_share: float
    proposed_share: float | None
    held_reason: str
    experiment: str
    reached: int
    held: int
    tasks_made: int
    no_room: int
    cost: float | None
    passed_over: dict[str, int]
    at: str
    made_at: str | None
