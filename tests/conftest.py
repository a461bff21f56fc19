"""Laws are tested on the same examples each time, so that a red run can be repeated; `make fuzz` looks for new ones."""

import atexit
import gc
import os

import pytest
from hypothesis import settings

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # as the program has it: threads would only wait for each other

settings.register_profile("steady", derandomize=True)
settings.register_profile("fuzz", derandomize=False, print_blob=True)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "steady"))
NEW_OBJECTS = 50_000  # after which Python looks for garbage among them


def pytest_collection_finish() -> None:
    """Neither look for garbage among what the modules made, nor often: few tests leave any."""
    gc.freeze()
    gc.set_threshold(NEW_OBJECTS)
    atexit.register(gc.unfreeze)  # libraries call leaked what nobody looked through at the end


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: pytest.FixtureRequest) -> None:
    """Let tables be emptied between tests that commit: SQLite's guard of the audit log refuses that, rightly.

    And quickly: where all rows go, looking for those that point to each of them finds nothing, and nobody asks for the
    permissions of Django, which it would write again after each of these tests.
    """
    from django.contrib.contenttypes.management import create_contenttypes
    from django.db import connection
    from django.db.models.signals import post_migrate

    from keepers.crm.people import audit_guard

    post_migrate.disconnect(create_contenttypes)
    post_migrate.disconnect(dispatch_uid="django.contrib.auth.management.create_permissions")
    if connection.vendor == "sqlite":
        with django_db_blocker.unblock():  # type: ignore[attr-defined]  # pytest-django ships no type for it
            audit_guard.remove(connection)
        emptied = connection.ops.execute_sql_flush

        def at_once(statements: list[str]) -> None:
            with connection.constraint_checks_disabled():
                emptied(statements)

        connection.ops.execute_sql_flush = at_once
