"""The plan by the API: its steps and lines, what is said of them, prospects, next products and files of insights."""

from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pyarrow as pa
import pytest
from pytest_django.fixtures import Settings

from keepers.crm.approvals.models import Choice
from keepers.crm.customers.holding.models import HeldReached, Hold, Trial, TrialLot
from keepers.crm.customers.models import Customer
from keepers.crm.jobs.models import Job
from keepers.crm.people.models import Grant, User
from keepers.crm.people.roles import Noun, Scope, Verb
from keepers.crm.portfolio.models import PublishedInsight
from keepers.crm.portfolio.publishing.publish import publish
from keepers.insight.answers import Answer
from keepers.insight.drawings.pictures import Bars
from keepers.insight.keeping import kept
from keepers.loop.workspace import Workspace
from keepers.warehouse.delta import DeltaStore
from keepers.warehouse.tables import PRODUCTS, WALLETS
from tests.integration.web.program import Program
from tests.integration.web.valued_base import NOON, account_of, describe, keep_plan, keep_run, valued, workspace_in

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


def test_promotions_and_wallets_are_told_of_the_shown_run(alice: Program, settings: Settings) -> None:
    assert alice("GET", "/promotions").json()["promotions"] == []
    assert alice("GET", "/wallets").json()["items"] == []
    names = {"P1": "Tea", "P2": "Cup"}
    told = {"run_id": "run-5", "proposal": "new", "reason": "Bought with Cup.", "chance": 0.3, "chance_offered": 0.4}
    offers = [
        told | {"customer_id": f"D{n:02}", "product_id": product, "product_name": name, "offer_rank": n + 1}
        | {"cost": 0.5, "evidence": "assumed", "expected_gain": gain, "expected_gain_low": -gain}
        | {"expected_gain_high": 3 * gain}
        for product, name, gain in (("P1", names["P1"], 2.0), ("P2", names["P2"], 1.0))
        for n in range(10)
    ]  # fmt: skip
    products = [
        {"source": "shop", "batch_id": "b1", "product_id": product, "name": name, "category": "Kitchen"}
        for product, name in names.items()
    ]
    wallet = {"customer_id": "D01", "known_at": NOON, "share_of_wallet": 0.4, "share_of_wallet_low": 0.3}
    wallet |= {"share_of_wallet_high": 0.5, "elsewhere": 90.0, "wallet_evidence": "spend"}
    describe(settings.WORKSPACE, [])
    keep_run(settings.WORKSPACE, [valued(f"D{n:02}") for n in range(10)], minutes=5)
    with settings.WORKSPACE.opened() as store, store.writing():
        store.append("next_products", pa.Table.from_pylist(offers))
        store.append("products", pa.Table.from_pylist(products, schema=PRODUCTS.schema))
        store.append("wallets", pa.Table.from_pylist([wallet], schema=WALLETS.schema))
    publish(settings.WORKSPACE, None, NOON)

    tea, cup = alice("GET", "/promotions").json()["promotions"]
    assert (tea["action"], tea["people"], tea["gain"], cup["gain"]) == ("promote Tea (P1)", 10, 20.0, 10.0)
    (kitchen,) = alice("GET", "/promotions?by=category").json()["promotions"]
    assert kitchen["action"] == "promote category Kitchen, each their best"
    assert (kitchen["people"], kitchen["gain"]) == (10, 20.0), "of a category each is told of the best product, once"
    asked = f"action={quote(kitchen['action'])}"
    found = alice("GET", f"/product-offers?{asked}&limit=9").json()
    assert {(each["of_category"], each["also_as"]) for each in found["items"]} == {(True, "promote Tea (P1)")}
    of_tea = alice("GET", f"/product-offers?action={quote(tea['action'])}&limit=1").json()["items"][0]
    assert of_tea["also_as"] == kitchen["action"]
    of_cup = alice("GET", f"/product-offers?action={quote(cup['action'])}&limit=1").json()["items"][0]
    assert of_cup["also_as"] == "", "the category would tell nobody of it"
    beyond = alice("GET", f"/product-offers?{asked}&after={found['next']}").json()
    assert len(beyond["items"]) == 1
    assert alice("GET", "/product-offers?after=7").status_code == 410
    (known,) = alice("GET", "/wallets").json()["items"]
    assert (known["key"], known["elsewhere"], known["grows"]) == ("D01", 90.0, None)
    assert alice("GET", f"/wallets?customer={known['customer'] + 1}").json()["items"] == []
    rob = Program(User.objects.create_user("rob@example.com", name="Rob", role="rep"))
    for where in ("/wallets", "/product-offers"):
        assert rob("GET", where).json()["items"] == []


