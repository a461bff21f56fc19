"""The list of customers: a page of it, and the whole of it as a file."""

from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.http import (
    FileResponse,
    Http404,
    HttpRequest,
    HttpResponse,
    HttpResponseBase,
)
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from keepers.crm.customers.bulk_bar import bulk_bar
from keepers.crm.customers.models import Customer
from keepers.crm.customers.queries import customers_for
from keepers.crm.lists.actions import kept_views
from keepers.crm.lists.addresses import number_in
from keepers.crm.lists.columns import fetched
from keepers.crm.lists.exports import TooLongForSpreadsheetError, as_xlsx, csv_streamed
from keepers.crm.lists.groups import groups_of
from keepers.crm.lists.heads import heads_of, tabs_of
from keepers.crm.lists.listing import Listing, untidy
from keepers.crm.lists.pages import bar_of, here_and
from keepers.crm.people.audit import taken_away
from keepers.crm.people.gate import needs, user_of
from keepers.crm.people.models import User
from keepers.crm.people.rights import may, sees_all
from keepers.crm.people.roles import Noun, Verb
from keepers.crm.portfolio.asked import condition_of, descending_of, listing_of, ranked_of
from keepers.crm.portfolio.customers import NOUN
from keepers.crm.portfolio.models import Publication
from keepers.crm.portfolio.queries import publication_of, publication_shown, show, value_of
from keepers.crm.portfolio.ranked import WALK, Page, Ranked, Total
from keepers.crm.portfolio.ranked_by_field import RankedByField

ROWS = 50
COUNTED = 1_000  # customers that are counted without being asked


@dataclass(frozen=True)
class Cursor:
    """Where a page begins: a step in the order of a publication, so that pages of one list never mix two runs."""

    publication: int
    step: int

    @classmethod
    def read(cls, text: str) -> "Cursor | None":
        """The cursor of an address."""
        before, _, after = text.partition(".")
        publication, step = number_in(before), number_in(after)
        return None if publication is None or step is None else cls(publication, step)


@needs(Verb.SEE, Noun.CUSTOMERS)
def customers(request: HttpRequest) -> HttpResponse:
    """A page of the list."""
    if (tidy := untidy(request.GET)) is not None:
        return redirect(f"{request.path}?{tidy}" if tidy else request.path)
    after, before = (Cursor.read(request.GET.get(name, "")) for name in ("after", "before"))
    publication = publication_at(request, after or before)
    if publication is None:
        return redirect("everybody") if Customer.objects.exists() else render(request, "portfolio/customers_empty.html")
    user = user_of(request)
    listing = listing_of(user, publication, request.GET)
    ranked, condition = ranked_of(user, listing, publication), condition_of(user, listing)
    if request.htmx.target == "total":  # type: ignore[attr-defined]  # django-htmx adds it
        total = {"publication": publication, "total": ranked.total(condition)}
        return render(request, "portfolio/_customers_total.html", total)
    here = [cursor.step if cursor and cursor.publication == publication.pk else None for cursor in (after, before)]
    page = ranked.page(condition, size=ROWS, after=here[0], before=here[1])
    tabs, is_kept = tabs_of(listing, kept_views(user, NOUN))
    rows = list(fetched(listing.columns, page.rows))
    context = {
        "publication": publication,
        "listing": listing,
        "heads": heads_of(listing, descending_of(listing)),
        "rows": rows,
        "tabs": tabs,
        "is_kept": is_kept,
        "most": max((row.residual_value_high or 0 for row in page.rows), default=0),
        "previous": _beside(listing, publication, "before", page.before),
        "next": _beside(listing, publication, "after", page.after),
        "here_and": here_and(request),
        "files": _files(user, listing, publication),
        **_opened(request, listing, publication),
        **_total(request, listing, ranked, page),
    }
    if listing.grouping is not None:
        counted = ranked.counted_by(condition, listing.grouping, listing.definition.summed)
        context["groups"] = groups_of(listing, counted)
    bar = bar_of(listing.definition, bulk_bar(request, [row.customer_id for row in rows]))
    return render(request, "portfolio/customers.html", context | bar)


