"""Who may take an import back: at least whoever may do to these customers what taking it back does to them."""

from django.core.exceptions import PermissionDenied
from django.utils.translation import gettext as _

from keepers.crm.customers.chunks import among
from keepers.crm.customers.exchange.children import numbers_in
from keepers.crm.customers.exchange.models import Before, PeopleImport
from keepers.crm.customers.models import Customer
from keepers.crm.people.models import User
from keepers.crm.people.rights import allowed, ceiling_as_json
from keepers.crm.people.roles import Noun, Verb


def refuse_undoing(user: User, brought: PeopleImport, *, forced: bool) -> None:
    """Refuse whoever may not remove the customers that an import made, or not change those that it changed.

    Whoever brought it in takes back what it made, as long as nobody has changed that since; a key of theirs does not.

    Raises:
        PermissionDenied: it says which right is missing.
    """
    is_own = brought.by_id == user.pk and ceiling_as_json(user) is None
    if not (is_own and not forced) and not _may_all(user, Verb.DELETE, _made(brought)):
        raise PermissionDenied(_("Taking this import back removes customers whom you may not delete."))
    changed = list(Before.objects.filter(piece__of=brought).values_list("customer_id", flat=True).distinct())
    if not _may_all(user, Verb.EDIT, changed):
        raise PermissionDenied(_("Taking this import back changes customers whom you may not change."))


def may_undo(user: User, brought: PeopleImport) -> bool:
    """Whether somebody may take an import back."""
    try:
        refuse_undoing(user, brought, forced=False)
    except PermissionDenied:
        return False
    return True


def _made(brought: PeopleImport) -> list[int]:
    runs = brought.pieces.exclude(created=0).values_list("added", flat=True)
    return [number for added in runs for number in numbers_in(added.get("customers", []))]


def _may_all(user: User, verb: Verb, customers: list[int]) -> bool:
    present = Customer.objects.filter(among(customers, "pk"))
    return not present.exclude(pk__in=allowed(user, verb, Noun.CUSTOMERS, present).values("pk")).exists()
