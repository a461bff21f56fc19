"""Whoever was forgotten is not taken in again."""

from collections.abc import Iterable

from django.conf import settings
from django.utils.translation import gettext as _

from keepers.core.errors import KeepersError
from keepers.crm.customers.reach import email_of, phone_of
from keepers.loop.tombstones import forgotten_in
from keepers.warehouse.tombstones import Mark


class WasForgottenError(KeepersError):
    """Somebody who was forgotten cannot be taken in."""


def refuse_forgotten(marks: Iterable[Mark]) -> None:
    """Refuse to take in whoever one of these marks tells to be somebody who was forgotten.

    Raises:
        WasForgottenError: they were.
    """
    if forgotten_in(settings.WORKSPACE).knows(marks):
        raise WasForgottenError(_("They were forgotten at their own wish."))


def marks_of(*, key: str = "", email: str = "", phone: str = "", country: str = "") -> list[Mark]:
    """What tells who somebody is, of what is given."""
    number = phone_of(phone, country).value if phone.strip() else ""
    address = email_of(email).value if email.strip() else ""
    emails, phones = {email, address}, {phone, number}
    given = [Mark("id", key), *(Mark("email", each) for each in emails), *(Mark("phone", each) for each in phones)]
    return [mark for mark in given if mark.text.strip()]
