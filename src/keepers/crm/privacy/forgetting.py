"""Forgetting: what would go, and how it goes in both stores, a step at a time that may be done again.

First the tombstones, so that nothing of theirs comes in meanwhile; then files on their way in; then every row of the
app database in one transaction; then files; last the warehouse, which waits for whoever reads it. The row of
`Forgetting` knows who is meant until all of it is done, so a process that dies anywhere leaves what the next one needs.
"""

import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import connection, transaction
from django.utils.translation import gettext as _

from keepers.crm.customers.actions.attachments import place_of
from keepers.crm.customers.exchange import actions as people_imports
from keepers.crm.customers.exchange.models import PeopleImport
from keepers.crm.customers.exchange.queries import TEXTS as OF_KEPT_RECORDS
from keepers.crm.customers.exchange.reading.staging import remove_rows
from keepers.crm.customers.exchange.recognising.tables import folder_of, staging_of
from keepers.crm.customers.finding import words
from keepers.crm.customers.models import Attachment, Customer
from keepers.crm.customers.timeline.queries import TEXTS as OF_TOUCHES
from keepers.crm.customers.writing.chunks import Pace
from keepers.crm.data import actions as imports
from keepers.crm.data.models import Upload
from keepers.crm.inbox.texts import TEXTS as OF_WHAT_PROGRAMS_SENT
from keepers.crm.jobs.actions import BusyError
from keepers.crm.jobs.models import Job
from keepers.crm.people.audit import record
from keepers.crm.people.roles import Noun
from keepers.crm.privacy.models import Forgetting, Takeout
from keepers.crm.privacy.people import Person, called, known_of, person_of, rows_about
from keepers.crm.privacy.sweeping import blank_audit, mentions, sweep
from keepers.crm.work.queries import TEXTS as OF_TASKS
from keepers.loop import forgetting as warehouse
from keepers.loop.forgetting import Subject, tally

Tell = Callable[[str], None]
_TEXTS = (OF_TOUCHES, OF_TASKS, OF_KEPT_RECORDS, OF_WHAT_PROGRAMS_SENT)
_INDEXES_OF_WORDS = ("customers_words", *(f"{texts.table}_words" for texts in _TEXTS))


@dataclass(frozen=True, slots=True)
class Preview:
    """What would go.

    who: as it is kept until it is done
    app: rows of the app database by what they are
    warehouse: rows of its tables
    waiting: imports on their way, which would be let go: nobody looks into their files
    """

    who: Mapping[str, Any]
    app: Mapping[str, int]
    warehouse: Mapping[str, int]
    waiting: int

    def as_json(self, *, keep_orders: bool) -> dict[str, int]:
        """What goes, as it is told afterwards."""
        rows = {name: count for name, count in self.warehouse.items() if not (keep_orders and name == "order_lines")}
        return {**self.app, **rows}


def preview(person: Person) -> Preview:
    """What forgetting would do; nothing is changed."""
    subject, about = known_of(person), rows_about(person.numbers)
    with settings.WORKSPACE.opened() as store:
        rows = tally(store, subject)
    app = {called(model): len(pks) for model, pks in about.items()}
    waiting = Upload.objects.filter(landed_at=None, let_go_at=None).count()
    waiting += PeopleImport.objects.filter(began_at=None, let_go_at=None).count()
    return Preview(_who(person, subject), app, rows, waiting)


def _who(person: Person, subject: Subject) -> dict[str, Any]:
    files = Attachment.objects.filter(customer__in=person.numbers).values_list("stored_as", flat=True)
    takeouts = Takeout.objects.filter(customer__in=person.numbers).values_list("stored_as", flat=True)
    return subject.as_kept() | {"numbers": person.numbers, "attachments": list(files), "takeouts": list(takeouts)}


def refuse_half_way() -> None:
    """Refuse while rows are being brought in, or stay half-way.

    Raises:
        BusyError: an import is not at its end.
    """
    if Upload.objects.filter(landing_job__state__in=Job.OPEN).exists():
        raise BusyError(_("An import of orders is being brought in just now. Wait until that is done, then go on."))
    half = PeopleImport.objects.filter(began_at__isnull=False, landed_at=None, undone_at=None).first()
    if half is not None:
        told = _("The import of people %(number)s is half-way. Bring it to its end or take it back, then go on.")
        raise BusyError(told % {"number": half.pk})


