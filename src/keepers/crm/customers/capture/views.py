"""For strangers: a form's own page, and what the script on a firm's site asks. No cookie is set here, ever."""

import json
from collections.abc import Callable
from functools import wraps
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.cache import patch_vary_headers
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from keepers.core.errors import KeepersError
from keepers.crm.customers.capture import actions, guarding, visiting
from keepers.crm.customers.capture.fields import AnswerForm
from keepers.crm.customers.capture.guarding import ForeignSiteError, OldFormError, TooOftenError
from keepers.crm.customers.capture.models import Visitor, WebForm
from keepers.crm.customers.queries import firm
from keepers.crm.entrance import for_strangers

MOST_BYTES = 4_000  # of what the script sends of a page
LONGEST_KEY = 40
STATUS: dict[type[KeepersError], int] = {ForeignSiteError: 403, TooOftenError: 429}
View = Callable[[HttpRequest, WebForm], HttpResponse]


def _for_sites(view: View) -> Callable[..., HttpResponse]:
    """For our own pages and the sites that the form names; what is wrong is said as JSON that the site may read."""

    @wraps(view)
    def answered(request: HttpRequest, key: str) -> HttpResponse:
        form = _form(key)
        try:
            site = guarding.check_site(request, form)
        except ForeignSiteError as foreign:
            return JsonResponse({"error": str(foreign)}, status=403)
        try:
            answer = HttpResponse(status=204) if request.method == "OPTIONS" else view(request, form)
        except KeepersError as wrong:
            answer = JsonResponse({"error": str(wrong)}, status=STATUS.get(type(wrong), 422))
        if site:
            answer["Access-Control-Allow-Origin"] = site
            answer["Access-Control-Allow-Methods"] = "GET, POST"
        patch_vary_headers(answer, ["Origin"])
        return answer

    return answered


@csrf_exempt
@require_http_methods(["GET", "POST"])
@for_strangers
@never_cache
def page(request: HttpRequest, key: str) -> HttpResponse:
    """The form's own page; a site's form that was sent without the script comes here too and is asked once more."""
    of = _form(key)
    if request.method == "GET":
        return _shown(request, of, AnswerForm(of))
    form, at, status = AnswerForm(of, request.POST), timezone.now(), 422
    try:
        guarding.check_site(request, of)
        guarding.count(request, of, "answers", at=at)
        if form.is_valid() and _taken(request, of, form):
            return redirect("web_form_thanks", of.key)
    except OldFormError as old:
        form.add_error(None, str(old))
    except KeepersError as wrong:
        form.add_error(None, str(wrong))
        status = STATUS.get(type(wrong), 422)
    return _shown(request, of, form, status=status)


@for_strangers
def thanks(request: HttpRequest, key: str) -> HttpResponse:
    """It was taken."""
    form = _form(key)
    context = {"title": form.title, "thanks": _thanks(form), "firm": firm()}
    return render(request, "capture/thanks.html", context)


@csrf_exempt
@require_http_methods(["GET", "OPTIONS"])
@for_strangers
@never_cache
@_for_sites
def token(request: HttpRequest, form: WebForm) -> HttpResponse:
    """What a form carries to show that it was opened."""
    guarding.count(request, form, "visits", at=timezone.now())
    return JsonResponse({"token": guarding.new_token(form)})


@csrf_exempt
@require_http_methods(["POST", "OPTIONS"])
@for_strangers
@_for_sites
def answers(request: HttpRequest, form: WebForm) -> HttpResponse:
    """What somebody filled in on the site."""
    guarding.count(request, form, "answers", at=timezone.now())
    answer = AnswerForm(form, request.POST)
    if not answer.is_valid():
        return JsonResponse({"errors": answer.errors.get_json_data()}, status=422)
    _taken(request, form, answer)
    return JsonResponse({"thanks": _thanks(form)})


@csrf_exempt
@require_http_methods(["POST", "OPTIONS"])
@for_strangers
@_for_sites
def visits(request: HttpRequest, form: WebForm) -> HttpResponse:
    """A page that a visitor saw who agreed to be known again, or who the site says that they are."""
    at, told = timezone.now(), _told(request)
    guarding.count(request, form, "visits", at=at)
    key = str(told.get("visitor", ""))[:LONGEST_KEY]
    if not key:
        return HttpResponse(status=204)
    visit = visiting.see(form, key, page=str(told.get("page", "")), title=str(told.get("title", "")), at=at)
    _identify(form, visit.visitor, told)
    return HttpResponse(status=204)


def _taken(request: HttpRequest, of: WebForm, form: AnswerForm) -> bool:
    """Whether it was taken, or looks so to a program that fills what nobody sees."""
    if request.POST.get(guarding.HONEYPOT):
        return True
    nonce = guarding.nonce_of(of, request.POST.get("token", ""))
    where = visiting.page_without_query(request.POST.get("page", "")) or request.build_absolute_uri(request.path)
    visitor = request.POST.get("visitor", "")[:LONGEST_KEY]
    here, at = request.build_absolute_uri("/"), timezone.now()
    actions.take(of, form.answer, words=form.in_words, token=nonce, page=where, visitor=visitor, here=here, at=at)
    return True


def _thanks(form: WebForm) -> str:
    """The same for all who sent it: nobody learns by it who is known."""
    if not form.confirms:
        return form.thanks
    more = _(
        "If you ticked that we may write to you, a letter with a link comes by e-mail: it counts once you confirm it."
    )
    return f"{form.thanks} {more}"


def _identify(form: WebForm, visitor: Visitor, told: dict[str, Any]) -> None:
    """A visitor who is signed in at the site, which shows by its signature that they are who they are said to be."""
    email, signature = told.get("email"), told.get("signature")
    if not isinstance(email, str) or not isinstance(signature, str):
        return
    if guarding.is_signed(form, email, signature) and (known := actions.customer_reached_by(email, "")) is not None:
        visiting.bind(visitor, known)


def _told(request: HttpRequest) -> dict[str, Any]:
    if len(request.body) > MOST_BYTES:
        return {}
    try:
        told = json.loads(request.body or b"{}")
    except ValueError:
        return {}
    return {name: value for name, value in told.items() if "\x00" not in str(value)} if isinstance(told, dict) else {}


def _shown(request: HttpRequest, of: WebForm, form: AnswerForm, *, status: int = 200) -> HttpResponse:
    context = {"of": of, "form": form, "token": guarding.new_token(of), "firm": firm()}
    return render(request, "capture/page.html", context, status=status)


def _form(key: str) -> WebForm:
    form = get_object_or_404(WebForm.objects.select_related("owner__team"), key=key)
    if not form.is_active:
        raise Http404(key)
    return form
