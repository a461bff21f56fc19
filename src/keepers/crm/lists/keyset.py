"""A list in the order of an index, a page at a time: as quick on its last page as on its first."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from django.db.models import F, Model, Q, QuerySet
from django.db.models.expressions import OrderBy

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
    may_lack: bool = False,
) -> KeysetPage[Row]:
    """The rows that follow a row, or the last ones before it; from the beginning, or the end, where that row is gone.

    Args:
        rows: all that are asked for.
        field: what they are in the order of, beside their keys; `pk` for the keys alone.
        descending: whether the greatest comes first.
        size: how many.
        after: key of a row.
        before: key of a row; wins over `after`.
        among: where that row is looked for, if `field` is not one of the table's own.
        key: the lookup of their keys, where an index has them beside `field`.
        may_lack: whether there are rows without what they are in the order of; these come last both ways.
    """
    turned, places = before is not None, rows.model._default_manager.all() if among is None else among
    pivot = before if turned else after
    down = descending != turned
    order = [f"-{name}" if down else name for name in dict.fromkeys((field, key))]
    some = list[Row]()
    for part in _parts(places, field, key, pivot, ascending=not down, turned=turned, may_lack=may_lack):
        some += rows.filter(part).order_by(*order)[: size + 1 - len(some)]
        if len(some) > size:
            break
    more, shown = len(some) > size, some[:size]
    if turned:
        shown.reverse()
    first, last = (shown[0].pk, shown[-1].pk) if shown else (None, None)
    if turned:
        return KeysetPage(shown, first if more else None, last)
    return KeysetPage(shown, first if after is not None else None, last if more else None)


def in_order(field: str, key: str, *, descending: bool, may_lack: bool) -> list[str | OrderBy]:
    """All of a list in the order that its pages have."""
    names: list[str | OrderBy] = [f"-{name}" if descending else name for name in dict.fromkeys((field, key))]
    if may_lack:
        names[0] = F(field).desc(nulls_last=True) if descending else F(field).asc(nulls_last=True)
    return names


def _parts(
    places: QuerySet[Any], field: str, key: str, pivot: int | None, *, ascending: bool, turned: bool, may_lack: bool
) -> Iterator[Q]:
    """The stretches of an index that hold what follows, one after the other: those who have the field, the others."""
    having, lacking = (Q(**{f"{field}__isnull": no}) for no in (False, True)) if may_lack else (Q(), None)
    value, is_there = _place(places, field, key, pivot)
    if not is_there or (value is None and lacking is None):
        both = [having] if lacking is None else [having, lacking]
        yield from reversed(both) if turned else both
        return
    further = Q(**{f"{key}__{'gt' if ascending else 'lt'}": pivot})
    if value is None and lacking is not None:
        yield lacking & further
        if turned:
            yield having
        return
    yield further if field == key else _beyond(field, value, further, ascending=ascending)
    if lacking is not None and not turned:
        yield lacking


def _place(places: QuerySet[Any], field: str, key: str, pivot: int | None) -> tuple[Any, bool]:
    """What the row has that the page begins beside, and whether there is such a row."""
    if pivot is None:
        return None, False
    if field == key:
        return pivot, True
    found = list(places.filter(pk=pivot).order_by().values_list(field, flat=True)[:1])
    return (found[0], True) if found else (None, False)


def _beyond(field: str, value: Any, further: Q, *, ascending: bool) -> Q:
    side = "gt" if ascending else "lt"
    return Q(**{f"{field}__{side}e": value}) & (Q(**{f"{field}__{side}": value}) | further)
