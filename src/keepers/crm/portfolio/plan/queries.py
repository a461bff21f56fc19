"""What a published plan says: its steps, each a decision by one action, and its customers, one line each."""

from collections.abc import Iterable
from dataclasses import asdict, dataclass, replace
from typing import Any

from django.db.models import Count, F, Max, Min, Q, QuerySet, Sum

from keepers.crm.people.models import User
from keepers.crm.people.rights import sees_all
from keepers.crm.people.roles import Noun, Verb
from keepers.crm.portfolio.models import SPAN, PlanLine, Publication, PublishedPlan
from keepers.crm.portfolio.seen import whose

ASSUMED = "assumed"  # the evidence of a gain that nothing was measured for


@dataclass(frozen=True, slots=True)
class Step:
    """The customers for whom the plan says the same.

    gain: what they are expected to add together, after cost; None without money, like cost
    gain_low, gain_high: its interval: of the sum, from joint draws; of customers whom somebody sees only where it is
        one customer's alone
    on_evidence: the part of the gain that rests on more than assumptions
    first: place of its first line in the plan
    hours: of staff, where they are known
    """

    decision: str
    action: str
    people: int
    cost: float | None
    gain: float | None
    gain_low: float | None
    gain_high: float | None
    on_evidence: float | None
    first: int
    hours: float | None = None

    @property
    def share_on_evidence(self) -> float | None:
        """Of the gain, where there is one."""
        return None if not self.gain or self.gain < 0 else (self.on_evidence or 0.0) / self.gain


def plan_shown(publication: Publication | None) -> PublishedPlan | None:
    """The plan that the publication shows."""
    return publication.plan if publication else None


def steps_of(plan: PublishedPlan) -> list[dict[str, Any]]:
    """The steps of the whole plan, to be kept with it: their ranges are of the sum, from the run's joint draws."""
    told = {(step["decision"], step["action"]): step for step in plan.account.get("plan_steps", [])}
    return [asdict(_with_range(step, told.get((step.decision, step.action)))) for step in _summed(lines_in(plan))]


def steps_seen(user: User, plan: PublishedPlan) -> list[Step]:
    """The steps as far as they are about customers whom the user sees, the one that adds most first."""
    if sees_all(user, Noun.CUSTOMERS):
        return [Step(**step) for step in plan.steps]
    return _summed(lines_in(plan).filter(whose(user, "")))


def together(steps: Iterable[Step]) -> Step:
    """All steps that spend something as one; its range is the plan's, not that of the steps added up."""
    spending = [step for step in steps if step.cost]
    people = sum(step.people for step in spending)
    cost, gain, on_evidence = (
        sum(getattr(step, name) or 0.0 for step in spending) for name in ("cost", "gain", "on_evidence")
    )
    return Step("", "", people, cost, gain, None, None, on_evidence, first=0)


def lines_seen(
    user: User, plan: PublishedPlan, *, decision: str, action: str, moved_from: str = "", verb: Verb = Verb.SEE
) -> QuerySet[PlanLine]:
    """The plan's lines of a step, of a decision or, where both are empty, of everybody to whom the user may do this."""
    if moved_from:
        told = _told(decision, action)
        return PlanLine.objects.filter(whose(user, "", verb), plan=plan, moved_from=moved_from, **told)
    return lines_in_steps(plan, decision=decision, action=action).filter(whose(user, "", verb))


def lines_in_steps(plan: PublishedPlan, *, decision: str, action: str) -> QuerySet[PlanLine]:
    """The plan's lines of a step, of a decision or, where both are empty, all; found by where steps lie in the plan."""
    steps = steps_called(plan, decision=decision, action=action)
    if not steps:
        return PlanLine.objects.none()
    first, last = min(step["first"] for step in steps), max(step["first"] + step["people"] for step in steps)
    base = PlanLine.number_in(plan.pk, 0)
    found = PlanLine.objects.filter(pk__gte=base + first, pk__lt=base + last)
    alone = sum(step["people"] for step in steps) == last - first  # no other step's lines lie between
    return found if alone else found.filter(**_told(decision, action))


def steps_called(plan: PublishedPlan, *, decision: str, action: str) -> list[dict[str, Any]]:
    """The plan's steps with this decision and action, as it keeps them; an empty word means any."""
    told = _told(decision, action)
    return [step for step in plan.steps if all(step[name] == text for name, text in told.items())]


def _told(decision: str, action: str) -> dict[str, str]:
    """Those of the two that are asked for."""
    return {name: text for name, text in (("decision", decision), ("action", action)) if text}


def line_of(publication: Publication | None, customer: int) -> PlanLine | None:
    """What the plan says of a customer."""
    if publication is None or publication.plan_id is None:
        return None
    return PlanLine.objects.filter(plan=publication.plan_id, customer=customer).first()


def plan_named(line: PlanLine) -> str:
    """What the warehouse calls the plan that a line is of."""
    return PublishedPlan.objects.values_list("plan_id", flat=True).get(pk=line.plan_id)


def lines_in(plan: PublishedPlan) -> QuerySet[PlanLine]:
    """All lines of a plan."""
    first = PlanLine.number_in(plan.pk, 0)
    return PlanLine.objects.filter(pk__gte=first, pk__lt=first + SPAN)


def _summed(lines: QuerySet[PlanLine]) -> list[Step]:
    found = (
        lines.order_by()
        .values("decision", "action")
        .annotate(
            people=Count("pk"),
            first=Min("pk"),
            costs=Sum("cost"),
            gain=Sum("expected_gain"),
            gain_low=Min("expected_gain_low"),
            gain_high=Max("expected_gain_high"),
            on_evidence=Sum("expected_gain", filter=~Q(evidence=ASSUMED)),
        )
        .order_by(F("gain").desc(nulls_last=True), "decision", "action")
    )
    return [_step(dict(row)) for row in found]


def _step(row: dict[str, Any]) -> Step:
    cost = row.pop("costs")
    row["first"] %= SPAN
    ends = {} if row["people"] == 1 else {"gain_low": None, "gain_high": None}
    return Step(cost=cost, **(row | ends))


def _with_range(step: Step, told: dict[str, Any] | None) -> Step:
    if told is None or told["customers"] != step.people:
        return step  # somebody of the step was forgotten since: its range is of others too
    gain = told["expected_gain"]
    return replace(step, gain_low=gain["low"], gain_high=gain["high"], hours=told["staff_hours"])
