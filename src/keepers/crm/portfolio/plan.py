"""What a published plan says: its steps, each a decision by one action, and its customers, one line each."""

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Any

from django.db.models import Count, F, Max, Min, Q, QuerySet, Sum

from keepers.crm.people.models import User
from keepers.crm.people.rights import sees_all
from keepers.crm.people.roles import Noun, Verb
from keepers.crm.portfolio.models import SPAN, PlanLine, Publication
from keepers.crm.portfolio.seen import whose

ASSUMED = "assumed"  # the evidence of a gain that nothing was measured for


@dataclass(frozen=True, slots=True)
class Step:
    """The customers for whom the plan says the same.

    gain: what they are expected to add together, after cost; None without money, like cost
    gain_low, gain_high: its interval, known where it is one customer's alone
    on_evidence: the part of the gain that rests on more than assumptions
    """

    decision: str
    action: str
    people: int
    cost: float | None
    gain: float | None
    gain_low: float | None
    gain_high: float | None
    on_evidence: float | None

    @property
    def share_on_evidence(self) -> float | None:
        """Of the gain, where there is one."""
        return None if not self.gain or self.gain < 0 else (self.on_evidence or 0.0) / self.gain


def steps_of(publication: Publication) -> list[dict[str, Any]]:
    """The steps of the whole plan, to be kept with the publication."""
    return [asdict(step) for step in _summed(_lines(publication))]


def steps_seen(user: User, publication: Publication) -> list[Step]:
    """The steps as far as they are about customers whom the user sees, the one that adds most first."""
    if sees_all(user, Noun.CUSTOMERS):
        return [Step(**step) for step in publication.plan]
    return _summed(_lines(publication).filter(whose(user, ""))) if publication.plan else []


def together(steps: Iterable[Step]) -> Step:
    """All steps that spend something as one; it has no interval, since those of steps do not add up to it."""
    spending = [step for step in steps if step.cost]
    people = sum(step.people for step in spending)
    cost, gain, on_evidence = (
        sum(getattr(step, name) or 0.0 for step in spending) for name in ("cost", "gain", "on_evidence")
    )
    return Step("", "", people, cost, gain, None, None, on_evidence)


def lines_seen(
    user: User, publication: Publication, *, decision: str, action: str, verb: Verb = Verb.SEE
) -> QuerySet[PlanLine]:
    """The plan's lines of a step, of a decision or, where both are empty, of everybody to whom the user may do this."""
    asked = {name: text for name, text in {"decision": decision, "action": action}.items() if text}
    return _lines(publication).filter(whose(user, "", verb), **asked)


def line_of(publication: Publication | None, customer: int) -> PlanLine | None:
    """What the plan says of a customer."""
    return PlanLine.objects.filter(publication=publication, customer=customer).first() if publication else None


def _lines(publication: Publication) -> QuerySet[PlanLine]:
    first = PlanLine.number(publication.pk, 0)
    return PlanLine.objects.filter(pk__gte=first, pk__lt=first + SPAN)


def _summed(lines: QuerySet[PlanLine]) -> list[Step]:
    found = (
        lines.order_by()
        .values("decision", "action")
        .annotate(
            people=Count("pk"),
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
    ends = {} if row["people"] == 1 else {"gain_low": None, "gain_high": None}
    return Step(cost=cost, **(row | ends))
