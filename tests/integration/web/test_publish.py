"""Publishing: the values of a run in the app database, whole or not at all, while others go on writing."""

import json
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import pyarrow as pa
import pytest
from django.db import connection, transaction

from keepers.core.errors import NothingToDoError
from keepers.crm.customers.actions.acts import Act
from keepers.crm.customers.actions.records import edit
from keepers.crm.customers.arrivals import DESCRIBED, bring_customers
from keepers.crm.customers.models import Customer
from keepers.crm.customers.queries import customers_called
from keepers.crm.customers.writing.chunks import Pace
from keepers.crm.people.models import User
from keepers.crm.portfolio.insight.charts import folder_of
from keepers.crm.portfolio.models import CurrentPublication, CustomerValue, Place, Publication
from keepers.crm.portfolio.orders import NEXT_DUE, ORDERS, VALUE
from keepers.crm.portfolio.publishing import copies, publish
from keepers.crm.portfolio.queries import current_publication, value_of
from tests.integration.web.valued_base import NOON, describe, keep_run, valued, workspace_in

pytestmark = pytest.mark.django_db(transaction=True)


def keys_in(publication: Publication, order: object) -> list[str]:
    first = Place.number(publication.pk, order, 0)  # type: ignore[arg-type]
    places = Place.objects.filter(pk__gte=first, pk__lt=first + 1000).order_by("pk").select_related("value__customer")
    return [place.value.customer.key for place in places]


def test_a_run_is_published_with_its_figures_and_its_places_in_every_order(tmp_path: Path) -> None:
    workspace = workspace_in(tmp_path)
    keep_run(workspace, [valued("C1", 50.0), valued("C2", 200.0, next_order_due=None), valued("C3", 100.0)])
    shown = publish.publish(workspace, None, NOON)
    assert current_publication() == shown
    assert (shown.customers, shown.currency, shown.grade, shown.margin) == (3, "EUR", "B", 0.3)
    assert keys_in(shown, VALUE) == ["C2", "C3", "C1"]
    assert keys_in(shown, NEXT_DUE) == ["C1", "C3", "C2"], "who has none comes last"
    assert shown.known == {"value": 3, "low": 3, "alive": 3, "last_order": 3, "next_due": 2}
    second = CustomerValue.objects.get(publication=shown, customer__key="C2")
    assert (second.residual_value, second.residual_value_low, second.place_by_value) == (200.0, 100.0, 0)
    assert value_of(shown, second.customer_id) == second


def test_a_base_without_money_is_published_too(tmp_path: Path) -> None:
    workspace = workspace_in(tmp_path)
    keep_run(workspace, [valued("C1", None, mean_order_value=None), valued("C2", None, mean_order_value=None)])
    shown = publish.publish(workspace, None, NOON)
    assert shown.known["value"] == 0
    assert CustomerValue.objects.filter(residual_value=None, mean_order_value=None).count() == 2


def test_what_is_shown_already_is_not_published_again(tmp_path: Path) -> None:
    workspace = workspace_in(tmp_path)
    with pytest.raises(NothingToDoError, match="no run"):
        publish.publish(workspace, None, NOON)
    run = keep_run(workspace, [valued("C1")])
    publish.publish(workspace, None, NOON)
    with pytest.raises(NothingToDoError, match="already"):
        publish.publish(workspace, run, NOON)
    with pytest.raises(publish.UnknownRunError, match='no run "x"'):
        publish.publish(workspace, "x", NOON)


def test_the_two_latest_publications_stay(tmp_path: Path) -> None:
    workspace = workspace_in(tmp_path)
    runs = [keep_run(workspace, [valued("C1", 10.0 + number)], minutes=number) for number in range(3)]
    for run in runs:
        publish.publish(workspace, run, NOON)
    assert list(Publication.objects.order_by("pk").values_list("run_id", flat=True)) == runs[1:]
    assert sorted(CustomerValue.objects.values_list("residual_value", flat=True)) == [11.0, 12.0]
    assert Place.objects.count() == 2 * len(ORDERS)
    assert current_publication() == Publication.objects.last()


