"""Whom a row means that has no key, or another one than its id says: the same file again brings nobody anew."""

from dataclasses import replace
from pathlib import Path

import polars as pl
import pyarrow as pa
import pytest
from crm_exports import written
from desk import Desk, open_desk, work
from django.utils import timezone
from people_desk import brought, dump, landed, totals, undone
from pytest_django.fixtures import Settings

from keepers.crm.customers.arrivals import DESCRIBED, bring_customers
from keepers.crm.customers.duplicates.merging import merge
from keepers.crm.customers.exchange import actions
from keepers.crm.customers.exchange.models import PeopleImport
from keepers.crm.customers.exchange.queries import refused_rows
from keepers.crm.customers.exchange.reading.staging import rows_path
from keepers.crm.customers.exchange.recognising.layout import as_json, from_json
from keepers.crm.customers.exchange.recognising.tables import staging_of
from keepers.crm.customers.models import Customer, ExternalKey, Relation
from keepers.crm.customers.told import told_to
from keepers.crm.customers.writing.chunks import Pace

pytestmark = pytest.mark.django_db(transaction=True)
HEAD = "Contact Id,Name,Email,Account Id\n"
ACCOUNTS = "Account Id,Account Name\n7,Alpha\n"


@pytest.fixture
def desk(settings: Settings, tmp_path: Path) -> Desk:
    return open_desk(settings, tmp_path, "alice@example.com", is_administrator=True)


def sent(desk: Desk, folder: Path, people: str, *, key: str = "") -> PeopleImport:
    """Brought in by what tells rows apart, or by another role."""
    (folder / "contacts.csv").write_text(HEAD + people, encoding="utf-8")
    (folder / "accounts.csv").write_text(ACCOUNTS, encoding="utf-8")
    began = actions.begin([folder / "contacts.csv", folder / "accounts.csv"], by=desk.user, at=timezone.now())
    accounts, people = from_json(began.tables)
    began.tables = as_json([accounts, replace(people, key=key or people.key)])
    began.save()
    return landed(desk, began)


def test_rows_without_an_id_are_known_again_by_what_they_hold(desk: Desk, tmp_path: Path) -> None:
    before = dump()
    rows = "1,Ada,ada@example.com,7\n,Ben,ben@example.com,7\n,Ben,ben@example.com,7\n,Cleo,,\n"
    began = sent(desk, tmp_path, rows)
    assert totals(began) == {"read": 5, "created": 5, "updated": 0, "same": 0, "refused": 0}
    assert Relation.objects.filter(other__name="Alpha").count() == 3, "where they work is known by their row too"
    ben = Customer.objects.filter(name="Ben").first()
    assert ben is not None
    assert told_to(desk.user, ben)["external_keys"] == {}, "what they are known by is no id of their system's"
    again = sent(desk, tmp_path, rows + ",Dora,,\n")
    assert totals(again) == {"read": 6, "created": 1, "updated": 0, "same": 5, "refused": 0}
    undone(desk, again)
    undone(desk, began)
    assert dump() == before


def test_a_row_that_comes_again_as_it_was_leaves_what_was_changed_by_hand(desk: Desk, tmp_path: Path) -> None:
    rows = "1,Ada,,\n,Ben,,\n,Cleo,,\n,Cleo,,\n"
    sent(desk, tmp_path, rows)
    Customer.objects.filter(name="Ben").update(name="Benjamin")
    one, other = Customer.objects.filter(name="Cleo")
    merge(one, [other], by=desk.user, at=timezone.now())
    assert totals(sent(desk, tmp_path, rows)) == {"read": 5, "created": 0, "updated": 0, "same": 5, "refused": 0}
    assert Customer.objects.filter(name="Benjamin").exists()


def test_a_row_without_an_id_whose_columns_are_mapped_anew_tells_more(desk: Desk, tmp_path: Path) -> None:
    path = tmp_path / "contacts.csv"
    path.write_text("Name,Shoe,Town of birth\nAda,red,Graz\nBen,blue,Wien\n", encoding="utf-8")

    def mapped(**roles: str) -> PeopleImport:
        began = actions.begin([path], by=desk.user, at=timezone.now())
        (table,) = from_json(began.tables)
        columns = tuple(replace(each, role=roles.get(each.header[:4], each.role)) for each in table.columns)
        began.tables = as_json([replace(table, columns=columns, identity="", key="")])
        began.save()
        return landed(desk, began)

    first = mapped(Town="")
    assert totals(first)["created"] == 2
    assert set(Customer.objects.values_list("city", flat=True)) == {""}
    once = dump()
    anew = mapped(Town="city")
    assert totals(anew) == {"read": 2, "created": 0, "updated": 2, "same": 0, "refused": 0}
    assert set(Customer.objects.values_list("city", flat=True)) == {"Graz", "Wien"}
    Customer.objects.filter(name="Ada").update(city="Linz")
    assert totals(mapped(Town="city"))["same"] == 2, "what was changed here since stays"
    Customer.objects.filter(name="Ada").update(city="Graz")
    undone(desk, anew)
    assert dump() == once


