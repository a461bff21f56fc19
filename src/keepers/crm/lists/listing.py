"""A list as an address asks for it: filters, search, order, columns; and the addresses of its neighbours."""

from collections.abc import Container, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Any

from django import forms
from django.db.models import Q
from django.forms.boundfield import BoundField
from django.http import QueryDict

from keepers.crm.lists.columns import Column, Text
from keepers.crm.lists.filters import DayField, Filter, day_meant

SEARCH, ANY, SORT, COLUMNS = "q", "any", "sort", "columns"


@dataclass(frozen=True)
class View:
    """A list under a name: the parameters of its address."""

    name: Text
    query: dict[str, list[str]]
    pk: int | None = None


@dataclass(frozen=True)
class Definition:
    """All that a list may show and be asked.

    noun: names the list for the views that people keep
    columns: the first is always shown
    orders: names of the orders, the first is the usual one
    """

    noun: str
    address: str
    columns: Sequence[Column]
    filters: Sequence[Filter]
    orders: Sequence[str]
    views: Sequence[View]


@dataclass(frozen=True)
class Chip:
    """A filter in force: its sentence, and the address of the list without it."""

    sentence: str
    without: str


@dataclass(frozen=True)
class Fields:
    """A filter's fields in the form."""

    label: Text
    fields: list[BoundField]


class Listing:
    """What one address asks of a list."""

    def __init__(self, definition: Definition, parameters: QueryDict, *, today: date) -> None:
        self.definition = definition
        self.form = _form(definition, parameters, today)
        self.form.is_valid()
        self._parameters = parameters

    @cached_property
    def words(self) -> str:
        """What is searched for."""
        return self._parameters.get(SEARCH, "").strip()

    @cached_property
    def meets_any(self) -> bool:
        """Whether one filter is enough; otherwise all must hold."""
        return self._parameters.get(ANY) == "1"

    @cached_property
    def backwards(self) -> bool:
        """Whether the order is turned round."""
        return self._parameters.get(SORT, "").startswith("-")

    @cached_property
    def order(self) -> str:
        """The name of the order."""
        asked = self._parameters.get(SORT, "").removeprefix("-")
        return asked if asked in self.definition.orders else self.definition.orders[0]

    @cached_property
    def columns(self) -> list[Column]:
        """The columns that are shown."""
        chosen = set(self._parameters.getlist(COLUMNS))
        first, *others = self.definition.columns
        return [first, *(column for column in others if (column.name in chosen if chosen else column.shown))]

    @cached_property
    def chips(self) -> list[Chip]:
        """The filters in force."""
        said = ((each, each.sentence(self._data)) for each in self.definition.filters)
        return [Chip(words, self.address(**dict.fromkeys(each.fields()))) for each, words in said if words]

    @cached_property
    def is_narrowed(self) -> bool:
        """Whether anything is searched or filtered."""
        return bool(self.words or self.chips)

    @cached_property
    def query(self) -> dict[str, list[str]]:
        """The parameters that a view keeps."""
        known = {SEARCH, ANY, SORT, COLUMNS, *self.form.fields}
        return {name: values for name, values in self._parameters.lists() if name in known and any(values)}

    @cached_property
    def here(self) -> str:
        """The address of the list's beginning."""
        return self.address()

    @property
    def query_string(self) -> str:
        """What a view of this keeps, in one line."""
        return self.here.partition("?")[2]

    @property
    def filter_fields(self) -> list[Fields]:
        """The filters with their fields, for the form that asks them."""
        return [Fields(each.label, [self.form[name] for name in each.fields()]) for each in self.definition.filters]

    @property
    def beside_search(self) -> list[tuple[str, str]]:
        """What a new search leaves as it is."""
        return self._beside({SEARCH})

    @property
    def beside_filters(self) -> list[tuple[str, str]]:
        """What new filters leave as it is."""
        return self._beside(self.form.fields)

    @property
    def beside_columns(self) -> list[tuple[str, str]]:
        """What other columns leave as they are."""
        return self._beside({COLUMNS})

    @property
    def without_search(self) -> str:
        """The address of the list without its search."""
        return self.address(**{SEARCH: None})

    @property
    def cleared(self) -> str:
        """The address of the list without search and filters."""
        return self.address(**dict.fromkeys((SEARCH, ANY, *self.form.fields)))

    @property
    def other_word(self) -> str:
        """The address where one filter is enough instead of all, or all must hold again."""
        return self.address(**{ANY: None if self.meets_any else 1})

    def condition(self, path: str = "") -> Q:
        """What a row must be.

        Args:
            path: the lookup that leads to the row.
        """
        found = Q()
        for each in self.definition.filters:
            one = each.condition(self._data, path)
            found = (found | one) if self.meets_any else (found & one)
        return found

    def address(self, **changes: Any) -> str:
        """The list with other parameters; None takes one away. It begins at its beginning unless a page is named."""
        return _address(self.definition.address, self.query | changes)

    def sorted_by(self, order: str) -> str:
        """The address of the list in this order; where it is so already, turned round."""
        turned = order == self.order and not self.backwards
        usual = order == self.definition.orders[0]
        return self.address(**{SORT: f"-{order}" if turned else None if usual else order})

    def shows(self, view: View, *, exactly: bool) -> bool:
        """Whether this is the view; not exactly means that it may be in another order or with other columns."""
        loose = set() if exactly else {SORT, COLUMNS} - set(view.query)
        here = {name: sorted(values) for name, values in self.query.items() if name not in loose}
        return here == {name: sorted(values) for name, values in view.query.items()}

    def _beside(self, taken: Container[str]) -> list[tuple[str, str]]:
        return [(name, value) for name, values in self.query.items() if name not in taken for value in values]

    @property
    def _data(self) -> dict[str, Any]:
        data: dict[str, Any] = self.form.cleaned_data
        return data


def address_of(definition: Definition, view: View) -> str:
    """Where a view is."""
    return _address(definition.address, view.query)


def untidy(parameters: QueryDict) -> str | None:
    """The address's query without what a form left empty; None where it is tidy."""
    tidy = parameters.copy()
    for name, values in parameters.lists():
        kept = [value for value in values if value]
        if kept:
            tidy.setlist(name, kept)
        else:
            del tidy[name]
    return None if tidy == parameters else tidy.urlencode()


def _form(definition: Definition, parameters: QueryDict, today: date) -> forms.Form:
    data = parameters.copy()
    form = forms.Form(data, auto_id="filter-%s")
    for each in definition.filters:
        form.fields |= each.fields()
    for name, field in form.fields.items():
        if isinstance(field, DayField) and name in data:
            data[name] = day_meant(str(data[name]), today)
    return form


def _address(path: str, query: dict[str, Any]) -> str:
    written = QueryDict(mutable=True)
    for name, value in query.items():
        if value is not None:
            written.setlist(name, value if isinstance(value, list) else [str(value)])
    return f"{path}?{written.urlencode()}" if written else path
