"""The jobs of the web app: publishing a run, and the pages of a base of 1,000,000 customers."""

import tempfile
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path
from statistics import median
from typing import Any, Self

from bench.app_database import AppDatabase, app_on
from bench.bases import CACHE
from bench.large_base import workspace_of
from bench.plan_pages import plan_page_rows
from bench.requests import FIRST_ROWS, Clock, requested
from bench.rows import Bar, Row
from bench.timing import Timing, timed
from keepers.loop.workspace import Workspace

FOUND_SOON = Bar("< 0.1 s, p95", most_wall_s=0.1)
SEEN_BY_SOME = {
    "list by value": "/customers/",
    "list by next order due": "/customers/?sort=next_due",
    "list, slipping and worth over 500": "/customers/?group=slipping&value_from=500",
    "everybody, by name": "/customers/everybody/?sort=name",
    "search": "/search/?q=ada+bace",
    "Today": "/",
    "the API's list": "/api/v1/customers",
}
SEARCHES = {
    "search by two beginnings": "ada bace",
    "search with a letter wrong": "ada bacedifx",
    "search with a letter wrong at the beginning": "aad cbedifo",
    "search by a telephone number": "+38641123456",
}
SAID = {
    "search by a word that was written": "bacedifo",
    "search by a word that was written, with a letter wrong": "bacedixo",
    "search by a word that is in every text": "asked",
}
PAGES = {
    "list by value": "/customers/",
    "list by low end": "/customers/?sort=low",
    "list by chance active": "/customers/?sort=alive",
    "list by last order, the oldest first": "/customers/?sort=-last_order",
    "list by next order due": "/customers/?sort=next_due",
    "list, slipping": "/customers/?group=slipping",
    "list, lost, by value": "/customers/?group=lost",
    "list, slipping and worth over 500": "/customers/?group=slipping&value_from=500",
    "list, due this week": "/customers/?next_due_from=1d&next_due_to=7d",
    "list, one city or many orders": "/customers/?city=Graz&orders_from=10&any=1",
    "list, worth almost nothing, by value": "/customers/?value_to=0.01",
    "list, nobody is like that": "/customers/?value_from=1000000000",
    "list, searched by two beginnings": "/customers/?q=ada+bace",
    "list, searched by one letter": "/customers/?q=b",
    "list, searched by key": "/customers/?q=00123456",
    "list by a field of the firm's own": "/customers/?sort=field-size",
    "list by a field of the firm's own, the last first": "/customers/?sort=-field-size",
    "list, slipping, by a field of the firm's own": "/customers/?group=slipping&sort=field-size",
    "list, 600,000 customers down": "/customers/?after={publication}.{deep}",
    "list, an owner of 5,000": "/customers/?owner={owner}",
    "list, an owner of 100,000, by next order due": "/customers/?owner={busy}&sort=next_due",
    "list, of one city and without an owner, or of an owner": "/customers/?city=Graz&owner=none&2.owner={owner}",
    "everybody, by name": "/customers/everybody/?sort=name",
    "everybody, by a field of the firm's own": "/customers/everybody/?sort=field-size",
    "everybody, lapsed, by name": "/customers/everybody/?stage=lapsed&sort=name",
    "everybody, the newest of one city": "/customers/everybody/?city=Graz",
    "everybody, of one city, by name": "/customers/everybody/?city=graz&sort=name",
    "everybody, who came by what nobody came by": "/customers/everybody/?acquired_by=Nothing",
    "everybody, in a country where nobody is, by name": "/customers/everybody/?country=Nowhere&sort=name",
    "everybody, in a city where nobody is": "/customers/everybody/?city=Nowhere",
    "everybody, prospects, of whom there are none": "/customers/everybody/?stage=prospect",
    "customer beside the list": "/customers/{customer}/panel/",
    "customer's page": "/customers/{customer}/",
}


