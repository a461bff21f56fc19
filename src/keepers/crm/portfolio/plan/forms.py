"""What is asked of the Plan pages: how much money and how many hours, and where to cut."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from keepers.crm.portfolio.plan.budgets import Reach

MOST = 1e12


class LimitsForm(forms.Form):
    """How much may be spent a year; left empty, as much as pays."""

    budget = forms.FloatField(label=_("Money for a year"), min_value=0, max_value=MOST, required=False)
    hours = forms.FloatField(label=_("Staff hours for a year"), min_value=0, max_value=MOST, required=False)

    def __init__(self, *given: Any, reach: Reach | None = None, **named: Any) -> None:
        super().__init__(*given, **named)
        for field in self.fields.values():
            field.widget.attrs["placeholder"] = _("as much as pays")
        for name, most in (("budget", reach.cost), ("hours", reach.hours)) if reach else ():
            self.fields[name].widget.attrs |= {"step": "any", "data-slider": f"{most:.10g}"}
        if reach is not None and not reach.hours:
            del self.fields["hours"]

    def limits(self) -> dict[str, float]:
        """By resource, as a plan takes them."""
        asked = {"money": self.cleaned_data.get("budget"), "hours": self.cleaned_data.get("hours")}
        return {name: limit for name, limit in asked.items() if limit is not None}


class CutForm(forms.Form):
    """Of how many customers the mailings are stopped."""

    stop = forms.FloatField(
        label=_("Stop the mailings of the last … % of all customers"), min_value=0, max_value=100, required=False
    )

    def __init__(self, *given: Any, **named: Any) -> None:
        super().__init__(*given, **named)
        self.fields["stop"].widget.attrs |= {"step": "any", "data-slider": "100"}
