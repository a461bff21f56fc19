"""Search over customers and pages: the field on every page, and the palette on Ctrl-K."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from keepers.crm.customers.models import Customer
from keepers.crm.customers.queries import customers_called
from keepers.insight.catalogue import INSIGHTS
from keepers.web.navigation import ROOMS

MOST_CUSTOMERS, MOST_PAGES = 8, 6


@dataclass(frozen=True, slots=True)
class Page:
    """A page that can be gone to by its name."""

    label: str | Promise
    url: str
    icon: str
    words: str = ""


def search(request: HttpRequest) -> HttpResponse:
    """The page of what was found."""
    words = request.GET.get("q", "").strip()
    return render(request, "web/search.html", _found(words, 50) | {"search_words": words})


def palette(request: HttpRequest) -> HttpResponse:
    """The same as a part, for the palette; before anything is written, the pages."""
    return render(request, "web/_found.html", _found(request.GET.get("q", "").strip(), MOST_CUSTOMERS))


def _found(words: str, most: int) -> dict[str, list[Customer] | list[Page]]:
    return {
        "customers": list(customers_called(words, most=most)) if words else [],
        "pages": _pages_called(words.lower())[: MOST_PAGES if words else None],
    }


def _pages_called(words: str) -> list[Page]:
    return [page for page in _pages() if words in f"{page.label} {page.words}".lower()]


def _pages() -> Iterable[Page]:
    yield from (Page(room.label, reverse(room.address), room.icon) for room in ROOMS)
    yield Page(_("New import"), reverse("new_import"), "upload")
    yield Page(_("Runs"), reverse("runs"), "history")
    yield Page(_("Guide"), reverse("guide_contents"), "book-open")
    yield Page(_("Change password"), reverse("account_change_password"), "key-round")
    for insight in INSIGHTS:
        address = reverse("insight", args=[insight.name])
        yield Page(insight.question, address, "chart-no-axes-combined", words=insight.name)