def test_a_publication_that_is_being_removed_is_no_longer_read(tmp_path: Path) -> None:
    class DiesAfterTwo(Pace):
        transactions = 0

        @contextmanager
        def transaction(self) -> Iterator[None]:
            self.transactions += 1
            if self.transactions > 2:
                raise KeyboardInterrupt
            with super().transaction():
                yield

    workspace = workspace_in(tmp_path)
    runs = [keep_run(workspace, [valued("C1", 10.0 + number)], minutes=number) for number in range(3)]
    first, second = (publish.publish(workspace, run, NOON) for run in runs[:2])
    with pytest.raises(KeyboardInterrupt):
        copies.remove(DiesAfterTwo(), first)
    assert not CustomerValue.objects.filter(publication=first).exists(), "it was half removed"
    assert list(Publication.objects.exclude(finished_at=None)) == [second]
    publish.publish(workspace, runs[2], NOON)
    assert list(Publication.objects.values_list("run_id", flat=True)) == runs[1:]
    assert Place.objects.count() == 2 * len(ORDERS)


def test_who_stops_a_publishing_at_whatever_step_leaves_the_pages_as_they_were(tmp_path: Path) -> None:
    class StoppedError(Exception):
        pass

    workspace = workspace_in(tmp_path)
    keep_run(workspace, [valued("C1", 1.0)])
    before = publish.publish(workspace, None, NOON)
    keep_run(workspace, [valued("C1", 2.0)], minutes=1)
    for last in (1, 2, 3, 4):

        def stop(_: str, number: int, steps: int, last: int = last) -> None:
            assert steps == 4
            if number == last:
                raise StoppedError

        with pytest.raises(StoppedError):
            publish.publish(workspace, None, NOON, stop)
        assert current_publication() == before
    assert publish.publish(workspace, None, NOON).run_id == "run-1"
    assert Publication.objects.count() == 2


def test_drawings_go_with_the_publication_that_they_show(tmp_path: Path) -> None:
    workspace = workspace_in(tmp_path)
    runs = [keep_run(workspace, [valued("C1", 10.0 + number)], minutes=number) for number in range(3)]
    for run in runs:
        publish.publish(workspace, run, NOON)
        (workspace.drawings / folder_of(run)).mkdir(parents=True)
        (workspace.drawings / folder_of(run) / "equity-light.svg").write_text("<svg/>")
    keep_run(workspace, [valued("C1", 20.0)], minutes=3)
    publish.publish(workspace, None, NOON)
    assert sorted(path.name for path in workspace.drawings.iterdir()) == [folder_of(runs[2])]


def test_a_name_given_by_hand_stays_and_what_the_shop_says_anew_comes_in(tmp_path: Path) -> None:
    workspace = workspace_in(tmp_path)
    describe(workspace, [{"external_id": "C1", "name": "A. Novak"}, {"external_id": "C2", "name": "B. Kern"}])
    keep_run(workspace, [valued("C1"), valued("C2"), valued("C3")])
    publish.publish(workspace, None, NOON)
    assert dict(Customer.objects.values_list("key", "name")) == {"C1": "A. Novak", "C2": "B. Kern", "C3": ""}
    Customer.objects.filter(key="C1").update(name="Ada Novak", named_by_hand=True)
    told = [{"external_id": "C1", "name": "Mrs Novak", "city": "Graz"}, {"external_id": "C2", "name": "Bela Kern"}]
    describe(workspace, told, times=2)
    keep_run(workspace, [valued("C1"), valued("C2"), valued("C3")], minutes=1)
    publish.publish(workspace, None, NOON)
    assert dict(Customer.objects.values_list("key", "name")) == {"C1": "Ada Novak", "C2": "Bela Kern", "C3": ""}
    assert Customer.objects.get(key="C1").city == "Graz"
    assert Customer.objects.count() == 3


def test_a_name_given_while_a_run_is_being_published_stays() -> None:
    class RenamesFirst(Pace):
        @contextmanager
        def transaction(self) -> Iterator[None]:
            edit(Act(None, NOON), Customer.objects.get(key="C1"), name="Ada Novak")
            with super().transaction():
                yield

    Customer.objects.create(key="C1", name="A. Novak")
    told = {"key": ["C1"], "name": ["Mrs Novak"], "city": ["Graz"]}
    bring_customers(RenamesFirst(), pa.table({name: pa.nulls(1, pa.string()) for name in DESCRIBED} | told))
    ada = Customer.objects.get()
    assert (ada.name, ada.named_by_hand, ada.city) == ("Ada Novak", True, "Graz")


