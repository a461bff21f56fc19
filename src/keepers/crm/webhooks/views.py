"""Settings › Webhooks: which programs are told of what, how their tellings fare, and telling again."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST

from keepers.crm.people.gate import needs, user_of
from keepers.crm.people.roles import Noun, Verb
from keepers.crm.webhooks import actions
from keepers.crm.webhooks.forms import ReplayForm, WebhookForm
from keepers.crm.webhooks.models import Delivery, Subscription
from keepers.crm.webhooks.queries import subscriptions_for, with_counts
from keepers.crm.webhooks.signing import secret_of

SHOWN = 50


@require_http_methods(["GET", "POST"])
@needs(Verb.EDIT, Noun.SETTINGS)
def webhooks(request: HttpRequest) -> HttpResponse:
    """All of them, and a new one."""
    form = WebhookForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        return redirect(actions.subscribe(**form.cleaned_data, by=user_of(request), at=timezone.now()))
    found = with_counts(subscriptions_for(user_of(request)))
    context = {"webhooks": found, "form": form, "tab": "webhooks"}
    return render(request, "webhooks/webhooks.html", context, status=422 if form.errors else 200)


@require_http_methods(["GET", "POST"])
@needs(Verb.EDIT, Noun.SETTINGS)
def webhook(request: HttpRequest, pk: int) -> HttpResponse:
    """One: its secret, what it is told, and its latest tellings."""
    found = _found(request, pk)
    form = WebhookForm(request.POST or None, of=found)
    if request.method == "POST" and form.is_valid():
        actions.change(found, form.cleaned_data, by=user_of(request), at=timezone.now())
        return redirect(found)
    state = request.GET.get("state", "")
    deliveries = found.deliveries.filter(state=state) if state in Delivery.State.values else found.deliveries.all()
    context = {
        "webhook": with_counts(Subscription.objects.filter(pk=pk)).get(),
        "secret": secret_of(found),
        "both_sign": found.old_secret_until is not None and found.old_secret_until > timezone.now(),
        "deliveries": deliveries[:SHOWN],
        "states": Delivery.State.choices,
        "state": state,
        "form": form,
        "replay": ReplayForm(),
        "tab": "webhooks",
    }
    return render(request, "webhooks/webhook.html", context, status=422 if form.errors else 200)


@require_POST
@needs(Verb.EDIT, Noun.SETTINGS)
def trial(request: HttpRequest, pk: int) -> HttpResponse:
    """Send it something that says nothing."""
    found = _found(request, pk)
    actions.try_out(found, at=timezone.now())
    messages.info(request, _("A trial is on its way; it stands below with what came of it."))
    return redirect(found)


@require_POST
@needs(Verb.EDIT, Noun.SETTINGS)
def secret(request: HttpRequest, pk: int) -> HttpResponse:
    """Give it a new secret."""
    found = _found(request, pk)
    actions.rotate(found, by=user_of(request), at=timezone.now())
    messages.info(request, _("This is its new secret. For a day the old one signs too."))
    return redirect(found)


@require_POST
@needs(Verb.EDIT, Noun.SETTINGS)
def removal(request: HttpRequest, pk: int) -> HttpResponse:
    """Tell it nothing more."""
    actions.remove(_found(request, pk), by=user_of(request), at=timezone.now())
    messages.info(request, _("It is told nothing more."))
    return redirect("webhooks")


@require_POST
@needs(Verb.EDIT, Noun.SETTINGS)
def replay(request: HttpRequest, pk: int) -> HttpResponse:
    """Tell again: one telling, all that were given up on, or everything since a moment."""
    found = _found(request, pk)
    chosen = found.deliveries.filter(state=Delivery.State.DEAD)
    if number := request.POST.get("delivery", ""):
        chosen = found.deliveries.filter(pk=number if number.isdigit() else 0)
    elif "since" in request.POST:
        form = ReplayForm(request.POST)
        if not form.is_valid():
            messages.warning(request, _("Choose a day and a time."))
            return redirect(found)
        chosen = found.deliveries.filter(made_at__gte=form.cleaned_data["since"])
    again = actions.send_again(found, chosen, by=user_of(request), at=timezone.now())
    messages.info(
        request, ngettext("%(n)d telling goes out again.", "%(n)d tellings go out again.", again) % {"n": again}
    )
    return redirect(found)


def _found(request: HttpRequest, pk: int) -> Subscription:
    return get_object_or_404(subscriptions_for(user_of(request)), pk=pk)
