"""What comes in and goes out: imports, what was sent, webhooks, jobs."""

from typing import TypedDict


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
    step: str
    job: Job | None
    problems: list[str]
    read: int
    created: int
    updated: int
    same: int
    refused: int
    landed_at: str | None
    undone_at: str | None
    left_alone: int


class ImportedColumn(TypedDict):
    """A column of an import of people, and what it was taken for."""

    header: str
    role: str
    cells: list[str]
    why: str


class ImportedTable(TypedDict):
    """A table of an import of people, and what its rows were taken for."""

    name: str
    noun: str
    identity: str
    key: str
    notes: list[str]
    columns: list[ImportedColumn]


class Mapping(TypedDict):
    """What the tables of an import of people were taken for, and how they are brought in."""

    source: str
    mode: str
    empty: str
    stage: str
    dates: str
    region: str
    consent_source: str
    tables: list[ImportedTable]
    owners: dict[str, str | None]


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
