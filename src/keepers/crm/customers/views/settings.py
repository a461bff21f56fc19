"""Settings of customers: custom fields, what this firm is, and when it asks for consent."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from keepers.core.errors import KeepersError
from keepers.crm.customers.actions import consents, fields, firms
from keepers.crm.customers.agreeing import asked_first
from keepers.crm.customers.asking import act_of, ask
from keepers.crm.customers.forms import ConsentRulesForm, CustomFieldForm, FirmForm
from keepers.crm.customers.models import CustomField
from keepers.crm.customers.queries import custom_fields, firm
from keepers.crm.customers.views.computed import formula, roll_up
from keepers.crm.people.gate import needs, user_of
from keepers.crm.people.rights import may
from keepers.crm.people.roles import Noun, Verb


@needs(Verb.SEE, Noun.SETTINGS, writing=Verb.EDIT)
def custom(request: HttpRequest) -> HttpResponse:
    """The custom fields, and a new one."""
    user = user_of(request)
    form = CustomFieldForm(request.POST or None)
    if request.method == "POST" and form.is_valid() and _defined(request, form):
        return redirect("custom_fields")
    removed = CustomField.objects.filter(noun=fields.NOUN).exclude(removed_at=None)
    context = {"fields": custom_fields(), "removed": removed, "form": form}
    context["may_change"] = may(user, Verb.EDIT, Noun.SETTINGS)
    return render(request, "customers/custom_fields.html", context, status=422 if form.errors else 200)


@needs(Verb.EDIT, Noun.SETTINGS)
def custom_field(request: HttpRequest, key: str) -> HttpResponse:
    """Change one."""
    field = _field(key)
    if field.is_computed:
        return formula(request, field) if field.kind == CustomField.Kind.FORMULA else roll_up(request, field)
    begun = {"label": field.label, "choices": "\n".join(field.choices), "is_required": field.is_required}
    form = CustomFieldForm(request.POST or None, initial=begun)
    del form.fields["kind"]
    if not field.choices:
        del form.fields["choices"]
    if request.method == "POST" and form.is_valid() and _changed(request, field, form):
        return redirect("custom_fields")
    title = _("The field %(label)s") % {"label": field.label}
    status = 422 if form.errors else 200
    return ask(request, title=title, form=form, verb=_("Save"), back=reverse("custom_fields"), status=status)


@require_POST
@needs(Verb.EDIT, Noun.SETTINGS)
def move_custom_field(request: HttpRequest, key: str) -> HttpResponse:
    """One place up."""
    keys = [field.key for field in custom_fields()]
    place = keys.index(_field(key).key)
    if place:
        keys[place - 1], keys[place] = keys[place], keys[place - 1]
        fields.put_in_order(act_of(request), keys)
    return redirect("custom_fields")


@require_POST
@needs(Verb.EDIT, Noun.SETTINGS)
def remove_custom_field(request: HttpRequest, key: str) -> HttpResponse:
    """Show it nowhere any more."""
    field = _field(key)
    try:
        fields.remove(act_of(request), field)
    except KeepersError as wrong:
        messages.warning(request, str(wrong))
    else:
        messages.info(request, _('"%(label)s" is shown no more. What it held stays and can come back.') % vars(field))
    return redirect("custom_fields")


@require_POST
@needs(Verb.EDIT, Noun.SETTINGS)
def bring_custom_field_back(request: HttpRequest, key: str) -> HttpResponse:
    """Show one again that was removed."""
    field = get_object_or_404(CustomField, noun=fields.NOUN, key=key, removed_at__isnull=False)
    try:
        fields.bring_back(act_of(request), field)
    except KeepersError as wrong:
        messages.warning(request, str(wrong))
    return redirect("custom_fields")


@needs(Verb.EDIT, Noun.SETTINGS)
def the_firm(request: HttpRequest) -> HttpResponse:
    """What this firm is."""
    known = firm()
    form = FirmForm(request.POST or None, initial={"name": known.name, "country": known.country})
    if request.method == "POST" and form.is_valid():
        firms.describe(act_of(request), **form.cleaned_data)
        messages.info(request, _("Saved."))
        return redirect("firm")
    back = reverse("assumptions")
    return ask(request, title=_("The firm"), form=form, verb=_("Save"), back=back, tab="firm")


@needs(Verb.SEE, Noun.SETTINGS, writing=Verb.EDIT)
def consent_rules(request: HttpRequest) -> HttpResponse:
    """For which channels and purposes this firm asks before it writes or calls."""
    form = ConsentRulesForm(request.POST or None, asked_first=asked_first())
    if request.method == "POST" and form.is_valid():
        consents.set_rules(act_of(request), form.asked_first())
        messages.info(request, _("Saved. The next plan goes by it, and lists do from now on."))
        return redirect("consent_rules")
    context = {"form": form, "may_change": may(user_of(request), Verb.EDIT, Noun.SETTINGS)}
    return render(request, "customers/consent_rules.html", context, status=422 if form.errors else 200)


def _field(key: str) -> CustomField:
    return get_object_or_404(CustomField, noun=fields.NOUN, key=key, removed_at=None)


def _defined(request: HttpRequest, form: CustomFieldForm) -> bool:
    try:
        fields.define(act_of(request), **form.cleaned_data)
    except KeepersError as wrong:
        form.add_error("label", str(wrong))
        return False
    return True


def _changed(request: HttpRequest, field: CustomField, form: CustomFieldForm) -> bool:
    try:
        fields.redefine(act_of(request), field, **({"choices": field.choices} | form.cleaned_data))
    except KeepersError as wrong:
        form.add_error("label", str(wrong))
        return False
    return True
