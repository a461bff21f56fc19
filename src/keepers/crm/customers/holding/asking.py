"""Who is held out of what: asked by all that lists or sends."""

from collections.abc import Collection, Mapping
from datetime import date

from django.db.models import Q, QuerySet

from keepers.crm.customers.holding.models import ControlGroup, HeldReached, Hold
from keepers.decisions.terms.doing import PROMOTE
from keepers.decisions.terms.terms import MAILING

BY_LETTER = frozenset({"letter", "e-mail"})
IN_PERSON = frozenset({"call", "visit", "meeting", "e-mail"})
KINDS = {
    "mailing": BY_LETTER,
    "offer": BY_LETTER,
    "reactive": IN_PERSON,
    "accountable": IN_PERSON,
    "proactive": IN_PERSON,
    "partnership": IN_PERSON,
}
"""Of each part of an action, the kinds of contact that would be it by another name."""


def held_from(parts: Collection[str], day: date, *, but: str | None = None) -> QuerySet[Hold, int]:
    """Primary keys of the customers who do without one of these parts, or without everything, on a day.

    Args:
        parts: of an action.
        day: when it is to be done.
        but: name of an experiment whose own held-out are not meant.
    """
    found = _on(day).filter(part__in=["", *parts])
    return (found if but is None else found.exclude(experiment=but)).values_list("customer_id", flat=True)


def held_by_another_name(also: Mapping[str, Collection[int]], day: date, *, but: str | None = None) -> set[int]:
    """Primary keys of the customers who do without what would reach them under this name too: part → customers."""
    found = _on(day).filter(part__in=also)
    rows = (found if but is None else found.exclude(experiment=but)).values_list("customer_id", "part")
    return {customer for customer, part in rows.iterator() if customer in also[part]}


def reached_parts(parts: Collection[str], way: str) -> set[str]:
    """The parts of an action with those that it would be by another name: a letter that promotes is a mailing."""
    promotes = way in BY_LETTER and any(part.startswith(f"{PROMOTE} ") for part in parts)
    return {*parts, MAILING} if promotes else {*parts}


def held_from_kind(kind: str, day: date) -> QuerySet[Hold, int]:
    """Primary keys of the customers whom a contact of this kind would reach though they are held out of it."""
    return _by_kind(kind, day).values_list("customer_id", flat=True)


def holds_against(customer: int, kind: str, day: date) -> list[Hold]:
    """The holds of a customer that a contact of this kind would break."""
    return list(_by_kind(kind, day).filter(customer=customer).order_by("-until", "part"))


def reached_though_held(experiment: str) -> int:
    """How many of an experiment's held-out were reached all the same."""
    found = HeldReached.objects.filter(experiment=experiment)
    return found.values("customer").distinct().count()


def holds_of(customer: int, day: date) -> list[Hold]:
    """What a customer does without."""
    return list(_on(day).filter(customer=customer).order_by("-until", "part"))


def control_share() -> float:
    """The share of customers whom nothing reaches."""
    group = ControlGroup.objects.first()
    return 0.0 if group is None else group.share


def _by_kind(kind: str, day: date) -> QuerySet[Hold]:
    parts = ["", kind, *(part for part, kinds in KINDS.items() if kind in kinds)]
    found = Q(part__in=parts)
    return _on(day).filter(found | Q(part__startswith=f"{PROMOTE} ") if kind in BY_LETTER else found)


def _on(day: date) -> QuerySet[Hold]:
    return Hold.objects.filter(Q(until=None) | Q(until__gte=day))
