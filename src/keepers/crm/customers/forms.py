"""What people fill in about customers."""

from collections.abc import Collection, Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from keepers.crm.customers.agreeing import RULED, RULED_FOR
from keepers.crm.customers.models import Consent, ContactPoint, Customer, CustomField, Relation
from keepers.crm.customers.properties import TagsField, input_of, owner_field, team_field
from keepers.crm.customers.reach import countries
from keepers.crm.customers.typed import OF_FIELDS
from keepers.crm.lists.filters import DayField


class NewCustomerForm(forms.Form):
    """A customer or prospect in one go; the rest is told on their page."""

    name = forms.CharField(label=_("Name"), max_length=255)
    kind = forms.ChoiceField(label=_("Kind"), choices=Customer.Kind.choices)
    stage = forms.ChoiceField(
        label=_("Stage"), choices=Customer.Stage.choices, help_text=_("A prospect has not bought yet.")
    )
    email = forms.CharField(label=_("E-mail"), max_length=254, required=False)
    phone = forms.CharField(label=_("Phone"), max_length=254, required=False)
    city = forms.CharField(label=_("City"), max_length=120, required=False)
    owner = owner_field()
    team = team_field()
    tags = TagsField()
    acquired_by = forms.CharField(
        label=_("Came by"), max_length=120, required=False, help_text=_("A fair, a page, an advertisement …")
    )
    key = forms.CharField(
        label=_("Customer id"),
        max_length=255,
        required=False,
        help_text=_("The id that their orders carry, if you know it."),
    )

    def __init__(
        self, *args: Any, custom: Sequence[CustomField] = (), locked: Collection[str] = (), **kwargs: Any
    ) -> None:
        """The form, without the fields that are locked; a name is always asked for."""
        super().__init__(*args, **kwargs)
        self.fields = {name: field for name, field in self.fields.items() if name == "name" or name not in locked}
        written = [field for field in custom if f"{OF_FIELDS}{field.key}" not in locked]
        self.custom = [field for field in written if field.is_required and not field.is_computed]
        self.fields |= {f"{OF_FIELDS}{field.key}": input_of(field) for field in self.custom}
        _dress(self)

    @property
    def custom_values(self) -> dict[str, Any]:
        """Key of each custom field that must be filled → what was given."""
        return {field.key: self.cleaned_data[f"{OF_FIELDS}{field.key}"] for field in self.custom}


class ContactPointForm(forms.Form):
    """A way to reach a customer."""

    kind = forms.ChoiceField(label=_("Reached by"), choices=ContactPoint.Kind.choices)
    value = forms.CharField(label=_("Address or number"), max_length=254)
    label = forms.CharField(label=_("Label"), max_length=40, required=False, help_text=_("Work, home, mobile …"))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _dress(self)


class AddressForm(forms.Form):
    """Where letters and visits go."""

    label = forms.CharField(label=_("Label"), max_length=40, required=False)
    street = forms.CharField(label=_("Street"), max_length=255, required=False)
    postal_code = forms.CharField(label=_("Postal code"), max_length=20, required=False)
    city = forms.CharField(label=_("City"), max_length=120, required=False)
    region = forms.CharField(label=_("Region"), max_length=120, required=False)
    country = forms.CharField(label=_("Country"), max_length=80, required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _dress(self)


class ConsentForm(forms.Form):
    """What a customer said."""

    channel = forms.ChoiceField(label=_("Channel"), choices=Consent.Channel.choices)
    purpose = forms.ChoiceField(label=_("What for"), choices=Consent.Purpose.choices)
    state = forms.ChoiceField(label=_("They said"), choices=Consent.State.choices)
    proof = forms.CharField(
        label=_("Proof"),
        required=False,
        widget=forms.Textarea({"rows": 2}),
        help_text=_("The words they agreed to, a form's address, a recording's number. Needed where it was given."),
    )
    source = forms.CharField(label=_("Said where"), max_length=120, required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _dress(self)


class RelationForm(forms.Form):
    """How a customer belongs to another, who is found by name, id or e-mail."""

    kind = forms.ChoiceField(label=_("How"), choices=Relation.Kind.choices)
    other = forms.CharField(label=_("Whom"), max_length=255, help_text=_("A name, a customer id or an e-mail address."))
    note = forms.CharField(label=_("Note"), max_length=255, required=False, help_text=_("A position at work, say."))
    since = DayField(label=_("Since"), required=False)

    def __init__(
        self, *args: Any, candidates: Sequence[Customer] = (), told_apart_by: Sequence[str] = (), **kwargs: Any
    ) -> None:
        """The form; where several are called so, one of these candidates is to be chosen."""
        super().__init__(*args, **kwargs)
        if candidates:
            about = {each.key: " ".join(getattr(each, field) for field in told_apart_by) for each in candidates}
            choices = [(each.key, f"{each} · {about[each.key]}") for each in candidates]
            self.fields["other"] = forms.ChoiceField(label=_("Whom"), choices=choices, widget=forms.RadioSelect())
        _dress(self)


class AttachmentForm(forms.Form):
    """A file to keep with a customer."""

    file = forms.FileField(label=_("File"))


_COMPUTED = {CustomField.Kind.FORMULA, CustomField.Kind.ROLL_UP}
_WRITTEN = [each for each in CustomField.Kind.choices if each[0] not in _COMPUTED]


class CustomFieldForm(forms.Form):
    """A custom field: what it is called and what it holds."""

    label = forms.CharField(label=_("Label"), max_length=120)
    kind = forms.ChoiceField(label=_("Holds"), choices=_WRITTEN)
    choices = forms.CharField(
        label=_("Choices"), required=False, widget=forms.Textarea({"rows": 4}), help_text=_("One a line.")
    )
    is_required = forms.BooleanField(label=_("Must be filled"), required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _dress(self)

    def clean_choices(self) -> list[str]:
        """The lines."""
        written: str = self.cleaned_data["choices"]
        return written.splitlines()


class FirmForm(forms.Form):
    """What this firm is."""

    name = forms.CharField(label=_("Name of the firm"), max_length=120, required=False)
    country = forms.ChoiceField(
        label=_("Country"), required=False, help_text=_("Telephone numbers without a country's code are from there.")
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["country"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = [("", "–"), *countries()]
        _dress(self)


class ConsentRulesForm(forms.Form):
    """For each channel and purpose, whether it takes a yes, or is done unless they refused."""

    CHOICES = (("yes", _("Only who said yes")), ("no", _("Unless they refused")))

    def __init__(self, *args: Any, asked_first: Collection[str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for channel in RULED:
            for purpose in RULED_FOR:
                name = f"{channel}.{purpose}"
                self.fields[name] = forms.ChoiceField(
                    label=_("%(purpose)s by %(channel)s") % {"purpose": purpose.label, "channel": channel.label},
                    choices=self.CHOICES,
                    initial="yes" if name in asked_first else "no",
                )
        _dress(self)

    def asked_first(self) -> set[str]:
        """What takes a yes, such as `email.marketing`."""
        return {name for name, asked in self.cleaned_data.items() if asked == "yes"}


def _dress(form: forms.Form) -> None:
    for field in form.fields.values():
        if not isinstance(field.widget, forms.CheckboxInput | forms.RadioSelect | forms.CheckboxSelectMultiple):
            field.widget.attrs.setdefault("class", "input")
