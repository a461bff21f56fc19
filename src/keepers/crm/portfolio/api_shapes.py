"""What the API is asked about values, and how it tells them: the shapes of `api.py`."""

from datetime import date, datetime
from typing import Any, Literal

from ninja import Schema
from pydantic import ConfigDict, Field

from keepers.crm.api.paging import BEYOND, MOST, Number

ORDER = r"^-?(value|low|alive|last_order|next_due|field-[a-z0-9_-]{1,60})$"
GroupName = Literal["best", "promising", "steady", "one-time", "slipping", "lost"]
DAY = r"^(\d{4}-\d{2}-\d{2}|-?\d{1,5}d)?$"
WORTH: dict[str, Any] = {"mean": 420.5, "low": 180.0, "high": 810.0}
VALUE: dict[str, Any] = {"customer": 1, "key": "C-1", "group": "best", "orders": 7, "residual_value": WORTH}
RUN: dict[str, Any] = {"run": "2026-08-31-1", "as_of": "2026-08-31", "currency": "EUR"}


class Asked(Schema):
    """What the list is narrowed to: the filters of its page. Custom fields are asked by `field-` and their key."""

    view: Number | None = Field(None, description="a saved view of customers, narrowed further by the rest")
    q: str = Field("", max_length=200)
    any: Literal["", "1"] = Field("", description="1: one of the filters is enough")
    group: list[GroupName] = Field(default_factory=list)
    value_from: float | None = Field(None, description="residual value at least")
    value_to: float | None = None
    low_from: float | None = Field(None, description="its low end at least")
    low_to: float | None = None
    alive_from: float | None = Field(None, description="chance to be active at least, 0 to 1")
    alive_to: float | None = None
    orders_from: int | None = Field(None, ge=-BEYOND, le=BEYOND)
    orders_to: int | None = Field(None, ge=-BEYOND, le=BEYOND)
    last_order_from: str = Field("", pattern=DAY, description="2026-08-31, or -30d: counted from the list's own day")
    last_order_to: str = Field("", pattern=DAY)
    next_due_from: str = Field("", pattern=DAY)
    next_due_to: str = Field("", pattern=DAY)
    first_order_from: str = Field("", pattern=DAY)
    first_order_to: str = Field("", pattern=DAY)
    stage: list[str] = Field(default_factory=list)
    kind: list[str] = Field(default_factory=list)
    owner: str = Field("", max_length=20, description="number of a person, or none")
    team: str = Field("", max_length=20, description="number of a team, or none")
    tags: str = Field("", max_length=20, description="number of a tag")
    acquired_by: str = Field("", max_length=120)
    city: str = Field("", max_length=120)
    country: str = Field("", max_length=120)
    consent: str = Field("", max_length=30, description="email.marketing and the like")


class ValuesWanted(Asked):
    """Which part of the list, in which order."""

    after: str = Field("", pattern=r"^(\d{1,18}\.\d{1,18})?$", description="`next` of the page before")
    limit: int = Field(50, ge=1, le=MOST)
    sort: str = Field("value", pattern=ORDER, description="or `field-` and the key of a custom field; - turns it round")


class GroupsWanted(Asked):
    """What the list is counted by."""

    by: str = Field(max_length=80, description="group, stage, owner, team, tags, kind, city, …, or `field-` and a key")


class Interval(Schema):
    """A figure and how sure it is: its true value lies between the ends with the run's probability."""

    model_config = ConfigDict(json_schema_extra={"examples": [WORTH]})

    mean: float
    low: float | None
    high: float | None


class ValueTold(Schema):
    """What a customer is worth, as the publication says; null where it is not known."""

    model_config = ConfigDict(json_schema_extra={"examples": [VALUE]})

    customer: int
    key: str
    name: str
    group: str
    orders: int
    first_order: date
    last_order: date
    next_order_due: date | None
    probability_alive: float | None
    residual_value: Interval | None
    period_value: Interval | None
    expected_orders: Interval | None
    mean_order_value: float | None
    expected_order_value: float | None
    remaining_lifetime: float | None
    reason: str


class OfRun(Schema):
    """Which run a figure is of."""

    run: str
    as_of: date
    currency: str


class ValuesPage(OfRun):
    """A part of the list, all pages of which are of one run."""

    model_config = ConfigDict(json_schema_extra={"examples": [RUN | {"items": [VALUE], "next": "7.49"}]})

    items: list[ValueTold]
    next: str | None = None


class OneValue(ValueTold, OfRun):
    """What one customer is worth, and by which run."""

    model_config = ConfigDict(json_schema_extra={"examples": [VALUE | RUN]})


class TotalTold(OfRun):
    """How many customers a list has and what they are worth together."""

    model_config = ConfigDict(json_schema_extra={"examples": [RUN | {"customers": 120, "worth": 50300.5}]})

    customers: int
    worth: float | None


class GroupTold(Schema):
    """Some customers who have something in common."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"label": "slipping", "customers": 12, "share": 0.1}]})

    label: str
    customers: int
    worth: float | None
    share: float


class GroupsTold(OfRun):
    """A list counted and summed."""

    model_config = ConfigDict(json_schema_extra={"examples": [RUN | {"by": "group", "groups": []}]})

    by: str
    groups: list[GroupTold]


class PublicationTold(OfRun):
    """What the pages show now. `base` is for who sees insight and everybody's customers."""

    model_config = ConfigDict(json_schema_extra={"examples": [RUN | {"customers": 2357, "grade": "B"}]})

    customers: int
    grade: str
    published_at: datetime | None
    assumptions: dict[str, Any]
    base: dict[str, Any] | None
