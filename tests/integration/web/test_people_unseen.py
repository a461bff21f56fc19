"""A whole export of a system that we do not know, its rows numbered table by table, comes in joined and goes again."""

from pathlib import Path

import pytest
from crm_exports import written
from desk import Desk, open_desk
from numbered_export import NUMBERED
from people_desk import brought, dump, totals, undone
from pytest_django.fixtures import Settings
from unseen_exports import ONE_TABLE_OF_BOTH, TABLES_BESIDE

from keepers.crm.customers.exchange.models import KeptRecord
from keepers.crm.customers.exchange.recognising.tables import look_at
from keepers.crm.customers.models import Customer, CustomField, Relation

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def desk(settings: Settings, tmp_path: Path) -> Desk:
    return open_desk(settings, tmp_path, "alice@example.com", is_administrator=True)


def whose(noun: str) -> set[tuple[str, str | None]]:
    """What is kept of a noun, and by whom it belongs."""
    return set(KeptRecord.objects.filter(noun=noun).values_list("title", "customer__name"))


def names(kind: str) -> set[tuple[str, str]]:
    return set(Relation.objects.filter(kind=kind).values_list("customer__name", "other__name"))


def test_numbers_that_each_table_counts_for_itself_are_told_by_names_and_kinds(desk: Desk, tmp_path: Path) -> None:
    before = dump()
    files = written(tmp_path / "export", NUMBERED)
    began = brought(desk, files, region="AT", consent_source="their system")
    assert began.system == ""
    assert {table["file"].split(".")[0]: table["noun"] for table in began.tables} == {
        "Users": "users", "Teams": "users", "TeamMembers": "other", "Organisations": "organisations",
        "Contacts": "people", "ContactEmails": "other", "ContactTags": "other", "LeadSources": "other",
        "Leads": "leads", "Pipelines": "other", "PipelineStages": "other", "Opportunities": "deals",
        "Products": "products", "OpportunityProducts": "lines", "Quotes": "orders", "Tickets": "tickets",
        "Tasks": "tasks", "Events": "activities", "EventLinks": "other", "Notes": "activities", "NoteLinks": "other",
        "ContactLinks": "relations", "TaskCategories": "other",
    }  # fmt: skip
    counted = totals(began)
    assert counted["read"] == sum(counted[name] for name in ("created", "updated", "same", "refused"))
    assert counted["refused"] == 2, "a doubled row, and a link of two people, which is no place of work"
    assert set(Customer.objects.values_list("name", flat=True)) == {
        "Alpha Mills", "Beta Works", "Gamma Ltd", "Ada Novak", "Ben Kos", "Cleo Lang", "Eve Weiss",
    }  # fmt: skip
    assert names("works-at") >= {("Ada Novak", "Beta Works"), ("Ben Kos", "Alpha Mills"), ("Cleo Lang", "Alpha Mills")}
    assert names("part-of") == {("Beta Works", "Alpha Mills")}
    ada = Customer.objects.get(name="Ada Novak")
    emails = ada.contact_points.filter(kind="email").order_by("position").values_list("value", flat=True)
    assert list(emails) == ["ada@example.com", "ada@home.example.com"]
    assert set(ada.tags.values_list("name", flat=True)) == {"VIP", "Fair"}
    assert (ada.city, ada.owner, Customer.objects.get(name="Eve Weiss").acquired_by) == ("Graz", desk.user, "Web")
    assert [table["splits"] for table in began.tables if table["file"] == "TaskCategories.csv"] == [[]], "own names"
    assert whose("deals") == {("Looms", "Alpha Mills"), ("Bobbins", "Beta Works")}
    assert KeptRecord.objects.get(title="Bobbins").status == "Close"
    assert whose("orders") == {("Our offer", "Alpha Mills"), ("Another", "Cleo Lang")}, "of a deal, of its customer"
    assert whose("tasks") == {("Ring about the looms", "Alpha Mills")}
    assert whose("activities") == {
        ("At the fair", "Ada Novak"), ("At the mill", "Alpha Mills"), ("At the harbour", "Beta Works"),
        ("They like blue", "Ben Kos"), ("They like green", "Alpha Mills"),
    }  # fmt: skip
    landed = dump()
    again = brought(desk, files, region="AT", consent_source="their system")
    assert totals(again) == {**counted, "created": 0, "updated": 0, "same": counted["read"] - counted["refused"]}
    assert dump() == landed
    undone(desk, began)
    undone(desk, again)
    assert dump() == before