@needs(Verb.EXPORT, Noun.CUSTOMERS)
def customers_file(request: HttpRequest, ending: str) -> HttpResponseBase:
    """The whole list as it is seen: its filters, order and columns."""
    publication = publication_shown(request, request.GET.get("run", ""))
    if publication is None:
        raise Http404
    user = user_of(request)
    listing = listing_of(user, publication, request.GET)
    found = ranked_of(user, listing, publication).rows(condition_of(user, listing, Verb.EXPORT))
    rows = fetched(listing.columns, found)
    name = f"customers-{publication.as_of:%Y-%m-%d}.{ending}"
    taken_away(user, Noun.CUSTOMERS, at=timezone.now(), what=name)
    if ending == "csv":
        return csv_streamed(listing.columns, rows, name)
    try:
        return FileResponse(as_xlsx(listing.columns, rows, title=_("Customers")), as_attachment=True, filename=name)
    except TooLongForSpreadsheetError as too_long:
        messages.warning(request, str(too_long))
        return redirect(listing.here)


def publication_at(request: HttpRequest, cursor: Cursor | None) -> Publication | None:
    """The publication that the page shows: the cursor's, as long as it is kept."""
    current = publication_of(request)
    if cursor is None or current is None or cursor.publication == current.pk:
        return current
    before = Publication.objects.filter(pk=cursor.publication).exclude(finished_at=None).first()
    if before is None:
        messages.info(request, _("The base was valued anew since. This is the beginning of the new list."))
        return current
    show(request, before)
    return before


def _beside(listing: Listing, publication: Publication, side: str, step: int | None) -> str | None:
    return None if step is None else listing.address(**{side: f"{publication.pk}.{step}"})


def _opened(request: HttpRequest, listing: Listing, publication: Publication) -> dict[str, Any]:
    """The customer beside the list."""
    asked = number_in(request.GET.get("open", ""))
    value = None if asked is None else value_of(publication, asked)
    if value is None or not customers_for(user_of(request)).filter(pk=value.customer_id).exists():
        return {"opened": None, "open": None}
    return {"opened": value, "open": listing.definition.subject(value)}


def _files(user: User, listing: Listing, publication: Publication) -> dict[str, str]:
    """Where the list is as a file, for whom it may leave the house."""
    if not may(user, Verb.EXPORT, Noun.CUSTOMERS):
        return {}
    return {ending: _file(listing, publication, ending) for ending in ("csv", "xlsx")}


def _file(listing: Listing, publication: Publication, ending: str) -> str:
    query = listing.address(run=publication.run_id).partition("?")[2]
    return f"{reverse('customers_file', args=[ending])}?{query}"


def _total(request: HttpRequest, listing: Listing, ranked: Ranked | RankedByField, page: Page) -> dict[str, Any]:
    """What the foot of the list says: exact where that is known anyway or was asked for."""
    publication, user = ranked.publication, user_of(request)
    if not listing.is_narrowed and sees_all(user, Noun.CUSTOMERS):
        base = publication.run["base"].get("residual_value")
        return {"total": Total(publication.customers, base and base["mean"]), "total_range": base}
    if page.before is None and page.after is None:
        worths = [row.residual_value for row in page.rows if row.residual_value is not None]
        return {"total": Total(len(page.rows), sum(worths) if worths else None)}
    condition = condition_of(user, listing)
    if request.GET.get("exact") == "1" or ranked.is_of_few:
        return {"total": ranked.total(condition)}
    counted = ranked.at_least(condition, page, COUNTED + 1)
    if counted <= COUNTED and publication.customers <= WALK:
        return {"total": ranked.total(condition)}
    return {"at_least": max(min(counted, COUNTED), len(page.rows)), "exact": listing.address(exact=1)}
