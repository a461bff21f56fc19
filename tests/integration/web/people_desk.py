"""Imports of people as somebody at a browser walks them, and dumps to compare before and after."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from desk import Desk, work
from django.apps import apps
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.urls import reverse
from django.utils import timezone

from keepers.crm.customers import acquisitions
from keepers.crm.customers.exchange import actions
from keepers.crm.customers.exchange.models import PeopleImport
from keepers.crm.customers.exchange.queries import accounts_of, totals_of
from keepers.crm.customers.models import AcquisitionTold
from keepers.crm.customers.timeline.outbox import drain

OF_IMPORTS = {"exchange.PeopleImport", "exchange.Piece", "exchange.RefusedRow", "exchange.SavedMapping", "jobs.Job",
              "people.ApiToken", "people.AuditEntry", "django_tasks_database.DBTaskResult",
              "sessions.Session"}  # fmt: skip


def uploaded(desk: Desk, *files: Path) -> PeopleImport:
    """Step 1 in the browser."""
    sent = [SimpleUploadedFile(file.name, file.read_bytes()) for file in files]
    answer = desk.client.post(reverse("new_people_import"), {"documents": sent})
    assert answer.status_code == 302, answer.content.decode()
    return PeopleImport.objects.get(pk=int(answer.headers["Location"].split("/")[3]))


def brought(desk: Desk, files: Iterable[Path], **settings: Any) -> PeopleImport:
    """All steps at once."""
    began = actions.begin(list(files), by=desk.user, at=timezone.now())
    for name, value in settings.items():
        setattr(began, name, value)
    began.save()
    return landed(desk, began)


def landed(desk: Desk, began: PeopleImport) -> PeopleImport:
    """Checked and brought in."""
    actions.start_check(began, by=desk.user, at=timezone.now())
    work()
    began.refresh_from_db()
    assert began.check_job is not None
    assert began.check_job.state == "done", began.check_job.error
    actions.start_landing(began, by=desk.user, at=timezone.now())
    work()
    began.refresh_from_db()
    assert began.landing_job is not None
    assert began.landing_job.state == "done", began.landing_job.error
    return began


def undone(desk: Desk, began: PeopleImport, *, forced: bool = False) -> PeopleImport:
    """Taken back."""
    actions.start_undo(began, by=desk.user, at=timezone.now(), forced=forced)
    work()
    began.refresh_from_db()
    assert began.undo_job is not None
    assert began.undo_job.state == "done", began.undo_job.error
    return began


def totals(began: PeopleImport) -> dict[str, int]:
    """Rows read, and what became of them."""
    return totals_of(accounts_of(began))


def dump() -> dict[str, list[tuple[Any, ...]]]:
    """Every row of every table but the imports' own, the log and keys, and the words that customers are found by.

    When a key was used last is told every minute, so it moves by itself.

    The warehouse knows by then what it was to be told: on a busy machine the worker may have told it of an import
    before that is taken back, or not yet. Of how customers came what was told last counts, not which telling it was.
    """
    acquisitions.tell(at=timezone.now())
    drain(at=timezone.now())
    found: dict[str, list[Any]] = {
        model._meta.label: list(model._base_manager.order_by("pk").values_list())
        for model in apps.get_models(include_auto_created=True)
        if model._meta.label not in OF_IMPORTS
    }
    found["customers.AcquisitionTold"] = list(AcquisitionTold.objects.order_by("pk").values_list("customer", "told"))
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.execute("SELECT rowid, * FROM customers_words ORDER BY rowid")
            found["words"] = cursor.fetchall()
    return found
