"""Where the app's tables are while it is timed: SQLite in the workspace, or a PostgreSQL of the bench's own."""

import os
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from bench.processes import used_by_family
from bench.timing import Timing
from tests.postgresql import a_server

_LIKE_AN_ADMINISTRATOR_S = (
    "shared_buffers=1GB",
    "effective_cache_size=4GB",
    "max_wal_size=8GB",
    "random_page_cost=1.1",
)


@dataclass(frozen=True, slots=True)
class AppDatabase:
    """An empty one, on which the app is set up in this process.

    told: what rows say of it
    server: process of its own, if it has one
    """

    told: str = ""
    server: int | None = None

    def cpu_s(self) -> float:
        """Processor time of this process and of the database's [s]."""
        return time.process_time() + self._servers_cpu_s()

    def with_its_own(self, command: Callable[[], Timing]) -> Timing:
        """The timing of a command, and what the database used meanwhile."""
        before = self._servers_cpu_s()
        timing = command()
        return replace(timing, cpu_s=timing.cpu_s + self._servers_cpu_s() - before)

    def _servers_cpu_s(self) -> float:
        return 0.0 if self.server is None else used_by_family(self.server)


def app_on(folder: Path, *, on_postgresql: bool = False) -> AppDatabase:
    """The web app on a workspace in the folder, in this process."""
    os.environ |= {"KEEPERS_HOME": str(folder), "DJANGO_SETTINGS_MODULE": "keepers.web.settings", "KEEPERS_DEBUG": "0"}
    database = AppDatabase()
    if on_postgresql:
        server = a_server(_LIKE_AN_ADMINISTRATOR_S)
        os.environ["DATABASE_URL"] = server.url
        database = AppDatabase(" on PostgreSQL", server.process)
    import django

    from keepers.web.starting import bring_up_to_date

    django.setup()
    bring_up_to_date()
    return database
