"""One customer's page, its side panel, its charts and files."""

import csv
import io
import re
from datetime import UTC, datetime
from html import unescape
from pathlib import Path

import pytest
from django.test import Client
from django.utils.html import escape
from published_shop import show
from pytest_django import DjangoAssertNumQueries
from pytest_django.fixtures import Settings

from keepers.crm.customers.actions import fields
from keepers.crm.customers.actions.acts import Act
from keepers.crm.customers.computed import counting
from keepers.crm.customers.models import Customer, CustomField
from keepers.crm.customers.timeline.actions import add_touch
from keepers.crm.customers.told import told_to
from keepers.crm.people.models import User
from keepers.crm.people.roles import Role
from keepers.crm.portfolio.models import CustomerValue
from keepers.loop.imports.interactions import land_interactions
from keepers.loop.insights.customer_record import ANSWERS, record_of
from keepers.loop.workspace import Workspace
from keepers.web.record.reading import _run
from keepers.web.record.views import _exact
from tests.integration.record_shop import goods, odd_customers, run_on, shop_file

pytestmark = pytest.mark.django_db
HTMX = {"hx-request": "true"}


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    return Workspace(tmp_path_factory.mktemp("record") / "home")


@pytest.fixture(scope="module")
def run_id(workspace: Workspace, tmp_path_factory: pytest.TempPathFactory) -> str:
    evil = [("E1", "evil", goods()[0][2], "P9", "=cmd()", "<b>bold</b>", 1, 20.0, "card", "web")]
    return run_on(workspace, shop_file(tmp_path_factory.mktemp("files"), [*goods(), *odd_customers(), *evil]))


@pytest.fixture(autouse=True)
def _pages_read_it(workspace: Workspace, settings: Settings) -> None:
    settings.WORKSPACE = workspace


@pytest.fixture
def alice(client: Client) -> Client:
    client.force_login(User.objects.create_user("alice@example.com", name="Alice", role=Role.OWNER))
    return client


def at(key: str, more: str = "") -> str:
    return f"{Customer.objects.get(key=key).get_absolute_url()}{more}"


def page(client: Client, address: str, **headers: str) -> str:
    response = client.get(address, headers=headers)
    assert response.status_code == 200, address
    return response.content.decode()


def test_the_page_shows_the_figures_of_the_run(alice: Client, workspace: Workspace, run_id: str) -> None:
    show(run_id, "C000")
    Customer.objects.filter(key="C000").update(name="Ada Novak", email="ada@example.com", city="Ljubljana")
    html = page(alice, at("C000"))
    assert "<h1>Ada Novak</h1>" in html
    with workspace.opened() as store:
        record = record_of(store, _run(workspace, run_id), "C000")
    assert record.values is not None
    assert record.values["reason"] in html
    assert escape(_exact(record.values["probability_alive"])) in html
    for name, answer in record.answers.items():
        assert answer.finding in html
        assert at("C000", f"{name}/chart.svg") in html
    assert html.count('<details class="order') == min(len(record.orders), 20)


@pytest.mark.parametrize(("chance", "said"), [(None, "–"), (0.71, "0.71"), (0.999, "> 0.99"), (0.004, "< 0.01")])
def test_no_chance_is_told_as_certain(chance: float | None, said: str) -> None:
    assert _exact(chance) == said


def test_every_chart_is_a_drawing_with_rows_behind_it(alice: Client, run_id: str) -> None:
    show(run_id, "C001")
    charts = set(
        re.findall(r"/([a-z]+)/chart\.svg\?theme=light&amp;narrow=1&amp;run=([\w-]+)\"", page(alice, at("C001")))
    )
    assert charts == {(name, run_id) for name in ANSWERS}, "what a browser keeps of another run is not shown"
    for name, _run_id in charts:
        drawing = alice.get(at("C001", f"{name}/chart.svg?theme=dark&narrow=1"))
        assert drawing.headers["Content-Type"] == "image/svg+xml"
        assert drawing.content.startswith(b"<svg")
        again = alice.get(
            at("C001", f"{name}/chart.svg?theme=dark&narrow=1"), headers={"if-none-match": drawing.headers["ETag"]}
        )
        assert again.status_code == 304
        rows = list(csv.reader(io.StringIO(page(alice, at("C001", f"{name}/rows.csv")))))
        assert len(rows) > 1
    assert alice.get(at("C001", "wishes/chart.svg")).status_code == 404


