"""Django's `migrate`, which gives an empty database today's tables at once."""

from typing import Any

from django.core.management.base import no_translations
from django.core.management.commands import migrate
from django.core.management.sql import emit_post_migrate_signal, emit_pre_migrate_signal
from django.db import connections

from keepers.web import new_database

STEP_BY_STEP = ("app_label", "migration_name", "fake", "fake_initial", "plan", "check_unapplied", "prune")


class Command(migrate.Command):
    """Migrations one after the other are for a database that has something, and for whoever names one."""

    @no_translations
    def handle(self, *args: Any, **options: Any) -> None:
        """Bring the database up to date."""
        connection = connections[options["database"]]
        if any(options[name] for name in STEP_BY_STEP) or not new_database.is_empty(connection):
            super().handle(*args, **options)
            return
        signal = (options["verbosity"], options["interactive"], connection.alias)
        emit_pre_migrate_signal(*signal)
        new_database.make_tables(connection)
        emit_post_migrate_signal(*signal)
