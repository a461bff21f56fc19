"""The list of customers: orders, pages, filters, search, views, totals and files."""

import csv
import io
import re
from collections.abc import Iterator
from datetime import date, timedelta
from html import unescape
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from django.db.models import Q
from django.http import HttpResponse
from django.test import Client
from pytest_django import DjangoAssertNumQueries
from pytest_django.fixtures import Settings

from keepers.crm.customers.models import Customer
from keepers.crm.lists.models import SavedView
from keepers.crm.people.models import Team, User
from keepers.crm.portfolio import ranked, views
from keepers.crm.portfolio.models import Publication
from keepers.crm.portfolio.orders import VALUE
from keepers.crm.portfolio.publishing.publish import publish
from keepers.crm.portfolio.ranked import PublicationGoneError, Ranked
from keepers.loop.workspace import Workspace
from tests.integration.web.valued_base import AS_OF, NOON, describe, keep_run, valued, workspace_in

pytestmark = pytest.mark.django_db

PEOPLE = [
    {"external_id": "C1", "name": "Ada Novak", "email": "ada@example.com", "city": "Graz"},
    {"external_id": "C2", "name": "Bela Kern", "email": "bela@example.com", "city": "Ljubljana"},
    {"external_id": "C3", "name": "=cmd()", "email": "cleo@example.com", "city": "Graz"},
]
BASE = [
    valued("C1", 900.0, group="best", probability_alive=0.95, next_order_due=AS_OF + timedelta(days=3)),
    valued("C2", 40.0, group="slipping", probability_alive=0.5, last_order=date(2026, 1, 1), next_order_due=None),
    valued("C3", 250.0, group="steady", probability_alive=0.8, orders=12),
    valued("C4", 5.0, group="lost", probability_alive=0.1, last_order=date(2024, 1, 1), next_order_due=None),
]
ORDERS = {
    "?sort=-value": ["C4", "Bela Kern", "=cmd()", "Ada Novak"],
    "?sort=alive": ["Ada Novak", "=cmd()", "Bela Kern", "C4"],
    "?sort=last_order": ["Ada Novak", "=cmd()", "Bela Kern", "C4"],
    "?sort=-last_order": ["C4", "Bela Kern", "=cmd()", "Ada Novak"],
    "?sort=next_due": ["Ada Novak", "=cmd()", "Bela Kern", "C4"],
    "?sort=-next_due": ["=cmd()", "Ada Novak", "Bela Kern", "C4"],
    "?sort=-low": ["C4", "Bela Kern", "=cmd()", "Ada Novak"],
    "?sort=nonsense": ["Ada Novak", "=cmd()", "Bela Kern", "C4"],
}
FILTERS = [
    ("group=slipping&group=lost", ["Bela Kern", "C4"], "slipping or lost"),
    ("value_from=40&value_to=250", ["=cmd()", "Bela Kern"], "worth €40 – €250"),
    ("low_from=100", ["Ada Novak", "=cmd()"], "low end at least €100"),
    ("alive_to=0.5", ["Bela Kern", "C4"], "chance active at most 0.5"),
    ("orders_from=4", ["=cmd()"], "at least 4 orders"),
    ("last_order_to=2026-01-01", ["Bela Kern", "C4"], "last order until 1 Jan 2026"),
    ("next_due_from=1d&next_due_to=7d", ["Ada Novak"], "next order due 1 Jul 2026 – 7 Jul 2026"),
    ("first_order_from=2025-01-02", [], "first order since 2 Jan 2025"),
    ("city=graz", ["Ada Novak", "=cmd()"], "in graz"),
    ("group=best&orders_from=4", [], "best ✕ and at least 4 orders"),
    ("group=best&orders_from=4&any=1", ["Ada Novak", "=cmd()"], "best ✕ or at least 4 orders"),
    ("q=novak", ["Ada Novak"], "called “novak”"),
    ("q=example.com&group=steady", ["=cmd()"], "called “example.com”"),
    ("q=C4", ["C4"], "called “C4”"),
]
WALKS = ("", "sort=-value", "sort=next_due", "sort=-next_due", "group=best", "q=c")
WITHIN = ("value_from=30&value_to=35", "value_to=4&sort=next_due", "low_from=99", "alive_from=0")


