"""The demo's sellers and what they did: made up, said so everywhere, and in line with what was really bought.

Nothing of it goes to the warehouse, so no figure rests on it.
"""

from collections.abc import Iterator, Sequence
from datetime import date, datetime, time, timedelta
from itertools import cycle
from random import Random

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from keepers.crm.customers.actions import fields
from keepers.crm.customers.actions.acts import Act
from keepers.crm.customers.models import Consent, Customer, CustomField
from keepers.crm.customers.timeline.models import Touch
from keepers.crm.customers.writing.chunks import Pace
from keepers.crm.people.actions import demo_visitor
from keepers.crm.people.models import AuditEntry, Team, User
from keepers.crm.people.roles import Role
from keepers.crm.portfolio.models import CustomerValue, Publication
from keepers.crm.portfolio.queries import current_publication
from keepers.crm.work.days import working_day
from keepers.crm.work.models import Cadence, Task

SELLERS = (
    ("mia.sever", "Mia Sever", Role.MANAGER),
    ("luka.oman", "Luka Oman", Role.REP),
    ("nora.berg", "Nora Berg", Role.REP),
)
CALLED, TO_CALL = 240, 40  # customers who were called, and who are to be called; those worth most
AT_ONCE = 1_000
SEED = 20_261_122
_CALLS = (
    (Touch.Outcome.REACHED, "Asked how the last order went: all well."),
    (Touch.Outcome.INTERESTED, "Would like to hear of new products."),
    (Touch.Outcome.NO_ANSWER, ""),
    (Touch.Outcome.MESSAGE, "Left a message with the number to call back."),
)
_NOTES = (
    "Prefers to be called in the morning.",
    "Shops for a family of four.",
    "Pays with coupons where there are any.",
)


def make_up(*, at: datetime) -> int:
    """Fill the desks of a demo that has none yet; how many acts were made up."""
    publication = current_publication()
    if publication is None or Team.objects.exists():
        return 0
    chance, act = Random(SEED), Act(None, at, AuditEntry.Via.RULE)  # noqa: S311 - no secret
    with transaction.atomic():
        sellers = _sellers()
        act.note("create", None, {"made up for the demo": ["", "sellers, calls, notes, letters, tasks, consent"]})
        _fields(act)
        Cadence.objects.create(
            name=_("Best customers"), query={"group": ["best"]}, every_days=14, a_day=3, made_at=at
        ).people.set(sellers)
    pace = Pace()
    values = list(CustomerValue.all_of(publication).order_by("place_by_value"))
    owners = _hand_out(pace, values, sellers)
    _agree(pace, values, chance, at)
    touches = list(_touches(publication, values, owners, chance, at))
    for start in range(0, len(touches), AT_ONCE):
        with pace.transaction():
            Touch.objects.bulk_create(touches[start : start + AT_ONCE])
    with pace.transaction():
        Task.objects.bulk_create(_tasks(values, owners, at))
    return len(touches)


def _sellers() -> list[User]:
    team = Team.objects.create(name=_("Sales (made up)"))
    made = [
        User.objects.create_user(f"{address}@example.com", name=f"{name} (made up)", role=role, team=team)
        for address, name, role in SELLERS
    ]
    return [demo_visitor(), *made]


def _fields(act: Act) -> None:
    kind = CustomField.Kind
    calls = {"of": "touches", "measure": "count", "where": {"kind": "call"}}
    fields.define(act, label=_("Calls"), key="calls", kind=kind.ROLL_UP, roll_up=calls)
    fields.define(act, label=_("Days since order"), key="days_since_order", kind=kind.ROLL_UP, roll_up={
        "of": "orders", "measure": "days_since"})  # fmt: skip
    next_step = 'if(days_since_order > 60, "' + _("call") + '", "' + _("wait") + '")'
    fields.define(act, label=_("Next step"), key="next_step", kind=kind.FORMULA, formula=next_step)


