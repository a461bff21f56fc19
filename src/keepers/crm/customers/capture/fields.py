"""What a form on a site can ask: a handful of plain things, and the firm's own fields."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django import forms
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from keepers.crm.customers.capture.models import WebForm
from keepers.crm.customers.models import CustomField
from keepers.crm.customers.properties import input_of
from keepers.crm.customers.queries import custom_fields, firm
from keepers.crm.customers.reach import email_of, phone_of
from keepers.crm.customers.typed import OF_FIELDS

PLAIN: Mapping[str, tuple[Promise, str]] = {
    "name": (_("Name"), "name"),
    "email": (_("E-mail"), "email"),
    "phone": (_("Phone"), "tel"),
    "message": (_("Message"), ""),
}
REACHED_BY = ("email", "phone")
LONGEST_MESSAGE = 5_000
AGREED = "agreed"


@dataclass(frozen=True, slots=True)
class Answer:
    """What somebody sent, looked at.

    custom: key of a field → its value
    """

    name: str
    email: str
    phone: str
    message: str
    custom: Mapping[str, Any]
    agreed: bool


def offered() -> list[tuple[str, str]]:
    """All that a form can ask."""
    plain = [(name, str(label)) for name, (label, _hint) in PLAIN.items()]
    return plain + [(f"{OF_FIELDS}{each.key}", each.label) for each in _own()]


class AnswerForm(forms.Form):
    """A form of a site, as it is asked."""

    def __init__(self, of: WebForm, told: Any = None) -> None:
        super().__init__(told)
        own = {f"{OF_FIELDS}{each.key}": each for each in _own()}
        for name in of.asks:
            if name in PLAIN:
                self.fields[name] = _plain_field(name)
            elif name in own:
                self.fields[name] = input_of(own[name])
            else:
                continue
            self.fields[name].required = name in of.needs
        if of.consent_text:
            self.fields[AGREED] = forms.BooleanField(label=of.consent_text, required=False)

    def clean_email(self) -> str:
        """An address that can be written to."""
        text: str = self.cleaned_data["email"].strip()
        if text and (problem := email_of(text).problem):
            raise forms.ValidationError(problem)
        return text

    def clean_phone(self) -> str:
        """A number that can be called."""
        text: str = self.cleaned_data["phone"].strip()
        if text and (problem := phone_of(text, firm().country).problem):
            raise forms.ValidationError(problem)
        return text

    def clean(self) -> dict[str, Any]:
        """Somebody who can be reached."""
        told: dict[str, Any] = super().clean() or self.cleaned_data
        asked = [name for name in REACHED_BY if name in self.fields]
        if not self.errors and not any(told.get(name) for name in asked):
            raise forms.ValidationError(_("Tell us how to reach you."))
        return told

    @property
    def answer(self) -> Answer:
        """What was sent."""
        told = self.cleaned_data
        own = {name.removeprefix(OF_FIELDS): value for name, value in told.items() if name.startswith(OF_FIELDS)}
        texts = {name: told.get(name, "") for name in PLAIN}
        return Answer(**texts, custom={key: value for key, value in own.items() if value not in ("", None, [])},
                      agreed=bool(told.get(AGREED)))  # fmt: skip

    @property
    def in_words(self) -> list[tuple[str, str]]:
        """Each thing that was filled, as people read it."""
        told = {name: self.cleaned_data.get(name) for name in self.fields if name != AGREED}
        return [
            (str(self.fields[name].label), _words(value)) for name, value in told.items() if value not in ("", None, [])
        ]


def _own() -> Sequence[CustomField]:
    return [field for field in custom_fields() if not field.is_computed]


def _plain_field(name: str) -> forms.Field:
    label, hint = str(PLAIN[name][0]), PLAIN[name][1]
    if name == "message":
        return forms.CharField(label=label, max_length=LONGEST_MESSAGE, widget=forms.Textarea({"rows": 4}))
    widget = {"email": forms.EmailInput, "phone": forms.TextInput, "name": forms.TextInput}[name]
    return forms.CharField(label=label, max_length=254, widget=widget({"autocomplete": hint}))


def _words(value: Any) -> str:
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)
