"""Whose mailings to stop: customers by what a year of mailings brings, and what cutting anywhere saves and loses."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet, Sum

from keepers.crm.people.models import User
from keepers.crm.people.rights import sees_all
from keepers.crm.people.roles import Noun, Verb
from keepers.crm.portfolio.models import LinePlace, PlanLine, PublishedPlan
from keepers.crm.portfolio.orders import MAILED
from keepers.crm.portfolio.plan.queries import lines_in
from keepers.crm.portfolio.seen import whose


@dataclass(frozen=True, slots=True)
class Cut:
    """Stopping the mailings of all who bring less than so much.

    below: what those stopped bring less than
    saved, lost: a year; the range of what is lost is of the sum, and None for customers whom somebody sees
    is_even: whether it is the line where mailings bring what they cost
    """

    below: float
    people: int
    saved: float
    lost: float
    low: float | None
    high: float | None
    is_even: bool

    @property
    def won(self) -> float:
        """What is saved less what is lost."""
        return self.saved - self.lost


@dataclass(frozen=True, slots=True)
class Mailed:
    """A customer in the order of what mailings bring."""

    rank: int
    line: PlanLine
    is_below: bool


def mailings_of(plan: PublishedPlan) -> dict[str, Any]:
    """How many mailings a year it is about, and what those of one customer cost; empty where nothing was worked out."""
    told: dict[str, Any] = plan.account.get("stopping", {})
    return {name: told[name] for name in ("mailings", "cost")} if "cuts" in told else {}


def cut_at(user: User, plan: PublishedPlan, share: float | None) -> Cut:
    """The cut nearest to stopping so much of all customers [%]; without a share the break-even line."""
    cuts, everybody = plan.account["stopping"]["cuts"], sum(step["people"] for step in plan.steps)
    at = next(cut for cut in cuts if cut["break_even"])
    if share is not None:
        at = min(cuts, key=lambda cut: abs(cut["stopped"] - share / 100 * everybody))
    lost = at["margin_lost"]
    if sees_all(user, Noun.CUSTOMERS):
        return Cut(at["below"], at["stopped"], at["saved"], lost["mean"], lost["low"], lost["high"], at["break_even"])
    own = _own(user, plan).filter(mailed_margin__lt=at["below"])
    people, brought = own.count(), own.aggregate(brought=Sum("mailed_margin"))["brought"] or 0.0
    cost = plan.account["stopping"]["cost"]
    return Cut(at["below"], people, people * cost, brought, None, None, at["break_even"])


def first_below(user: User, plan: PublishedPlan, cut: Cut) -> int:
    """The place of the first customer below the line."""
    if sees_all(user, Noun.CUSTOMERS):
        everybody: int = sum(step["people"] for step in plan.steps)
        return max(0, everybody - cut.people)
    return _own(user, plan).filter(mailed_margin__gte=cut.below).count()


def ranked(user: User, plan: PublishedPlan, cut: Cut, *, start: int, size: int) -> Sequence[Mailed]:
    """Some customers from a place on, those whose mailings bring most first."""
    found: Sequence[tuple[int, PlanLine]]
    if sees_all(user, Noun.CUSTOMERS):
        first = LinePlace.number_in(plan.pk, MAILED, 0)
        places = LinePlace.objects.filter(pk__gte=first + start, pk__lt=first + start + size)
        found = [(place.pk - first, place.line) for place in places.select_related("line__customer").order_by("pk")]
    else:
        found = list(enumerate(_own(user, plan).select_related("customer")[start : start + size], start=start))
    return [Mailed(place + 1, line, (line.mailed_margin or 0.0) < cut.below) for place, line in found]


def stopped(user: User, plan: PublishedPlan, cut: Cut) -> QuerySet[PlanLine]:
    """The lines of those whose mailings a cut stops, for a file, those who bring least first."""
    lines = lines_in(plan).filter(whose(user, "", Verb.EXPORT), mailed_margin__lt=cut.below)
    return lines.select_related("customer").order_by("mailed_margin", "pk")


def _own(user: User, plan: PublishedPlan) -> QuerySet[PlanLine]:
    lines = lines_in(plan).filter(whose(user, ""), mailed_margin__isnull=False)
    return lines.order_by("-mailed_margin", "pk")
