"""Formulas and roll-ups, as people define them."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _

from keepers.core.errors import KeepersError
from keepers.crm.customers.actions import fields
from keepers.crm.customers.asking import act_of
from keepers.crm.customers.computed.functions import FUNCTIONS
from keepers.crm.customers.computed.known import OWN
from keepers.crm.customers.computed.sources import RollUpError, Source, source_named, sources
from keepers.crm.customers.computed.trying import Tried, tried
from keepers.crm.customers.computed_forms import FormulaForm, RollUpForm
from keepers.crm.customers.models import CustomField
from keepers.crm.customers.queries import custom_fields
from keepers.crm.people.gate import needs, user_of
from keepers.crm.people.roles import Noun, Verb

Kind = CustomField.Kind
EXAMPLES = (
    'if(created_at < date(2026, 1, 1), "known", "new")',
    "acquisition_cost × 1.2",
    "today() - acquired_on",
    'name & ", " & city',
)
SIGNS = "+ − × ÷ = ≠ < ≤ > ≥ & and or not"


@needs(Verb.EDIT, Noun.SETTINGS)
def formula(request: HttpRequest, field: CustomField | None = None) -> HttpResponse:
    """A new formula, or another for a field that has one; it can be tried before it is kept."""
    form = FormulaForm(request.POST or None, field)
    shown: Tried | None = None
    if request.method == "POST" and form.is_valid():
        try:
            if "try" not in request.POST:
                _keep(request, Kind.FORMULA, field, form.given)
                return redirect("custom_fields")
            shown = tried(form.given["formula"], user_of(request), today=timezone.localdate())
        except KeepersError as wrong:
            form.add_error("formula", str(wrong))
    others = [each for each in custom_fields() if each != field]
    context: dict[str, Any] = {"own": OWN, "others": others, "functions": FUNCTIONS.values(), "tried": shown}
    context |= {"examples": EXAMPLES, "signs": SIGNS}
    return _page(request, "customers/formula.html", field, form, context)


@needs(Verb.EDIT, Noun.SETTINGS)
def roll_up(request: HttpRequest, field: CustomField | None = None) -> HttpResponse:
    """A new roll-up of one desk's things, or another for a field that is one."""
    source = _source(request, field)
    form = RollUpForm(request.POST or None, source, field)
    if request.method == "POST" and form.is_valid():
        try:
            _keep(request, Kind.ROLL_UP, field, form.given)
        except KeepersError as wrong:
            form.add_error(None, str(wrong))
        else:
            return redirect("custom_fields")
    return _page(request, "customers/roll_up.html", field, form, {"source": source, "sources": sources()})


def _source(request: HttpRequest, field: CustomField | None) -> Source:
    """Of a field that is there: its own; else what the address names, or the first."""
    try:
        return source_named(request.GET.get("of") if field is None else field.roll_up.get("of"))
    except RollUpError:
        return sources()[0]


def _keep(request: HttpRequest, kind: Kind, field: CustomField | None, given: dict[str, Any]) -> None:
    if field is None:
        fields.define(act_of(request), kind=kind, **given)
    else:
        fields.redefine(act_of(request), field, **given)


def _page(
    request: HttpRequest,
    template: str,
    field: CustomField | None,
    form: FormulaForm | RollUpForm,
    context: dict[str, Any],
) -> HttpResponse:
    new = _("New formula") if isinstance(form, FormulaForm) else _("New roll-up")
    title = new if field is None else _("The field %(label)s") % {"label": field.label}
    return render(
        request, template, {"title": title, "form": form, "field": field} | context, status=422 if form.errors else 200
    )
