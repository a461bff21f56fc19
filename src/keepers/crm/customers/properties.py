"""What a customer's page tells of them one by one, each read and changed by itself."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from keepers.crm.customers.actions import fields as custom
from keepers.crm.customers.actions import records, stages, tags
from keepers.crm.customers.actions.acts import Act
from keepers.crm.customers.models import Customer, CustomField
from keepers.crm.customers.typed import OF_FIELDS, value_in
from keepers.crm.lists.columns import Text
from keepers.crm.lists.filters import DayField
from keepers.crm.people.models import Team, User

Fields = dict[str, forms.Field]
KINDS = {
    CustomField.Kind.TEXT: "text",
    CustomField.Kind.NUMBER: "figures",
    CustomField.Kind.MONEY: "money",
    CustomField.Kind.DATE: "day",
    CustomField.Kind.CHOICE: "text",
    CustomField.Kind.CHOICES: "words",
    CustomField.Kind.YES_NO: "yes-no",
    CustomField.Kind.LINK: "link",
}
"""How values of custom fields are written."""


@dataclass(frozen=True)
class Property:
    """One thing that is known of a customer.

    name: in addresses
    label: above it
    kind: how it is written: text, word, day, money, figures, yes-no, words, link
    read: what a customer has there
    fields: the form that changes it; its first field is called `value`
    write: changes it
    """

    name: str
    label: Text
    kind: str
    read: Callable[[Customer], Any]
    fields: Callable[[], Fields]
    write: Callable[[Act, Customer, Mapping[str, Any]], object]
    is_computed: bool = False
    as_of: date | None = None  # of what is computed
    formula: str = ""

    def form(self, customer: Customer, data: Mapping[str, Any] | None = None) -> forms.Form:
        """The form, filled with what is known."""
        value = self.read(customer)
        form = forms.Form(data, initial={"value": getattr(value, "pk", value)}, auto_id=f"{self.name}-%s")
        form.fields |= self.fields()
        for field in form.fields.values():
            field.widget.attrs.setdefault("class", "input")
        return form


def property_named(name: str) -> Property | None:
    """The property that an address names."""
    if name in PROPERTIES:
        return PROPERTIES[name]
    field = CustomField.objects.filter(noun=custom.NOUN, key=name.removeprefix(OF_FIELDS), removed_at=None).first()
    return of_field(field) if field is not None and name.startswith(OF_FIELDS) else None


def of_field(field: CustomField) -> Property:
    """What a custom field tells of a customer."""
    return Property(
        name=f"{OF_FIELDS}{field.key}",
        label=field.label,
        kind=KINDS[field.holds],
        read=lambda customer: value_in(
            field, [row for row in customer.custom_values.all() if row.field_id == field.pk]
        ),
        fields=lambda: {"value": input_of(field)},
        write=lambda act, customer, given: custom.fill(act, customer, {field.key: given["value"]}),
        is_computed=field.is_computed,
        as_of=field.counted_as_of,
        formula=field.formula,
    )


def input_of(field: CustomField) -> forms.Field:
    """What a custom field is filled in with."""
    known: dict[str, Any] = {"label": field.label, "required": field.is_required}
    choices = [(choice, choice) for choice in field.choices]
    match field.kind:
        case CustomField.Kind.DATE:
            return DayField(**known)
        case CustomField.Kind.NUMBER | CustomField.Kind.MONEY:
            return forms.DecimalField(localize=False, **known)
        case CustomField.Kind.YES_NO:
            words = [("", "–"), ("yes", _("Yes")), ("no", _("No"))]
            return forms.TypedChoiceField(choices=words, coerce=lambda word: word == "yes", empty_value=None, **known)
        case CustomField.Kind.CHOICE:
            return forms.ChoiceField(choices=[("", "–"), *choices], **known)
        case CustomField.Kind.CHOICES:
            return forms.MultipleChoiceField(choices=choices, widget=forms.CheckboxSelectMultiple(), **known)
    return forms.CharField(max_length=4000, **known)


def _plain(name: str, label: Text, kind: str, field: Callable[[], forms.Field]) -> Property:
    """A property that is a column of customers."""
    return Property(
        name=name,
        label=label,
        kind=kind,
        read=lambda customer: getattr(customer, name),
        fields=lambda: {"value": field()},
        write=lambda act, customer, given: records.edit(act, customer, **{name: _empty(name, given["value"])}),
    )


def _empty(name: str, value: Any) -> Any:
    return value if value is not None or name not in {"name", "acquired_by"} else ""


def _move(act: Act, customer: Customer, given: Mapping[str, Any]) -> object:
    return stages.move(act, customer, given["value"], reason=given.get("reason") or "")


def _stage_fields() -> Fields:
    reason = forms.CharField(label=_("Why"), required=False, max_length=255)
    return {"value": forms.ChoiceField(label=_("Stage"), choices=Customer.Stage.choices), "reason": reason}


def _tags(customer: Customer) -> list[str]:
    return sorted(tag.name for tag in customer.tags.all())


class TagsField(forms.CharField):
    """Words with commas between them."""

    def __init__(self) -> None:
        super().__init__(label=_("Tags"), required=False, max_length=1000, help_text=_("With commas between them."))

    def prepare_value(self, value: Any) -> Any:
        """As it is written."""
        return ", ".join(value) if isinstance(value, list) else value

    def clean(self, value: Any) -> Any:
        """The words."""
        return [word for word in super().clean(value).split(",") if word.strip()]


def owner_field() -> forms.Field:
    """Somebody who may sign in, or nobody."""
    people = User.objects.filter(is_active=True).order_by("name", "email")
    return forms.ModelChoiceField(people, label=_("Owner"), required=False, empty_label=_("nobody"))


def team_field() -> forms.Field:
    """A team, or none."""
    return forms.ModelChoiceField(Team.objects.all(), label=_("Team"), required=False, empty_label=_("none"))


def _word(label: Any, choices: Any) -> forms.Field:
    return forms.ChoiceField(label=label, choices=choices)


_ALL = (
    _plain("name", _("Name"), "text", lambda: forms.CharField(label=_("Name"), max_length=255, required=False)),
    _plain("kind", _("Kind"), "word", lambda: _word(_("Kind"), Customer.Kind.choices)),
    Property("stage", _("Stage"), "word", lambda customer: customer.stage, _stage_fields, _move),
    _plain("owner", _("Owner"), "text", owner_field),
    _plain("team", _("Team"), "text", team_field),
    Property(
        "tags",
        _("Tags"),
        "words",
        _tags,
        lambda: {"value": TagsField()},
        lambda act, customer, given: tags.tag(act, customer, given["value"]),
    ),
    _plain(
        "acquired_by",
        _("Came by"),
        "text",
        lambda: forms.CharField(label=_("Came by"), max_length=120, required=False),
    ),
    _plain("acquired_on", _("Came on"), "day", lambda: DayField(label=_("Came on"), required=False)),
    _plain(
        "acquisition_cost",
        _("Cost to win"),
        "money",
        lambda: forms.DecimalField(
            label=_("Cost to win"), required=False, min_value=0, max_digits=18, decimal_places=4, localize=False
        ),
    ),
)
PROPERTIES = {each.name: each for each in _ALL}
