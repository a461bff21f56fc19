"""Three more systems that nothing here was made for: each comes in whole, stands where it belongs, and goes again."""

from decimal import Decimal
from pathlib import Path

import pytest
from crm_exports import written
from desk import Desk, open_desk
from more_unseen_exports import of_a_database, of_names, of_parts_put_together
from people_desk import brought, dump, totals, undone
from pytest_django.fixtures import Settings
from test_people_unseen import names, whose

from keepers.crm.customers.exchange.models import KeptRecord, PeopleImport
from keepers.crm.customers.models import Address, Customer, CustomField

pytestmark = pytest.mark.django_db(transaction=True)
SETTINGS = {"region": "AT", "consent_source": "their system"}


@pytest.fixture
def desk(settings: Settings, tmp_path: Path) -> Desk:
    return open_desk(settings, tmp_path, "alice@example.com", is_administrator=True)


def nouns(began: PeopleImport) -> dict[str, str]:
    return {table["file"].split(".")[0]: table["noun"] for table in began.tables}


def reached(name: str) -> set[str]:
    return set(Customer.objects.get(name=name).contact_points.values_list("value", flat=True))


def kept(noun: str) -> dict[str, KeptRecord]:
    return {record.title: record for record in KeptRecord.objects.filter(noun=noun)}


def comes_again_and_goes(desk: Desk, began: PeopleImport, files: list[Path], before: object) -> None:
    """A second time it changes nothing, and both taken back leave no trace."""
    counted, landed = totals(began), dump()
    assert counted["read"] == sum(counted[name] for name in ("created", "updated", "same", "refused"))
    again = brought(desk, files, **SETTINGS)
    known = counted["read"] - counted["refused"]
    assert totals(again) == {**counted, "created": 0, "updated": 0, "same": known}
    assert dump() == landed
    undone(desk, again)
    undone(desk, began)
    assert dump() == before


def test_parts_of_what_is_put_together_are_told_by_what_is_said_twice(desk: Desk, tmp_path: Path) -> None:
    before, files = dump(), written(tmp_path / "export", of_parts_put_together())
    began = brought(desk, files, **SETTINGS)
    told = nouns(began)
    assert (told["workspaceMember"], told["connectedAccount"], told["messageParticipant"]) == (
        "users",
        "other",
        "other",
    )
    assert totals(began)["refused"] == 1, "the firm that was thrown away"
    assert Customer.objects.count() == 6
    assert reached("Jürgen Böhm") == {
        "p0@example.com",
        "more@example.com",
        "+436641000000",
        "https://linkedin.com/in/p0",
    }
    alpha = Customer.objects.get(name="Alpha GmbH")
    assert (Address.objects.get(customer=alpha).street, alpha.city, alpha.owner) == ("Mühlweg 1", "Graz", desk.user)
    revenue = alpha.custom_values.get(field__key="annual-recurring-revenue-amount")
    assert revenue.number == 1_500, "not its millionths"
    assert not CustomField.objects.filter(key__startswith="created-by").exists()
    assert {(title, of.amount, of.actor_name) for title, of in kept("deals").items()} == {
        ("Looms 0", Decimal(1_500), "zoe@elsewhere.com"),
        ("Looms 1", Decimal(3_000), "zoe@elsewhere.com"),
    }
    assert whose("deals") == {("Looms 0", "Jürgen Böhm"), ("Looms 1", "Käthe Žižek")}
    assert whose("activities") == {
        ("Note 0", "Käthe Žižek"), ("Note 1", "Alpha GmbH"), ("Note 2", "Käthe Žižek"),
        ("Offer 0", "Jürgen Böhm"), ("Offer 1", "Käthe Žižek"),
    }  # fmt: skip
    assert kept("activities")["Note 0"].body == "They like blue"
    comes_again_and_goes(desk, began, files, before)


