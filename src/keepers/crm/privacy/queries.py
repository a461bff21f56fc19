"""Who may take away all that is known of somebody, and who may have them forgotten."""

from django.core.exceptions import PermissionDenied
from django.utils.translation import gettext as _

from keepers.crm.customers.models import Customer
from keepers.crm.customers.queries import customer_for, may_do
from keepers.crm.people.models import User
from keepers.crm.people.rights import hidden_fields, may
from keepers.crm.people.roles import Noun, Verb

ALL_OF_THEM = (Noun.CUSTOMERS, Noun.TOUCHES, Noun.TASKS)


def may_take_all(user: User, customer: Customer) -> bool:
    """Whether nothing of a customer is hidden from a user, who may take it away."""
    return not hidden_fields(user, Noun.CUSTOMERS) and all(
        may_do(user, Verb.EXPORT, customer, noun) for noun in ALL_OF_THEM
    )


def may_forget(user: User, customer: Customer) -> bool:
    """Whether a user may have a customer forgotten."""
    return may(user, Verb.DELETE, Noun.PRIVACY) and may_do(user, Verb.DELETE, customer)


def customer_to_take(user: User, pk: int) -> Customer:
    """The customer of whom a user may take all away.

    Raises:
        Http404: there is none, or none that the user may see.
        PermissionDenied: they may not, or something of the customer is hidden from them.
    """
    customer = customer_for(user, pk, Verb.EXPORT)
    if not may_take_all(user, customer):
        told = _("Your role does not see all that is known of a customer. Ask an owner of the workspace.")
        raise PermissionDenied(told)
    return customer


def forgetting_for(user: User, pk: int) -> Customer:
    """The customer whom a user may have forgotten.

    Raises:
        Http404: there is none, or none that the user may see.
        PermissionDenied: they may not.
    """
    customer = customer_for(user, pk, Verb.DELETE)
    if not may_forget(user, customer):
        raise PermissionDenied(_("Your role may not have anybody forgotten. Ask an owner of the workspace."))
    return customer
