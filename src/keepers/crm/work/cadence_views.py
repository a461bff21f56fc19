"""Cadences: whom to contact how often, who is overdue, and what came of it."""

from collections.abc import Sequence

from django.contrib import messages
from django.db.models import Count, Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from keepers.crm.people.gate import needs, user_of
from keepers.crm.people.models import User
from keepers.crm.people.rights import may
from keepers.crm.people.roles import Noun, Verb
from keepers.crm.portfolio.models import CustomerValue
from keepers.crm.portfolio.queries import publication_of
from keepers.crm.portfolio.seen import whose
from keepers.crm.work.actions import keep_cadence
from keepers.crm.work.forms import CadenceForm
from keepers.crm.work.models import Cadence
from keepers.crm.work.planning import members_of, overdue, plan

SHOWN = 50


@needs(Verb.SEE, Noun.TASKS)
def cadences(request: HttpRequest) -> HttpResponse:
    """All of them."""
    is_open, is_done = Q(tasks__state="open"), Q(tasks__state="done")
    found = Cadence.objects.annotate(open=Count("tasks", filter=is_open), done=Count("tasks", filter=is_done))
    return render(request, "work/cadences.html", {"cadences": found})


@require_http_methods(["GET", "POST"])
@needs(Verb.CREATE, Noun.TASKS)
def new_cadence(request: HttpRequest) -> HttpResponse:
    """Begin one."""
    user = user_of(request)
    return _edited(request, Cadence(made_at=timezone.now(), made_by=user), people=[user])


@require_http_methods(["GET", "POST"])
@needs(Verb.EDIT, Noun.TASKS)
def edit_cadence(request: HttpRequest, pk: int) -> HttpResponse:
    """Change one."""
    return _edited(request, get_object_or_404(Cadence, pk=pk))


@needs(Verb.SEE, Noun.TASKS)
def cadence(request: HttpRequest, pk: int) -> HttpResponse:
    """Who is overdue for contact, by what they are worth."""
    user = user_of(request)
    found = get_object_or_404(Cadence, pk=pk)
    publication = publication_of(request)
    members = (
        members_of(found, publication, today=timezone.localdate()) if publication else CustomerValue.objects.none()
    )
    late = overdue(found, members, today=timezone.localdate()) if publication else members
    lines = late.filter(whose(user, "")).select_related("customer")[:SHOWN]
    context = {"cadence": found, "members": members.count(), "late": late.count(), "lines": lines}
    context["may_do"] = may(user, Verb.CREATE, Noun.TASKS)
    return render(request, "work/cadence.html", context)


@require_POST
@needs(Verb.CREATE, Noun.TASKS)
def planning(request: HttpRequest, pk: int) -> HttpResponse:
    """Make its tasks now instead of next morning."""
    done = plan(get_object_or_404(Cadence, pk=pk), today=timezone.localdate(), at=timezone.now())
    said = _("%(made)d tasks made, %(dropped)d dropped because somebody was in touch, %(waiting)d wait for room.")
    messages.info(request, said % {"made": done.made, "dropped": done.dropped, "waiting": done.waiting})
    return redirect("cadence", pk=pk)


def _edited(request: HttpRequest, found: Cadence, people: Sequence[User] = ()) -> HttpResponse:
    user = user_of(request)
    form = CadenceForm(request.POST or None, instance=found, initial={"people": people} if people else None)
    if request.method == "POST" and form.is_valid():
        form.instance.query = form.query
        chosen = form.cleaned_data["people"]
        return redirect(keep_cadence(form.instance, people=chosen, by=user, at=timezone.now()))
    return render(request, "work/edit_cadence.html", {"form": form, "cadence": found})
