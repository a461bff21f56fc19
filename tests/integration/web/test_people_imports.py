"""People of another system come in with their keys joined and every row accounted for, and go again without a trace."""

from pathlib import Path

import pyarrow as pa
import pytest
from crm_exports import DYNAMICS, HUBSPOT, ODOO, OF_MANY_TABLES, SALESFORCE, ZOHO, written
from desk import Desk, open_desk, work
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from django.utils import timezone
from people_desk import brought, dump, landed, totals, undone, uploaded
from pytest_django.fixtures import Settings

from keepers.core.errors import NothingToDoError
from keepers.crm.customers.actions import records
from keepers.crm.customers.actions.acts import Act
from keepers.crm.customers.arrivals import bring_customers
from keepers.crm.customers.duplicates.merging import merge
from keepers.crm.customers.exchange import actions, queries
from keepers.crm.customers.exchange.landing import pieces as landing
from keepers.crm.customers.exchange.models import KeptRecord, PeopleImport, Piece
from keepers.crm.customers.exchange.queries import refused_rows
from keepers.crm.customers.models import Consent, ContactPoint, Customer, CustomField, Relation, Tag
from keepers.crm.customers.writing.chunks import Pace
from keepers.crm.people.models import AuditEntry
from keepers.crm.people.roles import Role

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def desk(settings: Settings, tmp_path: Path) -> Desk:
    return open_desk(settings, tmp_path, "alice@example.com", is_administrator=True)


def file_of(folder: Path, text: str, name: str = "contacts.csv") -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def names(kind: str) -> set[tuple[str, str]]:
    return set(Relation.objects.filter(kind=kind).values_list("customer__name", "other__name"))


def test_a_whole_export_of_salesforce_comes_in_joined_and_goes_without_a_trace(desk: Desk, tmp_path: Path) -> None:
    before = dump()
    began = brought(desk, written(tmp_path / "sf", SALESFORCE), region="AT")
    assert began.system == "salesforce"
    assert {table["file"]: table["noun"] for table in began.tables} == {
        "Account.csv": "organisations", "AccountContactRelation.csv": "relations", "Branch__c.csv": "other",
        "Campaign.csv": "campaigns", "CampaignMember.csv": "members", "Case.csv": "tickets", "Contact.csv": "people",
        "Lead.csv": "leads", "Opportunity.csv": "deals", "Task.csv": "tasks", "User.csv": "users",
    }  # fmt: skip
    assert totals(began) == {"read": 17, "created": 15, "updated": 1, "same": 0, "refused": 1}
    assert {customer.name: customer.kind for customer in Customer.objects.all()} == {
        "Alpha Mills": "organisation", "Beta Works": "organisation", "Ada Novak": "person", "Ben Kos": "person",
        "Cleo Lang": "person",
    }  # fmt: skip
    assert names("works-at") == {("Ada Novak", "Alpha Mills"), ("Ben Kos", "Beta Works"), ("Ben Kos", "Alpha Mills")}
    assert names("part-of") == {("Beta Works", "Alpha Mills")}
    ada = Customer.objects.get(name="Ada Novak")
    assert (ada.email, ada.phone, ada.owner, ada.stage) == (
        "ada.novak@example.com",
        "+43316801002",
        desk.user,
        "prospect",
    )
    assert set(ada.external_keys.values_list("source", flat=True)) == {"salesforce:people", "salesforce:leads"}
    values = dict(ada.custom_values.values_list("field__key", "text"))
    assert values["branch"] == "North"
    assert [(each.channel, each.state, each.source) for each in ada.consents.all()] == [
        ("email", "refused", "export of Salesforce")
    ]
    kept = {record.noun: record for record in KeptRecord.objects.exclude(customer=None)}
    assert kept["deals"].customer == Customer.objects.get(name="Alpha Mills")
    assert (kept["tickets"].customer, str(kept["tickets"].organisation)) == (ada, "Alpha Mills")
    assert str(kept["tasks"].customer) == "Cleo Lang"
    assert (str(kept["members"].customer), kept["members"].title) == ("Ben Kos", "Spring fair")
    assert [(line, reason) for _table, line, reason, _text in refused_rows(began)] == [(4, "it is marked as deleted")]
    assert began.owners == {"alice@example.com": desk.user.pk, "zoe@elsewhere.com": None}
    again = brought(desk, written(tmp_path / "sf", SALESFORCE), region="AT")
    assert totals(again) == {"read": 17, "created": 0, "updated": 0, "same": 16, "refused": 1}
    undone(desk, again)
    assert undone(desk, began).left_alone == []
    assert dump() == before


