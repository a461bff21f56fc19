"""What changes privacy: asking for a file of all that is known, to forget somebody, to let them in again."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import uuid4

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext as _

from keepers.core.errors import KeepersError, NothingToDoError
from keepers.crm.customers.models import Customer, ExternalKey
from keepers.crm.inbox.models import InboxItem
from keepers.crm.jobs.actions import BusyError, ask
from keepers.crm.jobs.models import Job
from keepers.crm.people.audit import record, taken_away
from keepers.crm.people.models import User
from keepers.crm.people.roles import Noun
from keepers.crm.privacy import tasks
from keepers.crm.privacy.forgetting import preview, refuse_half_way
from keepers.crm.privacy.models import Forgetting, Takeout
from keepers.crm.privacy.people import dialled, person_of
from keepers.loop.forgetting import take_tombstones_away
from keepers.warehouse.tombstones import Kind, Mark


class NotConfirmedError(KeepersError):
    """Whoever asked has not said whom they mean."""


def start_takeout(customer: Customer, *, by: User, at: datetime, home: str) -> Takeout:
    """Have everything that is known of a customer written into a file."""
    with transaction.atomic():
        takeout = Takeout.objects.create(customer=customer, by=by, at=at, stored_as=f"{uuid4().hex}.zip")
        takeout.job = ask(Job.Kind.TAKEOUT, {"takeout": takeout.pk}, by=by, at=at, home=home)
        takeout.save(update_fields=["job"])
        taken_away(by, Noun.CUSTOMERS, at=at, what=str(takeout), thing=customer)
        tasks.take_out.enqueue(takeout.job.pk)
    return takeout


def start_forgetting(
    customer: Customer,
    *,
    confirmed: str,
    keep_orders: bool,
    by: User | None,
    at: datetime,
    via: str = "",
) -> Forgetting:
    """Have somebody forgotten, with all customers who were found to be them.

    Args:
        customer: who.
        confirmed: their id, as whoever asks has written it.
        keep_orders: whether the lines of their orders stay under a pseudonym.
        by: who asks.
        at: when.
        via: the way it came.

    Raises:
        NotConfirmedError: that is another id.
        BusyError: an import is not at its end, or they are being forgotten already.
    """
    with transaction.atomic():
        forgetting = queued_forgetting(customer, confirmed=confirmed, keep_orders=keep_orders, by=by, at=at, via=via)
        _enqueue(forgetting)
    return forgetting


def queued_forgetting(
    customer: Customer, *, confirmed: str, keep_orders: bool, by: User | None, at: datetime, via: str
) -> Forgetting:
    """The same, to be carried out by whoever asks.

    Raises:
        NotConfirmedError: that is another id.
        BusyError: an import is not at its end, or they are being forgotten already.
    """
    if confirmed.strip() != customer.key:
        raise NotConfirmedError(
            _('Write the customer id, "%(key)s", to say that you mean them.') % {"key": customer.key}
        )
    refuse_half_way()
    if Forgetting.objects.filter(number=customer.pk, done_at=None).exists():
        raise BusyError(_("They are being forgotten already."))
    found = preview(person_of(customer))
    with transaction.atomic():
        gone = found.as_json(keep_orders=keep_orders)
        forgetting = Forgetting.objects.create(
            number=customer.pk, by=by, at=at, keep_orders=keep_orders, who=dict(found.who), gone=gone
        )
        _with_job(forgetting, by=by, at=at)
        changes = {"customer": customer.pk, "keep_orders": keep_orders}
        record(at=at, actor=by, verb="ask to forget", noun=Noun.PRIVACY, thing=forgetting, changes=changes, via=via)
    return forgetting


def go_on(forgetting: Forgetting, *, by: User | None, at: datetime) -> None:
    """Have it gone on with where it stopped.

    Raises:
        NothingToDoError: it is done.
        BusyError: it is under way.
    """
    if forgetting.done_at is not None:
        raise NothingToDoError(_("They are forgotten already."))
    with transaction.atomic():
        if forgetting.job is not None and forgetting.job.is_open:
            raise BusyError(_("That is under way already."))
        _with_job(forgetting, by=by, at=at)
        _enqueue(forgetting)


def let_in_again(kind: Kind, text: str, *, source: str, by: User, at: datetime) -> int:
    """Let whoever is known by this come in again, because they came back themselves; how many tombstones went.

    Raises:
        NothingToDoError: nobody who was forgotten was known by that.
    """
    marks = list(dialled(text)) if kind == "phone" else [Mark(kind, text)]
    marks += [Mark(kind, text, source)] if source else []
    count = take_tombstones_away(settings.WORKSPACE, marks, sources=sources_told())
    if not count:
        raise NothingToDoError(_("Nobody who was forgotten was known by that."))
    record(at=at, actor=by, verb="let in again", noun=Noun.PRIVACY, changes={"tombstones": count})
    return count


def sources_told() -> set[str]:
    """The sources that the app knows, whether the warehouse still has rows of theirs or not."""
    told = (ExternalKey.objects.values_list("source", flat=True), InboxItem.objects.values_list("source", flat=True))
    return {source for sources in told for source in sources.order_by().distinct()}


def as_told(forgetting: Forgetting) -> Mapping[str, Any]:
    """A forgetting for programs."""
    return {
        "id": forgetting.pk,
        "customer": forgetting.number,
        "at": forgetting.at,
        "state": "done" if forgetting.done_at else forgetting.job.state if forgetting.job else "waiting",
        "keep_orders": forgetting.keep_orders,
        "gone": forgetting.gone,
        "left": forgetting.left,
        "done_at": forgetting.done_at,
        "error": forgetting.job.error if forgetting.job else "",
    }


def _with_job(forgetting: Forgetting, *, by: User | None, at: datetime) -> None:
    forgetting.job = ask(Job.Kind.FORGETTING, {}, by=by, at=at, home=forgetting.get_absolute_url())
    forgetting.save(update_fields=["job"])


def _enqueue(forgetting: Forgetting) -> None:
    job = forgetting.job
    assert job is not None
    tasks.forget.enqueue(job.pk)
