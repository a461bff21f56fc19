"""Many customers changed at once from a list, and that undone."""

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from keepers.core.errors import KeepersError
from keepers.crm.customers.actions import bulk
from keepers.crm.customers.asking import act_of, next_of
from keepers.crm.customers.bulk_bar import bulk_form
from keepers.crm.customers.models import BulkEdit, Customer
from keepers.crm.customers.queries import customers_for
from keepers.crm.customers.views import everybody
from keepers.crm.customers.written import undoable
from keepers.crm.lists.addresses import number_in
from keepers.crm.people.gate import needs, user_of
from keepers.crm.people.models import User
from keepers.crm.people.roles import Noun, Verb

MOST_AT_ONCE = 20_000  # customers that a page waits for


@require_POST
@needs(Verb.EDIT, Noun.CUSTOMERS)
def change_many(request: HttpRequest) -> HttpResponse:
    """Write the field that was chosen for the customers that are ticked, or for all of the list of everybody."""
    return write_many(request, everybody.matching)


def write_many(request: HttpRequest, matching: Callable[[User, str], QuerySet[Customer]]) -> HttpResponse:
    """Write it, then back to the list.

    Args:
        request: with the field, its value, and who is ticked, or `everything`.
        matching: those whom a user may change of all that a list's query finds.
    """
    user = user_of(request)
    chosen = {pk for text in request.POST.getlist("chosen") if (pk := number_in(text)) is not None}
    if "everything" not in request.POST and not chosen:
        messages.warning(request, _("Tick at least one customer first."))
        return next_of(request, reverse("everybody"))
    try:
        if "everything" in request.POST:
            found = matching(user, request.POST.get("next", "").partition("?")[2])
            if found[: MOST_AT_ONCE + 1].count() > MOST_AT_ONCE:
                most = {"most": f"{MOST_AT_ONCE:,}"}
                raise bulk.BulkEditError(_("%(most)s at once are the most. Narrow the list first.") % most)
            bulk.change(act_of(request), found, *_asked(request))
            return next_of(request, reverse("everybody"))
        edit = bulk.change(act_of(request), customers_for(user, Verb.EDIT).filter(pk__in=chosen), *_asked(request))
    except KeepersError as wrong:
        messages.warning(request, str(wrong))
    else:
        left = len(chosen) - edit.changed
        if left:
            told = ngettext(
                "%(left)d of those ticked had it already, or is not yours to change.",
                "%(left)d of those ticked had it already, or are not yours to change.",
                left,
            )
            messages.info(request, told % {"left": left})
    return next_of(request, reverse("everybody"))


@require_POST
@needs(Verb.EDIT, Noun.CUSTOMERS)
def undo_many(request: HttpRequest, pk: int) -> HttpResponse:
    """Give each customer back what they had before."""
    act, user = act_of(request), user_of(request)
    edit = get_object_or_404(BulkEdit, pk=pk, by=user)
    try:
        edit = bulk.undo(act, undoable(user, edit, at=act.at), edit)
    except bulk.BulkEditError as wrong:
        messages.warning(request, str(wrong))
        return next_of(request, reverse("everybody"))
    back = edit.changed - edit.left
    told = ngettext("Undone for %(back)d customer.", "Undone for %(back)d customers.", back) % {"back": back}
    if edit.left:
        kept = ngettext(
            "%(left)d stays: changed since, or not yours to change.",
            "%(left)d stay: changed since, or not yours to change.",
            edit.left,
        ) % {"left": edit.left}
        told = f"{told} {kept}"
    messages.info(request, told)
    return next_of(request, reverse("everybody"))


def _asked(request: HttpRequest) -> tuple[str, Any]:
    """The field and its value.

    Raises:
        BulkEditError: it is no field that this user may write, or no value of it.
    """
    field = request.POST.get("field", "")
    form = bulk_form(request, request.POST)
    if field not in form.fields:
        raise bulk.BulkEditError(_("Choose what is to be changed."))
    form.is_valid()
    if field in form.errors:
        raise bulk.BulkEditError(" ".join(map(str, form.errors[field])))
    value = form.cleaned_data[field]
    if value == "" and field == "stage":
        raise bulk.BulkEditError(_("Choose a stage first."))
    return field, value
