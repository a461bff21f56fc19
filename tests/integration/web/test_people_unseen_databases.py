"""Databases that nothing here was made for: their tables are joined by what they hold, and go again without a trace."""

from decimal import Decimal
from pathlib import Path

import pytest
from crm_exports import written
from database_exports import (
    in_french,
    of_contacts_of_all_kinds,
    of_firms_called_contacts,
    of_marketing,
    of_names_as_ids,
    of_tables_in_between,
)
from desk import Desk, open_desk, work
from django.utils import timezone
from people_desk import brought, dump, totals, undone
from pytest_django.fixtures import Settings
from test_people_unseen import names, whose
from test_people_unseen_systems import SETTINGS, comes_again_and_goes, kept, nouns, reached

from keepers.crm.customers.actions import fields
from keepers.crm.customers.actions.acts import Act
from keepers.crm.customers.exchange.queries import accounts_of
from keepers.crm.customers.exchange.recognising.layout import Table
from keepers.crm.customers.exchange.recognising.tables import look_at
from keepers.crm.customers.exchange.undo_rights import may_undo
from keepers.crm.customers.models import Address, Consent, Customer, CustomField, Relation
from keepers.crm.people.models import User
from keepers.crm.people.roles import Role
from keepers.crm.privacy.actions import start_forgetting
from keepers.ingest.sources import SAMPLE_ROWS

pytestmark = pytest.mark.django_db(transaction=True)
FIRM_3 = "Épicerie; Zêta SARL"


@pytest.fixture
def desk(settings: Settings, tmp_path: Path) -> Desk:
    return open_desk(settings, tmp_path, "alice@example.com", is_administrator=True)


def recognised(folder: Path, files: dict[str, str]) -> dict[str, Table]:
    return {table.file.split(".")[0].split("_2024")[0]: table for table in look_at(written(folder, files))[1]}


def roles(table: Table) -> dict[str, str]:
    return {column.header: column.role for column in table.columns if column.role and not column.role.startswith("new")}


def links(table: Table) -> dict[str, str]:
    return {each.header: each.link.table.split(".")[0].split("_2024")[0] for each in table.columns if each.link}


def test_people_of_all_kinds_in_one_table_with_all_else_of_them_in_others(desk: Desk, tmp_path: Path) -> None:
    files = written(tmp_path / "export", of_contacts_of_all_kinds())
    began = brought(desk, files, **SETTINGS)
    assert totals(began)["refused"] == 2, "whom their system had thrown away, and what is over without a day"
    assert set(Customer.objects.filter(kind="organisation").values_list("name", flat=True)) == {
        "Alpha GmbH", "Bäckerei Öhler", "Épicerie; Zêta SARL",
    }  # fmt: skip
    assert names("works-at") == {
        ("Jürgen Böhm", "Alpha GmbH"), ("Käthe Größe", "Bäckerei Öhler"), ("Óscar O'Neill", "Épicerie; Zêta SARL"),
        ("Cécile Lefèvre", "Alpha GmbH"), ("Françoise Brûlé", "Bäckerei Öhler"),
        ("Jürgen Böhm", "Épicerie; Zêta SARL"),
    }  # fmt: skip
    assert names("related-to") == {("Jürgen Böhm", "Cécile Lefèvre")}
    assert names("household-of") == {("Jürgen Böhm", "Haus Böhm")}
    assert set(Relation.objects.exclude(note="").values_list("note", "since__year", "until__year")) == {
        ("Sibling of", 2020, None), ("Employer of", None, 2023), ("Household Member of", None, None),
    }, "told from the other side"  # fmt: skip
    juergen = Customer.objects.get(name="Jürgen Böhm")
    assert reached("Jürgen Böhm") == {"p11-3@example.org", "p11-9@example.org", "+436641000011"}
    told = Address.objects.filter(customer=juergen).values_list("label", "street", "postal_code", "city", "country")
    assert list(told) == [
        ("", "Mühlweg 3", "8003", "Graz", "Austria"),
        ("other", "Mühlweg 9", "8009", "Graz", "Austria"),
    ]
    assert Address.objects.get(customer__name="Alpha GmbH").postal_code == "", "not that of another row"
    assert set(juergen.tags.values_list("name", flat=True)) == {"VIP"}
    assert whose("tickets") == {("Fall 1", "Käthe Größe"), ("Fall 2", "Óscar O'Neill")}
    assert {("Gespräch 0", "Jürgen Böhm"), ("Gespräch 4", "Françoise Brûlé"), ("Notiz 1", "Käthe Größe")} <= whose(
        "activities"
    ), "of whom they were about, and not of who wrote them"
    assert {of.amount for of in kept("orders").values()} <= {Decimal("2.50"), Decimal("12.50"), Decimal("22.50")}


