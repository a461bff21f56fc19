"""What customers are worth, and what is learned of them."""

from typing import Any, TypedDict


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


class Survey(TypedDict):
    """A survey of the market that is kept, and what it found in a sentence."""

    id: int
    name: str
    brand: str
    currency: str
    finding: str
    made_at: str
    studied_at: str | None


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
