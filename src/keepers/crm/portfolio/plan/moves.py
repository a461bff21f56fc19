"""Who moved between the last plan and this one: from which decision to which, how many, and with what money."""

from dataclasses import asdict, dataclass
from typing import Any

import pyarrow as pa
from django.db.models import Count, QuerySet, Sum

from keepers.crm.people.models import User
from keepers.crm.people.rights import sees_all
from keepers.crm.people.roles import Noun
from keepers.crm.portfolio.models import PlanLine, PublishedPlan
from keepers.crm.portfolio.seen import whose


@dataclass(frozen=True, slots=True)
class Move:
    """Customers of whom the last plan said one thing and this one says another.

    before, now: the decisions; empty for customers whom only the other plan knows
    cost_before, gain_before: what the last plan said; None where it is not known
    """

    before: str
    now: str
    people: int
    cost_before: float | None
    cost: float | None
    gain_before: float | None
    gain: float | None


def moves_of(compared: pa.Table) -> list[dict[str, Any]]:
    """The moves as a published plan keeps them, and those who stayed, whose decisions are the same."""
    return [
        asdict(
            Move(
                before=row["decision_before"] or "",
                now=row["decision"] or "",
                people=row["customers"],
                cost_before=row["cost_before"],
                cost=row["cost"],
                gain_before=row["expected_gain_before"],
                gain=row["expected_gain"],
            )
        )
        for row in compared.to_pylist()
    ]


def moves_seen(user: User, plan: PublishedPlan) -> list[Move]:
    """Who moved, as far as the user sees them, the most first; of own customers without what the last plan said."""
    if sees_all(user, Noun.CUSTOMERS):
        return [move for move in map(_move, plan.compared) if move.before != move.now]
    found = (
        lines_moved(plan)
        .filter(whose(user, ""))
        .order_by()
        .values("moved_from", "decision")
        .annotate(people=Count("pk"), costs=Sum("cost"), gain=Sum("expected_gain"))
        .order_by("-people", "moved_from", "decision")
    )
    return [
        Move(row["moved_from"] or "", row["decision"], row["people"], None, row["costs"], None, row["gain"])
        for row in found
    ]


def people_who_stayed(plan: PublishedPlan) -> int:
    """Of how many both plans say the same."""
    return sum(move.people for move in map(_move, plan.compared) if move.before == move.now)


def lines_moved(plan: PublishedPlan) -> QuerySet[PlanLine]:
    """The lines of customers who moved."""
    return PlanLine.objects.filter(plan=plan, moved_from__isnull=False)


def _move(row: dict[str, Any]) -> Move:
    return Move(**row)