@pytest.fixture
def workspace(tmp_path: Path, settings: Settings) -> Workspace:
    settings.WORKSPACE = workspace_in(tmp_path)
    return settings.WORKSPACE


@pytest.fixture
def shown(workspace: Workspace) -> Publication:
    describe(workspace, PEOPLE)
    keep_run(workspace, BASE)
    return publish(workspace, None, NOON)


@pytest.fixture
def alice() -> User:
    return User.objects.create_user("alice@example.com", name="Alice", role="owner")


@pytest.fixture
def browser(client: Client, alice: User) -> Client:
    client.force_login(alice)
    return client


def text_of(page: HttpResponse) -> str:
    return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]+>", " ", page.content.decode())))


def names_on(page: HttpResponse) -> list[str]:
    return [str(row.customer) for row in page.context["rows"]]


def keys_on(page: HttpResponse) -> list[str]:
    return [row.customer.key for row in page.context["rows"]]


def pages_from(browser: Client, address: str, way: str) -> Iterator[HttpResponse]:
    """The page at an address, and those that lead on from it."""
    while address:
        page = browser.get(address)
        yield page
        address = page.context[way]


def chips_on(page: HttpResponse) -> str:
    chips = re.search(r'<p class="chips">.*?</p>', page.content.decode(), re.DOTALL)
    assert chips is not None
    read = re.sub(r"<span class=\"for-readers\">.*?</span>", "✕", chips[0])
    return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]+>", " ", read)))


def rows_of(response: Any) -> list[dict[str, str]]:
    text = b"".join(response.streaming_content).decode("utf-8-sig")
    return list(csv.DictReader(io.StringIO(text)))


def many(count: int) -> Iterator[dict[str, Any]]:
    """Customers of whom every fourth has no next order due."""
    for number in range(count):
        due = None if number % 4 == 0 else AS_OF + timedelta(days=number % 50)
        yield valued(f"C{number:03}", float(number), next_order_due=due, group="best" if number % 10 == 0 else "steady")


def test_strangers_are_shown_the_door(client: Client) -> None:
    assert client.get("/customers/").status_code == 302
    assert client.get("/customers/customers.csv").status_code == 302


def test_before_the_first_run_the_page_says_what_to_do(browser: Client) -> None:
    assert "Bring your orders" in text_of(browser.get("/customers/"))
    assert browser.get("/customers/customers.csv").status_code == 404


@pytest.mark.usefixtures("shown")
def test_the_most_valuable_come_first_each_with_range_chance_and_key(browser: Client) -> None:
    page = browser.get("/customers/")
    assert names_on(page) == ["Ada Novak", "=cmd()", "Bela Kern", "C4"]
    words = text_of(page)
    assert "4 customers are worth €1.2 k (1.1 k – 1.3 k). 1 is slipping, with €40 at stake." in words
    assert re.search(r"Ada Novak C1 .*?€900 .*?450 – 1.8 k .*?more than 9 in 10 0.95 best", words)
    assert "4 customers · worth €1.2 k (1.1 k – 1.3 k)" in words


@pytest.mark.usefixtures("shown")
def test_every_order_goes_both_ways_and_the_missing_come_last(browser: Client, subtests: pytest.Subtests) -> None:
    for address, names in ORDERS.items():
        with subtests.test(address):
            assert names_on(browser.get(f"/customers/{address}")) == names


@pytest.mark.usefixtures("shown")
def test_a_head_says_how_the_list_is_sorted_and_turns_it_round(browser: Client) -> None:
    html = browser.get("/customers/").content.decode()
    assert (
        '<th scope="col" class="of-interval number" aria-sort="descending"><a href="/customers/?sort=-value">' in html
    )
    html = browser.get("/customers/?sort=-value&group=best").content.decode()
    assert 'aria-sort="ascending"><a href="/customers/?group=best">' in html
    assert 'aria-sort="none"><a href="/customers/?sort=alive&amp;group=best">' in html


