"""The page of prospects, the most promising first, and their file."""

from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from keepers.crm.lists.columns import Column
from keepers.crm.lists.exports import csv_streamed
from keepers.crm.lists.heads import head_of
from keepers.crm.people.audit import taken_away
from keepers.crm.people.gate import needs, user_of
from keepers.crm.people.roles import Noun, Verb
from keepers.crm.portfolio.prospects.scored import in_order, prospects_seen
from keepers.crm.portfolio.queries import publication_of, publication_shown
from keepers.crm.portfolio.seen import columns_for

ROWS = 200
COLUMNS = (
    Column("name", _("Name"), "name", "customer.name", more=[("customer_id", "customer.key")]),
    Column("rank", _("Rank"), "count", "rank"),
    Column(
        "lifetime_value",
        _("Worth if won"),
        "interval",
        "lifetime_value",
        "lifetime_value_low",
        "lifetime_value_high",
        order="value",
    ),
    Column("lifetime_value_low", _("Low end"), "money", "lifetime_value_low", order="low"),
    Column("times_usual", _("Times the usual"), "figures", "times_usual", order="times"),
    Column("reason", _("Why"), "text", "reason"),
)


@needs(Verb.SEE, Noun.CUSTOMERS)
def prospects(request: HttpRequest) -> HttpResponse:
    """The first of them."""
    publication = publication_of(request)
    found = None if publication is None else prospects_seen(user_of(request), publication)
    sort = request.GET.get("sort", "")
    rows = in_order(found.people, sort)[:ROWS] if found else ()
    columns = columns_for(user_of(request), COLUMNS)
    context = {
        "publication": publication,
        "found": found,
        "rows": rows,
        "columns": columns,
        "heads": [head_of(column, sort, lambda order: f"{reverse('prospects')}?sort={order}") for column in columns],
        "more": len(found.people) - len(rows) if found else 0,
        "most": max((each.lifetime_value_high or 0.0 for each in rows), default=0.0),
    }
    return render(request, "portfolio/prospects.html", context)


@needs(Verb.EXPORT, Noun.CUSTOMERS)
def prospects_csv(request: HttpRequest) -> StreamingHttpResponse:
    """All of them, as a file."""
    publication = publication_shown(request, request.GET.get("run", ""))
    if publication is None:
        raise Http404("Nothing is published yet.")
    user = user_of(request)
    found = prospects_seen(user, publication, Verb.EXPORT)
    name = f"prospects-{publication.as_of:%Y-%m-%d}.csv"
    taken_away(user, Noun.CUSTOMERS, at=timezone.now(), what=name)
    columns = [each for each in columns_for(user, COLUMNS) if each.order != "low"]  # it stands beside the worth there
    return csv_streamed(columns, found.people, name)
