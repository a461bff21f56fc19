"""What contacts cost this firm, said on a page: plans go by it instead of what is assumed."""

from typing import Any

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _

from keepers.crm.jobs.actions import BusyError
from keepers.crm.people.gate import needs, user_of
from keepers.crm.people.rights import may, sees_all
from keepers.crm.people.roles import Noun, Verb
from keepers.crm.portfolio.plan import actions
from keepers.crm.portfolio.plan.costs_forms import CostsForm
from keepers.crm.portfolio.plan.queries import plan_shown
from keepers.crm.portfolio.queries import publication_of
from keepers.decisions.terms.costs_writing import told_in
from keepers.decisions.terms.terms import InvalidTermsError


@needs(Verb.SEE, Noun.SETTINGS, writing=Verb.EDIT)
def contact_costs(request: HttpRequest) -> HttpResponseBase:
    """What is said of them, and the form to say something else."""
    publication = publication_of(request)
    shown, user = plan_shown(publication), user_of(request)
    try:
        told = told_in(settings.WORKSPACE.costs)
    except InvalidTermsError as error:
        return _page(request, None, problem=str(error))
    currency = publication.currency if publication is not None else ""
    form = CostsForm(request.POST or None, told=told, terms=shown.account["terms"] if shown else {}, currency=currency)
    plans = shown is not None and may(user, Verb.EDIT, Noun.CAMPAIGNS) and sees_all(user, Noun.CUSTOMERS)
    if request.method != "POST":
        return _page(request, form, plans=plans)
    if not form.is_valid():
        return _page(request, form, plans=plans, status=422)
    try:
        actions.say_costs(told, form.said(), by=user, at=timezone.now())
    except InvalidTermsError as error:
        return _page(request, form, problem=str(error), plans=plans, status=422)
    messages.info(request, _("Saved. The next plan goes by it."))
    if shown is None or not plans or request.POST.get("then") != "plan":
        return redirect("contact_costs")
    try:
        actions.start_planning(shown, shown.limits, by=user, at=timezone.now())
    except BusyError as busy:
        messages.warning(request, str(busy))
    return redirect("plan")


def _page(
    request: HttpRequest, form: CostsForm | None, *, problem: str = "", plans: bool = False, status: int = 200
) -> HttpResponse:
    context: dict[str, Any] = {"form": form, "problem": problem, "plans": plans}
    return render(request, "portfolio/contact_costs.html", context, status=status)
