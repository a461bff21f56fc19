"""What every view of customers asks of a request: whom it is about, who acts, where to go afterwards."""

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _

from keepers.crm.customers.actions.acts import Act
from keepers.crm.customers.locking import locked_of_customers
from keepers.crm.customers.models import Customer
from keepers.crm.customers.queries import customer_for, may_do
from keepers.crm.people.gate import user_of
from keepers.crm.people.roles import Verb


def act_of(request: HttpRequest) -> Act:
    """Whoever asks does it, now."""
    return Act(by=user_of(request), at=timezone.now())


def to_change(request: HttpRequest, pk: int, field: str = "") -> Customer:
    """A customer whom this user may change.

    Raises:
        Http404: they may not see that there is one.
        PermissionDenied: they see them, and may not change them or this field.
    """
    user = user_of(request)
    seen = customer_for(user, pk)
    if field in locked_of_customers(user):
        raise PermissionDenied(_("Your role may not change this field. Ask an owner of the workspace."))
    if not may_do(user, Verb.EDIT, seen):
        raise PermissionDenied(_("Your role may not change this customer. Ask whoever owns them."))
    return seen


def next_of(request: HttpRequest, otherwise: str) -> HttpResponseRedirect:
    """To the page that the form names in `next`, if it is one of ours."""
    wanted = request.POST.get("next", "")
    ours = wanted.startswith("/") and url_has_allowed_host_and_scheme(wanted, allowed_hosts={request.get_host()})
    return HttpResponseRedirect(wanted if ours else otherwise)


def ask(
    request: HttpRequest, *, title: str, form: object, verb: str, back: str, status: int = 200, **more: object
) -> HttpResponse:
    """A page with one form."""
    context = {"title": title, "form": form, "verb": verb, "back": back, "next": request.GET.get("next", "")}
    return render(request, "customers/form.html", context | more, status=status)
