"""What a plan with other money, hours of staff or contacts would add: the best of those worked out beside it."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import pyarrow as pa
from django.utils.translation import gettext as _

from keepers.core.money import money
from keepers.crm.portfolio.models import PublishedPlan
from keepers.crm.portfolio.plan.queries import Step, together
from keepers.insight.answers import Answer
from keepers.insight.drawings.pictures import Band

USED = {"money": "cost", "hours": "staff_hours", "mailings": "mailings", "calls": "calls", "visits": "visits"}
"""What a plan that was worked out says that it uses up of each resource."""
_WITHIN = 1 + 1e-9  # sums of the same costs in another order differ in their last digit


@dataclass(frozen=True, slots=True)
class Choice:
    """A plan that was worked out: what it spends and adds, and on how many customers by which action.

    more, adds: so much more money would add so much after its cost; None where no more money pays
    """

    cost: float
    hours: float
    gain: float
    low: float
    high: float
    actions: Sequence[tuple[str, int]]
    more: float | None = None
    adds: float | None = None

    @property
    def people(self) -> int:
        """For whom something is done."""
        return sum(count for _, count in self.actions)


def choice_within(plan: PublishedPlan, limits: Mapping[str, float]) -> Choice | None:
    """The plan that adds most within limits by resource; None where nothing was worked out within them."""
    within = [
        each for each in _worked_out(plan) if _is_within(each, limits, *(name for name in USED if name != "money"))
    ]
    affordable = [each for each in within if _is_within(each, limits, "money")]
    if not affordable:
        return None
    best = max(affordable, key=lambda each: (each["expected_gain"], -each["cost"]))
    more, adds = _next(best, within)
    return Choice(
        cost=best["cost"],
        hours=best["staff_hours"],
        gain=best["expected_gain"],
        low=best["expected_gain_low"],
        high=best["expected_gain_high"],
        actions=list(best["customers_by_action"].items()),
        more=more,
        adds=adds,
    )


def own_choice(plan: PublishedPlan, near: Choice) -> Choice:
    """The plan itself, with what more money would add as of the nearest one that was worked out beside it."""
    steps = [Step(**step) for step in plan.steps]
    spent, told = together(steps), plan.account["expected_gain"]
    actions = Counter[str]()
    for step in steps:
        actions[step.action] += step.people if step.cost else 0
    return replace(
        near,
        cost=spent.cost or 0.0,
        hours=sum(step.hours or 0.0 for step in steps if step.cost),
        gain=spent.gain or 0.0,
        low=told["low"],
        high=told["high"],
        actions=[(action, people) for action, people in actions.most_common() if people],
    )


def has_choices(plan: PublishedPlan) -> bool:
    """Whether some money or hours give another plan than others do."""
    found = _worked_out(plan)
    return any(each[name] != found[0][name] for each in found for name in ("cost", "staff_hours", "expected_gain"))


def reach_of(plan: PublishedPlan) -> dict[str, float]:
    """How far each resource goes before more of it adds nothing: so far its slider goes; 0: no plan uses it up."""
    found = _worked_out(plan)
    return {name: max((each.get(used, 0.0) for each in found), default=0.0) for name, used in USED.items()}


def frontier_answer(plan: PublishedPlan, currency: str, chosen: Choice | None) -> Answer:
    """The frontier as a picture and a table; the chosen plan is a point of it, or below where hours are short."""
    points = plan.account["frontier"]["points"]
    stops = plan.account["frontier"]["stops_paying"]
    names = ("cost", "expected_gain", "expected_gain_low", "expected_gain_high", "marginal_return")
    rows = pa.table({name: pa.array([point[name] for point in points], pa.float64()) for name in names})
    drawn = rows.select(names[:4]).append_column("chosen_gain", pa.nulls(rows.num_rows, pa.float64()))
    if chosen is not None:
        point = {"cost": [float(chosen.cost)], "chosen_gain": [float(chosen.gain)]}
        drawn = pa.concat_tables([drawn, pa.table(point)], promote_options="default")
    return Answer(
        finding=_("Beyond %(money)s a year no more spending pays.") % {"money": money(stops, currency or None)},
        definition=_("The gain that the best plan of each budget is expected to add after its cost."),
        rows=rows,
        picture=Band(
            x="cost",
            low="expected_gain_low",
            high="expected_gain_high",
            range_words=_("90 % range"),
            solid=("expected_gain", _("Expected gain")),
            mark=("chosen_gain", _("This plan")),
            x_words=_("Money for a year"),
            y_words=_("Gain after cost"),
        ),
        currency=currency or None,
        drawn=drawn,
    )


def _is_within(worked_out: Mapping[str, Any], limits: Mapping[str, float], *names: str) -> bool:
    """Whether it keeps to limits; what plans that were made before it was kept use up of contacts is not known."""
    return all(worked_out.get(USED[name], 0.0) <= limits[name] * _WITHIN for name in names if name in limits)


def _worked_out(plan: PublishedPlan) -> list[dict[str, Any]]:
    account = plan.account
    return [*account.get("frontier", {}).get("points", []), *account.get("alternatives", [])]


def _next(best: dict[str, Any], within: Iterable[dict[str, Any]]) -> tuple[float | None, float | None]:
    """The dearer plan that adds most for each further unit of money."""
    steps = [(each["cost"] - best["cost"], each["expected_gain"] - best["expected_gain"]) for each in within]
    paying = [(more, adds) for more, adds in steps if more > 0 and adds > 0]
    return max(paying, key=lambda step: step[1] / step[0], default=(None, None))
