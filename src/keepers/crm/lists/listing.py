"""A list as an address asks for it: filters, search, order, columns; and the addresses of its neighbours."""

import re
from collections.abc import Callable, Container, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Any

from django import forms
from django.db.models import Q
from django.db.models.expressions import Combinable
from django.forms.boundfield import BoundField
from django.http import QueryDict
from django.utils.translation import gettext as _

from keepers.crm.lists.columns import Column, Text
from keepers.crm.lists.filters import Data, DayField, Filter, Range, Related, day_meant
from keepers.crm.lists.rows import Changes, Rows, Subject, Summed

SEARCH, ANY, SORT, COLUMNS, EDIT, BY = "q", "any", "sort", "columns", "edit", "by"
MOST_GROUPS = 9
_DIGITS = "23456789"
_NUMBERED = re.compile(rf"[{_DIGITS}]\.")


@dataclass(frozen=True)
class View:
    """A list under a name.

    query: the parameters of its address
    pk: of a view that somebody keeps
    address: of another list than the one whose tab this is
    is_mine: whether the reader keeps it, and not somebody who shares it
    shared_with: whom its keeper shares it with
    """

    name: Text
    query: dict[str, list[str]]
    pk: int | None = None
    address: str = ""
    is_mine: bool = True
    shared_with: str = ""


@dataclass(frozen=True)
class Grouping:
    """What the rows of a list may be counted and summed by.

    name: in the address; the filter of this name narrows the list to one of the groups
    label: of the choice
    path: the lookup of a row that holds it
    by: what is made of it, where rows are not counted by it as it is: the week of a day
    says: how what a group has in common is written, where that is none of the filter's words
    narrows: the parameters that narrow the list to a group, where that is not the filter of this name
    """

    name: str
    label: Text
    path: str
    by: Combinable | None = None
    says: Callable[[Any], str] | None = None
    narrows: Callable[[Any], dict[str, str]] | None = None


@dataclass(frozen=True)
class Definition:
    """All that a list may show and be asked.

    noun: names the list for the views that people keep
    title: of its page and of a sheet
    columns: the first is always shown, and says what a row is about
    orders: names of the orders, the first is the usual one
    groupings: what the rows may be counted by
    summed: what of the rows of a group is added up
    search: what the search field asks for
    subject: what a row is about: what its name leads to and what is shown beside the list
    changes: where rows are changed from the list; None where they are not
    rows: those of the table that the list is of; None where its desk looks them up by itself
    template: of its page
    """

    noun: str
    address: str
    columns: Sequence[Column]
    filters: Sequence[Filter]
    orders: Sequence[str]
    views: Sequence[View]
    groupings: Sequence[Grouping] = ()
    summed: Summed | None = None
    title: Text = ""
    search: Text = ""
    subject: Callable[[Any], Subject] = Subject.of
    changes: Changes | None = None
    rows: Rows | None = None
    template: str = ""


@dataclass(frozen=True)
class Chip:
    """A filter in force.

    sentence: what it says
    without: the address of the list without it
    word: what joins it to the one before: "and" or "or"
    change: the address where the fields of its group can be filled in; empty for the first group
    """

    sentence: str
    without: str
    word: str = ""
    change: str = ""


@dataclass(frozen=True)
class Fields:
    """A filter's fields in the form."""

    label: Text
    fields: list[BoundField]


