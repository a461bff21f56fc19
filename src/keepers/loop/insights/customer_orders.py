"""A customer's lines put together to orders, with what came back of each."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any

from keepers.insight.customer.lines import grouped, revenue_of

FULL = 1e-9  # pieces that count as none left


class OrderState(StrEnum):
    """What became of an order."""

    KEPT = "kept"
    PARTLY_RETURNED = "partly returned"
    CANCELLED = "cancelled"
    RETURN_ALONE = "return"


@dataclass(frozen=True, slots=True)
class OrderLine:
    """One line as the page shows it.

    kind: sale, return, postage, fee or adjustment
    returned: pieces of this sale that came back; None where nothing tells
    came_back_on: of a return, its own day
    """

    kind: str
    product_id: str | None
    product: str | None
    category: str | None
    quantity: float | None
    revenue: float | None
    discount: float | None
    returned: float | None
    came_back_on: date | None


@dataclass(frozen=True, slots=True)
class CustomerOrder:
    """One order with its lines, its returns among them.

    revenue: net of returns; None without money
    pieces: net of returns; None where the source counts none
    """

    source: str
    order_id: str
    ordered_on: date
    state: OrderState
    revenue: float | None
    pieces: float | None
    channel: str | None
    payment_method: str | None
    location: str | None
    lines: Sequence[OrderLine]

    @property
    def more_lines(self) -> int:
        """Lines after the first."""
        return len(self.lines) - 1


def orders_of(lines: Sequence[dict[str, Any]]) -> tuple[CustomerOrder, ...]:
    """The orders among a customer's lines, the newest first as the lines are."""
    groups = grouped(lines, lambda line: (line["source"], line["order_id"]))
    return tuple(_order(source, order_id, part) for (source, order_id), part in groups.items())


def _order(source: str, order_id: str, lines: Sequence[dict[str, Any]]) -> CustomerOrder:
    pieces = [line["quantity"] for line in lines if line["quantity"] is not None]
    sold = [line for line in lines if line["line_kind"] != "return"] or lines
    return CustomerOrder(
        source=source,
        order_id=order_id,
        ordered_on=lines[0]["counts_on"],
        state=_state(lines),
        revenue=revenue_of(lines),
        pieces=sum(pieces) if pieces else None,
        channel=_first(sold, "channel"),
        payment_method=_first(sold, "payment_method"),
        location=_first(sold, "location"),
        lines=tuple(_line(line, back) for line, back in zip(lines, _came_back(lines), strict=True)),
    )


def _state(lines: Sequence[dict[str, Any]]) -> OrderState:
    if not any(line["line_kind"] != "return" for line in lines):
        return OrderState.RETURN_ALONE
    if any(line["line_kind"] == "sale" for line in lines) and not any(line["makes_occasion"] for line in lines):
        return OrderState.CANCELLED
    return OrderState.PARTLY_RETURNED if any(line["is_matched"] for line in lines) else OrderState.KEPT


def _line(line: dict[str, Any], returned: float | None) -> OrderLine:
    is_return = line["line_kind"] == "return"
    return OrderLine(
        kind=line["line_kind"],
        product_id=line["product_id"],
        product=line["product_name"],
        category=line["category"],
        quantity=line["quantity"],
        revenue=line["revenue"],
        discount=line["discount"],
        returned=returned,
        came_back_on=line["ordered_on"] if is_return else None,
    )


def _came_back(order: Sequence[dict[str, Any]]) -> list[float | None]:
    """Of each line the pieces that came back: those of a product are taken off its sales in their order."""
    left: dict[str | None, float] = {}
    for line in order:
        if line["line_kind"] == "return" and line["is_matched"]:
            left[line["product_id"]] = left.get(line["product_id"], 0.0) - (line["quantity"] or 0.0)
    came_back: list[float | None] = []
    for line in order:
        product, sold = line["product_id"], line["quantity"]
        pieces = 0.0
        if line["line_kind"] != "return" and product is not None and sold is not None:
            pieces = max(min(left.get(product, 0.0), sold), 0.0)
            left[product] = left.get(product, 0.0) - pieces
        came_back.append(pieces if pieces > FULL else None)
    return came_back


def _first(lines: Sequence[dict[str, Any]], column: str) -> str | None:
    return next((line[column] for line in lines if line[column] is not None), None)