@pytest.mark.parametrize(
    ("files", "system", "works_at"),
    [
        (HUBSPOT, "hubspot", {("Ada Novak", "Alpha")}),
        (ZOHO, "zoho", {("Ada Novak", "Alpha")}),
        (DYNAMICS, "dynamics", {("Ada Novak", "Alpha")}),
        (ODOO, "odoo", {("Ada Novak", "Alpha")}),
    ],
    ids=["hubspot", "zoho", "dynamics", "odoo"],
)
def test_exports_of_other_systems_are_known_by_their_headers(
    desk: Desk, tmp_path: Path, files: dict[str, str], system: str, works_at: set[tuple[str, str]]
) -> None:
    before = dump()
    began = brought(desk, written(tmp_path / system, files))
    counted = totals(began)
    assert began.system == system
    assert (counted["read"], counted["refused"]) == (counted["created"], 0)
    assert names("works-at") == works_at
    assert set(KeptRecord.objects.filter(noun="deals").values_list("customer__name", "organisation__name")) <= {
        ("Ada Novak", "Alpha")
    }
    assert totals(brought(desk, written(tmp_path / system, files)))["same"] == counted["read"]
    for each in PeopleImport.objects.all():
        undone(desk, each)
    assert dump() == before


def test_tables_that_only_join_others_bring_addresses_fields_and_whose_a_deal_is(desk: Desk, tmp_path: Path) -> None:
    before = dump()
    began = brought(desk, written(tmp_path / "many", OF_MANY_TABLES), consent_source="their system")
    counted = totals(began)
    assert began.system == ""
    assert counted["read"] == sum(counted[name] for name in ("created", "updated", "same", "refused"))
    assert (counted["read"], counted["refused"]) == (17, 2)
    assert set(Customer.objects.values_list("name", "email")) == {
        ("Alpha", ""), ("Ada Novak", "ada@example.com"), ("Ben Kos", "ben@example.com"),
    }  # fmt: skip
    ada = Customer.objects.get(name="Ada Novak")
    assert dict(ada.custom_values.values_list("field__key", "text"))["shoe-c"] == "red"
    assert list(ada.consents.values_list("channel", "state")) == [("email", "refused")]
    assert names("works-at") == {("Ada Novak", "Alpha")}
    assert KeptRecord.objects.get(noun="deals").customer == ada
    undone(desk, began)
    assert dump() == before


def test_an_import_is_walked_in_five_steps_in_a_browser(desk: Desk, tmp_path: Path) -> None:
    text = "Name,Email,Shoe Size\nAda Novak,ada@example.com,38\nNobody At All,,\nAda Again,ada@example.com,40\n"
    began = uploaded(desk, file_of(tmp_path, text))
    tables = desk.page("people_tables", began.pk)
    assert "What do these files hold?" in tables
    columns = desk.page("people_columns", began.pk, 0)
    assert "Shoe Size" in columns
    assert "New field: number" in columns
    form = {"0": "name", "1": "email", "2": "new:text"}
    assert desk.client.post(reverse("people_columns", args=[began.pk, 0]), form).status_code == 302
    settings = {"source": "shop", "mode": "both", "empty": "leave", "stage": "active", "dates": "auto",
                "noun-0": "people", "key-0": "email"}  # fmt: skip
    desk.client.post(reverse("people_tables", args=[began.pk]), settings)
    work()
    preview = desk.page("people_check", began.pk)
    assert "3 rows: 2 new, 0 to be updated. Nothing has changed yet." in preview
    assert "it repeats &quot;ada@example.com&quot; of line 2" in preview
    assert not Customer.objects.exists()
    desk.client.post(reverse("people_landing", args=[began.pk]))
    work()
    result = desk.page("people_import", began.pk)
    assert "3 rows read: 2 new, 0 updated, 0 the same, 1 refused." in result
    refused = b"".join(desk.client.get(reverse("people_refused", args=[began.pk])).streaming_content)  # type: ignore[attr-defined]
    assert b"contacts.csv,4," in refused
    assert Customer.objects.get(name="Ada Novak").stage == "active"
    assert AuditEntry.objects.get(verb="import").changes["created"] == 2
    desk.client.post(reverse("people_undo", args=[began.pk]))
    work()
    assert "Taken back on" in desk.page("people_import", began.pk)
    assert not Customer.objects.exists()
    assert "as was decided the last time" in desk.page("people_columns", uploaded(desk, file_of(tmp_path, text)).pk, 0)


