"""Somebody's own account: name and look, where they are signed in, and the keys of their programs."""

from datetime import timedelta

from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from keepers.core.errors import KeepersError
from keepers.crm.entrance import for_everybody
from keepers.crm.people import actions, tokens
from keepers.crm.people.forms import AccountForm, TokenForm
from keepers.crm.people.gate import user_of
from keepers.crm.people.models import ApiToken
from keepers.crm.people.roles import Role
from keepers.crm.people.sign_in.browsers import in_words


@for_everybody
def account(request: HttpRequest) -> HttpResponse:
    """Name, look, and the ways to the rest."""
    user = user_of(request)
    form = AccountForm(request.POST or None, initial={"name": user.name, "theme": user.theme})
    if request.method == "POST" and form.is_valid():
        actions.call_oneself(user, form.cleaned_data["name"], at=timezone.now())
        actions.choose_theme(user, form.cleaned_data["theme"])
        return redirect("account")
    context = {
        "form": form,
        "has_second_step": Authenticator.objects.filter(user=user).exists(),
        "sessions": UserSession.objects.filter(user=user).count(),
        "tokens": user.tokens.filter(ended_at=None).count(),
    }
    return render(request, "people/account.html", context)


@for_everybody
def sessions(request: HttpRequest) -> HttpResponse:
    """Where somebody is signed in."""
    user = user_of(request)
    kept = [each for each in UserSession.objects.filter(user=user).order_by("-last_seen_at") if not each.purge()]
    here = request.session.session_key
    shown = [(each, in_words(each.user_agent), each.session_key == here) for each in kept]
    return render(request, "people/sessions.html", {"sessions": shown})


@require_POST
@for_everybody
def end_session(request: HttpRequest, pk: int) -> HttpResponse:
    """Sign out there."""
    user = user_of(request)
    there = UserSession.objects.filter(pk=pk, user=user)
    get_object_or_404(there)
    actions.end_sessions(user, there, at=timezone.now())
    return redirect("sessions")


@require_POST
@for_everybody
def end_other_sessions(request: HttpRequest) -> HttpResponse:
    """Sign out everywhere but here."""
    user = user_of(request)
    others = UserSession.objects.filter(user=user).exclude(session_key=request.session.session_key)
    actions.end_sessions(user, others, at=timezone.now())
    return redirect("sessions")


@never_cache
@for_everybody
def api_tokens(request: HttpRequest) -> HttpResponse:
    """The keys, and a new one, whose text is shown this once."""
    user = user_of(request)
    form, made = TokenForm(user, request.POST or None), None
    if request.method == "POST" and form.is_valid():
        at, given = timezone.now(), form.cleaned_data
        lasts = timedelta(days=int(given["lasts"])) if given["lasts"] else None
        try:
            made = tokens.make_token(
                user,
                at=at,
                name=given["name"],
                role=Role(given["role"]),
                nouns=given["nouns"],
                verbs=given["verbs"],
                expires_at=None if lasts is None else at + lasts,
            )
        except KeepersError as wrong:
            form.add_error("name", str(wrong))
        else:
            form = TokenForm(user)
    context = {"tokens": user.tokens.all(), "form": form, "made": made}
    return render(request, "people/tokens.html", context, status=422 if form.errors else 200)


@require_POST
@for_everybody
def end_token(request: HttpRequest, pk: int) -> HttpResponse:
    """Let one open nothing any more."""
    user = user_of(request)
    tokens.end_token(get_object_or_404(ApiToken, pk=pk, user=user), by=user, at=timezone.now())
    return redirect("api_tokens")
