"""Publishing: a run's values into the app database in short chunks, then one pointer; killed and run again, the same.

The pages show the publication that `CurrentPublication` points to: the old run or the new one, never a mix. Nobody who
writes waits longer than for one chunk. The one before stays, so that a list that is being paged can be read to its end.
"""

import json
from collections.abc import Callable
from datetime import date, datetime
from typing import Any

import pyarrow as pa
from django.db import transaction
from django.utils import timezone

from keepers.core.errors import KeepersError, NothingToDoError
from keepers.crm.customers.arrivals import bring_customers
from keepers.crm.customers.computed.asking import recount_all
from keepers.crm.customers.holding.copying import copy_lots
from keepers.crm.customers.writing.chunks import Pace
from keepers.crm.people.audit import record
from keepers.crm.people.models import AuditEntry
from keepers.crm.people.roles import Noun
from keepers.crm.portfolio.insight.charts import forget_drawings
from keepers.crm.portfolio.models import CurrentPublication, CustomerValue, Publication, PublishedInsight
from keepers.crm.portfolio.offers.promotions import write_offers
from keepers.crm.portfolio.offers.wallets import remove_wallets, write_wallets
from keepers.crm.portfolio.plan import copies as plan_copies
from keepers.crm.portfolio.plan.copies import write_plan
from keepers.crm.portfolio.prospects.scored import publish_look_alikes
from keepers.crm.portfolio.publishing import copies
from keepers.crm.portfolio.publishing.glance import glance_at
from keepers.crm.portfolio.publishing.stages import move_by_rules, said_of
from keepers.crm.portfolio.queries import current_publication
from keepers.loop.insights.kept import insights_of
from keepers.loop.workspace import Workspace, runs_kept
from keepers.warehouse.delta import PinnedStore
from keepers.warehouse.lock import WriterLock

KEPT_PUBLICATIONS = 2
LOCK_WAIT = 600.0  # seconds for another process that publishes; none takes as long
_JSON = ("parameters", "diagnostics", "input", "base", "backtest", "batches")

Progress = Callable[[str, int, int], None]
"""Told what is being done, which step it is, and how many there are."""


class UnknownRunError(KeepersError):
    """There is no such run to publish."""


def publish(workspace: Workspace, run_id: str | None, at: datetime, progress: Progress | None = None) -> Publication:
    """Show a kept run on the pages.

    Args:
        workspace: where the runs are kept.
        run_id: which; None: the latest.
        at: the moment that is written down.
        progress: told each step; it may raise to stop, which leaves the pages as they were.

    Raises:
        NothingToDoError: no run is kept, or the pages show it already.
        UnknownRunError: no run has this name.
        WriterBusyError: another process is publishing.
    """
    tell, pace = progress or _silent, Pace()
    workspace.folder.mkdir(parents=True, exist_ok=True)
    lock = WriterLock(workspace.folder / "publish.lock", timeout=LOCK_WAIT)
    with workspace.opened() as store, lock.held():
        seen = store.pinned()
        run = _run(seen, run_id)
        _remove_unfinished(pace)
        publication = _begin(run, at)
        tell("customers", 1, 4)
        values = seen.query("values_of_run", run_id=run["run_id"])
        customers = bring_customers(pace, _described(seen, values))
        tell("values", 2, 4)
        rows = copies.with_next_products(values, seen, run["run_id"])
        publication.known = copies.write_values(pace, publication, rows, customers)
        publication.plan = write_plan(pace, publication, seen, values["customer_id"], customers)
        write_offers(pace, publication, seen, values["customer_id"], customers)
        write_wallets(pace, publication, seen, values["customer_id"], customers)
        publication.customers = values.num_rows
        publication.glance = glance_at(values, as_of=publication.as_of)
        tell("insights", 3, 4)
        _write_insights(publication, seen)
        publish_look_alikes(publication, seen, values)
        tell("pages", 4, 4)
        _show(publication, at)
        copy_lots(pace, seen.query("assignments"), values["customer_id"], customers, day=timezone.localdate(at))
        move_by_rules(pace, values, customers, at)
        recount_all(at=at)
        _remove_older(pace)
        forget_drawings(workspace.drawings, set(Publication.objects.values_list("run_id", flat=True)))
    return publication