def test_an_update_by_e_mail_changes_what_differs_and_undo_puts_it_back(desk: Desk, tmp_path: Path) -> None:
    act = Act(desk.user, timezone.now())
    ada = records.create(act, name="Ada", key="ada-1", email="ada@example.com")
    records.create(act, name="Ben", email="ben@example.com")
    before = dump()
    text = (
        "E-mail,Name,Phone,City,Tags,Newsletter\n"
        "ADA@example.com,Ada Novak,+386 1 475 1000,Ljubljana,VIP,yes\nben@example.com,Ben,,,,\n"
        "new@example.com,New,,,,\n"
    )
    began = brought(desk, [file_of(tmp_path, text)], consent_source="the shop's form")
    assert totals(began) == {"read": 3, "created": 1, "updated": 1, "same": 1, "refused": 0}
    ada.refresh_from_db()
    assert (ada.name, ada.phone, ada.city, ada.key) == ("Ada Novak", "+38614751000", "Ljubljana", "ada-1")
    assert list(ada.tags.values_list("name", flat=True)) == ["VIP"]
    assert Consent.objects.get(customer=ada).state == "given"
    undone(desk, began)
    assert dump() == before


def test_what_somebody_changed_since_is_left_and_listed_unless_forced(desk: Desk, tmp_path: Path) -> None:
    began = brought(desk, [file_of(tmp_path, "Id,Name,Email\n1,Ada,ada@example.com\n2,Ben,ben@example.com\n")])
    records.edit(Act(desk.user, timezone.now()), Customer.objects.get(name="Ada"), name="Ada the first")
    undone(desk, began)
    assert [left["name"] for left in began.left_alone] == ["Ada the first"]
    assert list(Customer.objects.values_list("name", flat=True)) == ["Ada the first"]
    assert "Ada the first" in desk.page("people_import", began.pk)
    undone(desk, began, forced=True)
    assert not Customer.objects.exists()
    assert not ContactPoint.objects.exists()


def test_how_people_are_reached_is_told_by_imports_of_orders_until_people_come_in(desk: Desk, tmp_path: Path) -> None:
    told = {"key": ["c1"], "name": ["Ada"], "email": ["ada@old.example.com"], "phone": ["0316 801002"],
            "street": ["Weg 1"], "postal_code": ["8010"], "city": ["Graz"], "country": ["AT"]}  # fmt: skip
    bring_customers(Pace(), pa.table(told))
    before = dump()
    text = "Customer,Name,E-mail\nc1,Ada Novak,ada@example.com\n"
    began = uploaded(desk, file_of(tmp_path, text))
    began.tables[0] |= {"key": "key", "identity": "id"}
    began.tables[0]["columns"][0]["role"] = "id"
    began.save()
    landed(desk, began)
    bring_customers(Pace(), pa.table(told | {"email": ["ada@new.example.com"], "city": ["Wien"]}))
    ada = Customer.objects.get()
    assert (ada.name, ada.email, ada.phone, ada.city) == ("Ada Novak", "ada@example.com", "0316 801002", "Graz")
    assert list(ada.contact_points.order_by("kind", "position").values_list("value", flat=True)) == [
        "ada@example.com", "ada@old.example.com", "0316 801002",
    ]  # fmt: skip
    assert str(ada.addresses.get().city) == "Graz"
    undone(desk, began)
    assert dump() == before