def test_customers_are_found_by_the_beginnings_of_their_words(tmp_path: Path) -> None:
    alice = User.objects.create_user("alice@example.com", role="owner")
    found = partial(customers_called, alice)
    workspace = workspace_in(tmp_path)
    describe(workspace, [{"external_id": "C-17", "name": "Žofia Müller", "email": "zm@example.com"}])
    keep_run(workspace, [valued("C-17"), valued("C-18")])
    publish.publish(workspace, None, NOON)
    for words in ("zof", "muller ZOFIA", "zm@example", "c-17", "C 17"):
        assert [customer.key for customer in found(words, most=5)] == ["C-17"], words
    assert found('zof" OR *', most=5) == []
    assert found("%", most=5) == []
    renamed = Customer.objects.get(key="C-17")
    renamed.name = "Sophie Miller"
    renamed.save()
    assert found("zofia", most=5) == []
    assert found("sophie", most=5) == [renamed]
    added = Customer.objects.create(key="C-19", name="Sophie Kern")
    assert found("sophie", most=5) == [renamed, added]


def test_writers_wait_no_more_than_a_moment_and_readers_see_one_run_at_a_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two runs of 30,000 customers, whose worth names the run; somebody edits and somebody reads throughout."""
    monkeypatch.setattr(copies.chunks, "CHUNK", 1_000)
    workspace = workspace_in(tmp_path)
    for number in (1, 2):
        keep_run(workspace, [valued(f"C{key:05}", float(number)) for key in range(30_000)], minutes=number)
    Customer.objects.create(key="edited")
    publish.publish(workspace, "run-1", NOON)
    waits: list[float] = []
    seen: set[tuple[str, ...]] = set()
    done = threading.Event()

    def edit() -> None:
        while not done.is_set():
            started = time.perf_counter()
            with transaction.atomic():
                Customer.objects.filter(key="edited").update(name=f"edit {len(waits)}")
            waits.append(time.perf_counter() - started)
            time.sleep(0.002)
        connection.close()

    def read() -> None:
        while not done.is_set():
            shown = current_publication()
            rows = CustomerValue.objects.filter(publication=shown)
            worths = {str(worth) for worth in rows.values_list("residual_value", flat=True).distinct()}
            seen.add((*sorted(worths), str(rows.count())))
        connection.close()

    threads = [threading.Thread(target=edit), threading.Thread(target=read)]
    for thread in threads:
        thread.start()
    publish.publish(workspace, "run-2", NOON)
    done.set()
    for thread in threads:
        thread.join()
    assert len(waits) > 20
    assert max(waits) < 2.0
    assert sorted(waits)[int(len(waits) * 0.9)] < 0.5
    assert seen <= {("1.0", "30000"), ("2.0", "30000")}
    assert Customer.objects.get(key="edited").name == f"edit {len(waits) - 1}"


PUBLISH = """
import json, os, sys
os.environ["DJANGO_SETTINGS_MODULE"] = "keepers.web.settings"
import django
from django.conf import settings
settings.DATABASES["default"].update(json.loads(sys.argv[2]))
django.setup()
from pathlib import Path
from django.utils import timezone
from keepers.crm.portfolio.publishing.publish import publish
from keepers.loop.workspace import Workspace
print("ready", flush=True)
publish(Workspace(Path(sys.argv[1])), None, timezone.now())
"""


def test_a_publishing_that_is_killed_ends_the_same_when_it_is_run_again(tmp_path: Path) -> None:
    workspace = workspace_in(tmp_path)
    keep_run(workspace, [valued("C0", 1.0)])
    before = publish.publish(workspace, None, NOON)
    keep_run(workspace, [valued(f"C{key:05}", float(key)) for key in range(12_000)], minutes=1)
    entry = ("ENGINE", "NAME", "USER", "HOST", "PORT", "OPTIONS")
    database = json.dumps({name: connection.settings_dict[name] for name in entry}, default=str)
    for wait in (0.05, 0.3, 0.6, 0.9):
        command = [sys.executable, "-c", PUBLISH, str(workspace.folder), database]
        with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as started:
            assert started.stdout is not None
            started.stdout.readline()
            time.sleep(wait)
            started.kill()
        current = current_publication()
        assert current is not None
        assert current == before or current.customers == 12_000
    if Publication.objects.filter(finished_at=None).exists() or current_publication() == before:
        publish.publish(workspace, None, NOON)
    shown = current_publication()
    assert shown is not None
    assert shown.run_id == "run-1"
    assert CustomerValue.objects.filter(publication=shown).count() == 12_000
    assert Customer.objects.count() == 12_001
    alice = User.objects.create_user("alice@example.com", role="owner")
    assert len(customers_called(alice, "C0001", most=100)) == 10
    assert Publication.objects.filter(finished_at=None).count() == 0
    assert CustomerValue.objects.count() == 12_001
    assert Place.objects.count() == 12_001 * len(ORDERS)
    assert CurrentPublication.objects.count() == 1
