"""What people do with imports of people: each action one transaction."""

import shutil
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.utils.translation import gettext as _

from keepers.core.errors import KeepersError, NothingToDoError
from keepers.crm.customers.exchange import tasks
from keepers.crm.customers.exchange.models import PeopleImport, SavedMapping
from keepers.crm.customers.exchange.reading.staging import is_whole
from keepers.crm.customers.exchange.recognising import tables
from keepers.crm.customers.exchange.recognising.fields import filling
from keepers.crm.customers.exchange.recognising.headers import whole_stem_of
from keepers.crm.customers.exchange.recognising.layout import ASIDE, OF_FILES, OLD_FIELD, Table, as_json, from_json
from keepers.crm.customers.exchange.recognising.plans import ADDRESS_PARTS, CONSENTS, CONTACTS, RELATIONS
from keepers.crm.customers.exchange.undo_rights import refuse_undoing
from keepers.crm.customers.locking import ADDRESSES, locked_of_customers
from keepers.crm.customers.models import CustomField, Firm
from keepers.crm.customers.typed import OF_FIELDS
from keepers.crm.jobs.actions import BusyError, ask, cancel
from keepers.crm.jobs.models import Job
from keepers.crm.jobs.receiving import KEPT_FOR
from keepers.crm.people.models import User
from keepers.crm.people.rights import ceiling_as_json

if TYPE_CHECKING:
    from pathlib import Path

    from django.core.files.uploadedfile import UploadedFile

SETTINGS = ("source", "mode", "empty", "stage", "dates", "region", "consent_source")


class NoSourceError(KeepersError):
    """Columns say what people agreed to, and nobody has said where they did."""


def begin(received: "Iterable[UploadedFile[Any] | Path]", *, by: User | None, at: datetime) -> PeopleImport:
    """Take files in and recognise the tables in them; imports that nobody went on with are let go."""
    clear_old(at=at)
    firm = Firm.objects.first()
    brought = PeopleImport.objects.create(by=by, at=at, region=firm.country if firm else "")
    with ExitStack() as unless_done:
        unless_done.callback(let_go, brought, at=at)
        tables.take_in(brought, received)
        system, found, problems = tables.look_at(tables.files_of(brought))
        known = map(_known_fields, found)
        found = [_as_decided_before(table, signature) for table, signature in _with_signatures([*known])]
        brought.system, brought.problems = system, [list(problem) for problem in problems]
        brought.tables = as_json(_without_locked(by, found))
        brought.source = system or OF_FILES
        brought.consent_source = _("export of %(system)s") % {"system": system.title()} if system else ""
        brought.save()
        unless_done.pop_all()
    return brought


def choose(
    brought: PeopleImport, decided: Sequence[Table], settings: Mapping[str, Any], *, by: User | None, at: datetime
) -> None:
    """Keep what the tables and columns are, and how they are brought in; an earlier check is void.

    Raises:
        BusyError: the rows are being brought in.
    """
    decided = _without_locked(by, decided)
    with transaction.atomic():
        _void_check(brought, at=at)
        brought.tables = as_json(decided)
        for name in SETTINGS:
            if name in settings:
                setattr(brought, name, settings[name])
        brought.save()
        for table, signature in _with_signatures(decided):
            SavedMapping.objects.update_or_create(
                signature=signature,
                defaults={
                    "noun": table.noun, "columns": {column.header: column.role for column in table.columns},
                    "identity": table.identity, "by": by, "at": at,
                },
            )  # fmt: skip


def choose_owners(brought: PeopleImport, owners: Mapping[str, int | None]) -> None:
    """Say who the owners are that the files name."""
    brought.owners = {**brought.owners, **owners}
    brought.save(update_fields=["owners"])


def start_check(brought: PeopleImport, *, by: User | None, at: datetime) -> Job:
    """Have the files read to their ends; an earlier check is void.

    Raises:
        BusyError: the rows are being brought in.
        NoSourceError: there are columns of consent, and nobody has said where it was given.
    """
    with transaction.atomic():
        job = queued_check(brought, by=by, at=at)
        tasks.check_people.enqueue(job.pk)
    return job