def test_tables_in_french_are_joined_by_what_their_pointers_are_called(desk: Desk, tmp_path: Path) -> None:
    before, files = dump(), written(tmp_path / "export", {})
    for name, content in in_french().items():
        files.append(tmp_path / "export" / name)
        files[-1].write_bytes(content)
    began = brought(desk, files, **SETTINGS)
    assert (nouns(began)["llx_facture"], totals(began)["refused"]) == ("orders", 0)
    assert set(Customer.objects.filter(kind="organisation").values_list("name", flat=True)) == {
        "Alpha GmbH", "Bäckerei Öhler", "Épicerie; Zêta SARL",
    }, "in the letters of Western Europe"  # fmt: skip
    assert {("Åsa Ångström", "Épicerie; Zêta SARL"), ("Cécile Lefèvre", "Alpha GmbH")} <= names("works-at")
    alpha = Customer.objects.get(name="Alpha GmbH")
    assert (alpha.owner, alpha.city, set(alpha.tags.values_list("name", flat=True))) == (
        desk.user, "Besançon", {"Fidèle"},
    )  # fmt: skip
    assert alpha.custom_values.get(field__key="machines").number == 40, "from a table of its own fields"
    assert alpha.contact_points.filter(kind="phone").exists(), "also where its figures stand in pairs"
    assert {("CO24-1", "Bäckerei Öhler"), ("FA24-1", "Bäckerei Öhler")} <= whose("orders")
    assert kept("orders")["FA24-1"].amount == Decimal("1200.60")
    assert f"{kept('orders')['FA24-1'].at:%d.%m.%Y}" == "23.01.2024"
    assert whose("tickets") == {("Panne 0", "Alpha GmbH"), ("Panne 1", "Bäckerei Öhler"), ("Panne 2", FIRM_3)}
    assert {("Appel n° 0", "Alpha GmbH"), ("Appel n° 3", "Cécile Lefèvre"), ("Appel téléphonique", None)} <= whose(
        "activities"
    ), "what calls may be about has ids of its own"
    comes_again_and_goes(desk, began, files, before)


def test_who_refuses_in_a_table_of_its_own_refuses_with_its_row_as_the_proof(desk: Desk, tmp_path: Path) -> None:
    over = "id,lead_id,date,status,resubscribed_at\n"
    beside = {
        "unsubscribes.csv": over + "1,5,2024-01-02,resubscribed,\n2,6,2024-01-02,,2024-03-01\n3,2,2024-01-02,gone,\n",
        "optout_list.csv": "Email,Status\np5@example.org,Resubscribed\np4@example.org,Resubscribed\np1@example.org,\n",
        "bajas.csv": "id,lead_id,motivo\n1,5,cierre\n2,6,cierre\n",
        "bajas_boletin.csv": "id,lead_id,motivo\n1,3,demasiados\n",
    }
    files = written(tmp_path / "export", of_marketing() | beside)
    brought(desk, files, region="AT")
    assert set(Consent.objects.values_list("customer__email", "channel", "state")) == {
        ("p0@example.org", "email", "refused"), ("p0@example.org", "sms", "refused"),
        ("p1@example.org", "email", "refused"), ("p3@example.org", "email", "refused"),
        ("nobody@example.org", "email", "refused"), ("p2@example.org", "email", "refused"),
    }, "also of whom nothing is known but that they refuse; not who came back, or left the firm"  # fmt: skip
    by_id = Consent.objects.get(customer__email="p0@example.org", channel="email")
    assert by_id.proof.startswith("lead_donotcontact.csv: id 1, lead_id 1, date_added 2024-01-22 08:00:00, reason 1")
    by_address = Consent.objects.get(customer__email="p3@example.org")
    assert by_address.proof == "Newsletter-Abmeldungen.csv: E-Mail p3@example.org, Datum 22.01.2024, Grund zu oft"
    assert (by_address.customer.name, by_address.customer.acquired_on is None) == ("Cécile Lefèvre", False)
    assert not CustomField.objects.filter(key__in=("grund", "datum")).exists()
    agreed = Customer.objects.get(email="p4@example.org")
    Consent.objects.create(customer=agreed, channel="email", purpose="marketing", state="given", at=timezone.now())
    later = written(tmp_path / "later", {"suppression_list.csv": "Email,Reason\np4@example.org,Complaint\n"})
    stricter = brought(desk, later)
    assert agreed.consents.get(is_latest=True).state == "refused"
    undone(desk, stricter)
    assert list(agreed.consents.values_list("state", "is_latest")) == [("given", True)]


