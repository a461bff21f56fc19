"""Search over customers, timelines, tasks and pages: the field on every page, and the palette on Ctrl-K."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from math import inf
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from keepers.crm.customers.exchange.queries import kept_telling
from keepers.crm.customers.models import Customer
from keepers.crm.customers.queries import customers_called, customers_called_almost, customers_reached_by
from keepers.crm.customers.timeline.queries import touches_telling
from keepers.crm.entrance import for_everybody
from keepers.crm.inbox.texts import sent_telling
from keepers.crm.people.gate import user_of
from keepers.crm.people.models import User
from keepers.crm.people.rights import may
from keepers.crm.people.roles import Noun, Verb
from keepers.crm.portfolio.insight.chapters import TITLES
from keepers.crm.portfolio.models import CustomerValue, Publication
from keepers.crm.portfolio.queries import publication_of
from keepers.crm.work.queries import tasks_telling
from keepers.insight.catalogue import INSIGHTS
from keepers.web.navigation import rooms_for

LOOKED_AT = 200  # customers of that name among whom the most valuable are shown
MOST_IN_PALETTE, MOST_ON_PAGE, MOST_PAGES = 8, 50, 6


@dataclass(frozen=True, slots=True)
class Page:
    """A page that can be gone to by its name."""

    label: str | Promise
    url: str
    icon: str
    words: str = ""
    about: str = ""


BEHIND_ROOMS = (
    (Verb.SEE, Noun.TASKS, Page(_("Work"), "work", "square-check", words="tasks calls")),
    (Verb.SEE, Noun.TASKS, Page(_("Tasks"), "tasks", "list-checks", words="list work calls")),
    (Verb.CREATE, Noun.TASKS, Page(_("New task"), "new_task", "square-check")),
    (Verb.SEE, Noun.TASKS, Page(_("Cadences"), "cadences", "repeat")),
    (Verb.SEE, Noun.CUSTOMERS, Page(_("Everybody"), "everybody", "users", words="prospects organisations")),
    (Verb.SEE, Noun.TOUCHES, Page(_("Touches"), "all_touches", "history", words="calls visits letters notes list")),
    (
        Verb.SEE,
        Noun.CUSTOMERS,
        Page(_("Deals, tickets and more"), "kept", "handshake", words="opportunities cases calls orders kept list"),
    ),
    (
        Verb.CREATE,
        Noun.CUSTOMERS,
        Page(_("New customer"), "new_customer", "user-round-plus", words="prospect person organisation create"),
    ),
    (Verb.SEE, Noun.CUSTOMERS, Page(_("Duplicates"), "duplicates", "copy-check", words="merge")),
    (Verb.CREATE, Noun.DATA, Page(_("New import"), "new_import", "upload", words="orders")),
    (Verb.CREATE, Noun.CUSTOMERS, Page(_("Import people"), "people_imports", "upload", words="customers contacts")),
    (Verb.EXPORT, Noun.CUSTOMERS, Page(_("Export people"), "people_export", "download", words="customers leave")),
    (Verb.SEE, Noun.DATA, Page(_("Runs"), "runs", "history")),
    (Verb.SEE, Noun.SETTINGS, Page(_("Custom fields"), "custom_fields", "list-plus")),
    (Verb.EDIT, Noun.SETTINGS, Page(_("The firm"), "firm", "building-2")),
    (Verb.SEE, Noun.PEOPLE, Page(_("People"), "members", "users", words="invite users colleagues")),
    (Verb.SEE, Noun.PEOPLE, Page(_("Teams"), "teams", "users")),
    (Verb.SEE, Noun.PEOPLE, Page(_("Roles"), "roles", "users", words="rights permissions")),
    (Verb.SEE, Noun.AUDIT, Page(_("Audit log"), "audit_log", "history")),
)
"""Pages that are no room's first, and who may see them: who may do what to what. Their `url` is the view's name."""
FOR_EVERYBODY = (
    Page(_("Reminders"), "reminders", "bell", words="calendar"),
    Page(_("Guide"), "guide_contents", "book-open"),
    Page(_("API"), "api:api_docs", "book-open"),
    Page(_("Your account"), "account", "key-round", words="profile"),
    Page(_("Change password"), "account_change_password", "key-round"),
    Page(_("Second step"), "mfa_index", "key-round", words="two-factor 2fa authenticator"),
    Page(_("API tokens"), "api_tokens", "key-round"),
)


@dataclass(frozen=True, slots=True)
class Found:
    """A customer who is called so, and what the pages know of them."""

    customer: Customer
    value: CustomerValue | None

    @property
    def worth(self) -> float:
        """For sorting: those without a value come last."""
        return -inf if self.value is None or self.value.residual_value is None else self.value.residual_value


@for_everybody
def search(request: HttpRequest) -> HttpResponse:
    """The page of what was found."""
    words = request.GET.get("q", "").strip()
    return render(request, "web/search.html", _found(request, words, MOST_ON_PAGE) | {"search_words": words})


@for_everybody
def palette(request: HttpRequest) -> HttpResponse:
    """The same as a part, for the palette; before anything is written, the pages."""
    words = request.GET.get("q", "").strip()
    return render(request, "web/_found.html", _found(request, words, MOST_IN_PALETTE))


def _found(request: HttpRequest, words: str, most: int) -> dict[str, Any]:
    user, publication = user_of(request), publication_of(request)
    called = customers_called(user, words, most=LOOKED_AT) if words else []
    more = customers_reached_by(user, words, most=most) if words and len(called) < most else []
    almost = customers_called_almost(user, words, most=most) if words and not called and not more else []
    seen, least = {each.pk for each in called}, max(most // 2, 1)
    people = [*called, *(each for each in more if each.pk not in seen)]
    return {
        "customers": sorted(_known(people, publication), key=lambda each: (each.customer.key != words, -each.worth))[
            :most
        ],
        "almost": _known(almost, publication),
        "acts": touches_telling(user, words, most=least) if words else [],
        "sent": sent_telling(user, words, most=least) if words else [],
        "kept": kept_telling(user, words, most=least) if words else [],
        "tasks": tasks_telling(user, words, most=least) if words else [],
        "pages": _pages_called(user, words.lower())[: MOST_PAGES if words else None],
    }


def _known(customers: Sequence[Customer], publication: Publication | None) -> list[Found]:
    """What the pages know of customers, in their order."""
    values: dict[int, CustomerValue] = {}
    if publication is not None:
        numbers = [CustomerValue.number(publication.pk, customer.pk) for customer in customers]
        values = {value.customer_id: value for value in CustomerValue.objects.filter(pk__in=numbers)}
    return [Found(customer, values.get(customer.pk)) for customer in customers]


def _pages_called(user: User, words: str) -> list[Page]:
    return [page for page in _pages(user) if words in f"{page.label} {page.words} {page.about}".lower()]


def _pages(user: User) -> Iterable[Page]:
    yield from (Page(room.label, reverse(room.address), room.icon) for room in rooms_for(user))
    for verb, noun, page in BEHIND_ROOMS:
        if may(user, verb, noun):
            yield replace(page, url=reverse(page.url))
    yield from (replace(page, url=reverse(page.url)) for page in FOR_EVERYBODY)
    for insight in INSIGHTS if may(user, Verb.SEE, Noun.INSIGHT) else ():
        address = reverse("insight", args=[insight.name])
        yield Page(TITLES[insight.name], address, "chart-no-axes-combined", words=insight.name, about=insight.question)
