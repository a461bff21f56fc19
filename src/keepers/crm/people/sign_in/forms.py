"""The forms of the door, in the words that all other pages have."""

from typing import Any

from allauth.account import forms as doors
from django import forms
from django.utils.translation import gettext_lazy as _


class SignInForm(doors.LoginForm):  # type: ignore[misc]  # allauth ships no types
    """Address and password."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _in_our_words(self.fields["login"])


class ForgottenForm(doors.ResetPasswordForm):  # type: ignore[misc]  # as above
    """The address to which a link goes."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _in_our_words(self.fields["email"])


def _in_our_words(address: forms.Field) -> None:
    address.label = _("E-mail")
    del address.widget.attrs["placeholder"]