def test_who_reports_to_whom_is_a_relation_that_pages_know(desk: Desk, tmp_path: Path) -> None:
    text = "Contact Id,Name,Reports To Id\np1,Ada,p2\np2,Ben,\np3,Cleo,p2\n"
    brought(desk, [file_of(tmp_path, text)])
    assert names("part-of") == {("Ada", "Ben"), ("Cleo", "Ben")}
    assert set(Relation.objects.values_list("kind", "note")) == {(Relation.Kind.PART_OF, "reports to them")}


def test_what_was_taken_back_is_not_gone_on_with(desk: Desk, tmp_path: Path) -> None:
    began = brought(desk, [file_of(tmp_path, "Id,Name\n1,Ada\n")])
    PeopleImport.objects.update(landed_at=None)  # as if it had been stopped midway
    undone(desk, began)
    with pytest.raises(NothingToDoError):
        actions.start_landing(began, by=desk.user, at=timezone.now())
    assert not Customer.objects.exists()


@pytest.mark.parametrize(
    ("mode", "counts"),
    [("create", (1, 0, 0, 1)), ("update", (0, 1, 0, 1)), ("both", (1, 1, 0, 0))],
)
def test_create_update_or_both(desk: Desk, tmp_path: Path, mode: str, counts: tuple[int, ...]) -> None:
    records.create(Act(desk.user, timezone.now()), name="Ada", email="ada@example.com")
    text = "Name,Email\nAda Novak,ada@example.com\nBen,ben@example.com\n"
    counted = totals(brought(desk, [file_of(tmp_path, text)], mode=mode))
    assert tuple(counted[name] for name in ("created", "updated", "same", "refused")) == counts
    lines = text.splitlines()
    assert all(row == lines[line - 1] for _table, line, _reason, row in refused_rows(PeopleImport.objects.latest("pk")))
    assert counted["read"] == 2


def test_people_bring_where_they_work_and_take_it_away_again(desk: Desk, tmp_path: Path) -> None:
    brought(desk, [file_of(tmp_path, "Company Name,Industry\nAlpen GmbH,Trade\n", name="companies.csv")])
    before = dump()
    text = (
        "E-Mail,Vorname,Nachname,Firma\nada@a.at,Ada,Novak,Alpen GmbH\nben@b.at,Ben,Kos,Berg KG\ninfo@b.at,,,BERG KG\n"
    )
    began = brought(desk, [file_of(tmp_path, text)])
    assert totals(began) == {"read": 3, "created": 3, "updated": 0, "same": 0, "refused": 0}
    notes = " ".join(queries.accounts_of(began)[0]["notes"])
    assert "2 organisations are named as where people work" in notes
    assert "1 organisation came with its people" in notes
    worked = Relation.objects.filter(kind="works-at").values_list("customer__email", "other__name").order_by("pk")
    assert list(worked) == [("ada@a.at", "Alpen GmbH"), ("ben@b.at", "Berg KG"), ("info@b.at", "Berg KG")]
    assert sorted(Customer.objects.filter(kind="organisation").values_list("name", flat=True)) == [
        "Alpen GmbH",
        "Berg KG",
    ]
    again = brought(desk, [file_of(tmp_path, text)])
    assert totals(again) == {"read": 3, "created": 0, "updated": 0, "same": 3, "refused": 0}
    undone(desk, again)
    undone(desk, began)
    assert dump() == before


