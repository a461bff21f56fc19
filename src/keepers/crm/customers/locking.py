"""What a user may not change of customers: the fields that are locked for them, and what is written by these."""

from collections.abc import Iterable

from django.core.exceptions import PermissionDenied
from django.utils.translation import gettext as _

from keepers.crm.customers.models import ContactPoint
from keepers.crm.people.models import User
from keepers.crm.people.rights import locked_fields
from keepers.crm.people.roles import Noun

CONTACT_POINTS, ADDRESSES = "contact_points", "addresses"
WHERE = frozenset({ADDRESSES, "city", "country"})  # whoever may not know or write one of them, no address


def locked_of_customers(user: User) -> frozenset[str]:
    """Names of fields; with contact points go e-mail and phone, and whoever may not write a city writes no address."""
    locked = locked_fields(user, Noun.CUSTOMERS)
    if CONTACT_POINTS in locked:
        locked |= set(ContactPoint.Kind.values)
    return locked | WHERE if locked & WHERE else locked


def refuse_locked(user: User, names: Iterable[str]) -> None:
    """Refuse to write fields that the user's role does not change.

    Raises:
        PermissionDenied: one of them is among these.
    """
    if wrong := sorted(locked_of_customers(user).intersection(names)):
        raise PermissionDenied(_("Your role may not change %(fields)s.") % {"fields": ", ".join(wrong)})
