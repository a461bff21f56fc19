"""The orders in which the base and the lines of its plan are kept sorted, each with a place in each."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Order:
    """An order of a publication's customers.

    name: as in the address of the list
    number: part of each place's id, so never changed
    field: of CustomerValue; customers without it come last, ties in the order of customers
    place: field of CustomerValue that holds the customer's place, from 0
    descending: whether the greatest comes first
    """

    name: str
    number: int
    field: str
    place: str
    descending: bool = True


@dataclass(frozen=True, slots=True)
class LineOrder:
    """An order of a plan's lines, the greatest first; ties as they lie in the plan.

    name: as in the address of the list; empty for one that is a list of its own
    number: part of each place's id, so never changed; 0 to 3
    field: of PlanLine; a plan where lines are without it has no such places
    in_steps: whether the lines of each step are sorted by themselves; else all of the plan that have the figure
    """

    name: str
    number: int
    field: str
    in_steps: bool = True


VALUE = Order("value", 0, "residual_value", "place_by_value")
LOW_END = Order("low", 1, "residual_value_low", "place_by_low")
CHANCE = Order("alive", 2, "probability_alive", "place_by_chance")
LAST_ORDER = Order("last_order", 3, "last_order", "place_by_last_order")
NEXT_DUE = Order("next_due", 4, "next_order_due", "place_by_next_due", descending=False)

ORDERS = (VALUE, LOW_END, CHANCE, LAST_ORDER, NEXT_DUE)

MAILED = LineOrder("", 0, "mailed_margin", in_steps=False)
AT_STAKE = LineOrder("lost", 1, "value_at_stake")
BACK = LineOrder("back", 2, "chance_back")

LINE_ORDERS = (MAILED, AT_STAKE, BACK)
