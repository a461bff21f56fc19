"""The plan by the API: its steps and lines, what is said of them, prospects, next products and files of insights."""

from pathlib import Path

import pyarrow as pa
import pytest
from pytest_django.fixtures import Settings

from keepers.crm.approvals.models import Choice
from keepers.crm.customers.models import Customer
from keepers.crm.people.models import User
from keepers.crm.portfolio.models import PublishedInsight
from keepers.crm.portfolio.publish import publish
from keepers.insight.answers import Answer
from keepers.insight.keeping import kept
from keepers.insight.pictures import Bars
from tests.integration.web.program import Program
from tests.integration.web.valued_base import NOON, account_of, keep_plan, keep_run, valued, workspace_in

pytestmark = pytest.mark.django_db
KEEP = {"decision": "keep", "action": "proactive care, 4 calls a year", "cost": 10.0}
LINES = [
    KEEP | {"customer_id": "A", "expected_gain": 30.0, "expected_gain_low": -5.0, "expected_gain_high": 70.0},
    KEEP | {"customer_id": "B", "expected_gain": 20.0},
    {"customer_id": "C", "decision": "stop spending", "action": "no contact of our own", "cost": 0.0,
     "expected_gain": 0.0},
]  # fmt: skip


@pytest.fixture
def alice(tmp_path: Path, settings: Settings) -> Program:
    settings.WORKSPACE = workspace_in(tmp_path)
    run = keep_run(settings.WORKSPACE, [valued(key) for key in "ABC"])
    keep_plan(settings.WORKSPACE, run, LINES, account=account_of())
    told = {"run_id": run, "customer_id": "A", "product_id": "P1", "product_name": "Tea", "proposal": "again"}
    with settings.WORKSPACE.opened() as store:
        rows = [told | {"rank": 1, "chance": 0.7, "reason": "Bought twice."}]
        store.append("next_products", pa.Table.from_pylist(rows))
    publication = publish(settings.WORKSPACE, None, NOON)
    rows = pa.table({"product_id": ["P1"], "expected_units": [7.0]})
    answer = Answer("Keep seven.", "Pieces.", rows, Bars("product_id", "expected_units"))
    PublishedInsight.objects.create(publication=publication, name="stock", by="", answer=kept(answer))
    return Program(User.objects.create_user("alice@example.com", name="Alice", role="owner"))


def of(key: str) -> int:
    return Customer.objects.get(key=key).pk


def test_the_plan_is_told_by_step_and_line_by_line(alice: Program) -> None:
    told = alice("GET", "/plan").json()
    assert [(step["decision"], step["people"], step["gain"]) for step in told["steps"]] == [
        ("keep", 2, 50.0), ("stop spending", 1, 0.0),
    ]  # fmt: skip
    first = alice("GET", "/plan-lines?limit=1").json()
    (line,) = first["items"]
    assert (line["key"], line["expected_gain_low"], line["expected_gain_high"]) == ("A", -5.0, 70.0)
    beyond = alice("GET", f"/plan-lines?after={first['next']}").json()
    assert [each["key"] for each in beyond["items"]] == ["B", "C"]
    stopped = alice("GET", "/plan-lines?decision=stop+spending").json()
    assert [each["key"] for each in stopped["items"]] == ["C"]
    assert alice("GET", "/plan-lines?after=7").status_code == 410


def test_lines_are_dismissed_and_that_is_taken_back(alice: Program) -> None:
    assert alice("POST", "/plan-choices", {"customer": of("B"), "kind": "dismissed"}).status_code == 422
    said = alice("POST", "/plan-choices", {"customer": of("B"), "kind": "dismissed", "reason": "Moves abroad."})
    assert (said.status_code, said.json()["reason"]) == (201, "Moves abroad.")
    assert Choice.objects.get(undone_at=None).customer.key == "B"
    assert alice("DELETE", f"/plan-choices/{said.json()['id']}").status_code == 204
    assert Choice.objects.get().undone_at is not None


def test_what_comes_next_whom_to_win_and_what_to_keep_in_stock_are_told(alice: Program) -> None:
    (product,) = alice("GET", f"/customers/{of('A')}/next-products").json()["products"]
    assert (product["product_name"], product["chance"]) == ("Tea", 0.7)
    assert alice("GET", f"/customers/{of('B')}/next-products").json()["products"] == []
    assert alice("GET", "/prospects").json()["items"] == []
    assert alice("GET", "/insights/stock").json()["rows"] == [{"product_id": "P1", "expected_units": 7.0}]
    assert "P1" in alice("GET", "/insights/stock/csv").content.decode()
