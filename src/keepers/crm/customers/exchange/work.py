"""What each kind of job does."""

import shutil
from contextlib import suppress
from typing import Any

from django.db import transaction
from django.utils import timezone

from keepers.crm.customers.duplicates.jobs import start_looking
from keepers.crm.customers.exchange import undoing
from keepers.crm.customers.exchange.landing import creating, updating
from keepers.crm.customers.exchange.landing import pieces as landing
from keepers.crm.customers.exchange.landing.deciding import decide
from keepers.crm.customers.exchange.landing.mapped_anew import ReadOtherwise
from keepers.crm.customers.exchange.models import RELATIONS, PeopleImport, Piece
from keepers.crm.customers.exchange.reading import staging
from keepers.crm.customers.exchange.recognising import tables
from keepers.crm.customers.exchange.recognising.apart import apart_as_before
from keepers.crm.customers.exchange.recognising.layout import Table, as_json, from_json, without_cells
from keepers.crm.customers.exchange.recognising.plans import Plan
from keepers.crm.customers.models import CustomField, Tag
from keepers.crm.jobs.actions import BusyError
from keepers.crm.jobs.carrying_out import Teller
from keepers.crm.jobs.models import Job
from keepers.crm.people.audit import record
from keepers.crm.people.models import AuditEntry
from keepers.crm.people.rights import below_json
from keepers.crm.people.roles import Noun

ROWS_AT_ONCE = 5_000


def check(job: Job, tell: Teller) -> dict[str, Any]:
    """Read the files of an import to their ends and count what would become of each row."""
    brought = _for_whoever_asked(PeopleImport.objects.select_related("by").get(check_job=job), job)
    folder = tables.staging_of(brought)
    shutil.rmtree(folder.parent, ignore_errors=True)
    folder.mkdir(parents=True)
    known = list(apart_as_before(from_json(brought.tables), brought.source))
    brought.tables = as_json(known)
    told = staging.stage(brought, known, folder, tell)
    paths = [staging.rows_path(folder, place) for place, table in enumerate(known) if table.is_people]
    owners = landing.owners_in(paths)
    brought.owners = {name: brought.owners.get(name, pk) for name, pk in owners.items()}
    plans, total, done = staging.plans_of(brought, known), sum(each["ready"] for each in told), 0
    for place, plan in plans.items():
        told[place] |= _expected(brought, plan, place, known, lambda rows, done=done: tell(
            "comparing", rows=done + rows, bytes_read=done + rows, bytes_total=total))  # fmt: skip
        done += told[place]["ready"]
    staging.keep_counts(folder, told)
    PeopleImport.objects.filter(pk=brought.pk, check_job=job).update(
        expected=told, owners=brought.owners, tables=brought.tables
    )
    return {"rows": sum(each["read"] for each in told)}


def land(job: Job, tell: Teller) -> dict[str, Any]:
    """Bring an import's rows in; killed anywhere and done again, each row is brought in once."""
    brought = _for_whoever_asked(PeopleImport.objects.select_related("by").get(landing_job=job), job)
    if brought.began_at is None:
        brought.began_at = timezone.now()
        brought.save(update_fields=["began_at"])
    landing.land(brought, tell)
    with transaction.atomic():
        kept = as_json(without_cells(from_json(brought.tables)))
        PeopleImport.objects.filter(pk=brought.pk).update(landed_at=timezone.now(), tables=kept)
        counts = counts_of(brought)
        record(
            at=timezone.now(), actor=brought.by, verb="import", noun=Noun.CUSTOMERS,
            changes={**counts, "import": brought.pk}, via=AuditEntry.Via.IMPORT,
        )  # fmt: skip
    shutil.rmtree(tables.folder_of(brought) / "files", ignore_errors=True)
    staging.remove_rows(tables.staging_of(brought))
    if brought.by is not None and counts["created"] + counts["updated"]:
        with suppress(BusyError):  # somebody is looking already, and is told what came too
            start_looking(by=brought.by, at=timezone.now())
    return counts


def undo(job: Job, tell: Teller) -> dict[str, Any]:
    """Take an import back; killed anywhere and done again, it goes on where it was."""
    brought = PeopleImport.objects.get(undo_job=job)
    undoing.undo(brought, tell, at=timezone.now(), forced=bool(job.asked.get("forced")))
    with transaction.atomic():
        PeopleImport.objects.filter(pk=brought.pk).update(undone_at=timezone.now())
        record(
            at=timezone.now(), actor=job.asked_by, verb="undo", noun=Noun.CUSTOMERS,
            changes={"import": brought.pk, "left alone": len(brought.left_alone)}, via=AuditEntry.Via.IMPORT,
        )  # fmt: skip
    shutil.rmtree(tables.folder_of(brought) / "files", ignore_errors=True)
    return {"left_alone": len(brought.left_alone)}


def counts_of(brought: PeopleImport) -> dict[str, int]:
    """What became of the rows of an import, all tables together."""
    found = dict.fromkeys(("created", "updated", "same", "refused"), 0)
    for piece in Piece.objects.filter(of=brought).exclude(stage=RELATIONS).values(*found):
        for name in found:
            found[name] += piece[name]
    found["refused"] += sum(told["refused"] for told in brought.expected)
    return found


def _for_whoever_asked(brought: PeopleImport, job: Job) -> PeopleImport:
    """The import, its rights no more than those by which the job was asked for."""
    if brought.by is not None:
        brought.by = below_json(brought.by, job.asked.get("below"))
    return brought


def _expected(brought: PeopleImport, plan: Plan, place: int, known: list[Table], tell: Any) -> dict[str, int]:
    """How many rows of a table would be created, updated, left as they are, refused."""
    folder = tables.staging_of(brought)
    fields = {field.key: field for field in CustomField.objects.filter(noun="customers")}
    kinds = staging.kinds_of_fields(known)
    for number, custom in enumerate(plan.customs, start=1):
        fields.setdefault(custom.key, CustomField(pk=-number, key=custom.key, kind=kinds.get(custom.key, custom.kind)))
    owners = {name: pk for name, pk in brought.owners.items() if pk is not None}
    bringing = creating.Bringing(brought, plan, fields, owners, {}, brought.at)
    tags, otherwise = dict(Tag.objects.values_list("name", "pk")), ReadOtherwise(brought, plan.table)
    counts, done = dict.fromkeys(("created", "updated", "same", "refused_then"), 0), 0
    skip = staging.repeats_of(folder, place)
    for _number, rows in staging.pieces_of(staging.rows_path(folder, place), rows=ROWS_AT_ONCE, skip=skip):
        decided = decide(brought, plan, rows, brought.by, otherwise)
        meant = creating.ToldRows.of(bringing, rows[list(decided.known)])
        customers = list(decided.known.values())
        changes = updating.changes_of(bringing, meant, customers, tags, filled=decided.filled)
        counts["created"] += len(decided.new)
        counts["updated"] += len(changes)
        counts["same"] += len(decided.unchanged) + len(decided.known) - len(changes)
        counts["refused_then"] += len(decided.refused)
        done += rows.height
        tell(done)
    return counts
