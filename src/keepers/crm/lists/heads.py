"""What stands above a list: its views as tabs, and the heads of its columns."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from keepers.crm.lists.columns import Column
from keepers.crm.lists.listing import Listing, View, address_of


@dataclass(frozen=True)
class Tab:
    """A view in the row of tabs."""

    view: View
    address: str
    is_current: bool


@dataclass(frozen=True)
class Head:
    """A column's head: where its order leads, and how the list is sorted by it (as `aria-sort` says it)."""

    column: Column
    address: str
    sorted: str


def tabs_of(listing: Listing, kept: Sequence[View]) -> tuple[list[Tab], bool]:
    """The views, and whether one of them is exactly what is seen."""
    views = [*listing.definition.views, *kept]
    same = next((view for view in views if listing.shows(view, exactly=True)), None)
    current = same or next((view for view in views if listing.shows(view, exactly=False)), None)
    return [Tab(view, address_of(listing.definition, view), view is current) for view in views], same is not None


def heads_of(listing: Listing, descending: Mapping[str, bool]) -> list[Head]:
    """The heads of the columns that are shown.

    Args:
        listing: what is asked for.
        descending: name of each order → whether its greatest comes first.
    """
    return [_head(listing, column, descending) for column in listing.columns]


def head_of(column: Column, sort: str, address: Callable[[str], str]) -> Head:
    """The head of a column by whose order a list can be sorted: the greatest first, once more turns it round.

    Args:
        column: which; without an order its head leads nowhere.
        sort: the order that is asked for, with a minus where it is turned round.
        address: where the list is sorted like this.
    """
    if not column.order:
        return Head(column, "", "")
    is_current, turned = column.order == sort.removeprefix("-"), sort.startswith("-")
    direction = ("ascending" if turned else "descending") if is_current else "none"
    return Head(column, address(f"-{column.order}" if is_current and not turned else column.order), direction)


def _head(listing: Listing, column: Column, descending: Mapping[str, bool]) -> Head:
    if not column.order:
        return Head(column, "", "")
    down = descending[column.order] != listing.backwards
    is_current = column.order == listing.order
    direction = ("descending" if down else "ascending") if is_current else "none"
    return Head(column, listing.sorted_by(column.order), direction)