def carry_on(forgetting: Forgetting, tell: Tell, *, at: datetime, via: str = "") -> None:
    """Do all that is left to do.

    Raises:
        BusyError: an import is not at its end.
        KeepersError: the warehouse is busy; what is done stays done.
    """
    if forgetting.done_at is not None:
        return
    _learn_more(forgetting)
    who, workspace = forgetting.who, settings.WORKSPACE
    subject, numbers = Subject.from_kept(who), list(who["numbers"])
    refuse_half_way()
    raised = warehouse.raise_tombstones(workspace, subject, at=forgetting.at)
    tell("forgetting")
    _let_imports_go(subject, at)
    _take_rows_out(forgetting, subject, numbers)
    for stored in who["attachments"]:
        place_of(stored).unlink(missing_ok=True)
    for stored in who["takeouts"]:
        (workspace.takeouts / stored).unlink(missing_ok=True)
    shutil.rmtree(workspace.drawings, ignore_errors=True)  # they are drawn again from what is left
    gone = warehouse.forget(workspace, subject, keep_orders=forgetting.keep_orders, at=forgetting.at, tell=tell)
    _take_out_who_came_back(forgetting, subject)
    _end(forgetting, subject, {"tombstones": raised, "order_lines": gone.renamed}, at=at, via=via)


def _learn_more(forgetting: Forgetting) -> None:
    """Add what became known of them since it was asked."""
    customer = Customer.everyone.filter(pk=forgetting.number).first()
    if customer is None:
        return
    person = person_of(customer)
    now = _who(person, known_of(person))
    forgetting.who = {
        name: [*told, *(each for each in forgetting.who[name] if each not in told)] for name, told in now.items()
    }
    forgetting.save(update_fields=["who"])


def _let_imports_go(subject: Subject, at: datetime) -> None:
    """Files on their way in go unread; of those that came in, rows that were set aside lose their text."""
    for upload in Upload.objects.filter(landed_at=None, let_go_at=None):
        imports.let_go(upload, at=at)
    for brought in PeopleImport.objects.filter(let_go_at=None):
        if brought.began_at is None:
            people_imports.let_go(brought, at=at)
            continue
        remove_rows(staging_of(brought))  # those of imports from before that was done as they landed
        for path in (folder_of(brought) / "staging").rglob("*.parquet"):
            warehouse.blank(path, "text", subject.words)
    for folder in settings.WORKSPACE.abandoned():
        shutil.rmtree(folder, ignore_errors=True)


def _take_rows_out(forgetting: Forgetting, subject: Subject, numbers: list[int]) -> None:
    _overwrite_what_goes()
    with transaction.atomic():
        about = rows_about(numbers)
        blanked = blank_audit(about, subject)
        sweep(subject, numbers)
        for model, pks in about.items():
            if model is not Customer:
                model._base_manager.filter(pk__in=pks).delete()
        for number in numbers:  # those who were merged come first
            Customer.everyone.filter(pk=number).delete()
        forgetting.left = forgetting.left | {"audit": forgetting.left.get("audit", 0) + blanked}
        forgetting.save(update_fields=["left"])
    _squeeze()


def _take_out_who_came_back(forgetting: Forgetting, subject: Subject) -> None:
    """A publication that saw the warehouse as it was may have brought them anew; whatever saw that has ended by now."""
    came = Customer.everyone.filter(key__in=subject.names.ids, created_at=None)
    if numbers := list(came.values_list("pk", flat=True)):
        _take_rows_out(forgetting, subject, numbers)


def _end(forgetting: Forgetting, subject: Subject, left: Mapping[str, int], *, at: datetime, via: str) -> None:
    """Say what went and what is left, and forget who it was."""
    named = mentions(subject)
    told = forgetting.left | left | {"mentions": named}
    forgetting.left = {name: count for name, count in told.items() if count}
    forgetting.who, forgetting.done_at = {}, at
    with transaction.atomic():
        forgetting.save(update_fields=["left", "who", "done_at"])
        nameless = Customer(pk=forgetting.number)
        changes = {"gone": forgetting.gone, "left": forgetting.left}
        record(at=at, actor=forgetting.by, verb="erase", noun=Noun.CUSTOMERS, thing=nameless, changes=changes, via=via)


def _overwrite_what_goes() -> None:
    """Let SQLite write over rows that go; elsewhere that is the database's own business."""
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA secure_delete = ON")


def _squeeze() -> None:
    """Take out of the indexes of words what rows that went were found by, and empty the log that SQLite keeps."""
    if connection.vendor == "sqlite":
        pace = Pace()
        for index in _INDEXES_OF_WORDS:
            words.write_anew(pace, index)
        if not connection.in_atomic_block:
            with connection.cursor() as cursor:
                cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
