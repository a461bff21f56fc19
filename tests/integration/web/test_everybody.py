"""The list of everybody: orders, pages, groups of filters, cells changed in place, many changed at once and undone."""

import csv
import io
import re
from datetime import timedelta
from html import unescape
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from django.db import connection
from django.http import HttpResponse
from django.test import Client
from django.test.utils import CaptureQueriesContext
from pytest_django.fixtures import Settings

from keepers.crm.customers.actions import bulk, consents, fields, tags
from keepers.crm.customers.actions.acts import Act
from keepers.crm.customers.models import BulkEdit, Customer, StageMove
from keepers.crm.lists import pages
from keepers.crm.people.models import AuditEntry, FieldRule, User
from keepers.crm.people.roles import Noun, Role
from keepers.loop.workspace import Workspace
from tests.integration.web.valued_base import NOON

pytestmark = pytest.mark.django_db
AT = "/customers/everybody/"


@pytest.fixture
def alice(settings: Settings, tmp_path: Path) -> User:
    settings.WORKSPACE = Workspace(tmp_path / "home")
    return User.objects.create_user("alice@example.com", name="Alice", role=Role.OWNER)


@pytest.fixture
def browser(client: Client, alice: User) -> Client:
    client.force_login(alice)
    return client


@pytest.fixture
def act(alice: User) -> Act:
    return Act(alice, NOON)


@pytest.fixture
def people(alice: User, act: Act) -> list[Customer]:
    """Ada, an active customer of Alice's in Graz; Bela, a prospect tagged VIP; Cleo's mill, an organisation."""
    ada = Customer.objects.create(key="C1", name="Ada", city="Graz", owner=alice)
    bela = Customer.objects.create(key="C2", name="Bela", stage="prospect", created_at=NOON)
    mill = Customer.objects.create(key="C3", name="Cleo Mill", kind="organisation", city="Graz")
    tags.tag(act, bela, ["VIP"])
    fields.define(act, label="Size", kind="choice", choices=["S", "XL"])
    fields.define(act, label="Seats", kind="number")
    fields.fill(act, mill, {"size": "XL", "seats": 12})
    consents.say(act, ada, channel="email", purpose="marketing", state="given", proof="Fair")
    return [ada, bela, mill]


def names_on(page: HttpResponse) -> list[str]:
    return [str(row) for row in page.context["rows"]]  # type: ignore[attr-defined]


def text_of(page: Any) -> str:
    return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]+>", " ", page.content.decode())))


def ticked(browser: Client, people: list[Customer], field: str, value: Any) -> HttpResponse:
    form = {"chosen": [str(each.pk) for each in people], "field": field, field: value, "next": AT}
    answer: HttpResponse = browser.post("/customers/bulk/", form, follow=True)
    return answer


@pytest.mark.usefixtures("people")
@pytest.mark.parametrize(
    ("query", "names", "said"),
    [
        ("", ["Cleo Mill", "Bela", "Ada"], []),
        ("?sort=name", ["Ada", "Bela", "Cleo Mill"], []),
        ("?sort=-name", ["Cleo Mill", "Bela", "Ada"], []),
        ("?stage=prospect", ["Bela"], ["Prospect"]),
        ("?kind=organisation", ["Cleo Mill"], ["Organisation"]),
        ("?owner=none", ["Cleo Mill", "Bela"], ["without an owner"]),
        ("?consent=email.marketing", ["Ada"], ["agreed to E-mail: Offers"]),
        ("?field-size=XL", ["Cleo Mill"], ["Size XL"]),
        ("?field-seats_from=10&field-seats_to=20", ["Cleo Mill"], ["Seats 10 – 20"]),
        ("?field-seats_from=13", [], ["Seats at least 13"]),
        ("?city=graz&kind=organisation", ["Cleo Mill"], ["in graz", "Organisation"]),
        ("?city=graz&stage=prospect&any=1", ["Cleo Mill", "Bela", "Ada"], []),
        ("?stage=prospect&2.city=graz&2.kind=person", ["Bela", "Ada"], ["Prospect", "in graz", "Person"]),
        ("?q=bel", ["Bela"], ["called “bel”"]),
    ],
)
def test_the_list_is_ordered_and_narrowed(browser: Client, query: str, names: list[str], said: list[str]) -> None:
    page = browser.get(f"{AT}{query}")
    assert names_on(page) == names
    for words in said:
        assert words in text_of(page)