def page_rows(*, quick: bool, on_postgresql: bool = False) -> Iterator[Row]:
    """Publishing twice, with somebody editing, then the pages."""
    customers = 20_000 if quick else 1_000_000
    CACHE.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(dir=CACHE) as folder:
        database = app_on(Path(folder), on_postgresql=on_postgresql)
        for row in _rows(Path(folder), customers, database, quick=quick):
            yield replace(row, name=f"{row.name}{database.told}")


def _rows(folder: Path, customers: int, database: AppDatabase, *, quick: bool) -> Iterator[Row]:
    for which in ("first run", "later run"):
        yield from _publishing(folder, customers, which, database, quick=quick)
    yield from _pages(customers, database, quick=quick)
    yield from plan_page_rows(Workspace(folder), customers, database.cpu_s, quick=quick)


def _publishing(folder: Path, customers: int, which: str, database: AppDatabase, *, quick: bool) -> Iterator[Row]:
    from django.utils import timezone

    from keepers.crm.portfolio.publishing.publish import publish

    workspace = workspace_of(folder, customers)
    editor = Editor()
    with editor:
        timing = timed(lambda: publish(workspace, None, timezone.now()), budget_s=0, warm=False, clock=database.cpu_s)
    name = f"publish {customers:,} customers, {which}"
    yield Row(name, timing, bar=None if quick else Bar("< 60 s wall", most_wall_s=60))
    bar = None if quick else Bar("longest wait < 0.5 s", most_wall_s=0.5)
    note = f"{len(editor.waits):,} edits; half waited less than {median(editor.waits) * 1000:.0f} ms"
    yield Row(f"{name}: the longest that an edit waited", Timing(0.0, max(editor.waits)), bar=bar, note=note)


class Editor:
    """Somebody who changes one row again and again, and notes how long each change took."""

    def __init__(self) -> None:
        self.waits: list[float] = []
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._edit)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._done.set()
        self._thread.join()

    def _edit(self) -> None:
        from django.db import connection

        with connection.cursor() as cursor:
            cursor.execute("CREATE TABLE IF NOT EXISTS bench_edits (at REAL)")
            while not self._done.wait(0.02):
                started = time.perf_counter()
                cursor.execute("INSERT INTO bench_edits VALUES (1.0)")
                self.waits.append(time.perf_counter() - started)
        connection.close()


def _pages(customers: int, database: AppDatabase, *, quick: bool) -> Iterator[Row]:
    from django.test import Client

    from keepers.crm.portfolio.queries import current_publication
    from keepers.web.warming import make_warm

    make_warm()  # as a server does at its start
    browser, publication, clock = Client(headers={"host": "localhost"}), current_publication(), database.cpu_s
    assert publication is not None
    owner, places = owner_and_places(publication.pk, customers)
    browser.force_login(owner)
    for name, address in PAGES.items():
        timing = requested(partial(browser.get, address.format(**places)), clock)
        yield Row(f"{customers:,} customers: {name}", timing, bar=None if quick else FIRST_ROWS)
    for name, words in SEARCHES.items():
        timing = requested(partial(browser.get, "/search/", {"q": words}), clock)
        yield Row(f"{customers:,} customers: {name}", timing, bar=None if quick else FOUND_SOON)
    write_touches()
    for name, words in SAID.items():
        timing = requested(partial(browser.get, "/search/", {"q": words}), clock)
        yield Row(f"{customers:,} customers, a touch each: {name}", timing, bar=None if quick else FOUND_SOON)
    timing = requested(partial(browser.get, "/customers/?by=owner"), clock)
    yield Row(f"{customers:,} customers: counted and summed by owner", timing)
    yield from _many_changed(owner, clock, quick=quick)
    count = partial(browser.get, "/customers/?group=lost&exact=1", headers={"hx-request": "true", "hx-target": "total"})
    yield Row(f"{customers:,} customers: lost, counted when asked", requested(count, clock))
    yield from _with_rights(customers, clock, quick=quick)