def _hand_out(pace: Pace, values: Sequence[CustomerValue], sellers: Sequence[User]) -> dict[int, User]:
    """Each customer gets an owner in turn, those worth most first; one in five stays without."""
    turns = cycle([*sellers, None])
    owners = {value.customer_id: owner for value, owner in zip(values, turns, strict=False) if owner is not None}
    for seller in sellers:
        mine = [pk for pk, owner in owners.items() if owner == seller]
        for start in range(0, len(mine), AT_ONCE):
            with pace.transaction():
                chosen = Customer.objects.filter(pk__in=mine[start : start + AT_ONCE], owner=None)
                chosen.update(owner=seller, team=seller.team)
    return owners


def _agree(pace: Pace, values: Sequence[CustomerValue], chance: Random, at: datetime) -> None:
    states = ((Consent.State.GIVEN,) * 16) + (Consent.State.WITHDRAWN, Consent.State.REFUSED, None, None)
    said = [(value.customer_id, value.first_order, chance.choice(states)) for value in values]
    rows = [
        Consent(
            customer_id=customer, channel=Consent.Channel.EMAIL, purpose=Consent.Purpose.MARKETING, state=state,
            at=_noon(day, at), proof=_("Made up for the demo: asked at the first order."), source="demo",
        )
        for customer, day, state in said if state is not None
    ]  # fmt: skip
    for start in range(0, len(rows), AT_ONCE):
        with pace.transaction():
            Consent.objects.bulk_create(rows[start : start + AT_ONCE])


def _touches(
    publication: Publication, values: Sequence[CustomerValue], owners: dict[int, User], chance: Random, at: datetime
) -> Iterator[Touch]:
    """A call some days after the last order, a note before it, a catalog a month before the orders end."""
    last_day = publication.as_of
    for place, value in enumerate(values):
        owner = owners.get(value.customer_id)
        if value.first_order <= last_day - timedelta(days=30) and chance.random() < 0.5:
            yield _touch(value, last_day - timedelta(days=30), None, at, kind=Touch.Kind.CATALOG,
                         direction=Touch.Direction.OUT, title=_("Catalog"), campaign=_("Catalog"))  # fmt: skip
        if owner is None or place >= CALLED:
            continue
        outcome, words = chance.choice(_CALLS)
        called_on = min(value.last_order + timedelta(days=chance.randint(1, 9)), last_day)
        yield _touch(value, called_on, owner, at, kind=Touch.Kind.CALL, direction=Touch.Direction.OUT,
                     title=_("After the order"), outcome=outcome, body=words, minutes=chance.randint(2, 12),
        )  # fmt: skip
        if place % 3 == 0:
            yield _touch(value, value.last_order, owner, at, kind=Touch.Kind.NOTE, body=chance.choice(_NOTES))


def _touch(value: CustomerValue, on: date, owner: User | None, at: datetime, **about: object) -> Touch:
    return Touch(
        customer_id=value.customer_id, at=_noon(on, at), actor=owner, created_at=at, is_made_up=True, **about
    )  # fmt: skip


def _tasks(values: Sequence[CustomerValue], owners: dict[int, User], at: datetime) -> list[Task]:
    """Calls to those who are slipping with most at stake, from two days ago on."""
    slipping = [value for value in values if value.group == "slipping" and value.customer_id in owners][:TO_CALL]
    today = timezone.localdate(at)
    found = []
    for place, value in enumerate(slipping):
        owner = owners[value.customer_id]
        found.append(
            Task(
                kind=Task.Kind.CALL, title=_("Ask what keeps them"), customer_id=value.customer_id, owner=owner,
                team=owner.team, due_on=working_day(today + timedelta(days=place % 8 - 2)), reason=value.reason[:255],
                stake=value.residual_value, made_at=at, is_made_up=True,
            )
        )  # fmt: skip
    return found


def _noon(day: date, at: datetime) -> datetime:
    """Midday, but never later than now."""
    return min(datetime.combine(day, time(12), timezone.get_current_timezone()), at)
