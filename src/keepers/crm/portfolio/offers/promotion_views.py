"""The pages of promotions: each product with what offering it brings, and its customers, on a page and as a file."""

from collections.abc import Sequence
from urllib.parse import urlencode

from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from keepers.crm.lists.addresses import number_in
from keepers.crm.lists.columns import Column, fetched
from keepers.crm.lists.exports import csv_streamed
from keepers.crm.lists.keyset import keyset_page
from keepers.crm.people.audit import taken_away
from keepers.crm.people.gate import needs, user_of
from keepers.crm.people.roles import Noun, Verb
from keepers.crm.portfolio.offers.promotions import offers_seen, promotions_seen
from keepers.crm.portfolio.queries import publication_of, publication_shown
from keepers.crm.portfolio.seen import columns_for
from keepers.decisions.terms.doing import PROMOTE, category_promoted

ROWS = 50
ROWS_AT_ONCE = 2_000
COLUMNS = (
    Column("name", _("Name"), "name", "customer.name", more=[("customer_id", "customer.key")], fetch=("customer",)),
    Column("chance", _("Buys without"), "figures", "chance"),
    Column("chance_offered", _("Buys with it"), "figures", "chance_offered"),
    Column("cost", _("Cost"), "money", "cost"),
    Column("expected_gain", _("Gain"), "interval", "expected_gain", "expected_gain_low", "expected_gain_high"),
    Column("evidence", _("Rests on"), "planned", "evidence"),
    Column("reason", _("Why"), "text", "reason"),
)
TOLD_OF = Column("told_of", _("Told of"), "planned", "also_as")
"""Of a category, the product that each is told of."""


@needs(Verb.SEE, Noun.CUSTOMERS)
def promotions(request: HttpRequest) -> HttpResponse:
    """Every product, or category, that is worth offering to somebody whom the user sees."""
    publication, of_category = publication_of(request), request.GET.get("by") == "category"
    found = () if publication is None else promotions_seen(user_of(request), publication, of_category=of_category)
    rows = [(each, _address("promotion", each.action), each.people * each.chance_offered) for each in found]
    context = {"publication": publication, "rows": rows, "decision": PROMOTE, "of_category": of_category}
    return render(request, "portfolio/promotions.html", context)


@needs(Verb.SEE, Noun.CUSTOMERS)
def promotion(request: HttpRequest) -> HttpResponse:
    """The customers of one product, those whom it brings most first."""
    publication, action = publication_of(request), request.GET.get("action", "")
    if publication is None or not action:
        raise Http404(action)
    found = offers_seen(user_of(request), publication, action)
    after, before = (number_in(request.GET.get(side, "")) for side in ("after", "before"))
    page = keyset_page(found, field="pk", descending=False, size=ROWS, after=after, before=before)
    columns = columns_for(user_of(request), _columns_of(action))
    beside = {"previous": ("before", page.before), "next": ("after", page.after)}
    context = {
        "publication": publication,
        "action": action,
        "decision": PROMOTE,
        "columns": columns,
        "rows": list(fetched(columns, page.rows)),
        "most": max((row.expected_gain_high for row in page.rows), default=0.0),
        "file": _address("promotion_csv", action, run=publication.run_id),
    } | {
        name: None if place is None else _address("promotion", action, **{side: str(place)})
        for name, (side, place) in beside.items()
    }
    return render(request, "portfolio/promotion.html", context)


@needs(Verb.EXPORT, Noun.CUSTOMERS)
def promotion_csv(request: HttpRequest) -> StreamingHttpResponse:
    """The customers of one product as a file."""
    publication, action = publication_shown(request, request.GET.get("run", "")), request.GET.get("action", "")
    if publication is None or not action:
        raise Http404(action)
    user = user_of(request)
    columns = columns_for(user, _columns_of(action))
    name = "promotion.csv"
    taken_away(user, Noun.CUSTOMERS, at=timezone.now(), what=name)
    rows = offers_seen(user, publication, action, Verb.EXPORT).order_by("pk").iterator(ROWS_AT_ONCE)
    return csv_streamed(columns, fetched(columns, rows), name)


def _columns_of(action: str) -> Sequence[Column]:
    """The columns of a promotion's list."""
    return (COLUMNS[0], TOLD_OF, *COLUMNS[1:]) if category_promoted(action) else COLUMNS


def _address(name: str, action: str, **more: str) -> str:
    return f"{reverse(name)}?{urlencode({'action': action} | more)}"
