"""What the API tells of each noun, as types; days, moments and exact amounts are texts as JSON has them."""

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


class Survey(TypedDict):
    """A survey of the market that is kept, and what it found in a sentence."""

    id: int
    name: str
    brand: str
    currency: str
    finding: str
    made_at: str
    studied_at: str


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


class Interval(TypedDict):
    """A figure and how sure it is: its true value lies between the ends with the run's probability."""

    mean: float
    low: float | None
    high: float | None


class Value(TypedDict):
    """What a customer is worth, as the publication says; null where it is not known."""

    customer: int
    key: str
    name: str
    group: str
    orders: int
    first_order: str
    last_order: str
    next_order_due: str | None
    probability_alive: float | None
    residual_value: Interval | None
    period_value: Interval | None
    expected_orders: Interval | None
    mean_order_value: float | None
    expected_order_value: float | None
    remaining_lifetime: float | None
    reason: str


class View(TypedDict):
    """A list as somebody wants to see it again."""

    id: int
    noun: str
    name: str
    query: dict[str, list[str]]
    shared_with: str
    mine: bool


class Job(TypedDict):
    """Work that nobody waits for."""

    id: int
    kind: str
    state: str
    asked_by: str | None
    asked_at: str
    started_at: str | None
    finished_at: str | None
    stage: str
    rows: int
    share: int
    error: str


class Import(TypedDict):
    """An import of orders: rows read are rows accepted and rejected."""

    batch_id: str
    source: str
    recorded_at: str
    files: list[str]
    rows_read: int | None
    rows_accepted: int | None
    rows_rejected: int | None
    active: bool
    by: str | None


class PeopleImport(TypedDict):
    """An import of people: rows read are rows created, updated, the same and refused."""

    id: int
    files: list[str]
    source: str
    system: str
    at: str
    by: str | None
    read: int
    created: int
    updated: int
    same: int
    refused: int
    landed_at: str | None
    undone_at: str | None
    left_alone: int


class Run(TypedDict):
    """A run: what was assumed, what it found, and how far to trust it."""

    run_id: str
    started_at: str
    as_of: str
    currency: str | None
    grade: str | None
    parameters: dict[str, Any] | None
    base: dict[str, Any] | None
    by: str | None
    shown: bool


class Sent(TypedDict):
    """An order or act that was sent in."""

    id: int
    source: str
    external_id: str
    state: str
    version: int
    told_at: str
    landed_version: int
    landed_at: str | None
    batch: str | None
    why: str | None


class Webhook(TypedDict):
    """An address that is told of what happens."""

    id: int
    name: str
    url: str
    kinds: list[str]
    is_active: bool
    secret: str
    failures: int
    delivered_at: str | None
    made_at: str


class WebhookDelivery(TypedDict):
    """A telling, and what came of it."""

    id: int
    webhook: int
    event: str
    kind: str
    state: str
    attempts: int
    status: int | None
    problem: str
    made_at: str
    ended_at: str | None


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


class Publication(TypedDict):
    """What the pages show now. `base` is for who sees insight and everybody's customers."""

    run: str
    as_of: str
    currency: str
    customers: int
    grade: str
    published_at: str | None
    assumptions: dict[str, Any]
    base: dict[str, Any] | None


class RefusedRow(TypedDict):
    """A row that was not taken."""

    row: int
    external_id: str
    why: str


class Upserted(TypedDict):
    """What became of the rows: created + updated + same + refused are as many as came."""

    created: int
    updated: int
    same: int
    refused: list[RefusedRow]


class RefusedSending(TypedDict):
    """One that could not be taken; it is kept with its reason."""

    row: int
    id: str
    why: str


class Received(TypedDict):
    """What became of them: taken + same + refused are as many as came. Those taken land within a minute or so."""

    taken: int
    same: int
    refused: list[RefusedSending]