class Listing:
    """What one address asks of a list."""

    def __init__(self, definition: Definition, parameters: QueryDict, *, today: date) -> None:
        self.definition = definition
        self._parameters = parameters
        self._groups = [GroupForm(number, definition, parameters, today) for number in _numbers(parameters)]
        self.form = next((form for form in self._groups if form.number == self.edited), self._groups[0])

    @cached_property
    def words(self) -> str:
        """What is searched for."""
        return self._parameters.get(SEARCH, "").strip()

    @cached_property
    def edited(self) -> int:
        """The number of the group of filters whose fields are shown."""
        return _edited(self._parameters)

    @cached_property
    def meets_any(self) -> bool:
        """Whether one filter of a group is enough, and all groups must hold; otherwise it is the other way round."""
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
        within, between = (_("or"), _("and")) if self.meets_any else (_("and"), _("or"))
        found: list[Chip] = []
        for form in self._groups:
            first = True
            for each, sentence in form.said():
                without = self.address(**dict.fromkeys(map(form.add_prefix, each.fields())))
                change = self.address(**{EDIT: form.number}) if form.number > 1 else ""
                found.append(Chip(sentence, without, (between if first else within) if found else "", change))
                first = False
        return found

    @cached_property
    def another(self) -> str:
        """The address where one more group of filters can be filled in; empty where there are enough."""
        number = self._groups[-1].number + 1
        return self.address(**{EDIT: number}) if self.chips and number <= MOST_GROUPS else ""

    @cached_property
    def grouping(self) -> Grouping | None:
        """What the rows are counted by."""
        asked = self._parameters.get(BY, "")
        return next((each for each in self.definition.groupings if each.name == asked), None)

    @cached_property
    def names_few(self) -> bool:
        """Whether what is asked is found sooner by looking up whom it names than by walking along the list."""
        return bool(self.words) or any(isinstance(each, Related) for each, _data in self._must)

    @cached_property
    def bounds(self) -> dict[str, tuple[Any, Any]]:
        """Field of a row → between which figures it must be, where that is asked of every row."""
        return {each.field: each.ends(data) for each, data in self._must if isinstance(each, Range)}

    @cached_property
    def is_narrowed(self) -> bool:
        """Whether anything is searched or filtered."""
        return bool(self.words or self.chips)

    @cached_property
    def query(self) -> dict[str, list[str]]:
        """The parameters that a view keeps."""
        known = {SEARCH, ANY, SORT, COLUMNS, BY, *self._asked}
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
        return self._beside({self.form.add_prefix(name) for name in self.form.fields})

    @property
    def beside_columns(self) -> list[tuple[str, str]]:
        """What other columns leave as they are."""
        return self._beside({COLUMNS})

    @property
    def groupings(self) -> list[tuple[Grouping, str]]:
        """What the rows may be counted by, each with its address."""
        return [(each, self.address(**{BY: each.name})) for each in self.definition.groupings]

    @property
    def ungrouped(self) -> str:
        """The address of the rows themselves."""
        return self.address(**{BY: None})

    @property
    def without_search(self) -> str:
        """The address of the list without its search."""
        return self.address(**{SEARCH: None})

    @property
    def cleared(self) -> str:
        """The address of the list without search and filters."""
        return self.address(**dict.fromkeys((SEARCH, ANY, *self._asked)))

    @property
    def other_word(self) -> str:
        """The address where one filter is enough instead of all, or all must hold again."""
        return self.address(**{ANY: None if self.meets_any else 1})

    @property
    def problems(self) -> list[str]:
        """What of the address cannot be read, in words; the pages pass over it."""
        return [
            f"{form.add_prefix(name)}: {' '.join(map(str, errors))}"
            for form in self._groups
            for name, errors in form.errors.items()
        ]

    def knows(self, name: str) -> bool:
        """Whether a parameter of the address means something to the list."""
        return name in {SEARCH, ANY, SORT, COLUMNS, BY, *self._asked}

    def condition(self, path: str = "") -> Q:
        """What a row must be.

        Args:
            path: the lookup that leads to the row.
        """
        found = Q()
        for form in self._groups:
            inside = Q()
            for each in self.definition.filters:
                one = each.condition(form.cleaned_data, path)
                inside = (inside | one) if self.meets_any else (inside & one)
            if inside:
                found = (found & inside) if self.meets_any else (found | inside)
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
        if view.address and view.address != self.definition.address:
            return False
        loose = set() if exactly else {SORT, COLUMNS} - set(view.query)
        here = {name: sorted(values) for name, values in self.query.items() if name not in loose}
        return here == {name: sorted(values) for name, values in view.query.items()}

    @cached_property
    def _must(self) -> list[tuple[Filter, Data]]:
        """The filters that every row must meet, where that is so of all of them."""
        asked = [form for form in self._groups if form.said()]
        plain = len(asked) == 1 and not self.meets_any
        return [(each, asked[0].cleaned_data) for each, _said in asked[0].said()] if plain else []

    def _beside(self, taken: Container[str]) -> list[tuple[str, str]]:
        return [(name, value) for name, values in self.query.items() if name not in taken for value in values]

    @property
    def _asked(self) -> set[str]:
        """The names of all groups' fields in the address."""
        return {form.add_prefix(name) for form in self._groups for name in form.fields}


def address_of(definition: Definition, view: View) -> str:
    """Where a view is."""
    return _address(view.address or definition.address, view.query)


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


class GroupForm(forms.Form):
    """A group of filters: the first has the plain names in the address, the others their number before them."""

    def __init__(self, number: int, definition: Definition, parameters: QueryDict, today: date) -> None:
        self.number = number
        data = parameters.copy()
        super().__init__(data, auto_id="filter-%s")
        self._filters = definition.filters
        for each in definition.filters:
            self.fields |= each.fields()
        for name, field in self.fields.items():
            if isinstance(field, DayField) and (key := self.add_prefix(name)) in data:
                data[key] = day_meant(str(data[key]), today)
        self.is_valid()

    def add_prefix(self, field_name: str) -> str:
        """The name of a field in the address."""
        return field_name if self.number == 1 else f"{self.number}.{field_name}"

    def said(self) -> list[tuple[Filter, str]]:
        """The filters in force, each with its sentence."""
        said = ((each, each.sentence(self.cleaned_data)) for each in self._filters)
        return [(each, sentence) for each, sentence in said if sentence]


def _numbers(parameters: QueryDict) -> list[int]:
    """The groups that an address has, the one that is to be filled in among them."""
    return sorted({1, _edited(parameters), *(int(name[0]) for name in parameters if _NUMBERED.match(name))})


def _edited(parameters: QueryDict) -> int:
    asked = parameters.get(EDIT, "")
    return int(asked) if len(asked) == 1 and asked in _DIGITS else 1


def _address(path: str, query: dict[str, Any]) -> str:
    written = QueryDict(mutable=True)
    for name, value in query.items():
        if value is not None:
            written.setlist(name, value if isinstance(value, list) else [str(value)])
    return f"{path}?{written.urlencode()}" if written else path