def test_the_timeline_comes_in_pages_without_a_script_and_in_parts_with_one(
    alice: Client, workspace: Workspace, run_id: str
) -> None:
    with workspace.opened() as store:
        values = store.query("values_of_run", run_id=run_id).to_pylist()
    busy = max(values, key=lambda row: row["orders"])
    assert busy["orders"] > 20
    show(run_id, busy["customer_id"])
    first = page(alice, at(busy["customer_id"]))
    assert first.count('<details class="order') == 20
    older = unescape(re.findall(r'rel="next" href="[^"?]*([^"#]*)#timeline"', first)[0])
    second = page(alice, at(busy["customer_id"], older))
    assert second.count('<details class="order') > 0
    assert set(re.findall(r"Order [\w-]+</p>", first)).isdisjoint(re.findall(r"Order [\w-]+</p>", second))
    part = page(alice, at(busy["customer_id"], older), **HTMX, **{"hx-target": "timeline"})
    assert "<html" not in part
    assert part.count('<details class="order') == second.count('<details class="order')


def test_the_timeline_holds_what_people_did_and_what_other_systems_tell(
    alice: Client, workspace: Workspace, run_id: str
) -> None:
    show(run_id, "C004")
    customer = Customer.objects.get(key="C004")
    moment = datetime(2024, 5, 1, 12, tzinfo=UTC)
    add_touch(customer, by=None, at=moment, kind="visit", title="Showed the new oven")
    act = {"source": "shop", "interaction_id": "9", "version": 1, "external_id": "C004", "happened_at": moment}
    with workspace.opened() as store:
        looked = act | {"touch_kind": "web", "title": "Looked at ovens", "is_removed": False}
        land_interactions(store, [looked], batch_id="b")
    html = page(alice, at("C004"))
    assert "Showed the new oven" in html
    assert "Looked at ovens" in html
    assert html.count('<details class="order') > 0
    web = page(alice, at("C004", "?show=campaign"))
    assert ("Looked at ovens" in web, "Showed the new oven" in web, '<details class="order' in web) == (
        True,
        False,
        False,
    )
    assert "Nothing of this kind so far." in page(alice, at("C004", "?show=deal"))


def test_an_order_shows_what_came_back(alice: Client, run_id: str) -> None:
    show(run_id, "half")
    html = page(alice, at("half"))
    assert "partly returned" in html
    assert re.search(r"came back 30 Apr 2024", html)


def test_somebody_who_only_sent_goods_back_has_a_page(alice: Client, run_id: str) -> None:
    show(run_id, "back")
    html = page(alice, at("back"))
    assert "none of the orders counts" in html
    assert "No order of this customer counts, so nothing can be forecast." in html


def test_somebody_the_run_does_not_know_has_a_page_that_says_so(
    alice: Client, run_id: str, settings: Settings, tmp_path: Path
) -> None:
    show(run_id, "stranger")
    html = page(alice, at("stranger"))
    assert "The run that is shown has no order of theirs, so there is no value of them yet." in html
    assert alice.get(at("stranger", "alive/chart.svg")).status_code == 404
    settings.WORKSPACE = Workspace(tmp_path / "without a warehouse")
    html = page(alice, at("stranger"))
    assert "is no longer in the warehouse" in html
    assert "keepers run" not in html


