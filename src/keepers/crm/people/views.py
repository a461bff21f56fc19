"""The door: welcome by a link; and what users choose for themselves."""

from allauth.usersessions.models import UserSession
from django.contrib.auth import login
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from keepers.crm.entrance import for_everybody, for_strangers
from keepers.crm.lists.addresses import back
from keepers.crm.people import actions
from keepers.crm.people.forms import InvitedForm, WelcomeForm
from keepers.crm.people.gate import user_of
from keepers.crm.people.models import User

BACKEND = "django.contrib.auth.backends.ModelBackend"


@for_strangers
@never_cache
def welcome(request: HttpRequest, token: str) -> HttpResponse:
    """Let the first administrator in, or a visitor of the demo."""
    at = timezone.now()
    try:
        link = actions.open_link(token, at=at)
        if link.for_demo:
            return _enter(request, actions.welcome_visitor(token, at=at))
        if link.for_user is not None:
            return _welcome_invited(request, token, link.for_user)
        form = WelcomeForm(request.POST or None)
        if request.method == "POST" and form.is_valid():
            return _enter(request, actions.welcome_administrator(token, **form.cleaned_data, at=at))
    except actions.SpentLinkError as spent:
        return render(request, "people/spent_link.html", {"reason": spent}, status=410)
    return render(request, "people/welcome.html", {"form": form})


@require_POST
@for_everybody
def choose_theme(request: HttpRequest) -> HttpResponse:
    """Keep the look and show the same page again."""
    theme = request.POST.get("theme", "")
    if theme in User.Theme.values:
        actions.choose_theme(user_of(request), theme)
    return back(request)


def _welcome_invited(request: HttpRequest, token: str, invited: User) -> HttpResponse:
    form = InvitedForm(request.POST or None, initial={"name": invited.name})
    if request.method == "POST" and form.is_valid():
        return _enter(request, actions.welcome_invited(token, **form.cleaned_data, at=timezone.now()))
    return render(request, "people/welcome.html", {"form": form, "invited": invited})


def _enter(request: HttpRequest, user: User) -> HttpResponse:
    login(request, user, backend=BACKEND)
    UserSession.objects.create_from_request(request)
    return redirect("today")
