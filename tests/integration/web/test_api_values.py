"""What customers are worth by the API: figures with their intervals and run, the list's filters, groups and totals."""

from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from django.core.cache import cache
from pytest_django.fixtures import Settings

from keepers.crm.customers.models import Customer
from keepers.crm.lists.models import SavedView
from keepers.crm.people.models import FieldRule, User
from keepers.crm.people.roles import Role
from keepers.crm.portfolio.models import PublishedInsight
from keepers.crm.portfolio.publishing.publish import publish
from keepers.insight.answers import Answer
from keepers.insight.drawings.pictures import Bars
from keepers.insight.keeping import kept
from tests.integration.web.program import Program
from tests.integration.web.valued_base import NOON, describe, keep_run, valued, workspace_in

pytestmark = pytest.mark.django_db
WORTHS = {"A": 900.0, "B": 40.0, "C": 300.0, "D": None}


@pytest.fixture
def program(tmp_path: Path, settings: Settings) -> Program:
    cache.clear()
    settings.WORKSPACE = workspace_in(tmp_path)
    rows = [valued(key, worth, group="best" if worth == 900.0 else "slipping") for key, worth in WORTHS.items()]
    keep_run(settings.WORKSPACE, rows)
    publish(settings.WORKSPACE, None, NOON)
    return Program(User.objects.create_user("alice@example.com", name="Alice Adler", role=Role.OWNER))


def keys(answer: Any) -> list[str]:
    assert answer.status_code == 200, answer.content
    return [each["key"] for each in answer.json()["items"]]


def test_figures_carry_their_interval_and_their_run(program: Program) -> None:
    page = program("GET", "/values").json()
    assert (page["run"], page["as_of"], page["currency"], page["next"]) == ("run-0", "2026-06-30", "EUR", None)
    first = page["items"][0]
    assert first["residual_value"] == {"mean": 900.0, "low": 450.0, "high": 1800.0}
    assert (first["key"], first["group"], first["probability_alive"], first["next_order_due"]) == (
        "A",
        "best",
        0.8,
        "2026-07-15",
    )
    assert page["items"][-1]["residual_value"] is None
    one = program("GET", f"/values/{first['customer']}").json()
    assert one == first | {"run": "run-0", "as_of": "2026-06-30", "currency": "EUR"}
    prospect = Customer.objects.create(key="P", name="Prospect")
    assert "not ordered yet" in program("GET", f"/values/{prospect.pk}").json()["detail"]


def test_the_list_walks_through_one_run_by_the_filters_of_its_page(program: Program, settings: Settings) -> None:
    first = program("GET", "/values?limit=2").json()
    assert [each["key"] for each in first["items"]] == ["A", "C"]
    assert keys(program("GET", f"/values?limit=2&after={first['next']}")) == ["B", "D"]
    assert keys(program("GET", "/values?sort=-value&group=slipping&value_from=10")) == ["B", "C"]
    assert keys(program("GET", "/values?value_to=50&2.group=best")) == ["A", "B"]
    assert keys(program("GET", "/values?next_due_from=1d&next_due_to=20d&limit=1")) == ["A"]
    for wrong in ("valu_from=1", "value_from=x", "group=bestest", "sort=name", "owner=999", "field-none=1", "after=x"):
        answer = program("GET", f"/values?{wrong}")
        assert answer.status_code == 422, (wrong, answer.content)
    assert program("GET", "/values?after=999.1").status_code == 410


def test_a_saved_view_is_a_segment(program: Program) -> None:
    view = {"noun": "customers", "name": "Slipping", "query": {"group": ["slipping"]}}
    pk = program("POST", "/views", view).json()["id"]
    assert keys(program("GET", f"/values?view={pk}")) == ["C", "B", "D"]
    assert keys(program("GET", f"/values?view={pk}&value_from=100")) == ["C"]
    total = program("GET", f"/values/total?view={pk}").json()
    assert (total["customers"], total["worth"], total["run"]) == (3, 340.0, "run-0")
    assert program("GET", "/values?view=999").status_code == 404
    graz = Customer.objects.get(key="A")
    Customer.objects.filter(pk=graz.pk).update(city="Graz")
    everybody = SavedView.objects.create(
        noun="everybody", name="Graz", owner=User.objects.get(), query={"city": ["Graz"]}
    )
    assert keys(program("GET", f"/customers?view={everybody.pk}")) == ["A"]
    assert program("GET", f"/customers?view={pk}").status_code == 404


def test_groups_are_counted_and_summed(program: Program) -> None:
    told = program("GET", "/values/groups?by=group").json()
    assert [(each["label"], each["customers"], each["worth"]) for each in told["groups"]] == [
        ("slipping", 3, 340.0),
        ("best", 1, 900.0),
    ]
    assert "Choose one of group" in program("GET", "/values/groups?by=colour").json()["detail"]


def test_the_publication_and_its_insights(program: Program) -> None:
    shown = program("GET", "/publication").json()
    assert (shown["run"], shown["customers"], shown["base"]["residual_value"]["mean"]) == ("run-0", 4, 1240.0)
    rows = pa.table({"rank": [1], "span": ["2026"], "customer_id": ["A"], "orders": [9]})
    answer = Answer("A bought most.", "Who bought most.", rows, Bars("customer_id", "orders"))
    publication = PublishedInsight._meta.get_field("publication").related_model.objects.get()
    PublishedInsight.objects.create(publication=publication, name="buyers", by="year", answer=kept(answer))
    named = program("GET", "/insights").json()["insights"]
    assert {"name": "buyers", "by": "year", "title": "Biggest buyers", "finding": "A bought most."} in named
    assert program("GET", "/insights/buyers").json()["rows"][0]["customer_id"] == "A"
    assert program("GET", "/insights/nothing").status_code == 404


def test_whoever_sees_a_part_is_told_of_that_part(program: Program) -> None:
    bob = User.objects.create_user("bob@example.com", name="Bob Brown", role=Role.REP)
    Customer.objects.filter(key="C").update(owner=bob)
    FieldRule.objects.create(role="rep", noun="customers", field="city", access="hidden")
    his = Program(bob)
    assert keys(his("GET", "/values")) == ["C"]
    assert his("GET", "/values/total").json()["customers"] == 1
    assert his("GET", "/publication").json()["base"] is None
    assert his("GET", f"/values/{Customer.objects.get(key='A').pk}").status_code == 404
    assert his("GET", "/values?city=Graz").status_code == 422  # by what is hidden nobody narrows
    assert his("GET", "/insights").status_code == 403


def test_runs_and_imports(program: Program, settings: Settings) -> None:
    describe(settings.WORKSPACE, [{"external_id": "A", "name": "Ada"}])
    runs = program("GET", "/runs").json()["items"]
    assert [(each["run_id"], each["shown"], each["grade"]) for each in runs] == [("run-0", True, "B")]
    assert program("GET", "/runs/run-0").json() == runs[0]
    assert program("GET", "/runs/none").status_code == 404
    imports = program("GET", "/imports?limit=1").json()
    batch = imports["items"][0]["batch_id"]
    switched = program("POST", f"/imports/{batch}/switching", {"active": False})
    assert (switched.status_code, switched.json()["active"]) == (200, False)
    assert program("POST", f"/imports/{batch}/switching", {"active": False}).status_code == 422
    asked = program("POST", "/runs", {})
    assert (asked.status_code, asked.json()["kind"]) == (202, "run")
    assert "being valued already" in program("POST", "/runs", {}).json()["detail"]