def test_an_employer_spelt_otherwise_is_the_one_that_is_there_where_it_can_be_but_one(
    desk: Desk, tmp_path: Path
) -> None:
    organisations = "Company Name,Industry\nAlpen GmbH,x\nBerg AG,x\nBerg KG,x\nCima S.p.A.,x\nDom Ltd,x\n"
    brought(desk, [file_of(tmp_path, organisations, name="companies.csv")])
    before = dump()
    people = "Email,Company\na@a.at,ALPEN\nb@b.at,Berg\nc@c.at,Cima SpA\nd@d.at,Dom AG\ne@e.at,Eis\nf@f.at,eis Ltd.\n"
    began = brought(desk, [file_of(tmp_path, people)])
    worked = Relation.objects.filter(kind="works-at").values_list("customer__email", "other__name").order_by("pk")
    assert dict(worked) == {
        "a@a.at": "Alpen GmbH",
        "b@b.at": "Berg",  # it may be either of two
        "c@c.at": "Cima S.p.A.",
        "d@d.at": "Dom AG",  # another legal form
        "e@e.at": "Eis",
        "f@f.at": "Eis",
    }
    undone(desk, began)
    assert dump() == before


def test_where_nobody_is_named_nobody_works(desk: Desk, tmp_path: Path) -> None:
    began = brought(desk, [file_of(tmp_path, "First Name,Email,Company\n,,Acme\n")])
    assert totals(began) == {"read": 1, "created": 0, "updated": 0, "same": 0, "refused": 1}
    assert not Customer.objects.exists()


def test_an_employer_who_was_merged_is_whom_it_was_merged_into(desk: Desk, tmp_path: Path) -> None:
    path = file_of(tmp_path, "Name,Email,Company\nAda,ada@a.at,Acme\n")
    brought(desk, [path])
    acme = Customer.objects.get(name="Acme")
    kept = records.create(Act(desk.user, timezone.now()), name="Acme Inc", kind="organisation")
    merge(kept, [acme], by=desk.user, at=timezone.now())
    brought(desk, [path])
    assert Relation.objects.get(kind="works-at").other == kept
    assert Customer.objects.filter(kind="organisation").count() == 1


@pytest.mark.parametrize(("empty", "city"), [("leave", "Graz"), ("clear", "")])
def test_empty_cells_leave_or_clear(desk: Desk, tmp_path: Path, empty: str, city: str) -> None:
    brought(desk, [file_of(tmp_path, "Id,Name,City,Country\n1,Ada,Graz,AT\n")])
    brought(desk, [file_of(tmp_path, "Id,Name,City,Country\n1,Ada,,AT\n")], empty=empty)
    ada = Customer.objects.get()
    assert (ada.city, ada.country) == (city, "AT")