def test_who_was_merged_twice_is_whom_they_became_in_the_end(desk: Desk, tmp_path: Path) -> None:
    for kind in ("person", "organisation"):
        a, b, c = (Customer.objects.create(key=f"{kind}-{name}", name=f"{kind} {name}", kind=kind) for name in "ABC")
        merge(b, [a], by=desk.user, at=timezone.now())
        merge(c, [b], by=desk.user, at=timezone.now())
    (tmp_path / "contacts.csv").write_text("Customer Id,Name,Company\nperson-A,Ann,organisation A\n", encoding="utf-8")
    began = actions.begin([tmp_path / "contacts.csv"], by=desk.user, at=timezone.now())
    began.tables = as_json([replace(table, key="key") for table in from_json(began.tables)])
    began.save()
    assert totals(landed(desk, began))["updated"] == 1
    ann = Customer.objects.get(name="Ann")
    assert (ann.key, Relation.objects.get(customer=ann).other.key) == ("person-C", "organisation-C")


def test_found_by_e_mail_organisations_of_one_name_are_two(desk: Desk, tmp_path: Path) -> None:
    before, file, imports = dump(), tmp_path / "companies.csv", []
    for rows in ("Subway,a@s.com\n", "Subway,b@s.com\nSubway,c@s.com\nOther,a@s.com\n"):
        file.write_text("Company Name,Email\n" + rows, encoding="utf-8")
        began = actions.begin([file], by=desk.user, at=timezone.now())
        began.tables = as_json([replace(table, key="email") for table in from_json(began.tables)])
        began.save()
        imports.append(landed(desk, began))
    assert totals(imports[1]) == {"read": 3, "created": 2, "updated": 1, "same": 0, "refused": 0}
    assert set(Customer.objects.values_list("name", "email")) == {
        ("Other", "a@s.com"), ("Subway", "b@s.com"), ("Subway", "c@s.com"),
    }  # fmt: skip
    for each in reversed(imports):
        undone(desk, each)
    assert dump() == before


def test_found_by_e_mail_who_has_none_or_another_one_is_known_by_the_id(desk: Desk, tmp_path: Path) -> None:
    sent(desk, tmp_path, "1,Ada,ada@example.com,\n2,Ben,,\n,Cleo,,\n", key="email")
    again = sent(desk, tmp_path, "1,Ada,ada@new.example.com,\n2,Ben,,\n,Cleo,,\n", key="email")
    assert totals(again) == {"read": 4, "created": 0, "updated": 1, "same": 3, "refused": 0}
    assert Customer.objects.get(name="Ada").email == "ada@new.example.com"
    assert set(ExternalKey.objects.exclude(external_id__startswith="#").values_list("external_id", flat=True)) == {
        "1", "2", "7",
    }  # fmt: skip


def test_whom_e_mail_and_id_say_to_be_two_is_refused_and_so_is_an_id_twice(desk: Desk, tmp_path: Path) -> None:
    twice = sent(
        desk, tmp_path, "1,Ada,ada@example.com,\n2,Ben,ben@example.com,\n2,Eve,eve@example.com,\n", key="email"
    )
    assert [why for _table, _line, why, _text in refused_rows(twice)] == ['it repeats "2" of line 3']
    crossed = sent(desk, tmp_path, "2,Ada,ada@example.com,\n2,Ben,,\n", key="email")
    assert [why for _table, _line, why, _text in refused_rows(crossed)] == [
        'it repeats "2" of line 2',
        '"ada@example.com" is of one customer, and the id "2" of another',
    ]


def test_of_a_household_with_one_address_the_id_tells_who_is_meant(desk: Desk, tmp_path: Path) -> None:
    sent(desk, tmp_path, "1,Ann,home@example.com,\n2,Bob,home@example.com,\n")
    again = sent(desk, tmp_path, "2,Bobby,home@example.com,\n", key="email")
    assert totals(again) == {"read": 2, "created": 0, "updated": 1, "same": 1, "refused": 0}
    assert list(Customer.objects.filter(kind="person").values_list("name", flat=True).order_by("pk")) == [
        "Ann",
        "Bobby",
    ]


