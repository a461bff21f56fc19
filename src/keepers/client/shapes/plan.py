"""What the plan says, what people said of it, what is on trial or offered, and what customers may buy next."""

from typing import TypedDict


class Step(TypedDict):
    """The customers for whom the plan says the same; `gain_low` and `gain_high` are of the sum."""

    decision: str
    action: str
    people: int
    cost: float | None
    gain: float | None
    gain_low: float | None
    gain_high: float | None
    on_evidence: float | None


class Plan(TypedDict):
    """The plan that the pages show, of the customers whom the key may see."""

    plan: str
    run: str
    as_of: str
    currency: str
    limits: dict[str, float]
    steps: list[Step]


class PlanLine(TypedDict):
    """What the plan says of a customer."""

    id: int
    customer: int
    key: str
    name: str
    decision: str
    action: str
    level: str
    cost: float | None
    expected_gain: float | None
    expected_gain_low: float | None
    expected_gain_high: float | None
    value_at_stake: float | None
    chance_back: float | None
    evidence: str
    reason: str


class ProductOffer(TypedDict):
    """A customer to whom a product, or their best one of a category, is worth offering."""

    id: int
    customer: int
    key: str
    name: str
    action: str
    of_category: bool
    also_as: str
    chance: float
    chance_offered: float
    cost: float
    expected_gain: float
    expected_gain_low: float
    expected_gain_high: float
    evidence: str
    reason: str


class Wallet(TypedDict):
    """What part of a customer's spend comes to you, what goes elsewhere a year, and why they may grow."""

    id: int
    customer: int
    key: str
    name: str
    share_of_wallet: float
    share_of_wallet_low: float
    share_of_wallet_high: float
    elsewhere: float | None
    wallet_evidence: str
    grows: str | None


class Trial(TypedDict):
    """An action that some customers get by lot and as many do without."""

    id: int
    experiment: str
    action: str
    told: str
    starts_on: str
    held_until: str | None
    stands: bool
    treated: int
    held: int


class TrialLot(TypedDict):
    """A customer on trial, and whether the lot gives them the action."""

    id: int
    trial: int
    customer: int
    key: str
    name: str
    gets_it: bool
    cost: float | None


class PlanChoice(TypedDict):
    """What somebody said of a line, and until when it counts."""

    id: int
    customer: int
    run_id: str
    decision: str
    action: str
    kind: str
    reason: str
    until: str
    at: str
    undone_at: str | None


class Prospect(TypedDict):
    """What somebody who has not bought yet would be worth: the mean of people like them, with its range."""

    customer: int
    key: str
    name: str
    rank: int | None
    lifetime_value: float | None
    lifetime_value_low: float | None
    lifetime_value_high: float | None
    times_usual: float
    reason: str


class NextProduct(TypedDict):
    """A product that a customer may buy within four weeks, without any offer."""

    rank: int
    product_id: str
    product_name: str | None
    proposal: str
    chance: float
    reason: str