@pytest.mark.usefixtures("shown")
def test_filters_narrow_the_list_and_read_as_sentences(browser: Client, subtests: pytest.Subtests) -> None:
    for query, names, said in FILTERS:
        with subtests.test(query):
            page = browser.get(f"/customers/?{query}")
            assert names_on(page) == names
            assert said in chips_on(page)
            if not names:
                assert "Nobody is like that." in text_of(page)


@pytest.mark.usefixtures("shown")
def test_a_filter_that_cannot_be_read_says_so_and_narrows_nothing(browser: Client) -> None:
    page = browser.get("/customers/?value_from=much")
    assert len(names_on(page)) == 4
    assert "Enter a number." in text_of(page)


@pytest.mark.usefixtures("shown")
def test_what_a_form_leaves_empty_leaves_the_address(browser: Client) -> None:
    response = browser.get("/customers/?q=&group=best&value_from=&value_to=900")
    assert response["location"] == "/customers/?group=best&value_to=900"


@pytest.mark.usefixtures("shown")
def test_what_is_not_counted_is_counted_when_asked(browser: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(views, "ROWS", 2)
    monkeypatch.setattr(views, "COUNTED", 2)
    page = browser.get("/customers/?value_from=10")
    assert "2+ customers · count them all" in text_of(page)
    assert 'href="/customers/?value_from=10&amp;exact=1"' in page.content.decode()
    assert "3 customers · worth €1.2 k together" in text_of(browser.get("/customers/?value_from=10&exact=1"))


@pytest.mark.usefixtures("shown")
def test_columns_are_chosen_and_kept_while_filtering(browser: Client) -> None:
    page = browser.get("/customers/?columns=city&columns=email&group=best")
    heads = re.findall(r'<th scope="col"[^>]*>(?:<a[^>]*>)?([^<]*)', page.content.decode())
    assert [head.strip() for head in heads if head] == ["Name", "E-mail", "City"]
    assert '<input type="hidden" name="columns" value="city">' in page.content.decode()


@pytest.mark.usefixtures("shown")
def test_the_number_of_queries_does_not_depend_on_the_rows(
    browser: Client, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for query in ("group=best", "value_from=10"):  # one row, three rows
        with django_assert_num_queries(15):
            browser.get(f"/customers/?{query}")


@pytest.mark.usefixtures("shown")
def test_a_customer_is_shown_beside_the_list_without_script(browser: Client, shown: Publication) -> None:
    row = browser.get("/customers/?group=best").context["rows"][0]
    page = browser.get(f"/customers/?group=best&open={row.customer_id}")
    assert page.context["opened"] == row
    assert '<tr data-row aria-current="true">' in page.content.decode()
    assert 'data-close href="/customers/?group=best"' in page.content.decode()
    assert browser.get("/customers/?open=999999").context["open"] is None


@pytest.mark.parametrize("walk", [10_000, 7], ids=["walked", "looked through"])
def test_pages_one_after_the_other_show_everybody_once_there_and_back(
    workspace: Workspace, browser: Client, monkeypatch: pytest.MonkeyPatch, subtests: pytest.Subtests, walk: int
) -> None:
    monkeypatch.setattr(ranked, "WALK", walk)
    monkeypatch.setattr(views, "ROWS", 4)
    keep_run(workspace, many(43))
    publish(workspace, None, NOON)
    for query in WALKS:
        with subtests.test(query):
            whole = [row["customer_id"] for row in rows_of(browser.get(f"/customers/customers.csv?{query}"))]
            there = list(pages_from(browser, f"/customers/?{query}", "next"))
            assert [key for page in there for key in keys_on(page)] == whole
            assert sorted(whole) == sorted(set(whole))
            assert len(whole) == (5 if "group" in query else 43)
            back = [there[-1], *pages_from(browser, there[-1].context["previous"], "previous")]
            assert [key for page in reversed(back) for key in keys_on(page)] == whole


def test_few_who_are_within_bounds_are_the_same_whether_walked_to_or_looked_up(
    workspace: Workspace, browser: Client, monkeypatch: pytest.MonkeyPatch, subtests: pytest.Subtests
) -> None:
    keep_run(workspace, many(43))
    publish(workspace, None, NOON)
    walked = [browser.get(f"/customers/?{query}") for query in WITHIN]
    monkeypatch.setattr(ranked, "FEW", 6)
    for query, one in zip(WITHIN, walked, strict=True):
        with subtests.test(query):
            looked_up = browser.get(f"/customers/?{query}")
            assert [row.pk for row in looked_up.context["rows"]] == [row.pk for row in one.context["rows"]]
            assert looked_up.context["total"] == one.context["total"]


@pytest.mark.parametrize("few", [3, 100], ids=["too many", "few"])
def test_whoever_sees_their_own_alone_finds_them_by_their_owner(
    workspace: Workspace, client: Client, monkeypatch: pytest.MonkeyPatch, few: int
) -> None:
    monkeypatch.setattr("keepers.crm.customers.queries.FEW", few)
    keep_run(workspace, many(43))
    publish(workspace, None, NOON)
    bob = User.objects.create_user("bob@example.com", role="rep")
    Customer.objects.filter(key__in=["C003", "C007", "C020", "C041"]).update(owner=bob)
    client.force_login(bob)
    page = client.get("/customers/")
    assert [row.customer.key for row in page.context["rows"]] == ["C041", "C020", "C007", "C003"]
    assert page.context["total"].customers == 4
    assert {row.key for row in client.get("/customers/everybody/").context["rows"]} == {"C003", "C007", "C020", "C041"}


def test_pages_of_one_list_never_mix_two_runs(
    workspace: Workspace, browser: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(views, "ROWS", 2)
    for number in range(3):
        keep_run(workspace, [valued(f"C{key}", key + 100.0 * number) for key in range(5)], minutes=number)
    publish(workspace, "run-0", NOON)
    second = browser.get("/customers/").context["next"]
    publish(workspace, "run-1", NOON)
    page = browser.get(second)
    assert [row.residual_value for row in page.context["rows"]] == [2.0, 1.0]
    assert page.context["publication"].run_id == "run-0"
    assert [row["residual_value"] for row in rows_of(browser.get(page.context["files"]["csv"]))][:2] == ["4.0", "3.0"]
    (panel,) = set(re.findall(r'hx-get="(/customers/\d+/panel/\?run=[\w-]+)"', page.content.decode())[:1])
    shown = browser.get(panel).context
    assert (shown["publication"].run_id, shown["value"].residual_value) == ("run-0", 2.0)
    publish(workspace, "run-2", NOON)
    page = browser.get(second)
    assert [row.residual_value for row in page.context["rows"]] == [204.0, 203.0]
    assert "valued anew" in text_of(page)


@pytest.mark.usefixtures("shown")
def test_files_hold_what_is_seen_and_run_nothing_in_a_spreadsheet(browser: Client) -> None:
    rows = rows_of(browser.get("/customers/customers.csv?city=graz&columns=residual_value&columns=group&sort=-value"))
    assert [row["customer_id"] for row in rows] == ["C3", "C1"]
    assert list(rows[0]) == [
        "name", "customer_id", "email", "residual_value", "residual_value_low", "residual_value_high", "group"
    ]  # fmt: skip
    assert rows[0]["name"] == "'=cmd()"
    assert (rows[1]["residual_value"], rows[1]["residual_value_low"]) == ("900.0", "450.0")
    response = browser.get("/customers/customers.xlsx?city=graz")
    book = openpyxl.load_workbook(io.BytesIO(b"".join(response.streaming_content)))
    sheet = list(book.worksheets[0].values)
    assert sheet[0][:3] == ("name", "customer_id", "email")
    assert [row[0] for row in sheet[1:]] == ["Ada Novak", "=cmd()"]
    assert book.worksheets[0]["A3"].data_type == "s"


def test_a_file_whose_publication_is_removed_meanwhile_does_not_end_as_if_whole(shown: Publication) -> None:
    removed = Publication(pk=shown.pk + 1, customers=shown.customers, known=shown.known)
    with pytest.raises(PublicationGoneError, match="Ask for it again"):
        list(Ranked(removed, VALUE).rows(lambda _lookup: Q()))
    assert len(list(Ranked(shown, VALUE).rows(lambda _lookup: Q()))) == shown.customers


@pytest.mark.usefixtures("shown")
def test_a_view_is_kept_renamed_and_forgotten_by_its_owner_only(browser: Client, alice: User) -> None:
    query = "group=slipping&sort=-value"
    assert "Keep this view" in text_of(browser.get(f"/customers/?{query}"))
    kept = {"name": "My slipping", "query": query, "next": f"/customers/?{query}"}
    assert browser.post("/lists/customers/views/", kept)["location"] == f"/customers/?{query}"
    view = SavedView.objects.get(owner=alice)
    assert view.query == {"group": ["slipping"], "sort": ["-value"]}
    page = browser.get(f"/customers/?{query}")
    assert (
        '<a href="/customers/?group=slipping&amp;sort=-value" aria-current="page">My slipping</a>'
        in page.content.decode()
    )
    assert "Keep this view" not in text_of(page)
    browser.post(f"/lists/views/{view.pk}/name/", {"name": "Slipping, least first", "next": "/customers/"})
    view.refresh_from_db()
    assert view.name == "Slipping, least first"
    assert "Give the view a name" in text_of(
        browser.post("/lists/customers/views/", kept | {"name": " "}, follow=True)  # type: ignore[arg-type]
    )
    mallory = Client()
    mallory.force_login(User.objects.create_user("mallory@example.com"))
    assert mallory.post(f"/lists/views/{view.pk}/removal/").status_code == 404
    assert "least first" not in text_of(mallory.get("/customers/"))
    browser.post(f"/lists/views/{view.pk}/removal/", {"next": "https://elsewhere.example/"})
    assert not SavedView.objects.exists()


@pytest.mark.usefixtures("shown")
def test_a_view_stays_current_in_another_order(browser: Client) -> None:
    html = browser.get("/customers/?group=best&sort=low").content.decode()
    assert '<a href="/customers/?group=best" aria-current="page">Best</a>' in html


@pytest.mark.usefixtures("shown")
def test_the_list_is_narrowed_and_counted_by_who_customers_are(browser: Client, alice: User) -> None:
    Customer.objects.filter(key__in=["C1", "C2"]).update(owner=alice)
    assert names_on(browser.get(f"/customers/?owner={alice.pk}")) == ["Ada Novak", "Bela Kern"]
    assert names_on(browser.get("/customers/?owner=none&2.group=best")) == ["Ada Novak", "=cmd()", "C4"]
    assert names_on(browser.get("/customers/?stage=lapsed")) == ["C4"]
    words = text_of(browser.get("/customers/?by=owner"))
    assert "Alice 2 50 % €940" in words.replace("me 2", "Alice 2")
    assert "without an owner 2 50 % €255" in words
    words = text_of(browser.get("/customers/?by=city&owner=none"))
    assert "Graz 1 50 % €250" in words
    assert "not known 1 50 % €5" in words


@pytest.mark.usefixtures("shown")
def test_a_view_is_shared_with_a_team_or_everybody(browser: Client, alice: User, client: Client) -> None:
    north = Team.objects.create(name="North")
    User.objects.filter(pk=alice.pk).update(team=north)
    browser.post("/lists/customers/views/", {"name": "Top", "query": "value_from=500"})
    view = SavedView.objects.get()
    others = Client()
    others.force_login(User.objects.create_user("carol@example.com", team=north))
    strangers = Client()
    strangers.force_login(User.objects.create_user("mallory@example.com"))
    seen = []
    for whom in ("", "team", "everybody"):
        browser.post(f"/lists/views/{view.pk}/sharing/", {"shared_with": whom})
        seen.append([bool("Top" in text_of(reader.get("/customers/"))) for reader in (browser, others, strangers)])
    assert seen == [[True, False, False], [True, True, False], [True, True, True]]
    assert others.post(f"/lists/views/{view.pk}/removal/").status_code == 404, "only its keeper changes it"
    browser.post(f"/lists/views/{view.pk}/sharing/", {"shared_with": "mars"})
    view.refresh_from_db()
    assert view.shared_with == "everybody"


def test_without_a_publication_the_list_of_everybody_is_shown(browser: Client) -> None:
    Customer.objects.create(key="new", name="Nina", stage="prospect")
    assert browser.get("/customers/").headers["Location"] == "/customers/everybody/"
