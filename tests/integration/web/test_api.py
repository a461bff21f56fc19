"""The API: who comes in, customers read and written, once only, and what is wrong in words."""

import json
from datetime import UTC, datetime, timedelta

import pytest
from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from keepers.crm.api import door
from keepers.crm.api.models import KeptAnswer
from keepers.crm.customers.actions.acts import Act
from keepers.crm.customers.actions.reaching import add_address, keep_here
from keepers.crm.customers.models import Customer, CustomField, ExternalKey
from keepers.crm.entrance import need_of
from keepers.crm.people.models import AuditEntry, FieldRule, User
from keepers.crm.people.roles import Role
from keepers.web.api import api
from tests.integration.web.program import ROOT, Program
from tests.integration.web.valued_base import NOON

pytestmark = pytest.mark.django_db
ADA = {"name": "Ada Novak", "email": "ada@example.com", "tags": ["vip"], "custom": {"size": 3}}


@pytest.fixture(autouse=True)
def _nobody_came_before() -> None:
    cache.clear()


@pytest.fixture
def alice() -> User:
    return User.objects.create_user("alice@example.com", name="Alice Adler", role=Role.OWNER)


@pytest.fixture
def program(alice: User) -> Program:
    CustomField.objects.create(key="size", label="Size", kind="number")
    return Program(alice)


@pytest.fixture
def bob() -> User:
    return User.objects.create_user("bob@example.com", name="Bob Brown", role=Role.REP)


def test_a_customer_is_created_read_changed_and_deleted(program: Program) -> None:
    made = program("POST", "/customers", ADA | {"key": "C-1"})
    assert made.status_code == 201, made.content
    where = made.headers["Location"].removeprefix(ROOT)
    told = program("GET", where).json()
    assert (told["name"], told["email"], told["stage"], told["tags"]) == (
        "Ada Novak",
        "ada@example.com",
        "prospect",
        ["vip"],
    )
    assert (told["custom"], told["owner"]) == ({"size": "3"}, "alice@example.com")
    changed = program("PATCH", where, {"stage": "active", "name": "Ada N.", "email": "Ada.N@example.com"}).json()
    assert (changed["stage"], changed["name"], changed["email"]) == ("active", "Ada N.", "ada.n@example.com")
    assert changed["tags"] == ["vip"]
    assert program("DELETE", where).status_code == 204
    assert program("GET", where).status_code == 404
    assert set(AuditEntry.objects.filter(noun="customers").values_list("via", flat=True)) == {"api"}


def test_whoever_has_no_key_is_told_so_in_problem_details(alice: User) -> None:
    for headers in ({}, {"authorization": "Bearer kp_nothing"}, {"authorization": "Basic YTpi"}):
        answer = Client().get(f"{ROOT}/customers", headers=headers)
        assert (answer.status_code, answer.headers["Content-Type"]) == (401, "application/problem+json")
        assert answer.json()["title"] == "Unauthorized"
        assert "WWW-Authenticate" in answer.headers
    assert Client().get(f"{ROOT}/nowhere").json()["status"] == 404


def test_a_browser_that_is_signed_in_reads_and_needs_the_page_s_token_to_write(alice: User) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(alice)
    assert client.get(f"{ROOT}/me").json()["email"] == "alice@example.com"
    refused = client.post(f"{ROOT}/customers", json.dumps(ADA), "application/json")
    assert refused.status_code == 403
    assert not Customer.objects.exists()


def test_a_key_does_what_its_owner_and_it_may(alice: User, bob: User) -> None:
    hers = Customer.objects.create(key="A", name="Hers", owner=alice)
    his = Customer.objects.create(key="B", name="His", owner=bob)
    reading = Program(bob, nouns=["customers"], verbs=["see"])
    assert [each["name"] for each in reading("GET", "/customers").json()["items"]] == ["His"]
    assert reading("GET", f"/customers/{hers.pk}").status_code == 404
    refused = reading("PATCH", f"/customers/{his.pk}", {"name": "Mine"})
    assert (refused.status_code, refused.json()["title"]) == (403, "Forbidden")
    assert "only reads" in refused.json()["detail"]
    assert reading("GET", "/people").status_code == 403
    writing = Program(bob)
    assert writing("PATCH", f"/customers/{his.pk}", {"name": "Mine"}).status_code == 200
    assert writing("PATCH", f"/customers/{hers.pk}", {"name": "Mine"}).status_code == 404
    assert writing("DELETE", f"/customers/{his.pk}").status_code == 403