def publish_plan(workspace: Workspace, run_id: str, at: datetime) -> None:
    """Show the newest plan of the run that the pages show, in place of the one before.

    Raises:
        NothingToDoError: the pages show another run by now, which has a plan of its own.
        WriterBusyError: another process is publishing.
    """
    pace, lock = Pace(), WriterLock(workspace.folder / "publish.lock", timeout=LOCK_WAIT)
    with workspace.opened() as store, lock.held():
        publication = current_publication()
        if publication is None or publication.run_id != run_id:
            raise NothingToDoError("The base was valued anew meanwhile, and planned with it.")
        names, customers = _customers_of(publication)
        if not len(names):
            return
        seen = store.pinned()
        plan = write_plan(pace, publication, seen, names, customers)
        copy_lots(pace, seen.query("assignments"), names, customers, day=timezone.localdate(at))
        with transaction.atomic():
            Publication.objects.filter(pk=publication.pk).update(plan=plan)
            changes = {"plan": plan and plan.plan_id}
            record(at=at, actor=None, verb="publish", noun=Noun.CAMPAIGNS, changes=changes, via=AuditEntry.Via.RULE)
        for older in publication.plans.exclude(pk=plan.pk) if plan else ():
            plan_copies.remove(pace, older)


def show_wallets_anew(workspace: Workspace) -> None:
    """Copy what was learned of wallets since the run that the pages show; nothing where none is shown.

    Raises:
        WriterBusyError: another process is publishing.
    """
    pace, lock = Pace(), WriterLock(workspace.folder / "publish.lock", timeout=LOCK_WAIT)
    with workspace.opened() as store, lock.held():
        publication = current_publication()
        if publication is None:
            return
        names, customers = _customers_of(publication)
        if not len(names):
            return
        remove_wallets(pace, publication)
        write_wallets(pace, publication, store.pinned(), names, customers)


def publish_newest(workspace: Workspace, at: datetime, progress: Progress | None = None) -> Publication | None:
    """Show the newest kept run, unless the pages do already or there is none."""
    if not workspace.exists:
        return None
    try:
        return publish(workspace, None, at, progress)
    except NothingToDoError:
        return None


def _silent(*_: object) -> None:
    """Nobody asked."""


def _run(seen: PinnedStore, run_id: str | None) -> dict[str, Any]:
    runs = {run["run_id"]: run for run in runs_kept(seen)}
    if not runs:
        raise NothingToDoError("There is no run to publish yet. Run: keepers run")
    if run_id is not None and run_id not in runs:
        raise UnknownRunError(f'There is no run "{run_id}". Runs: {", ".join(runs)}.')
    wanted = runs[run_id] if run_id is not None else list(runs.values())[-1]
    current = current_publication()
    if current is not None and current.run_id == wanted["run_id"]:
        raise NothingToDoError(f"The pages show run {current.run_id} already.")
    return wanted


def _customers_of(publication: Publication) -> tuple[pa.Array, pa.Array]:
    """What the run called its customers, and the primary key of each; without those who were forgotten since."""
    rows = CustomerValue.all_of(publication).order_by().values_list("customer__key", "customer_id")
    pairs = list(rows.iterator())
    return pa.array([key for key, _ in pairs], pa.string()), pa.array([customer for _, customer in pairs], pa.int64())


def _remove_unfinished(pace: Pace) -> None:
    for publication in Publication.objects.filter(finished_at=None):
        copies.remove(pace, publication)


def _begin(run: dict[str, Any], at: datetime) -> Publication:
    return Publication.objects.create(
        run_id=run["run_id"],
        as_of=run["as_of"],
        currency=run["currency"] or "",
        grade=run["grade"] or "",
        started_at=at,
        run={name: _plain(name, value) for name, value in run.items()},
    )


def _plain(name: str, value: Any) -> Any:
    """Columns of JSON as what they say, days and moments as they are written."""
    if name in _JSON:
        return None if value is None else json.loads(value)
    return value.isoformat() if isinstance(value, date) else value


def _described(seen: PinnedStore, values: pa.Table) -> pa.Table:
    """What the warehouse knows of the customers of a run."""
    told = seen.query("customer_names").rename_columns({"customer_id": "key"})
    keys = pa.table({"key": values["customer_id"], "row": pa.array(range(values.num_rows))})
    described = keys.join(told, "key").sort_by("row").drop_columns("row")
    return described.append_column("stage", said_of(values["group"]))


def _write_insights(publication: Publication, seen: PinnedStore) -> None:
    with transaction.atomic():
        PublishedInsight.objects.bulk_create(
            PublishedInsight(publication=publication, name=kept.name, by=kept.by or "", answer=kept.answer)
            for kept in insights_of(seen, publication.run_id)
        )


def _show(publication: Publication, at: datetime) -> None:
    """The flip."""
    publication.finished_at = at
    with transaction.atomic():
        publication.save()
        if not CurrentPublication.objects.update(publication=publication, changed_at=at):
            CurrentPublication.objects.create(publication=publication, changed_at=at)
        changes = {"run": publication.run_id, "customers": publication.customers}
        record(at=at, actor=None, verb="publish", noun=Noun.DATA, changes=changes, via=AuditEntry.Via.RULE)


def _remove_older(pace: Pace) -> None:
    for publication in Publication.objects.order_by("-pk")[KEPT_PUBLICATIONS:]:
        copies.remove(pace, publication)