def test_the_filters_of_owner_and_tag_name_people_and_tags(
    browser: Client, alice: User, people: list[Customer]
) -> None:
    assert names_on(browser.get(f"{AT}?owner={alice.pk}")) == ["Ada"]
    tag = people[1].tags.get()
    assert names_on(browser.get(f"{AT}?tags={tag.pk}")) == ["Bela"]
    assert names_on(browser.get(f"{AT}?2.tags={tag.pk}&owner={alice.pk}")) == ["Bela", "Ada"]
    assert "or another group" in text_of(browser.get(f"{AT}?tags={tag.pk}"))
    assert "Group 2 of the filters" in text_of(browser.get(f"{AT}?tags={tag.pk}&edit=2"))


@pytest.mark.parametrize("sort", ["newest", "name", "-name", "-newest"])
def test_pages_lead_through_the_list_and_back(
    browser: Client, alice: User, sort: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pages, "ROWS", 4)
    for number in range(10):
        Customer.objects.create(key=f"K{number}", name=f"Name {number // 3}")
    page, seen = browser.get(f"{AT}?sort={sort}"), []
    while True:
        seen += [row.key for row in page.context["rows"]]
        if page.context["next"] is None:
            break
        page = browser.get(page.context["next"])
    keys = [f"K{number}" for number in range(10)]
    assert seen == (keys if sort in {"name", "-newest"} else keys[::-1])
    back = browser.get(page.context["previous"])
    assert [row.key for row in back.context["rows"]] == seen[4:8]
    assert browser.get(f"{AT}?after=999999").status_code == 200


def test_somebody_is_shown_beside_the_list_without_script(browser: Client, people: list[Customer]) -> None:
    page = browser.get(f"{AT}?kind=organisation&open={people[2].pk}")
    assert page.context["opened"] == people[2]
    assert f'hx-get="/customers/{people[2].pk}/panel/"' in page.content.decode()
    assert browser.get(f"{AT}?open=999999").context["open"] is None


def test_a_file_holds_what_is_seen(browser: Client, people: list[Customer]) -> None:
    address = f"{AT}everybody.csv?sort=name&columns=tags&columns=field-seats&columns=owner"
    text = b"".join(browser.get(address).streaming_content).decode("utf-8-sig")  # type: ignore[attr-defined]
    rows = list(csv.DictReader(io.StringIO(text)))
    assert [(row["name"], row["tags"], row["owner"]) for row in rows] == [
        ("Ada", "", "Alice"),
        ("Bela", "VIP", ""),
        ("Cleo Mill", "", ""),
    ]
    assert float(rows[2]["field-seats"]) == 12
    sheet = browser.get(f"{AT}everybody.xlsx?sort=name&columns=tags")
    book = openpyxl.load_workbook(io.BytesIO(b"".join(sheet.streaming_content)))  # type: ignore[attr-defined]
    assert [[cell.value for cell in row] for row in book.active.rows][2][-1] == "VIP"
    sheet.close()


def test_a_cell_is_changed_where_it_stands(browser: Client, people: list[Customer]) -> None:
    page = browser.get(f"{AT}?columns=tags&columns=stage").content.decode()
    address = f"/customers/{people[0].pk}/properties/tags/"
    assert f'hx-get="{address}"' in page
    part = browser.post(address, {"value": "VIP, new"}, headers={"hx-request": "true"}).content.decode()
    assert part.count('class="tag"') == 2