def test_hidden_and_locked_fields_are_those_of_the_pages(bob: User) -> None:
    his = Customer.objects.create(key="B", name="His", owner=bob, email="his@example.com", phone="1")
    FieldRule.objects.create(role="rep", noun="customers", field="email", access="hidden")
    FieldRule.objects.create(role="rep", noun="customers", field="phone", access="read")
    program = Program(bob)
    told = program("GET", f"/customers/{his.pk}").json()
    assert "email" not in told
    assert told["phone"] == "1"
    assert program("GET", "/customers?q=his@example.com").json()["items"] == []
    assert program("PATCH", f"/customers/{his.pk}", {"phone": "2"}).status_code == 403


def test_a_lock_holds_at_every_door_to_the_same_thing(bob: User) -> None:
    his = Customer.objects.create(key="B", name="His", owner=bob, email="his@example.com", phone="+38640123456")
    FieldRule.objects.create(role="rep", noun="customers", field="email", access="read")
    FieldRule.objects.create(role="rep", noun="customers", field="city", access="read")
    program = Program(bob)
    keep_here(Act(bob, NOON), his)
    point, phone = (his.contact_points.get(kind=kind).pk for kind in ("email", "phone"))
    place = add_address(Act(bob, NOON), his, city="Graz").pk
    new = {"customer": his.pk, "kind": "email", "value": "other@example.com", "first": True}
    assert program("POST", "/contact-points", new).status_code == 403
    assert program("PATCH", f"/contact-points/{point}", {"value": "other@example.com"}).status_code == 403
    assert program("DELETE", f"/contact-points/{point}").status_code == 403
    assert program("PATCH", f"/contact-points/{phone}", {"label": "work"}).status_code == 200
    assert program("POST", "/addresses", {"customer": his.pk, "city": "Wien"}).status_code == 403
    assert program("PATCH", f"/addresses/{place}", {"street": "Ring 1"}).status_code == 403
    assert program("DELETE", f"/addresses/{place}").status_code == 403
    FieldRule.objects.filter(field="email").update(field="contact_points")
    assert program("PATCH", f"/customers/{his.pk}", {"email": "other@example.com"}).status_code == 403
    assert program("PATCH", f"/customers/{his.pk}", {"phone": "+38640123457"}).status_code == 403
    his.refresh_from_db()
    assert (his.email, his.city) == ("his@example.com", "Graz")


def test_pages_lead_on_to_the_end_and_filters_narrow(program: Program, alice: User) -> None:
    for number in range(5):
        Customer.objects.create(key=f"C{number}", name=f"Person {number}", stage="active" if number % 2 else "prospect")
    names, after = [], 0
    while after is not None:
        page = program("GET", f"/customers?limit=2&after={after}").json()
        names += [each["name"] for each in page["items"]]
        after = page["next"]
    assert names == [f"Person {number}" for number in range(5)]
    assert len(program("GET", "/customers?stage=active").json()["items"]) == 2
    assert [each["key"] for each in program("GET", "/customers?q=person 3").json()["items"]] == ["C3"]
    wrong = program("GET", "/customers?limit=5000")
    assert (wrong.status_code, wrong.json()["errors"][0]["where"]) == (422, "query.limit")


def test_a_list_asks_as_often_for_three_rows_as_for_one(program: Program) -> None:
    counts = []
    for number in range(3):
        program("POST", "/customers", ADA | {"email": f"p{number}@example.com"})
        with CaptureQueriesContext(connection) as asked:
            program("GET", "/customers")
        counts.append(len(asked))
    assert counts[0] == counts[2]


def test_what_was_changed_meanwhile_is_not_overwritten(program: Program) -> None:
    where = program("POST", "/customers", ADA).headers["Location"].removeprefix(ROOT)
    first = program("GET", where).headers["ETag"]
    assert program("GET", where, **{"if-none-match": first}).status_code == 304
    assert program("PATCH", where, {"name": "Eva"}, **{"if-match": first}).status_code == 200
    stale = program("PATCH", where, {"name": "Ida"}, **{"if-match": first})
    assert stale.status_code == 412
    assert "Read it again" in stale.json()["detail"]
    assert program("GET", where).json()["name"] == "Eva"
    assert program("DELETE", where, **{"if-match": first}).status_code == 412


