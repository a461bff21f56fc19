"""What people fill in: who comes in, who may do what, what somebody says of themselves."""

from typing import Any, ClassVar

from django import forms
from django.contrib.auth.password_validation import validate_password
from django.forms.boundfield import BoundField
from django.utils.translation import gettext_lazy as _

from keepers.crm.lists.filters import DayField
from keepers.crm.people.deciding import scopes_for
from keepers.crm.people.models import FieldRule, Team, User
from keepers.crm.people.rights import may_give, scopes_of
from keepers.crm.people.roles import Noun, Role, Scope, Verb

Choices = list[tuple[str, Any]]


def _line(label: Any, **more: Any) -> forms.CharField:
    return forms.CharField(label=label, max_length=150, widget=forms.TextInput({"class": "input"}), **more)


def _select(label: Any, choices: Any, **more: Any) -> forms.ChoiceField:
    return forms.ChoiceField(label=label, choices=choices, widget=forms.Select({"class": "input"}), **more)


def _ticks(label: Any, choices: Any) -> forms.MultipleChoiceField:
    return forms.MultipleChoiceField(label=label, choices=choices, widget=forms.CheckboxSelectMultiple())


def _team(label: Any) -> forms.ModelChoiceField:  # type: ignore[type-arg]  # its stub is generic, the class is not
    widget = forms.Select({"class": "input"})
    return forms.ModelChoiceField(Team.objects.all(), label=label, required=False, empty_label=_("none"), widget=widget)


class InvitationForm(forms.Form):
    """Somebody new."""

    name = _line(_("Name"), required=False)
    email = forms.EmailField(label=_("E-mail"), widget=forms.EmailInput({"class": "input", "autocomplete": "off"}))
    role = _select(_("Role"), Role.choices, initial=Role.REP)
    team = _team(_("Team"))


class MemberForm(forms.Form):
    """What somebody is here."""

    role = _select(_("Role"), Role.choices)
    team = _team(_("Team"))
    is_active = forms.BooleanField(label=_("May sign in"), required=False)


class TeamForm(forms.Form):
    """A team and the one above it."""

    name = _line(_("Name"))
    parent = _team(_("Below"))


class RoleForm(forms.Form):
    """On whose things a role may do what, and how it meets sensitive fields."""

    def __init__(self, role: Role, fields: Choices, data: Any = None) -> None:
        super().__init__(data)
        scopes = scopes_of(role)
        for noun in Noun:
            choices = [(str(scope.value), scope.label) for scope in scopes_for(noun)]
            for verb in Verb:
                label = f"{verb.label}: {noun.label}"
                usual = str(max(each for each in scopes_for(noun) if each <= scopes[noun, verb]).value)
                self.fields[f"{noun}-{verb}"] = _select(label, choices, initial=usual)
        access = [("", _("seen and changed")), *FieldRule.Access.choices]
        rules = dict(FieldRule.objects.filter(role=role, noun=Noun.CUSTOMERS).values_list("field", "access"))
        for name, label in fields:
            self.fields[f"field-{name}"] = _select(label, access, required=False, initial=rules.get(name, ""))
        if role == Role.OWNER:
            for field in self.fields.values():
                field.disabled = True

    @property
    def rows(self) -> list[tuple[str, list[BoundField]]]:
        """A noun with its verbs, as the table shows them."""
        return [(str(noun.label), [self[f"{noun}-{verb}"] for verb in Verb]) for noun in Noun]

    @property
    def field_rows(self) -> list[BoundField]:
        """The sensitive fields."""
        return [self[name] for name in self.fields if name.startswith("field-")]

    @property
    def scopes(self) -> dict[tuple[Noun, Verb], Scope]:
        """What was chosen."""
        return {(noun, verb): Scope(int(self.cleaned_data[f"{noun}-{verb}"])) for noun in Noun for verb in Verb}

    @property
    def accesses(self) -> dict[str, str]:
        """What was chosen for each field."""
        chosen = {name: value for name, value in self.cleaned_data.items() if name.startswith("field-")}
        return {name.removeprefix("field-"): value for name, value in chosen.items()}


class AccountForm(forms.Form):
    """What somebody says of themselves."""

    name = _line(_("Name"), required=False)
    theme = _select(_("Look"), User.Theme.choices)


class TokenForm(forms.Form):
    """What a program may do."""

    LASTING: ClassVar[Choices] = [
        ("30", _("30 days")),
        ("90", _("90 days")),
        ("365", _("a year")),
        ("", _("until it is ended")),
    ]

    name = _line(_("Which program is it for?"))
    role = _select(_("As"), Role.choices)
    nouns = _ticks(_("With what"), Noun.choices)
    verbs = _ticks(_("May"), Verb.choices)
    lasts = _select(_("For"), LASTING, required=False, initial="90")

    def __init__(self, user: User, data: Any = None) -> None:
        super().__init__(data, initial={"role": user.role, "nouns": [Noun.CUSTOMERS], "verbs": [Verb.SEE]})
        able = [(role.value, role.label) for role in Role if role == user.role or may_give(user, role)]
        self.fields["role"] = _select(_("As"), able, initial=user.role)


class AuditForm(forms.Form):
    """What the log is narrowed to."""

    person = _line(_("Who"), required=False)
    noun = _select(_("What kind of thing"), [("", _("anything")), *Noun.choices], required=False)
    verb = _line(_("What was done"), required=False)
    thing = _line(_("Number of the thing"), required=False)
    day = DayField(label=_("Day"), required=False)


class InvitedForm(forms.Form):
    """Name and password of somebody who was invited."""

    name = forms.CharField(label=_("Your name"), max_length=150, widget=forms.TextInput({"autocomplete": "name"}))
    password = forms.CharField(
        label=_("Password"),
        help_text=_("At least ten characters."),
        widget=forms.PasswordInput({"autocomplete": "new-password"}),
    )

    def clean_password(self) -> str:
        """The password, if it is not too easy to guess."""
        password: str = self.cleaned_data["password"]
        validate_password(password)
        return password


class WelcomeForm(InvitedForm):
    """Name, e-mail and password of the first administrator."""

    email = forms.EmailField(label=_("E-mail"), widget=forms.EmailInput({"autocomplete": "email"}))
    field_order = ("name", "email", "password")

    def clean_email(self) -> str:
        """The address in small letters, if nobody has it yet."""
        email: str = self.cleaned_data["email"].lower()
        if User.objects.filter(email=email).exists():
            raise forms.ValidationError(_("Somebody has this address already."))
        return email
