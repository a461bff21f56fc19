"""The plan of a run on the pages: its steps, their customers, and the line on the record."""

import csv
import io
import re
from collections.abc import Iterator
from datetime import timedelta
from html import unescape
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from django.db import connection
from django.http import HttpResponse
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from pytest_django.fixtures import Settings

from keepers.crm.approvals.models import Choice
from keepers.crm.customers.holding.models import Trial
from keepers.crm.customers.models import Customer
from keepers.crm.jobs.models import Job
from keepers.crm.people.models import User
from keepers.crm.portfolio import tasks
from keepers.crm.portfolio.models import CustomerValue, LinePlace, PlanLine, ProductOffer, Publication, PublishedPlan
from keepers.crm.portfolio.offers.promotions import promotions_seen
from keepers.crm.portfolio.plan import views as plan_views
from keepers.crm.portfolio.plan.queries import Step, lines_in_steps, steps_of
from keepers.crm.portfolio.publishing.publish import publish
from keepers.loop.plans import kept as kept_plans
from keepers.loop.workspace import Workspace
from tests.integration.web.valued_base import NOON, account_of, keep_plan, keep_run, valued, workspace_in

pytestmark = pytest.mark.django_db

KEEP = {"decision": "keep", "action": "proactive care, 4 calls a year", "level": "proactive", "cost": 10.0}
BACK = {"decision": "win back", "action": "send a personal offer", "cost": 4.0}
LINES = [
    KEEP | {"customer_id": "C1", "expected_gain": 30.0, "expected_gain_low": -5.0, "expected_gain_high": 70.0,
     "mailed_margin": 40.0},
    KEEP | {"customer_id": "C2", "expected_gain": 50.0, "expected_gain_low": 10.0, "evidence": "randomised",
     "mailed_margin": 1.0},
    BACK | {"customer_id": "C3", "expected_gain": 6.0, "expected_gain_low": 1.0, "expected_gain_high": 12.0,
     "mailed_margin": 4.0, "value_at_stake": 310.0, "chance_back": 0.2},
    {"customer_id": "C4", "decision": "stop spending", "action": "no contact of our own", "cost": 0.0,
     "expected_gain": 0.0, "mailed_margin": 9.0, "net_value": -7.0, "net_value_low": -9.0, "net_value_high": 6.0,
     "chance_above_cost": 0.3, "current_profit": -12.0, "chance_back": 0.1,
     "guards": "Has a complaint or request open: answer it first. Brought other customers, whose worth outweighs what "
     "they cost.",
     "remedies": '[{"remedy": "mail less often", "expected_gain": 3.5}]'},
]  # fmt: skip
STEP = {
    "decision": "keep",
    "action": KEEP["action"],
    "customers": 2,
    "staff_hours": 2.5,
    "expected_gain": {"mean": 80.0, "low": -12.0, "high": 150.0},
}


@pytest.fixture
def workspace(tmp_path: Path, settings: Settings) -> Workspace:
    settings.WORKSPACE = workspace_in(tmp_path)
    return settings.WORKSPACE


@pytest.fixture
def shown(workspace: Workspace) -> Publication:
    run = keep_run(workspace, [valued(f"C{number}") for number in range(1, 5)])
    keep_plan(workspace, run, LINES, account=account_of([STEP]))
    return publish(workspace, None, NOON)


@pytest.fixture
def browser(client: Client) -> Client:
    client.force_login(User.objects.create_user("alice@example.com", name="Alice", role="owner"))
    return client


def test_a_publication_brings_the_plan_of_its_run(shown: Publication) -> None:
    line = PlanLine.objects.get(plan=shown.plan, customer__key="C1")
    assert (line.decision, line.action, line.level, line.cost) == tuple(
        KEEP[name] for name in ("decision", "action", "level", "cost")
    )
    assert (line.expected_gain, line.expected_gain_low, line.expected_gain_high) == (30.0, -5.0, 70.0)
    assert (line.evidence, line.reason) == ("assumed", "Worth keeping.")
    assert shown.plan is not None
    assert [Step(**step) for step in shown.plan.steps] == [
        Step("keep", KEEP["action"], 2, 20.0, 80.0, -12.0, 150.0, 50.0, first=0, hours=2.5),
        Step("win back", BACK["action"], 1, 4.0, 6.0, 1.0, 12.0, None, first=3),
        Step("stop spending", "no contact of our own", 1, 0.0, 0.0, None, None, None, first=2),
    ]