def test_what_an_earlier_version_checked_still_lands(desk: Desk, tmp_path: Path) -> None:
    (tmp_path / "contacts.csv").write_text("Contact Id,Name\n1,Ada\n", encoding="utf-8")
    began = actions.begin([tmp_path / "contacts.csv"], by=desk.user, at=timezone.now())
    actions.start_check(began, by=desk.user, at=timezone.now())
    work()
    rows = rows_path(staging_of(began), 0)
    pl.read_parquet(rows).drop("fingerprint").write_parquet(rows)
    actions.start_landing(began, by=desk.user, at=timezone.now())
    work()
    assert Customer.objects.get().name == "Ada"


def test_of_two_legal_forms_in_imports_after_each_other_one_alone_lands_on_a_name_without(
    desk: Desk, tmp_path: Path
) -> None:
    forms = {f"{form}.csv": f"Email,Company\n{form}@a.at,Alpha {form}\n" for form in ("ltd", "ag")}
    companies, *files = written(tmp_path, {"companies.csv": "Company Name,Industry\nAlpha,x\n"} | forms)
    brought(desk, [companies])
    before = dump()
    first, second = (brought(desk, [file]) for file in files)
    worked = Relation.objects.filter(kind="works-at").values_list("customer__email", "other__name")
    assert dict(worked) == {"ltd@a.at": "Alpha", "ag@a.at": "Alpha ag"}
    once = dump()
    assert [totals(brought(desk, [file]))["same"] for file in files] == [1, 1]
    assert dump() == once, "the first is where it was"
    for each in PeopleImport.objects.filter(pk__gte=first.pk).order_by("-pk"):
        undone(desk, each)
    assert dump() == before
    assert brought(desk, [files[1]]).pk > second.pk
    assert set(worked.values_list("other__name", flat=True)) == {"Alpha"}, "of who was taken back nothing is known"
    beta = Customer.objects.create(key="B", kind="organisation", name="Beta", changed_at=timezone.now())
    merge(beta, [Customer.objects.get(name="Alpha")], by=desk.user, at=timezone.now())
    (tmp_path / "dot.csv").write_text("Email,Company\ndot@a.at,ALPHA AG.\n", encoding="utf-8")
    brought(desk, [tmp_path / "dot.csv"])
    assert dict(worked.all())["dot@a.at"] == "Beta", "whom the name landed on has become another"


CLIENTS = """Code client;Raison sociale;SIRET;Adresse;CP;Ville;Pays
C00001;Plomberie Faure SARL;45908852777923;158 rue du Port;59800;Lille;France
C00002;Toiture Blanc SAS;40747060897674;141 rue de la Gare;69003;Lyon;France
"""


def test_an_erps_table_of_customers_names_those_who_came_with_its_orders(desk: Desk, tmp_path: Path) -> None:
    described = {name: pa.nulls(2, pa.string()) for name in DESCRIBED} | {"key": pa.array(["C00001", "C00002"])}
    bring_customers(Pace(), pa.table(described))
    (tmp_path / "Clients.csv").write_text(CLIENTS, encoding="utf-8")
    came = brought(desk, [tmp_path / "Clients.csv"])
    assert totals(came) == {"read": 2, "created": 0, "updated": 2, "same": 0, "refused": 0}
    (table,) = from_json(came.tables)
    assert (table.noun, table.key) == ("organisations", "key")
    faure = Customer.objects.get(key="C00001")
    assert (faure.name, faure.kind, faure.city) == ("Plomberie Faure SARL", "organisation", "Lille")
    assert faure.addresses.get().street == "158 rue du Port"
    assert faure.custom_values.get(field__key="siret").text == "45908852777923"
    again = brought(desk, [tmp_path / "Clients.csv"])
    assert totals(again) == {"read": 2, "created": 0, "updated": 0, "same": 2, "refused": 0}
    Customer.objects.filter(key="C00001").update(email="faure@example.com")
    (tmp_path / "People.csv").write_text(
        "Code client;Nom;Email\nC00001;Jean Petit;petit@example.com\n", encoding="utf-8"
    )
    assert totals(brought(desk, [tmp_path / "People.csv"]))["created"] == 1, "another e-mail: a number that looks alike"