@pytest.mark.parametrize(
    ("field", "value", "read", "left"),
    [
        ("stage", "closed", "stage", ["active", "prospect", "active"]),
        ("kind", "organisation", "kind", ["person", "person", "organisation"]),
        ("acquired_by", "fair", "acquired_by", ["", "", ""]),
    ],
)
def test_many_are_changed_at_once_and_back(
    browser: Client, people: list[Customer], field: str, value: str, read: str, left: list[str]
) -> None:
    page = ticked(browser, people, field, value)
    assert set(Customer.objects.values_list(read, flat=True)) == {value}
    edit = BulkEdit.objects.get()
    assert edit.changed == sum(had != value for had in left)
    assert f"{edit.changed} customer" in text_of(page)
    browser.post(f"/customers/bulk/{edit.pk}/undoing/")
    assert list(Customer.objects.order_by("pk").values_list(read, flat=True)) == left
    assert [entry.verb for entry in AuditEntry.objects.all()][:2] == ["undo", "edit"]
    browser.post(f"/customers/bulk/{edit.pk}/undoing/")
    assert AuditEntry.objects.filter(verb="undo").count() == 1, "undone once"


def test_owner_tags_and_custom_fields_of_many(browser: Client, alice: User, people: list[Customer]) -> None:
    ticked(browser, people, "owner", str(alice.pk))
    ticked(browser, people, "add-tag", "VIP")
    ticked(browser, people, "field-size", "S")
    assert Customer.objects.filter(owner=alice, tags__name="VIP", custom_values__text="S").count() == 3
    ticked(browser, people[:2], "remove-tag", "VIP")
    ticked(browser, people[:1], "owner", "")
    assert [each.changed for each in BulkEdit.objects.order_by("pk")] == [2, 2, 3, 2, 1]
    for edit in BulkEdit.objects.order_by("-pk"):
        browser.post(f"/customers/bulk/{edit.pk}/undoing/")
    mill = people[2]
    assert [each.owner_id for each in Customer.objects.order_by("pk")] == [alice.pk, None, None]
    assert [each.tags.count() for each in people] == [0, 1, 0]
    assert mill.custom_values.get(field__key="size").text == "XL"
    assert not people[0].custom_values.exists()


def test_undoing_leaves_who_was_changed_since(browser: Client, act: Act, people: list[Customer]) -> None:
    edit = bulk.change(act, Customer.objects.all(), "stage", "closed")
    moved = Customer.objects.get(pk=people[0].pk)
    moved.stage = "active"
    moved.save()
    answer = browser.post(f"/customers/bulk/{edit.pk}/undoing/", {"next": AT}, follow=True)
    assert "Undone for 2 customers. 1 stays: changed since, or not yours to change." in text_of(answer)
    assert list(Customer.objects.order_by("pk").values_list("stage", flat=True)) == ["active", "prospect", "active"]
    assert StageMove.objects.count() == 5


def test_a_bulk_edit_killed_midway_can_be_undone(
    act: Act, people: list[Customer], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bulk, "BLOCK", 1)
    asked = iter(range(10))

    def killing(field: str, wanted: Any) -> Any:

        def dying(has: Any) -> Any:
            if next(asked) == 2:
                raise KeyboardInterrupt
            return wanted

        return dying

    monkeypatch.setattr(bulk, "_change_to", killing)
    with pytest.raises(KeyboardInterrupt):
        bulk.change(act, Customer.objects.all(), "acquired_by", "fair")
    edit = BulkEdit.objects.get()
    assert edit.changed == Customer.objects.filter(acquired_by="fair").count() == 2
    bulk.undo(act, Customer.objects.all(), edit)
    assert not Customer.objects.filter(acquired_by="fair").exists()


@pytest.mark.parametrize(
    ("field", "value", "told"),
    [
        ("stage", "", "Choose a stage first."),
        ("stage", "gone", "Select a valid choice"),
        ("password", "x", "Choose what is to be changed."),
        ("add-tag", " ", "Write the tag first."),
    ],
)
def test_what_cannot_be_written_is_told(
    browser: Client, people: list[Customer], field: str, value: str, told: str
) -> None:
    assert told in text_of(ticked(browser, people, field, value))
    assert not BulkEdit.objects.exists()