def test_lines_go_with_their_publication_and_with_their_customer(workspace: Workspace, shown: Publication) -> None:
    for minutes in (1, 2):
        keep_run(workspace, [valued("C1")], minutes=minutes)
        last = publish(workspace, None, NOON)
    assert PlanLine.objects.count() == 0
    assert (last.plan, last.customers) == (None, 1), "a run without a plan is published as before"
    keep_plan(workspace, keep_run(workspace, [valued("C1"), valued("C2")], minutes=3), LINES[:2])
    publish(workspace, None, NOON)
    Customer.objects.get(key="C1").delete()
    assert [line.customer.key for line in PlanLine.objects.all()] == ["C2"]


def test_lines_of_steps_are_found_without_those_that_lie_between(shown: Publication) -> None:
    plan = shown.plan
    assert plan is not None
    PlanLine.objects.filter(decision="win back").update(action=KEEP["action"])
    plan.steps = [step | ({"action": KEEP["action"]} if step["decision"] == "win back" else {}) for step in plan.steps]
    found = lines_in_steps(plan, decision="", action=KEEP["action"])
    assert [line.decision for line in found.order_by("pk")] == ["keep", "keep", "win back"]
    assert [line.decision for line in lines_in_steps(plan, decision="keep", action="")] == ["keep", "keep"]


def test_the_page_says_what_the_plan_does_and_what_that_rests_on(browser: Client, shown: Publication) -> None:
    page = text_of(browser.get(reverse("plan")))
    assert "Try it on some customers first" not in page, "some of it rests on evidence"
    assert "Proactive care From time to time somebody calls" in page
    assert "€24 a year for 3 customers is expected to add €86 after that cost. 58 % of that rests on what" in page
    assert f"keep : {KEEP['action']} {KEEP['action']} 2 €20 €80 −12.00 – 150 62 %" in page, "from joint draws"
    assert "1 €4.00 €6.00 1.00 – 12.00 0 %" in page, "of one customer the range is known"
    assert "The top tenth" not in page, "what the plan did not keep is not told"
    plan = PublishedPlan.objects.get()
    held = {"before": 0.41, "after": 0.41, "without_stopped": 0.474, "without_proposed": 0.62, "kept_back": 12}
    plan.account |= {"value_held_by_top_tenth": held}
    figures = {"mean": 3.0, "low": 1.5, "high": 4.5}
    plan.account |= {
        "on_trial": {
            "proactive": {"people": 90, "would_reach": 0.4, "plan": figures, "nobody": figures, "everybody": "?"}
        }
    }
    plan.steps = [step | {"on_evidence": 0.0} for step in plan.steps]
    plan.save(update_fields=["steps", "account"])
    page = text_of(browser.get(reverse("plan")))
    assert "The top tenth of your customers bring 41 % of the margin to come. If the 1 customer whom the" in page
    assert "left, it would be 47 %" in page
    PublishedPlan.objects.update(account=plan.account | {"value_held_by_top_tenth": held | {"without_stopped": 0.412}})
    assert "and hardly more if the 1 customer left" in text_of(browser.get(reverse("plan")))
    assert "Proactive care 90 40 % €3.00 1.50 – 4.50 €3.00 1.50 – 4.50 – too few had that by lot" in page
    assert "12 customers who cost more than they bring are not let go for that reason: without them it" in page
    assert "All of that is assumed: your own customers have not shown any of it yet." in page
    assert "it may as well lose money: see the ranges. Try it on some customers first" in page


def test_a_step_opens_its_customers_who_gain_most_first(browser: Client, shown: Publication) -> None:
    address = re.search(r'href="([^"]*decision=keep[^"]*)"', browser.get(reverse("plan")).content.decode())
    assert address is not None
    page = browser.get(unescape(address[1]))
    assert keys_on(page) == ["C2", "C1"]
    assert "Worth keeping." in text_of(page)
    file = browser.get(page.context["file"])
    assert [(row["customer_id"], row["expected_gain"]) for row in rows_of(file)] == [("C2", "50.0"), ("C1", "30.0")]


