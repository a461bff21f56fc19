"""How somebody is reminded: the morning's letter and the calendar."""

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from keepers.crm.entrance import for_everybody, for_strangers
from keepers.crm.people.gate import user_of
from keepers.crm.work.models import Reminders
from keepers.crm.work.reminding import calendar_of, choose, new_feed, owner_of_feed


@require_http_methods(["GET", "POST"])
@for_everybody
def reminders(request: HttpRequest) -> HttpResponse:
    """Choose."""
    user = user_of(request)
    if request.method == "POST":
        choose(user, by_mail=request.POST.get("by_mail") == "1")
        messages.info(request, _("Kept."))
        return redirect("reminders")
    return render(request, "work/reminders.html", {"wish": Reminders.objects.filter(user=user).first()})


@require_POST
@for_everybody
def feed(request: HttpRequest) -> HttpResponse:
    """Make the calendar's address anew; it is shown this once."""
    user = user_of(request)
    address = request.build_absolute_uri(reverse("calendar_feed", args=[new_feed(user)]))
    wish = Reminders.objects.get(user=user)
    return render(request, "work/reminders.html", {"wish": wish, "address": address})


@for_strangers
def calendar(request: HttpRequest, token: str) -> HttpResponse:
    """The calendar, for programs that know its address."""
    user = owner_of_feed(token)
    if user is None:
        raise Http404
    written = calendar_of(user, today=timezone.localdate(), host=request.get_host(), at=timezone.now())
    return HttpResponse(written, content_type="text/calendar; charset=utf-8", headers={"Cache-Control": "private"})
