"""Customers and what is written on their records."""

from typing import Any, TypedDict


class Customer(TypedDict, total=False):
    """A customer. Fields that are hidden from the key are left out."""

    id: int
    key: str
    name: str
    kind: str | None
    stage: str | None
    email: str | None
    phone: str | None
    city: str | None
    country: str | None
    owner: str | None
    team: str | None
    tags: list[str] | None
    acquired_by: str | None
    acquired_on: str | None
    acquisition_cost: str | None
    custom: dict[str, Any] | None
    external_keys: dict[str, list[str]] | None
    created_at: str | None
    changed_at: str | None


class ContactPoint(TypedDict):
    """A way to reach a customer; `problem` says why it cannot be used, if it cannot."""

    id: int
    customer: int
    kind: str
    value: str
    written: str
    label: str
    problem: str
    position: int


class Address(TypedDict):
    """Where letters and visits go."""

    id: int
    customer: int
    label: str
    street: str
    postal_code: str
    city: str
    region: str
    country: str
    position: int


class Consent(TypedDict):
    """What a customer said on a channel for a purpose; the latest word counts."""

    id: int
    customer: int
    channel: str
    purpose: str
    state: str
    at: str
    proof: str
    source: str
    by: str | None
    latest: bool


class Relation(TypedDict):
    """A customer belongs to another; it reads from `customer` to `other`."""

    id: int
    customer: int
    kind: str
    other: int
    note: str
    since: str | None
    until: str | None


class Attachment(TypedDict):
    """A file that belongs to a customer; `/attachments/7/content` is the file itself."""

    id: int
    customer: int
    name: str
    size: int
    content_type: str
    added_at: str
    added_by: str | None


class CustomField(TypedDict):
    """Something that this firm knows of its customers; `custom` of a customer holds it under `key`."""

    id: int
    key: str
    label: str
    kind: str
    choices: list[str]
    formula: str
    roll_up: dict[str, Any]
    result: str
    is_required: bool
    removed: bool


class Tag(TypedDict):
    """A word that people put on customers; writing `tags` of a customer makes new ones."""

    id: int
    name: str


class BulkEdit(TypedDict):
    """What was changed, so that it can be undone."""

    id: int
    at: str
    field: str
    says: str
    changed: int
    undone_at: str | None
    left: int
    job: int | None


class Pair(TypedDict):
    """Two customers who may be one. Reasons: 2 the same, 1 alike, 0 different."""

    id: int
    one: int
    other: int
    probability: float
    reasons: dict[str, int]
    state: str
    found_at: str
    decided_at: str | None


class Merge(TypedDict):
    """A merge, which can be undone."""

    id: int
    kept: int
    absorbed: int
    at: str
    by: str | None
    undone_at: str | None
