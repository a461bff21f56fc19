"""What each kind of job does."""

from contextlib import suppress
from dataclasses import asdict
from datetime import datetime
from functools import partial
from typing import Any

from django.db import transaction
from django.utils import timezone

from keepers.core.errors import NothingToDoError
from keepers.crm.approvals.barring import barred_on
from keepers.crm.data import folders
from keepers.crm.data.models import ImportAct, Upload
from keepers.crm.data.queries import NO_HOLDOUT, current_request, fields_asked, request_from, with_promotions
from keepers.crm.jobs.carrying_out import Teller
from keepers.crm.jobs.models import Job
from keepers.crm.people.audit import record
from keepers.crm.people.roles import Noun
from keepers.crm.portfolio.publishing.publish import publish, publish_newest
from keepers.ingest.report import ImportOptions, Progress
from keepers.loop.comparison import knows_all, outcome_at_margin, outcome_kept, outcome_of
from keepers.loop.experiments.running import measure_running
from keepers.loop.imports.importing import land, prepare_import
from keepers.loop.imports.staged import keep_prepared, prepared_in, without_folders
from keepers.loop.plans.kept import plan_newest_without, plan_run
from keepers.loop.runs import compute_run, keep_run
from keepers.loop.tombstones import forgotten_in
from keepers.loop.workspace import Workspace, runs_kept

LOCK_TIMEOUT = 600.0  # a job may wait for another writer; a page may not


def check_files(job: Job, tell: Teller) -> dict[str, Any]:
    """Read the files of an upload to the end and say what importing them would do."""
    upload = Upload.objects.get(check_job=job)

    def progress(told: Progress) -> None:
        tell(told.stage, rows=told.rows, bytes_read=told.bytes_read, bytes_total=told.bytes_total)

    folder = folders.begin_staging(upload)
    with folders.workspace().opened() as store:
        prepared = prepare_import(
            store,
            folders.files_of(upload),
            options=options_of(upload),
            into=folder,
            progress=progress,
            forgotten=partial(forgotten_in, folders.workspace()),
        )
    keep_prepared(prepared, folder)
    Upload.objects.filter(pk=upload.pk, check_job=job).update(batch_id=prepared.batch_id)
    return {"batch_id": prepared.batch_id}


def land_files(job: Job, tell: Teller) -> dict[str, Any]:
    """Bring a checked upload into the warehouse; killed anywhere and done again, it lands once."""
    upload = Upload.objects.get(landing_job=job)
    prepared = without_folders(prepared_in(folders.staging_of(upload)))
    tell("landing", rows=prepared.imported.report.rows_accepted)
    at = timezone.now()
    landed_before = suppress(NothingToDoError)  # and its process died before it could say so
    with folders.workspace().opened(lock_timeout=LOCK_TIMEOUT) as store, landed_before:
        land(folders.workspace(), store, prepared, at=at)
    with transaction.atomic():
        ImportAct.objects.create(batch_id=prepared.batch_id, act=ImportAct.Act.LANDED, by=job.asked_by, at=at)
        Upload.objects.filter(pk=upload.pk).update(landed_at=at)
        changes = {"import": prepared.batch_id, "source": prepared.imported.report.source}
        rows = {"rows": prepared.imported.report.rows_accepted}
        record(at=at, actor=job.asked_by, verb="land", noun=Noun.DATA, thing=upload, changes=changes | rows)
    folders.clear(upload)
    return {"batch_id": prepared.batch_id}


def value_now(job: Job, tell: Teller) -> dict[str, Any]:
    """Value the base, keep the run and publish it."""

    def publishing(step: str, number: int, steps: int) -> None:
        tell("publishing", rows=0, bytes_read=number, bytes_total=steps)

    workspace, at = folders.workspace(), timezone.now()
    tell("reading")
    try:
        with workspace.opened(lock_timeout=LOCK_TIMEOUT, to_value=True) as store:
            request = current_request(again=bool(job.asked.get("again")))
            run = compute_run(store, request, started_at=at, costs=workspace.costs, tell=tell)
            tell("keeping")
            keep_run(store, run)
            measure_running(store, as_of=run.as_of, measured_at=at)
            plan_run(store, run, costs=workspace.costs, **barred_on(timezone.localdate(at)))
    except NothingToDoError:
        _finish_what_died(workspace, at)
        raise
    tell("publishing")
    publish(workspace, run.run_id, at, publishing)
    return {"run_id": run.run_id}


def _finish_what_died(workspace: Workspace, at: datetime) -> None:
    """Plan and show a run that was kept by a process that died before it did."""
    if workspace.exists:
        with workspace.opened(lock_timeout=LOCK_TIMEOUT, to_value=True) as store:
            plan_newest_without(store, costs=workspace.costs, made_at=at, **barred_on(timezone.localdate(at)))
    publish_newest(workspace, at=at)


def preview_assumptions(job: Job, tell: Teller) -> dict[str, Any]:
    """Value the base with other assumptions, and keep nothing but what would change."""
    with folders.workspace().opened(to_value=True) as store:
        tell("reading")
        request = with_promotions(request_from(fields_asked(job.asked) | {"holdout": NO_HOLDOUT}, again=True))
        before = next(reversed(runs_kept(store)), None)
        same_history = before is not None and knows_all(store, before)
        after = outcome_at_margin(store, before, request.assumptions) if before and same_history else None
        currency = before["currency"] if before else None
        if after is None:
            run = compute_run(store, request, started_at=timezone.now(), tell=tell)
            after, currency = outcome_of(run), run.assumptions.currency
        return {
            "currency": currency,
            "after": asdict(after),
            "before": asdict(outcome_kept(store, before)) if before else None,
            "before_run": before["run_id"] if before else None,
            "same_history": same_history,
        }


def options_of(upload: Upload) -> ImportOptions:
    """How the upload's files are to be read."""
    return ImportOptions(
        mapping=upload.mapping,
        aside=tuple(upload.aside),
        sheets=upload.sheets,
        joins=upload.joins,
        dates=upload.dates,  # type: ignore[arg-type]  # the form allows no others
        duplicates=upload.duplicates,  # type: ignore[arg-type]
        timezone=upload.timezone,
        source=upload.source,
        on_page=True,
    )
