"""Settings › Web forms: what the firm's site asks, and the lines that put it there."""

from django.db.models import Count, Max, Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.templatetags.static import static
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from keepers.crm.customers.capture import actions
from keepers.crm.customers.capture.fields import AGREED, AnswerForm
from keepers.crm.customers.capture.forms import WebFormForm
from keepers.crm.customers.capture.guarding import HONEYPOT, secret_of
from keepers.crm.customers.capture.models import WebForm
from keepers.crm.people.gate import needs, user_of
from keepers.crm.people.roles import Noun, Verb

SCRIPT = "keepers/js/site.js"


@require_http_methods(["GET", "POST"])
@needs(Verb.EDIT, Noun.SETTINGS)
def web_forms(request: HttpRequest) -> HttpResponse:
    """All of them, and a new one."""
    form = WebFormForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        return redirect(actions.keep_form(None, form.cleaned_data, by=user_of(request), at=timezone.now()))
    is_new = Q(submissions__is_new=True)
    found = WebForm.objects.annotate(
        sent=Count("submissions"), prospects=Count("submissions", filter=is_new), last_at=Max("submissions__at")
    )
    context = {"forms": found, "form": form, "tab": "web_forms"}
    return render(request, "capture/web_forms.html", context, status=422 if form.errors else 200)


@require_http_methods(["GET", "POST"])
@needs(Verb.EDIT, Noun.SETTINGS)
def web_form(request: HttpRequest, pk: int) -> HttpResponse:
    """One: what it asks, and how it comes onto the site."""
    found = get_object_or_404(WebForm, pk=pk)
    form = WebFormForm(request.POST or None, instance=found)
    if request.method == "POST" and form.is_valid():
        return redirect(actions.keep_form(found, form.cleaned_data, by=user_of(request), at=timezone.now()))
    own_page = request.build_absolute_uri(reverse("web_form_page", args=[found.key]))
    context = {
        "web_form": found,
        "form": form,
        "own_page": own_page,
        "snippet": _snippet(request, found, own_page),
        "secret": secret_of(found),
        "tab": "web_forms",
    }
    return render(request, "capture/web_form.html", context, status=422 if form.errors else 200)


def _snippet(request: HttpRequest, of: WebForm, action: str) -> SafeString:
    """The form as a site has it; its script asks for a token and sends it without leaving the page."""
    form = AnswerForm(of)
    rows = format_html_join(
        "\n",
        "  <p><label>{} {}</label></p>",
        ((field.label, field) for field in form if field.name != AGREED),
    )
    agreed = format_html("\n  <p><label>{} {}</label></p>", form[AGREED], of.consent_text) if of.consent_text else ""
    unseen = '\n  <p style="position:absolute;left:-99rem" aria-hidden="true">{}</p>'
    trap = format_html(unseen, format_html('<input name="{}" tabindex="-1" autocomplete="off">', HONEYPOT))
    script = request.build_absolute_uri(static(SCRIPT))
    return format_html(
        '<form data-keepers action="{}" method="post">\n{}{}{}\n  <button>{}</button>\n</form>\n'
        '<script src="{}" data-form="{}" defer></script>',
        action, rows, agreed, trap, _("Send"), script, of.key,
    )  # fmt: skip
