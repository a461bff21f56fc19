"""Settings: who works here, and in which teams."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST

from keepers.core.errors import KeepersError
from keepers.crm.people import membership, teams
from keepers.crm.people.actions import INVITATION_LASTS
from keepers.crm.people.forms import InvitationForm, MemberForm, TeamForm
from keepers.crm.people.gate import needs, user_of
from keepers.crm.people.inviting import mail_invitation
from keepers.crm.people.models import Team
from keepers.crm.people.roles import Noun, Role, Verb


@needs(Verb.SEE, Noun.PEOPLE, writing=Verb.CREATE)
def members(request: HttpRequest) -> HttpResponse:
    """Everybody, and somebody new."""
    user, form = user_of(request), InvitationForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data | {"role": Role(form.cleaned_data["role"])}
        try:
            invitation = membership.invite(by=user, at=timezone.now(), **given)
        except KeepersError as wrong:
            form.add_error("email", str(wrong))
        else:
            return _invited(request, invitation)
    context = {"people": membership.people_for(user), "form": form, "tab": "people"}
    return render(request, "people/members.html", context, status=422 if form.errors else 200)


@needs(Verb.SEE, Noun.PEOPLE, writing=Verb.EDIT)
def member(request: HttpRequest, pk: int) -> HttpResponse:
    """One account."""
    user = user_of(request)
    verb = Verb.EDIT if request.method == "POST" else Verb.SEE
    found = get_object_or_404(membership.people_for(user, verb), pk=pk)
    initial = {"role": found.role, "team": found.team_id, "is_active": found.is_active}
    form = MemberForm(request.POST or None, initial=initial)
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data | {"role": Role(form.cleaned_data["role"])}
        try:
            membership.change_member(found, by=user, at=timezone.now(), **given)
        except KeepersError as wrong:
            form.add_error(None, str(wrong))
        else:
            return redirect("members")
    context = {"person": found, "form": form, "tab": "people"}
    return render(request, "people/member.html", context, status=422 if form.errors else 200)


@require_POST
@needs(Verb.EDIT, Noun.PEOPLE)
def invitation(request: HttpRequest, pk: int) -> HttpResponse:
    """A new link for somebody."""
    user = user_of(request)
    found = get_object_or_404(membership.people_for(user, Verb.EDIT), pk=pk)
    try:
        return _invited(request, membership.renew_invitation(found, by=user, at=timezone.now()))
    except KeepersError as wrong:
        messages.warning(request, str(wrong))
        return redirect("member", pk=pk)


@needs(Verb.SEE, Noun.PEOPLE, writing=Verb.EDIT)
def team_tree(request: HttpRequest) -> HttpResponse:
    """The teams, and a new one."""
    form = TeamForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            teams.make_team(**form.cleaned_data, by=user_of(request), at=timezone.now())
        except KeepersError as wrong:
            form.add_error("name", str(wrong))
        else:
            return redirect("teams")
    context = {"branches": teams.tree(), "form": form, "tab": "teams"}
    return render(request, "people/teams.html", context, status=422 if form.errors else 200)


@needs(Verb.EDIT, Noun.PEOPLE)
def team(request: HttpRequest, pk: int) -> HttpResponse:
    """Another name, another place in the tree."""
    found = get_object_or_404(Team, pk=pk)
    form = TeamForm(request.POST or None, initial={"name": found.name, "parent": found.parent_id})
    if request.method == "POST" and form.is_valid():
        try:
            teams.change_team(found, **form.cleaned_data, by=user_of(request), at=timezone.now())
        except KeepersError as wrong:
            form.add_error("parent", str(wrong))
        else:
            return redirect("teams")
    context = {"team": found, "form": form, "tab": "teams"}
    return render(request, "people/team.html", context, status=422 if form.errors else 200)


@require_POST
@needs(Verb.EDIT, Noun.PEOPLE)
def remove_team(request: HttpRequest, pk: int) -> HttpResponse:
    """Take a team away."""
    try:
        teams.remove_team(get_object_or_404(Team, pk=pk), by=user_of(request), at=timezone.now())
    except KeepersError as wrong:
        messages.warning(request, str(wrong))
    return redirect("teams")


def _invited(request: HttpRequest, invitation: membership.Invitation) -> HttpResponse:
    """The link, which is shown this once."""
    link = request.build_absolute_uri(reverse("welcome", args=[invitation.token]))
    sent = mail_invitation(invitation.user, link, by=user_of(request))
    context = {"person": invitation.user, "link": link, "days": INVITATION_LASTS.days, "tab": "people", "sent": sent}
    return render(request, "people/invited.html", context)
