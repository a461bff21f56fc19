"""A new customer, and each property of one."""

from typing import Any

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _

from keepers.core.errors import KeepersError
from keepers.crm.customers.actions import fields, reaching, records, tags
from keepers.crm.customers.asking import act_of, ask, next_of, to_change
from keepers.crm.customers.computed.hiding import hidden_of_customers
from keepers.crm.customers.forgotten import WasForgottenError
from keepers.crm.customers.forms import NewCustomerForm
from keepers.crm.customers.locking import locked_of_customers
from keepers.crm.customers.models import Customer
from keepers.crm.customers.properties import Property, property_named
from keepers.crm.customers.queries import almost_the_same, custom_fields, customer_for, firm, may_do, reached_by
from keepers.crm.customers.typed import OF_FIELDS, WrongValueError
from keepers.crm.people.gate import needs, user_of
from keepers.crm.people.roles import Noun, Verb


@needs(Verb.CREATE, Noun.CUSTOMERS)
def new(request: HttpRequest) -> HttpResponse:
    """The form, and the customer that comes of it."""
    user = user_of(request)
    begun = {"stage": Customer.Stage.PROSPECT, "owner": user.pk, "team": user.team_id}
    form = NewCustomerForm(
        request.POST or None,
        initial=begun | request.GET.dict(),
        custom=custom_fields(),
        locked=locked_of_customers(user),
    )
    if request.method != "POST":
        return _asked(request, form)
    if not form.is_valid():
        return _asked(request, form, status=422)
    told = dict.fromkeys(("email", "phone", "city"), "") | form.cleaned_data
    alike = reached_by(user, told["email"], told["phone"], country=firm().country)
    alike = alike or almost_the_same(user, name=told["name"], email=told["email"], city=told["city"])
    if alike and "anyway" not in request.POST:
        return _asked(request, form, alike=alike)
    try:
        customer = _created(request, form)
    except (records.KeyTakenError, WasForgottenError, WrongValueError) as wrong:
        form.add_error(None, str(wrong))
        return _asked(request, form, status=422)
    return redirect("customer", pk=customer.pk)


@needs(Verb.EDIT, Noun.CUSTOMERS)
def change(request: HttpRequest, pk: int, name: str) -> HttpResponse:
    """One property: its form, and what it says afterwards."""
    told = _told(request, name)
    customer = to_change(request, pk, name)
    form = told.form(customer, request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid() and _written(request, customer, told, form.cleaned_data, form):
        if "hx-request" not in request.headers:
            return next_of(request, customer.get_absolute_url())
        return _shown(request, customer_for(user_of(request), pk), told)
    context = {
        "customer": customer,
        "told": told,
        "form": form,
        "next": request.GET.get("next", ""),
        "was": _as_it_is(customer, told),
        "label": told.label,
        "address": reverse("property", args=[customer.pk, name]),
        "text_address": reverse("property_text", args=[customer.pk, name]),
        "home": customer.get_absolute_url(),
    }
    is_part = "hx-request" in request.headers
    template = "lists/_property_form.html" if is_part else "customers/property.html"
    wrong = request.method == "POST" and not is_part
    return render(request, template, context, status=422 if wrong else 200)


@needs(Verb.SEE, Noun.CUSTOMERS)
def tell(request: HttpRequest, pk: int, name: str) -> HttpResponse:
    """What a property says: for whoever lets its form be."""
    return _shown(request, customer_for(user_of(request), pk), _told(request, name))


@needs(Verb.DELETE, Noun.CUSTOMERS)
def remove(request: HttpRequest, pk: int) -> HttpResponse:
    """Ask once more, then take the customer out."""
    customer = customer_for(user_of(request), pk, Verb.DELETE)
    if request.method != "POST":
        return render(request, "customers/removal.html", {"customer": customer})
    records.delete(act_of(request), customer)
    return redirect("customers")


def _told(request: HttpRequest, name: str) -> Property:
    told = property_named(name)
    if told is None or name in hidden_of_customers(user_of(request)):
        raise Http404(name)
    if told.is_computed and request.method == "POST":
        raise PermissionDenied(_("This is computed, so nobody writes it."))
    return told


def _asked(request: HttpRequest, form: NewCustomerForm, *, status: int = 200, **more: Any) -> HttpResponse:
    title = _("New customer")
    return ask(request, title=title, form=form, verb=_("Create"), back="/customers/", status=status, **more)


def _created(request: HttpRequest, form: NewCustomerForm) -> Customer:
    act, user = act_of(request), user_of(request)
    given = {"owner": user, "team": user.team} | form.cleaned_data
    for field in form.custom:
        given.pop(f"{OF_FIELDS}{field.key}")
    named, city = given.pop("tags", ()), given.pop("city", "")
    with transaction.atomic():
        customer = records.create(act, **given, country=firm().country)
        tags.tag(act, customer, named)
        if city.strip():
            reaching.add_address(act, customer, city=city)
        fields.fill(act, customer, form.custom_values)
    return customer


def _written(request: HttpRequest, customer: Customer, told: Property, given: dict[str, Any], form: Any) -> bool:
    now = _as_it_is(customer, told)
    if request.POST.get("was", now) != now:
        form.add_error(
            "value", _("Somebody changed this meanwhile: “%(now)s”. Save again to write yours.") % {"now": now}
        )
        return False
    try:
        told.write(act_of(request), customer, given)
    except KeepersError as wrong:
        form.add_error("value", str(wrong))
        return False
    return True


def _as_it_is(customer: Customer, told: Property) -> str:
    """What a form was opened on, on one line, so that it is not written over what somebody else wrote meanwhile."""
    value = told.read(customer)
    return "" if value is None else " ".join(str(value).split())


def _shown(request: HttpRequest, customer: Customer, told: Property) -> HttpResponse:
    context = {"customer": customer, "told": told, "value": told.read(customer)}
    return render(
        request, "customers/_property.html", context | {"may_change": may_do(user_of(request), Verb.EDIT, customer)}
    )
