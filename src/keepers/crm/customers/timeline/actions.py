"""What people do to a timeline: each action one transaction, with its outbox and audit rows."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from keepers.core.errors import KeepersError
from keepers.crm.customers.computed.asking import changed
from keepers.crm.customers.holding.asking import holds_against
from keepers.crm.customers.holding.models import HeldReached, Hold
from keepers.crm.customers.models import Consent, ContactPoint, Customer
from keepers.crm.customers.timeline.mailing import hand_over
from keepers.crm.customers.timeline.models import Mail, Touch
from keepers.crm.customers.timeline.outbox import tell_warehouse
from keepers.crm.people.audit import differences, record
from keepers.crm.people.models import User
from keepers.crm.people.roles import Role

ANSWERED_WITHIN = timedelta(days=14)  # after the customer came to us, a letter is an answer
FIELDS = ("kind", "direction", "at", "title", "body", "outcome", "campaign", "minutes", "cost")


class ForeignTouchError(KeepersError):
    """A touch that an import brought is not changed here."""


class NoAddressError(KeepersError):
    """There is no e-mail address that can be used."""


class StillHeldError(KeepersError):
    """An experiment holds the customer out of what was to be sent."""


class NoConsentError(KeepersError):
    """The customer does not want to be written to."""


def add_touch(customer: Customer, *, by: User | None, at: datetime, via: str = "", **about: Any) -> Touch:
    """Put an act on a customer's timeline.

    Args:
        customer: whose timeline.
        by: who tells it; None for a rule.
        at: when it is told.
        via: the way it came, where that is not the way by which who tells it came in.
        about: any of `FIELDS`; without `at` of its own the act happened when it is told.
    """
    happened = about.pop("happened_at", None) or at
    with transaction.atomic():
        touch = Touch.objects.create(customer=customer, actor=by, at=happened, created_at=at, **about)
        tell_warehouse(touch, at=at)
        changed([touch.customer_id], at=at)
        record(at=at, actor=by, verb="create", noun="touches", thing=touch, changes=_told(touch), via=via)
    return touch


def edit_touch(touch: Touch, *, by: User, at: datetime, changes: Mapping[str, Any]) -> Touch:
    """Correct an act; the warehouse learns it as a new version.

    Raises:
        ForeignTouchError: an import brought it.
    """
    _refuse_foreign(touch)
    with transaction.atomic():
        before = _told(touch)
        for name in FIELDS:
            if name in changes:
                setattr(touch, name, changes[name])
        differs = differences(before, _told(touch), FIELDS)
        if differs:
            touch.version += 1
            touch.save()
            tell_warehouse(touch, at=at)
            changed([touch.customer_id], at=at)
            record(at=at, actor=by, verb="edit", noun="touches", thing=touch, changes=differs)
    return touch


def remove_touch(touch: Touch, *, by: User, at: datetime) -> None:
    """Take an act off the timeline; its row stays, marked, and the warehouse learns that it does not count.

    Raises:
        ForeignTouchError: an import brought it.
    """
    _refuse_foreign(touch)
    with transaction.atomic():
        touch.removed_at, touch.version = at, touch.version + 1
        touch.save(update_fields=["removed_at", "version"])
        tell_warehouse(touch, at=at)
        changed([touch.customer_id], at=at)
        record(at=at, actor=by, verb="delete", noun="touches", thing=touch)


def restore_touch(touch: Touch, *, by: User, at: datetime) -> None:
    """Put an act that was taken off the timeline on it again; the warehouse learns that it counts."""
    with transaction.atomic():
        touch.removed_at, touch.version = None, touch.version + 1
        touch.save(update_fields=["removed_at", "version"])
        tell_warehouse(touch, at=at)
        changed([touch.customer_id], at=at)
        record(at=at, actor=by, verb="undo", noun="touches", thing=touch)


def write_mail(customer: Customer, *, by: User, at: datetime, title: str, body: str, though_held: str = "") -> Touch:
    """Put a letter by e-mail on the timeline and have the worker send it.

    Args:
        customer: to whom.
        by: who writes.
        at: when.
        title: its subject.
        body: its text.
        though_held: why it goes to somebody whom an experiment holds out of it; an owner or manager may say so.

    Raises:
        NoAddressError: no address of the customer can be used.
        NoConsentError: the customer refused e-mail for service, which a letter from a person is.
        StillHeldError: the customer is held out of it by lot; whoever answers a letter of theirs may.
    """
    to = _address_of(customer)
    _refuse_unwanted(customer)
    held = _holds(customer, at)
    if held and not (though_held.strip() and may_reach_held(by)):
        raise StillHeldError(_still_held(customer, held))
    with transaction.atomic():
        for hold in held:
            about = {"experiment": hold.experiment, "kind": Touch.Kind.EMAIL, "reason": though_held.strip()[:255]}
            HeldReached.objects.create(customer=customer, by=by, at=at, **about)
            record(at=at, actor=by, verb="reach held", noun="touches", thing=customer, changes=about)
        touch = add_touch(
            customer, by=by, at=at, kind=Touch.Kind.EMAIL, direction=Touch.Direction.OUT, title=title, body=body
        )
        hand_over(Mail.objects.create(touch=touch, to=to))
    return touch


def may_reach_held(user: User) -> bool:
    """Whether somebody may send a letter to who is held out of it, with a reason that is kept."""
    return user.role in {Role.OWNER, Role.MANAGER}


def _holds(customer: Customer, at: datetime) -> list[Hold]:
    """What the letter would break; nothing where the customer wrote or called first, for then it is an answer.

    A visit of the firm's site, which lasts some minutes, asks nothing; a form that was sent from there may.
    """
    came = Touch.objects.filter(customer=customer, direction=Touch.Direction.IN, removed_at=None)
    came = came.exclude(kind=Touch.Kind.WEB, minutes__isnull=False)
    if came.filter(at__gte=at - ANSWERED_WITHIN, at__lte=at).exists():
        return []
    return holds_against(customer.pk, Touch.Kind.EMAIL, timezone.localdate(at))


def _still_held(customer: Customer, held: list[Hold]) -> str:
    until = max((hold.until for hold in held if hold.until), default=None)
    if until is None:
        return _("%(name)s is held out by lot, so that what reaching people brings can be measured.") % {
            "name": customer
        }
    return _("%(name)s is held out by lot until %(day)s, so that what it brings can be measured.") % {
        "name": customer,
        "day": f"{until:%Y-%m-%d}",
    }


def _told(touch: Touch) -> dict[str, Any]:
    """What the audit log keeps of a touch."""
    found = {name: getattr(touch, name) for name in FIELDS}
    return {name: value if isinstance(value, int | None) else str(value) for name, value in found.items()}


def _refuse_foreign(touch: Touch) -> None:
    if touch.source:
        raise ForeignTouchError(
            _("%(source)s knows this act, so it is changed there and brought in again.") % {"source": touch.source}
        )


def _address_of(customer: Customer) -> str:
    points = ContactPoint.objects.filter(customer=customer, kind=ContactPoint.Kind.EMAIL, problem="")
    found = points.order_by("position", "pk").values_list("value", flat=True).first()
    address = found or ("" if ContactPoint.objects.filter(customer=customer, kind="email").exists() else customer.email)
    if not address:
        raise NoAddressError(_("There is no e-mail address of %(name)s that can be used.") % {"name": customer})
    return address


def _refuse_unwanted(customer: Customer) -> None:
    refused = Consent.objects.filter(
        customer=customer,
        channel=Consent.Channel.EMAIL,
        purpose=Consent.Purpose.SERVICE,
        is_latest=True,
        state__in=Consent.REFUSALS,
    ).first()
    if refused is not None:
        raise NoConsentError(
            _("%(name)s does not want e-mail: %(state)s on %(day)s. Call or write a letter.")
            % {"name": customer, "state": refused.get_state_display(), "day": f"{refused.at:%Y-%m-%d}"}
        )
