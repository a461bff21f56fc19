"""The rows of a list counted and summed by what they have in common."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django import forms
from django.utils.translation import gettext as _

from keepers.crm.lists.filters import WITHOUT
from keepers.crm.lists.listing import BY, Grouping, Listing

MOST = 200  # groups that a page shows


@dataclass(frozen=True)
class Group:
    """Some rows that have something in common.

    label: what that is
    rows: how many
    worth: what they are worth together; None where the list knows no worth
    share: their part of the rows, of 1
    address: of the list of these rows alone; empty where it cannot be narrowed to them
    """

    label: str
    rows: int
    worth: float | None
    share: float
    address: str


def groups_of(listing: Listing, counted: Iterable[dict[str, Any]]) -> list[Group]:
    """The groups as the page shows them.

    Args:
        listing: what is asked, with its grouping.
        counted: `holds`, `rows` and perhaps `worth` of each.
    """
    grouping = listing.grouping
    assert grouping is not None
    found = list(counted)
    every = sum(each["rows"] for each in found) or 1
    words = _words(listing, grouping)
    return [
        Group(
            label=_label(each["holds"], words),
            rows=each["rows"],
            worth=each.get("worth"),
            share=each["rows"] / every,
            address=_address(listing, grouping, each["holds"], words),
        )
        for each in found[:MOST]
    ]


def _words(listing: Listing, grouping: Grouping) -> dict[str, str]:
    """The words of the values that the filter of this name offers."""
    field = listing.form.fields.get(grouping.name)
    if not isinstance(field, forms.ChoiceField):
        return {}
    choices: Any = field.choices
    return {str(value): str(label) for value, label in choices if value != ""}


def _label(value: Any, words: dict[str, str]) -> str:
    if value is None:
        return words.get(WITHOUT, _("none"))
    return words.get(str(value), str(value)) or _("not known")


def _address(listing: Listing, grouping: Grouping, value: Any, words: dict[str, str]) -> str:
    if grouping.name not in listing.form.fields or value == "" or (value is None and WITHOUT not in words):
        return ""
    return listing.address(**{BY: None, grouping.name: WITHOUT if value is None else value})
