"""What was approved and chosen, and whom that leaves to be reached."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from django.db.models import Q, QuerySet

from keepers.crm.approvals.models import Approval, Choice, Member
from keepers.crm.customers.agreeing import CHANNELS, not_agreed, refusals_of
from keepers.crm.customers.holding.asking import held_from, reached_parts
from keepers.crm.customers.models import Consent, Customer
from keepers.crm.people.models import User
from keepers.crm.people.rights import within
from keepers.crm.people.roles import Scope
from keepers.crm.portfolio.models import PlanLine, ProductOffer, Publication
from keepers.crm.portfolio.plan import lines_in
from keepers.decisions.doing import PROMOTE, parts_of
from keepers.decisions.terms import LEVELS

OFFERS = (Consent.Purpose.MARKETING, Consent.Purpose.SERVICE)
"""Whoever refused one of these by a channel is not reached by it with anything of a plan."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which lines of a plan are meant.

    scope: whose customers, those that `user` sees
    chosen: those who were ticked; none: all
    """

    user: User
    scope: Scope
    decision: str
    action: str
    chosen: Sequence[int] = ()
    gain_from: float | None = None

    @property
    def parts(self) -> tuple[str, ...]:
        """What the action consists of."""
        return parts_of(self.action)


def wanted_by(approval: Approval) -> Wanted:
    """What an approval asked for."""
    assert approval.by is not None
    chosen, least = approval.chosen, approval.gain_from
    return Wanted(approval.by, Scope(approval.scope), approval.decision, approval.action, chosen, least)


def lines_of(publication: Publication, wanted: Wanted) -> QuerySet[PlanLine] | QuerySet[ProductOffer]:
    """The lines that are meant; of a promotion the product's offers."""
    lines: QuerySet[PlanLine] | QuerySet[ProductOffer]
    if wanted.decision == PROMOTE:
        lines = ProductOffer.objects.filter(publication=publication, action=wanted.action)
    elif publication.plan is None:
        return PlanLine.objects.none()
    else:
        lines = lines_in(publication.plan).filter(decision=wanted.decision, action=wanted.action)
    found = lines.filter(within(wanted.user, wanted.scope, "customer__"), customer__merged_into=None)
    if wanted.chosen:
        found = found.filter(customer__in=wanted.chosen)
    return found if wanted.gain_from is None else found.filter(expected_gain__gte=wanted.gain_from)


def kept_from(
    parts: Sequence[str], way: str, *, day: date, but: Approval | None = None, among: Sequence[int] | None = None
) -> dict[str, set[int]]:
    """Customers whom the action may not reach, by why: a name in `wording.PASSED_OVER`.

    Args:
        parts: what the action consists of.
        way: how it would reach them.
        day: when.
        but: an approval whose own lots and members are not meant.
        among: the customers that are asked about; None: all.
    """
    wanted = set(parts)
    asked = Q() if among is None else Q(customer__in=among)
    people = Customer.objects.all() if among is None else Customer.objects.filter(pk__in=among)
    running = Approval.objects.filter(held_until__gte=day).exclude(pk=0 if but is None else but.pk)
    same = [each.pk for each in running.only("action", "held_until") if wanted & set(each.parts)]
    choices = Choice.objects.filter(asked, undone_at=None, until__gte=day).values_list("customer", "action")
    channel = CHANNELS.get(way, "")
    refused = refusals_of(channel, OFFERS).filter(asked)
    without_yes = not_agreed(people, channel, purpose_of(parts, way))
    return {
        "held": set(
            held_from(reached_parts(wanted, way), day, but=None if but is None else but.experiment).filter(asked)
        ),
        "under_way": set(Member.objects.filter(asked, approval__in=same).values_list("customer", flat=True)),
        "decided": {customer for customer, action in choices.iterator() if wanted & set(parts_of(action))},
        "refused": set(refused.values_list("customer", flat=True)),
        "not_agreed": set(without_yes.values_list("pk", flat=True)),
        "closed": set(people.filter(stage=Customer.Stage.CLOSED).values_list("pk", flat=True)),
    }


def out_of_reach(parts: Sequence[str], way: str, *, day: date, but: Approval | None = None) -> set[int]:
    """Customers whom a list that was drawn before may not reach any more: held out elsewhere, unwilling or closed."""
    kept = kept_from(parts, way, day=day, but=but)
    return kept["held"] | kept["refused"] | kept["not_agreed"] | kept["closed"]


def purpose_of(parts: Iterable[str], way: str) -> Consent.Purpose:
    """What a contact of a plan is for: a call of care serves somebody, all else is an offer."""
    serves = way == Approval.Way.CALL and set(parts) <= set(LEVELS)
    return Consent.Purpose.SERVICE if serves else Consent.Purpose.MARKETING


def choices_on(customers: Iterable[int], day: date) -> dict[int, Choice]:
    """What was said last of each of these customers, where that still counts."""
    found = Choice.objects.filter(customer__in=set(customers), undone_at=None, until__gte=day).select_related("by")
    return {choice.customer_id: choice for choice in found.order_by("pk")}


def approvals_of(run_id: str) -> dict[tuple[str, str], Approval]:
    """The latest approval of each step of a run's plan."""
    found = Approval.objects.filter(run_id=run_id).order_by("pk")
    return {(each.decision, each.action): each for each in found}