def test_a_request_that_is_sent_again_is_not_done_again(program: Program) -> None:
    once = {"idempotency-key": "order-4711"}
    first, again = (program("POST", "/customers", ADA, **once) for _ in range(2))
    assert Customer.objects.count() == 1
    assert first.json() == again.json()
    assert again.headers["Location"] == first.headers["Location"]
    assert again.headers["Idempotent-Replayed"] == "true"
    other = program("POST", "/customers", ADA | {"name": "Eva"}, **once)
    assert (other.status_code, Customer.objects.count()) == (422, 1)
    KeptAnswer.objects.update(at=datetime.now(UTC) - door.KEPT_FOR - timedelta(seconds=1))
    assert program("POST", "/customers", ADA, **once).status_code == 201
    assert Customer.objects.count() == 2


def test_what_goes_wrong_leaves_nothing_behind(program: Program) -> None:
    wrong = program("POST", "/customers", ADA | {"custom": {"nothing": 1}}, **{"idempotency-key": "k"})
    assert (wrong.status_code, wrong.headers["Content-Type"]) == (422, "application/problem+json")
    assert 'no custom field "nothing"' in wrong.json()["detail"]
    assert not Customer.objects.exists()
    unknown = program("POST", "/customers", ADA | {"owner": "nobody@example.com"})
    assert "Nobody here" in unknown.json()["detail"]
    assert program("POST", "/customers", ADA | {"surprise": 1}).json()["errors"][0]["where"].endswith("surprise")


def test_customers_of_another_system_are_created_once_and_updated_by_its_ids(program: Program) -> None:
    rows = [ADA | {"external_id": f"{number}", "email": f"p{number}@example.com"} for number in range(3)]
    told = program("POST", "/customers/bulk", {"source": "shop", "rows": rows}).json()
    assert told == {"created": 3, "updated": 0, "same": 0, "refused": []}
    rows[1]["name"] = "Eva"
    rows.append({"external_id": "x", "owner": "nobody@example.com"})
    told = program("POST", "/customers/bulk", {"source": "shop", "rows": rows}).json()
    assert (told["created"], told["updated"], told["same"]) == (0, 1, 2)
    assert (told["refused"][0]["row"], told["refused"][0]["external_id"]) == (4, "x")
    assert "Nobody here" in told["refused"][0]["why"]
    assert ExternalKey.objects.filter(source="shop").count() == 3
    one = program("GET", "/customers?source=shop&external_id=1").json()["items"]
    assert [each["name"] for each in one] == ["Eva"]
    assert one[0]["external_keys"] == {"shop": ["1"]}


def test_a_row_of_somebody_else_s_customer_is_refused(alice: User, bob: User) -> None:
    hers = Customer.objects.create(key="A", name="Hers", owner=alice)
    ExternalKey.objects.create(customer=hers, source="shop", external_id="1")
    rows = [{"external_id": "1", "name": "Mine"}]
    told = Program(bob)("POST", "/customers/bulk", {"source": "shop", "rows": rows}).json()
    assert (told["created"], told["updated"], len(told["refused"])) == (0, 0, 1)
    hers.refresh_from_db()
    assert hers.name == "Hers"


def test_too_many_requests_are_told_to_wait(program: Program, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(door, "MOST_A_MINUTE", 2)
    assert [program("GET", "/me").status_code for _ in range(2)] == [200, 200]
    refused = program("GET", "/me")
    assert (refused.status_code, 0 < int(refused.headers["Retry-After"]) <= 60) == (429, True)


def test_people_are_told_to_whoever_may_see_them(program: Program, bob: User) -> None:
    emails = [each["email"] for each in program("GET", "/people").json()["items"]]
    assert emails == ["alice@example.com", "bob@example.com"]
    assert program("GET", f"/people/{bob.pk}").json()["role"] == "rep"
    assert program("GET", "/people/999999").status_code == 404


def test_every_route_says_who_may_come() -> None:
    functions = [
        operation.view_func
        for bound in api._get_bound_routers()
        for view in bound.path_operations.values()
        for operation in view.operations
    ]
    assert len(functions) >= 8
    assert [each for each in functions if need_of(each) is None] == []


def test_the_description_has_every_route_with_an_example(client: Client, alice: User) -> None:
    schema = client.get(reverse("api:openapi")).json()
    assert {"get", "post"} <= set(schema["paths"]["/api/v1/customers"])
    assert "Erika Weber" in json.dumps(schema)
    assert schema["components"]["securitySchemes"]
    client.force_login(alice)
    page = client.get(reverse("api:api_docs")).content.decode()
    assert "POST /api/v1/customers/bulk" in page
