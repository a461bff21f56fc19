"""A list in the order of an index, a page at a time: as quick on its last page as on its first."""

from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from django.db.models import Model, Q, QuerySet

Row = TypeVar("Row", bound=Model)


@dataclass(frozen=True)
class KeysetPage(Generic[Row]):
    """Some rows in order; the keys of the rows before and after which there are more."""

    rows: list[Row]
    before: int | None
    after: int | None


def keyset_page(
    rows: QuerySet[Row],
    *,
    field: str,
    descending: bool,
    size: int,
    after: int | None = None,
    before: int | None = None,
    among: QuerySet[Row] | None = None,
    key: str = "pk",
) -> KeysetPage[Row]:
    """The rows that follow a row, or the last ones before it; from the beginning where that row is gone.

    Args:
        rows: all that are asked for.
        field: what they are in the order of, beside their keys; `pk` for the keys alone.
        descending: whether the greatest comes first.
        size: how many.
        after: key of a row.
        before: key of a row; wins over `after`.
        among: where that row is looked for, if `field` is not one of the table's own.
        key: the lookup of their keys, where an index has them beside `field`.
    """
    turned, places = before is not None, rows.model._default_manager.all() if among is None else among
    pivot = before if turned else after
    found = rows if pivot is None else rows.filter(_beyond(places, field, key, pivot, ascending=descending == turned))
    down = descending != turned
    order = [f"-{name}" if down else name for name in dict.fromkeys((field, key))]
    some = list(found.order_by(*order)[: size + 1])
    more, shown = len(some) > size, some[:size]
    if turned:
        shown.reverse()
    first, last = (shown[0].pk, shown[-1].pk) if shown else (None, None)
    if turned:
        return KeysetPage(shown, first if more else None, last)
    return KeysetPage(shown, first if after is not None else None, last if more else None)


def _beyond(places: QuerySet[Any], field: str, key: str, pivot: int, *, ascending: bool) -> Q:
    side = "gt" if ascending else "lt"
    if field == key:
        return Q(**{f"{key}__{side}": pivot})
    value = places.filter(pk=pivot).order_by().values_list(field, flat=True).first()
    if value is None:
        return Q()
    further = Q(**{f"{field}__{side}": value}) | Q(**{f"{key}__{side}": pivot})
    return Q(**{f"{field}__{side}e": value}) & further
