"""What people fill in about fields that are computed."""

from collections.abc import Iterator, Mapping
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from keepers.crm.customers.computed.notation import LONGEST
from keepers.crm.customers.computed.sources import LONGEST_WINDOW, Condition, Source
from keepers.crm.customers.models import CustomField

LABEL = _("Label")
_OF = "where-"


class FormulaForm(forms.Form):
    """A field that is computed from others."""

    label = forms.CharField(label=LABEL, max_length=120)
    formula = forms.CharField(
        label=_("Formula"),
        max_length=LONGEST,
        widget=forms.Textarea({"rows": 3, "spellcheck": "false", "class": "input code"}),
    )

    def __init__(self, data: Mapping[str, Any] | None, field: CustomField | None = None) -> None:
        super().__init__(data, initial={} if field is None else {"label": field.label, "formula": field.formula})
        self.fields["label"].widget.attrs["class"] = "input"

    @property
    def given(self) -> dict[str, Any]:
        """What the action asks for."""
        return {"label": self.cleaned_data["label"], "formula": self.cleaned_data["formula"]}


class RollUpForm(forms.Form):
    """A field that counts, sums or dates what belongs to a customer."""

    label = forms.CharField(label=LABEL, max_length=120)
    measure = forms.ChoiceField(label=_("What of them"))
    days = forms.IntegerField(
        label=_("In the last … days"),
        required=False,
        min_value=1,
        max_value=LONGEST_WINDOW,
        help_text=_("Empty: all of them."),
    )

    def __init__(self, data: Mapping[str, Any] | None, source: Source, field: CustomField | None = None) -> None:
        super().__init__(data, initial={} if field is None else {"label": field.label, **_begun(field)})
        self._source = source
        measure = self.fields["measure"]
        assert isinstance(measure, forms.ChoiceField)
        measure.choices = [(each.name, each.label) for each in source.measures]
        if not source.has_window:
            del self.fields["days"]
        self.fields |= {f"{_OF}{each.name}": _input_of(each) for each in source.conditions}
        for each in self.fields.values():
            each.widget.attrs.setdefault("class", "input")

    @property
    def given(self) -> dict[str, Any]:
        """What the action asks for."""
        return {"label": self.cleaned_data["label"], "roll_up": dict(self._roll_up())}

    def _roll_up(self) -> Iterator[tuple[str, Any]]:
        yield "of", self._source.name
        yield "measure", self.cleaned_data["measure"]
        yield "days", self.cleaned_data.get("days")
        yield "where", {each.name: self.cleaned_data[f"{_OF}{each.name}"] for each in self._source.conditions}


def _begun(field: CustomField) -> dict[str, Any]:
    kept = field.roll_up
    asked = {f"{_OF}{name}": value for name, value in kept.get("where", {}).items()}
    return {"measure": kept.get("measure"), "days": kept.get("days"), **asked}


def _input_of(condition: Condition) -> forms.Field:
    label: Any = condition.label
    if condition.choices:
        return forms.ChoiceField(label=label, required=False, choices=[("", _("any")), *condition.choices])
    return forms.CharField(label=label, required=False, max_length=120)
