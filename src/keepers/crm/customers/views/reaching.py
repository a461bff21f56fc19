"""Contact points, addresses and consent of a customer."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from keepers.core.errors import KeepersError
from keepers.crm.customers.actions import consents, reaching
from keepers.crm.customers.asking import act_of, ask, next_of, to_change
from keepers.crm.customers.forms import AddressForm, ConsentForm, ContactPointForm
from keepers.crm.customers.locking import ADDRESSES, CONTACT_POINTS, refuse_locked
from keepers.crm.customers.models import Address, ContactPoint, Customer
from keepers.crm.customers.queries import firm
from keepers.crm.people.gate import needs, user_of
from keepers.crm.people.roles import Noun, Verb


@needs(Verb.EDIT, Noun.CUSTOMERS)
def new_contact_point(request: HttpRequest, pk: int) -> HttpResponse:
    """One more way to reach a customer."""
    customer = to_change(request, pk, CONTACT_POINTS)
    form = ContactPointForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        refuse_locked(user_of(request), [given["kind"]])
        point = reaching.add_contact_point(
            act_of(request), customer, given["kind"], given["value"], label=given["label"], country=firm().country
        )
        return _done(request, customer, point)
    return _asked(request, customer, form, _("A way to reach %(name)s"))


@needs(Verb.EDIT, Noun.CUSTOMERS)
def contact_point(request: HttpRequest, pk: int, point: int) -> HttpResponse:
    """Write one anew."""
    customer = to_change(request, pk, CONTACT_POINTS)
    kept = _point(request, customer, point)
    begun = {"kind": kept.kind, "value": kept.written or kept.value, "label": kept.label}
    form = ContactPointForm(request.POST or None, initial=begun)
    del form.fields["kind"]
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        point_now = reaching.change_contact_point(
            act_of(request), kept, given["value"], label=given["label"], country=firm().country
        )
        return _done(request, customer, point_now)
    return _asked(request, customer, form, _("How %(name)s is reached"))


@require_POST
@needs(Verb.EDIT, Noun.CUSTOMERS)
def first_contact_point(request: HttpRequest, pk: int, point: int) -> HttpResponse:
    """Let it be the one to use."""
    customer = to_change(request, pk, CONTACT_POINTS)
    reaching.use_first(act_of(request), _point(request, customer, point))
    return next_of(request, customer.get_absolute_url())


@require_POST
@needs(Verb.EDIT, Noun.CUSTOMERS)
def remove_contact_point(request: HttpRequest, pk: int, point: int) -> HttpResponse:
    """Forget it."""
    customer = to_change(request, pk, CONTACT_POINTS)
    reaching.remove_contact_point(act_of(request), _point(request, customer, point))
    return next_of(request, customer.get_absolute_url())


@require_POST
@needs(Verb.EDIT, Noun.CUSTOMERS)
def keep_here(request: HttpRequest, pk: int) -> HttpResponse:
    """Change here what imports of orders told."""
    customer = to_change(request, pk, CONTACT_POINTS)
    reaching.keep_here(act_of(request), customer)
    return next_of(request, customer.get_absolute_url())


@needs(Verb.EDIT, Noun.CUSTOMERS)
def new_address(request: HttpRequest, pk: int) -> HttpResponse:
    """One more address."""
    customer = to_change(request, pk, ADDRESSES)
    form = AddressForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            reaching.add_address(act_of(request), customer, **form.cleaned_data)
        except reaching.NothingWrittenError as nothing:
            form.add_error("street", str(nothing))
        else:
            return next_of(request, customer.get_absolute_url())
    return _asked(request, customer, form, _("An address of %(name)s"))


@needs(Verb.EDIT, Noun.CUSTOMERS)
def address(request: HttpRequest, pk: int, address: int) -> HttpResponse:
    """Write one anew."""
    customer = to_change(request, pk, ADDRESSES)
    kept = get_object_or_404(Address, pk=address, customer=customer)
    form = AddressForm(request.POST or None, initial={name: getattr(kept, name) for name in reaching.ADDRESS})
    if request.method == "POST" and form.is_valid():
        try:
            reaching.change_address(act_of(request), kept, **form.cleaned_data)
        except reaching.NothingWrittenError as nothing:
            form.add_error("street", str(nothing))
        else:
            return next_of(request, customer.get_absolute_url())
    return _asked(request, customer, form, _("An address of %(name)s"))


@require_POST
@needs(Verb.EDIT, Noun.CUSTOMERS)
def remove_address(request: HttpRequest, pk: int, address: int) -> HttpResponse:
    """Forget it."""
    customer = to_change(request, pk, ADDRESSES)
    reaching.remove_address(act_of(request), get_object_or_404(Address, pk=address, customer=customer))
    return next_of(request, customer.get_absolute_url())


@needs(Verb.EDIT, Noun.CUSTOMERS)
def consent(request: HttpRequest, pk: int) -> HttpResponse:
    """Write down what a customer said."""
    customer = to_change(request, pk, "consent")
    form = ConsentForm(request.POST or None, initial=request.GET.dict())
    if request.method == "POST" and form.is_valid():
        try:
            consents.say(act_of(request), customer, **form.cleaned_data)
        except KeepersError as wrong:
            form.add_error("proof", str(wrong))
        else:
            return next_of(request, customer.get_absolute_url())
    return _asked(request, customer, form, _("What %(name)s agreed to"))


def _point(request: HttpRequest, customer: Customer, pk: int) -> ContactPoint:
    """One that this user may change."""
    point = get_object_or_404(ContactPoint, pk=pk, customer=customer)
    refuse_locked(user_of(request), [point.kind])
    return point


def _done(request: HttpRequest, customer: Customer, point: ContactPoint) -> HttpResponse:
    if point.problem:
        messages.warning(request, _('Kept, and not used: "%(value)s". %(problem)s') % vars(point))
    return next_of(request, customer.get_absolute_url())


def _asked(request: HttpRequest, customer: Customer, form: object, title: str) -> HttpResponse:
    status = 422 if request.method == "POST" else 200
    named = title % {"name": customer}
    return ask(request, title=named, form=form, verb=_("Save"), back=customer.get_absolute_url(), status=status)
