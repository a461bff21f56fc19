"""What happens before the first page is served: tables, values, the first link."""

import logging
import os
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import django

from keepers.core.errors import KeepersError
from keepers.warehouse.lock import WriterLock
from keepers.web.environment import START_LOCK

LOG = logging.getLogger(__name__)
SETTINGS = "keepers.web.settings"
PATIENCE = 120.0  # seconds for another process that readies the same workspace


class NewerDatabaseError(KeepersError):
    """A newer Keepers wrote the app database."""


class AppDatabaseError(KeepersError):
    """The app database cannot be used."""


class NobodyThereError(KeepersError):
    """No account that may sign in has the address that a link was asked for."""


def make_ready(say: Callable[[str], None], *, at: datetime) -> None:
    """Bring the app database up to date, tell jobs that died from those at work, and publish the newest run if need be.

    Safe to repeat, and for two processes at once. A run that cannot be published keeps no page from being served.

    Raises:
        NewerDatabaseError: a newer Keepers wrote the app database.
        AppDatabaseError: it cannot be read or written.
        WriterBusyError: another process has been readying the workspace for a long time.
    """
    bring_up_to_date()
    from keepers.crm.customers.timeline.mailing import settle_unsure
    from keepers.crm.jobs.carrying_out import settle_abandoned
    from keepers.crm.portfolio.publishing.publish import publish_newest
    from keepers.web.settings import WORKSPACE

    settle_abandoned()
    settle_unsure(at=at)
    ask_for_what_waits(at=at)
    try:
        published = publish_newest(WORKSPACE, at=at)
    except KeepersError as error:
        say(f"The pages stay as they were: {error}")
    else:
        if published is not None:
            say(f"Published run {published.run_id}: {published.customers:,} customers.")


def ask_for_what_waits(*, at: datetime) -> None:
    """Have the worker look for all that is on its way: whoever wrote it may have died before they asked.

    What a start and each new web process do. Asking twice is as asking once.
    """
    from keepers.crm.customers.acquisitions import ask_for_telling as ask_for_acquisitions
    from keepers.crm.customers.capture.visiting import ask_for_ending
    from keepers.crm.customers.computed.asking import ask_for_counting
    from keepers.crm.customers.duplicates.keys import ask_for_telling as ask_for_keys
    from keepers.crm.customers.timeline.outbox import ask_for_draining
    from keepers.crm.inbox.draining import ask_for_draining as ask_for_the_inbox
    from keepers.crm.webhooks.telling import ask_where_somebody_listens
    from keepers.crm.work.planning import ask_for_planning
    from keepers.crm.work.reminding import ask_for_digests

    ask_for_draining(at)
    ask_for_the_inbox(at)
    ask_for_ending(at)
    ask_for_counting(at)
    ask_where_somebody_listens()
    ask_for_acquisitions(at)
    ask_for_keys(at)
    ask_for_planning(at)
    ask_for_digests(at)


def ask_beside_others() -> None:
    """The same from a thread that lives on: where the database is away, whoever starts next asks again."""
    from django.db import DatabaseError, connection
    from django.utils import timezone

    try:
        ask_for_what_waits(at=timezone.now())
    except DatabaseError as error:
        LOG.warning("What waits could not be asked for: %s", error)
    finally:
        connection.close()


def bring_up_to_date() -> None:
    """Give the app database today's tables.

    Raises:
        NewerDatabaseError: a newer Keepers wrote the app database.
        AppDatabaseError: it cannot be read or written.
        WriterBusyError: another process has been readying the workspace for a long time.
    """
    set_up()
    from django.conf import settings

    _migrate(WriterLock(settings.WORKSPACE.folder / START_LOCK, timeout=PATIENCE))


def first_link(*, at: datetime, for_demo: bool = False) -> str | None:
    """The path of the link that lets the first administrator in; None where there is one already."""
    set_up()
    from django.urls import reverse

    from keepers.crm.people.actions import offer_welcome
    from keepers.crm.people.models import User

    if not for_demo and User.objects.exists():
        return None
    return reverse("welcome", args=[offer_welcome(at=at, for_demo=for_demo)])


def link_back(email: str, *, at: datetime) -> str:
    """The path of a link that lets somebody in again who has lost their second step: without it, with a new password.

    Raises:
        NobodyThereError: no account that may sign in has this address.
    """
    set_up()
    from django.db import transaction
    from django.urls import reverse

    from keepers.crm.people.actions import offer_invitation
    from keepers.crm.people.audit import record
    from keepers.crm.people.models import AuditEntry, User
    from keepers.crm.people.roles import Noun

    found = User.objects.filter(email__iexact=email, is_active=True).first()
    if found is None:
        raise NobodyThereError(f"Nobody who may sign in has the address {email}. Name another with --way-in.")
    with transaction.atomic():
        record(at=at, actor=None, verb="invite", noun=Noun.PEOPLE, thing=found, via=AuditEntry.Via.COMMAND)
        return reverse("welcome", args=[offer_invitation(found, at=at)])


def set_up() -> None:
    """Load Django with our settings, once."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", SETTINGS)
    django.setup()


def _migrate(lock: WriterLock) -> None:
    from django.core.management import call_command
    from django.db import DatabaseError

    try:
        with lock.held():
            _keep_from_others()
            _refuse_newer()
            call_command("migrate", verbosity=0, interactive=False)
    except (DatabaseError, OSError) as error:
        raise AppDatabaseError(
            f"The app database cannot be used ({error}). Look at the rights and the room of its disk; if the file is "
            "damaged, put back a copy."
        ) from error


def _keep_from_others() -> None:
    """A new database file, which will hold people's names, is for this account alone; SQLite's side files follow it."""
    from django.db import connection

    if connection.vendor == "sqlite":
        path = Path(connection.settings_dict["NAME"])
        if not path.exists():
            path.touch(mode=0o600)


def _refuse_newer() -> None:
    from django.db import connection
    from django.db.migrations.loader import MigrationLoader

    from keepers.web.new_database import ours

    loader = MigrationLoader(connection)
    strange = loader.applied_migrations.keys() - loader.disk_migrations.keys()
    unknown = sorted(f"{app} {name}" for app, name in strange if app in ours())
    if unknown:
        raise NewerDatabaseError(
            "Another version of Keepers, most likely a newer one, wrote the app database (it has "
            f"{', '.join(unknown)}). Install that version again, or put back a copy of the workspace from before."
        )
