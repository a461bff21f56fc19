"""What was approved and chosen, and whom that leaves to be reached."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from types import MappingProxyType
from typing import Any

from django.db.models import Q, QuerySet

from keepers.crm.approvals.models import Approval, Choice, Member
from keepers.crm.customers.agreeing import CHANNELS, agreed_to, not_agreed, refusals_of
from keepers.crm.customers.holding.asking import held_by_another_name, held_from, reached_parts
from keepers.crm.customers.models import Consent, Customer
from keepers.crm.people.models import User
from keepers.crm.people.rights import within
from keepers.crm.people.roles import Scope
from keepers.crm.portfolio.models import PlanLine, ProductOffer, Publication
from keepers.crm.portfolio.plan.queries import lines_in_steps
from keepers.decisions.terms.doing import PROMOTE, parts_of
from keepers.decisions.terms.terms import LEVELS

OFFERS = (Consent.Purpose.MARKETING, Consent.Purpose.SERVICE)
"""Whoever refused one of these by a channel is not reached by it with anything of a plan."""
NOTHING_ELSE: Mapping[str, Collection[int]] = MappingProxyType({})


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
        step = {"decision": wanted.decision, "action": wanted.action}
        lines = lines_in_steps(publication.plan, **step)
    found = lines.filter(within(wanted.user, wanted.scope, "customer__"))
    merged = Customer.everyone.filter(merged_into__isnull=False).values("pk")
    if merged.exists():  # else no line need be looked at
        found = found.exclude(customer__in=merged)
    if wanted.chosen:
        found = found.filter(customer__in=wanted.chosen)
    return found if wanted.gain_from is None else found.filter(expected_gain__gte=wanted.gain_from)


def also_reached(publication: Publication, wanted: Wanted) -> dict[str, set[int]]:
    """By which other name the lines would reach whom: of a product its category's, of a category the product's."""
    if wanted.decision != PROMOTE:
        return {}
    return by_name(lines_of(publication, wanted))


def by_name(rows: QuerySet[Any]) -> dict[str, set[int]]:
    """Customers of offers, or of members, by their `also_as`; those without one are left out."""
    found = defaultdict[str, set[int]](set)
    for name, customer in rows.exclude(also_as="").order_by().values_list("also_as", "customer_id").iterator():
        found[name].add(customer)
    return dict(found)


def kept_from(
    parts: Sequence[str],
    way: str,
    *,
    day: date,
    but: Approval | None = None,
    among: Sequence[int] | None = None,
    also: Mapping[str, Collection[int]] = NOTHING_ELSE,
    silent: bool = True,
) -> dict[str, set[int]]:
    """Customers whom the action may not reach, by why: a name in `wording.PASSED_OVER`.

    Args:
        parts: what the action consists of.
        way: how it would reach them.
        day: when.
        but: an approval whose own lots and members are not meant.
        among: the customers that are asked about; None: all.
        also: parts that the action would be for some by another name → these customers (`also_reached`).
        silent: whether those count who did not say yes where that is asked for; they may be nearly everybody.
    """
    wanted, experiment = set(parts), None if but is None else but.experiment
    asked = Q() if among is None else Q(customer__in=among)
    people = Customer.objects.all() if among is None else Customer.objects.filter(pk__in=among)
    others = Approval.objects.filter(held_until__gte=day).exclude(pk=0 if but is None else but.pk)
    running = list(others.only("action", "held_until"))
    choices = Choice.objects.filter(asked, undone_at=None, until__gte=day).values_list("customer", "action")
    channel = CHANNELS.get(way, "")
    refused = refusals_of(channel, OFFERS).filter(asked)
    without_yes = not_agreed(people if silent else people.none(), channel, purpose_of(parts, way))
    return {
        "held": set(held_from(reached_parts(wanted, way), day, but=experiment).filter(asked))
        | held_by_another_name(also, day, but=experiment),
        "under_way": set(_reached_by(running, wanted).filter(asked))
        | {who for name, some in also.items() for who in _reached_by(running, {name}) if who in some},
        "decided": {customer for customer, action in choices.iterator() if wanted & set(parts_of(action))},
        "refused": set(refused.values_list("customer", flat=True)),
        "not_agreed": set(without_yes.values_list("pk", flat=True)),
        "closed": set(people.filter(stage=Customer.Stage.CLOSED).values_list("pk", flat=True)),
    }


def who_said_yes(parts: Sequence[str], way: str) -> QuerySet[Consent, int] | None:
    """Primary keys of those who agreed to be reached so; None where that is not asked for."""
    return agreed_to(CHANNELS.get(way, ""), purpose_of(parts, way))


def out_of_reach(
    parts: Sequence[str],
    way: str,
    *,
    day: date,
    but: Approval | None = None,
    also: Mapping[str, Collection[int]] = NOTHING_ELSE,
) -> set[int]:
    """Customers whom a list that was drawn before may not reach any more: held out elsewhere, unwilling or closed."""
    kept = kept_from(parts, way, day=day, but=but, also=also)
    return kept["held"] | kept["refused"] | kept["not_agreed"] | kept["closed"]


def _reached_by(running: Iterable[Approval], parts: Collection[str]) -> QuerySet[Member, int]:
    """Primary keys of the customers whom an approval that has one of these parts reaches."""
    same = [each.pk for each in running if set(parts) & set(each.parts)]
    return Member.objects.filter(approval__in=same).values_list("customer", flat=True)


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