def test_pages_of_customers_are_walked_to_and_fro(
    browser: Client, shown: Publication, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(plan_views, "ROWS", 3)
    first = browser.get(reverse("plan_customers"))
    second = browser.get(first.context["next"])
    assert [*keys_on(first), *keys_on(second)] == ["C2", "C1", "C4", "C3"]
    assert (first.context["previous"], second.context["next"]) == (None, None)
    assert keys_on(browser.get(second.context["previous"])) == keys_on(first)


def test_whom_to_win_back_is_sorted_by_what_is_lost_and_by_who_comes_back(
    browser: Client, workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = {"C1": (310.0, 0.2, 6.0), "C2": (90.0, 0.4, 5.0), "C3": (500.0, 0.1, 4.0)}
    names = ("value_at_stake", "chance_back", "expected_gain")
    lines = [BACK | {"customer_id": key} | dict(zip(names, row, strict=True)) for key, row in told.items()]
    stays = KEEP | {"customer_id": "C4", "value_at_stake": 900.0, "chance_back": 0.9}
    keep_plan(workspace, keep_run(workspace, [valued(f"C{n}") for n in range(1, 5)]), [*lines, stays])
    publish(workspace, None, NOON)
    monkeypatch.setattr(plan_views, "ROWS", 2)
    address = f"{reverse('plan_customers')}?decision=win+back"
    page = browser.get(address)
    assert "6.00 –" in text_of(page) and "€310 2 in 10 0.20" in text_of(page)
    assert {head.column.name: head.address[-9:] for head in page.context["heads"] if head.address} == {
        "value_at_stake": "sort=lost", "chance_back": "sort=back",
    }  # fmt: skip
    bob = User.objects.create_user("bob@example.com", name="Bob", role="rep")
    Customer.objects.filter(key__in=["C2", "C3", "C4"]).update(owner=bob)
    rep = Client()
    rep.force_login(bob)
    for sort, everybody, own in (
        ("", "C1 C2 C3", "C2 C3"), ("lost", "C3 C1 C2", "C3 C2"), ("-lost", "C2 C1 C3", "C2 C3"),
        ("back", "C2 C1 C3", "C2 C3"), ("nonsense", "C1 C2 C3", "C2 C3"),
    ):  # fmt: skip
        first = browser.get(f"{address}&sort={sort}")
        second = browser.get(first.context["next"])
        assert " ".join([*keys_on(first), *keys_on(second)]) == everybody
        assert keys_on(browser.get(second.context["previous"])) == keys_on(first)
        file = rows_of(browser.get(first.context["file"]))
        assert " ".join(row["customer_id"] for row in file) == everybody
        assert " ".join(keys_on(rep.get(f"{address}&sort={sort}"))) == own
    assert "unasked" not in text_of(browser.get(f"{reverse('plan_customers')}?decision=keep")), "they are not gone"
    assert keys_on(browser.get(f"{reverse('plan_customers')}?sort=lost")) == ["C4", "C1"], (
        "not of one step: as they lie"
    )


def test_a_page_stays_in_its_run_as_long_as_that_is_kept(
    browser: Client, workspace: Workspace, shown: Publication, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(plan_views, "ROWS", 3)
    following = browser.get(reverse("plan_customers")).context["next"]
    for minutes, keys in ((1, ["C3"]), (2, ["C1"])):
        keep_plan(workspace, keep_run(workspace, [valued("C1")], minutes=minutes), LINES[:1])
        publish(workspace, None, NOON)
        assert keys_on(browser.get(following)) == keys


def test_who_sees_some_customers_sees_their_part_of_the_plan(client: Client, shown: Publication) -> None:
    bob = User.objects.create_user("bob@example.com", name="Bob", role="rep")
    Customer.objects.filter(key__in=["C1", "C3"]).update(owner=bob)
    client.force_login(bob)
    page = client.get(reverse("plan"))
    assert "Of the customers whom you may see: €14.00 a year for 2 customers" in text_of(page)
    assert [(step.decision, step.people, step.gain) for step, _ in page.context["rows"]] == [
        ("keep", 1, 30.0), ("win back", 1, 6.0),
    ]  # fmt: skip
    assert keys_on(client.get(reverse("plan_customers"))) == ["C1", "C3"]
    assert client.get(reverse("plan_csv")).status_code == 403


def test_the_record_says_what_to_do_and_why(browser: Client, shown: Publication) -> None:
    page = text_of(browser.get(reverse("customer", args=[Customer.objects.get(key="C1").pk])))
    assert "Keep : proactive care, 4 calls a year. It costs €10.00 a year and is expected to add €30" in page
    assert "What it does is assumed. Worth keeping." in page
    assert "Lost if they leave" not in page, "what the plan did not keep is not told"
    back, costly = (
        text_of(browser.get(reverse("customer", args=[Customer.objects.get(key=key).pk]))) for key in ("C3", "C4")
    )
    assert "Lost if they leave €310" in back
    assert "Comes back unasked 2 in 10 within a year" in back
    assert "Comes back unasked 1 in 10 within a year" in costly
    assert "stay away" not in back, "they are said to be active more likely than that"
    CustomerValue.objects.filter(customer__key="C3").update(probability_alive=0.03)
    back = text_of(browser.get(reverse("customer", args=[Customer.objects.get(key="C3").pk])))
    assert "fewer than 1 in 10 0.03; yet of those silent as long 2 in 10 came back · why?" in back
    assert "after about as many orders, 2 in 10 ordered again within a year" in back
    assert "Worth after serving −€7.00 (−9.00 – 6.00) Worth more than they cost 3 in 10" in costly
    assert "Not to be let go : Has a complaint or request open: answer it first. Brought other customers" in costly
    assert "mail less often: €3.50 after its cost" in costly


def test_a_range_of_customers_some_of_whom_are_gone_is_not_shown(workspace: Workspace, shown: Publication) -> None:
    Customer.objects.get(key="C1").delete()
    assert shown.plan is not None
    assert [(step["people"], step["gain_low"]) for step in steps_of(shown.plan)][:2] == [(1, 10.0), (1, 1.0)]


@pytest.mark.parametrize(
    ("asked", "gain", "told"),
    [
        ({}, 86.0, "More money would add nothing"),
        ({"budget": "12"}, 20.0, "€14.00 more would add €21 "),
        ({"budget": "24", "hours": "2"}, 30.0, "More money would add nothing"),
        ({"calls": "4"}, 30.0, "€20 for 2 customers"),
        ({"calls": "4", "mailings": "12"}, 20.0, "More money would add nothing"),
        ({"budget": "3"}, 0.0, "€10.00 more would add €20 "),
        ({"budget": "much"}, 86.0, "Money for a year: Enter a number."),
    ],
)
def test_other_money_and_hours_are_answered_with_the_best_plan_within_both(
    browser: Client, shown: Publication, asked: dict[str, str], gain: float, told: str
) -> None:
    page = browser.get(reverse("plan"), asked)
    assert page.context["choice"].gain == gain
    assert told in text_of(page)
    part = browser.get(reverse("plan"), asked, headers={"hx-request": "true", "hx-target": "plan-answer"})
    assert told in text_of(part)
    assert b"<html" not in part.content


def test_the_frontier_is_a_picture_and_a_file(browser: Client, shown: Publication) -> None:
    drawing = browser.get(reverse("plan_frontier"), {"money": "12"}).content.decode()
    assert drawing.startswith("<svg")
    assert "This plan" in drawing
    rows = list(csv.DictReader(io.StringIO(browser.get(reverse("plan_frontier_csv")).content.decode())))
    assert [(row["cost"], row["expected_gain"]) for row in rows] == [("0", "0"), ("10", "20"), ("24", "41")]


def test_cutting_mailings_says_what_it_saves_and_loses_and_whom_it_stops(browser: Client, shown: Publication) -> None:
    page = browser.get(reverse("mailings"))
    assert [(row.rank, row.line.customer.key, row.is_below) for row in page.context["rows"]] == [
        (1, "C1", False), (2, "C4", False), (3, "C3", True), (4, "C2", True),
    ]  # fmt: skip
    assert "Saved a year €12.00" in text_of(page)
    assert "Worth keeping." not in text_of(page), "that is said of whom to keep, not of whom to mail"
    assert "€5.00 90 % range 4.00 – 7.00" in text_of(page), "from joint draws"
    assert [row["customer_id"] for row in rows_of(browser.get(page.context["file"]))] == ["C2", "C3"]
    least = browser.get(reverse("mailings"), {"stop": "20"})
    assert (least.context["cut"].people, least.context["cut"].won) == (1, 5.0)
    assert [row["customer_id"] for row in rows_of(browser.get(least.context["file"]))] == ["C2"]


def test_who_sees_some_customers_sees_the_mailings_of_these(client: Client, shown: Publication) -> None:
    bob = User.objects.create_user("bob@example.com", name="Bob", role="rep")
    Customer.objects.filter(key__in=["C1", "C3"]).update(owner=bob)
    client.force_login(bob)
    page = client.get(reverse("mailings"))
    assert [(row.line.customer.key, row.is_below) for row in page.context["rows"]] == [("C1", False), ("C3", True)]
    cut = page.context["cut"]
    assert (cut.people, cut.saved, cut.lost, cut.low) == (1, 6.0, 4.0, None)
    assert "limits_form" not in client.get(reverse("plan")).context
    for address in ("plan_frontier", "plan_frontier_csv", "mailings_csv"):
        assert client.get(reverse(address)).status_code == 403
    assert client.post(reverse("planning"), {"budget": "1"}).status_code == 403


def test_who_moved_since_the_last_plan_is_told_and_listed(
    browser: Client, workspace: Workspace, shown: Publication
) -> None:
    lines = [{**LINES[0], "decision": "grow"}, *LINES[1:3], {**KEEP, "customer_id": "C5", "expected_gain": 1.0}]
    run = keep_run(workspace, [valued(f"C{number}") for number in range(1, 6)], minutes=1)
    keep_plan(
        workspace,
        run,
        lines,
        minutes=1,
        account=account_of()
        | {"too_few_for": ["mailing", "offer"], "trials_next": ["proactive"]}
        | {"waiting_for_others": ["reactive"]},
    )
    last = publish(workspace, None, NOON)
    assert last.plan is not None
    page = browser.get(reverse("plan"))
    assert [(move.before, move.now, move.people, move.cost_before, move.cost) for move, _ in page.context["moves"]] == [
        ("keep", "grow", 1, 10.0, 10.0), ("stop spending", "", 1, 0.0, None), ("", "keep", 1, None, 10.0),
    ]  # fmt: skip
    assert "For 2 customers both plans say the same." in text_of(page)
    assert "Nothing is spent on mailings, offers:" in text_of(page)
    assert "(mailing.most, offer.returns)" in text_of(page)
    assert "Nothing is spent on reactive care yet: the next run’s trials take the customers first." in text_of(page)
    assert "As things stand, the next run begins trials by lot: proactive care." in text_of(page)
    assert keys_on(browser.get(page.context["moves"][0][1])) == ["C1"]
    record = text_of(browser.get(reverse("customer", args=[Customer.objects.get(key="C1").pk])))
    assert "The last plan said: keep." in record


def test_a_plan_that_leaves_all_to_lots_does_not_say_that_nothing_pays(browser: Client, workspace: Workspace) -> None:
    run = keep_run(workspace, [valued("C4")])
    account = account_of()
    nothing = account["frontier"]["points"][0]
    account |= {"frontier": {"points": [nothing] * 3, "stops_paying": 0.0}, "alternatives": [nothing]}
    keep_plan(workspace, run, LINES[3:], account=account | {"too_few_for": ["mailing"]})
    day = publish(workspace, None, NOON).started_at.date()
    page = text_of(browser.get(reverse("plan")))
    assert "This plan spends nothing: what was never measured is to be tried by lot first" in page
    assert "it stops paying" not in page, "there is nothing to choose"
    assert "How much to invest" not in page
    PublishedPlan.objects.update(account=account | {"waiting_for_others": ["reactive"]})
    page = text_of(browser.get(reverse("plan")))
    assert "This plan spends nothing by itself: trials by lot are to tell first what pays." in page
    for name, until in (("offer", day), ("proactive", day - timedelta(days=1))):
        Trial.objects.create(experiment=f"trial of {name}", action=name, starts_on=NOON.date(), held_until=until)
    page = text_of(browser.get(reverse("plan")))
    assert "trials by lot are to tell first what pays. On trial: offers. " in page
    assert "Nothing is spent on reactive care yet: other trials have the customers now." in page
    assert "Nothing pays" not in page


def test_planning_with_a_budget_shows_the_new_plan_of_the_run(
    browser: Client, workspace: Workspace, shown: Publication, monkeypatch: pytest.MonkeyPatch
) -> None:
    def planned(store: object, run_id: str, **asked: object) -> str:
        given.update(asked, run_id=run_id)
        again = [{**line, "decision": "keep"} for line in LINES[:3]]
        keep_plan(workspace, run_id, again, plan_id="again", minutes=5, account=account_of())
        return "again"

    given: dict[str, Any] = {}
    monkeypatch.setattr(kept_plans, "plan_again", planned)
    unwanted = {"kind": Choice.Kind.DISMISSED, "action": "proactive", "until": timezone.localdate(), "at": NOON}
    Choice.objects.create(customer=Customer.objects.get(key="C1"), run_id=shown.run_id, decision="grow", **unwanted)
    assert browser.post(reverse("planning"), {"budget": "x"}).status_code == 422
    assert browser.post(reverse("planning"), {"budget": "12", "calls": "40"}).status_code == 302
    assert "Working out what to do about everybody" in text_of(browser.get(reverse("plan")))
    assert "being made already" in text_of(browser.post(reverse("planning"), {"budget": "9"}, follow=True))
    job = Job.objects.get(kind=Job.Kind.PLAN)
    tasks.plan_again.func(job.pk)
    assert (given["run_id"], given["limits"]) == (shown.run_id, {"money": 12.0, "calls": 40.0})
    assert given["dismissed"] == {"C1": frozenset({"proactive"})}
    page = browser.get(reverse("plan"))
    assert [(step.decision, step.people) for step, _ in page.context["rows"]] == [("keep", 2), ("keep", 1)]
    assert PublishedPlan.objects.count() == 1, "the one before is gone"
    assert (PlanLine.objects.count(), LinePlace.objects.count()) == (3, 3), "not all lines have what else is sorted by"


def test_without_a_plan_the_page_says_why(browser: Client, workspace: Workspace) -> None:
    assert "Bring your orders" in text_of(browser.get(reverse("plan")))
    keep_run(workspace, [valued("C1")])
    publish(workspace, None, NOON)
    assert "has no plan" in text_of(browser.get(reverse("plan")))
    assert "has no plan" in text_of(browser.get(reverse("plan_customers")))


def test_the_pages_ask_as_much_for_one_row_as_for_four(browser: Client, shown: Publication) -> None:
    one, four = (asked_by(browser, f"{reverse('plan_customers')}?{query}") for query in ("decision=win+back", ""))
    assert one == four <= 8
    assert asked_by(browser, reverse("plan")) <= 9
    assert asked_by(browser, reverse("mailings")) <= 6


def asked_by(browser: Client, address: str) -> int:
    """How many questions to the database a page costs."""
    with CaptureQueriesContext(connection) as asked:
        assert browser.get(address).status_code == 200
    return len(asked)


def keys_on(page: HttpResponse) -> list[str]:
    return [line.customer.key for line in page.context["rows"]]  # type: ignore[attr-defined]


def text_of(page: HttpResponse) -> str:
    return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]+>", " ", page.content.decode())))


def rows_of(response: Any) -> Iterator[dict[str, str]]:
    return csv.DictReader(io.StringIO(b"".join(response.streaming_content).decode("utf-8-sig")))


def test_a_product_is_offered_by_page_file_and_approval(workspace: Workspace, browser: Client) -> None:
    run = keep_run(workspace, [valued(f"C{number}") for number in range(1, 4)])
    told = {"run_id": run, "product_id": "P1", "product_name": "Tea", "proposal": "new", "reason": "Bought with Cup."}
    told |= {"chance": 0.3, "chance_offered": 0.4, "cost": 0.5, "evidence": "assumed"}
    gains = [{"expected_gain": gain, "expected_gain_low": -gain, "expected_gain_high": 3 * gain} for gain in (2.0, 1.0)]
    rows = [told | {"customer_id": f"C{n}", "offer_rank": n} | gain for n, gain in enumerate(gains, start=1)]
    with workspace.opened() as store:
        store.append("next_products", pa.Table.from_pylist(rows))
    publication = publish(workspace, None, NOON)
    alice = User.objects.get()
    (tea,) = promotions_seen(alice, publication)
    assert (tea.action, tea.people, tea.gain, tea.gain_low, tea.gain_high) == ("promote Tea (P1)", 2, 3.0, -3.0, 9.0)
    assert ">Tea (P1)</a>" in browser.get(reverse("promotions")).content.decode()
    asked = {"action": tea.action}
    found = browser.get(reverse("promotion"), asked)
    assert [row.customer.key for row in found.context["rows"]] == ["C1", "C2"]
    lines = b"".join(browser.get(reverse("promotion_csv"), asked).streaming_content).decode().splitlines()  # type: ignore[arg-type]
    assert len(lines) == 3
    page = browser.get(reverse("new_approval"), asked | {"decision": "promote"})
    assert page.context["proposed"].people == 2
    assert page.context["proposed"].gain == 1.5, "an offer is made once, however long its window is"
    rob = User.objects.create_user("rob@example.com", name="Rob", role="rep")
    assert promotions_seen(rob, publication) == []
    publish(workspace, keep_run(workspace, [valued("C1")], minutes=1), NOON)
    publish(workspace, keep_run(workspace, [valued("C1")], minutes=2), NOON)
    assert not ProductOffer.objects.exists(), "offers go with the publication before the last"
