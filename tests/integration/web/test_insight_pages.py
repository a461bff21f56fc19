"""The Insight pages: a newspaper of what a run kept, a page a question, its chart and its file."""

import csv
import io
from collections.abc import Sequence
from datetime import UTC, date, datetime

import pyarrow as pa
import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from keepers.core.told import Told
from keepers.crm.customers.models import Customer
from keepers.crm.jobs import wording
from keepers.crm.people.models import User
from keepers.crm.portfolio.insight.chapters import CHAPTERS, TITLES, names_in_order
from keepers.crm.portfolio.insight.tables import table_of
from keepers.crm.portfolio.models import CurrentPublication, Publication, PublishedInsight
from keepers.insight.answers import Answer
from keepers.insight.catalogue import INSIGHTS
from keepers.insight.drawings.pictures import Bars, Scatter, Waterfall
from keepers.insight.keeping import kept

pytestmark = pytest.mark.django_db
NOON = datetime(2026, 8, 12, 12, tzinfo=UTC)

LEDGER = Answer(
    Told.of("The base is worth %(worth)s, down %(by)s.", worth="€90.00", by="10 %"),
    "Each customer's change is on one line.",
    pa.table({"line": ["opening", "lapsed", "closing"], "amount": [100.0, -10.0, 90.0]}),
    Waterfall("line", "amount", ("opening", "closing")),
    currency="EUR",
    notes=("The opening run is the one of June.",),
)
EQUITY = Answer(
    "The base is worth €90.00 (€80.00 to €99.00).",
    "Residual value.",
    pa.table({"tenth": [1, 2], "residual_value": [60.0, 30.0]}),
    Bars("tenth", "residual_value"),
    currency="EUR",
)
BUYERS = Answer(
    "In 2025 customer =cmd bought most.",
    "The biggest buyers of each year.",
    pa.table({"span": ["2025", "2025"], "rank": [1, 2], "customer_id": ["=cmd", "Bob"], "revenue": [50.0, 20.0]}),
    Bars("customer_id", "revenue"),
    currency="EUR",
)
BY_MONTH = Answer("In Jul 2026 customer Bob bought most.", "By month.", BUYERS.rows, BUYERS.picture, currency="EUR")
QUARTERS = Answer(
    "1 customer is worth much.",
    "Worth much: €50.00 or more.",
    pa.table({
        "quarter": ["keep close", "let rest"], "customers": [1, 2], "value_from": [50.0, None],
        "value_below": [None, 50.0], "alive_from": [0.5, None], "alive_below": [None, 0.5],
    }),
    Scatter("share", "amount", "customers", "quarter", (0.5, 50.0), ("a", "b", "c", "d"), "x", "y"),
    shown=pa.table({"quarter": ["keep close", "let rest"], "customers": [1, 2]}),
    drawn=pa.table({"quarter": ["let rest"], "share": [0.1], "amount": [5.0], "customers": [2]}),
    currency="EUR",
)  # fmt: skip
GROUPS = Answer(
    "2 customers are slipping.",
    "By chance and value.",
    pa.table({"group": ["slipping"], "customers": [2]}),
    Bars("group", "customers", colour="group"),
)
KEPT = {
    ("ledger", ""): LEDGER,
    ("equity", ""): EQUITY,
    ("buyers", "year"): BUYERS,
    ("buyers", "month"): BY_MONTH,
    ("quarters", ""): QUARTERS,
    ("groups", ""): GROUPS,
}


@pytest.fixture
def alice(client: Client) -> Client:
    client.force_login(User.objects.create_user("alice@example.com", name="Alice", role="owner"))
    return client


@pytest.fixture
def published() -> Publication:
    return publish("run-1", KEPT)


def publish(run_id: str, answers: dict[tuple[str, str], Answer]) -> Publication:
    publication = Publication.objects.create(
        run_id=run_id, as_of=date(2026, 8, 11), currency="EUR", grade="B", started_at=NOON, finished_at=NOON
    )
    PublishedInsight.objects.bulk_create(
        PublishedInsight(publication=publication, name=name, by=by, answer=kept(answer))
        for (name, by), answer in answers.items()
    )
    CurrentPublication.objects.update_or_create(pk=1, defaults={"publication": publication, "changed_at": NOON})
    return publication


def page(client: Client, *where: str, **query: str) -> str:
    name, *arguments = where
    answered = client.get(reverse(name, args=arguments), query)
    assert answered.status_code == 200
    return answered.content.decode()


def test_every_insight_has_its_place_and_its_name() -> None:
    names = [insight.name for insight in INSIGHTS]
    assert sorted(names_in_order()) == sorted(names)
    assert set(TITLES) == set(names)
    assert all(set(chapter.wide) <= set(chapter.names) for chapter in CHAPTERS)


def test_before_the_first_run_the_pages_say_what_to_do(alice: Client) -> None:
    assert "Bring your orders" in page(alice, "insights")
    assert "Bring your orders" in page(alice, "insight", "equity")
    assert alice.get(reverse("insight_chart", args=["equity"])).status_code == 404


@pytest.mark.usefixtures("published")
def test_the_newspaper_leads_with_the_worth_and_tells_every_finding(alice: Client) -> None:
    told = page(alice, "insights")
    findings = [LEDGER.finding, EQUITY.finding, GROUPS.finding, QUARTERS.finding, BUYERS.finding]
    places = [told.index(f">{finding}</a>") for finding in findings]
    assert places == sorted(places)
    assert f'<div class="lead">{EQUITY.finding}</div>' in told
    assert BY_MONTH.finding not in told


@pytest.mark.usefixtures("published")
def test_what_the_run_could_not_answer_says_why(alice: Client) -> None:
    assert "The orders name no channels." in page(alice, "insights")
    assert "The orders name no channels." in page(alice, "insight", "channels")


