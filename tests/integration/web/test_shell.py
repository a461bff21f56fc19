"""What is on every page, and the pages of the shell itself."""

import pytest
from django.test import Client
from django.urls import reverse

from keepers.crm.customers.models import Customer
from keepers.crm.people.models import User
from keepers.web import guide

pytestmark = pytest.mark.django_db


@pytest.fixture
def alice(client: Client) -> Client:
    client.force_login(User.objects.create_user("alice@example.com", name="Alice Adler", role="owner"))
    return client


def test_before_the_first_orders_today_says_what_to_do(alice: Client) -> None:
    page = alice.get(reverse("today")).content.decode()
    assert "Bring your orders" in page
    assert reverse("new_import") in page
    assert "Nothing is valued yet." in page


def test_the_menu_follows_the_loop_and_marks_the_room(alice: Client) -> None:
    page = alice.get(reverse("data")).content.decode()
    places = [page.index(f'href="{reverse(name)}"') for name in ("customers", "insights", "data", "assumptions")]
    assert places == sorted(places)
    assert page.count('aria-current="page"') >= 1


@pytest.mark.parametrize(
    ("address", "room"), [("cadences", "today"), ("new_task", "today"), ("duplicates", "customers")]
)
def test_a_page_behind_a_room_marks_the_room(alice: Client, address: str, room: str) -> None:
    menu = alice.get(reverse(address)).context["menu"]
    assert [entry.url for entry in menu if entry.current] == [reverse(room)]


def test_search_finds_people_by_the_beginnings_of_their_words(alice: Client) -> None:
    ada = Customer.objects.create(key="C1", name="Ada Novak", email="ada@example.com")
    Customer.objects.create(key="C2", name="Bruno Silva")
    page = alice.get(reverse("search"), {"q": "nov"}).content.decode()
    assert ada.get_absolute_url() in page
    assert "Bruno" not in page
    assert "Nothing is called like this." in alice.get(reverse("search"), {"q": "zzz"}).content.decode()


def test_the_palette_offers_pages_before_anything_is_written(alice: Client) -> None:
    part = alice.get(reverse("palette")).content.decode()
    assert reverse("customers") in part
    assert reverse("insight", args=["cohorts"]) in part
    assert "<html" not in part
    assert reverse("runs") in alice.get(reverse("palette"), {"q": "runs"}).content.decode()


def test_the_palette_finds_an_insight_by_its_title_and_by_the_words_of_its_question(alice: Client) -> None:
    for words in ("biggest buyers", "who bought most", "buyers"):
        assert reverse("insight", args=["buyers"]) in alice.get(reverse("palette"), {"q": words}).content.decode()


def test_every_chapter_of_the_guide_is_shown_and_leads_on_within_the_app(alice: Client) -> None:
    contents = alice.get(reverse("guide_contents")).content.decode()
    chapters = guide.chapters()
    assert len(chapters) >= 4
    for chapter in chapters:
        address = reverse("guide", args=[chapter.name])
        assert address in contents
        page = alice.get(address)
        assert page.status_code == 200
        assert ".md" not in page.content.decode().replace("README.md", "")
    assert alice.get(reverse("guide", args=["nothing"])).status_code == 404


def test_a_page_that_is_not_there_says_so_in_words(alice: Client) -> None:
    missing = alice.get("/nowhere/")
    assert missing.status_code == 404
    assert "There is no such page." in missing.content.decode()


def test_an_address_for_forms_alone_is_a_page_too(alice: Client) -> None:
    answer = alice.get("/plan/choices/")
    assert answer.status_code == 405
    assert "Only a form is sent to this address" in answer.content.decode()


def test_the_gallery_is_for_developers_only(alice: Client) -> None:
    assert alice.get("/gallery/").status_code == 404