def test_two_tables_of_people_with_the_same_numbers_are_told_apart_also_when_one_comes_later(
    desk: Desk, tmp_path: Path
) -> None:
    header = "id,first_name,last_name,email\n"
    contacts = header + "1,Ada,Novak,ada@example.com\n2,Ben,Kos,ben@example.com\n"
    members = header + "1,Eve,Weiss,eve@example.com\n2,Fay,Moser,fay@example.com\n"
    calls = "id,subject,date,member_id\n1,About the price,2024-03-05,2\n"
    tables = {"contacts.csv": contacts, "members.csv": members, "calls.csv": calls}
    brought(desk, written(tmp_path / "both", tables))
    assert Customer.objects.count() == 4
    assert whose("activities") == {("About the price", "Fay Moser")}
    later = brought(desk, written(tmp_path / "later", {"members.csv": members + "3,Gus,Lang,gus@example.com\n"}))
    assert totals(later) == {"read": 3, "created": 1, "updated": 0, "same": 2, "refused": 0}


def test_the_same_people_in_two_files_are_the_same(tmp_path: Path) -> None:
    text = "id,first_name,last_name,email\n1,Ada,Novak,ada@example.com\n2,Ben,Kos,ben@example.com\n"
    files = written(tmp_path, {"contacts.csv": text, "members.csv": text})
    assert [table.apart for table in look_at(files)[1]] == ["", ""]


def test_people_and_organisations_of_one_table_are_joined_and_a_lead_is_whom_it_has_become(
    desk: Desk, tmp_path: Path
) -> None:
    before = dump()
    files = written(tmp_path / "export", ONE_TABLE_OF_BOTH)
    began = brought(desk, files, region="AT")
    counted = totals(began)
    assert counted == {"read": 22, "created": 21, "updated": 1, "same": 0, "refused": 0}
    assert names("works-at") == {("Ada Novak", "Alpha Ltd"), ("Ben Kos", "Beta Ltd"), ("Cleo Lang", "Gamma")}
    assert names("part-of") == {("Beta Ltd", "Alpha Ltd")}
    ada = Customer.objects.get(name="Ada Novak")
    assert (ada.acquired_by, ada.owner) == ("Fair", desk.user), "the lead tells what she lacks"
    told = KeptRecord.objects.filter(noun="activities").values_list("kind", "title", "status", "actor_name")
    assert set(told) == {
        ("visit", "Saw the looms", "Met", "alice@example.com"),
        ("visit", "Rang the bell", "Nobody in", "zoe@elsewhere.com"),
        ("chat", "", "", "zoe@elsewhere.com"),
    }
    deals = KeptRecord.objects.filter(noun="deals").values_list("title", "customer__name", "organisation__name")
    assert set(deals) == {("New looms", "Ada Novak", "Alpha Ltd"), ("Bobbins", "Ben Kos", None)}
    assert not CustomField.objects.filter(key__endswith="-id").exists()
    again = brought(desk, files, region="AT")
    assert totals(again) == {**counted, "created": 0, "updated": 0, "same": counted["read"]}
    undone(desk, again)
    undone(desk, began)
    assert dump() == before


def test_tables_that_only_tell_more_of_somebody_are_joined_and_lists_with_the_same_headers_stay_apart(
    desk: Desk, tmp_path: Path
) -> None:
    files = written(tmp_path / "export", TABLES_BESIDE)
    began = brought(desk, files, region="AT")
    counted = totals(began)
    assert counted["created"] == counted["read"]
    ada = Customer.objects.get(name="Ada Novak")
    assert set(ada.contact_points.values_list("kind", "value")) == {
        ("email", "ada@example.com"),
        ("email", "ada@home.example.com"),
        ("phone", "+436641000001"),
        ("social", "https://linkedin.com/in/ada"),
    }
    own = ada.custom_values.values_list("field__key", "field__kind", "text", "number")
    assert {("shoe-size", "number", "", 38), ("colours", "text", "red, blue", None)} <= set(own), "a row for each field"
    alpha = Customer.objects.get(name="Alpha Inc")
    assert (alpha.phone, alpha.owner) == ("+43316801001", desk.user)
    assert set(Customer.objects.exclude(acquired_by="").values_list("name", "acquired_by")) == {
        ("Cleo Lang", "Fair"),
        ("Dora Weiss", "Web"),
    }
    assert KeptRecord.objects.get(noun="deals").amount == 12_500
    assert whose("deals") == {("New looms", "Ada Novak")}
    again = brought(desk, files, region="AT")
    assert totals(again) == {**counted, "created": 0, "updated": 0, "same": counted["read"]}
