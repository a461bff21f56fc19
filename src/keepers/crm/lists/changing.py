"""Rows that are changed from their list: a property in its cell, and what is written for many, with its undoing."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from keepers.core.errors import KeepersError
from keepers.crm.lists.addresses import back, number_in
from keepers.crm.lists.columns import Text


class NothingAskedError(KeepersError):
    """A form does not say what is to be written, or for which rows."""


@dataclass(frozen=True, slots=True)
class Cell:
    """A property of one row.

    words: what the row is called
    label: what the property is called
    was: what it holds, as its form sends it
    now: the same in words
    address: of its form
    text_address: of what it says
    home: of the list
    guide: the chapter that tells of it
    """

    words: str
    label: Text
    was: str
    now: str
    address: str
    text_address: str
    home: str
    guide: str


def cell_form(
    request: HttpRequest,
    form: forms.Form,
    cell: Cell,
    *,
    write: Callable[[Any], object],
    tell: Callable[[], HttpResponse],
) -> HttpResponse:
    """The form of a cell, and what the cell says once it is written; who comes too late is told what it says by now.

    Args:
        request: asks for the form, or sends it.
        form: its field is called `value`.
        cell: as it is before.
        write: keeps what was sent.
        tell: what the cell says afterwards.
    """
    is_part = "hx-request" in request.headers
    if request.method == "POST" and form.is_valid():
        if request.POST.get("was", cell.was) == cell.was:
            write(form.cleaned_data["value"])
            return tell() if is_part else back(request)
        now = {"now": cell.now}
        form.add_error("value", _("Somebody changed this meanwhile: “%(now)s”. Save again to write yours.") % now)
    context = {"cell": cell, "form": form, "next": request.GET.get("next", cell.home)}
    context |= {"was": cell.was, "label": cell.label, "address": cell.address}
    context |= {"text_address": cell.text_address, "home": cell.home}
    wrong = request.method == "POST" and not is_part
    template = "lists/_property_form.html" if is_part else "lists/property.html"
    return render(request, template, context, status=422 if wrong else 200)


def cell_told(request: HttpRequest, cell: Cell, value: Any, *, may_change: bool, is_day: bool = False) -> HttpResponse:
    """What a cell says, and the way to its form for who may change it."""
    context = {"cell": cell, "value": value, "may_change": may_change, "is_day": is_day}
    return render(request, "lists/_property.html", context)


def asked_of_many(request: HttpRequest, form: forms.Form) -> tuple[str, Any]:
    """The field that is to be written for many rows, and what they are to have.

    Raises:
        NothingAskedError: it is no field of the form, or has no value.
    """
    field = request.POST.get("field", "")
    if field not in form.fields:
        raise NothingAskedError(_("Choose what is to be changed."))
    form.is_valid()
    value = form.cleaned_data.get(field)
    if not value:
        raise NothingAskedError(" ".join(map(str, form.errors.get(field, [_("Say what they are to have.")]))))
    return field, value


def ticked(request: HttpRequest, nobody: str) -> list[int]:
    """Keys of the rows that are ticked.

    Raises:
        NothingAskedError: none is; `nobody` says so.
    """
    chosen = [pk for text in request.POST.getlist("chosen") if (pk := number_in(text)) is not None]
    if not chosen:
        raise NothingAskedError(nobody)
    return chosen


def done_and_back(request: HttpRequest, do: Callable[[], str]) -> HttpResponse:
    """Do it, say what there is to say of it, and go back to the list."""
    try:
        if told := do():
            messages.info(request, told)
    except KeepersError as wrong:
        messages.warning(request, str(wrong))
    return back(request)
