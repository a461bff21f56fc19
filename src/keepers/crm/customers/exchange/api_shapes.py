"""The shapes in which the API tells imports of people, and takes what a program decides about them."""

from datetime import datetime
from typing import Annotated, Any, Literal

from ninja import Schema
from pydantic import ConfigDict, Field

from keepers.crm.customers.exchange.recognising.layout import NOUNS
from keepers.crm.jobs.api import JobTold

Step = Literal["recognised", "checking", "checked", "landing", "landed", "stopped", "undoing", "undone"]
Noun = Literal[NOUNS]  # type: ignore[valid-type]  # the words are told where the nouns are
Header = Annotated[str, Field(max_length=1_000)]
Role = Annotated[str, Field(max_length=80)]
MOST_TABLES, MOST_COLUMNS = 500, 5_000
BROUGHT: dict[str, Any] = {
    "id": 7,
    "files": ["contacts.csv"],
    "step": "landed",
    "read": 100,
    "created": 90,
    "updated": 5,
    "same": 3,
    "refused": 2,
}
COLUMNS: list[dict[str, Any]] = [{"header": "E-mail", "role": "email"}, {"header": "Shoe size", "role": "new:number"}]
MAPPING: dict[str, Any] = {
    "source": "shop",
    "mode": "both",
    "region": "AT",
    "tables": [{"name": "contacts.csv", "noun": "people", "key": "email", "columns": COLUMNS}],
}


class PeopleImportTold(Schema):
    """An import of people: rows read are rows created, updated, the same and refused."""

    model_config = ConfigDict(json_schema_extra={"examples": [BROUGHT]})

    id: int
    files: list[str]
    source: str
    system: str = Field(description="the CRM that its headers gave away; empty for none")
    at: datetime
    by: str | None
    step: Step = Field(description="before `landed` the counts are what would become of the rows")
    job: JobTold | None = Field(description="the check, landing or undo that is under way, or was last")
    problems: list[str] = Field(description="files that cannot be read, each with why")
    read: int
    created: int
    updated: int
    same: int
    refused: int
    landed_at: datetime | None
    undone_at: datetime | None
    left_alone: int = Field(description="what undoing left as it was changed since")


class ColumnTold(Schema):
    """A column, and what it was taken for."""

    header: str
    role: str = Field(
        description="`new:<kind>` makes a custom field, `field:<key>` fills one, empty leaves the column aside"
    )
    cells: list[str] = Field(description="some of its cells")
    why: str = Field(description="why it was taken for that")


class TableTold(Schema):
    """A table of an import, and what its rows were taken for."""

    name: str
    noun: Noun
    identity: str = Field(description="the role of the column that tells its rows apart; empty for none")
    key: str = Field(description="the role by which known customers are found; empty: the row itself does, all of it")
    notes: list[str]
    columns: list[ColumnTold]


class MappingTold(Schema):
    """What the tables of an import were taken for, and how they are brought in."""

    model_config = ConfigDict(json_schema_extra={"examples": [MAPPING]})

    source: str
    mode: str
    empty: str
    stage: str
    dates: str
    region: str
    consent_source: str
    tables: list[TableTold]
    owners: dict[str, str | None] = Field(
        description="what the files call an owner → e-mail of a user; after the check"
    )


class ColumnGiven(Schema):
    """What a column is to be taken for."""

    model_config = ConfigDict(extra="forbid")

    header: Header
    role: Role


class TableGiven(Schema):
    """What a table is to be taken for; what is left out stays."""

    model_config = ConfigDict(extra="forbid")

    name: Annotated[str, Field(max_length=1_000)]
    noun: Noun | None = None
    key: Role | None = None
    columns: list[ColumnGiven] = Field(default=[], max_length=MOST_COLUMNS, description="those that are to change")


class MappingGiven(Schema):
    """What is to be otherwise; what is left out stays, but where `tables` are named, the others do not come in."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [MAPPING]})

    source: str | None = Field(None, pattern=r"^[-a-zA-Z0-9_]{1,40}$")
    mode: Literal["both", "create", "update"] | None = None
    empty: Literal["leave", "clear"] | None = None
    stage: Literal["prospect", "active", "slipping", "lapsed", "won-back", "closed"] | None = None
    dates: Literal["auto", "dmy", "mdy", "ymd"] | None = None
    region: str | None = Field(None, pattern=r"^([A-Z]{2})?$")
    consent_source: str | None = Field(None, max_length=120)
    tables: list[TableGiven] | None = Field(None, min_length=1, max_length=MOST_TABLES)
    owners: dict[str, str | None] | None = Field(None, description="after the check; null for nobody")


class Undoing(Schema):
    """How an import is to be taken back."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"forced": False}]})

    forced: bool = Field(default=False, description="also what was changed since")
