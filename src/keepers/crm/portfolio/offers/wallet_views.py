"""The page of shares of wallet, whoever spends most elsewhere first, and its file."""

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
from keepers.crm.portfolio.offers.wallets import together, wallets_seen
from keepers.crm.portfolio.queries import publication_of
from keepers.crm.portfolio.seen import columns_for

ROWS = 50
ROWS_AT_ONCE = 2_000
COLUMNS = (
    Column("name", _("Name"), "name", "customer.name", more=[("customer_id", "customer.key")], fetch=("customer",)),
    Column(
        "share_of_wallet", _("Share of wallet"), "shares",
        "share_of_wallet", "share_of_wallet_low", "share_of_wallet_high",
    ),
    Column("elsewhere", _("Spends elsewhere a year"), "money", "elsewhere"),
    Column("wallet_evidence", _("Rests on"), "text", "wallet_evidence"),
    Column("grows", _("May grow"), "told", "grows"),
)  # fmt: skip


@needs(Verb.SEE, Noun.CUSTOMERS)
def wallets(request: HttpRequest) -> HttpResponse:
    """A page of them, and what all are together."""
    publication, user = publication_of(request), user_of(request)
    if publication is None:
        return render(request, "portfolio/wallets.html", {"publication": None})
    found = wallets_seen(user, publication)
    after, before = (number_in(request.GET.get(side, "")) for side in ("after", "before"))
    page = keyset_page(found, field="pk", descending=False, size=ROWS, after=after, before=before)
    columns = columns_for(user, COLUMNS)
    context = {
        "publication": publication,
        "rows": list(fetched(columns, page.rows)),
        "together": together(found),
        "columns": columns,
        "previous": None if page.before is None else f"{reverse('wallets')}?before={page.before}",
        "next": None if page.after is None else f"{reverse('wallets')}?after={page.after}",
    }
    return render(request, "portfolio/wallets.html", context)


@needs(Verb.EXPORT, Noun.CUSTOMERS)
def wallets_csv(request: HttpRequest) -> StreamingHttpResponse:
    """All of them, as a file."""
    publication, user = publication_of(request), user_of(request)
    if publication is None:
        raise Http404("Nothing is published yet.")
    rows = wallets_seen(user, publication, Verb.EXPORT).order_by("pk").iterator(ROWS_AT_ONCE)
    columns = columns_for(user, COLUMNS)
    name = "wallets.csv"
    taken_away(user, Noun.CUSTOMERS, at=timezone.now(), what=name)
    return csv_streamed(columns, fetched(columns, rows), name)
