"""The list of touches: a page of it, the whole of it as a file, one touch beside it, and changes from it."""

from functools import partial
from typing import Any

from django import forms
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST

from keepers.crm.customers.timeline import actions, many
from keepers.crm.customers.timeline.listed import matching, outcome_of, touches_list
from keepers.crm.customers.timeline.models import Touch, TouchEdit
from keepers.crm.customers.timeline.queries import touches_for
from keepers.crm.lists.changing import Cell, asked_of_many, cell_form, cell_told, done_and_back, ticked
from keepers.crm.lists.pages import list_file, list_page
from keepers.crm.people.audit import taken_away
from keepers.crm.people.gate import needs, user_of
from keepers.crm.people.models import User
from keepers.crm.people.roles import Noun, Verb


@needs(Verb.SEE, Noun.TOUCHES)
def touches(request: HttpRequest) -> HttpResponse:
    """A page of the list."""
    user = user_of(request)

    def bar(shown: Any) -> dict[str, Any]:
        mine = many.told_here(touches_for(user, Verb.EDIT)).filter(pk__in=shown)
        editable = frozenset(mine.values_list("pk", flat=True))
        form = ManyForm(auto_id="bulk-%s") if editable else None
        return {"editable": editable, "last_bulk": TouchEdit.offered_to(user), "bulk_form": form}

    return list_page(request, touches_list(user), bar=bar)


@needs(Verb.EXPORT, Noun.TOUCHES)
def touches_file(request: HttpRequest, ending: str) -> HttpResponseBase:
    """The whole list as it is seen: its filters, order and columns."""
    user = user_of(request)

    def taken(name: str) -> None:
        taken_away(user, Noun.TOUCHES, at=timezone.now(), what=name)

    return list_file(request, touches_list(user), ending, taken=taken)


@needs(Verb.SEE, Noun.TOUCHES)
def panel(request: HttpRequest, pk: int) -> HttpResponse:
    """One touch in short, beside the list."""
    user, is_part = user_of(request), "hx-request" in request.headers
    touch = get_object_or_404(touches_for(user, Verb.SEE).select_related("customer", "actor"), pk=pk)
    context = {
        "touch": touch,
        "outcome": outcome_of(touch),
        "is_part": is_part,
        "may_change": _may_change(user, touch),
    }
    return render(request, "timeline/_panel.html" if is_part else "timeline/panel.html", context)


@require_http_methods(["GET", "POST"])
@needs(Verb.EDIT, Noun.TOUCHES)
def change(request: HttpRequest, pk: int, name: str) -> HttpResponse:
    """One property of a touch, its outcome: the form in its cell, and what it says afterwards."""
    if name != many.OUTCOME:
        raise Http404(name)
    user = user_of(request)
    mine = many.told_here(touches_for(user, Verb.EDIT)).select_related("customer", "actor")
    touch = get_object_or_404(mine, pk=pk)
    form = OutcomeForm(request.POST or None, initial={"value": touch.outcome}, auto_id="outcome-%s")

    def write(value: str) -> None:
        actions.edit_touch(touch, by=user, at=timezone.now(), changes={many.OUTCOME: value})

    return cell_form(request, form, _cell(touch), write=write, tell=partial(_told, request, touch))


@needs(Verb.SEE, Noun.TOUCHES)
def tell(request: HttpRequest, pk: int) -> HttpResponse:
    """What came of it: for whoever lets its form be."""
    return _told(request, get_object_or_404(touches_for(user_of(request), Verb.SEE), pk=pk))


@require_POST
@needs(Verb.EDIT, Noun.TOUCHES)
def change_many(request: HttpRequest) -> HttpResponse:
    """Write what was chosen for the touches that are ticked, or for all that the list finds."""
    user = user_of(request)

    def write() -> str:
        field, value = asked_of_many(request, ManyForm(request.POST))
        edit = many.change(_meant(request, user, many.VERBS[field]), field, value, by=user, at=timezone.now())
        return "" if edit.changed else _("Nothing was to be changed: they have it already, or are not yours to change.")

    return done_and_back(request, write)


@require_POST
@needs(Verb.EDIT, Noun.TOUCHES)
def undo_many(request: HttpRequest, pk: int) -> HttpResponse:
    """Give each touch back what it had before."""
    user = user_of(request)
    edit = get_object_or_404(TouchEdit, pk=pk, by=user)
    return done_and_back(request, lambda: many.undo(edit, by=user, at=timezone.now()).told_back)


class ManyForm(forms.Form):
    """A field each, called by its name."""

    outcome = forms.ChoiceField(
        label=gettext_lazy("Outcome"), choices=[("", "–"), *Touch.Outcome.choices], required=False
    )
    removal = forms.ChoiceField(
        label=gettext_lazy("Take off the timeline"),
        choices=[("", "–"), ("yes", gettext_lazy("yes, they were told by mistake"))],
        required=False,
    )

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        for field in self.fields.values():
            field.widget.attrs.setdefault("class", "input")


class OutcomeForm(forms.Form):
    """What came of one touch."""

    value = forms.ChoiceField(
        label=gettext_lazy("Outcome"),
        choices=[("", "–"), *Touch.Outcome.choices],
        required=False,
        widget=forms.Select(attrs={"class": "input"}),
    )


def _may_change(user: User, touch: Touch) -> bool:
    return many.told_here(touches_for(user, Verb.EDIT)).filter(pk=touch.pk).exists()


def _cell(touch: Touch) -> Cell:
    return Cell(
        words=str(touch),
        label=_("Outcome"),
        was=touch.outcome,
        now=outcome_of(touch),
        address=reverse("touch_property", args=[touch.pk, many.OUTCOME]),
        text_address=reverse("touch_property_text", args=[touch.pk]),
        home=reverse("all_touches"),
        guide="customers",
    )


def _told(request: HttpRequest, touch: Touch) -> HttpResponse:
    return cell_told(request, _cell(touch), outcome_of(touch), may_change=_may_change(user_of(request), touch))


def _meant(request: HttpRequest, user: User, verb: Verb) -> QuerySet[Touch]:
    """Those that are ticked, or all that the list finds, of those to which this user may do it."""
    if "everything" in request.POST:
        return matching(user, request.POST.get("next", "").partition("?")[2], verb)
    return touches_for(user, verb).filter(pk__in=ticked(request, _("Tick at least one touch first.")))
