"""The orders in which the base is kept sorted, each customer with a place in each."""

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


VALUE = Order("value", 0, "residual_value", "place_by_value")
LOW_END = Order("low", 1, "residual_value_low", "place_by_low")
CHANCE = Order("alive", 2, "probability_alive", "place_by_chance")
LAST_ORDER = Order("last_order", 3, "last_order", "place_by_last_order")
NEXT_DUE = Order("next_due", 4, "next_order_due", "place_by_next_due", descending=False)

ORDERS = (VALUE, LOW_END, CHANCE, LAST_ORDER, NEXT_DUE)
