"""The page of shares of wallet, whoever spends most elsewhere first, its file, and the answers that are brought."""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST

from keepers.core.errors import NothingToDoError
from keepers.crm.jobs.actions import BusyError
from keepers.crm.jobs.carrying_out import settle_abandoned
from keepers.crm.jobs.models import Job
from keepers.crm.jobs.progress import shown as job_shown
from keepers.crm.jobs.receiving import receiving
from keepers.crm.lists.addresses import number_in
from keepers.crm.lists.columns import Column, fetched
from keepers.crm.lists.exports import csv_streamed
from keepers.crm.lists.keyset import keyset_page
from keepers.crm.people.audit import taken_away
from keepers.crm.people.gate import needs, user_of
from keepers.crm.people.rights import may, sees_all
from keepers.crm.people.roles import Noun, Verb
from keepers.crm.portfolio.offers.wallet_answers import AnswersForm, bring_answers, has_file, learn_again
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
    return _page(request, AnswersForm())


@require_POST
@needs(Verb.CREATE, Noun.INSIGHT, everybodys=Noun.CUSTOMERS)
@receiving
def bring(request: HttpRequest) -> HttpResponse:
    """Take answers in for the worker, or have it go on with those that it was not through with."""
    again = number_in(request.POST.get("again", ""))
    form = AnswersForm(request.POST, request.FILES)
    if again is None and not form.is_valid():
        return _page(request, form)
    user, now = user_of(request), timezone.now()
    try:
        if again is None:
            bring_answers(form.cleaned_data["file"], by=user, at=now)
        else:
            learn_again(get_object_or_404(Job, kind=Job.Kind.WALLETS, pk=again), by=user, at=now)
    except (BusyError, NothingToDoError) as error:
        messages.warning(request, str(error))
    return redirect("wallets")


def _page(request: HttpRequest, form: AnswersForm) -> HttpResponse:
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
    if may(user, Verb.CREATE, Noun.INSIGHT) and sees_all(user, Noun.CUSTOMERS):
        context |= {"form": form, **_last_brought()}
    return render(request, "portfolio/wallets.html", context, status=422 if form.errors else 200)


def _last_brought() -> dict[str, Any]:
    """The answers that were brought last, however far the worker is with them."""
    settle_abandoned()
    job = Job.objects.filter(kind=Job.Kind.WALLETS).select_related("asked_by").first()
    return {} if job is None else job_shown(job) | {"has_file": has_file(job)}


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
