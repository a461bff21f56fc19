"""What a task, a cadence and their changes ask."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from keepers.crm.people.models import User
from keepers.crm.portfolio.groups import GROUP_NAMES
from keepers.crm.work.models import Cadence, Task


class TaskForm(forms.ModelForm[Task]):
    """What is to be done, when and by whom."""

    class Meta:
        """Of a task."""

        model = Task
        fields = ("kind", "title", "due_on", "starts_at", "owner", "note")
        widgets = {  # noqa: RUF012 - Django reads it so
            "due_on": forms.DateInput({"type": "date"}, format="%Y-%m-%d"),
            "starts_at": forms.DateTimeInput({"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
            "note": forms.Textarea({"rows": 3}),
        }

    def __init__(self, *args: Any, people: list[int], **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["owner"].queryset = User.objects.filter(pk__in=people).order_by("name", "email")  # type: ignore[attr-defined]
        self.fields["owner"].required, self.fields["owner"].empty_label = True, None  # type: ignore[attr-defined]
        self.fields["title"].required = self.instance.customer_id is None and not self.initial.get("customer")

    def clean(self) -> dict[str, Any]:
        """An appointment is due on its day."""
        asked: dict[str, Any] = super().clean() or self.cleaned_data
        if asked.get("starts_at") and not asked.get("due_on"):
            asked["due_on"] = asked["starts_at"].date()
        return asked


class ChangesForm(forms.Form):
    """What several tasks get at once."""

    owner = forms.ModelChoiceField(User.objects.none(), required=False)
    day = forms.DateField(required=False)

    def __init__(self, *args: Any, people: list[int], **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["owner"].queryset = User.objects.filter(pk__in=people)  # type: ignore[attr-defined]


class CadenceForm(forms.ModelForm[Cadence]):
    """Whom to contact how often."""

    groups = forms.MultipleChoiceField(
        label=_("Groups"), choices=list(GROUP_NAMES.items()), required=False, widget=forms.CheckboxSelectMultiple()
    )
    worth_from = forms.FloatField(label=_("Worth at least"), required=False, min_value=0)

    class Meta:
        """Of a cadence."""

        model = Cadence
        fields = ("name", "kind", "every_days", "a_day", "people", "is_active")
        widgets = {"people": forms.CheckboxSelectMultiple()}  # noqa: RUF012 - Django reads it so

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["people"].label = _("Who takes customers without an owner, in turn")
        self.fields["people"].queryset = User.objects.filter(is_active=True).order_by("name", "email")  # type: ignore[attr-defined]
        self.fields["every_days"].min_value = self.fields["a_day"].min_value = 1  # type: ignore[attr-defined]
        kept = self.instance.query or {}
        self.initial.setdefault("groups", kept.get("group", []))
        self.initial.setdefault("worth_from", next(iter(kept.get("value_from", [])), None))

    def clean_every_days(self) -> int:
        """At least a day."""
        return _at_least_one(self.cleaned_data["every_days"])

    def clean_a_day(self) -> int:
        """At least one."""
        return _at_least_one(self.cleaned_data["a_day"])

    @property
    def query(self) -> dict[str, list[str]]:
        """The filters of the list of customers that say who is meant; others that a list gave stay."""
        kept = {name: values for name, values in self.instance.query.items() if name not in {"group", "value_from"}}
        if self.cleaned_data["groups"]:
            kept["group"] = self.cleaned_data["groups"]
        if self.cleaned_data["worth_from"] is not None:
            kept["value_from"] = [str(self.cleaned_data["worth_from"])]
        return kept


def _at_least_one(number: int) -> int:
    if number < 1:
        raise forms.ValidationError(_("Write 1 or more."))
    return number
