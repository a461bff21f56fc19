"""A web process killed in the midst of a request loses nothing and doubles nothing, whichever moment it dies at."""

import json
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import psycopg
import pytest
from django.db import connection
from pytest_django import DjangoDbBlocker

from tests import postgresql
from tests.e2e.serving import environment

pytestmark = pytest.mark.django_db
KILLABLE = Path(__file__).with_name("web_to_be_killed.py")
CSRF, PATIENCE = "c" * 32, 120
MOMENTS = [(when, commit) for commit in range(1, 7) for when in ("before", "after")]


@dataclass(frozen=True)
class Killable:
    """A workspace that answers one request at a time, each by a process of its own."""

    process: "subprocess.Popen[str]"
    home: Path
    url: str  # of the app database, where it is on PostgreSQL
    made: dict[str, Any]

    def do(self, what: str, kill: tuple[str, int] | None = None) -> dict[str, Any]:
        """Carry out an order; what was said of it."""
        self._order(what, kill)
        return self._told() | (self._told() if what == "acts" else {})

    def asked(self, request: httpx.Request, kill: tuple[str, int] | None = None) -> httpx.Response | None:
        """The answer to a request; none where the process died in it."""
        self._order("serve", kill)
        request.url = request.url.copy_with(port=self._told()["port"])
        answer = None
        try:
            with httpx.Client(timeout=PATIENCE) as client:
                answer = client.send(request)
        except httpx.TransportError:
            assert kill is not None
        assert self._told()["killed"] == (answer is None)
        return answer

    def rows(self, statement: str, *parameters: Any) -> list[tuple[Any, ...]]:
        """What the app database says."""
        if self.url:
            with psycopg.connect(self.url) as served:
                return served.execute(statement.replace("?", "%s"), parameters).fetchall()
        with closing(sqlite3.connect(self.home / "app.sqlite3")) as database:
            return database.execute(statement, parameters).fetchall()

    def waiting(self, task: str) -> bool:
        """Whether the worker will do this, once another web process has followed the one that died."""
        self.do("ask")
        found = "SELECT 1 FROM django_tasks_database_dbtaskresult WHERE status = 'READY' AND task_path LIKE ?"
        return bool(self.rows(found, f"%.{task}"))

    def _order(self, what: str, kill: tuple[str, int] | None) -> None:
        assert self.process.stdin is not None
        print(json.dumps({"do": what, "kill": kill}), file=self.process.stdin, flush=True)

    def _told(self) -> dict[str, Any]:
        assert self.process.stdout is not None
        told: dict[str, Any] = json.loads(self.process.stdout.readline())
        return told


@pytest.fixture(scope="module")
def web(
    tmp_path_factory: pytest.TempPathFactory, django_db_setup: None, django_db_blocker: DjangoDbBlocker
) -> Iterator[Killable]:
    home = tmp_path_factory.mktemp("killed")
    with django_db_blocker.unblock():
        url = copied_to(home)
    command = [sys.executable, str(KILLABLE)]
    settings = environment(home) | {"DATABASE_URL": url}
    log = home / "said.log"
    with (
        log.open("w") as said,
        subprocess.Popen(
            command, env=settings, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=said, text=True
        ) as process,
    ):
        assert process.stdout is not None
        made = process.stdout.readline()
        assert made, log.read_text()
        yield Killable(process, home, url, json.loads(made))
        assert process.stdin is not None
        process.stdin.close()


def copied_to(home: Path) -> str:
    """Copy the database of the tests for the workspace; its address where it is on PostgreSQL."""
    if connection.vendor == "postgresql":
        connection.close()
        return postgresql.the_tests_server().url_of_copy(connection.settings_dict["NAME"], "killed")
    with connection.cursor() as cursor:
        cursor.execute("VACUUM INTO %s", [str(home / "app.sqlite3")])
    return ""


def killed_at_each_moment(web: Killable, request: Callable[[int], httpx.Request], then: Callable[[int], None]) -> None:
    """Send requests that are killed at one moment after the other, each sent again as people and programs do."""
    kills = 0
    for number, moment in enumerate(MOMENTS):
        if web.asked(request(number), kill=moment) is not None:
            then(number)
            break  # there is no such commit
        kills += 1
        web.asked(request(number))
        then(number)
    assert kills >= 2, "before and after the one commit that counts"


def post(web: Killable, path: str, **sent: Any) -> httpx.Request:
    """As Alice sends it from her browser."""
    headers = {"X-CSRFToken": CSRF, **sent.pop("headers", {})}
    cookies = {"sessionid": web.made["session"], "csrftoken": CSRF}
    return httpx.Request("POST", f"http://127.0.0.1{path}", headers=headers, cookies=cookies, **sent)


