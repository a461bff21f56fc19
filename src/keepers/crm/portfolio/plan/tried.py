"""What a plan would have brought those of the latest lots, before it is used: its account of that, for the page."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from keepers.crm.portfolio.models import PublishedPlan
from keepers.crm.portfolio.plan.words import called


@dataclass(frozen=True, slots=True)
class TriedOut:
    """An action with lots: how many were drawn, what part of them the plan would have reached [share].

    plan, nobody, everybody: what reaching these would have brought per customer after cost, with `low` and `high`; None
        where too few had by lot what was to be tried
    """

    action: str
    people: int
    reached: float
    plan: Mapping[str, float] | None
    nobody: Mapping[str, float] | None
    everybody: Mapping[str, float] | None


def tried_out(plan: PublishedPlan) -> list[TriedOut]:
    """Those of each action that has lots; none where no lots were drawn yet."""
    told: Mapping[str, Any] = plan.account.get("on_trial", {})
    return [
        TriedOut(
            called(action),
            found["people"],
            found["would_reach"],
            *(found[whom] if isinstance(found[whom], dict) else None for whom in ("plan", "nobody", "everybody")),
        )
        for action, found in told.items()
    ]
