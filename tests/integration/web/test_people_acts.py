"""Acts of another system are kept, told to the warehouse once, and gone from there when their import is taken back."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from desk import Desk, open_desk
from django.utils import timezone
from people_desk import brought, dump, undone
from pytest_django.fixtures import Settings

from keepers.crm.customers.exchange.landing import telling
from keepers.crm.customers.exchange.models import KeptRecord
from keepers.crm.customers.models import Customer
from keepers.crm.customers.timeline.models import OutboxRow
from keepers.crm.customers.timeline.outbox import drain

pytestmark = pytest.mark.django_db(transaction=True)
PEOPLE = "Contact Id,Name,E-mail\np1,Ada Novak,ada@example.com\np2,Ben Kos,ben@example.com\n"
CALLS = (
    "Call Id,Subject,Contact Id,Call Date,Status,Owner\n"
    "a1,About the fair,p1,2024-03-01 10:00,reached,Bob\n"
    "a2,About the price,p2,2024-03-02 11:00,no answer,Bob\n"
    "a3,Next year,p2,2099-01-01 11:00,planned,Bob\n"
)


@pytest.fixture
def desk(settings: Settings, tmp_path: Path) -> Desk:
    return open_desk(settings, tmp_path, "alice@example.com", is_administrator=True)


def sent(desk: Desk, folder: Path, calls: str, people: str = PEOPLE) -> Any:
    for name, text in {"contacts.csv": people, "calls.csv": calls}.items():
        (folder / name).write_text(text, encoding="utf-8")
    return brought(desk, [folder / "contacts.csv", folder / "calls.csv"])


def known_there(desk: Desk) -> set[tuple[Any, ...]]:
    """The acts that the warehouse knows, the latest telling of each."""
    drain(at=timezone.now())
    with desk.workspace.opened() as store:
        rows = store.query("interactions").to_pylist()
    latest = {row["interaction_id"]: row for row in sorted(rows, key=lambda row: row["version"])}
    names = dict(Customer.objects.values_list("key", "name"))
    return {
        (names[row["external_id"]], row["touch_kind"], row["title"], row["outcome"], str(row["happened_at"].date()))
        for row in latest.values()
        if not row["is_removed"]
    }


def test_acts_are_told_once_and_forgotten_with_their_import(desk: Desk, tmp_path: Path) -> None:
    began = sent(desk, tmp_path, CALLS)
    assert set(KeptRecord.objects.values_list("noun", "kind")) == {("activities", "call")}
    fair, price = ("Ada Novak", "call", "About the fair", "reached", "2024-03-01"), (
        "Ben Kos", "call", "About the price", "no answer", "2024-03-02",
    )  # fmt: skip
    assert known_there(desk) == {fair, price}  # what lies ahead is no act yet
    again = sent(desk, tmp_path, CALLS.replace("no answer", "reached"))
    assert known_there(desk) == {fair, (*price[:3], "reached", price[4])}
    undone(desk, again)
    assert known_there(desk) == {fair, price}
    undone(desk, began)
    assert known_there(desk) == set()
    assert not OutboxRow.objects.exists()


def test_an_act_that_a_later_file_moves_goes_along_and_one_that_it_gives_nobody_is_taken_back(
    desk: Desk, tmp_path: Path
) -> None:
    sent(desk, tmp_path, CALLS)
    before = known_there(desk)
    moved = sent(desk, tmp_path, CALLS.replace("fair,p1", "fair,p2").replace("price,p2", "price,p9"))
    assert known_there(desk) == {("Ben Kos", "call", "About the fair", "reached", "2024-03-01")}
    undone(desk, moved)
    assert known_there(desk) == before


def test_what_was_not_told_yet_is_never_told(desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(telling, "PATIENCE", timedelta(days=1))  # on a busy machine the worker might tell it meanwhile
    before = dump()
    began = sent(desk, tmp_path, CALLS)
    assert OutboxRow.objects.count() == 2
    assert {row.act["happened_at"] for row in OutboxRow.objects.all()} == {
        datetime(2024, 3, day, hour, tzinfo=UTC).isoformat() for day, hour in ((1, 10), (2, 11))
    }
    OutboxRow.objects.filter(act__title="About the fair").delete()  # as if it was told
    undone(desk, began)
    assert [(row.act["title"], row.act["is_removed"]) for row in OutboxRow.objects.all()] == [("About the fair", True)]
    assert dump() == before


def test_the_earlier_of_two_imports_can_be_taken_back_first(desk: Desk, tmp_path: Path) -> None:
    before = dump()
    began = sent(desk, tmp_path, CALLS)
    again = sent(desk, tmp_path, CALLS.replace("no answer", "reached"))
    assert known_there(desk)
    assert {left["why"] for left in undone(desk, began).left_alone} == {"has kept records by now"}
    assert KeptRecord.objects.exists(), "what the later one brought up to date is that one's now"
    undone(desk, again)
    undone(desk, began, forced=True)  # and those whom the later one's records kept here
    assert known_there(desk) == set()
    assert not KeptRecord.objects.exists()
    assert dump() == before


def test_a_file_under_another_name_of_the_same_rows_is_brought_in_once(desk: Desk, tmp_path: Path) -> None:
    told = "Invoice Id,Invoice Number,Invoice Date,Grand Total\n1,2024-1,2024-03-05,{}\n"
    for name, total in {"invoice.csv": "10", "invoices.csv": "11"}.items():
        (tmp_path / name).write_text(told.format(total), encoding="utf-8")
    brought(desk, [tmp_path / "invoice.csv"])
    before = KeptRecord.objects.get()
    KeptRecord.objects.update(source=before.source.partition(":")[0])  # as a file whose name says nothing is kept
    brought(desk, [tmp_path / "invoices.csv"])
    now = KeptRecord.objects.get()
    assert (now.pk, now.source, now.amount) == (before.pk, before.source, 11)
