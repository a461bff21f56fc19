"""The filters that a list may have: each reads its part of the address, says it as a sentence and as a condition."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any, Protocol

from django import forms
from django.db.models import Exists, F, OuterRef, Q, QuerySet, Value
from django.db.models.functions import Upper
from django.db.models.lookups import Exact
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from keepers.crm.lists.columns import Text

WITHOUT = "none"
_COUNTED = re.compile(r"(-?\d{1,5})d")

Data = Mapping[str, Any]
Written = Callable[[Any], str]
"""How a figure is written for people."""


class Filter(Protocol):
    """What a list may be narrowed by."""

    @property
    def name(self) -> str:
        """In the address."""

    @property
    def label(self) -> Text:
        """Above its fields."""

    def fields(self) -> dict[str, forms.Field]:
        """The fields of the form, by their names in the address."""

    def condition(self, data: Data, path: str) -> Q:
        """What a row must be; empty where nothing is asked.

        Args:
            data: what the form understood.
            path: the lookup that leads to the row.
        """

    def sentence(self, data: Data) -> str:
        """The same in words; empty where nothing is asked."""


@dataclass(frozen=True)
class Choice:
    """One of several words."""

    name: str
    label: Text
    field: str
    choices: Sequence[tuple[str, Text]]
    says: Text = "%(range)s"

    def fields(self) -> dict[str, forms.Field]:
        """A box for each word."""
        boxes = forms.CheckboxSelectMultiple()
        return {self.name: forms.MultipleChoiceField(choices=self.choices, required=False, widget=boxes)}

    def condition(self, data: Data, path: str) -> Q:
        """Any of the words that are ticked."""
        chosen = data.get(self.name)
        return Q(**{f"{path}{self.field}__in": chosen}) if chosen else Q()

    def sentence(self, data: Data) -> str:
        """Slipping or lost."""
        chosen = [str(label) for value, label in self.choices if value in (data.get(self.name) or [])]
        return str(self.says) % {"range": _(" or ").join(chosen)} if chosen else ""


@dataclass(frozen=True)
class Named:
    """A text that is as written, whatever the case of its letters."""

    name: str
    label: Text
    field: str
    says: Text

    def fields(self) -> dict[str, forms.Field]:
        """A line of text."""
        line = forms.TextInput(attrs={"aria-label": self.label})
        return {self.name: forms.CharField(required=False, max_length=120, widget=line)}

    def condition(self, data: Data, path: str) -> Q:
        """The same text."""
        asked, field = data.get(self.name), f"{path}{self.field}"
        if not asked:
            return Q()
        # Not iexact, which SQLite never finds by an index; and the indexes hold those alone that have a text.
        return Q(Exact(Upper(F(field)), Upper(Value(asked)))) & Q(**{f"{field}__gt": ""})

    def sentence(self, data: Data) -> str:
        """In Ljubljana."""
        asked = data.get(self.name)
        return str(self.says) % {"range": asked} if asked else ""


class DayField(forms.DateField):
    """A day."""

    def __init__(self, **options: Any) -> None:
        super().__init__(
            widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"}),
            input_formats=["%Y-%m-%d"],
            **options,
        )


@dataclass(frozen=True)
class Range:
    """From one figure to another; either may be left out.

    says: the sentence, with %(range)s where "at least 500" goes
    written: how a figure is written
    kind: numbers, whole numbers or days
    """

    name: str
    label: Text
    field: str
    says: Text
    written: Written
    kind: type[forms.Field] = forms.FloatField

    def fields(self) -> dict[str, forms.Field]:
        """Two fields."""
        labels = {"from": gettext_lazy("from"), "to": gettext_lazy("to")}
        return {
            f"{self.name}_{end}": self.kind(required=False, localize=False, label=label)
            for end, label in labels.items()
        }

    def condition(self, data: Data, path: str) -> Q:
        """Both ends count as inside."""
        low, high = self.ends(data)
        found = Q() if low is None else Q(**{f"{path}{self.field}__gte": low})
        return found if high is None else found & Q(**{f"{path}{self.field}__lte": high})

    def sentence(self, data: Data) -> str:
        """Worth at least €500."""
        low, high = self.ends(data)
        if low is None and high is None:
            return ""
        return str(self.says) % {"range": self._range(low, high)}

    def ends(self, data: Data) -> tuple[Any, Any]:
        """The least and the greatest; None for no end."""
        return data.get(f"{self.name}_from"), data.get(f"{self.name}_to")

    def _range(self, low: Any, high: Any) -> str:
        days = self.kind is DayField
        if high is None:
            return (_("since %s") if days else _("at least %s")) % self.written(low)
        if low is None:
            return (_("until %s") if days else _("at most %s")) % self.written(high)
        return f"{self.written(low)} – {self.written(high)}"


@dataclass(frozen=True)
class Moments(Range):
    """From one day to another of something that is known to the second: the whole days of the firm's zone."""

    kind: type[forms.Field] = DayField

    def condition(self, data: Data, path: str) -> Q:
        """Both days count as inside, from midnight to midnight."""
        low, high = self.ends(data)
        found = Q() if low is None else Q(**{f"{path}{self.field}__gte": _midnight(low)})
        if high is None or high == date.max:
            return found
        return found & Q(**{f"{path}{self.field}__lt": _midnight(high + timedelta(days=1))})


