"""Who may take an import back: at least whoever may do to these customers what taking it back does to them."""

from collections.abc import Iterable, Iterator

from django.core.exceptions import PermissionDenied
from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from keepers.crm.customers.exchange.landing.children import numbers_in
from keepers.crm.customers.exchange.models import Before, PeopleImport
from keepers.crm.customers.models import Customer
from keepers.crm.customers.writing.chunks import among
from keepers.crm.people.models import User
from keepers.crm.people.rights import allowed, ceiling_as_json, scope_of
from keepers.crm.people.roles import Noun, Scope, Verb


def refuse_undoing(user: User, brought: PeopleImport, *, forced: bool) -> None:
    """Refuse whoever may not remove the customers that an import made, or not change those that it changed.

    Whoever brought it in takes back what it made, as long as nobody has changed that since; a key of theirs does not.

    Raises:
        PermissionDenied: it says which right is missing.
    """
    is_own = brought.by_id == user.pk and ceiling_as_json(user) is None
    if not (is_own and not forced) and not _may_all(user, Verb.DELETE, _made(brought)):
        raise PermissionDenied(_("Taking this import back removes customers whom you may not delete."))
    changed = Before.objects.filter(piece__of=brought).values("customer_id")
    if not _may_all(user, Verb.EDIT, [Q(pk__in=changed)]):
        raise PermissionDenied(_("Taking this import back changes customers whom you may not change."))


def may_undo(user: User, brought: PeopleImport) -> bool:
    """Whether somebody may take an import back."""
    try:
        refuse_undoing(user, brought, forced=False)
    except PermissionDenied:
        return False
    return True


def _made(brought: PeopleImport) -> Iterator[Q]:
    """The customers that each piece made, also beside its rows: as many numbers at once as one transaction wrote."""
    for runs in brought.pieces.values_list("added__customers", flat=True).iterator():
        if runs:
            yield among(numbers_in(runs), "pk")


def _may_all(user: User, verb: Verb, some: Iterable[Q]) -> bool:
    """Whether they may do it to all of these customers; nobody looks further than to the first whom they may not."""
    if scope_of(user, verb, Noun.CUSTOMERS) == Scope.ALL:
        return True
    return not any(_holds_another(user, verb, Customer.objects.filter(these)) for these in some)


def _holds_another(user: User, verb: Verb, present: QuerySet[Customer]) -> bool:
    return present.exclude(pk__in=allowed(user, verb, Noun.CUSTOMERS, present).values("pk")).exists()