def owner_and_places(publication: int, customers: int) -> tuple[Any, dict[str, int]]:
    """An owner who asks for pages, with customers of their own, and what the addresses of `PAGES` name."""
    from keepers.crm.people.models import User
    from keepers.crm.portfolio.models import CustomerValue

    owner, busy = (User.objects.create_user(f"{name}@example.com", role="owner") for name in ("bench", "busy"))
    _give(owner.pk, every=200)
    _give(busy.pk, every=10)
    _measure_everybody()
    best = CustomerValue.objects.get(publication=publication, place_by_value=0).customer_id
    places = {"publication": publication, "deep": int(customers * 0.6), "customer": best}
    return owner, places | {"owner": owner.pk, "busy": busy.pk}


def _measure_everybody() -> None:
    """A number about each customer, in a field of the firm's own."""
    from django.db import connection

    from keepers.crm.customers.models import CustomField

    field = CustomField.objects.create(key="size", label="Size", kind="number")
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO customers_customvalue (customer_id, field_id, place, number) "
            "SELECT id, %s, 0, (id * 7919) %% 100003 FROM customers_customer",
            [field.pk],
        )


def write_touches() -> None:
    """A text about each customer, in which the last name is of somebody else."""
    from django.db import connection
    from django.utils import timezone

    plain = "direction, outcome, campaign, actor_name, source, external_id, title"
    empty = ", ".join(["''"] * 7)
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO timeline_touch (customer_id, kind, at, created_at, is_made_up, version, body, {plain}) "
            "SELECT id, 'call', %s, %s, %s, 1, 'They asked whether ' || name || ' of ' || city || ' will come by, "
            f"with number ' || id || ' and the usual things for the summer.', {empty} FROM customers_customer",
            [timezone.now(), timezone.now(), True],
        )


def _with_rights(customers: int, clock: Clock, *, quick: bool) -> Iterator[Row]:
    """The same for people who see their own customers or their team's only."""
    from django.db.models import F
    from django.test import Client

    from keepers.crm.customers.models import Customer
    from keepers.crm.people.models import Team, User

    team = Team.objects.create(name="bench")
    rep = User.objects.create_user("rep@example.com", role="rep")
    manager = User.objects.create_user("manager@example.com", role="manager", team=team)
    _give(rep.pk, every=200)
    Customer.objects.alias(part=F("pk") % 10).filter(part=3).update(team=team)
    for who, user in {"5,000 of their own": rep, "100,000 of their team": manager}.items():
        browser = Client(headers={"host": "localhost"})
        browser.force_login(user)
        for name, address in SEEN_BY_SOME.items():
            timing = requested(partial(browser.get, address), clock)
            yield Row(f"{customers:,} customers: {name}, {who}", timing, bar=None if quick else FIRST_ROWS)


def _give(owner: int, *, every: int) -> None:
    """Let every so manieth customer have this owner."""
    from django.db.models import F

    from keepers.crm.customers.models import Customer

    Customer.objects.alias(part=F("pk") % every).filter(part=owner % every).update(owner=owner)


def _many_changed(user: Any, clock: Clock, *, quick: bool) -> Iterator[Row]:
    """A field of many customers written at once, and given back."""
    from django.utils import timezone

    from keepers.crm.customers.actions import bulk
    from keepers.crm.customers.actions.acts import Act
    from keepers.crm.customers.models import BulkEdit, Customer

    many, act = 1_000 if quick else 10_000, Act(user, timezone.now())
    chosen = Customer.objects.filter(pk__in=Customer.objects.values("pk")[:many])
    timing = timed(lambda: bulk.change(act, chosen, "stage", "closed"), budget_s=0, warm=False, clock=clock)
    yield Row(f"stage of {many:,} customers written at once", timing)
    edit = BulkEdit.objects.latest("pk")
    timing = timed(lambda: bulk.undo(act, Customer.objects.all(), edit), budget_s=0, warm=False, clock=clock)
    yield Row(f"stage of {many:,} customers undone", timing)
