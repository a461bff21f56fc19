"""Everything somebody may see leaves as files that other programs read and no spreadsheet runs, and comes back."""

import csv
import io
import json
import os
import subprocess
import sys
from pathlib import Path

import openpyxl
import pytest
import vobject
from desk import Desk, open_desk
from django.urls import reverse
from django.utils import timezone
from people_desk import brought, totals
from pytest_django.fixtures import Settings

from keepers.crm.customers.actions import records, relations
from keepers.crm.customers.actions.acts import Act
from keepers.crm.customers.exchange.vcards import as_vcards
from keepers.crm.customers.models import Customer
from keepers.crm.people.models import AuditEntry, FieldRule, Grant
from keepers.crm.people.roles import Noun, Role, Scope, Verb

pytestmark = pytest.mark.django_db(transaction=True)
TEXT = (
    "Id,Name,Email,E-mail 2,Phone,Street,City,Country,Tags,Shoe Size,Is a Company\n"
    '1,Ada Novak,ada@example.com,ada@home.example.com,+386 1 475 1000,"Pot 1; 2",Ljubljana,Slovenia,VIP,38,no\n'
    "2,=cmd(),,,,,,,,,no\n3,Alpha Mills,,,,,,,,,yes\n"
)

SETTINGS = "keepers.web.settings"
ONE_AFTER_THE_OTHER = """
import contextlib, io, json, sys
from keepers.cli.main import main
from keepers.web.starting import bring_up_to_date
told = []
for words in json.loads(sys.argv[1]):
    sys.argv = ["keepers", *words]
    out, err, code = io.StringIO(), io.StringIO(), 0
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        try:
            bring_up_to_date() if words == ["ready"] else main()
        except SystemExit as ended:
            code = ended.code or 0
    told.append({"code": code, "out": out.getvalue(), "err": err.getvalue()})
print(json.dumps(told))
"""


@pytest.fixture
def desk(settings: Settings, tmp_path: Path) -> Desk:
    found = open_desk(settings, tmp_path, "alice@example.com", is_administrator=True)
    path = tmp_path / "contacts.csv"
    path.write_text(TEXT, encoding="utf-8")
    brought(found, [path])
    return found


def taken(desk: Desk, what: str, ending: str = "csv") -> bytes:
    answer = desk.client.get(reverse("people_export_file", args=[what, ending]))
    assert answer.status_code == 200, answer.status_code
    return b"".join(answer.streaming_content)  # type: ignore[attr-defined]


def rows(text: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text.decode("utf-8-sig"))))


def test_customers_leave_with_all_that_they_have_and_come_back_as_the_same(desk: Desk, tmp_path: Path) -> None:
    ada, alpha = Customer.objects.get(name="Ada Novak"), Customer.objects.get(name="Alpha Mills")
    act = Act(desk.user, timezone.now())
    relations.relate(act, ada, "works-at", alpha)
    assert "Customers, with all that they have" in desk.page("people_export")
    found = {row["name"]: row for row in rows(taken(desk, "customers"))}
    assert found["'=cmd()"]["email"] == ""
    row = found["Ada Novak"]
    assert (row["email"], row["email_2"], row["phone"]) == ("ada@example.com", "ada@home.example.com", "'+38614751000")
    assert (row["street"], row["city"], row["tags"], row["shoe-size"]) == ("Pot 1; 2", "Ljubljana", "VIP", "38.0")
    assert (row["external_ids"], found["Alpha Mills"]["kind"]) == ("file:people: 1", "organisation")
    assert rows(taken(desk, "relations"))[0]["other_name"] == "Alpha Mills"
    sheet = openpyxl.load_workbook(io.BytesIO(taken(desk, "customers", "xlsx"))).active
    assert sheet is not None
    assert sheet.max_row == 4
    assert AuditEntry.objects.filter(verb="export").count() == 3
    path = tmp_path / "again.csv"
    path.write_bytes(taken(desk, "customers"))
    again = brought(desk, [path], source="keepers")
    ada_again = Customer.objects.exclude(pk=ada.pk).get(name="Ada Novak")
    assert totals(again)["created"] == 3
    assert (ada_again.email, ada_again.phone, ada_again.city) == ("ada@example.com", "+38614751000", "Ljubljana")
    assert Customer.objects.filter(name="=cmd()").count() == 2
    assert Customer.objects.filter(name="Alpha Mills", kind="organisation").count() == 2


