"""Who is told of what: kept, changed, tried, told again."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from secrets import token_hex
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import Max, QuerySet
from django.utils.translation import gettext as _

from keepers.core.errors import KeepersError
from keepers.crm.people.audit import differences, record
from keepers.crm.people.models import AuditEntry, User
from keepers.crm.people.roles import Noun
from keepers.crm.webhooks.events import trial
from keepers.crm.webhooks.kinds import OFFERED
from keepers.crm.webhooks.models import Delivery, Subscription
from keepers.crm.webhooks.reaching import check_address
from keepers.crm.webhooks.telling import ask_for_telling

FIELDS = ("name", "url", "kinds", "is_active")
BOTH_SIGN_FOR = timedelta(hours=24)


class NoSuchKindError(KeepersError):
    """Nothing of this kind can be listened to."""


def subscribe(*, name: str, url: str, kinds: Sequence[str], by: User, at: datetime) -> Subscription:
    """Tell an address of what happens from now on.

    Args:
        name: what it is called here.
        url: where it is.
        kinds: of what it is told; none: of everything.
        by: who wants it.
        at: when.

    Raises:
        ForbiddenAddressError: nothing is sent there.
        NoSuchKindError: nothing of a kind can be listened to.
    """
    _refuse(url, kinds)
    with transaction.atomic():
        newest = AuditEntry.objects.aggregate(newest=Max("pk"))["newest"] or 0
        made = Subscription.objects.create(
            name=name, url=url, kinds=list(kinds), salt=token_hex(16), since=newest, made_by=by, made_at=at
        )
        changes = {"url": [None, url], "kinds": [None, list(kinds)]}
        record(at=at, actor=by, verb="create", noun=Noun.SETTINGS, thing=made, changes=changes)
    return made


def change(subscription: Subscription, fields: Mapping[str, Any], *, by: User, at: datetime) -> None:
    """Write some of `FIELDS` anew. What waited while it was not told goes out when it is again.

    Raises:
        ForbiddenAddressError: nothing is sent there.
        NoSuchKindError: nothing of a kind can be listened to.
    """
    wanted = {name: fields[name] for name in FIELDS if name in fields}
    _refuse(wanted.get("url", subscription.url), wanted.get("kinds", subscription.kinds))
    differs = differences({name: getattr(subscription, name) for name in wanted}, wanted, wanted)
    if not differs:
        return
    with transaction.atomic():
        Subscription.objects.filter(pk=subscription.pk).update(**wanted, failures=0, rests_until=None)
        record(at=at, actor=by, verb="edit", noun=Noun.SETTINGS, thing=subscription, changes=differs)
        transaction.on_commit(ask_for_telling)
    subscription.refresh_from_db()


def rotate(subscription: Subscription, *, by: User, at: datetime) -> None:
    """Give it a new secret; for a day the old one signs too, so that the receiver can be changed meanwhile."""
    with transaction.atomic():
        subscription.generation += 1
        subscription.old_secret_until = at + BOTH_SIGN_FOR
        subscription.save(update_fields=["generation", "old_secret_until"])
        record(at=at, actor=by, verb="rotate", noun=Noun.SETTINGS, thing=subscription)


def remove(subscription: Subscription, *, by: User, at: datetime) -> None:
    """Tell it nothing more, and forget what it was told."""
    with transaction.atomic():
        record(at=at, actor=by, verb="delete", noun=Noun.SETTINGS, thing=subscription)
        subscription.delete()


def try_out(subscription: Subscription, *, at: datetime) -> Delivery:
    """Send it something that says nothing."""
    event = trial(f"ping_{token_hex(8)}", at.isoformat())
    with transaction.atomic():
        Subscription.objects.filter(pk=subscription.pk).update(rests_until=None)
        tried = Delivery.objects.create(
            subscription=subscription, event=event.name, kind=event.kind, body=event.body, due_at=at, made_at=at
        )
        transaction.on_commit(ask_for_telling)
    return tried


def send_again(subscription: Subscription, deliveries: QuerySet[Delivery], *, by: User, at: datetime) -> int:
    """Tell once more what ended: given up on, or delivered and lost there. How many they are."""
    ended = (Delivery.State.DEAD, Delivery.State.DELIVERED)
    with transaction.atomic():
        again = deliveries.filter(subscription=subscription, state__in=ended).update(
            state=Delivery.State.WAITING, attempts=0, due_at=at, ended_at=None, problem="", status=None
        )
        if again:
            Subscription.objects.filter(pk=subscription.pk).update(rests_until=None)
            record(at=at, actor=by, verb="replay", noun=Noun.SETTINGS, thing=subscription, changes={"tellings": again})
            transaction.on_commit(ask_for_telling)
    return again


def _refuse(url: str, kinds: Sequence[str]) -> None:
    check_address(url, allowed=settings.WEBHOOK_HOSTS)
    known = [name for name, _label in OFFERED]
    if unknown := sorted(set(kinds) - set(known)):
        raise NoSuchKindError(
            _("Nothing of the kind %(unknown)s can be listened to. Kinds: %(known)s.")
            % {"unknown": ", ".join(unknown), "known": ", ".join(known)}
        )
