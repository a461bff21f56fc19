"""What is asked of the Plan pages: how much money, how many hours and contacts, and where to cut."""

from collections.abc import Collection, Mapping
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

MOST = 1e12
FIELDS = {"money": "budget", "hours": "hours", "mailings": "mailings", "calls": "calls", "visits": "visits"}
"""The field that asks for the limit of each resource."""
FIRST = frozenset({"budget", "hours"})


class LimitsForm(forms.Form):
    """How much may be spent a year; left empty, as much as pays."""

    budget = forms.FloatField(label=_("Money for a year"), min_value=0, max_value=MOST, required=False)
    hours = forms.FloatField(label=_("Staff hours for a year"), min_value=0, max_value=MOST, required=False)
    mailings = forms.FloatField(label=_("Mailings for a year"), min_value=0, max_value=MOST, required=False)
    calls = forms.FloatField(label=_("Calls for a year"), min_value=0, max_value=MOST, required=False)
    visits = forms.FloatField(label=_("Visits for a year"), min_value=0, max_value=MOST, required=False)

    def __init__(self, *given: Any, reach: Mapping[str, float], limited: Collection[str], **named: Any) -> None:
        """Its sliders go as far as resources do.

        Args:
            *given: as of any form.
            reach: by resource; what no plan uses up, other than money, is not asked for, unless it has a limit.
            limited: resources that have one.
            **named: as of any form.
        """
        super().__init__(*given, **named)
        for resource, name in FIELDS.items():
            self.fields[name].widget.attrs |= {"placeholder": _("as much as pays"), "step": "any"}
            if reach[resource]:
                self.fields[name].widget.attrs["data-slider"] = f"{reach[resource]:.10g}"
            elif resource != "money" and resource not in limited:
                del self.fields[name]

    def limits(self) -> dict[str, float]:
        """By resource, as a plan takes them."""
        asked = {resource: self.cleaned_data.get(name) for resource, name in FIELDS.items()}
        return {resource: limit for resource, limit in asked.items() if limit is not None}

    @property
    def first(self) -> list[forms.BoundField]:
        """Money and hours."""
        return [field for field in self if field.name in FIRST]

    @property
    def others(self) -> list[forms.BoundField]:
        """Contacts by their way."""
        return [field for field in self if field.name not in FIRST]

    @property
    def limits_others(self) -> bool:
        """Whether contacts have a limit, or what was written there cannot be one."""
        return any(field.value() not in {None, ""} or field.errors for field in self.others)


class CutForm(forms.Form):
    """Of how many customers the mailings are stopped."""

    stop = forms.FloatField(
        label=_("Stop the mailings of the last … % of all customers"), min_value=0, max_value=100, required=False
    )

    def __init__(self, *given: Any, **named: Any) -> None:
        super().__init__(*given, **named)
        self.fields["stop"].widget.attrs |= {"step": "any", "data-slider": "100"}
