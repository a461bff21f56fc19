"""Addresses and forms that nobody meant to write are answered in words, never by a broken page."""

from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import quote

import pytest
from desk import Desk, open_desk
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from pytest_django.fixtures import Settings
from valued_base import keep_run, valued

from keepers.crm.data.forms import AssumptionsForm
from keepers.crm.lists.models import SavedView
from keepers.crm.people.models import User
from keepers.crm.portfolio.publishing.publish import publish

pytestmark = pytest.mark.django_db(transaction=True)
NOON = datetime(2026, 7, 1, 12, tzinfo=UTC)
ODD = (
    "9" * 30,
    "9" * 5_000,
    "²",
    "٣",
    "-1",
    "1e309",
    "nan",
    "\x00",
    "' OR 1=1--",
    '"a" NEAR *',
    "1." + "9" * 5_000,
    "1." + "9" * 9,
    "999999999.1",
    "9999-12-31",
    "-99999d",
    "🦊" * 50,
)
PARAMETERS = ("after", "before", "open", "q", "sort", "columns", "group", "value_from", "orders_to", "last_order_from")


@pytest.fixture
def desk(settings: Settings, tmp_path: Path) -> Desk:
    desk = open_desk(settings, tmp_path, "mallory@example.com", is_administrator=True)
    keep_run(desk.workspace, [valued("A"), valued("B", 50.0), valued("C", None)])
    publish(desk.workspace, None, NOON)
    return desk


@pytest.mark.parametrize("text", ODD, ids=range(len(ODD)))
def test_a_list_of_customers_understands_or_ignores_whatever_is_asked(desk: Desk, text: str) -> None:
    for name in PARAMETERS:
        assert desk.client.get(reverse("customers"), {name: text}).status_code == 200, name


@pytest.mark.parametrize("text", ODD, ids=range(len(ODD)))
def test_a_page_that_there_is_not_is_not_found(desk: Desk, text: str) -> None:
    written = quote(text, safe="")
    for before, after in (
        ("/customers/1/", "/chart.svg"),
        ("/customers/1/", "/rows.csv"),
        ("/customers/1", "/panel/"),
        ("/insight/", "/chart.svg"),
        ("/data/runs/", "/"),
        ("/data/imports/", "/"),
        ("/data/uploads/", "/"),
    ):
        assert desk.client.get(f"{before}{written}{after}").status_code == 404, before


@pytest.mark.parametrize(
    "there", ["nowhere", "account_logout", "//evil.example/", "https://evil.example/", "/\\evil", ""]
)
def test_a_form_leads_back_to_our_own_pages_only(desk: Desk, there: str) -> None:
    theme = desk.client.post(reverse("choose_theme"), {"theme": "dark", "next": there})
    view = desk.client.post(reverse("save_view", args=["customers"]), {"name": "x", "query": "q=a", "next": there})
    assert (theme.headers["Location"], view.headers["Location"]) == ("/", "/")


def test_a_form_leads_back_to_the_page_it_came_from(desk: Desk) -> None:
    answer = desk.client.post(reverse("choose_theme"), {"theme": "dark", "next": "/customers/?q=a"})
    assert answer.headers["Location"] == "/customers/?q=a"


def test_nobody_renames_or_removes_another_persons_view(desk: Desk) -> None:
    other = User.objects.create_user("alice@example.com")
    view = SavedView.objects.create(noun="customers", name="Mine", owner=other, query={"q": ["a"]})
    for name in ("rename_view", "remove_view"):
        assert desk.client.post(reverse(name, args=[view.pk]), {"name": "Stolen"}).status_code == 404
    view.refresh_from_db()
    assert view.name == "Mine"


def test_a_file_whose_name_no_disk_could_keep_is_refused_in_words(desk: Desk) -> None:
    sent = SimpleUploadedFile("🦊" * 100 + ".csv", b"a,b\n1,2\n")
    answer = desk.client.post(reverse("new_import"), {"orders": sent})
    assert answer.status_code == 422
    assert "its name is too long. Give it a shorter one." in answer.content.decode()


@pytest.mark.parametrize("name", ["horizon", "value_cap"])
def test_a_length_that_no_valuation_would_end_with_is_refused_in_words(name: str) -> None:
    asked = {"margin": "30", "annual_discount": "10", "horizon": "52w", "value_cap": "5y", "unit": "week"}
    form = AssumptionsForm(asked | {"model": "auto", "spend": "auto", name: "99999y"})
    assert "looks further than 100 years" in form.errors[name][0]
