"""Where in an order the customers are whose figures lie between two others: a few looks, however large the base is."""

from collections.abc import Callable, Mapping
from typing import Any

from django.db.models import QuerySet

from keepers.crm.portfolio.models import Place, Publication
from keepers.crm.portfolio.orders import ORDERS, Order

Bounds = tuple[Any, Any]
"""The least and the greatest figure, both inside; None for no end."""


def places_within(publication: Publication, bounds: Mapping[str, Bounds], *, most: int) -> QuerySet[Place] | None:
    """The places of all customers who are within one of the bounds, in the order that is by it, the fewest there are.

    Args:
        publication: whose.
        bounds: field of a value → between which figures it is.
        most: how many places there may be.

    Returns:
        None where each of the bounds lets more through, no order is by what they bound, or the base has no more.
    """
    if publication.customers <= most:
        return None
    spans = [(order, *_span(publication, order, *bounds[order.field])) for order in ORDERS if order.field in bounds]
    few = [(beyond - first, order, first, beyond) for order, first, beyond in spans if beyond - first <= most]
    if not few:
        return None
    _count, order, first, beyond = min(few, key=lambda span: span[0])
    numbers = (Place.number(publication.pk, order, place) for place in (first, beyond))
    return Place.objects.filter(pk__gte=next(numbers), pk__lt=next(numbers))


def _span(publication: Publication, order: Order, low: Any, high: Any) -> tuple[int, int]:
    """The first place within, and the first behind."""
    known: int = publication.known[order.name]

    def first(is_behind: Callable[[Any], bool]) -> int:
        """The first place from which on it is so, by halves."""
        start, end = 0, known
        while start < end:
            middle = (start + end) // 2
            start, end = (start, middle) if is_behind(_figure_at(publication, order, middle)) else (middle + 1, end)
        return start

    if order.descending:
        return first(lambda it: high is None or it <= high), first(lambda it: low is not None and it < low)
    return first(lambda it: low is None or it >= low), first(lambda it: high is not None and it > high)


def _figure_at(publication: Publication, order: Order, place: int) -> Any:
    number = Place.number(publication.pk, order, place)
    return Place.objects.filter(pk=number).values_list(f"value__{order.field}", flat=True).get()
