"""Saying yes, no or later to lines of the plan."""

from datetime import date

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from keepers.core.errors import KeepersError
from keepers.crm.approvals import choosing
from keepers.crm.approvals.models import Choice
from keepers.crm.customers.queries import belonging_to
from keepers.crm.lists.addresses import back, number_in
from keepers.crm.people.gate import needs, user_of
from keepers.crm.people.roles import Noun, Verb
from keepers.crm.portfolio.plan.queries import lines_seen
from keepers.crm.portfolio.queries import publication_shown


@require_POST
@needs(Verb.EDIT, Noun.CUSTOMERS)
def choices(request: HttpRequest) -> HttpResponse:
    """Accept, dismiss or snooze the lines of the customers that are ticked."""
    user, publication = user_of(request), publication_shown(request, request.POST.get("run", ""))
    kind = request.POST.get("kind", "")
    if publication is None or publication.plan is None or kind not in Choice.Kind.values:
        raise Http404(kind)
    chosen = {pk for pk in map(number_in, request.POST.getlist("chosen")) if pk is not None}
    found = lines_seen(user, publication.plan, decision="", action="", verb=Verb.EDIT).filter(customer__in=chosen)
    lines = list(found.select_related("customer__owner", "plan__publication"))
    if not lines:
        messages.warning(request, _("Tick at least one customer first."))
        return back(request)
    try:
        made = choosing.choose(
            lines,
            Choice.Kind(kind),
            by=user,
            at=timezone.now(),
            today=timezone.localdate(),
            reason=request.POST.get("reason", "")[:255],
            until=_day(request.POST.get("until", "")),
        )
    except KeepersError as wrong:
        messages.warning(request, str(wrong))
        return back(request)
    told = ngettext("%(count)d line %(kind)s.", "%(count)d lines %(kind)s.", len(made))
    messages.info(request, told % {"count": len(made), "kind": Choice.Kind(kind).label})
    if left := len(chosen) - len(made):
        why = _("%(left)d left as they are: said already, held out by lot, nothing to do, or not yours to change.")
        messages.info(request, why % {"left": left})
    return back(request)


@require_POST
@needs(Verb.EDIT, Noun.CUSTOMERS)
def undoing(request: HttpRequest, pk: int) -> HttpResponse:
    """Take back what was said of a line."""
    mine = belonging_to(user_of(request), Verb.EDIT, Choice.objects.select_related("customer", "task"))
    try:
        choosing.take_back(get_object_or_404(mine, pk=pk), by=user_of(request), at=timezone.now())
    except KeepersError as wrong:
        messages.warning(request, str(wrong))
    return back(request)


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None
