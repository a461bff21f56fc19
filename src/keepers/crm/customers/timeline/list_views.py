"""The list of touches: a page of it, the whole of it as a file, and one touch beside it."""

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, render
from django.utils import timezone

from keepers.crm.customers.timeline.listed import outcome_of, touches_list
from keepers.crm.customers.timeline.queries import touches_for
from keepers.crm.lists.pages import list_file, list_page
from keepers.crm.people.audit import taken_away
from keepers.crm.people.gate import needs, user_of
from keepers.crm.people.roles import Noun, Verb


@needs(Verb.SEE, Noun.TOUCHES)
def touches(request: HttpRequest) -> HttpResponse:
    """A page of the list."""
    return list_page(request, touches_list(user_of(request)))


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
        "may_change": not touch.source and touches_for(user, Verb.EDIT).filter(pk=pk).exists(),
    }
    return render(request, "timeline/_panel.html" if is_part else "timeline/panel.html", context)
