"""The page of shares of wallet, whoever spends most elsewhere first, and its file."""

from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from keepers.crm.lists.columns import Column
from keepers.crm.lists.exports import csv_streamed
from keepers.crm.people.audit import taken_away
from keepers.crm.people.gate import needs, user_of
from keepers.crm.people.roles import Noun, Verb
from keepers.crm.portfolio.queries import publication_of
from keepers.crm.portfolio.seen import columns_for
from keepers.crm.portfolio.wallets import wallets_seen

ROWS = 200
COLUMNS = (
    Column("name", _("Name"), "name", "customer.name", more=[("customer_id", "customer.key")]),
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
    """The first of them, and all together."""
    publication, user = publication_of(request), user_of(request)
    found = wallets_seen(user, publication) if publication else ()
    known = [each.elsewhere for each in found if each.elsewhere is not None]
    context = {
        "publication": publication,
        "rows": found[:ROWS],
        "people": len(found),
        "elsewhere": sum(known) if known else None,
        "growing": sum(1 for each in found if each.grows),
        "more": max(0, len(found) - ROWS),
        "columns": columns_for(user, COLUMNS),
    }
    return render(request, "portfolio/wallets.html", context)


@needs(Verb.EXPORT, Noun.CUSTOMERS)
def wallets_csv(request: HttpRequest) -> StreamingHttpResponse:
    """All of them, as a file."""
    publication, user = publication_of(request), user_of(request)
    if publication is None:
        raise Http404("Nothing is published yet.")
    found = wallets_seen(user, publication, Verb.EXPORT)
    name = "wallets.csv"
    taken_away(user, Noun.CUSTOMERS, at=timezone.now(), what=name)
    return csv_streamed(columns_for(user, COLUMNS), found, name)
