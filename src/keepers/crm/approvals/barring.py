"""What the desks know that a plan and its trials leave out: words of people, of customers, and what is under way."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import date

from django.db.models import Q

from keepers.crm.approvals.models import Approval, Choice, Member
from keepers.crm.approvals.queries import OFFERS, purpose_of
from keepers.crm.customers.agreeing import CHANNELS, closed_to
from keepers.crm.customers.holding.asking import held_from
from keepers.crm.customers.models import Customer
from keepers.decisions.dismissing import Barred, Dismissed
from keepers.decisions.terms.doing import parts_of
from keepers.decisions.terms.terms import MAILING, OFFER
from keepers.loop.experiments.trials import EVERYTHING

WAYS = (
    ((MAILING, OFFER), (Approval.Way.LETTER, Approval.Way.EMAIL)),
    (("proactive", "partnership"), (Approval.Way.CALL,)),
    (("reactive", "accountable"), (Approval.Way.CALL, Approval.Way.EMAIL)),
)
"""Parts of a plan, and the ways in which they may reach somebody; `purpose_of` says what each is for."""


def barred_on(day: date) -> Barred:
    """What is not to be proposed to whom on a day, and what no trial may draw lots for beside that."""
    return Barred(dismissed=_together(_said(day), _closed()), not_drawn=_together(_under_way(day), _left_alone(day)))


def _said(day: date) -> Iterable[tuple[str, Iterable[str]]]:
    """What somebody here said no to."""
    where = Q(kind=Choice.Kind.DISMISSED, undone_at=None, until__gte=day)
    for key, action in Choice.objects.filter(where).values_list("customer__key", "action").iterator():
        yield key, parts_of(action)


def _closed() -> Iterable[tuple[str, Iterable[str]]]:
    """What would reach customers only by ways that they refused, or did not agree to where this house asks first."""
    for parts, ways in WAYS:
        asked = [(CHANNELS[way], purpose_of(parts, way)) for way in ways]
        for key in closed_to(asked, OFFERS).values_list("key", flat=True).iterator():
            yield key, parts


def _under_way(day: date) -> Iterable[tuple[str, Iterable[str]]]:
    """What an approval gives customers already: a lot that keeps it from them would keep nothing."""
    running = {each.pk: each.parts for each in Approval.objects.filter(held_until__gte=day).only("action")}
    members = Member.objects.filter(approval__in=running).values_list("customer__key", "approval")
    for key, approval in members.iterator():
        yield key, running[approval]


def _left_alone(day: date) -> Iterable[tuple[str, Iterable[str]]]:
    """Whom nothing reaches: the control group, and those with whom there is nothing any more."""
    alone = Q(pk__in=held_from((), day)) | Q(stage=Customer.Stage.CLOSED)
    for key in Customer.objects.filter(alone).values_list("key", flat=True).iterator():
        yield key, EVERYTHING


def _together(*told: Iterable[tuple[str, Iterable[str]]]) -> Dismissed:
    found: Mapping[str, set[str]] = defaultdict(set)
    for some in told:
        for key, parts in some:
            found[key].update(parts)
    return {key: frozenset(parts) for key, parts in found.items()}