def test_before_the_first_run_the_page_tells_who_they_are(alice: Client) -> None:
    Customer.objects.create(key="early", name="Early Bird", stage=Customer.Stage.PROSPECT)
    html = page(alice, at("early"))
    assert "<h1>Early Bird</h1>" in html
    assert "Nothing is valued yet" in html
    assert alice.get(at("early", "orders.csv")).status_code == 404


def test_the_panel_is_a_part_of_a_list_and_a_page_of_its_own(alice: Client, run_id: str) -> None:
    show(run_id, "C002")
    part = page(alice, at("C002", "panel/"), **HTMX)
    assert "<html" not in part
    assert f'href="{at("C002")}"' in part
    whole = page(alice, at("C002", "panel/"))
    assert "<h1>C002</h1>" in whole


def test_a_prospect_has_a_page_without_figures(alice: Client, run_id: str) -> None:
    show(run_id, "C003")
    Customer.objects.create(key="new-1", name="Nina", stage=Customer.Stage.PROSPECT)
    assert "They have not ordered yet" in page(alice, at("new-1"))


def test_texts_of_a_file_stay_texts(alice: Client, run_id: str) -> None:
    show(run_id, "evil")
    html = page(alice, at("evil"))
    assert "<b>bold</b>" not in html
    assert "&lt;b&gt;bold&lt;/b&gt;" in html
    lines = list(csv.DictReader(io.StringIO(page(alice, at("evil", "orders.csv")))))
    assert [line["product_name"] for line in lines] == ["'=cmd()"]


def test_a_newer_run_does_not_mix_into_the_page(
    alice: Client, workspace: Workspace, run_id: str, tmp_path: Path
) -> None:
    show(run_id, "once")
    more = [("Z1", "once", goods()[0][2], "P4", "Kettle", "table", 1, 99.0, "card", "web")]
    newer = run_on(workspace, shop_file(tmp_path, more), minutes=1)
    assert "Kettle" not in page(alice, at("once"))
    show(newer, "once")
    assert "Kettle" in page(alice, at("once"))


def test_the_page_asks_the_app_database_little(
    alice: Client, run_id: str, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    show(run_id, "C000", "C001")
    with django_assert_max_num_queries(26):
        page(alice, at("C000"))


def test_nobody_outside_sees_a_customer(client: Client, run_id: str) -> None:
    show(run_id, "C000")
    for more in ("", "panel/", "orders.csv", "alive/chart.svg", "alive/rows.csv"):
        assert client.get(at("C000", more)).status_code == 302
    assert client.post(at("C000", "properties/name/"), {"value": "Mallory"}).status_code == 302
    assert Customer.objects.get(key="C000").name == ""


def test_orders_are_rolled_up_as_of_the_run_that_the_pages_show(alice: Client, run_id: str) -> None:
    publication = show(run_id, "C000", "evil")
    act, shop = Act(None, datetime(2024, 7, 1, 12, tzinfo=UTC)), {"of": "orders"}
    fields.define(act, label="All", kind="roll-up", roll_up=shop | {"measure": "orders"})
    fields.define(act, label="Revenue of P9", kind="roll-up", roll_up=shop | {
        "measure": "revenue", "where": {"product_id": "P9"}})  # fmt: skip
    fields.define(act, label="Worth", kind="roll-up", roll_up={"of": "figures", "measure": "residual_value"})
    Customer.objects.create(key="new", stage="prospect")
    counting.count(today=act.at.date())
    told = {each.key: told_to(User.objects.get(), each)["custom"] for each in Customer.objects.all()}
    value = CustomerValue.objects.get(customer__key="C000")
    assert told["C000"]["all"] == value.orders and told["C000"]["revenue_of_p9"] == 0
    assert float(told["C000"]["worth"]) == pytest.approx(value.residual_value, abs=1e-6)
    assert told["evil"]["revenue_of_p9"] == 20
    assert told["new"] == {"all": 0, "revenue_of_p9": 0}
    assert set(CustomField.objects.values_list("counted_as_of", flat=True)) == {publication.as_of}
