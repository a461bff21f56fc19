"""What an order and an act look like when a program sends them, and what is wrong with one that cannot be taken."""

import json
from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
    ValidationError,
)

from keepers.crm.inbox.models import Kind
from keepers.loop.imports.interactions import APP

EARLIEST, LATEST = 1900, 2200
MOST_LINES = 2_000


def _written(value: Any) -> Any:
    """Ids that are whole numbers are texts too."""
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


def _of_our_time(moment: datetime) -> datetime:
    if not EARLIEST <= moment.year <= LATEST:
        raise ValueError(f"The year is not between {EARLIEST} and {LATEST}.")
    return moment


def _one_customer(text: str) -> str:
    """An e-mail address as an id is the same in small and capital letters, as in files."""
    return text.lower() if "@" in text else text


Text = Annotated[str, StringConstraints(strip_whitespace=True, max_length=255)]
Id = Annotated[Text, StringConstraints(min_length=1), BeforeValidator(_written)]
CustomerId = Annotated[Id, AfterValidator(_one_customer)]
Moment = Annotated[datetime, AfterValidator(_of_our_time)]
Money = Annotated[Decimal, Field(max_digits=18, decimal_places=4)]
Currency = Annotated[str, StringConstraints(pattern=r"^[A-Za-z]{3}$", to_upper=True)]
Pieces = Annotated[float, Field(allow_inf_nan=False)]
_STRICT = ConfigDict(extra="forbid")


class Line(BaseModel):
    """A line of an order."""

    model_config = _STRICT

    product_id: Id | None = None
    product_name: Text | None = None
    category: Text | None = None
    brand: Text | None = None
    quantity: Pieces | None = Field(None, description="pieces; negative for a return")
    revenue: Money | None = Field(None, description="of the whole line, net of discounts; negative for a return")
    cost: Money | None = None
    discount: Money | None = Field(None, description="already taken off revenue")
    line_kind: Literal["sale", "return", "postage", "fee", "adjustment"] | None = Field(
        None, description="left out: found by sign, product code and name, as in files"
    )


class Who(BaseModel):
    """Who the customer of an order is."""

    model_config = _STRICT

    name: Text | None = None
    email: Text | None = None
    phone: Text | None = None
    city: Text | None = None
    country: Text | None = None


class OrderGiven(BaseModel):
    """An order with all its lines; sent again, it replaces what it was."""

    model_config = _STRICT

    order_id: Id
    customer_id: CustomerId | None = Field(None, description="the source's own customer id; null: nobody known")
    ordered_at: Moment = Field(description="ISO 8601; without a zone it is in the firm's")
    lines: list[Line] = Field(min_length=1, max_length=MOST_LINES)
    channel: Text | None = None
    payment_method: Text | None = None
    location: Text | None = None
    currency: Currency | None = None
    acquisition_source: Text | None = None
    segment: Text | None = None
    cancels_order_id: Id | None = Field(None, description="the order that this one takes back")
    is_cancelled: bool = Field(default=False, description="it is on record and worth nothing")
    customer: Who | None = None


class InteractionGiven(BaseModel):
    """An act at a touch point; sent again, it replaces what it was."""

    model_config = _STRICT

    interaction_id: Id
    customer_id: CustomerId
    happened_at: Moment = Field(description="ISO 8601; without a zone it is in the firm's")
    touch_kind: Annotated[Text, StringConstraints(min_length=1, max_length=40)] = Field(
        description="call, visit, letter, e-mail, catalog, web, chat, ticket, survey, …"
    )
    direction: Literal["in", "out"] | None = None
    campaign: Text | None = None
    channel: Text | None = None
    title: Text | None = None
    outcome: Text | None = None
    touch_cost: Money | None = None
    currency: Currency | None = None
    minutes: int | None = Field(None, ge=0, le=1_000_000)
    actor: Text | None = None
    is_removed: bool = Field(default=False, description="it is taken back")


SCHEMAS: dict[str, type[BaseModel]] = {Kind.ORDERS: OrderGiven, Kind.INTERACTIONS: InteractionGiven}
IDS = {Kind.ORDERS: "order_id", Kind.INTERACTIONS: "interaction_id"}
RESERVED = frozenset({APP})
"""Sources that nobody else may use."""


def read(kind: str, given: Any) -> tuple[dict[str, Any], str]:
    """What was given as JSON holds it, or why it cannot be taken; the other is empty."""
    try:
        return SCHEMAS[kind].model_validate(given).model_dump(mode="json", exclude_none=True), ""
    except ValidationError as wrong:
        told = [f"{'.'.join(map(str, each['loc'])) or 'row'}: {each['msg']}" for each in wrong.errors()]
        return {}, "; ".join(told[:5])


def id_in(kind: str, given: Any) -> str:
    """The id that was given with something that may not be right otherwise; empty where there is none."""
    told = _written(given.get(IDS[Kind(kind)])) if isinstance(given, dict) else None
    return told.strip()[:255] if isinstance(told, str) else ""


def as_text(given: Any) -> str:
    """What was given, to be shown with the reason."""
    return json.dumps(given, ensure_ascii=False, default=str)
