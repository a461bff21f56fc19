"""For strangers: the pages behind the link in a letter. Opening one changes nothing: mail programs do so too."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_POST

from keepers.crm.customers.capture import confirming, guarding
from keepers.crm.customers.capture.confirming import NoLinkError, OldLinkError
from keepers.crm.customers.capture.guarding import TooOftenError
from keepers.crm.customers.queries import firm
from keepers.crm.entrance import for_strangers

STATUS = {NoLinkError: 404, OldLinkError: 410, TooOftenError: 429}


@csrf_exempt  # the link itself is the secret, and no cookie is set
@require_http_methods(["GET", "POST"])
@for_strangers
@never_cache
def confirmation(request: HttpRequest, token: str) -> HttpResponse:
    """What is to be confirmed, or was."""
    try:
        if request.method == "POST":
            confirming.confirm(token, sender=guarding.sender_of(request), at=timezone.now())
            return redirect("web_form_confirmation", token)
        asked = confirming.asked_by(token)
    except (NoLinkError, OldLinkError) as wrong:
        return _refused(request, token, wrong)
    return render(request, "capture/confirmation.html", {"asked": asked, "token": token, "firm": firm()})


@csrf_exempt
@require_POST
@for_strangers
@never_cache
def letters(request: HttpRequest, token: str) -> HttpResponse:
    """Another letter to the same address."""
    try:
        confirming.send_again(token, here=request.build_absolute_uri("/"), at=timezone.now())
    except (NoLinkError, TooOftenError) as wrong:
        return _refused(request, token, wrong)
    return render(request, "capture/confirmation.html", {"is_sent": True, "firm": firm()})


def _refused(request: HttpRequest, token: str, wrong: NoLinkError | OldLinkError | TooOftenError) -> HttpResponse:
    context = {"problem": str(wrong), "again": token if isinstance(wrong, OldLinkError) else "", "firm": firm()}
    return render(request, "capture/confirmation.html", context, status=STATUS[type(wrong)])
