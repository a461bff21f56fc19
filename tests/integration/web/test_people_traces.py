"""An export of many tables comes in twice as once, and is gone from tables and warehouse when it is taken back."""

from pathlib import Path
from typing import Any

import pytest
from crm_exports import OF_TABLES_LIKE_A_DATABASE, written
from desk import Desk, open_desk
from django.utils import timezone
from people_desk import brought, dump, totals, undone
from pytest_django.fixtures import Settings

from keepers.crm.customers import acquisitions
from keepers.crm.customers.actions import records
from keepers.crm.customers.actions.acts import Act
from keepers.crm.customers.exchange.models import KeptRecord
from keepers.crm.customers.models import Customer
from keepers.crm.customers.timeline.outbox import drain

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def desk(settings: Settings, tmp_path: Path) -> Desk:
    return open_desk(settings, tmp_path, "alice@example.com", is_administrator=True)


def answers(desk: Desk) -> dict[str, list[dict[str, Any]]]:
    """What the warehouse says once everything has been told."""
    drain(at=timezone.now())
    acquisitions.tell(at=timezone.now())
    with desk.workspace.opened() as store:
        return {
            name: store.query(name).to_pylist() for name in ("customer_acts", "customer_acquisitions", "current_keys")
        }


def test_what_came_in_twice_changes_nothing_and_taken_back_leaves_no_trace_anywhere(desk: Desk, tmp_path: Path) -> None:
    records.create(Act(desk.user, timezone.now()), name="Zoe", key="Z", acquired_by="Fair")
    told = answers(desk)
    before = dump()
    files = written(tmp_path / "export", OF_TABLES_LIKE_A_DATABASE)
    began = brought(desk, files, consent_source="their system")
    counted = totals(began)
    assert counted["read"] == sum(counted[name] for name in ("created", "updated", "same", "refused"))
    assert len(answers(desk)["customer_acts"]) == 4
    landed = dump()
    again = brought(desk, files, consent_source="their system")
    assert totals(again) == {**counted, "created": 0, "updated": 0, "same": counted["read"] - counted["refused"]}
    assert dump() == landed
    undone(desk, again)
    assert undone(desk, began).left_alone == []
    assert answers(desk) == told
    assert dump() == before


def test_each_table_has_ids_of_its_own_addresses_come_in_their_order_and_a_lead_fills_its_contact(
    desk: Desk, tmp_path: Path
) -> None:
    brought(desk, written(tmp_path / "export", OF_TABLES_LIKE_A_DATABASE), consent_source="their system")
    acts = KeptRecord.objects.filter(noun="activities").values_list("kind", "title", "body", "customer__name")
    assert set(acts) == {
        ("e-mail", "Our offer", "The looms are cheaper now", "Ada Novak"),  # the text is in a table that only adds it
        ("e-mail", "About the bobbins", "", "Alpha"),  # of a deal that nobody but an organisation has
        ("call", "About the price", "", "Ada Novak"),
        ("meeting", "At the fair", "", "Ben Kos"),
    }
    assert set(Customer.objects.values_list("name", flat=True)) == {"Alpha", "Ada Novak", "Ben Kos", "Cleo Lang"}
    ada = Customer.objects.get(external_keys__external_id="llll-1")
    emails = ada.contact_points.filter(kind="email").order_by("position").values_list("value", flat=True)
    assert list(emails) == ["ada@example.com", "old@example.com", "ada@third.example.com"], "the primary one first"
    assert (ada.name, ada.acquired_by, ada.phone, ada.city) == ("Ada Novak", "Fair", "+436641000001", "Graz")


def test_an_act_that_a_later_import_changed_goes_with_that_one(desk: Desk, tmp_path: Path) -> None:
    told, before = answers(desk), dump()
    calls = "id,name,date_start,status,contact_id\n1,{},2024-03-05 10:00:00,Held,cccc-1\n"
    names = ("contacts.csv", "calls.csv")
    texts = (OF_TABLES_LIKE_A_DATABASE["contacts.csv"], calls.format("About the price"))
    first = brought(desk, written(tmp_path / "first", dict(zip(names, texts, strict=True))))
    later = brought(desk, written(tmp_path / "later", {"calls.csv": calls.format("About the looms")}))
    assert [left["why"] for left in undone(desk, first).left_alone] == ["has kept records by now"]
    assert (KeptRecord.objects.get().title, len(answers(desk)["customer_acts"])) == ("About the looms", 1)
    undone(desk, first, forced=True)
    assert answers(desk)["customer_acts"] == [], "nobody is left whose act it was"
    undone(desk, later)
    assert answers(desk) == told
    assert dump() == before


def test_an_act_that_waits_to_be_told_twice_and_is_taken_back_is_not_told(desk: Desk, tmp_path: Path) -> None:
    calls = "id,name,date_start,status,contact_id\n1,{},2024-03-05 10:00:00,Held,cccc-1\n"
    brought(desk, written(tmp_path / "people", {"contacts.csv": OF_TABLES_LIKE_A_DATABASE["contacts.csv"]}))
    first, later = (
        brought(desk, written(tmp_path / title, {"calls.csv": calls.format(title)})) for title in ("price", "looms")
    )
    assert undone(desk, first).left_alone == []
    assert KeptRecord.objects.get().title == "looms"
    undone(desk, later)
    assert (KeptRecord.objects.count(), answers(desk)["customer_acts"]) == (0, [])


def test_who_brought_whom_is_told_to_the_warehouse_and_forgotten_there(desk: Desk, tmp_path: Path) -> None:
    path = tmp_path / "contacts.csv"
    path.write_text("Contact Id,Name,Lead Source\np1,Ada,\np2,Ben,Fair\n", encoding="utf-8")
    brought(desk, [path])
    before = dump()
    path.write_text("Contact Id,Name,Referred By Id\np1,Ada,\np2,Ben,p1\n", encoding="utf-8")
    began = brought(desk, [path])
    ada, ben = Customer.objects.order_by("pk").values_list("key", flat=True)

    def known() -> dict[str, tuple[str, str]]:
        rows = answers(desk)["customer_acquisitions"]
        return {row["customer_id"]: (row["acquisition_source"], row["referred_by"]) for row in rows}

    assert known()[ben] == ("Fair", ada)
    assert undone(desk, began).left_alone == []
    assert known()[ben] == ("Fair", None)
    assert dump() == before
