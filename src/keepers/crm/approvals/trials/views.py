"""Standing trials: what is tried on whom until when, what it brought so far, lists to take away, a start by hand."""

from collections.abc import Iterator

from django import forms
from django.contrib import messages
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST

from keepers.crm.approvals.audience_views import ROWS, ROWS_AT_ONCE, WHO, columns_to_reach
from keepers.crm.approvals.queries import out_of_reach
from keepers.crm.approvals.trials.telling import (
    LEAST_SHARE,
    LEAST_WEEKS,
    MOST_WEEKS,
    USUAL_SHARE,
    USUAL_WEEKS,
    latest_trials,
    parts_tried,
    trials_told,
    ways_of,
)
from keepers.crm.customers.holding.models import Trial, TrialLot
from keepers.crm.customers.queries import belonging_to
from keepers.crm.jobs.actions import BusyError
from keepers.crm.lists.addresses import number_in
from keepers.crm.lists.columns import Column, fetched
from keepers.crm.lists.exports import csv_streamed
from keepers.crm.lists.keyset import keyset_page
from keepers.crm.people.audit import taken_away
from keepers.crm.people.gate import needs, user_of
from keepers.crm.people.models import User
from keepers.crm.people.rights import may, sees_all
from keepers.crm.people.roles import Noun, Verb
from keepers.crm.portfolio.plan import actions as plan_actions
from keepers.crm.portfolio.plan.budget_views import under_way
from keepers.crm.portfolio.plan.queries import plan_shown
from keepers.crm.portfolio.queries import current_publication
from keepers.crm.portfolio.seen import columns_for
from keepers.decisions.terms import terms

FIGURES = (Column("cost", _("Cost"), "money", "cost"),)


class TrialForm(forms.Form):
    """How many a trial takes, and for how long."""

    percent = forms.FloatField(
        label=_("Of 100 customers with whom it is in doubt whether an action pays"),
        min_value=100 * LEAST_SHARE, max_value=100,
        initial=round(100 * USUAL_SHARE), help_text=_("Half of these get the action by lot, and half do without."),
    )  # fmt: skip
    weeks = forms.IntegerField(
        label=_("Weeks"), min_value=LEAST_WEEKS, max_value=MOST_WEEKS, initial=USUAL_WEEKS,
        help_text=_("So long everybody keeps to what the lot said."),
    )  # fmt: skip

    def trial(self) -> terms.Trial:
        """As a plan takes it."""
        return terms.Trial(self.cleaned_data["percent"] / 100, self.cleaned_data["weeks"])


@needs(Verb.SEE, Noun.CAMPAIGNS)
def trials(request: HttpRequest) -> HttpResponse:
    """What is tried, and what was."""
    return _page(request, TrialForm())


@require_POST
@needs(Verb.EDIT, Noun.CAMPAIGNS, everybodys=Noun.CUSTOMERS)
def trial_beginning(request: HttpRequest) -> HttpResponse:
    """Have lots drawn now, and the others planned again."""
    shown, form = plan_shown(current_publication()), TrialForm(request.POST)
    if shown is None:
        raise Http404("There is no plan.")
    if not form.is_valid():
        return _page(request, form, status=422)
    try:
        plan_actions.start_trial(shown, form.trial(), by=user_of(request), at=timezone.now())
    except BusyError as busy:
        messages.warning(request, str(busy))
    return redirect("trials")


@needs(Verb.SEE, Noun.CAMPAIGNS)
def trial(request: HttpRequest, pk: int) -> HttpResponse:
    """Who gets it, or with `held` who does without, as far as the user sees them."""
    found, user = get_object_or_404(Trial, pk=pk), user_of(request)
    held = request.GET.get("held") == "1"
    after, before = (number_in(request.GET.get(side, "")) for side in ("after", "before"))
    lots = _lots(user, found, Verb.SEE, gets_it=not held)
    page = keyset_page(lots, field="pk", descending=False, size=ROWS, after=after, before=before)
    columns = columns_for(user, [WHO, *(() if held else FIGURES)])
    address = f"{reverse('trial', args=[pk])}?" + ("held=1&" if held else "")
    publication = current_publication()
    context = {
        "told": trials_told([found], today=timezone.localdate())[0],
        "held": held,
        "ways": ways_of(found),
        "columns": columns,
        "rows": list(fetched(columns, page.rows)),
        "currency": publication.currency if publication else "",
        "previous": None if page.before is None else f"{address}before={page.before}",
        "next": None if page.after is None else f"{address}after={page.after}",
    }
    return render(request, "approvals/trial.html", context)


@needs(Verb.EXPORT, Noun.CUSTOMERS)
def trial_csv(request: HttpRequest, pk: int) -> StreamingHttpResponse:
    """Those who get it and may still be reached in this way today: who refused since is left out."""
    found, user = get_object_or_404(Trial, pk=pk), user_of(request)
    wanted = request.GET.get("way", "")
    way = next((each for each in ways_of(found) if each == wanted), ways_of(found)[0])
    columns = columns_to_reach(user, FIGURES)
    name = f"trial-{pk}.csv"
    taken_away(user, Noun.CUSTOMERS, at=timezone.now(), what=name, thing=found)
    return csv_streamed(columns, fetched(columns, _still_reached(user, found, way)), name)


def _page(request: HttpRequest, form: TrialForm, *, status: int = 200) -> HttpResponse:
    user, publication = user_of(request), current_publication()
    told = trials_told(latest_trials(), today=timezone.localdate())
    context = {
        "publication": publication,
        "standing": [each for each in told if each.stands],
        "over": [each for each in told if not each.stands],
        "form": form,
        "may_begin": may(user, Verb.EDIT, Noun.CAMPAIGNS)
        and sees_all(user, Noun.CUSTOMERS)
        and plan_shown(publication) is not None,
    }
    return render(request, "approvals/trials.html", context | under_way("trials"), status=status)


def _lots(user: User, found: Trial, verb: Verb, *, gets_it: bool) -> QuerySet[TrialLot]:
    lots: QuerySet[TrialLot] = belonging_to(user, verb, found.lots.filter(gets_it=gets_it))
    return lots


def _still_reached(user: User, found: Trial, way: str) -> Iterator[TrialLot]:
    out = out_of_reach(parts_tried(found), way, day=timezone.localdate())
    lots = _lots(user, found, Verb.EXPORT, gets_it=True).order_by("pk")
    return (lot for lot in lots.iterator(ROWS_AT_ONCE) if lot.customer_id not in out)
