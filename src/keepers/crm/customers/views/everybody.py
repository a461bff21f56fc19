"""The list of everybody: a page of it, and the whole of it as a file."""

from collections.abc import Sequence
from typing import Any

from django.contrib import messages
from django.db.models import QuerySet
from django.http import FileResponse, HttpRequest, HttpResponse, HttpResponseBase, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from keepers.crm.customers.bulk_bar import bulk_bar
from keepers.crm.customers.computed.hiding import hidden_of_customers
from keepers.crm.customers.everybody import NOUN, everybody_list, in_order
from keepers.crm.customers.finding.words import called
from keepers.crm.customers.listed import counted_by
from keepers.crm.customers.models import Customer, CustomField
from keepers.crm.customers.queries import are_few, custom_fields, customers_for, seen_by
from keepers.crm.lists.actions import kept_views
from keepers.crm.lists.addresses import number_in
from keepers.crm.lists.columns import fetched
from keepers.crm.lists.exports import TooLongForSpreadsheetError, as_xlsx, csv_streamed
from keepers.crm.lists.groups import groups_of
from keepers.crm.lists.heads import heads_of, tabs_of
from keepers.crm.lists.keyset import keyset_page
from keepers.crm.lists.listing import Listing, untidy
from keepers.crm.people.audit import taken_away
from keepers.crm.people.gate import needs, user_of
from keepers.crm.people.models import User
from keepers.crm.people.rights import may
from keepers.crm.people.roles import Noun, Verb

ROWS = 50
COUNTED = 1_000
ROWS_AT_ONCE = 2_000


@needs(Verb.SEE, Noun.CUSTOMERS)
def everybody(request: HttpRequest) -> HttpResponse:
    """A page of the list."""
    if (tidy := untidy(request.GET)) is not None:
        return redirect(f"{request.path}?{tidy}" if tidy else request.path)
    user = user_of(request)
    listing = _listing(request)
    found = _found(user_of(request), listing, Verb.SEE)
    fields = custom_fields()
    ordered, field, descending = in_order(found, listing.order, fields)
    among, _field, _descending = in_order(Customer.objects.all(), listing.order, fields)
    after, before = (number_in(request.GET.get(side, "")) for side in ("after", "before"))
    page = keyset_page(
        ordered,
        field=field,
        descending=descending != listing.backwards,
        size=ROWS,
        after=after,
        before=before,
        among=among,
        key="whose" if field == "by" else "pk",
    )
    rows = list(fetched(listing.columns, page.rows))
    tabs, is_kept = tabs_of(listing, kept_views(user, NOUN))
    context: dict[str, Any] = {
        "listing": listing,
        "heads": heads_of(listing, _descending_of(listing, fields)),
        "rows": rows,
        "tabs": tabs,
        "is_kept": is_kept,
        "previous": None if page.before is None else listing.address(before=page.before),
        "next": None if page.after is None else listing.address(after=page.after),
        "here_and": _here_and(request),
        "open": None,
        **_total(request, listing, found),
    }
    if listing.grouping is not None:
        context["groups"] = groups_of(listing, counted_by(found, listing.grouping))
    if may(user, Verb.EXPORT, Noun.CUSTOMERS):
        query = listing.here.partition("?")[2]
        context["files"] = {ending: f"{reverse('everybody_file', args=[ending])}?{query}" for ending in ("csv", "xlsx")}
    return render(request, "customers/everybody.html", context | bulk_bar(request, [row.pk for row in rows]))


@needs(Verb.EXPORT, Noun.CUSTOMERS)
def everybody_file(request: HttpRequest, ending: str) -> HttpResponseBase:
    """The whole list as it is seen: its filters, order and columns."""
    listing = _listing(request)
    found = _found(user_of(request), listing, Verb.EXPORT)
    chosen, field, descending = in_order(found, listing.order, custom_fields())
    way = "-" if descending != listing.backwards else ""
    ordered = chosen.order_by(*dict.fromkeys((f"{way}{field}", f"{way}pk")))
    rows = fetched(listing.columns, ordered.iterator(ROWS_AT_ONCE))
    name = f"everybody-{timezone.localdate():%Y-%m-%d}.{ending}"
    taken_away(user_of(request), Noun.CUSTOMERS, at=timezone.now(), what=name)
    if ending == "csv":
        return csv_streamed(listing.columns, rows, name)
    try:
        return FileResponse(as_xlsx(listing.columns, rows, title=_("Everybody")), as_attachment=True, filename=name)
    except TooLongForSpreadsheetError as too_long:
        messages.warning(request, str(too_long))
        return redirect(listing.here)


def matching(user: User, query: str) -> tuple[Listing, QuerySet[Customer]]:
    """What a query asks of the list, and those of whom it finds whom the user may change."""
    listing = _listing_of(user, QueryDict(query))
    return listing, _found(user, listing, Verb.EDIT)


def _listing(request: HttpRequest) -> Listing:
    return _listing_of(user_of(request), request.GET)


def _listing_of(user: User, parameters: QueryDict) -> Listing:
    definition = everybody_list(user, address=reverse("everybody"), fields=custom_fields())
    return Listing(definition, parameters, today=timezone.localdate())


def _found(user: User, listing: Listing, verb: Verb) -> QuerySet[Customer]:
    found, seen = customers_for(user, verb).filter(listing.condition()), seen_by(user)
    if seen is not None and are_few(seen):
        found = found.filter(pk__in=seen.values("pk"))
    hidden = hidden_of_customers(user)
    return found.filter(called(listing.words, hidden=hidden)) if listing.words else found


def _descending_of(listing: Listing, fields: Sequence[CustomField]) -> dict[str, bool]:
    return {name: in_order(Customer.objects.none(), name, fields)[2] for name in listing.definition.orders}


def _here_and(request: HttpRequest) -> str:
    query = request.GET.copy()
    query.pop("open", None)
    return f"{request.path}?{query.urlencode()}&" if query else f"{request.path}?"


def _total(request: HttpRequest, listing: Listing, found: QuerySet[Customer]) -> dict[str, Any]:
    """What the foot says: exact up to a thousand, and where it was asked for."""
    if request.GET.get("exact") == "1":
        return {"total": found.count()}
    counted = found.order_by("pk")[: COUNTED + 1].count()  # along the keys until there are enough
    return {"total": counted} if counted <= COUNTED else {"at_least": COUNTED, "exact": listing.address(exact=1)}
