"""What a new administrator fills in."""

from django import forms
from django.contrib.auth.password_validation import validate_password
from django.utils.translation import gettext_lazy as _

from keepers.crm.people.models import User


class WelcomeForm(forms.Form):
    """Name, e-mail and password of the first administrator."""

    name = forms.CharField(label=_("Your name"), max_length=150, widget=forms.TextInput({"autocomplete": "name"}))
    email = forms.EmailField(label=_("E-mail"), widget=forms.EmailInput({"autocomplete": "email"}))
    password = forms.CharField(
        label=_("Password"),
        help_text=_("At least ten characters."),
        widget=forms.PasswordInput({"autocomplete": "new-password"}),
    )

    def clean_email(self) -> str:
        """The address in small letters, if nobody has it yet."""
        email: str = self.cleaned_data["email"].lower()
        if User.objects.filter(email=email).exists():
            raise forms.ValidationError(_("Somebody has this address already."))
        return email

    def clean_password(self) -> str:
        """The password, if it is not too easy to guess."""
        password: str = self.cleaned_data["password"]
        validate_password(password)
        return password