def test_trials_and_who_is_on_them_are_told(alice: Program) -> None:
    window = {"starts_on": NOON.date(), "held_until": NOON.date()}
    trial = Trial.objects.create(experiment="standing trial of offer from now", action="offer", treated=1, **window)
    TrialLot.objects.create(trial=trial, customer_id=of("A"), gets_it=True, cost=2.0)
    (told,) = alice("GET", "/trials").json()["items"]
    assert (told["action"], told["stands"]) == ("offer", False)
    brought = alice("GET", f"/trials/{trial.pk}/result").json()
    assert brought["looks"] == []
    assert "All lots fell on one side" in brought["verdict"]
    (lot,) = alice("GET", f"/trial-lots?trial={trial.pk}&gets_it=yes").json()["items"]
    assert (lot["key"], lot["cost"]) == ("A", 2.0)
    assert alice("GET", "/trial-lots?gets_it=no").json()["items"] == []
    assert alice("GET", "/trial-lots?gets_it=maybe").status_code == 422


def test_a_trial_is_begun_by_whoever_may_and_sees_everybody(alice: Program) -> None:
    asked = alice("POST", "/trials", {"share": 0.5, "weeks": 12})
    assert (asked.status_code, asked.json()["state"]) == (202, "waiting")
    assert Job.objects.get(pk=asked.json()["id"]).asked["trial"] == {"share": 0.5, "weeks": 12}
    assert "being made already" in alice("POST", "/trials", {}).json()["detail"]
    assert alice("POST", "/trials", {"share": 0.0}).status_code == 422
    assert alice("POST", "/trials", {"weeks": 3}).status_code == 422
    mona = User.objects.create_user("mona@example.com", name="Mona", role="manager")
    Grant.objects.filter(role="manager", noun=Noun.CUSTOMERS, verb=Verb.SEE).update(scope=Scope.TEAM)
    Grant.objects.update_or_create(role="manager", noun=Noun.CAMPAIGNS, verb=Verb.EDIT, defaults={"scope": Scope.ALL})
    assert Program(mona)("POST", "/trials", {}).status_code == 403, "lots are drawn of everybody"


def test_the_list_of_trials_opens_no_warehouse_and_a_result_one(
    alice: Program, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened, as_it_is = [], Workspace.opened

    def counted(self: Workspace, **asked: Any) -> AbstractContextManager[DeltaStore]:
        opened.append(self)
        return as_it_is(self, **asked)

    monkeypatch.setattr(Workspace, "opened", counted)
    for count in (1, 3):
        while Trial.objects.count() < count:
            name = f"trial {Trial.objects.count()}"
            last = Trial.objects.create(experiment=name, action="offer", starts_on=NOON.date())
        assert len(alice("GET", "/trials").json()["items"]) == count
        assert opened == []
    assert alice("GET", f"/trials/{last.pk}/result").json()["looks"] == []
    assert len(opened) == 1


def test_a_letter_to_somebody_held_out_takes_a_reason_of_an_owner(alice: Program) -> None:
    customer = of("A")
    Customer.objects.filter(pk=customer).update(email="a@example.com")
    Hold.objects.create(customer_id=customer, experiment="plan-1", part="mailing")
    letter = {"customer": customer, "kind": "e-mail", "title": "Hello", "body": "…", "send": True}
    assert "held out by lot" in alice("POST", "/touches", letter).json()["detail"]
    unsent = letter | {"send": False, "though_held": "They asked."}
    assert alice("POST", "/touches", unsent).status_code == 422
    assert alice("POST", "/touches", letter | {"though_held": "They asked."}).status_code == 201
    assert HeldReached.objects.get().reason == "They asked."
    rob = User.objects.create_user("rob@example.com", name="Rob", role="rep")
    Customer.objects.filter(pk=customer).update(owner=rob)
    refused = Program(rob)("POST", "/touches", letter | {"though_held": "Because."})
    assert refused.status_code == 422, refused.content
    assert HeldReached.objects.count() == 1


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
