"""What is asked before somebody is forgotten, and before somebody may come in again."""

from django import forms
from django.utils.translation import gettext_lazy as _

KINDS = (("email", _("E-mail address")), ("phone", _("Phone number")), ("id", _("Customer id")))


class ForgettingForm(forms.Form):
    """Whom it means, written out, and whether their orders stay as nobody's."""

    keep_orders = forms.BooleanField(label=_("Keep the lines of their orders, under a pseudonym"), required=False)
    confirmed = forms.CharField(label=_("Their customer id, to say that you mean them"), max_length=255)


class ReturnForm(forms.Form):
    """What somebody was known by who came back."""

    kind = forms.ChoiceField(label=_("What they were known by"), choices=KINDS)
    text = forms.CharField(label=_("The address, number or id"), max_length=255)
    source = forms.CharField(label=_("Source of the id, if it is of one"), max_length=80, required=False)