def test_a_representative_changes_their_own_alone(client: Client, alice: User, people: list[Customer]) -> None:
    bob = User.objects.create_user("bob@example.com", name="Bob", role=Role.REP)
    client.force_login(bob)
    Customer.objects.filter(pk=people[1].pk).update(owner=bob)
    assert names_on(client.get(AT)) == ["Bela"]
    ticked(client, people, "stage", "closed")
    assert list(Customer.objects.filter(stage="closed")) == [people[1]]
    FieldRule.objects.create(role=Role.REP, noun=Noun.CUSTOMERS, field="tags", access="hidden")
    page = client.get(f"{AT}?columns=tags")
    assert "VIP" not in page.content.decode()
    edit = BulkEdit.objects.get()
    client.force_login(alice)
    assert client.post(f"/customers/bulk/{edit.pk}/undoing/").status_code == 404, "another's"


def test_undoing_asks_for_the_rights_of_today(client: Client, people: list[Customer]) -> None:
    bob = User.objects.create_user("bob@example.com", name="Bob", role=Role.REP)
    client.force_login(bob)
    Customer.objects.update(owner=bob)
    ticked(client, people, "stage", "closed")
    Customer.objects.filter(pk=people[0].pk).update(owner=None)
    edit = BulkEdit.objects.get()
    FieldRule.objects.create(role=Role.REP, noun=Noun.CUSTOMERS, field="stage", access="read")
    assert client.post(f"/customers/bulk/{edit.pk}/undoing/").status_code == 403
    FieldRule.objects.all().delete()
    client.post(f"/customers/bulk/{edit.pk}/undoing/")
    assert list(Customer.objects.filter(stage="closed")) == [people[0]]
    ticked(client, people[1:], "owner", "")
    assert not Customer.objects.filter(owner=bob).exists()
    client.post(f"/customers/bulk/{BulkEdit.objects.get(field='owner').pk}/undoing/")
    assert set(Customer.objects.filter(owner=bob)) == set(people[1:]), "what it moved away itself comes back for a day"


def test_a_reader_ticks_nothing(client: Client, people: list[Customer]) -> None:
    client.force_login(User.objects.create_user("rita@example.com", role=Role.READ_ONLY))
    page = client.get(AT)
    assert 'name="chosen"' not in page.content.decode()
    assert client.post("/customers/bulk/", {"chosen": people[0].pk, "field": "stage"}).status_code == 403


def test_the_list_asks_as_often_for_three_as_for_one(browser: Client, people: list[Customer]) -> None:
    query = "&".join(f"columns={name}" for name in ("owner", "team", "tags", "field-size", "field-seats"))
    browser.get(f"{AT}?{query}")
    counts = []
    for some in (f"?{query}", f"?{query}&kind=person"):
        with CaptureQueriesContext(connection) as asked:
            assert names_on(browser.get(f"{AT}{some}"))
        counts.append(len(asked))
    assert counts[0] == counts[1]


def test_undoing_is_offered_for_an_hour(browser: Client, act: Act, people: list[Customer]) -> None:
    from django.utils import timezone

    edit = bulk.change(Act(act.by, timezone.now()), Customer.objects.all(), "acquired_by", "fair")
    assert "3 customers changed" in text_of(browser.get(AT))
    BulkEdit.objects.filter(pk=edit.pk).update(at=timezone.now() - timedelta(hours=2))
    assert "3 customers changed" not in text_of(browser.get(AT))


def test_all_that_a_list_finds_are_changed_at_once(browser: Client, alice: User, people: list[Customer]) -> None:
    form = {"everything": "1", "field": "acquired_by", "acquired_by": "Fair", "next": f"{AT}?city=Graz"}
    browser.post("/customers/bulk/", form)
    assert set(Customer.objects.filter(acquired_by="Fair")) == {people[0], people[2]}
    assert BulkEdit.objects.get().changed == 2
    User.objects.filter(pk=alice.pk).update(role=Role.REP)
    browser.post("/customers/bulk/", form | {"acquired_by": "Letter"})
    assert list(Customer.objects.filter(acquired_by="Letter")) == [people[0]], "the others are not hers"
    browser.post("/customers/bulk/valued/", form | {"acquired_by": "Page", "next": "/customers/?group=best"})
    assert not Customer.objects.filter(acquired_by="Page").exists(), "no run values anybody"
