"""Changes to more customers than a page waits for: all that a list finds, by the worker, and their undoing."""

from datetime import datetime
from typing import Any, Protocol

from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import QuerySet
from django.http import QueryDict
from django.utils import timezone
from django.utils.module_loading import import_string
from django.utils.translation import gettext as _
from django_tasks import task

from keepers.core.errors import NothingToDoError
from keepers.crm.customers.actions import bulk
from keepers.crm.customers.actions.acts import Act
from keepers.crm.customers.locking import refuse_locked
from keepers.crm.customers.models import BulkEdit, Customer
from keepers.crm.customers.written import undoable
from keepers.crm.jobs.actions import ask
from keepers.crm.jobs.carrying_out import JobCancelledError, Teller, carry_out
from keepers.crm.jobs.models import Job
from keepers.crm.lists.listing import Listing
from keepers.crm.people.models import User
from keepers.crm.people.rights import below_json, ceiling_as_json

MOST_AT_ONCE = 20_000  # customers that a page waits for


class Matching(Protocol):
    """A list of customers."""

    def __call__(self, user: User, query: str) -> tuple[Listing, QuerySet[Customer]]:
        """What a query asks of it, and those of whom it finds whom the user may change."""


def matching(user: User, among: str, query: str) -> QuerySet[Customer]:
    """Those whom a user may change of all that a list finds.

    Args:
        user: who asks.
        among: the list, of `LISTS_OF_CUSTOMERS`.
        query: of its address.
    """
    return _list_called(among)(user, query)[1]


def refuse_unread(user: User, among: str, query: str) -> None:
    """Refuse a query of which the list would pass over anything, as it would then find more than was meant.

    Raises:
        BulkEditError: it says what.
    """
    listing, _found = _list_called(among)(user, query)
    if unknown := sorted(name for name in QueryDict(query) if not listing.knows(name)):
        raise bulk.BulkEditError(f"The list has no parameter {', '.join(unknown)}.")
    if listing.problems:
        raise bulk.BulkEditError(" ".join(listing.problems))


def start(act: Act, field: str, value: Any, *, among: str, query: str) -> BulkEdit:
    """Have the worker write one field of all that a list finds.

    Raises:
        BulkEditError: there is no such field.
        WrongValueError: it is no value of the custom field.
    """
    assert act.by is not None, "somebody asks for it"
    with transaction.atomic():
        edit = bulk.begin(act, field, value, among=among, query=query)
        act.note("ask to edit", None, {field: [None, edit.says], "bulk_edit": edit.pk})
        _ask(edit, ceiling_as_json(act.by), at=act.at)
    return edit


def start_undoing(act: Act, edit: BulkEdit) -> None:
    """Have the worker give each customer back what they had.

    Raises:
        BulkEditError: it was undone already, or is still being written.
    """
    assert act.by is not None, "somebody asks for it"
    with transaction.atomic():
        bulk.begin_undoing(act, edit)
        edit.undone_at = act.at
        _ask(edit, ceiling_as_json(act.by), at=act.at)


def go_on(edit: BulkEdit, *, at: datetime) -> None:
    """Have it gone on with where it was stopped.

    Raises:
        NothingToDoError: it is done, or under way.
    """
    with transaction.atomic():
        found = bulk.held_fast(edit)
        if found.job is None or not found.job.may_start_again:
            raise NothingToDoError(_("There is nothing left to do."))
        _ask(found, found.job.asked["below"], at=at)


@task
def write_for_many(job_id: int) -> None:
    """What the worker does."""
    carry_out(job_id, _work)


def _list_called(among: str) -> Matching:
    found: Matching = import_string(settings.LISTS_OF_CUSTOMERS[among])
    return found


def _ask(edit: BulkEdit, below: dict[str, Any] | None, *, at: datetime) -> None:
    """A job that does no more than whoever asked for it might."""
    kind = Job.Kind.BULK_EDIT if edit.undone_at is None else Job.Kind.BULK_UNDO
    asked = {"bulk_edit": edit.pk, "below": below}
    edit.job = job = ask(kind, asked, by=edit.by, at=at, home=edit.get_absolute_url())
    edit.save(update_fields=["job"])
    write_for_many.enqueue(job.pk)


def _work(job: Job, tell: Teller) -> dict[str, Any]:
    """Write it, or give it back, by the rights that whoever asked has now."""
    edit = BulkEdit.objects.select_related("by").get(pk=job.asked["bulk_edit"])
    assert edit.by is not None, "somebody asked for it"
    user = below_json(edit.by, job.asked["below"])
    act = Act(user, timezone.now())
    try:
        _write(act, user, edit, tell)
    except JobCancelledError:
        edit.refresh_from_db()
        bulk.note(act, edit)
        raise
    except PermissionDenied as denied:
        raise bulk.BulkEditError(str(denied)) from denied
    bulk.note(act, edit)
    return {"changed": edit.changed, "left": edit.left}


def _write(act: Act, user: User, edit: BulkEdit, tell: Teller) -> None:
    stage = "changing" if edit.undone_at is None else "undoing"

    def told(done: int, of: int) -> None:
        tell(stage, rows=done, bytes_read=done, bytes_total=of)

    if edit.undone_at is None:
        refuse_locked(user, [bulk.locked_with(edit.field)])
        bulk.carry_on(act, matching(user, edit.among, edit.query), edit, told)
    else:
        bulk.give_back(act, undoable(user, edit, at=act.at), edit, told)
