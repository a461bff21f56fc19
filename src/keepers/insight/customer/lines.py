"""The lines of one customer, as the run kept them, and what several answers read off them."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

PRODUCT_KINDS = ("sale", "return")


@dataclass(frozen=True, slots=True)
class CustomerLines:
    """What a customer's answers are about.

    lines: rows of `customer_lines`, money as floats
    as_of: last day that is known
    currency: reporting currency of the money
    """

    lines: Sequence[dict[str, Any]]
    as_of: date
    currency: str | None

    @property
    def occasions(self) -> list[date]:
        """Days with an order that counts, rising."""
        return sorted({line["counts_on"] for line in self.lines if line["makes_occasion"]})

    @property
    def paid_values(self) -> list[float]:
        """What those days were worth, net of matched returns, where that is above zero [money]."""
        days = {line["counts_on"] for line in self.lines if line["makes_occasion"]}
        worth = dict.fromkeys(sorted(days), 0.0)
        for line in self.products:
            if line["counts_on"] in worth:
                worth[line["counts_on"]] += line["revenue"] or 0.0
        return [value for value in worth.values() if value > 0]

    @property
    def products(self) -> list[dict[str, Any]]:
        """Lines of goods sold and returned, without postage, fees and adjustments."""
        return [line for line in self.lines if line["line_kind"] in PRODUCT_KINDS]

    @property
    def has_money(self) -> bool:
        """Whether any line of goods has an amount."""
        return any(line["revenue"] is not None for line in self.products)


def orders_in(lines: Iterable[dict[str, Any]]) -> int:
    """Orders among the lines that were not fully cancelled."""
    return len({(line["source"], line["order_id"]) for line in lines if line["makes_occasion"]})


def revenue_of(lines: Iterable[dict[str, Any]]) -> float | None:
    """Net revenue of the lines; None where none has money."""
    amounts = [line["revenue"] for line in lines if line["revenue"] is not None]
    return sum(amounts) if amounts else None


def grouped(lines: Iterable[dict[str, Any]], key: Callable[[dict[str, Any]], Any]) -> dict[Any, list[dict[str, Any]]]:
    """The lines by what the key says of them, in the order in which it is first said."""
    groups: dict[Any, list[dict[str, Any]]] = {}
    for line in lines:
        groups.setdefault(key(line), []).append(line)
    return groups
