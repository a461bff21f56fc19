"""Imports of people by the API: the same five steps as on the pages, with the same rights, each request done once."""

from pathlib import Path
from typing import Any

import pytest
from desk import work
from django.core.files.uploadedfile import SimpleUploadedFile
from django.http import HttpResponse
from people_desk import dump
from program import Program
from pytest_django.fixtures import Settings

from keepers.crm.customers.exchange.models import PeopleImport
from keepers.crm.customers.exchange.recognising.tables import folder_of
from keepers.crm.customers.models import Customer, CustomField
from keepers.crm.people.models import Team, User
from keepers.crm.people.roles import Noun, Role, Verb
from keepers.loop.workspace import Workspace

pytestmark = pytest.mark.django_db(transaction=True)
CONTACTS = (
    "Contact Id,Name,E-mail,Phone,Shoe size,Owner\n"
    "1,Ada Novak,ada@example.com,0316 801002,38,Bob Brown\n"
    "2,Ben Kos,ben@example.com,0316 801003,44,Zoe\n"
    "2,Ben again,,,,\n"
)


@pytest.fixture(autouse=True)
def alice(settings: Settings, tmp_path: Path) -> User:
    settings.WORKSPACE = Workspace(tmp_path / "home")
    return User.objects.create_user("alice@example.com", name="Alice Adler", role=Role.OWNER)


def sent(program: Program, text: str = CONTACTS, name: str = "contacts.csv", **headers: str) -> HttpResponse:
    return program.send("/people-imports", {"files": [SimpleUploadedFile(name, text.encode())]}, **headers)


def told(answer: HttpResponse, status: int = 200) -> dict[str, Any]:
    assert answer.status_code == status, answer.content
    return answer.json()  # type: ignore[attr-defined,no-any-return]


def test_files_go_through_five_steps_and_back_without_a_trace(alice: User) -> None:
    program, bob = Program(alice), User.objects.create_user("bob@example.com", name="Bob", role=Role.REP)
    before = dump()
    began = told(sent(program), 201)
    at = f"/people-imports/{began['id']}"
    assert (began["step"], began["files"], began["problems"]) == ("recognised", ["contacts.csv"], [])
    mapping = told(program("GET", f"{at}/mapping"))
    assert {column["header"]: column["role"] for column in mapping["tables"][0]["columns"]} == {
        "Contact Id": "id", "Name": "name", "E-mail": "email", "Phone": "phone", "Shoe size": "new:number",
        "Owner": "owner",
    }  # fmt: skip
    sizes = {"name": "contacts.csv", "key": "id", "columns": [{"header": "Shoe size", "role": "new:text"}]}
    decided = told(program("PUT", f"{at}/mapping", {"source": "fair", "region": "AT", "tables": [sizes]}))
    assert (decided["source"], decided["tables"][0]["key"], decided["tables"][0]["columns"][4]["role"]) == (
        "fair", "id", "new:text",
    )  # fmt: skip
    assert told(program("POST", f"{at}/checking"))["kind"] == "people-check"
    work()
    checked = told(program("GET", at))
    assert (checked["step"], checked["created"], checked["refused"]) == ("checked", 2, 1)
    assert not Customer.objects.exists()
    owners = told(program("PUT", f"{at}/mapping", {"owners": {"Bob Brown": "bob@example.com"}}))["owners"]
    assert owners == {"Bob Brown": "bob@example.com", "Zoe": None}
    first = told(program("POST", f"{at}/landing"))
    assert told(program("POST", f"{at}/landing"))["id"] == first["id"]  # asked for twice, it lands once
    work()
    landed = told(program("GET", at))
    assert {name: landed[name] for name in ("step", "read", "created", "updated", "same", "refused")} == {
        "step": "landed", "read": 3, "created": 2, "updated": 0, "same": 0, "refused": 1,
    }  # fmt: skip
    ada = Customer.objects.get(name="Ada Novak")
    assert (ada.phone, ada.owner, CustomField.objects.get().kind) == ("+43316801002", bob, "text")
    refused = b"".join(program("GET", f"{at}/refused").streaming_content).decode("utf-8-sig")  # type: ignore[attr-defined]
    assert 'contacts.csv,4,"it repeats ""2"" of line 3","2,Ben again,,,,"' in refused
    assert "came in already" in told(program("POST", f"{at}/checking"), 422)["detail"]
    assert "came in already" in told(program("DELETE", at), 422)["detail"]
    told(program("POST", f"{at}/undoing", {}))
    work()
    assert told(program("GET", at))["step"] == "undone"
    assert dump() == before