@dataclass(frozen=True)
class Pick:
    """One of many, who may change from day to day.

    among: the value in the address and the words of each
    nobody: in the address for those without one; it has no words where that cannot be asked
    """

    name: str
    label: Text
    field: str
    among: Callable[[], Sequence[tuple[str, Text]]]
    says: Text
    nobody: Text = ""

    def fields(self) -> dict[str, forms.Field]:
        """One choice."""
        without = [(WITHOUT, self.nobody)] if self.nobody else []
        chosen = forms.Select(attrs={"aria-label": self.label})
        choices = [("", "–"), *without, *self.among()]
        return {self.name: forms.ChoiceField(choices=choices, required=False, widget=chosen)}

    def condition(self, data: Data, path: str) -> Q:
        """This one, or none."""
        asked = data.get(self.name)
        if asked == WITHOUT:
            return Q(**{f"{path}{self.field}__isnull": True})
        return Q(**{f"{path}{self.field}": asked}) if asked else Q()

    def sentence(self, data: Data) -> str:
        """Of Alice."""
        asked = data.get(self.name)
        if not asked:
            return ""
        if asked == WITHOUT:
            return str(self.nobody)
        return str(self.says) % {"range": dict(self.among()).get(asked, asked)}


@dataclass(frozen=True)
class Related:
    """A filter of things that belong to the row, or that the row belongs to: a row stays where one of them is so.

    inner: the filter of these things
    things: all of them
    link: their lookup that leads to what they share with the row
    row: the lookup of the row that leads to the same
    """

    inner: Filter
    things: Callable[[], QuerySet[Any]]
    link: str
    row: str

    @property
    def name(self) -> str:
        """In the address."""
        return self.inner.name

    @property
    def label(self) -> Text:
        """Above its fields."""
        return self.inner.label

    def fields(self) -> dict[str, forms.Field]:
        """Those of the filter."""
        return self.inner.fields()

    def condition(self, data: Data, path: str) -> Q:
        """Walking along rows, each is looked up; looking for few, these are found first."""
        asked = self.inner.condition(data, "")
        if not asked:
            return Q()
        things = self.things().filter(asked)
        if path:
            return Q(Exists(things.filter(**{self.link: OuterRef(f"{path}{self.row}")})))
        return Q(**{f"{self.row}__in": things.values(self.link)})

    def sentence(self, data: Data) -> str:
        """That of the filter."""
        return self.inner.sentence(data)


def day_meant(text: str, today: date) -> str:
    """A day as it is written, or counted from the list's own day: `7d`, `-30d`."""
    counted = _COUNTED.fullmatch(text)
    return text if counted is None else (today + timedelta(days=int(counted[1]))).isoformat()


def _midnight(day: date) -> datetime:
    return timezone.make_aware(datetime.combine(day, time()))
