"""Many customers changed at once from a list, and that undone."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from keepers.core.errors import KeepersError
from keepers.crm.customers import bulk_jobs
from keepers.crm.customers.actions import bulk
from keepers.crm.customers.asking import act_of, next_of
from keepers.crm.customers.bulk_bar import bulk_form
from keepers.crm.customers.models import BulkEdit
from keepers.crm.customers.queries import customers_for
from keepers.crm.customers.written import undoable
from keepers.crm.jobs.carrying_out import settle_abandoned
from keepers.crm.jobs.progress import shown
from keepers.crm.lists.addresses import number_in
from keepers.crm.people.gate import needs, user_of
from keepers.crm.people.roles import Noun, Verb


@require_POST
@needs(Verb.EDIT, Noun.CUSTOMERS)
def change_many(request: HttpRequest, among: str) -> HttpResponse:
    """Write the field that was chosen for the customers that are ticked, or for all that the list finds."""
    chosen = {pk for text in request.POST.getlist("chosen") if (pk := number_in(text)) is not None}
    try:
        if "everything" in request.POST:
            return _change_all(request, among)
        if not chosen:
            raise bulk.BulkEditError(_("Tick at least one customer first."))
        _change_ticked(request, chosen)
    except KeepersError as wrong:
        messages.warning(request, str(wrong))
    return next_of(request, reverse(among))


@needs(Verb.EDIT, Noun.CUSTOMERS)
def bulk_edit(request: HttpRequest, pk: int) -> HttpResponse:
    """How far a change to many customers is, and its undoing."""
    edit = _edit(request, pk)
    back = reverse(edit.among or "everybody") + (f"?{edit.query}" if edit.query else "")
    context: dict[str, Any] = {"edit": edit, "back": back, "is_done": not edit.is_under_way}
    if edit.job is not None and edit.job.state != edit.job.State.DONE:
        context |= shown(edit.job)
    return render(request, "customers/bulk_edit.html", context)


@require_POST
@needs(Verb.EDIT, Noun.CUSTOMERS)
def undo_many(request: HttpRequest, pk: int) -> HttpResponse:
    """Give each customer back what they had before; the worker does it where they are many."""
    act, user, edit = act_of(request), user_of(request), _edit(request, pk)
    try:
        mine = undoable(user, edit, at=act.at)
        if edit.changed > bulk_jobs.MOST_AT_ONCE:
            bulk_jobs.start_undoing(act, edit)
            return redirect(edit)
        edit = bulk.undo(act, mine, edit)
    except bulk.BulkEditError as wrong:
        messages.warning(request, str(wrong))
        return next_of(request, reverse("everybody"))
    back = edit.changed - edit.left
    told = ngettext("Undone for %(back)d customer.", "Undone for %(back)d customers.", back) % {"back": back}
    messages.info(request, f"{told} {edit.left_in_words}".rstrip())
    return next_of(request, reverse("everybody"))


@require_POST
@needs(Verb.EDIT, Noun.CUSTOMERS)
def continue_many(request: HttpRequest, pk: int) -> HttpResponse:
    """Have the worker go on where one was stopped."""
    edit = _edit(request, pk)
    try:
        bulk_jobs.go_on(edit, at=timezone.now())
    except KeepersError as wrong:
        messages.warning(request, str(wrong))
    return redirect(edit)


def _edit(request: HttpRequest, pk: int) -> BulkEdit:
    """One's own."""
    settle_abandoned()
    return get_object_or_404(BulkEdit.objects.select_related("job", "by"), pk=pk, by=user_of(request))


def _change_all(request: HttpRequest, among: str) -> HttpResponse:
    act, user, query = act_of(request), user_of(request), request.POST.get("next", "").partition("?")[2]
    field, value = _asked(request)
    found = bulk_jobs.matching(user, among, query)
    if found[: bulk_jobs.MOST_AT_ONCE + 1].count() > bulk_jobs.MOST_AT_ONCE:
        return redirect(bulk_jobs.start(act, field, value, among=among, query=query))
    bulk.change(act, found, field, value)
    return next_of(request, reverse(among))


def _change_ticked(request: HttpRequest, chosen: set[int]) -> None:
    mine = customers_for(user_of(request), Verb.EDIT).filter(pk__in=chosen)
    left = len(chosen) - bulk.change(act_of(request), mine, *_asked(request)).changed
    if left:
        told = ngettext(
            "%(left)d of those ticked had it already, or is not yours to change.",
            "%(left)d of those ticked had it already, or are not yours to change.",
            left,
        )
        messages.info(request, told % {"left": left})


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