def test_an_import_that_was_killed_goes_on_where_it_was(
    desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(landing, "ROWS_A_PIECE", 3)
    rows = "".join(f"{number},Name {number},p{number}@example.com\n" for number in range(10))
    began = actions.begin([file_of(tmp_path, f"Id,Name,Email\n{rows}")], by=desk.user, at=timezone.now())
    before = dump()
    actions.start_check(began, by=desk.user, at=timezone.now())
    work()
    began.refresh_from_db()
    began.began_at = timezone.now()
    began.save()
    made, pieces = landing.creating.create, []

    def killed(*args: object, **kwargs: object) -> list[int]:
        pieces.append(made(*args, **kwargs))  # type: ignore[arg-type]
        if len(pieces) == 3:
            raise KeyboardInterrupt
        return pieces[-1]

    monkeypatch.setattr(landing.creating, "create", killed)
    with pytest.raises(KeyboardInterrupt):
        landing.land(began, lambda *_args, **_kwargs: None)
    assert (Piece.objects.count(), Customer.objects.count()) == (2, 6)
    monkeypatch.setattr(landing.creating, "create", made)
    landed_again = PeopleImport.objects.get(pk=began.pk)
    actions.start_landing(landed_again, by=desk.user, at=timezone.now())
    work()
    assert Customer.objects.count() == ContactPoint.objects.count() == 10
    assert totals(landed_again) == {"read": 10, "created": 10, "updated": 0, "same": 0, "refused": 0}
    landed_again.refresh_from_db()
    undone(desk, landed_again)
    assert dump() == before


def test_a_file_takes_back_no_refusal(desk: Desk, tmp_path: Path) -> None:
    agrees = file_of(tmp_path, "Name,Email,Email Opt In\nAda,ada@example.com,yes\nBen,ben@example.com,\n")
    brought(desk, [agrees], consent_source="The form of 2024")
    ada = Customer.objects.get(name="Ada")
    ada.consents.update(is_latest=False)
    ada.consents.create(channel="email", purpose="marketing", state="withdrawn", at=timezone.now(), by=desk.user)
    again = brought(desk, [agrees], consent_source="The form of 2024")
    assert totals(again) == {"read": 2, "created": 0, "updated": 0, "same": 2, "refused": 0}
    assert ada.consents.get(is_latest=True).state == "withdrawn"
    refuses = file_of(tmp_path, "Name,Email,Email Opt In\nBen,ben@example.com,no\n")
    brought(desk, [refuses], consent_source="The form of 2025")
    assert Customer.objects.get(name="Ben").consents.get().state == "refused"


def test_consent_needs_a_source(desk: Desk, tmp_path: Path) -> None:
    began = uploaded(desk, file_of(tmp_path, "Name,Email,Newsletter\nAda,ada@example.com,yes\n"))
    form = {"source": "shop", "mode": "both", "empty": "leave", "stage": "prospect", "dates": "auto",
            "noun-0": "people", "key-0": "email", "consent_source": ""}  # fmt: skip
    answer = desk.client.post(reverse("people_tables", args=[began.pk]), form)
    assert answer.status_code == 422
    assert "Columns say what people agreed to, which needs proof" in answer.content.decode()
    at_columns = desk.client.post(reverse("people_tables", args=[began.pk]), form | {"columns": "0"})
    assert at_columns["Location"] == reverse("people_columns", args=[began.pk, 0])  # where they can be left aside
    assert (
        desk.client.post(reverse("people_tables", args=[began.pk]), form | {"consent_source": "form"}).status_code
        == 302
    )


def test_address_books_come_in_and_a_broken_card_costs_no_other(desk: Desk, tmp_path: Path) -> None:
    cards = (
        "BEGIN:VCARD\r\nVERSION:2.1\r\nN;CHARSET=utf-8;ENCODING=QUOTED-PRINTABLE:=C5=A0uster;Ana\r\n"
        "TEL;CELL:+386 40 123 456\r\nEMAIL;INTERNET:ana@example.com\r\n"
        "PHOTO;ENCODING=BASE64:\r\n /9j/4AAQ\r\n\r\nEND:VCARD\r\n"
        "BEGIN:VCARD\r\nVERSION:3.0\r\nFN:Ben\r\n  Kos\r\nN:Kos;Ben;;;\r\n"
        "ORG:Alpha;Sales\r\nNOTE:a\\nb\r\nEND:VCARD\r\n"
        "BEGIN:VCARD\r\nVERSION:4.0\r\nFN:Cleo Lang\r\nN:Lang;Cleo;;;\r\nTEL;VALUE=uri;TYPE=home:tel:+43-316-801002\r\n"
        "END:VCARD\r\nBEGIN:VCARD\r\nVERSION:3.0\r\nEND:VCARD\r\nBEGIN:VCARD\r\nFN:Cut off\r\n"
    )
    began = brought(desk, [file_of(tmp_path, cards, "book.vcf")])
    assert totals(began) == {"read": 5, "created": 3, "updated": 0, "same": 0, "refused": 2}
    assert set(Customer.objects.values_list("name", "email", "phone")) == {
        ("Ana Šuster", "ana@example.com", "+38640123456"), ("Ben Kos", "", ""), ("Alpha", "", ""),
        ("Cleo Lang", "", "+43316801002"),
    }  # fmt: skip
    assert [line for _table, line, _why, _text in refused_rows(began)] == [24, 27]
    assert "1 photos, logos, sounds and keys were left out." in began.tables[0]["notes"][0]


def test_who_may_change_their_own_alone_brings_in_their_own_and_sees_no_other_import(
    desk: Desk, settings: Settings, tmp_path: Path
) -> None:
    ada = records.create(Act(desk.user, timezone.now()), name="Ada", email="ada@example.com")
    began = brought(desk, [file_of(tmp_path, "Name,Email\nCleo,cleo@example.com\n")])
    bob = open_desk(settings, tmp_path, "bob@example.com", is_administrator=False)
    bob.user.role = Role.REP
    bob.user.save()
    assert bob.client.get(reverse("people_import", args=[began.pk])).status_code == 404
    own = brought(bob, [file_of(tmp_path, "Name,Email\nAda Stolen,ada@example.com\nBen,ben@example.com\n")])
    assert totals(own) == {"read": 2, "created": 1, "updated": 0, "same": 0, "refused": 1}
    assert Customer.objects.get(name="Ben").owner == bob.user
    ada.refresh_from_db()
    assert ada.name == "Ada"
    bob.user.role = Role.READ_ONLY
    bob.user.save()
    assert bob.client.get(reverse("new_people_import")).status_code == 403


def test_a_zip_is_taken_apart_and_every_sheet_is_a_table(desk: Desk, tmp_path: Path) -> None:
    import xlsxwriter

    path = tmp_path / "all.xlsx"
    with xlsxwriter.Workbook(str(path)) as book:
        for name, rows in {
            "Companies": [["Company ID", "Company Name"], ["c1", "Alpha"], ["c2", "Beta"]],
            "Contacts": [["Contact ID", "First Name", "Last Name", "Company ID"], ["p1", "Ada", "Novak", "c2"]],
        }.items():
            sheet = book.add_worksheet(name)
            for number, row in enumerate(rows):
                sheet.write_row(number, 0, row)
    import zipfile

    with zipfile.ZipFile(tmp_path / "all.zip", "w") as archive:
        archive.write(path, "../export/all.xlsx")
        archive.writestr("__MACOSX/all.xlsx", b"nothing")
        archive.writestr("notes.csv", "Note Id,Note Title,Contact ID,Created Date\nn1,Met at the fair,p1,2024-01-01\n")
    began = brought(desk, [tmp_path / "all.zip"])
    assert [table["name"] for table in began.tables] == ["all.xlsx · Companies", "all.xlsx · Contacts", "notes.csv"]
    assert names("works-at") == {("Ada Novak", "Beta")}
    assert KeptRecord.objects.get().customer == Customer.objects.get(name="Ada Novak")
    page = desk.page("customer", Customer.objects.get(name="Ada Novak").pk)
    assert "Met at the fair" in page


def test_files_that_hold_no_people_are_told_and_nothing_breaks(desk: Desk, tmp_path: Path) -> None:
    calendar = SimpleUploadedFile("diary.ics", b"BEGIN:VCALENDAR\r\nEND:VCALENDAR\r\n")
    answer = desk.client.post(reverse("new_people_import"), {"documents": [calendar]}, follow=True)
    assert "diary.ics is a calendar; no customers are in it." in answer.content.decode()
    broken = SimpleUploadedFile("all.zip", b"PK\x03\x04 broken")
    answer = desk.client.post(reverse("new_people_import"), {"documents": [broken]}, follow=True)
    assert "all.zip is packed but damaged" in answer.content.decode()


def test_custom_fields_and_tags_that_an_import_brought_go_with_it_unless_others_use_them(
    desk: Desk, tmp_path: Path
) -> None:
    text = "Id,Name,Shoe Size,Tags\n1,Ada,38,VIP\n2,Ben,44,VIP\n"
    began = brought(desk, [file_of(tmp_path, text)])
    assert set(CustomField.objects.values_list("key", "kind")) == {("shoe-size", "number")}
    again = brought(desk, [file_of(tmp_path, text)])
    assert again.expected[0]["same"] == totals(again)["same"] == 2, "a tag that is there already changes nothing"
    cleo = records.create(Act(desk.user, timezone.now()), name="Cleo")
    cleo.tags.add(Tag.objects.get(name="VIP"))
    undone(desk, began)
    assert not CustomField.objects.exists()
    assert list(Tag.objects.values_list("name", flat=True)) == ["VIP"]


def test_a_checked_import_lands_once_however_often_that_is_asked_for(desk: Desk, tmp_path: Path) -> None:
    began = brought(desk, [file_of(tmp_path, "Id,Name\n1,Ada\n")])
    desk.client.post(reverse("people_landing", args=[began.pk]))
    work()
    assert Customer.objects.count() == 1
