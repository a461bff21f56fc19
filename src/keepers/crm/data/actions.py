"""What changes imports, runs and assumptions: each action one transaction, with who and when."""

import shutil
from collections.abc import Iterable, Mapping, Sequence
from contextlib import ExitStack
from datetime import datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.urls import reverse
from django.utils.translation import gettext as _

from keepers.crm.data import folders, tasks
from keepers.crm.data.heads import choices_as_options, heads_as_rows
from keepers.crm.data.models import AssumptionSet, ImportAct, Upload
from keepers.crm.data.queries import ASSUMED, current_set, fields_of, open_job
from keepers.crm.jobs import handed_in
from keepers.crm.jobs.actions import BusyError, ask, cancel
from keepers.crm.jobs.models import Job
from keepers.crm.jobs.receiving import KEPT_FOR, RECEIVING
from keepers.crm.people.audit import differences, record
from keepers.crm.people.models import User
from keepers.crm.people.roles import Noun
from keepers.ingest.heads import heads_of
from keepers.ingest.report import ImportOptions
from keepers.loop.currency import keep_rates
from keepers.loop.imports.importing import switch

if TYPE_CHECKING:
    from django.core.files.uploadedfile import UploadedFile

SWITCH_LOCK_TIMEOUT = 5.0  # a page waits for another writer no longer


def begin_upload(received: "Iterable[UploadedFile[Any]]", *, by: User, at: datetime) -> Upload:
    """Take files in and look at their heads; uploads that nobody went on with are let go."""
    clear_old_uploads(at=at)
    last = Upload.objects.filter(landed_at__isnull=False).first()
    upload = Upload.objects.create(by=by, at=at, timezone=last.timezone if last else "UTC")
    with ExitStack() as unless_done:
        unless_done.callback(let_go, upload, at=at)
        paths = folders.take_in(upload, received)
        upload.heads = heads_as_rows(heads_of(paths, ImportOptions()))
        upload.save(update_fields=["heads"])
        unless_done.pop_all()
    return upload


def leave_file_out(upload: Upload, name: str, *, at: datetime) -> None:
    """Take one file out of an upload; an earlier check of it is void.

    Raises:
        BusyError: the files are being brought in.
    """
    _void_check(upload, at=at)
    for path in folders.files_of(upload):
        if path.name == name:
            path.unlink(missing_ok=True)
    joined = any(head["holds"] == "heads" for head in upload.heads)
    upload.heads = [head for head in upload.heads if head["name"] != name]
    if joined:  # what is left of them stands by itself
        _look_anew(upload)
    upload.save(update_fields=["heads", "mapping", "aside"])


def choose_sheets(upload: Upload, name: str, sheets: Sequence[str], *, at: datetime) -> None:
    """Read other sheets of one workbook; what was decided about its columns, and an earlier check, are void.

    Raises:
        BusyError: the files are being brought in.
    """
    _void_check(upload, at=at)
    upload.sheets = upload.sheets | {name: list(sheets)}
    _look_anew(upload)
    upload.save(update_fields=["sheets", "heads", "mapping", "aside"])


def choose_joining(upload: Upload, *, joins: bool, at: datetime) -> None:
    """Read heads and lines of orders as one, or each by itself; what was decided about columns, and a check, are void.

    Raises:
        BusyError: the files are being brought in.
    """
    _void_check(upload, at=at)
    upload.joins = joins
    _look_anew(upload)
    upload.save(update_fields=["joins", "heads", "mapping", "aside"])


def _look_anew(upload: Upload) -> None:
    """Recognise the columns once more; what was decided about them is void."""
    options = ImportOptions(sheets=upload.sheets, joins=upload.joins)
    upload.heads = heads_as_rows(heads_of(folders.files_of(upload), options))
    upload.mapping, upload.aside = {}, []


def choose_columns(upload: Upload, chosen: Mapping[str, str], answers: Mapping[str, str], *, at: datetime) -> None:
    """Keep how the files are to be read; an earlier check of them is void.

    Args:
        upload: the files.
        chosen: header → column, empty for a header that is to be left aside.
        answers: source, dates, duplicates and time zone.
        at: when.

    Raises:
        BusyError: the files are being brought in.
    """
    _void_check(upload, at=at)
    upload.mapping, upload.aside = choices_as_options(upload, chosen)
    for name, answer in answers.items():
        setattr(upload, name, answer)
    upload.save(update_fields=["mapping", "aside", *answers])


def let_go(upload: Upload, *, at: datetime) -> None:
    """Forget an upload and remove its files; a check of them is asked to stop.

    Raises:
        BusyError: the files are being brought in.
    """
    _void_check(upload, at=at)
    upload.let_go_at = at
    upload.save(update_fields=["let_go_at"])
    folders.clear(upload)


def clear_old_uploads(*, at: datetime) -> None:
    """Let go what nobody went on with for a week, files of jobs too, and parts that never came to their end."""
    left = Upload.objects.filter(landed_at=None, let_go_at=None, at__lt=at - KEPT_FOR)
    for upload in left.exclude(landing_job__state__in=Job.OPEN):
        let_go(upload, at=at)
    handed_in.clear_old(at=at)
    for part in folders.workspace().uploads.glob(f"{RECEIVING}*"):
        if part.stat().st_mtime < (at - timedelta(days=1)).timestamp():
            part.unlink(missing_ok=True)


