"""A list of rows as a page and as a file, whatever its noun: all that it needs is its definition."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from django.contrib import messages
from django.contrib.auth.base_user import AbstractBaseUser
from django.db.models import Q, QuerySet
from django.http import FileResponse, HttpRequest, HttpResponse, HttpResponseBase, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone

from keepers.crm.lists.actions import kept_views
from keepers.crm.lists.addresses import number_in
from keepers.crm.lists.columns import fetched
from keepers.crm.lists.exports import TooLongForSpreadsheetError, as_xlsx, csv_streamed
from keepers.crm.lists.groups import counted_by, groups_of
from keepers.crm.lists.heads import heads_of, tabs_of
from keepers.crm.lists.keyset import in_order, keyset_page
from keepers.crm.lists.listing import Definition, Listing, untidy
from keepers.crm.lists.rows import InPlace, Order, Rows

ROWS = 50
COUNTED = 1_000  # rows that are counted without being asked
ROWS_AT_ONCE = 2_000  # of a file

Bar = Callable[[Sequence[int]], Mapping[str, Any]]
"""What the bar above the list needs to change those that are shown: by their keys, `editable` ones among them."""


def list_page(
    request: HttpRequest,
    definition: Definition,
    *,
    bar: Bar | None = None,
    counted: Callable[..., Any] = counted_by,
) -> HttpResponse:
    """A page of the list.

    Args:
        request: its address says what is asked.
        definition: the list as this reader may see it.
        bar: of the changes that it offers.
        counted: counts rows by a grouping.
    """
    if (tidy := untidy(request.GET)) is not None:
        return redirect(f"{request.path}?{tidy}" if tidy else request.path)
    assert isinstance(request.user, AbstractBaseUser)
    listing, rows = Listing(definition, request.GET, today=timezone.localdate()), _rows_of(definition)
    found, order = found_of(listing, rows.seen), rows.orders[listing.order]
    after, before = (number_in(request.GET.get(side, "")) for side in ("after", "before"))
    page = keyset_page(
        order.joined(found),
        field=order.field,
        descending=order.descending != listing.backwards,
        size=ROWS,
        after=after,
        before=before,
        among=order.joined(rows.seen.model._default_manager.all()),
        key=order.key,
        may_lack=order.may_lack,
    )
    shown = list(fetched(listing.columns, page.rows))
    tabs, is_kept = tabs_of(listing, kept_views(request.user, definition.noun))
    context: dict[str, Any] = {
        "listing": listing,
        "heads": heads_of(listing, {name: each.descending for name, each in rows.orders.items()}),
        "rows": shown,
        "tabs": tabs,
        "is_kept": is_kept,
        "previous": None if page.before is None else listing.address(before=page.before),
        "next": None if page.after is None else listing.address(after=page.after),
        "here_and": here_and(request),
        "files": _files(listing, rows),
        **_opened(request, definition, rows),
        **_total(request, listing, found),
    }
    if listing.grouping is not None:
        context["groups"] = groups_of(listing, counted(found, listing.grouping, definition.summed))
    if bar is not None:
        context |= bar_of(definition, bar([definition.subject(row).pk for row in shown]))
    return render(request, definition.template, context)


def list_file(
    request: HttpRequest, definition: Definition, ending: str, *, taken: Callable[[str], None]
) -> HttpResponseBase:
    """The whole list as it is seen: its filters, order and columns.

    Args:
        request: its address says what is asked.
        definition: the list as this reader may take it away.
        ending: `csv` or `xlsx`.
        taken: told of the file's name before it leaves.
    """
    listing, rows = Listing(definition, request.GET, today=timezone.localdate()), _rows_of(definition)
    assert rows.leaving is not None, "the view's right to take things away"
    order = rows.orders[listing.order]
    found = _in_order(order.joined(found_of(listing, rows.leaving)), order, backwards=listing.backwards)
    all_of_it = fetched(listing.columns, found.iterator(ROWS_AT_ONCE))
    beginning = rows.file.removesuffix("_file")
    name = f"{beginning}-{timezone.localdate():%Y-%m-%d}.{ending}"
    taken(name)
    if ending == "csv":
        return csv_streamed(listing.columns, all_of_it, name)
    try:
        return FileResponse(
            as_xlsx(listing.columns, all_of_it, title=str(definition.title)), as_attachment=True, filename=name
        )
    except TooLongForSpreadsheetError as too_long:
        messages.warning(request, str(too_long))
        return redirect(listing.here)


def found_of(listing: Listing, rows: QuerySet[Any]) -> QuerySet[Any]:
    """Those of the rows that are as asked."""
    return rows.filter(condition_of(listing))


def condition_of(listing: Listing) -> Q:
    """What a row must be: as the filters say, and called as the search does."""
    narrowed = listing.condition()
    return narrowed & _rows_of(listing.definition).called(listing.words) if listing.words else narrowed


def asked_of(definition: Definition, query: str) -> Listing:
    """What a query of the list's address asks, wherever it comes from."""
    return Listing(definition, QueryDict(query), today=timezone.localdate())


def bar_of(definition: Definition, bar: Mapping[str, Any]) -> dict[str, Any]:
    """What the bar above a list needs, and its cells."""
    assert definition.changes is not None, "the definition says where rows are changed"
    in_place = InPlace(definition.changes.one, bar["editable"], definition.subject)
    return {**bar, "in_place": in_place}


def here_and(request: HttpRequest) -> str:
    """This page's address, ready for one more parameter."""
    query = request.GET.copy()
    query.pop("open", None)
    return f"{request.path}?{query.urlencode()}&" if query else f"{request.path}?"


def _rows_of(definition: Definition) -> Rows:
    assert definition.rows is not None, "its desk looks its rows up by itself"
    return definition.rows


def _in_order(rows: QuerySet[Any], order: Order, *, backwards: bool) -> QuerySet[Any]:
    down = order.descending != backwards
    return rows.order_by(*in_order(order.field, order.key, descending=down, may_lack=order.may_lack))


def _opened(request: HttpRequest, definition: Definition, rows: Rows) -> dict[str, Any]:
    """The row beside the list."""
    asked = number_in(request.GET.get("open", ""))
    row = None if asked is None else rows.seen.filter(pk=asked).first()
    return {"opened": row, "open": None if row is None else definition.subject(row)}


def _files(listing: Listing, rows: Rows) -> dict[str, str]:
    """Where the list is as a file, for whom it may leave the house."""
    if rows.leaving is None:
        return {}
    return {ending: f"{reverse(rows.file, args=[ending])}?{listing.query_string}" for ending in ("csv", "xlsx")}


def _total(request: HttpRequest, listing: Listing, found: QuerySet[Any]) -> dict[str, Any]:
    """What the foot says: exact up to a thousand, and where it was asked for."""
    if request.GET.get("exact") == "1":
        return {"total": found.count()}
    counted = found.order_by("pk")[: COUNTED + 1].count()  # along the keys until there are enough
    return {"total": counted} if counted <= COUNTED else {"at_least": COUNTED, "exact": listing.address(exact=1)}
