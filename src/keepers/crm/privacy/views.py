"""A customer's privacy: a file of all that is known, being forgotten in two steps; and who was forgotten."""

from django.contrib import messages
from django.http import FileResponse, Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from keepers.core.errors import KeepersError
from keepers.crm.customers.queries import customer_for
from keepers.crm.jobs.carrying_out import settle_abandoned
from keepers.crm.jobs.progress import shown
from keepers.crm.people.audit import taken_away
from keepers.crm.people.gate import needs, user_of
from keepers.crm.people.roles import Noun, Verb
from keepers.crm.privacy import actions
from keepers.crm.privacy.forgetting import preview
from keepers.crm.privacy.forms import ForgettingForm, ReturnForm
from keepers.crm.privacy.models import Forgetting, Takeout
from keepers.crm.privacy.people import person_of
from keepers.crm.privacy.queries import customer_to_take, forgetting_for, may_forget, may_take_all
from keepers.crm.privacy.takeout import path_of

SHOWN = 100


@require_GET
@needs(Verb.SEE, Noun.CUSTOMERS)
def privacy(request: HttpRequest, pk: int) -> HttpResponse:
    """What may be done for somebody who asks, and the files that were made."""
    settle_abandoned()
    user, customer = user_of(request), customer_for(user_of(request), pk)
    page = {"customer": customer, "may_take": may_take_all(user, customer), "may_forget": may_forget(user, customer)}
    if page["may_take"]:
        takeouts = list(Takeout.objects.filter(customer=customer).select_related("by", "job"))
        page |= {"takeouts": takeouts}
        if takeouts and takeouts[0].job and takeouts[0].done_at is None:
            page |= shown(takeouts[0].job)
    return render(request, "privacy/privacy.html", page)


@require_POST
@needs(Verb.EXPORT, Noun.CUSTOMERS)
def takeouts(request: HttpRequest, pk: int) -> HttpResponse:
    """Have a file made."""
    customer = customer_to_take(user_of(request), pk)
    home = reverse("privacy", args=[customer.pk])
    actions.start_takeout(customer, by=user_of(request), at=timezone.now(), home=home)
    return redirect(home)


@require_GET
@needs(Verb.EXPORT, Noun.CUSTOMERS)
def takeout(request: HttpRequest, pk: int, takeout: int) -> HttpResponseBase:
    """The file."""
    customer = customer_to_take(user_of(request), pk)
    found = get_object_or_404(Takeout, pk=takeout, customer=customer)
    if not path_of(found).is_file():
        raise Http404(_("This file is not there. Have another one made."))
    taken_away(user_of(request), Noun.CUSTOMERS, at=timezone.now(), what=str(found), thing=customer)
    return FileResponse(path_of(found).open("rb"), as_attachment=True, filename=str(found))


@needs(Verb.DELETE, Noun.CUSTOMERS)
def forgetting(request: HttpRequest, pk: int) -> HttpResponse:
    """What would go, and the second step: their id written out."""
    user = user_of(request)
    customer = forgetting_for(user, pk)
    form = ForgettingForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            begun = actions.start_forgetting(customer, **form.cleaned_data, by=user, at=timezone.now())
        except KeepersError as wrong:
            form.add_error(None, str(wrong))
        else:
            return redirect(begun)
    page = {"customer": customer, "form": form, "preview": preview(person_of(customer))}
    return render(request, "privacy/forgetting.html", page, status=422 if request.method == "POST" else 200)


@require_GET
@needs(Verb.SEE, Noun.PRIVACY)
def forgotten(request: HttpRequest) -> HttpResponse:
    """Who was forgotten: numbers, days and counts; and the way back for whoever came back themselves."""
    settle_abandoned()
    found = Forgetting.objects.select_related("by", "job")[:SHOWN]
    return render(request, "privacy/forgotten.html", {"forgotten": found, "form": ReturnForm(), "tab": "privacy"})


@require_GET
@needs(Verb.SEE, Noun.PRIVACY)
def account(request: HttpRequest, pk: int) -> HttpResponse:
    """How far one is; then what went and what is left."""
    settle_abandoned()
    found = get_object_or_404(Forgetting.objects.select_related("by", "job"), pk=pk)
    page = {"forgetting": found, "tab": "privacy"}
    return render(request, "privacy/account.html", page | (shown(found.job) if found.job else {}))


@require_POST
@needs(Verb.DELETE, Noun.PRIVACY)
def going_on(request: HttpRequest, pk: int) -> HttpResponse:
    """Go on with one that was stopped."""
    found = get_object_or_404(Forgetting.objects.select_related("job"), pk=pk)
    try:
        actions.go_on(found, by=user_of(request), at=timezone.now())
    except KeepersError as nothing:
        messages.info(request, str(nothing))
    return redirect(found)


@require_POST
@needs(Verb.DELETE, Noun.PRIVACY)
def coming_back(request: HttpRequest) -> HttpResponse:
    """Let somebody come in again."""
    form = ReturnForm(request.POST)
    if not form.is_valid():
        found = Forgetting.objects.select_related("by", "job")[:SHOWN]
        return render(
            request, "privacy/forgotten.html", {"forgotten": found, "form": form, "tab": "privacy"}, status=422
        )
    try:
        actions.let_in_again(**form.cleaned_data, by=user_of(request), at=timezone.now())
    except KeepersError as nobody:
        messages.warning(request, str(nobody))
    else:
        messages.info(request, _("They may come in again from now on."))
    return redirect("forgotten")
