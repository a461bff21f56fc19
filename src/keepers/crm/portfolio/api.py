"""What customers are worth by the API: the list by the filters of its page, groups, totals, the publication."""

from collections.abc import Sequence
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.utils.translation import gettext as _
from ninja import Query, Router
from ninja.errors import HttpError

from keepers.core.errors import KeepersError
from keepers.crm.api.paging import BEYOND, only, tagged
from keepers.crm.customers.queries import customer_for
from keepers.crm.lists.actions import views_seen_by
from keepers.crm.lists.groups import groups_of
from keepers.crm.lists.listing import Listing
from keepers.crm.people.gate import needs, user_of
from keepers.crm.people.models import User
from keepers.crm.people.rights import may, sees_all
from keepers.crm.people.roles import Noun, Verb
from keepers.crm.portfolio.api_shapes import (
    Asked,
    GroupsTold,
    GroupsWanted,
    OneValue,
    PublicationTold,
    TotalTold,
    ValuesPage,
    ValuesWanted,
)
from keepers.crm.portfolio.asked import condition_of, listing_of, ranked_of
from keepers.crm.portfolio.customers import WORTH
from keepers.crm.portfolio.models import CustomerValue, Publication
from keepers.crm.portfolio.queries import publication_of, value_of

router = Router(tags=["value"])
_PLAIN = (
    "group", "orders", "first_order", "last_order", "next_order_due", "probability_alive", "mean_order_value",
    "expected_order_value", "remaining_lifetime", "reason",
)  # fmt: skip
_INTERVALS = {
    "residual_value": ("residual_value", "residual_value_low", "residual_value_high"),
    "period_value": ("period_value", "period_value_low", "period_value_high"),
    "expected_orders": ("expected_orders", "orders_low", "orders_high"),
}


class UnreadableListError(KeepersError):
    """A list was asked for in a way that cannot be read."""


@router.get(
    "/publication", response=PublicationTold, url_name="publication", operation_id="get-publication",
    summary="The publication that the pages show",
)  # fmt: skip
@needs(Verb.SEE, Noun.CUSTOMERS)
def publication(request: HttpRequest) -> HttpResponse:
    """As of when, with which assumptions, and what the base is worth."""
    only(request)
    user, shown = user_of(request), shown_or_missing(request)
    whole = may(user, Verb.SEE, Noun.INSIGHT) and sees_all(user, Noun.CUSTOMERS)
    told = {
        "customers": shown.customers,
        "grade": shown.grade,
        "published_at": shown.finished_at,
        "assumptions": shown.run.get("parameters", {}).get("assumptions", {}),
        "base": shown.run["base"] if whole else None,
    }
    return tagged(of_run(shown) | told)


@router.get(
    "/values", response=ValuesPage, url_name="values", operation_id="list-values",
    summary="Customers by what they are worth, with the filters of their list",
)  # fmt: skip
@needs(Verb.SEE, Noun.CUSTOMERS)
def values(request: HttpRequest, wanted: Query[ValuesWanted]) -> dict[str, Any]:
    """The most valuable first; all pages of one walk are of one run."""
    user, (number, step) = user_of(request), _cursor(wanted.after)
    shown = shown_or_missing(request) if number is None else _kept(number)
    listing = _listing(request, user, shown, wanted.view, beside=("after", "limit"))
    page = ranked_of(user, listing, shown).page(condition_of(user, listing), size=wanted.limit, after=step)
    beyond = None if page.after is None else f"{shown.pk}.{page.after}"
    return of_run(shown) | {"items": [_told(row) for row in page.rows], "next": beyond}


@router.get(
    "/values/total", response=TotalTold, url_name="values-total", operation_id="total-values",
    summary="How many customers the list has, and what they are worth together",
)  # fmt: skip
@needs(Verb.SEE, Noun.CUSTOMERS)
def total(request: HttpRequest, wanted: Query[Asked]) -> HttpResponse:
    """All values are looked through."""
    user, shown = user_of(request), shown_or_missing(request)
    listing = _listing(request, user, shown, wanted.view)
    found = ranked_of(user, listing, shown).total(condition_of(user, listing))
    return tagged(of_run(shown) | {"customers": found.customers, "worth": found.worth})


