"""Whether lists and searches of 1,000,000 customers find their rows by an index: `python -m bench --only query-plans`.

Each page is asked for once and every SELECT of it explained by the database that has run it. A walk along an index
counts as one, a scan of a table with more than `LARGE` rows does not. With --quick PostgreSQL is kept from reading a
table through where it can: what it would choose for few rows says nothing of many.
"""

import re
import tempfile
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

from rich.console import Console

from bench.app_database import app_on
from bench.bases import CACHE
from bench.large_base import workspace_of
from bench.page_jobs import PAGES, SAID, SEARCHES, owner_and_places, write_touches

LARGE = 10_000
MEANT = {
    "list, lost, by value": "whoever is lost stands behind the first places, so all values are looked through once"
}
_SCANS = {
    "sqlite": re.compile(r"^SCAN (?P<table>\w+)(?! USING)"),
    "postgresql": re.compile(r"Seq Scan on (?P<table>\w+)"),
}


def check_plans(*, quick: bool, on_postgresql: bool) -> int:
    """Name each page that scans a large table, and its statement; how many there are."""
    customers, console = 20_000 if quick else 1_000_000, Console()
    CACHE.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(dir=CACHE) as folder:
        database = app_on(Path(folder), on_postgresql=on_postgresql)
        if quick and on_postgresql:
            _read_nothing_through()
        found = list(_scans(Path(folder), customers))
    for name, table, statement in found:
        why = MEANT.get(name, "")
        console.print(f"{name}{database.told}: scans {table}{f' ({why})' if why else ''}: {statement}", highlight=False)
    wrong = [name for name, _table, _statement in found if name not in MEANT]
    console.print(
        f"{len(found)} scans of large tables by lists and searches of {customers:,} customers, {len(wrong)} not meant."
    )
    return len(wrong)


def _read_nothing_through() -> None:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SET enable_seqscan = off")


def _scans(folder: Path, customers: int) -> Iterator[tuple[str, str, str]]:
    from django.db import connection
    from django.test import Client
    from django.utils import timezone

    from keepers.crm.portfolio.publishing.publish import publish

    publication = publish(workspace_of(folder, customers), None, timezone.now())
    owner, places = owner_and_places(publication.pk, customers)
    write_touches()
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE")
    browser = Client(headers={"host": "localhost"})
    browser.force_login(owner)
    asked: dict[str, tuple[str, dict[str, str]]] = {}
    asked |= {name: (address.format(**places), {}) for name, address in PAGES.items()}
    asked |= {name: ("/search/", {"q": words}) for name, words in (SEARCHES | SAID).items()}
    large = _large_tables()
    for name, (address, data) in asked.items():
        for statement, table in _scanned(partial(browser.get, address, data)):
            if table in large:
                yield name, table, statement


def _large_tables() -> set[str]:
    from django.apps import apps

    return {model._meta.db_table for model in apps.get_models() if model._base_manager.count() > LARGE}


def _scanned(request: Callable[[], Any]) -> Iterator[tuple[str, str]]:
    """Statements of a request, and the tables that each scans."""
    from django.db import connection

    asked: list[tuple[str, Any]] = []

    def watch(execute: Any, sql: str, parameters: Any, many: Any, context: Any) -> Any:
        asked.append((sql, parameters))
        return execute(sql, parameters, many, context)

    with connection.execute_wrapper(watch):
        assert request().status_code == 200
    explain = "EXPLAIN QUERY PLAN" if connection.vendor == "sqlite" else "EXPLAIN"
    for sql, parameters in asked:
        if sql.startswith("SELECT"):
            with connection.cursor() as cursor:
                cursor.execute(f"{explain} {sql}", parameters)
                steps = [str(row[-1]) for row in cursor.fetchall()]
            names = {alias: table for table, alias in re.findall(r'"(\w+)" (U?[TV]\d+)\b', sql)}
            for found in filter(None, map(_SCANS[connection.vendor].search, steps)):
                table = str(found["table"])
                yield sql[:300], names.get(table, table)
