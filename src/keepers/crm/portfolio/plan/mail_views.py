"""The mail-order page: whose mailings to stop, and what cutting there saves and loses."""

from collections.abc import Mapping
from urllib.parse import urlencode

from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from keepers.crm.lists.columns import Column
from keepers.crm.lists.exports import csv_streamed
from keepers.crm.people.audit import taken_away
from keepers.crm.people.gate import needs, user_of
from keepers.crm.people.rights import sees_all
from keepers.crm.people.roles import Noun, Verb
from keepers.crm.portfolio.plan.forms import CutForm
from keepers.crm.portfolio.plan.mailings import cut_at, first_below, mailings_of, ranked, stopped
from keepers.crm.portfolio.plan.queries import plan_shown
from keepers.crm.portfolio.plan.words import history_in
from keepers.crm.portfolio.queries import publication_of, publication_shown
from keepers.crm.portfolio.seen import columns_for

ROWS = 50
ABOVE = 10  # customers shown above the line
ROWS_AT_ONCE = 2_000
COLUMNS = (
    Column("name", _("Name"), "name", "customer.name", more=[("customer_id", "customer.key")]),
    Column("brings", _("Mailings bring"), "interval", "mailed_margin", "mailed_margin_low", "mailed_margin_high"),
    Column("reason", _("Why"), "text", "reason", read=lambda line: history_in(line.reason)),
)


@needs(Verb.SEE, Noun.CUSTOMERS)
def mailings(request: HttpRequest) -> HttpResponse:
    """Customers by what their mailings bring, around the line where they are cut."""
    publication, user = publication_of(request), user_of(request)
    shown = plan_shown(publication)
    told = mailings_of(shown) if shown else {}
    if publication is None or shown is None or not told:
        return render(request, "portfolio/plan_mailings.html", {"publication": publication})
    form = CutForm(request.GET if request.GET.get("stop") else None)
    share = form.cleaned_data["stop"] if form.is_valid() else None
    cut = cut_at(user, shown, share)
    line = first_below(user, shown, cut)
    start = _number(request.GET.get("from"), max(0, line - ABOVE))
    rows = ranked(user, shown, cut, start=start, size=ROWS + 1)
    columns = columns_for(user, COLUMNS)
    asked = {"stop": request.GET["stop"]} if share is not None else {}
    everybody = sum(step["people"] for step in shown.steps)
    context = {
        "publication": publication,
        "plan": shown,
        "cut_form": form if form.is_bound else CutForm(initial={"stop": round(100 * cut.people / everybody, 1)}),
        "cut": cut,
        "share_stopped": cut.people / everybody if sees_all(user, Noun.CUSTOMERS) else None,
        "columns": columns,
        "rows": rows[:ROWS],
        "most": max((row.line.mailed_margin_high or 0.0 for row in rows), default=0),
        "previous": _address(asked | {"from": max(0, start - ROWS)}) if start else None,
        "next": _address(asked | {"from": start + ROWS}) if len(rows) > ROWS else None,
        "to_line": _address(asked) if request.GET.get("from") else None,
        "file": f"{reverse('mailings_csv')}?{urlencode(asked | {'run': publication.run_id})}",
        **told,
    }
    part = request.htmx.target == "mailings"  # type: ignore[attr-defined]  # django-htmx adds it
    return render(request, "portfolio/_plan_mailings.html" if part else "portfolio/plan_mailings.html", context)


@needs(Verb.EXPORT, Noun.CUSTOMERS)
def mailings_csv(request: HttpRequest) -> StreamingHttpResponse:
    """Those whose mailings the cut stops, as a file for whoever sends them."""
    publication, user = publication_shown(request, request.GET.get("run", "")), user_of(request)
    shown = plan_shown(publication)
    if publication is None or shown is None or not mailings_of(shown):
        raise Http404("There is no plan that knows of mailings.")
    form = CutForm(request.GET)
    cut = cut_at(user, shown, form.cleaned_data["stop"] if form.is_valid() else None)
    name = f"stop-mailings-{publication.as_of:%Y-%m-%d}.csv"
    taken_away(user, Noun.CUSTOMERS, at=timezone.now(), what=name)
    return csv_streamed(columns_for(user, COLUMNS), stopped(user, shown, cut).iterator(ROWS_AT_ONCE), name)


def _address(asked: Mapping[str, object]) -> str:
    return f"{reverse('mailings')}?{urlencode(asked)}" if asked else reverse("mailings")


def _number(text: str | None, otherwise: int) -> int:
    return int(text) if text and text.isascii() and text.isdigit() and len(text) < 10 else otherwise