@router.get(
    "/values/groups", response=GroupsTold, url_name="values-groups", operation_id="group-values",
    summary="The list counted and summed by what its customers have in common",
)  # fmt: skip
@needs(Verb.SEE, Noun.CUSTOMERS)
def groups(request: HttpRequest, wanted: Query[GroupsWanted]) -> HttpResponse:
    """All values are looked through."""
    user, shown = user_of(request), shown_or_missing(request)
    listing = _listing(request, user, shown, wanted.view)
    if listing.grouping is None:
        may_be = ", ".join(each.name for each in listing.definition.groupings)
        raise UnreadableListError(f'Customers are not counted by "{wanted.by}". Choose one of {may_be}.')
    counted = ranked_of(user, listing, shown).counted_by(condition_of(user, listing), listing.grouping, WORTH)
    told = [
        {"label": each.label, "customers": each.rows, "worth": each.worth, "share": each.share}
        for each in groups_of(listing, counted)
    ]
    return tagged(of_run(shown) | {"by": wanted.by, "groups": told})


@router.get(
    "/values/{int:customer}", response=OneValue, url_name="value", operation_id="get-value",
    summary="What one customer is worth",
)  # fmt: skip
@needs(Verb.SEE, Noun.CUSTOMERS)
def value(request: HttpRequest, customer: int) -> HttpResponse:
    """By the customer's number."""
    only(request)
    shown = shown_or_missing(request)
    found = value_of(shown, customer_for(user_of(request), min(customer, BEYOND)).pk)
    if found is None:
        raise Http404(_("The run that the pages show does not know this customer: they have not ordered yet."))
    return tagged(_told(found) | of_run(shown))


def of_run(shown: Publication) -> dict[str, Any]:
    """Which run figures are of."""
    return {"run": shown.run_id, "as_of": shown.as_of, "currency": shown.currency}


def shown_or_missing(request: HttpRequest) -> Publication:
    """The publication that the pages show.

    Raises:
        Http404: there is none yet.
    """
    shown = publication_of(request)
    if shown is None:
        raise Http404(_("Nothing is published yet. Import orders and value the base first."))
    return shown


def _kept(number: int) -> Publication:
    """The publication that a walk along the list began with."""
    found = Publication.objects.filter(pk=number).exclude(finished_at=None).first()
    if found is None:
        raise HttpError(
            410, _("The base was valued anew since, and this list is gone. Begin it again without `after`.")
        )
    return found


def _cursor(text: str) -> tuple[int | None, int | None]:
    number, _dot, step = text.partition(".")
    return (int(number), int(step)) if number else (None, None)


def _listing(
    request: HttpRequest, user: User, shown: Publication, view: int | None, *, beside: Sequence[str] = ()
) -> Listing:
    """The list that an address asks for, its saved view below it.

    Raises:
        UnreadableListError: it names what the list does not know, or what cannot be read.
    """
    parameters = request.GET.copy()
    for name in ("view", *beside):
        parameters.pop(name, None)
    if view is not None:
        _say_below(parameters, _query_of(user, view))
    listing = listing_of(user, shown, parameters)
    if unknown := sorted(name for name in parameters if not listing.knows(name)):
        raise UnreadableListError(f"The list has no parameter {', '.join(unknown)}.")
    if (asked := parameters.get("sort", "").removeprefix("-")) and asked != listing.order:
        raise UnreadableListError(
            f'The list has no order "{asked}". Choose one of {", ".join(listing.definition.orders)}.'
        )
    if listing.problems:
        raise UnreadableListError(" ".join(listing.problems))
    return listing


def _query_of(user: User, view: int) -> dict[str, list[str]]:
    found = views_seen_by(user).filter(noun="customers", pk=view).first()
    if found is None:
        raise Http404(_("There is no view of customers of this number, or none that this key may see."))
    query: dict[str, list[str]] = found.query
    return query


def _say_below(parameters: QueryDict, query: dict[str, list[str]]) -> None:
    """What a saved view says and the address does not."""
    for name, told in query.items():
        if name not in parameters:
            parameters.setlist(name, told)


def _told(row: CustomerValue) -> dict[str, Any]:
    who = {"customer": row.customer_id, "key": row.customer.key, "name": row.customer.name}
    figures = {name: _interval(row, *fields) for name, fields in _INTERVALS.items()}
    return who | {name: getattr(row, name) for name in _PLAIN} | figures


def _interval(row: CustomerValue, mean: str, low: str, high: str) -> dict[str, float | None] | None:
    if getattr(row, mean) is None:
        return None
    return {"mean": getattr(row, mean), "low": getattr(row, low), "high": getattr(row, high)}
