"""The rows of a list counted and summed by what they have in common."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from django import forms
from django.db.models import Count, F, QuerySet, Sum
from django.utils.translation import gettext as _

from keepers.crm.lists.filters import WITHOUT
from keepers.crm.lists.listing import BY, Grouping, Listing
from keepers.crm.lists.rows import Summed

MOST = 200  # groups that a page shows


@dataclass(frozen=True)
class Group:
    """Some rows that have something in common.

    label: what that is
    rows: how many
    share: their part of the rows, of 1
    address: of the list of these rows alone; empty where it cannot be narrowed to them
    sums: what is added up of them, by its currency
    """

    label: str
    rows: int
    share: float
    address: str
    sums: dict[str, float]

    @property
    def worth(self) -> float | None:
        """What they are worth together, where that is in one currency; None where the list knows no worth."""
        return next(iter(self.sums.values()), None)


def counted_by(
    rows: QuerySet[Any], grouping: Grouping, summed: Summed | None = None, *, path: str = ""
) -> Iterator[dict[str, Any]]:
    """How many rows are in each group: `holds`, `rows`, and where something is added up `worth` and its `unit`.

    Args:
        rows: all that are counted.
        grouping: by what.
        summed: what is added up.
        path: the lookup of it, where the grouping's own does not lead there.
    """
    told: dict[str, Any] = {"holds": grouping.by or F(path or grouping.path)}
    sums: dict[str, Any] = {}
    if summed is not None:
        sums["worth"] = Sum(summed.field)
        told |= {"unit": F(summed.unit)} if summed.unit else {}
    yield from rows.order_by().values(**told).annotate(rows=Count("pk"), **sums).order_by("-rows")


def groups_of(listing: Listing, counted: Iterable[dict[str, Any]]) -> list[Group]:
    """The groups as the page shows them: periods the latest first, others those with most rows first.

    Args:
        listing: what is asked, with its grouping.
        counted: `holds`, `rows` and perhaps `worth` of each; one that is summed in several currencies has a row each.
    """
    grouping = listing.grouping
    assert grouping is not None
    summed = listing.definition.summed
    together = _together(counted, summed.currency if summed else "")
    every = sum(rows for rows, _sums in together.values()) or 1
    words = _words(listing, grouping)
    order = _latest if grouping.by else _most
    ordered = sorted(together.items(), key=order, reverse=True)
    return [
        Group(_label(holds, grouping, words), rows, rows / every, _address(listing, grouping, holds, words), sums)
        for holds, (rows, sums) in ordered[:MOST]
    ]


def _latest(group: tuple[Any, tuple[int, Any]]) -> tuple[bool, Any]:
    return group[0] is not None, group[0]


def _most(group: tuple[Any, tuple[int, Any]]) -> int:
    return group[1][0]


def _together(counted: Iterable[dict[str, Any]], unit: str) -> dict[Any, tuple[int, dict[str, float]]]:
    found: dict[Any, tuple[int, dict[str, float]]] = {}
    for each in counted:
        rows, sums = found.get(each["holds"], (0, {}))
        if each.get("worth") is not None:
            of = each.get("unit", unit)
            sums[of] = sums.get(of, 0.0) + float(each["worth"])
        found[each["holds"]] = (rows + each["rows"], sums)
    return found


def _words(listing: Listing, grouping: Grouping) -> dict[str, str]:
    """The words of the values that the filter of this name offers."""
    field = listing.form.fields.get(grouping.name)
    if not isinstance(field, forms.ChoiceField):
        return {}
    choices: Any = field.choices
    return {str(value): str(label) for value, label in choices if value != ""}


def _label(value: Any, grouping: Grouping, words: dict[str, str]) -> str:
    if value is None:
        return words.get(WITHOUT, _("none"))
    if grouping.says is not None:
        return grouping.says(value)
    return words.get(str(value), str(value)) or _("not known")


def _address(listing: Listing, grouping: Grouping, value: Any, words: dict[str, str]) -> str:
    if grouping.narrows is not None:
        return "" if value is None else listing.address(**{BY: None}, **grouping.narrows(value))
    if grouping.name not in listing.form.fields or value == "" or (value is None and WITHOUT not in words):
        return ""
    if words and value is not None and str(value) not in words:
        return ""
    return listing.address(**{BY: None, grouping.name: WITHOUT if value is None else value})