def test_pointers_that_are_names_with_their_kind_are_followed(desk: Desk, tmp_path: Path) -> None:
    before, files = dump(), written(tmp_path / "export", of_names())
    began = brought(desk, files, **SETTINGS)
    told = nouns(began)
    assert (began.system, told["Comments"], told["Vendors"], told["Wide"]) == ("", "activities", "other", "other")
    assert totals(began)["refused"] == 0, "the lines of an invoice repeat its number"
    assert set(Customer.objects.filter(kind="organisation").values_list("name", flat=True)) == {
        "Alpha GmbH", "Bäckerei Öhler", "Gamma", "Delta & Söhne KG",
    }  # fmt: skip
    assert names("works-at") == {
        ("Jürgen Böhm", "Alpha GmbH"), ("Käthe Žižek", "Bäckerei Öhler"), ("Óscar O'Neill", "Gamma"),
        ("Tímea Größe", "Alpha GmbH"), ("Uwe Lang", "Delta & Söhne KG"),
    }  # fmt: skip
    assert names("part-of") == {("Gamma", "Alpha GmbH"), ("Óscar O'Neill", "Jürgen Böhm")}
    assert Customer.objects.get(name="Käthe Žižek").owner == desk.user, (
        "of her whose name the users' table puts together"
    )
    assert {(title, of.amount) for title, of in kept("deals").items()} == {
        ("Webstuhl 0", Decimal("1234.56")),
        ("Webstuhl 1", Decimal("2234.56")),
    }
    assert f"{kept('deals')['Webstuhl 0'].at:%d.%m.%Y}" == "03.04.2024", "as the days of birth beside it tell"
    assert whose("deals") == {("Webstuhl 0", "Alpha GmbH"), ("Webstuhl 1", "Käthe Žižek")}
    assert whose("tickets") == {("Webstuhl steht", "Tímea Größe")}
    assert whose("activities") == {
        ("Anruf 0", "Gamma"), ("Anruf 1", "Käthe Žižek"), ("Anruf 2", "Tímea Größe"), ("Mag blau", "Käthe Žižek"),
    }  # fmt: skip
    assert f"{kept('activities')['Anruf 0'].at:%d.%m.%Y %H}" == "05.06.2024 10", "when it began, not when it was due"
    assert whose("orders") == {("Auftrag", "Gamma"), ("Rechnung", "Gamma")}
    assert KeptRecord.objects.filter(title="Rechnung").count() == 3
    comes_again_and_goes(desk, began, files, before)


def test_tables_of_a_database_are_joined_and_kinds_that_are_numbers_told_by_ids(desk: Desk, tmp_path: Path) -> None:
    before, files = dump(), written(tmp_path / "export", of_a_database())
    began = brought(desk, files, **SETTINGS)
    assert (began.system, nouns(began)["b_crm_contact_company"]) == ("", "relations")
    assert totals(began)["refused"] == 0
    assert set(Customer.objects.filter(kind="organisation").values_list("name", flat=True)) == {
        "Alpha GmbH", "Bäckerei Öhler", "Gamma", "Delta & Söhne KG",
    }  # fmt: skip
    assert names("works-at") == {
        ("Jürgen Böhm", "Gamma"), ("Käthe Žižek", "Bäckerei Öhler"), ("Óscar O'Neill", "Alpha GmbH"),
        ("Uwe Lang", "Delta & Söhne KG"),
    }  # fmt: skip
    oscar = Customer.objects.get(name="Óscar O'Neill")
    assert (oscar.owner, oscar.custom_values.get(field__key="uf-crm-shoe-size").number) == (desk.user, 38)
    assert whose("deals") == {("Webstuhl 0", "Käthe Žižek"), ("Webstuhl 1", "Óscar O'Neill")}
    assert {of.amount for of in kept("deals").values()} == {Decimal("1234.50"), Decimal("2234.50")}
    assert whose("orders") == {("Angebot", "Óscar O'Neill")}, "of a deal, of its customer"
    calls = KeptRecord.objects.filter(source="file:b_crm_act").values_list("title", "customer__name", "actor_name")
    assert set(calls) == {
        ("Anruf 0", "Käthe Žižek", "zoe@elsewhere.com"), ("Anruf 1", "Óscar O'Neill", "zoe@elsewhere.com"),
        ("Anruf 2", "Tímea Größe", "zoe@elsewhere.com"), ("Anruf 3", None, "zoe@elsewhere.com"),
        ("Anruf 4", None, "zoe@elsewhere.com"), ("Anruf 5", None, "zoe@elsewhere.com"),
    }, "3 means contacts, of whom alone there are four; 4 may mean two tables"  # fmt: skip
    acts = next(table for table in began.tables if table["file"] == "b_crm_act.csv")
    assert 'What 4 in "OWNER_TYPE_ID" stands for is not told' in acts["notes"][-1]
    assert Address.objects.get(customer__name="Käthe Žižek").street == "Mühlweg 2"
    comes_again_and_goes(desk, began, files, before)
