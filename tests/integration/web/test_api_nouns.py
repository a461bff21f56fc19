"""Every noun by the API: what the pages do with it, with the same rights, in one shape."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from django.core.cache import cache
from django.core.files.uploadedfile import SimpleUploadedFile
from pytest_django.fixtures import Settings

from keepers.crm.customers.duplicates.models import Pair
from keepers.crm.customers.exchange.models import KeptRecord
from keepers.crm.customers.models import Customer, CustomField, CustomValue
from keepers.crm.customers.timeline.models import Mail, OutboxRow, Touch
from keepers.crm.people.models import AuditEntry, FieldRule, User
from keepers.crm.people.roles import Role
from tests.integration.web.program import ROOT, Program

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _nobody_came_before() -> None:
    cache.clear()


@pytest.fixture
def alice() -> User:
    return User.objects.create_user("alice@example.com", name="Alice Adler", role=Role.OWNER)


@pytest.fixture
def bob() -> User:
    return User.objects.create_user("bob@example.com", name="Bob Brown", role=Role.REP)


@pytest.fixture
def program(alice: User) -> Program:
    return Program(alice)


@pytest.fixture
def ada(alice: User, bob: User) -> Customer:
    return Customer.objects.create(key="A", name="Ada", owner=bob)


@pytest.fixture
def hers(alice: User) -> Customer:
    return Customer.objects.create(key="H", name="Hers", owner=alice)


def made(program: Program, where: str, given: dict[str, Any]) -> dict[str, Any]:
    answer = program("POST", where, given)
    assert answer.status_code == 201, answer.content
    at = answer.headers["Location"].removeprefix(ROOT)
    assert at == f"{where}/{answer.json()['id']}"
    again = program("GET", at)
    assert (again.json(), again.headers["ETag"]) == (answer.json(), answer.headers["ETag"])
    return answer.json()  # type: ignore[no-any-return]


def listed(program: Program, where: str) -> list[dict[str, Any]]:
    answer = program("GET", where)
    assert answer.status_code == 200, answer.content
    return answer.json()["items"]  # type: ignore[no-any-return]


def test_how_a_customer_is_reached(program: Program, ada: Customer) -> None:
    first = made(program, "/contact-points", {"customer": ada.pk, "kind": "email", "value": "Ada@Example.com"})
    assert (first["value"], first["written"], first["problem"]) == ("ada@example.com", "Ada@Example.com", "")
    second = made(program, "/contact-points", {"customer": ada.pk, "kind": "email", "value": "a@example.com"})
    at = f"/contact-points/{second['id']}"
    assert program("PATCH", at, {"label": "work", "first": True}).json()["label"] == "work"
    assert [each["value"] for each in listed(program, f"/contact-points?customer={ada.pk}&newest=true")] == [
        "a@example.com",
        "ada@example.com",
    ]
    ada.refresh_from_db()
    assert ada.email == "a@example.com"
    assert program("DELETE", at).status_code == 204
    assert [each["id"] for each in listed(program, "/contact-points")] == [first["id"]]
    assert program("POST", "/contact-points", {"customer": ada.pk, "kind": "email", "value": " "}).status_code == 422


def test_where_a_customer_lives(program: Program, ada: Customer) -> None:
    place = made(program, "/addresses", {"customer": ada.pk, "street": "Main street 1", "city": "Graz"})
    changed = program("PATCH", f"/addresses/{place['id']}", {"street": "Main street 2"}).json()
    assert (changed["street"], changed["city"]) == ("Main street 2", "Graz")
    assert program("DELETE", f"/addresses/{place['id']}").status_code == 204
    assert listed(program, "/addresses") == []


def test_what_a_customer_agreed_to_stays_as_history(program: Program, ada: Customer) -> None:
    asked = {"customer": ada.pk, "channel": "email", "purpose": "marketing"}
    without = program("POST", "/consents", asked | {"state": "given"})
    assert (without.status_code, "Without proof" in without.json()["detail"]) == (422, True)
    made(program, "/consents", asked | {"state": "given", "proof": "ticked", "said_at": "2026-01-01T10:00:00Z"})
    made(program, "/consents", asked | {"state": "withdrawn"})
    assert [each["state"] for each in listed(program, f"/consents?customer={ada.pk}")] == ["given", "withdrawn"]
    assert [each["state"] for each in listed(program, "/consents?latest=true")] == ["withdrawn"]


def test_who_belongs_to_whom(program: Program, ada: Customer, hers: Customer, bob: User) -> None:
    belongs = made(program, "/relations", {"customer": ada.pk, "kind": "works-at", "other": hers.pk, "note": "buyer"})
    at = f"/relations/{belongs['id']}"
    assert program("POST", f"{at}/end", {"until": "2026-08-31"}).json()["until"] == "2026-08-31"
    assert listed(Program(bob), "/relations") == []  # the other is not his to see
    itself = program("POST", "/relations", {"customer": ada.pk, "kind": "part-of", "other": ada.pk})
    assert (itself.status_code, itself.json()["detail"][:6]) == (422, "Nobody")
    assert program("DELETE", at).status_code == 204


def test_files_of_a_customer(program: Program, ada: Customer, settings: Settings) -> None:
    sent = {"customer": str(ada.pk), "file": SimpleUploadedFile("offer.txt", b"twelve pens")}
    answer = program.send("/attachments", sent)
    assert answer.status_code == 201, answer.content
    at = answer.headers["Location"].removeprefix(ROOT)
    assert (answer.json()["name"], answer.json()["size"]) == ("offer.txt", 11)
    content = program("GET", f"{at}/content")
    assert b"".join(content.streaming_content) == b"twelve pens"  # type: ignore[attr-defined]
    assert [each["name"] for each in listed(program, f"/attachments?customer={ada.pk}")] == ["offer.txt"]
    assert program("DELETE", at).status_code == 204
    assert program("GET", f"{at}/content").status_code == 404


def test_custom_fields_and_tags(program: Program, ada: Customer, bob: User) -> None:
    field = made(program, "/custom-fields", {"label": "Size", "kind": "choice", "choices": ["small", "large"]})
    at = f"/custom-fields/{field['id']}"
    assert field["key"] == "size"
    changed = program("PATCH", at, {"label": "Size of shop"}).json()
    assert (changed["label"], changed["choices"]) == ("Size of shop", ["small", "large"])
    told = program("PATCH", f"/customers/{ada.pk}", {"custom": {"size": "large"}, "tags": ["vip", "fair"]}).json()
    assert (told["custom"], told["tags"]) == ({"size": "large"}, ["fair", "vip"])
    assert [each["name"] for each in listed(program, "/tags")] == ["fair", "vip"]
    assert program("DELETE", at).status_code == 204
    assert listed(program, "/custom-fields") == []
    assert [each["id"] for each in listed(program, "/custom-fields?removed=true")] == [field["id"]]
    assert program("POST", f"{at}/return").json()["removed"] is False
    assert CustomValue.objects.get().text == "large"
    assert Program(bob)("POST", "/custom-fields", {"label": "X", "kind": "text"}).status_code == 403


def test_many_customers_are_changed_at_once_and_back(
    program: Program, ada: Customer, hers: Customer, bob: User
) -> None:
    both = [ada.pk, hers.pk]
    edit = made(program, "/bulk-edits", {"customers": both, "field": "stage", "value": "closed"})
    assert (edit["changed"], set(Customer.objects.values_list("stage", flat=True))) == (2, {"closed"})
    back = program("POST", f"/bulk-edits/{edit['id']}/undoing").json()
    assert (back["left"], set(Customer.objects.values_list("stage", flat=True))) == (0, {"active"})
    tagged = made(Program(bob), "/bulk-edits", {"customers": both, "field": "add-tag", "value": "fair"})
    assert (tagged["changed"], [tag.name for tag in ada.tags.all()], hers.tags.count()) == (1, ["fair"], 0)
    made(program, "/bulk-edits", {"customers": both, "field": "owner", "value": "alice@example.com"})
    assert Customer.objects.filter(owner__email="alice@example.com").count() == 2
    for wrong in ({"field": "stage", "value": "x"}, {"field": "nothing"}, {"field": "owner", "value": "x@y.z"}):
        assert program("POST", "/bulk-edits", {"customers": both, **wrong}).status_code == 422


def test_what_a_role_does_not_see_or_change_it_does_not_by_the_api(bob: User, ada: Customer, hers: Customer) -> None:
    his = Program(bob)
    point = made(his, "/contact-points", {"customer": ada.pk, "kind": "email", "value": "ada@example.com"})
    phone = made(his, "/contact-points", {"customer": ada.pk, "kind": "phone", "value": "+386 40 123 456"})
    assert his("POST", "/contact-points", {"customer": hers.pk, "kind": "web", "value": "a.com"}).status_code == 404
    FieldRule.objects.create(role="rep", noun="customers", field="email", access="hidden")
    FieldRule.objects.create(role="rep", noun="customers", field="consent", access="hidden")
    FieldRule.objects.create(role="rep", noun="customers", field="addresses", access="read")
    FieldRule.objects.create(role="rep", noun="customers", field="stage", access="hidden")
    assert [each["id"] for each in listed(his, "/contact-points")] == [phone["id"]]
    assert his("GET", f"/contact-points/{point['id']}").status_code == 404
    assert his("GET", "/consents").status_code == 403
    assert listed(his, "/addresses") == []
    assert his("POST", "/addresses", {"customer": ada.pk, "city": "Graz"}).status_code == 403
    assert his("GET", "/customers?stage=active").status_code == 403
    assert his("POST", "/bulk-edits", {"customers": [ada.pk], "field": "stage", "value": "closed"}).status_code == 403


def test_a_misspelt_filter_is_refused_and_not_passed_over(program: Program) -> None:
    wrong = program("GET", "/customers?stag=active")
    assert (wrong.status_code, "no parameter stag" in wrong.json()["detail"]) == (422, True)
    assert program("GET", "/contact-points?costumer=1").status_code == 422


def test_no_text_comes_in_that_no_database_keeps(program: Program) -> None:
    for body in ('{"name": "a\\u0000b"}', '{"name": "\\ud800"}', '{"acquisition_cost": NaN}', "[" * 100_000):
        assert program.raw("POST", "/customers", body).status_code == 400, body[:40]
    assert program("GET", "/customers?q=%00").status_code == 400


def test_lists_carry_a_tag_too(program: Program, ada: Customer) -> None:
    tag = program("GET", "/customers").headers["ETag"]
    assert program("GET", "/customers", **{"if-none-match": tag}).status_code == 304
    Customer.objects.create(key="B", name="Eva")
    assert program("GET", "/customers", **{"if-none-match": tag}).status_code == 200


def test_all_that_programs_do_is_told_as_done_by_the_api(program: Program, ada: Customer) -> None:
    made(program, "/contact-points", {"customer": ada.pk, "kind": "web", "value": "example.com"})
    made(program, "/custom-fields", {"label": "Size", "kind": "text"})
    assert CustomField.objects.get().label == "Size"
    assert set(AuditEntry.objects.exclude(noun="tokens").values_list("via", flat=True)) == {"api"}


def test_what_other_systems_told_is_read_by_whoever_sees_it_on_a_timeline(
    program: Program, ada: Customer, hers: Customer, bob: User
) -> None:
    whole = {"source": "sugar", "at": datetime(2026, 3, 1, tzinfo=UTC), "data": {"E-mail": "ada@example.com"}}
    deal = {"noun": "deals", "kind": "deal", "title": "Looms", "external_id": "d-1", "amount": Decimal(1_200)}
    looms = KeptRecord.objects.create(customer=ada, **deal, **whole)
    ticket = KeptRecord.objects.create(organisation=hers, noun="tickets", kind="ticket", title="Stopped", **whole)
    product = KeptRecord.objects.create(noun="products", kind="note", title="Loom", **whole)
    assert [each["id"] for each in listed(program, "/kept-records")] == [looms.pk, ticket.pk, product.pk]
    (told,) = listed(program, f"/kept-records?customer={ada.pk}&noun=deals&source=sugar")
    assert (told["title"], told["amount"], told["data"]) == ("Looms", "1200.0000", whole["data"])
    assert [each["id"] for each in listed(program, f"/kept-records?customer={hers.pk}")] == [ticket.pk]
    his = Program(bob)
    assert [each["id"] for each in listed(his, "/kept-records")] == [looms.pk], "of his own customers"
    assert his("GET", f"/kept-records/{product.pk}").status_code == 404
    FieldRule.objects.create(role="rep", noun="customers", field="email", access="hidden")
    assert listed(his, "/kept-records")[0]["data"] is None, "a row may hold what is hidden from him"


def test_an_act_is_told_corrected_and_taken_back(program: Program, ada: Customer, bob: User) -> None:
    his = Program(bob)
    call = made(his, "/touches", {"customer": ada.pk, "kind": "call", "outcome": "reached", "minutes": 5})
    at = f"/touches/{call['id']}"
    assert (call["actor"], call["source"], call["sent"]) == ("Bob Brown", "", None)
    changed = his("PATCH", at, {"outcome": "interested", "at": "2026-01-02T10:00:00"}).json()
    assert (changed["outcome"], changed["at"], changed["minutes"]) == ("interested", "2026-01-02T10:00:00Z", 5)
    assert [row.act["version"] for row in OutboxRow.objects.all()] == [1, 2]
    made(program, "/touches", {"customer": ada.pk, "kind": "note", "body": "Likes tea."})
    assert [each["kind"] for each in listed(his, f"/touches?customer={ada.pk}&kind=note")] == ["note"]
    assert [each["id"] for each in listed(his, "/touches?since=2026-01-03T00:00:00Z")] != [call["id"]]
    later = his("POST", "/touches", {"customer": ada.pk, "kind": "call", "at": "2126-01-01T00:00:00Z"})
    assert (later.status_code, "still to come" in later.json()["detail"]) == (422, True)
    assert his("DELETE", at).status_code == 204
    assert his("GET", at).status_code == 404


def test_a_letter_is_sent_where_that_is_asked(program: Program, ada: Customer) -> None:
    letter = {"customer": ada.pk, "kind": "e-mail", "title": "Tea", "body": "It is here.", "send": True}
    assert "no e-mail address" in program("POST", "/touches", letter).json()["detail"]
    made(program, "/contact-points", {"customer": ada.pk, "kind": "email", "value": "ada@example.com"})
    assert made(program, "/touches", letter)["sent"] == "waiting"
    assert Mail.objects.get().to == "ada@example.com"


def test_a_task_is_given_done_and_taken_back(program: Program, ada: Customer, hers: Customer, bob: User) -> None:
    task = made(program, "/tasks", {"customer": ada.pk, "owner": "bob@example.com", "due_on": "2026-09-01"})
    at, his = f"/tasks/{task['id']}", Program(bob)
    assert (task["kind"], task["owner"], task["state"]) == ("call", "bob@example.com", "open")
    assert [each["id"] for each in listed(his, "/tasks?state=open&due_to=2026-09-01")] == [task["id"]]
    done = his("POST", f"{at}/completion", {"outcome": "reached", "words": "Yes."}).json()
    assert (done["state"], Touch.objects.get(pk=done["touch"]).body) == ("done", "Yes.")
    assert his("POST", f"{at}/completion", {}).status_code == 422
    assert his("POST", f"{at}/reopening").json()["state"] == "open"
    assert his("PATCH", at, {"due_on": "2026-09-02", "note": "Ask"}).json()["due_on"] == "2026-09-02"
    wanted = {"tasks": [task["id"]], "owner": "alice@example.com", "due_on": "2026-09-03"}
    assert program("POST", "/tasks/changes", wanted).json() == {"changed": 1}
    assert his("GET", at).status_code == 404
    assert program("POST", f"{at}/dropping", {"reason": "bought"}).json()["state"] == "dropped"
    assert his("POST", "/tasks", {"customer": hers.pk}).status_code == 404
    assert his("POST", "/tasks", {"title": "Tea", "owner": "alice@example.com"}).status_code == 422
    assert his("POST", "/tasks", {}).status_code == 422
    assert made(his, "/tasks", {"title": "Tea"})["owner"] == "bob@example.com"


def test_a_cadence_is_kept_and_planned(program: Program, alice: User) -> None:
    cadence = made(program, "/cadences", {"name": "Best", "groups": ["best"], "worth_from": 100, "every_days": 14})
    at = f"/cadences/{cadence['id']}"
    assert (cadence["people"], cadence["query"]) == (
        ["alice@example.com"],
        {"group": ["best"], "value_from": ["100.0"]},
    )
    changed = program("PATCH", at, {"worth_from": None, "is_active": False}).json()
    assert (changed["query"], changed["is_active"], changed["name"]) == ({"group": ["best"]}, False, "Best")
    assert program("POST", "/cadences", {"name": " Best "}).status_code == 422
    assert program("PATCH", at, {"people": ["nobody@example.com"]}).status_code == 422
    assert program("POST", f"{at}/planning").json() == {"made": 0, "dropped": 0, "waiting": 0}


def test_two_who_are_one_are_merged_and_parted(program: Program, bob: User) -> None:
    pks = [Customer.objects.create(key=key, name="Ada", owner=bob).pk for key in "ABCD"]
    now = datetime(2026, 1, 1, tzinfo=UTC)
    rows = [
        Pair(one_id=pks[i], other_id=pks[i + 1], probability=0.9, reasons={"last": 2}, found_at=now) for i in (0, 2)
    ]
    first, second = Pair.objects.bulk_create(rows)
    assert [each["reasons"] for each in listed(program, "/pairs?state=open&least=0.8")] == [{"last": 2}] * 2
    look = program("POST", "/merges/preview", {"kept": pks[0], "absorbed": [pks[1]]}).json()
    assert (look["stricter"], Customer.objects.count()) == (0, 4)
    assert program("POST", f"/pairs/{first.pk}/merging", {"keep": 999}).status_code == 422
    merged = program("POST", f"/pairs/{first.pk}/merging", {"keep": pks[0]}).json()
    assert (merged["kept"], merged["absorbed"]) == (pks[0], pks[1])
    assert program("GET", f"/customers/{pks[1]}").status_code == 404
    assert program("POST", f"/merges/{merged['id']}/undoing").json()["undone_at"] is not None
    assert program("GET", f"/customers/{pks[1]}").status_code == 200
    assert program("POST", f"/pairs/{second.pk}/parting").json()["state"] == "apart"
    assert made(Program(bob), "/merges", {"kept": pks[2], "absorbed": pks[3]})["by"] == "bob@example.com"
    assert Program(bob)("POST", "/pairs/search").status_code == 403  # he does not see everybody's


def test_long_work_is_a_job_that_can_be_watched_and_stopped(program: Program, bob: User) -> None:
    asked = program("POST", "/pairs/search")
    assert (asked.status_code, asked.json()["state"]) == (202, "waiting")
    at = f"/jobs/{asked.json()['id']}"
    assert program("POST", "/merges/above", {"least": 0.99}).status_code == 422  # looking is under way
    assert [each["kind"] for each in listed(program, "/jobs?state=waiting")] == ["pairs"]
    assert Program(bob)("POST", f"{at}/cancelling").status_code == 403
    assert program("POST", f"{at}/cancelling").json()["state"] == "cancelled"


def test_views_are_kept_shared_and_forgotten(program: Program, bob: User) -> None:
    view = made(program, "/views", {"noun": "everybody", "name": "Graz", "query": {"city": ["Graz"]}})
    at, his = f"/views/{view['id']}", Program(bob)
    assert listed(his, "/views") == []
    assert program("PATCH", at, {"shared_with": "everybody", "name": "In Graz"}).json()["name"] == "In Graz"
    assert [(each["name"], each["mine"]) for each in listed(his, "/views?noun=everybody")] == [("In Graz", False)]
    assert his("PATCH", at, {"name": "Mine"}).status_code == 403
    assert program("DELETE", at).status_code == 204
    assert Program(bob, verbs=["see"])("POST", "/views", {"noun": "everybody", "name": "X"}).status_code == 403


def test_people_and_teams(program: Program, bob: User) -> None:
    north = made(program, "/teams", {"name": "North"})
    south = made(program, "/teams", {"name": "South", "parent": north["id"]})
    assert program("PATCH", f"/teams/{north['id']}", {"parent": south["id"]}).status_code == 422
    assert program("PATCH", f"/teams/{south['id']}", {"parent": None}).json()["parent"] is None
    changed = program("PATCH", f"/people/{bob.pk}", {"team": "north", "role": "manager"}).json()
    assert (changed["team"], changed["role"], changed["active"]) == ("North", "manager", True)
    invited = program("POST", "/people", {"email": "Eva@example.com", "role": "rep", "team": "South"})
    assert (invited.status_code, invited.json()["email"], "/welcome/" in invited.json()["link"]) == (
        201,
        "eva@example.com",
        True,
    )
    assert Program(bob)("POST", "/people", {"email": "x@example.com"}).status_code == 403
    assert program("DELETE", f"/teams/{south['id']}").status_code == 204


def test_the_audit_log_is_read_and_never_written(program: Program, ada: Customer) -> None:
    program("PATCH", f"/customers/{ada.pk}", {"name": "Ada N."})
    entry = listed(program, f"/audit?noun=customers&thing={ada.pk}&verb=edit")[0]
    assert (entry["actor"], entry["via"], entry["changes"]["name"]) == ("Alice Adler", "api", ["Ada", "Ada N."])
    assert program("GET", f"/audit/{entry['id']}").json() == entry
    assert listed(program, "/audit?since=2126-01-01T00:00:00Z") == []
    assert program("DELETE", f"/audit/{entry['id']}").status_code == 405
