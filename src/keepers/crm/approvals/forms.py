"""What approving asks."""

from datetime import date, timedelta
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from keepers.crm.approvals.models import Approval
from keepers.crm.people.models import User


class ApprovalForm(forms.Form):
    """How a step is to reach people, and who is to be held out."""

    name = forms.CharField(label=_("Name of the list"), max_length=120)
    way = forms.ChoiceField(label=_("How"), choices=Approval.Way)
    makes_tasks = forms.BooleanField(label=_("Give people tasks"), required=False)
    people = forms.ModelMultipleChoiceField(
        User.objects.none(),
        label=_("Who takes customers without an owner, in turn"),
        required=False,
        widget=forms.CheckboxSelectMultiple(),
    )
    a_day = forms.IntegerField(label=_("Most a day and person"), min_value=1, max_value=1_000, initial=8)
    held_until = forms.DateField(
        label=_("Count orders until"),
        widget=forms.DateInput({"type": "date"}, format="%Y-%m-%d"),
        help_text=_("Until then those left out by lot are left alone."),
    )
    held_percent = forms.FloatField(
        label=_("Left out by lot, per cent"),
        min_value=0,
        max_value=90,
        help_text=_("Held out: without them nobody learns what it brings."),
    )
    held_reason = forms.CharField(
        label=_("Why fewer than proposed"), max_length=255, required=False, help_text=_("Only where it is fewer.")
    )

    def __init__(self, *args: Any, people: list[int], today: date, **options: Any) -> None:
        super().__init__(*args, **options)
        self._today = today
        if people:
            self.fields["people"].queryset = User.objects.filter(pk__in=people).order_by("name", "email")  # type: ignore[attr-defined]
        else:
            for name in ("makes_tasks", "people", "a_day"):
                del self.fields[name]

    def clean_name(self) -> str:
        """A name that no list has yet."""
        name: str = self.cleaned_data["name"].strip()
        if Approval.objects.filter(name=name).exists():
            raise forms.ValidationError(_("There is a list of this name. Choose another."))
        return name

    def clean_held_until(self) -> date:
        """At least a week, at most two years."""
        day: date = self.cleaned_data["held_until"]
        if not self._today + timedelta(days=7) <= day <= self._today + timedelta(days=731):
            raise forms.ValidationError(_("Choose a day at least a week and at most two years from now."))
        return day

    @property
    def about(self) -> dict[str, Any]:
        """As the action takes it."""
        told = {"makes_tasks": False, "a_day": 8} | self.cleaned_data
        told["held_share"] = round(told.pop("held_percent") / 100, 4)
        told.pop("people", None)
        return told