@pytest.mark.usefixtures("published")
def test_a_page_has_its_finding_definition_notes_and_figures(alice: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    told = page(alice, "insight", "ledger")
    assert f'<div class="lead">{LEDGER.finding}</div>' in told
    assert "Each customer&#x27;s change is on one line." in told
    assert LEDGER.notes[0] in told
    assert "−€10.00" in told
    assert f'alt="{LEDGER.finding}"' in told
    german = {LEDGER.finding.words: "Der Bestand ist %(worth)s wert, %(by)s weniger."}  # type: ignore[attr-defined]
    monkeypatch.setattr(wording, "gettext", lambda words: german.get(words, words))
    assert '<div class="lead">Der Bestand ist €90.00 wert, 10 % weniger.</div>' in page(alice, "insight", "ledger")


@pytest.mark.usefixtures("published")
def test_buyers_have_a_tab_a_period(alice: Client) -> None:
    told = page(alice, "insight", "buyers", by="month")
    assert BY_MONTH.finding in told
    assert '<a href="?by=month" aria-current="page">' in told
    assert '<a href="?by=week"' not in told
    assert BUYERS.finding in page(alice, "insight", "buyers")
    assert alice.get(reverse("insight", args=["buyers"]), {"by": "week"}).status_code == 404


@pytest.mark.usefixtures("published")
def test_rows_lead_to_the_customers_they_are_about(alice: Client) -> None:
    bob = Customer.objects.create(key="Bob")
    assert f'<a href="{reverse("customer", args=[bob.pk])}">Bob</a>' in page(alice, "insight", "buyers")
    customers = reverse("customers")
    quarters = page(alice, "insight", "quarters")
    assert f'<a href="{customers}?value_from=50.0&amp;alive_from=0.5">keep close</a>' in quarters
    assert f'<a href="{customers}?value_to=50.0&amp;alive_to=0.5">let rest</a>' in quarters
    assert f'<a href="{customers}?group=slipping">slipping</a>' in page(alice, "insight", "groups")


@pytest.mark.usefixtures("published")
@pytest.mark.parametrize(("theme", "narrow", "width"), [("light", "", "720"), ("dark", "1", "340")])
def test_the_chart_is_drawn_for_the_look_of_the_page(alice: Client, theme: str, narrow: str, width: str) -> None:
    answered = alice.get(reverse("insight_chart", args=["ledger"]), {"theme": theme, "narrow": narrow})
    drawing = answered.content.decode()
    assert answered.headers["Content-Type"] == "image/svg+xml"
    assert f'width="{width}"' in drawing
    assert "opening" in drawing
    unchanged = {"If-None-Match": answered.headers["ETag"]}
    again = alice.get(reverse("insight_chart", args=["ledger"]), {"theme": theme, "narrow": narrow}, headers=unchanged)
    assert again.status_code == 304


def test_a_page_s_files_stay_with_its_run_when_another_is_published(alice: Client, published: Publication) -> None:
    moved = Answer("Up.", "B.", pa.table({"line": ["opening"], "amount": [7.0]}), LEDGER.picture, currency="EUR")
    publish("run-2", {("ledger", ""): moved})
    address = reverse("insight_csv", args=["ledger"])
    assert rows(alice, address, run=published.run_id)[1] == ["opening", "100"]
    assert rows(alice, address)[1] == ["opening", "7"]
    assert rows(alice, address, run="gone")[1] == ["opening", "7"]


@pytest.mark.usefixtures("published")
def test_the_file_holds_every_row_and_runs_nothing_in_a_spreadsheet(alice: Client) -> None:
    answered = alice.get(reverse("insight_csv", args=["buyers"]), {"by": "year"})
    assert answered.headers["Content-Disposition"] == 'attachment; filename="buyers-year.csv"'
    assert rows(alice, reverse("insight_csv", args=["buyers"]))[1:] == [
        ["2025", "1", "'=cmd", "50"],
        ["2025", "2", "Bob", "20"],
    ]


def rows(client: Client, address: str, **query: str) -> Sequence[list[str]]:
    return list(csv.reader(io.StringIO(client.get(address, query).content.decode())))


@pytest.mark.usefixtures("published")
def test_no_insight_of_another_name_is_shown(alice: Client) -> None:
    for address in ("insight", "insight_chart", "insight_csv"):
        assert alice.get(reverse(address, args=["horoscope"])).status_code == 404


@pytest.mark.usefixtures("published")
def test_nobody_sees_a_page_or_a_file_without_signing_in(client: Client) -> None:
    for address in (reverse("insights"), *(reverse(name, args=["ledger"]) for name in ("insight", "insight_csv"))):
        assert client.get(address).status_code == 302


@pytest.mark.usefixtures("published")
def test_the_newspaper_asks_the_database_as_often_for_few_as_for_many(alice: Client) -> None:
    with CaptureQueriesContext(connection) as few:
        page(alice, "insights")
    publish("run-3", {(name, ""): EQUITY for name in names_in_order() if name != "buyers"})
    with CaptureQueriesContext(connection) as many:
        page(alice, "insights")
    assert len(few) == len(many)


def test_a_table_of_buyers_names_them() -> None:
    ada = Customer.objects.create(key="C1", name="Ada Novak")
    rows = pa.table({"rank": [1, 2], "customer_id": ["C1", "C2"], "orders": [7, 3]})
    alice = User.objects.create_user("alice@example.com", role="owner")
    table = table_of(alice, Answer("", "", rows, Bars(of="customer_id", length="orders")))
    first, second = (row[1] for row in table.rows)
    assert (first.text, first.href) == ("Ada Novak", ada.get_absolute_url())
    assert (second.text, second.href) == ("C2", "")
