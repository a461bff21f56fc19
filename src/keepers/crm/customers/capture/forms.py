"""What an administrator says of a form for the site."""

from typing import Any

from django import forms
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from keepers.crm.customers.capture.actions import FIELDS
from keepers.crm.customers.capture.fields import REACHED_BY, offered
from keepers.crm.customers.capture.guarding import is_origin
from keepers.crm.customers.capture.models import WebForm
from keepers.crm.customers.timeline.mailing import can_send
from keepers.crm.people.models import User


class WebFormForm(forms.ModelForm[WebForm]):
    """A form for the firm's site."""

    asks = forms.MultipleChoiceField(label=_("Asks for"), widget=forms.CheckboxSelectMultiple())
    needs = forms.MultipleChoiceField(label=_("Must be filled"), required=False, widget=forms.CheckboxSelectMultiple())
    sites = forms.CharField(
        label=_("Sites that may use it, one a line"),
        required=False,
        widget=forms.Textarea({"rows": 2}),
        help_text=_("Such as https://shop.example.com. None: only its own page here."),
    )

    class Meta:
        """Of a form."""

        model = WebForm
        fields = FIELDS
        widgets = {  # noqa: RUF012 - Django reads it so
            "intro": forms.Textarea({"rows": 2}),
            "consent_text": forms.Textarea({"rows": 3}),
        }

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        for name in ("asks", "needs"):
            self.fields[name].choices = offered()  # type: ignore[attr-defined]
        self.initial["sites"] = "\n".join(self.instance.sites)
        if self.instance._state.adding:
            self.initial.update(asks=["name", "email", "message"], needs=["email"])
            self.initial.update(thanks=_("Thank you. We will be in touch."), acquired_by=_("Site"))
            del self.fields["is_active"]
        self.fields["owner"].label = _("Whose they are")
        self.fields["owner"].queryset = User.objects.filter(is_active=True).order_by("name", "email")  # type: ignore[attr-defined]
        self.fields["consent_text"].help_text = _("Shown with a box to tick. None: nobody is asked.")

    def clean_sites(self) -> list[str]:
        """Origins, one a line."""
        found = [line.strip().rstrip("/") for line in self.cleaned_data["sites"].splitlines() if line.strip()]
        if wrong := [site for site in found if not is_origin(site)]:
            told = _("%(site)s is no site. Write https:// and the name, nothing behind it.")
            raise forms.ValidationError(told % {"site": wrong[0]})
        return found

    def clean(self) -> dict[str, Any]:
        """It asks how somebody is reached, and for all that must be filled."""
        super().clean()
        told: dict[str, Any] = self.cleaned_data
        asks = told.get("asks", [])
        if asks and not set(asks) & set(REACHED_BY):
            self.add_error("asks", _("Ask for an e-mail address or a number, or nobody can be answered."))
        if told.get("confirms") and (missing := _missing_to_confirm(told)):
            self.add_error(None, str(missing))
        told["needs"] = [name for name in told.get("needs", []) if name in asks]
        return told

    def _post_clean(self) -> None:
        """The action writes the form, not this."""


def _missing_to_confirm(told: dict[str, Any]) -> Promise | None:
    """What is missing for a letter with a link; None: nothing."""
    if not told.get("consent_text"):
        return _("Say what people agree to, or there is nothing to confirm.")
    if "email" not in told.get("needs", []) or "email" not in told.get("asks", []):
        return _("Make the e-mail address one that must be filled, or nobody can be asked to confirm.")
    if not can_send():
        return _("Set a mail server first (KEEPERS_SMTP_URL), or no letter goes out.")
    return None