def test_tables_in_between_say_whose_each_address_is_and_who_refuses_by_it(desk: Desk, tmp_path: Path) -> None:
    before, files = dump(), written(tmp_path / "export", of_tables_in_between())
    began = brought(desk, files, **SETTINGS)
    told = nouns(began)
    assert (told["entity_email_address"], told["entity_phone_number"], told["account_contact"]) == (
        "other", "other", "relations",
    )  # fmt: skip
    assert totals(began)["refused"] == 1, "who works there no more"
    assert set(Customer.objects.values_list("email", flat=True)) == {
        *(f"info{n}@example.org" for n in range(3)), *(f"p{n}@example.org" for n in range(4)),
    }  # fmt: skip
    assert {each.phone[:9] for each in Customer.objects.all()} == {"+43664100"}
    assert names("works-at") >= {("Jürgen Böhm", "Alpha GmbH"), ("Jürgen Böhm", "Bäckerei Öhler")}
    assert Relation.objects.get(note="Board").customer.name == "Jürgen Böhm"
    assert set(Consent.objects.values_list("customer__name", "channel", "proof")) == {
        ("Käthe Größe", "email", ""), ("Óscar O'Neill", "phone", "phone_opt_out: 1"), ("Cécile Lefèvre", "phone", ""),
    }, "by one column or another"  # fmt: skip
    assert whose("activities") == {
        ("Call 0", "Jürgen Böhm"), ("Call 1", "Käthe Größe"), ("Call 2", FIRM_3), ("Call 3", "Cécile Lefèvre"),
    }  # fmt: skip
    assert whose("tickets") == {("Loom 0 stopped", "Jürgen Böhm"), ("Loom 1 stopped", "Käthe Größe")}
    comes_again_and_goes(desk, began, files, before)


def test_three_more_databases_are_recognised(tmp_path: Path) -> None:
    told = recognised(tmp_path / "marketing", of_marketing())
    assert {name for name, table in told.items() if table.is_people} == {
        "companies", "leads", "Newsletter-Abmeldungen",
    }  # fmt: skip
    assert {told[name].noun for name in ("lead_lists", "lead_lists_leads", "lead_points_change_log")} == {"other"}
    assert roles(told["companies"]) | {"companycity": "city", "companyphone": "phone"} == roles(told["companies"])
    of_refusals = {"lead_donotcontact.csv: email", "lead_donotcontact.csv: sms"}
    assert {"tags", *of_refusals} == {join.header for join in told["leads"].joins}, (
        "and no addresses of where their visits came from"
    )

    told = recognised(tmp_path / "names", of_names_as_ids())
    assert {name: table.identity for name, table in told.items() if name in {"Customer", "Contact", "Sales Order"}} == {
        "Customer": "id", "Contact": "id", "Sales Order": "id",
    }  # fmt: skip
    assert (told["Customer Group"].noun, told["Sales Order Item"].noun) == ("other", "lines")
    assert "email" not in roles(told["Customer"]).values(), "who changed the row is not who it is"
    assert links(told["Contact"])["organisation_id"] == "Customer"
    assert {join.header for join in told["Customer"].joins} == {"street", "city", "country", "postal_code"}

    told = recognised(tmp_path / "firms", of_firms_called_contacts())
    assert (told["CONTACT"].noun, told["PERSON"].noun, told["ASSOCIATE"].noun) == ("organisations", "people", "users")
    assert roles(told["PERSON"])["contact_id"] == "organisation"
    assert links(told["CONTACT"]) == {"associate_id": "ASSOCIATE", "country_id": "COUNTRY"}
    assert told["APPOINTMENT"].noun == "activities", "which says when, though not what"
    assert links(told["TICKET"]) == {"cust_id": "PERSON", "owned_by": "ASSOCIATE"}
    of_both = [join.there for name in ("CONTACT", "PERSON") for join in told[name].joins if join.through[:5] == "EMAIL"]
    assert set(of_both) == {"email_address"}, "of one of two owners each, and not of who wrote it down"
    assert "email_address" in roles(told["CONTACT"]), "beside those of persons in the same table"

    staff = "id,name,email\nc-1,Alice,alice@example.com\nc-2,Zoe,zoe@elsewhere.com\nc-3,Ada,ada@example.org\n"
    calls = "id,subject,owner,contact\nk-1,Ring,alice@example.com,c-3\nk-2,Ring,zoe@elsewhere.com,c-3\n"
    told = recognised(tmp_path / "staff", {"contacts.csv": staff, "calls.csv": calls})
    assert links(told["calls"]) == {"contact": "contacts"}, "also where who looks after it is a customer too"