def test_two_who_are_merged_are_merged_once_and_the_warehouse_will_know(web: Killable) -> None:
    pairs = web.made["pairs"]

    def merged(number: int) -> None:
        which = "SELECT one_id, other_id, state FROM duplicates_pair WHERE id = ?"
        [(kept, absorbed, state)] = web.rows(which, pairs[number])
        assert state == "merged"
        assert web.rows("SELECT merged_into_id FROM customers_customer WHERE id = ?", absorbed) == [(kept,)]
        assert web.rows("SELECT count(*) FROM timeline_touch WHERE customer_id = ?", kept) == [(1,)]
        told = "SELECT count(*) FROM duplicates_keychange AS told JOIN duplicates_merge AS merge ON merge.id = merge_id"
        assert web.rows(f"{told} WHERE kept_id = ? AND absorbed_id = ?", kept, absorbed) == [(1,)]
        assert web.waiting("tell_keys")

    killed_at_each_moment(web, lambda number: post(web, f"/duplicates/{pairs[number]}/merge/"), merged)


def test_an_upload_is_there_whole_or_not_at_all(web: Killable) -> None:
    def file(number: int) -> httpx.Request:
        text = f"order_id,customer_id,order_date,amount\n{number},C1,2024-01-01,5\n"
        return post(web, "/data/imports/new/", files={"orders": (f"orders-{number}.csv", text.encode(), "text/csv")})

    def whole(number: int) -> None:
        named = web.rows("SELECT id FROM data_upload WHERE CAST(heads AS text) LIKE ?", f"%orders-{number}.csv%")
        assert 1 <= len(named) <= 2, "the one that was answered for, and perhaps the one that was not"
        for (upload,) in named:
            assert [path.name for path in (web.home / "uploads" / str(upload)).rglob("*.csv")] == [
                f"orders-{number}.csv"
            ]

    killed_at_each_moment(web, file, whole)


def test_what_is_told_again_by_hand_goes_out_once_more(web: Killable) -> None:
    tellings = web.made["tellings"]

    def again(number: int) -> httpx.Request:
        return post(web, f"/settings/webhooks/{web.made['webhook']}/replay/", data={"delivery": tellings[number]})

    def waits(number: int) -> None:
        how = "SELECT state, attempts FROM webhooks_delivery WHERE event = ?"
        assert web.rows(how, f"e{number}") == [("waiting", 0)]
        assert web.waiting("tell_all")

    killed_at_each_moment(web, again, waits)
    done = "SELECT count(*) FROM people_auditentry WHERE verb = 'replay'"
    assert web.rows(done) == web.rows("SELECT count(*) FROM webhooks_delivery WHERE state = 'waiting'")


def test_a_program_that_sends_its_call_again_after_a_kill_has_it_done_once(web: Killable) -> None:
    def orders(number: int) -> httpx.Request:
        sent = [{"order_id": f"{number}-{each}", "customer_id": "C1", "ordered_at": "2026-06-30T10:00:00Z",
                 "lines": [{"revenue": 5}]} for each in range(3)]  # fmt: skip
        body = {"source": "shop", "orders": sent}
        return post(web, "/api/v1/orders", json=body, headers={"Idempotency-Key": f"orders-{number}"})

    def once(number: int) -> None:
        rows = "SELECT version FROM inbox_inboxitem WHERE external_id LIKE ?"
        assert web.rows(rows, f"{number}-%") == [(1,)] * 3
        held = "SELECT count(*) FROM inbox_inboxrow AS sent JOIN inbox_inboxitem AS item ON item.id = item_id"
        assert web.rows(f"{held} WHERE external_id LIKE ?", f"{number}-%") == [(3,)]
        assert web.waiting("drain_inbox")

    killed_at_each_moment(web, orders, once)

    def customer(number: int) -> httpx.Request:
        headers = {"Idempotency-Key": f"customer-{number}"}
        return post(web, "/api/v1/customers", json={"name": f"Cleo {number}"}, headers=headers)

    def made_once(number: int) -> None:
        assert web.rows("SELECT count(*) FROM customers_customer WHERE name = ?", f"Cleo {number}") == [(1,)]

    killed_at_each_moment(web, customer, made_once)


def test_what_waits_for_the_warehouse_lands_once_whenever_its_draining_is_killed(web: Killable) -> None:
    [(waiting,)] = web.rows("SELECT count(*) FROM timeline_outboxrow")
    assert waiting
    kills = 0
    for moment in MOMENTS:
        if not web.do("drain", kill=moment)["killed"]:
            break
        kills += 1
    assert kills >= 2
    web.do("drain")
    assert web.rows("SELECT count(*) FROM timeline_outboxrow") == [(0,)], (web.home / "said.log").read_text()
    acts = web.do("acts")["acts"]
    assert len(acts) == len(set(acts)) == waiting