def queued_check(brought: PeopleImport, *, at: datetime, by: User | None = None) -> Job:
    """The job of a check, to be carried out by whoever asks.

    Raises:
        BusyError: the rows are being brought in.
        NoSourceError: there are columns of consent, and nobody has said where it was given.
    """
    people = [table for table in from_json(brought.tables) if table.is_people]
    if not brought.consent_source.strip() and any(col.role in CONSENTS for table in people for col in table.columns):
        raise NoSourceError(
            _("Columns say what people agreed to, which needs proof: say where they did, or leave them aside.")
        )
    with transaction.atomic():
        _void_check(brought, at=at)
        job = ask(Job.Kind.PEOPLE_CHECK, _below(by), by=by, at=at, home=brought.get_absolute_url())
        brought.check_job = job
        brought.save(update_fields=["check_job"])
    return job


def start_landing(brought: PeopleImport, *, by: User | None, at: datetime) -> Job:
    """Have a checked import brought in, once however often that is asked for; one that was stopped goes on.

    Raises:
        NothingToDoError: it was not checked, or was taken back, or is about to be.
    """
    with transaction.atomic():
        brought.refresh_from_db(from_queryset=PeopleImport.objects.select_for_update())
        if brought.landing_job is not None and (brought.landing_job.is_open or brought.landed_at is not None):
            return brought.landing_job
        if brought.undo_job is not None:
            raise NothingToDoError(_("This import was taken back. Upload its files again to bring them in."))
        if brought.check_job is None or not is_whole(tables.staging_of(brought)):
            raise NothingToDoError(_("These files were not checked to their ends. Have them checked first."))
        job = queued_landing(brought, by=by, at=at)
        tasks.land_people.enqueue(job.pk)
    return job


def queued_landing(brought: PeopleImport, *, at: datetime, by: User | None = None) -> Job:
    """The job of a landing, to be carried out by whoever asks."""
    with transaction.atomic():
        job = ask(Job.Kind.PEOPLE_LANDING, _below(by), by=by, at=at, home=brought.get_absolute_url())
        brought.landing_job = job
        brought.save(update_fields=["landing_job"])
    return job


def start_undo(brought: PeopleImport, *, by: User | None, at: datetime, forced: bool = False) -> Job:
    """Have an import taken back; one of which a part came in before it was stopped too.

    Raises:
        BusyError: it is being brought in.
        NothingToDoError: it was taken back already, or nothing of it came in.
        PermissionDenied: whoever asks may not do to its customers what taking it back does.
    """
    if by is not None:
        refuse_undoing(by, brought, forced=forced)
    with transaction.atomic():
        brought.refresh_from_db(from_queryset=PeopleImport.objects.select_for_update())
        if brought.undo_job is not None and brought.undo_job.is_open:
            return brought.undo_job
        job = queued_undo(brought, by=by, at=at, forced=forced)
        tasks.undo_people.enqueue(job.pk)
    return job


def queued_undo(brought: PeopleImport, *, at: datetime, by: User | None = None, forced: bool = False) -> Job:
    """The job of an undo, to be carried out by whoever asks.

    Raises:
        BusyError: it is being brought in.
        NothingToDoError: it was taken back already, or nothing of it came in.
    """
    if brought.landing_job is not None and brought.landing_job.is_open:
        raise BusyError(_("These rows are being brought in just now; wait until that is done, or cancel it."))
    if brought.began_at is None or (brought.undone_at is not None and not (forced and brought.left_alone)):
        raise NothingToDoError(_("There is nothing to take back."))
    with transaction.atomic():
        if brought.undone_at is not None:
            brought.pieces.update(undone_at=None)
        job = ask(Job.Kind.PEOPLE_UNDO, {"forced": forced}, by=by, at=at, home=brought.get_absolute_url())
        brought.undo_job, brought.left_alone = job, []
        brought.save(update_fields=["undo_job", "left_alone"])
    return job