def test_customers_who_are_firms_are_organisations_with_who_speaks_for_them(desk: Desk, tmp_path: Path) -> None:
    before = dump()
    header = "Customer No,Company Name,Contact Name,E-mail,City,Salesperson\n"
    rows = [
        "10001,Alpha Mills Ltd,Ada Novak,office@alpha.example.com,Leeds,alice@example.com",
        "10002,Beta Works,Ben Kos,info@beta.example.com,York,",
        "10003,,Cleo Lang,cleo@example.com,Hull,",
        "10004,Gamma Ltd,,hello@gamma.example.com,Ripon,",
    ]
    staff = "id,first_name,last_name,company\nc-1,Ben,Kos,Beta Works\n"
    files = written(tmp_path, {"export.csv": header + "\n".join(rows), "contacts.csv": staff})
    began = brought(desk, files)
    assert totals(began) == {"read": 5, "created": 5, "updated": 0, "same": 0, "refused": 0}
    assert set(Customer.objects.values_list("name", "kind", "email")) == {
        ("Alpha Mills Ltd", "organisation", "office@alpha.example.com"), ("Ada Novak", "person", ""),
        ("Beta Works", "organisation", "info@beta.example.com"), ("Ben Kos", "person", ""),
        ("Cleo Lang", "person", "cleo@example.com"), ("Gamma Ltd", "organisation", "hello@gamma.example.com"),
    }, "Ben, who has a row of his own, once"  # fmt: skip
    assert names("works-at") == {("Ada Novak", "Alpha Mills Ltd"), ("Ben Kos", "Beta Works")}
    assert Customer.objects.get(name="Ada Novak").owner == desk.user
    told = accounts_of(began)[[table["file"] for table in began.tables].index("export.csv")]
    assert told["notes"][-1] == "1 person came with the organisation."
    Customer.objects.filter(name="Ada Novak").update(name="Ada Novak-Lang")
    again = brought(desk, files)
    assert Customer.objects.count() == 6, "whatever she is called by now"
    undone(desk, again)
    Customer.objects.filter(name="Ada Novak-Lang").update(name="Ada Novak")
    undone(desk, began)
    assert dump() == before
    fields.define(Act(desk.user, timezone.now()), label="Called", kind="formula", formula='name & "!"')
    unsaid = "10005,Delta Ltd,--,d@example.com,Bath,\n10006,Epsilon Ltd,e@example.com,e@example.com,Bath,"
    whole = "\n".join([header.strip(), *rows, unsaid])
    brought(desk, written(tmp_path, {"export.csv": whole.replace("Ada Novak", "")}))
    files = written(tmp_path, {"export.csv": whole})
    began = brought(desk, files)
    bob = User.objects.create_user("bob@example.com", name="Bob", role=Role.AGENT)  # who deletes nobody
    assert not may_undo(bob, began), "also who came beside the rows would go"
    ada = Customer.objects.get(name="Ada Novak")
    assert ada.custom_values.get().text == "Ada Novak!"
    assert Customer.objects.filter(kind="person").count() == 3, "an address or a dash is nobody"
    start_forgetting(ada, confirmed=ada.key, keep_orders=False, by=desk.user, at=timezone.now())
    work()
    brought(desk, files)
    assert not Customer.everyone.filter(name="Ada Novak").exists(), "who was forgotten"
    lists = {
        "customers.csv": "Contact Name,Company,Email\n" + "".join(f"P {n},Alpha,p{n}@example.com\n" for n in range(5)),
        "contacts.csv": "Id,Contact Name,Company Name\n1,Eve Far,Alpha\n2,Uwe Lang,Beta\n",
    }
    with_rows = {
        "customers.csv": "Customer No,Company,Contact Person\n1,Alpha,Eve Far\n2,Beta,Uwe Lang\n3,Gamma,Zoe Kos\n",
        "contacts.csv": "id,first_name,last_name\nc-1,Eve,Far\nc-2,Uwe,Lang\nc-3,Zoe,Kos\n",
    }
    firms = recognised(tmp_path / "rows", with_rows)["customers"]
    assert firms.header_of("contact") is None, "who has a row comes with that"
    assert links(firms) == {"Contact Person": "contacts"}
    told_of_persons = recognised(tmp_path / "persons", lists)
    assert {table.noun for table in told_of_persons.values()} == {"people"}, "several of one firm, and contacts"


