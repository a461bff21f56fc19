"""Telling what happened: the composer, corrections, letters that are to be sent again."""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from keepers.core.errors import KeepersError
from keepers.crm.customers.models import Customer
from keepers.crm.customers.queries import customer_for, may_do
from keepers.crm.customers.timeline import actions
from keepers.crm.customers.timeline.forms import ASKED, TouchForm
from keepers.crm.customers.timeline.mailing import send_again
from keepers.crm.customers.timeline.models import Mail, Touch
from keepers.crm.people.gate import needs, user_of
from keepers.crm.people.models import User
from keepers.crm.people.rights import allowed
from keepers.crm.people.roles import Noun, Verb


@require_POST
@needs(Verb.CREATE, Noun.TOUCHES)
def touches(request: HttpRequest, pk: int) -> HttpResponse:
    """Put an act on a customer's timeline."""
    user = user_of(request)
    customer = customer_for(user, pk)
    kind = request.POST.get("kind", "")
    if kind not in ASKED:
        raise Http404(kind)
    form = TouchForm(kind, request.POST, though_held="though_held" in request.POST)
    if not form.is_valid():
        return _asked_again(request, customer, form)
    try:
        _add(customer, user, form)
    except actions.StillHeldError as held:
        form = TouchForm(kind, request.POST, though_held=actions.may_reach_held(user))
        form.add_error(None, str(held))
        return _asked_again(request, customer, form)
    except KeepersError as error:
        form.add_error(None, str(error))
        return _asked_again(request, customer, form)
    return redirect(f"{reverse('customer', args=[customer.pk])}#timeline")


@require_http_methods(["GET", "POST"])
@needs(Verb.EDIT, Noun.TOUCHES)
def touch(request: HttpRequest, pk: int) -> HttpResponse:
    """Correct an act."""
    found = _changeable(request, pk, Verb.EDIT)
    kind = found.kind if found.kind in ASKED else Touch.Kind.NOTE
    form = TouchForm(kind, request.POST or None, initial=_shown(found))
    if request.method == "POST" and form.is_valid():
        changes = {name: value for name, value in form.cleaned_data.items() if name != "at" or value is not None}
        actions.edit_touch(found, by=user_of(request), at=timezone.now(), changes=_plain(changes))
        return redirect(f"{reverse('customer', args=[found.customer_id])}#timeline")
    context = {"touch": found, "customer": found.customer, "form": form}
    return render(request, "timeline/touch.html", context | {"may_remove": _may(user_of(request), Verb.DELETE, found)})


@require_POST
@needs(Verb.EDIT, Noun.TOUCHES)
def removal(request: HttpRequest, pk: int) -> HttpResponse:
    """Take an act off the timeline."""
    found = _changeable(request, pk, Verb.DELETE)
    actions.remove_touch(found, by=user_of(request), at=timezone.now())
    messages.info(request, _("Taken off the timeline."))
    return redirect(f"{reverse('customer', args=[found.customer_id])}#timeline")


@require_POST
@needs(Verb.EDIT, Noun.TOUCHES)
def sending(request: HttpRequest, pk: int) -> HttpResponse:
    """Send a letter again that failed, or of which nobody knows."""
    mail = get_object_or_404(Mail.objects.select_related("touch"), pk=pk)
    found = _changeable(request, mail.touch_id, Verb.EDIT)
    if not send_again(mail):
        messages.info(request, _("It is on its way, or was sent meanwhile."))
    return redirect(f"{reverse('customer', args=[found.customer_id])}#timeline")


def _add(customer: Customer, user: User, form: TouchForm) -> None:
    asked = _plain(form.cleaned_data)
    if form.kind == Touch.Kind.EMAIL:
        about = {"title": asked["title"], "body": asked["body"], "though_held": asked.get("though_held", "")}
        actions.write_mail(customer, by=user, at=timezone.now(), **about)
        return
    happened = asked.pop("at", None)
    actions.add_touch(customer, by=user, at=timezone.now(), kind=form.kind, happened_at=happened, **asked)


def _changeable(request: HttpRequest, pk: int, verb: Verb) -> Touch:
    """An act of a customer whom the user may see, told by themselves or by those whose acts they may change."""
    user = user_of(request)
    seen = allowed(user, Verb.SEE, Noun.CUSTOMERS, Touch.objects.filter(removed_at=None), "customer__")
    found = get_object_or_404(seen.select_related("customer"), pk=pk)
    if not _may(user, verb, found):
        raise Http404(pk)
    return found


def _may(user: User, verb: Verb, found: Touch) -> bool:
    return found.actor_id == user.pk or may_do(user, verb, found.customer, Noun.TOUCHES)


def _asked_again(request: HttpRequest, customer: Customer, form: TouchForm) -> HttpResponse:
    context = {"customer": customer, "form": form, "kind": form.kind}
    return render(request, "timeline/composing.html", context, status=422)


def _shown(found: Touch) -> dict[str, Any]:
    return {name: getattr(found, name) for name in ("title", "body", "at", "direction", "outcome", "minutes", "cost")}


def _plain(asked: dict[str, Any]) -> dict[str, Any]:
    """Texts that were left empty are empty, whatever the kind of their field."""
    return {name: value for name, value in asked.items() if value is not None or name in {"minutes", "cost", "at"}}
