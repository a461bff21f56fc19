"""Settings: what each role may do, on whose things, and which fields of customers it does not see or change."""

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST

from keepers.crm.customers.properties import PROPERTIES
from keepers.crm.customers.queries import custom_fields
from keepers.crm.customers.typed import OF_FIELDS
from keepers.crm.people import deciding
from keepers.crm.people.forms import RoleForm
from keepers.crm.people.gate import needs, user_of
from keepers.crm.people.models import User
from keepers.crm.people.roles import Noun, Role, Verb

REACHED = (
    ("email", _("E-mail")),
    ("phone", _("Phone")),
    ("city", _("City")),
    ("country", _("Country")),
    ("contact_points", _("Every way to reach them")),
    ("addresses", _("Addresses")),
    ("consent", _("Consent")),
    ("relations", _("Relations")),
    ("attachments", _("Files")),
)


@needs(Verb.SEE, Noun.PEOPLE)
def roles(request: HttpRequest) -> HttpResponse:
    """The roles, and how many people have each."""
    counts = [(role, User.objects.filter(role=role, is_active=True).count()) for role in Role]
    return render(request, "people/roles.html", {"roles": counts, "tab": "roles"})


@needs(Verb.SEE, Noun.PEOPLE, writing=Verb.EDIT)
def role(request: HttpRequest, role: str) -> HttpResponse:
    """One role: its rights as a table, and its fields."""
    found = _role(role)
    form = RoleForm(found, _fields(), request.POST or None)
    if request.method == "POST" and form.is_valid():
        by, at = user_of(request), timezone.now()
        deciding.decide(found, form.scopes, by=by, at=at)
        deciding.rule_fields(found, Noun.CUSTOMERS, form.accesses, by=by, at=at)
        return redirect("role", role)
    context = {"role": found, "form": form, "verbs": list(Verb), "is_owner": found == Role.OWNER, "tab": "roles"}
    return render(request, "people/role.html", context, status=422 if form.errors else 200)


@require_POST
@needs(Verb.EDIT, Noun.PEOPLE)
def role_default(request: HttpRequest, role: str) -> HttpResponse:
    """Forget what was decided."""
    deciding.back_to_default(_role(role), by=user_of(request), at=timezone.now())
    return redirect("role", role)


def _role(name: str) -> Role:
    if name not in Role.values:
        raise Http404(name)
    return Role(name)


def _fields() -> list[tuple[str, object]]:
    own = [(name, each.label) for name, each in PROPERTIES.items() if name != "name"]
    return [*own, *REACHED, *((f"{OF_FIELDS}{field.key}", field.label) for field in custom_fields())]