def let_go(brought: PeopleImport, *, at: datetime) -> None:
    """Forget an import of which nothing came in, and remove its files.

    Raises:
        BusyError: it is being brought in.
    """
    _void_check(brought, at=at)
    brought.let_go_at = at
    brought.save(update_fields=["let_go_at"])
    shutil.rmtree(tables.folder_of(brought), ignore_errors=True)


def clear_old(*, at: datetime) -> None:
    """Let go what nobody went on with for a week."""
    for brought in PeopleImport.objects.filter(began_at=None, let_go_at=None, at__lt=at - KEPT_FOR):
        if brought.landing_job is None or not brought.landing_job.is_open:
            let_go(brought, at=at)


def _below(by: User | None) -> dict[str, Any]:
    """What keeps whoever asks down, such as the key by which they came: the worker does no more than that."""
    return {"below": None if by is None else ceiling_as_json(by)}


def _void_check(brought: PeopleImport, *, at: datetime) -> None:
    if brought.landing_job is not None and brought.landing_job.is_open:
        raise BusyError(_("These rows are being brought in just now; wait until that is done."))
    if brought.began_at is not None:
        raise BusyError(_("Rows of this import came in already. Take it back, and upload its files again."))
    if brought.check_job is not None and brought.check_job.is_open:
        cancel(brought.check_job, at=at)
    brought.check_job, brought.expected = None, []
    brought.save(update_fields=["check_job", "expected"])


def _known_fields(table: Table) -> Table:
    """Columns that would make a custom field that is there fill that one."""
    known = set(CustomField.objects.filter(noun="customers", removed_at=None).values_list("key", flat=True))
    keys = filling(table.columns, known)
    columns = tuple(
        replace(column, role=f"{OLD_FIELD}{keys[column.header]}") if column.header in keys else column
        for column in table.columns
    )
    return replace(table, columns=columns) if table.is_people else table


def _with_signatures(tables: Sequence[Table]) -> list[tuple[Table, str]]:
    """The tables, each with what it is known again by: its headers, and its name where others have the same."""
    count = Counter(table.signature for table in tables)
    return [
        (table, table.signature if count[table.signature] == 1 else table.signature_with(whole_stem_of(table)))
        for table in tables
    ]


def _as_decided_before(table: Table, signature: str) -> Table:
    """The table as somebody decided when a file with these headers came last."""
    saved = SavedMapping.objects.filter(signature=signature).first()
    if saved is None:
        return table
    columns = tuple(
        replace(column, role=saved.columns.get(column.header, column.role), why=_("as was decided the last time"))
        if saved.columns.get(column.header, column.role) != column.role
        else column
        for column in table.columns
    )
    return replace(table, noun=saved.noun, columns=columns, identity=saved.identity or table.identity)


def _without_locked(by: User | None, decided: Sequence[Table]) -> list[Table]:
    """Columns that somebody may not change are left aside."""
    locked = locked_of_customers(by) if by is not None else frozenset()
    if not locked:
        return list(decided)
    return [
        replace(
            table,
            columns=tuple(
                replace(column, role=ASIDE) if _field_of(column.role) in locked else column for column in table.columns
            ),
        )
        if table.is_people
        else table
        for table in decided
    ]


def _field_of(role: str) -> str:
    """The field of customers that a column with this role writes."""
    if role.startswith(OLD_FIELD):
        return f"{OF_FIELDS}{role.removeprefix(OLD_FIELD)}"
    if role.removesuffix("_other") in ADDRESS_PARTS:
        return ADDRESSES
    beside = dict.fromkeys(CONSENTS, "consent") | dict.fromkeys(RELATIONS, "relations")
    return (beside | {name: kind for name, kind, _label in CONTACTS}).get(role, role)
