"""What somebody says of a program that is to be told."""

from typing import Any

from django import forms
from django.conf import settings
from django.utils.translation import gettext_lazy as _

from keepers.crm.webhooks.kinds import OFFERED
from keepers.crm.webhooks.models import Subscription
from keepers.crm.webhooks.reaching import ForbiddenAddressError, check_address


class WebhookForm(forms.Form):
    """A program's address, and what it is told."""

    name = forms.CharField(label=_("Which program"), max_length=80)
    url = forms.CharField(label=_("Address"), max_length=500, widget=forms.URLInput(), help_text=_("https://…"))
    kinds = forms.MultipleChoiceField(
        label=_("Is told of (none ticked: of everything)"),
        choices=OFFERED,
        required=False,
        widget=forms.CheckboxSelectMultiple(),
    )
    is_active = forms.BooleanField(label=_("Is told"), required=False, initial=True)

    def __init__(self, told: Any = None, *, of: Subscription | None = None) -> None:
        initial = {} if of is None else {name: getattr(of, name) for name in ("name", "url", "kinds", "is_active")}
        super().__init__(told, initial=initial)
        if of is None:
            del self.fields["is_active"]

    def clean_url(self) -> str:
        """An address to which something would be sent."""
        url: str = self.cleaned_data["url"].strip()
        try:
            check_address(url, allowed=settings.WEBHOOK_HOSTS)
        except ForbiddenAddressError as wrong:
            raise forms.ValidationError(str(wrong)) from wrong
        return url


class ReplayForm(forms.Form):
    """From when on a program is told again."""

    since = forms.DateTimeField(
        label=_("Everything since"), widget=forms.DateTimeInput({"type": "datetime-local"}, format="%Y-%m-%dT%H:%M")
    )
