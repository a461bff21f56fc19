"""What was approved and chosen, and whom that leaves to be reached."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from django.db.models import Q, QuerySet

from keepers.crm.approvals.models import Approval, Choice, Member
from keepers.crm.customers.holding.asking import held_from
from keepers.crm.customers.models import Consent, Customer
from keepers.crm.people.models import User
from keepers.crm.people.rights import within
from keepers.crm.people.roles import Scope
from keepers.crm.portfolio.models import PlanLine, ProductOffer, Publication
from keepers.crm.portfolio.plan import lines_in
from keepers.decisions.doing import PROMOTE, parts_of

CHANNELS = {"call": "phone", "visit": "", "letter": "letter", "e-mail": "email", "to do": ""}


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
    refusals = Consent.objects.filter(
        asked, is_latest=True, state__in=Consent.REFUSALS, purpose__in=("marketing", "service")
    )
    return {
        "held": set(held_from(wanted, day, but=None if but is None else but.experiment).filter(asked)),
        "under_way": set(Member.objects.filter(asked, approval__in=same).values_list("customer", flat=True)),
        "decided": {customer for customer, action in choices.iterator() if wanted & set(parts_of(action))},
        "refused": set(refusals.filter(channel=CHANNELS.get(way) or None).values_list("customer", flat=True)),
        "not_agreed": set(_not_agreed(people).values_list("pk", flat=True)) if way == Approval.Way.EMAIL else set(),
        "closed": set(people.filter(stage=Customer.Stage.CLOSED).values_list("pk", flat=True)),
    }


def _not_agreed(people: QuerySet[Customer]) -> QuerySet[Customer]:
    """Whom an e-mail with an offer may not reach, because they never said yes to such; other ways need no yes."""
    given = Consent.objects.filter(
        is_latest=True, channel=Consent.Channel.EMAIL, purpose=Consent.Purpose.MARKETING, state=Consent.State.GIVEN
    )
    return people.exclude(pk__in=given.values("customer"))


def choices_on(customers: Iterable[int], day: date) -> dict[int, Choice]:
    """What was said last of each of these customers, where that still counts."""
    found = Choice.objects.filter(customer__in=set(customers), undone_at=None, until__gte=day).select_related("by")
    return {choice.customer_id: choice for choice in found.order_by("pk")}


def dismissed_on(day: date) -> dict[str, frozenset[str]]:
    """By the customer's key, the parts of actions that are not to be proposed to them again yet."""
    where = Q(kind=Choice.Kind.DISMISSED, undone_at=None, until__gte=day)
    found: dict[str, frozenset[str]] = {}
    for key, action in Choice.objects.filter(where).values_list("customer__key", "action").iterator():
        found[key] = found.get(key, frozenset()) | frozenset(parts_of(action))
    return found


def approvals_of(run_id: str) -> dict[tuple[str, str], Approval]:
    """The latest approval of each step of a run's plan."""
    found = Approval.objects.filter(run_id=run_id).order_by("pk")
    return {(each.decision, each.action): each for each in found}