def start_check(upload: Upload, *, by: User, at: datetime) -> Job:
    """Have the files read to the end; an earlier check of them is void.

    Raises:
        BusyError: the files are being brought in.
    """
    with transaction.atomic():
        _as_it_is_now(upload)
        _void_check(upload, at=at)
        job = ask(Job.Kind.CHECK, by=by, at=at, home=upload.get_absolute_url())
        upload.check_job = job
        upload.save(update_fields=["check_job"])
        tasks.check_files.enqueue(job.pk)
    return job


def start_landing(upload: Upload, *, by: User, at: datetime) -> Job:
    """Have a checked upload brought in, once however often that is asked for."""
    with transaction.atomic():
        _as_it_is_now(upload)
        if upload.landing_job is not None and (upload.landing_job.is_open or not upload.is_open):
            return upload.landing_job
        job = ask(Job.Kind.LANDING, by=by, at=at, home=upload.get_absolute_url())
        upload.landing_job = job
        upload.save(update_fields=["landing_job"])
        tasks.land_files.enqueue(job.pk)
        record(at=at, actor=by, verb="import", noun=Noun.DATA, thing=upload)
    return job


def switch_import(batch_id: str, *, active: bool, by: User, at: datetime) -> None:
    """Undo an import, or take the undo back.

    Raises:
        NothingToDoError: it is in that state already.
        UnknownImportError: there is no such import.
        WriterBusyError: something else is being written just now.
    """
    with folders.workspace().opened(lock_timeout=SWITCH_LOCK_TIMEOUT) as store:
        switch(store, batch_id, active=active, at=at)
    act = ImportAct.Act.ON if active else ImportAct.Act.OFF
    with transaction.atomic():
        ImportAct.objects.create(batch_id=batch_id, act=act, by=by, at=at)
        changes = {"import": batch_id, "active": [not active, active]}
        record(at=at, actor=by, verb="edit", noun=Noun.DATA, changes=changes)


def start_run(*, by: User, at: datetime, again: bool = False) -> Job:
    """Have the base valued and published.

    Raises:
        BusyError: a run is under way.
    """
    with transaction.atomic():
        if open_job(Job.Kind.RUN) is not None:
            raise BusyError(_("The base is being valued already; wait until that is done."))
        job = ask(Job.Kind.RUN, {"again": again}, by=by, at=at, home=reverse("runs"))
        tasks.value_now.enqueue(job.pk)
        record(at=at, actor=by, verb="value", noun=Noun.DATA, thing=job)
    return job


def start_preview(fields: Mapping[str, Any], *, by: User, at: datetime) -> Job:
    """Have a look taken at what other assumptions would change."""
    with transaction.atomic():
        wanted = {name: fields[name] for name in ASSUMED} | {"instead_of": fields_of(current_set())}
        job = ask(Job.Kind.PREVIEW, wanted, by=by, at=at)
        job.home = reverse("assumption_preview", args=[job.pk])
        job.save(update_fields=["home"])
        tasks.preview_assumptions.enqueue(job.pk)
    return job


def save_assumptions(fields: Mapping[str, Any], *, by: User, at: datetime) -> AssumptionSet:
    """Let other assumptions count from now on."""
    before, after = fields_of(current_set()), {name: fields[name] for name in ASSUMED}
    with transaction.atomic():
        kept = AssumptionSet.objects.create(**after, set_by=by, set_at=at)
        changes = differences(before, after, ASSUMED)
        record(at=at, actor=by, verb="edit", noun=Noun.SETTINGS, thing=kept, changes=changes)
    return kept


def bring_rates(received: "UploadedFile[Any]", *, to: str, by: User, at: datetime) -> None:
    """Keep a table of exchange rates for all valuations to come; `to` is the currency that it converts to.

    Raises:
        InvalidRatesError: it is none.
        WriterBusyError: something else is being written just now.
    """
    with TemporaryDirectory(prefix=folders.RATES_FOLDER) as folder:
        path = Path(folder) / "rates.csv"
        with path.open("wb") as kept:
            shutil.copyfileobj(received, kept)
        with folders.workspace().opened(lock_timeout=SWITCH_LOCK_TIMEOUT) as store:
            keep_rates(store, path, to=to or None)
    record(at=at, actor=by, verb="import", noun=Noun.SETTINGS, changes={"rates": [None, to]})


def _as_it_is_now(upload: Upload) -> None:
    """What others did to it meanwhile; they wait until this transaction ends."""
    upload.refresh_from_db(from_queryset=Upload.objects.select_for_update())


def _void_check(upload: Upload, *, at: datetime) -> None:
    if upload.landing_job is not None and upload.landing_job.is_open:
        raise BusyError(_("These files are being brought in just now; wait until that is done."))
    if upload.check_job is not None and upload.check_job.is_open:
        cancel(upload.check_job, at=at)
    upload.check_job, upload.batch_id = None, ""
    upload.save(update_fields=["check_job", "batch_id"])
