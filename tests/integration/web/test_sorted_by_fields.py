"""The list by worth in the order of a custom field: its pages, both ways, narrowed, and as a file."""

from pathlib import Path

import pytest
from django.db import connection
from django.http import HttpResponse
from django.test import Client
from django.test.utils import CaptureQueriesContext
from pytest_django.fixtures import Settings

from keepers.crm.customers.actions import fields
from keepers.crm.customers.actions.acts import Act
from keepers.crm.customers.models import Customer
from keepers.crm.people.models import FieldRule, User
from keepers.crm.people.roles import Noun, Role
from keepers.crm.portfolio import ranked_by_field, views
from keepers.crm.portfolio.publishing.publish import publish
from tests.integration.web.program import Program
from tests.integration.web.valued_base import NOON, keep_run, valued, workspace_in

pytestmark = pytest.mark.django_db
SEATS = {"C0": 5, "C1": None, "C2": 9, "C3": 5, "C4": None, "C5": 1, "C6": 12}
DOWN, UP, WITHOUT = ["C6", "C2", "C3", "C0", "C5"], ["C5", "C0", "C3", "C2", "C6"], ["C1", "C4"]
WHOLE = {
    "sort=field-seats": [*DOWN, *WITHOUT],
    "sort=-field-seats": [*UP, *WITHOUT],
    "sort=field-word": ["C6", "C2", "C0", "C3", "C5", *WITHOUT],
}
PARTS = {
    "sort=field-seats&group=lost": WITHOUT,
    "sort=field-seats&group=best": DOWN,
    "sort=field-seats&field-seats_to=5": ["C3", "C0", "C5"],
}


@pytest.fixture
def alice(settings: Settings, tmp_path: Path) -> User:
    """Owns a workspace of seven customers, five of whom have seats; those who have none are lost."""
    settings.WORKSPACE = workspace_in(tmp_path)
    keep_run(
        settings.WORKSPACE,
        [valued(key, 10.0, group="lost" if seats is None else "best") for key, seats in SEATS.items()],
    )
    publish(settings.WORKSPACE, None, NOON)
    owner = User.objects.create_user("alice@example.com", name="Alice", role=Role.OWNER)
    act = Act(owner, NOON)
    fields.define(act, label="Seats", kind="number")
    fields.define(act, label="Word", kind="text")
    for customer in Customer.objects.all():
        fields.fill(act, customer, {"seats": SEATS[customer.key], "word": f"w{10 - (SEATS[customer.key] or 0):02}"})
    return owner


@pytest.fixture
def browser(client: Client, alice: User) -> Client:
    client.force_login(alice)
    return client


def keys_on(page: HttpResponse) -> list[str]:
    return [row.customer.key for row in page.context["rows"]]  # type: ignore[attr-defined]


def walked(browser: Client, query: str, way: str = "next") -> list[str]:
    page, found = browser.get(f"/customers/?{query}"), list[str]()
    while True:
        found = found + keys_on(page) if way == "next" else keys_on(page) + found
        if page.context[way] is None:
            return found
        page = browser.get(page.context[way])


@pytest.mark.parametrize("walk", [5_000, 2], ids=["walked along", "looked through"])
def test_every_page_goes_on_where_the_one_before_ended(
    browser: Client, monkeypatch: pytest.MonkeyPatch, subtests: pytest.Subtests, walk: int
) -> None:
    monkeypatch.setattr(views, "ROWS", 2)
    monkeypatch.setattr(ranked_by_field, "WALK", walk)
    for query, keys in (WHOLE | PARTS).items():
        with subtests.test(query):
            assert walked(browser, query) == keys
            last = browser.get(f"/customers/?{query}")
            while last.context["next"]:
                last = browser.get(last.context["next"])
            if last.context["previous"]:
                before = walked(browser, last.context["previous"].partition("?")[2], "previous")
                assert before == keys[: len(keys) - len(keys_on(last))]


@pytest.mark.parametrize(("query", "keys"), WHOLE.items())
def test_whoever_sees_their_own_alone_has_them_in_the_same_order(
    client: Client, alice: User, monkeypatch: pytest.MonkeyPatch, query: str, keys: list[str]
) -> None:
    bob = User.objects.create_user("bob@example.com", role=Role.REP)
    Customer.objects.exclude(key=keys[1]).update(owner=bob)
    client.force_login(bob)
    monkeypatch.setattr(views, "ROWS", 2)
    with CaptureQueriesContext(connection) as asked:
        assert walked(client, query) == [keys[0], *keys[2:]]
    assert any('"customers_customvalue"."field_id" + ' in each["sql"] for each in asked)  # by whose the fields are


def test_the_list_as_a_file_and_by_the_api_is_in_the_same_order(
    browser: Client, alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ranked_by_field, "ROWS_AT_ONCE", 2)
    file = browser.get("/customers/customers.csv?sort=field-seats&columns=field-seats")
    rows = b"".join(file.streaming_content).decode("utf-8-sig").splitlines()[1:]  # type: ignore[attr-defined]
    assert [row.split(",")[1] for row in rows] == [*DOWN, *WITHOUT]
    first = Program(alice)("GET", "/values?sort=field-seats&limit=4").json()
    rest = Program(alice)("GET", f"/values?sort=field-seats&limit=4&after={first['next']}").json()
    assert [row["key"] for row in (*first["items"], *rest["items"])] == [*DOWN, *WITHOUT]
    assert rest["next"] is None


def test_the_order_asks_as_often_for_seven_as_for_one(browser: Client) -> None:
    counts = []
    for query in ("field-seats_from=0", "field-seats_from=12"):
        browser.get(f"/customers/?sort=field-seats&columns=field-seats&{query}")
        with CaptureQueriesContext(connection) as asked:
            assert keys_on(browser.get(f"/customers/?sort=field-seats&columns=field-seats&{query}"))
        counts.append(len(asked))
    assert counts[0] == counts[1]


def test_nobody_sorts_by_a_field_that_is_hidden_from_them(client: Client, alice: User) -> None:
    FieldRule.objects.create(role=Role.ANALYST, noun=Noun.CUSTOMERS, field="field-seats", access="hidden")
    client.force_login(User.objects.create_user("ann@example.com", role=Role.ANALYST))
    page = client.get("/customers/?sort=field-seats")
    assert page.context["listing"].order == "value"
