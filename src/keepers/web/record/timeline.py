"""A customer's timeline on the record: what the app knows, the run's orders, and the warehouse's other touch points."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from keepers.crm.customers.computed.hiding import hidden_of_customers
from keepers.crm.customers.exchange.queries import kept_kinds_of, kept_of
from keepers.crm.customers.models import Customer
from keepers.crm.customers.queries import may_do
from keepers.crm.customers.timeline.entries import Asked, Cursor, Entry, Part, page_of
from keepers.crm.customers.timeline.forms import ASKED, TouchForm
from keepers.crm.customers.timeline.mailing import can_send
from keepers.crm.customers.timeline.models import Touch
from keepers.crm.customers.timeline.queries import ICONS, KINDS, consents_of, kinds_of, moves_of, touches_of
from keepers.crm.people.gate import user_of
from keepers.crm.people.models import User
from keepers.crm.people.rights import may
from keepers.crm.people.roles import Noun, Verb
from keepers.crm.work.queries import open_tasks_with
from keepers.loop.insights.customer_orders import CustomerOrder

ENTRIES_A_PAGE = 20


@dataclass(frozen=True, slots=True)
class Choice:
    """A link above the timeline: what it narrows to, or what the composer asks."""

    label: str | Promise
    address: str
    icon: str
    is_current: bool


def timeline_of(
    request: HttpRequest,
    customer: Customer,
    *,
    orders: Sequence[CustomerOrder],
    acts: Sequence[Mapping[str, Any]],
) -> dict[str, Any]:
    """What the timeline's template needs.

    Args:
        request: asks for kinds (`show`), a beginning (`older`) and a form (`compose`).
        customer: whose timeline.
        orders: from the run that the page shows, the newest first.
        acts: rows of `interactions` that other sources told.
    """
    user = user_of(request)
    show, compose = request.GET.get("show", ""), request.GET.get("compose", "")
    kinds = frozenset(KINDS[show][1]) if show in KINDS else None
    begin = Cursor.read(request.GET.get("older", ""))
    parts, there = _seen_by(user, customer, acts)
    page = page_of([_orders(orders), *parts], begin=begin, size=ENTRIES_A_PAGE, kinds=kinds)
    here = reverse("customer", args=[customer.pk])
    may_tell = may(user, Verb.CREATE, Noun.TOUCHES)
    kind = compose if compose in ASKED and may_tell else ""
    return {
        "entries": page.entries,
        "shows": _shows(here, show, {"order"} | there),
        "newest": f"{here}?{urlencode({'show': show})}" if begin and show else here if begin else "",
        "older": f"{here}?{urlencode({'show': show, 'older': str(page.older)})}" if page.older else "",
        "composers": _composers(here, kind) if may_tell else [],
        "form": TouchForm(kind) if kind else None,
        "kind": kind,
        "can_send": can_send(),
        "shown": show,
        "tasks": open_tasks_with(customer, seen_by=user, today=timezone.localdate()),
        "outcomes": Touch.Outcome.choices,
        "may_do": may(user, Verb.EDIT, Noun.TASKS),
        "may_make_tasks": may(user, Verb.CREATE, Noun.TASKS),
        "changeable": _changeable_by(user, customer, page.entries),
    }


def _seen_by(user: User, customer: Customer, acts: Sequence[Mapping[str, Any]]) -> tuple[list[Part], set[str]]:
    """What this user may see beside the orders, and the kinds that there are of it."""
    if not may_do(user, Verb.SEE, customer, Noun.TOUCHES):
        return [], set()
    hidden = hidden_of_customers(user)
    changes = {"stage": moves_of(customer), "consent": consents_of(customer)}
    shown = {kind: part for kind, part in changes.items() if kind not in hidden}
    there = kinds_of(customer) | kept_kinds_of(customer, user) | {act["touch_kind"] for act in acts}
    return [touches_of(customer), *shown.values(), kept_of(customer, user), _acts(acts)], there | set(shown)


def _changeable_by(user: User, customer: Customer, entries: Sequence[Entry]) -> set[int]:
    """Acts that this user may correct: their own, and those of others where their role says so."""
    if not may(user, Verb.EDIT, Noun.TOUCHES):
        return set()
    of_others = may_do(user, Verb.EDIT, customer, Noun.TOUCHES)
    return {entry.touch for entry in entries if entry.touch is not None and (of_others or entry.teller == user.pk)}


def _orders(orders: Sequence[CustomerOrder]) -> Part:
    def part(asked: Asked) -> Iterator[Entry]:
        if not asked.wants("order"):
            return
        for order in orders:
            at = _in_the_day(order.ordered_on)
            if asked.until is None or at <= asked.until:
                yield Entry(at, "order", ICONS["order"], _("Order"), order=order, is_day=True)

    return part


def _acts(acts: Sequence[Mapping[str, Any]]) -> Part:
    def part(asked: Asked) -> Iterator[Entry]:
        for act in acts:
            at, kind = act["happened_at"], act["touch_kind"]
            if asked.wants(kind) and (asked.until is None or at <= asked.until):
                yield Entry(
                    at,
                    kind,
                    ICONS.get(kind, "circle-dot"),
                    dict(Touch.Kind.choices).get(kind, kind),
                    act["title"] or act["campaign"] or "",
                    outcome=act["outcome"] or "",
                    actor=act["actor"] or "",
                    source=act["source"],
                )

    return part


def _shows(here: str, show: str, there: set[str]) -> list[Choice]:
    """All, and each kind that there is something of."""
    every = Choice(_("All"), f"{here}#timeline", "", is_current=show not in KINDS)
    some = [name for name, (_label, kinds) in KINDS.items() if name == show or not there.isdisjoint(kinds)]
    return [every, *(Choice(KINDS[name][0], f"{here}?show={name}#timeline", "", name == show) for name in some)]


def _composers(here: str, chosen: str) -> list[Choice]:
    return [
        Choice(Touch.Kind(kind).label, f"{here}?compose={kind}#timeline", ICONS[kind], is_current=kind == chosen)
        for kind in ASKED
    ]


def _in_the_day(day: date) -> datetime:
    """Orders are known by their day: they stand at its noon."""
    return datetime.combine(day, time(12), UTC)