def test_cards_are_read_by_other_programs_and_come_back(desk: Desk, tmp_path: Path) -> None:
    text = taken(desk, "customers", "vcf")
    assert all(len(line) <= 75 for line in text.split(b"\r\n"))
    cards = {card.fn.value: card for card in vobject.readComponents(text.decode())}
    assert set(cards) == {"Ada Novak", "=cmd()", "Alpha Mills"}
    assert cards["Ada Novak"].email.value == "ada@example.com"
    assert cards["Alpha Mills"].kind.value == "org"
    (tmp_path / "book.vcf").write_bytes(text)
    back = brought(desk, [tmp_path / "book.vcf"])
    assert totals(back)["read"] == 3
    long = Customer.objects.create(name="Ž" * 120, key="x")
    assert all(len(line) <= 75 for line in b"".join(as_vcards([long], hidden=())).split(b"\r\n"))


def test_nobody_takes_what_they_may_not_see(desk: Desk, settings: Settings, tmp_path: Path) -> None:
    act = Act(desk.user, timezone.now())
    bob = open_desk(settings, tmp_path, "bob@example.com", is_administrator=False)
    bob.user.role = Role.REP
    bob.user.save()
    assert bob.client.get(reverse("people_export")).status_code == 403
    Grant.objects.create(role=Role.REP, noun=Noun.CUSTOMERS, verb=Verb.EXPORT, scope=Scope.OWN)
    FieldRule.objects.create(role=Role.REP, noun=Noun.CUSTOMERS, field="email", access="hidden")
    records.create(act, name="Cleo", email="cleo@example.com", owner=bob.user)
    found = rows(taken(bob, "customers"))
    assert [row["name"] for row in found] == ["Cleo"]
    assert "email" not in found[0]
    assert b"cleo@example.com" not in taken(bob, "customers", "vcf")
    assert bob.client.get(reverse("people_export_file", args=["touches", "csv"])).status_code == 403


def test_the_command_line_brings_people_in_and_takes_them_back(tmp_path: Path) -> None:
    path = tmp_path / "contacts.csv"
    path.write_text("Id,Name\n1,Ada\n2,Ben\n3,Cleo\n4,Dora\n4,Dora again\n", encoding="utf-8")
    environment = os.environ | {"KEEPERS_HOME": str(tmp_path / "home"), "DJANGO_SETTINGS_MODULE": SETTINGS}
    commands = (
        ["import-people", str(path)],
        ["ready"],
        ["import-people", str(path), "--dry-run", "--json"],
        ["import-people", str(path), "--json", "--rejects", str(tmp_path / "no.csv")],
        ["import-people", "--undo", "2", "--json"],
    )
    asked = [sys.executable, "-c", ONE_AFTER_THE_OTHER, json.dumps(commands)]
    done = subprocess.run(asked, env=environment, capture_output=True, text=True, check=True)
    refused, _, dry, landed, undone = json.loads(done.stdout)
    assert refused["code"] == 1
    assert "has never been served" in refused["err"]
    found = json.loads(dry["out"])
    assert (found["landed"], found["read"], found["created"], found["refused"]) == (False, 5, 4, 1)
    told = json.loads(landed["out"])
    assert (told["landed"], told["created"], told["tables"][0]["noun"], told["import"]) == (True, 4, "people", 2)
    assert "it repeats" in (tmp_path / "no.csv").read_text(encoding="utf-8")
    assert json.loads(undone["out"]) == {"import": 2, "undone": True, "left_alone": []}
