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
LISTS = {
    "tasks": "/tasks/",
    "tasks by the day when due": "/tasks/?sort=due",
    "tasks, open, by what is at stake": "/tasks/?state=open&sort=stake",
    "tasks, done, the last first": "/tasks/?state=done&sort=ended",
    "tasks of an owner, due": "/tasks/?owner={owner}&state=open&due_to=0d",
    "tasks, searched by two beginnings": "/tasks/?q=ada+bace",
    "touches": "/touches/",
    "touches, the oldest first": "/touches/?sort=-newest",
    "touches, calls": "/touches/?kind=call",
    "touches told by an owner": "/touches/?actor={owner}",
    "touches, searched by two beginnings": "/touches/?q=ada+bace",
    "kept records": "/kept/",
    "kept records, deals": "/kept/?noun=deals",
    "kept records, searched by two beginnings": "/kept/?q=ada+bace",
}
MEANT = {
    "list, lost, by value": "whoever is lost stands behind the first places, so all values are looked through once"
}
_ALONG_KEYS = re.compile(r'ORDER BY "(?P<table>\w+)"\."id" (ASC|DESC) LIMIT')  # SQLite walks until it has enough
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
    _write_tasks(owner.pk)
    _write_kept()
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE")
    browser = Client(headers={"host": "localhost"})
    browser.force_login(owner)
    asked: dict[str, tuple[str, dict[str, str]]] = {}
    asked |= {name: (address.format(**places), {}) for name, address in (PAGES | LISTS).items()}
    asked |= {name: ("/search/", {"q": words}) for name, words in (SEARCHES | SAID).items()}
    large = _large_tables()
    for name, (address, data) in asked.items():
        for statement, table in _scanned(partial(browser.get, address, data)):
            if table in large:
                yield name, table, statement


def _write_tasks(owner: int) -> None:
    """A call with each customer, every other one done, every hundredth the owner's."""
    from django.db import connection
    from django.utils import timezone

    now = timezone.now()
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO work_task (kind, title, note, customer_id, owner_id, due_on, reason, stake, state, outcome, "
            "attempts, ended_at, made_at, is_made_up) SELECT 'call', '', '', id, "
            "CASE WHEN id %% 100 = 0 THEN %s END, %s, '', (id * 7919) %% 100003, "
            "CASE WHEN id %% 2 = 0 THEN 'open' ELSE 'done' END, '', 0, CASE WHEN id %% 2 = 1 THEN %s END, %s, %s "
            "FROM customers_customer",
            [owner, now.date(), now, now, True],
        )


def _write_kept() -> None:
    """A deal of each customer."""
    from django.db import connection
    from django.utils import timezone

    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO exchange_keptrecord (noun, kind, source, external_id, customer_id, at, title, body, status, "
            "amount, currency, actor_name, data) SELECT 'deals', 'deal', 'bench', CAST(id AS text), id, %s, "
            "'A deal with ' || name, '', 'won', id %% 1000, 'EUR', '', '{}' FROM customers_customer",
            [timezone.now()],
        )


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
            along = _ALONG_KEYS.search(sql)
            if along and not any("TEMP B-TREE" in step for step in steps):
                steps = [step for step in steps if step != f"SCAN {along['table']}"]
            names = {alias: table for table, alias in re.findall(r'"(\w+)" (U?[TV]\d+)\b', sql)}
            for found in filter(None, map(_SCANS[connection.vendor].search, steps)):
                table = str(found["table"])
                yield sql[:300], names.get(table, table)