def test_a_field_that_begins_after_the_rows_that_are_looked_at_is_one_too(tmp_path: Path) -> None:
    people = [f"{at},Ada {at}" for at in range(SAMPLE_ROWS + 20)]
    first = [f"{at},1,blue" for at in range(len(people))]
    late = [f"{at},2,{at}" for at in range(SAMPLE_ROWS + 5, len(people))]
    files = {
        "contacts.csv": "\n".join(["id,full_name", *people]),
        "contact_fields.csv": "\n".join(["contact_id,field_id,value", *first, *late]),
        "fields.csv": "id,name\n1,Colour\n2,Shoe size\n",
    }
    contacts = recognised(tmp_path / "late", files)["contacts"]
    told = {column.header: (column.role, column.cells[:1]) for column in contacts.columns}
    assert told["Colour"] == ("new:choice", ("blue",))
    assert told["Shoe size"] == ("new:number", (str(SAMPLE_ROWS + 5),)), "of people who are not looked at either"


def test_what_databases_taught_takes_nothing_from_plain_lists(tmp_path: Path) -> None:
    files = {
        "Customer list.csv": "Name,Title,Job title\nAda Novak,Dr.,Head\nBen Kos,Mr,Buyer\nCleo Lang,Ms,Buyer\n",
        "Tickets.csv": "Name,Subject\nAda Novak,Loom stopped\nBen Kos,Bobbin lost\n",
        "contacts.csv": "id,first_name,last_name\nc-1,Eve,Weiss\nc-2,Uwe,Lang\nc-3,Zoë,Böhm\n",
        "accounts.csv": "id,name\na-1,Alpha\na-2,Beta\na-3,Gamma\n",
        "contact_emails.csv": "id,contact_id,email,label\ne-1,c-1,eve@example.com,work\ne-2,c-2,uwe@example.com,home\n",
        "accounts_contacts.csv": "id,contact_id,account_id,label\nx-1,c-1,a-1,Buyer\nx-2,c-2,a-2,Head\n",
        "Contacts without unsubscribed.csv": "Email,Name\nada@example.org,Ada\nben@example.org,Ben\n",
        "Unsubscribe report.csv": "Email,Status\nada@example.org,Subscribed\nben@example.org,Unsubscribed\n",
        "Unsubscribed.csv": "Email,Date\ncleo@example.org,2024-01-02\n",
        "account_transfers.csv": "id,from_account_id,to_account_id,amount\nx-1,a-1,a-2,9.50\nx-2,a-2,a-3,8.50\n",
        "Support group tickets.csv": "id,title,contact_id\nt-1,Loom,c-1\nt-2,Yarn,c-2\nt-3,Dye,c-3\n",
    }
    told = recognised(tmp_path / "plain", files)
    assert (told["Customer list"].noun, roles(told["Customer list"])["Name"]) == ("people", "name")
    assert roles(told["Tickets"]).get("Name") != "id"
    assert {join.header for join in told["contacts"].joins} >= {"email_address"}
    assert told["accounts_contacts"].noun == "relations"
    assert told["Support group tickets"].noun == "tickets"
    assert {name: table.refuses for name, table in told.items() if table.refuses} == {
        "Unsubscribed": "email", "Unsubscribe report": "email",
    }  # fmt: skip
    assert not told["account_transfers"].pair, "which tells of money"