def test_the_same_form_sent_again_under_its_key_is_one_import(alice: User) -> None:
    program = Program(alice)
    first = sent(program, **{"idempotency-key": "k-1"})
    again = sent(program, **{"idempotency-key": "k-1"})  # put together anew, with another boundary
    assert (again.headers["Idempotent-Replayed"], again.content) == ("true", first.content)
    assert PeopleImport.objects.count() == 1
    other = sent(program, CONTACTS + "3,Cleo,,,,\n", **{"idempotency-key": "k-1"})
    assert "another request" in told(other, 422)["detail"]


def test_a_form_larger_than_memory_is_taken_under_its_key(alice: User, settings: Settings) -> None:
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE, settings.FILE_UPLOAD_MAX_MEMORY_SIZE = 400, 100
    rows = "".join(f"{number},Name {number},p{number}@example.com,,,\n" for number in range(100))
    began = told(sent(Program(alice), CONTACTS + rows, **{"idempotency-key": "k-2"}), 201)
    kept = folder_of(PeopleImport.objects.get(pk=began["id"])) / "files" / "contacts.csv"
    assert kept.read_text(encoding="utf-8") == CONTACTS + rows


def test_what_cannot_be_is_told_and_changes_nothing(alice: User) -> None:
    program = Program(alice)
    at = f"/people-imports/{told(sent(program), 201)['id']}"
    wrong: dict[str, dict[str, Any]] = {
        "no table people.csv": {"name": "people.csv"},
        "no column Size": {"name": "contacts.csv", "columns": [{"header": "Size", "role": "name"}]},
        "Phone: Select a valid choice": {"name": "contacts.csv", "columns": [{"header": "Phone", "role": "nose"}]},
        "Two columns cannot be the same": {"name": "contacts.csv", "columns": [{"header": "Phone", "role": "email"}]},
        "cannot be found by stage": {"name": "contacts.csv", "key": "stage"},
    }
    for words, table in wrong.items():
        assert words in told(program("PUT", f"{at}/mapping", {"tables": [table]}), 422)["detail"]
    assert "no owner Eve" in told(program("PUT", f"{at}/mapping", {"owners": {"Eve": None}}), 422)["detail"]
    assert "were not checked" in told(program("POST", f"{at}/landing"), 422)["detail"]
    seen = program("GET", f"{at}/mapping").headers["ETag"]
    told(program("PUT", f"{at}/mapping", {"region": "SI"}))
    assert program("PUT", f"{at}/mapping", {"region": "AT"}, **{"if-match": seen}).status_code == 412
    assert "is empty" in told(sent(program, "", "nothing.csv"), 422)["detail"]
    assert program.raw("POST", "/people-imports", "no form").status_code == 422
    assert program("DELETE", at).status_code == 204
    assert program("GET", at).status_code == 404
    assert PeopleImport.objects.filter(let_go_at=None).count() == 0


def test_rights_are_those_of_the_pages(alice: User) -> None:
    hers = told(sent(Program(alice)), 201)["id"]
    north = Team.objects.create(name="North")
    bob = User.objects.create_user("bob@example.com", name="Bob Brown", role=Role.REP, team=north)
    his = Program(bob)
    assert [each["id"] for each in told(his("GET", "/people-imports"))["items"]] == []
    for method, where in (("GET", ""), ("GET", "/mapping"), ("GET", "/refused"), ("POST", "/checking"), ("DELETE", "")):
        assert his(method, f"/people-imports/{hers}{where}").status_code == 404, where
    assert his("PUT", f"/people-imports/{hers}/mapping", {"region": "AT"}).status_code == 404
    own = told(sent(his), 201)["id"]
    told(his("POST", f"/people-imports/{own}/checking"))
    work()
    told(his("POST", f"/people-imports/{own}/landing"))
    work()
    assert set(Customer.objects.values_list("owner__email", flat=True)) == {"bob@example.com"}
    reader = Program(User.objects.create_user("mallory@example.com", name="Mallory", role=Role.READ_ONLY))
    assert sent(reader).status_code == 403
    assert sent(Program(alice, verbs=[Verb.SEE])).status_code == 403
    assert sent(Program(alice, nouns=[Noun.DATA])).status_code == 403


def test_the_worker_brings_in_no_more_than_the_key_by_which_it_was_asked(alice: User) -> None:
    ada = Customer.objects.create(key="1", name="Ada Novak", email="ada@example.com")
    program = Program(alice, verbs=[Verb.SEE, Verb.CREATE])
    people = "Name,E-mail,City\nAda,ada@example.com,Graz\nBen,ben@example.com,Linz\n"
    at = f"/people-imports/{told(sent(program, people), 201)['id']}"
    for step in ("checking", "landing"):
        told(program("POST", f"{at}/{step}"))
        work()
        found = told(program("GET", at))
        assert (found["created"], found["updated"], found["refused"]) == (1, 0, 1)
    ada.refresh_from_db()
    assert (ada.name, ada.city) == ("Ada Novak", "")
