"""Acting on the plan: lots before anything is made, nobody held out is reached by any door, and what it brought."""

import csv
import io
import re
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from html import unescape
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from pytest_django.fixtures import Settings

from keepers.crm.approvals import carrying
from keepers.crm.approvals.asking import ApprovedAlreadyError, approve, proposal, start
from keepers.crm.approvals.barring import barred_on
from keepers.crm.approvals.choosing import choose, take_back
from keepers.crm.approvals.models import Approval, Choice
from keepers.crm.approvals.queries import Wanted, kept_from, lines_of
from keepers.crm.customers.holding.asking import held_from_kind
from keepers.crm.customers.holding.copying import set_control_group
from keepers.crm.customers.holding.models import Hold
from keepers.crm.customers.models import Address, Consent, ContactPoint, Customer
from keepers.crm.jobs.models import Job
from keepers.crm.people.models import AuditEntry, User
from keepers.crm.people.roles import Scope
from keepers.crm.portfolio.models import CustomerValue, PlanLine, Publication
from keepers.crm.portfolio.publishing.publish import publish
from keepers.crm.work.models import Cadence, Task
from keepers.crm.work.planning import members_of
from keepers.decisions.terms.doing import PROMOTE, promotes, promotion_of, promotion_of_category
from keepers.experiments.assigning import HELD_OUT, Lottery
from keepers.experiments.effects import Sample
from keepers.experiments.measuring import Looking, Outcomes, measure
from keepers.loop.experiments.experimenting import Look, draw_among, keep_look
from keepers.loop.workspace import Workspace
from keepers.warehouse.tables import PRODUCTS
from tests.integration.web.desk import work
from tests.integration.web.program import Program
from tests.integration.web.valued_base import NOON, keep_plan, keep_run, valued, workspace_in

pytestmark = pytest.mark.django_db
PEOPLE = 60
CARE, MAIL = "proactive care, 3 calls a year", "send 4 mailings a year"
KEYS = [f"C{number:02}" for number in range(PEOPLE)]


@pytest.fixture
def shown(tmp_path: Path, settings: Settings) -> Publication:
    settings.WORKSPACE = workspace_in(tmp_path)
    run = keep_run(settings.WORKSPACE, [valued(key, 10.0 + place) for place, key in enumerate(KEYS)])
    care = {"decision": "grow", "action": CARE, "level": "proactive", "cost": 12.0, "expected_gain": 20.0}
    mail = {"decision": "keep", "action": MAIL, "cost": 4.0, "expected_gain": 3.0}
    keep_plan(
        settings.WORKSPACE,
        run,
        [(care if place < 40 else mail) | {"customer_id": key} for place, key in enumerate(KEYS)],
    )
    return publish(settings.WORKSPACE, None, NOON)


@pytest.fixture
def alice() -> User:
    return User.objects.create_user("alice@example.com", name="Alice", role="owner")


@pytest.fixture
def browser(client: Client, alice: User) -> Client:
    client.force_login(alice)
    return client


def approved(publication: Publication, by: User, action: str = CARE, **about: Any) -> Approval:
    """A step approved, a third of it held out, a quarter of a year long; the worker has not begun."""
    today = timezone.localdate()
    wanted = Wanted(by, Scope.ALL, PROMOTE if promotes(action) else "grow" if action == CARE else "keep", action)
    until = today + timedelta(days=91)
    proposed = proposal(publication, wanted, about.get("way", "call"), today=today, until=until)
    usual = {"name": f"{action} {Approval.objects.count()}", "way": "call", "makes_tasks": True, "a_day": 3}
    usual |= {"held_until": until, "held_share": 0.33}
    people = about.pop("people", [by])
    return approve(
        publication, wanted, at=timezone.now(), today=today, proposed=proposed, people=people, **usual | about
    )


def offer(workspace: Workspace, run: str, product: str, name: str, keys: Sequence[str], gain: float) -> None:
    """A run offers a product of the kitchen to these."""
    told = {"run_id": run, "product_id": product, "product_name": name, "chance": 0.3, "chance_offered": 0.4}
    told |= {
        "cost": 0.5,
        "evidence": "assumed",
        "expected_gain": gain,
        "reason": "Bought with bread.",
        "proposal": "new",
    }
    told |= {"expected_gain_low": -gain, "expected_gain_high": 3 * gain}
    rows = [told | {"customer_id": key, "offer_rank": place + 1} for place, key in enumerate(keys)]
    of = {"source": "shop", "batch_id": "b1", "product_id": product, "name": name, "category": "Kitchen"}
    with workspace.opened() as store, store.writing():
        store.append("next_products", pa.Table.from_pylist(rows))
        store.append("products", pa.Table.from_pylist([of], schema=PRODUCTS.schema))


def arms(workspace: Workspace) -> dict[str, str]:
    with workspace.opened() as store:
        rows = store.query("assignments").to_pylist()
    assert len({(row["experiment"], row["customer_id"]) for row in rows}) == len(rows)
    return {row["customer_id"]: row["arm"] for row in rows}


@pytest.mark.django_db(transaction=True)
def test_an_approval_draws_lots_then_lists_and_gives_tasks_to_the_others(
    shown: Publication, alice: User, settings: Settings
) -> None:
    Customer.objects.filter(key="C00").update(stage="closed")
    refused = {"channel": "phone", "purpose": "service", "state": "refused", "at": NOON}
    Consent.objects.create(customer=Customer.objects.get(key="C01"), **refused)
    rita = User.objects.create_user("rita@example.com", name="Rita", role="rep")
    Customer.objects.filter(key="C39").update(owner=rita)
    approval = approved(shown, alice)
    work()
    approval.refresh_from_db()
    drawn = arms(settings.WORKSPACE)
    assert set(drawn) == set(KEYS[2:40])
    reached = {key for key, arm in drawn.items() if arm == CARE}
    assert (approval.reached, approval.held, approval.tasks_made) == (len(reached), 38 - len(reached), len(reached))
    assert approval.passed_over == {"refused": 1, "closed": 1}
    assert approval.cost == pytest.approx(12 * 91 / 365 * len(reached), rel=0.01)
    assert set(approval.members.values_list("customer__key", flat=True)) == reached
    assert {round(member.probability, 9) for member in approval.members.all()} == {0.67}
    assert set(Hold.objects.values_list("customer__key", flat=True)) == set(drawn) - reached
    tasks = list(Task.objects.order_by("due_on", "-stake"))
    assert {task.customer.key for task in tasks if task.customer} == reached
    mine = [task for task in tasks if task.owner == alice]
    assert [task.stake for task in mine] == sorted((task.stake for task in mine), reverse=True), "worth most first"
    assert max(sum(other.due_on == task.due_on for other in mine) for task in mine) == 3
    assert all(task.due_on and task.due_on.weekday() < 5 for task in tasks)
    told = AuditEntry.objects.get(verb="approve").changes
    assert (told["reached"], told["held"]) == (approval.reached, approval.held)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("step", ["hold", "_keep_members", "_task", "_end"])
def test_a_worker_that_dies_anywhere_is_followed_by_one_that_ends_the_same(
    shown: Publication, alice: User, settings: Settings, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    approval = approved(shown, alice)
    with monkeypatch.context() as dying:
        dying.setattr(carrying, step, _die)
        work()
    assert Job.objects.get(pk=approval.job_id).state == Job.State.FAILED
    before = arms(settings.WORKSPACE)
    start(approval, at=timezone.now())
    work()
    approval.refresh_from_db()
    assert approval.made_at is not None
    assert arms(settings.WORKSPACE) == before
    reached = {key for key, arm in before.items() if arm == CARE}
    assert set(approval.members.values_list("customer__key", flat=True)) == reached
    assert sorted(Task.objects.values_list("customer__key", flat=True)) == sorted(reached)
    assert AuditEntry.objects.filter(verb="approve").count() == 1
    assert set(Hold.objects.values_list("customer__key", flat=True)) == set(before) - reached


@pytest.mark.django_db(transaction=True)
def test_whoever_is_held_out_is_reached_by_no_other_door(
    browser: Client, shown: Publication, alice: User, settings: Settings
) -> None:
    first = approved(shown, alice, MAIL, way="letter", makes_tasks=False)
    work()
    held = set(Hold.objects.values_list("customer", flat=True))
    assert held
    today = timezone.localdate()
    letters, calls = Cadence(kind="letter"), Cadence(kind="call")
    assert not held & set(members_of(letters, shown, today=today).values_list("customer", flat=True))
    assert held <= set(members_of(calls, shown, today=today).values_list("customer", flat=True))
    assert held <= set(members_of(letters, shown, today=today + timedelta(days=92)).values_list("customer", flat=True))
    wanted = Wanted(alice, Scope.ALL, "keep", MAIL)
    again = proposal(shown, wanted, "letter", today=today, until=today + timedelta(days=91))
    assert (again.people, again.passed_over) == (0, {"held": len(held), "under_way": first.members.count()})
    line = PlanLine.objects.select_related("customer", "plan__publication").get(customer=min(held))
    assert choose([line], Choice.Kind.ACCEPTED, by=alice, at=NOON, today=today, reason="", until=None) == []
    page = text_of(browser.get(reverse("customer", args=[min(held)])))
    assert "Held out of mailings until" in page
    copied = set(Hold.objects.values_list("customer", "part"))
    Hold.objects.all().delete()
    keep_plan(settings.WORKSPACE, keep_run(settings.WORKSPACE, [valued(key) for key in KEYS], minutes=1), [])
    publish(settings.WORKSPACE, None, timezone.now())
    assert set(Hold.objects.values_list("customer", "part")) == copied, "a publication copies what the warehouse knows"


@pytest.mark.django_db(transaction=True)
def test_the_file_has_addresses_of_those_reached_and_leaves_out_who_refused_since(
    browser: Client, shown: Publication, alice: User
) -> None:
    Customer.objects.filter(key="C59").update(name="=SUM(1)")
    Customer.objects.update(street="Weg 1", postal_code="8010", city="Graz", country="Austria")  # as their orders tell
    approval = approved(shown, alice, MAIL, way="letter", makes_tasks=False, held_share=0.05, held_reason="few")
    work()
    reached = list(approval.members.order_by("pk"))
    Address.objects.create(customer=reached[0].customer, street="Hill 1", postal_code="1000", city="Ljubljana")
    Consent.objects.create(
        customer=reached[1].customer, channel="letter", purpose="marketing", state="withdrawn", at=NOON
    )
    file = browser.get(reverse("audience_csv", args=[approval.pk]))
    rows = list(csv.DictReader(io.StringIO(b"".join(file.streaming_content).decode("utf-8-sig"))))
    assert [row["customer_id"] for row in rows] == [each.customer.key for each in reached if each != reached[1]]
    told = [tuple(row[part] for part in ("street", "postal_code", "city", "country")) for row in rows[:2]]
    assert told == [("Hill 1", "1000", "Ljubljana", ""), ("Weg 1", "8010", "Graz", "Austria")]
    assert {row["name"][:2] for row in rows if row["name"]} <= {"'="}


def test_what_is_said_of_lines_is_kept_shown_and_taken_back(browser: Client, shown: Publication, alice: User) -> None:
    one, two = (Customer.objects.get(key=key) for key in ("C05", "C06"))
    today, address = timezone.localdate(), f"{reverse('plan_customers')}?decision=grow"
    said = {"run": shown.run_id, "next": address, "chosen": [one.pk, two.pk]}
    assert "Say why" in text_of(browser.post(reverse("plan_choices"), said | {"kind": "dismissed"}, follow=True))
    browser.post(reverse("plan_choices"), said | {"kind": "dismissed", "reason": "moved away"})
    assert barred_on(today)["dismissed"] == {"C05": frozenset({"proactive"}), "C06": frozenset({"proactive"})}
    assert "dismissed until" in text_of(browser.get(address))
    record = text_of(browser.get(reverse("customer", args=[one.pk])))
    assert "moved away" in record
    wanted = Wanted(alice, Scope.ALL, "grow", CARE)
    assert proposal(shown, wanted, "call", today=today, until=today + timedelta(days=91)).passed_over == {"decided": 2}
    choice = Choice.objects.get(customer=one)
    browser.post(reverse("plan_choice_undoing", args=[choice.pk]), {"next": address})
    assert barred_on(today)["dismissed"] == {"C06": frozenset({"proactive"})}
    assert barred_on(today + timedelta(days=183))["dismissed"] == {}
    browser.post(reverse("plan_choices"), said | {"kind": "accepted", "chosen": [one.pk]})
    task = Task.objects.get()
    assert (task.customer, task.owner, task.kind) == (one, alice, "call")
    take_back(Choice.objects.get(customer=one, undone_at=None), by=alice, at=NOON)
    task.refresh_from_db()
    assert task.state == Task.State.DROPPED
    assert (
        list(AuditEntry.objects.filter(verb__in=["dismiss", "accept", "take back"]).values_list("verb", flat=True))
        != []
    )


def test_whoever_may_not_be_reached_is_not_accepted_either(shown: Publication, alice: User) -> None:
    Customer.objects.filter(key="C00").update(stage="closed")
    refused = {"channel": "phone", "purpose": "marketing", "state": "withdrawn", "at": NOON}
    Consent.objects.create(customer=Customer.objects.get(key="C01"), **refused)
    lines = list(PlanLine.objects.filter(customer__key__in=["C00", "C01", "C02"]))
    today = timezone.localdate()
    made = choose(lines, Choice.Kind.ACCEPTED, by=alice, at=NOON, today=today, reason="", until=None)
    assert [choice.customer.key for choice in made] == ["C02"]
    assert [task.customer.key for task in Task.objects.all() if task.customer] == ["C02"]


def test_an_e_mail_reaches_only_who_agreed_to_offers_by_e_mail(db: None) -> None:
    told = [("agreed", "given", "marketing"), ("withdrew", "withdrawn", "marketing"), ("serviced", "given", "service")]
    people = {name: Customer.objects.create(key=name) for name in ("agreed", "withdrew", "serviced", "silent")}
    for name, state, purpose in told:
        consent = {"channel": "email", "purpose": purpose, "state": state, "at": NOON}
        Consent.objects.create(customer=people[name], **consent)
    today = timezone.localdate()
    passed_over = kept_from(["mailing"], "e-mail", day=today)
    reached = set(Customer.objects.values_list("pk", flat=True)) - set().union(*passed_over.values())
    assert reached == {people["agreed"].pk}
    by_letter = kept_from(["mailing"], "letter", day=today)
    assert not set().union(*by_letter.values()), "a letter needs no yes"


def test_whoever_may_not_be_reached_is_counted_once_for_the_first_reason(shown: Publication, alice: User) -> None:
    Customer.objects.filter(key__in=["C00", "C05", "C06", "C45"]).update(stage="closed")
    states = {"C05": "withdrawn"} | dict.fromkeys(["C00", "C01", "C02", "C03", "C45", "C46"], "given")
    people = {customer.key: customer for customer in Customer.objects.all()}
    told = {"channel": "email", "purpose": "marketing", "at": NOON}
    Consent.objects.bulk_create(Consent(customer=people[key], state=state, **told) for key, state in states.items())
    today = timezone.localdate()
    wanted, until = Wanted(alice, Scope.ALL, "grow", CARE), today + timedelta(days=91)
    found = proposal(shown, wanted, "e-mail", today=today, until=until)
    assert found.passed_over == {"refused": 1, "not_agreed": 35, "closed": 1}
    assert found.people == 3
    assert proposal(shown, wanted, "call", today=today, until=until).people == 37, "a call of care takes no yes"


def test_whoever_was_merged_into_another_is_reached_no_more(shown: Publication, alice: User) -> None:
    wanted = Wanted(alice, Scope.ALL, "grow", CARE)
    gone, kept = (line.customer for line in lines_of(shown, wanted).order_by("pk")[:2])
    before = lines_of(shown, wanted).count()
    Customer.everyone.filter(pk=gone.pk).update(merged_into=kept)
    assert set(lines_of(shown, wanted).values_list("customer", flat=True)).isdisjoint({gone.pk})
    assert lines_of(shown, wanted).count() == before - 1


def test_a_step_that_is_being_carried_out_is_not_approved_again(shown: Publication, alice: User) -> None:
    first = approved(shown, alice)
    with pytest.raises(ApprovedAlreadyError, match="approved already"):
        approved(shown, alice)
    Job.objects.filter(pk=first.job_id).update(state=Job.State.FAILED)
    assert approved(shown, alice) != first


def test_a_hold_out_is_proposed_by_what_it_shows_and_less_needs_a_reason(
    browser: Client, shown: Publication, alice: User
) -> None:
    today = timezone.localdate()
    wanted, until = Wanted(alice, Scope.ALL, "grow", CARE), today + timedelta(days=91)
    CustomerValue.objects.update(period_value_low=0.0, period_value_high=200.0)
    few = proposal(shown, wanted, "call", today=today, until=until)
    assert few.size is not None
    assert (few.share, few.size.is_enough) == (0.1, False)
    CustomerValue.objects.update(period_value_low=99.0, period_value_high=101.0)
    enough = proposal(shown, wanted, "call", today=today, until=until)
    assert enough.size is not None
    assert enough.size.is_enough
    assert 0.02 <= enough.share < 0.5
    query = {"decision": "grow", "action": CARE, "run": shown.run_id}
    page = text_of(browser.get(reverse("new_approval"), query))
    assert "40 customers can be reached" in page
    assert "Of 40 of them no telephone number that can be used is known here; they are on the list" in page
    nobody = text_of(browser.get(reverse("new_approval"), query | {"way": "e-mail"}))
    assert "0 customers can be reached" in nobody
    assert "Nobody of this step can be reached like this now (e-mail). What takes a yes of the customer" in nobody
    assert "Approve, and draw" not in nobody, "another way is to be tried first"
    answer = browser.get(reverse("new_approval"), query | {"way": "e-mail", "gain_from": "1"})
    assert '<input type="hidden" name="gain_from" value="1.0">' in answer.content.decode()
    too_much = text_of(browser.get(reverse("new_approval"), query | {"gain_from": "1000000"}))
    assert "0 customers can be reached" in too_much
    assert "Only customers with whom it should gain at least" in too_much, "no other way would reach more"
    form = query | {"name": "Care", "way": "call", "makes_tasks": "on", "people": [alice.pk], "a_day": 3}
    form |= {"held_until": until.isoformat(), "held_percent": "0"}
    refused = browser.post(reverse("new_approval"), form)
    assert refused.status_code == 422
    assert "Say why fewer are held out" in text_of(refused)
    assert browser.post(reverse("new_approval"), form | {"held_reason": "a legal duty"}).status_code == 302
    assert Approval.objects.get().held_reason == "a legal duty"


def test_a_proposal_counts_those_of_whom_nothing_is_known_that_the_way_can_use(shown: Publication, alice: User) -> None:
    today = timezone.localdate()
    wanted, until = Wanted(alice, Scope.ALL, "grow", CARE), today + timedelta(days=91)
    one, two, three = (Customer.objects.get(key=key) for key in ("C00", "C01", "C02"))
    Customer.objects.filter(pk__in=[one.pk, two.pk]).update(phone="+38641123456", street="Glavni trg 1")
    ContactPoint.objects.create(customer=two, kind="phone", value="+38641123456", written="?", problem="Too short.")
    Address.objects.create(customer=three, street="Via Roma 2")
    unaddressed = {
        way: proposal(shown, wanted, way, today=today, until=until).unaddressed for way in ("call", "letter", "to do")
    }
    assert unaddressed == {"call": 39, "letter": 37, "to do": 0}


def test_the_control_group_is_reached_by_nothing(browser: Client, shown: Publication, alice: User) -> None:
    browser.post(reverse("control_group"), {"percent": "20"})
    alone = set(Hold.objects.filter(part="").values_list("customer__key", flat=True))
    assert 0 < len(alone) < PEOPLE / 2
    today = timezone.localdate()
    assert set(held_from_kind("visit", today)) == set(
        Customer.objects.filter(key__in=alone).values_list("pk", flat=True)
    )
    found = proposal(
        shown, Wanted(alice, Scope.ALL, "grow", CARE), "call", today=today, until=today + timedelta(days=91)
    )
    assert found.passed_over == {"held": len(alone & set(KEYS[:40]))}
    set_control_group(0.0, by=alice, at=NOON)
    assert not Hold.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_the_page_says_what_it_brought_in_a_sentence(
    browser: Client, shown: Publication, alice: User, settings: Settings
) -> None:
    approval = approved(shown, alice)
    work()
    assert "No run has looked at it yet" in text_of(browser.get(reverse("approvals")))
    keep_looks(settings.WORKSPACE, approval.experiment)
    page = text_of(browser.get(reverse("approvals")))
    assert re.search(r"Pays: \+€2\.\d\d per customer \(€1\.\d\d to €\d\.\d\d\) after cost\.", page)
    page = text_of(browser.get(approval.get_absolute_url()))
    assert "Both groups are as the lots drew them" in page
    assert "25 % of the time is gone" in page
    assert browser.get(reverse("approval_chart", args=[approval.pk]))["Content-Type"] == "image/svg+xml"
    with CaptureQueriesContext(connection) as one:
        browser.get(reverse("approvals"))
    for _ in range(2):
        approved(shown, alice, MAIL, way="letter")
        Job.objects.update(state=Job.State.DONE)  # no step is approved again before that
    with CaptureQueriesContext(connection) as three:
        browser.get(reverse("approvals"))
    assert len(one) == len(three) <= 8


@pytest.mark.django_db(transaction=True)
def test_programs_approve_and_read_what_it_brought(shown: Publication, alice: User, settings: Settings) -> None:
    program = Program(alice)
    step = {"name": "Care", "decision": "grow", "action": CARE}
    assert program("POST", "/approvals", step | {"action": "no contact of our own"}).status_code == 422
    assert program("POST", "/approvals", step | {"held_share": 0.0}).status_code == 422
    made = program("POST", "/approvals", step | {"held_share": 0.4, "gain_from": 1}).json()
    work()
    told = program("GET", f"/approvals/{made['id']}").json()
    assert told["reached"] + told["held"] == 40
    keep_looks(settings.WORKSPACE, told["experiment"])
    result = program("GET", f"/approvals/{made['id']}/result").json()
    assert result["verdict"].startswith("Pays: +")
    assert [look["gone"] for look in result["looks"]] == [0.1, 0.25]


def keep_looks(workspace: Workspace, experiment: str) -> None:
    """Two looks at 4,000 people, half of whom got what brings three per customer."""
    arm = [place % 2 for place in range(4_000)]
    random = np.random.default_rng(3)
    sample = Sample(np.array(arm), np.full(4_000, 0.5), np.zeros((4_000, 0)))
    outcome = random.gamma(2.0, 4.0, 4_000) + 3.0 * np.array(arm)
    with workspace.opened() as store:
        for day, gone in ((10, 0.1), (25, 0.25)):
            looking = Looking("EUR", gone)
            found = measure(
                sample, Outcomes(np.ones(4_000), outcome), [HELD_OUT, CARE], costs={CARE: 0.5}, looking=looking,
                shares={HELD_OUT: 0.5, CARE: 0.5},
            )  # fmt: skip
            look = Look(experiment, "proactive", date(2026, 7, day), gone, "EUR", found)
            keep_look(store, look, measured_at=datetime(2026, 7, day, tzinfo=UTC))


def _die(*_: object, **__: object) -> None:
    raise OSError(5, "the machine stopped")


def text_of(page: Any) -> str:
    return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]+>", " ", page.content.decode())))


@pytest.mark.django_db(transaction=True)
def test_a_category_tells_nobody_of_a_product_that_a_lot_keeps_from_them_nor_the_other_way(
    shown: Publication, alice: User, browser: Client, settings: Settings
) -> None:
    workspace, today = settings.WORKSPACE, timezone.localdate()
    run = keep_run(workspace, [valued(key) for key in KEYS[:30]], minutes=5)
    offer(workspace, run, "P1", "Tea", KEYS[:20], 2.0)
    offer(workspace, run, "P2", "Cup", KEYS[10:30], 1.0)
    publication = publish(workspace, run, NOON)
    tea, cup, kitchen = promotion_of("P1", "Tea"), promotion_of("P2", "Cup"), promotion_of_category("Kitchen")

    def left(action: str) -> tuple[int, Mapping[str, int]]:
        found = proposal(publication, Wanted(alice, Scope.ALL, PROMOTE, action), "letter", today=today, until=today)
        return found.people, found.passed_over

    assert left(kitchen) == (30, {})
    of_tea = approved(publication, alice, tea, way="letter", makes_tasks=False, held_share=0.5)
    work()
    of_tea.refresh_from_db()
    assert of_tea.held + of_tea.reached == 20
    assert left(kitchen) == (10, {"held": of_tea.held, "under_way": of_tea.reached})
    assert left(cup) == (20, {}), "another product of the category"

    with workspace.opened() as store:  # lots drawn elsewhere, of which the app has no copy yet
        lottery = Lottery("by hand", cup, 0.5)
        at, until = timezone.now() - timedelta(days=1), today + timedelta(days=60)
        drawn = draw_among(store, lottery, dict.fromkeys(KEYS[20:30]), assigned_at=at, held_until=until).to_pylist()
    free = {row["customer_id"] for row in drawn if row["arm"] != HELD_OUT}
    of_kitchen = approved(publication, alice, kitchen, way="letter", makes_tasks=False, held_share=0.5)
    work()
    of_kitchen.refresh_from_db()
    assert of_kitchen.held + of_kitchen.reached == len(free)
    assert of_kitchen.passed_over["held"] == of_tea.held + 10 - len(free)

    def listed() -> list[dict[str, str]]:
        file = browser.get(reverse("audience_csv", args=[of_kitchen.pk]))
        text = b"".join(file.streaming_content).decode("utf-8-sig")  # type: ignore[attr-defined]
        return list(csv.DictReader(io.StringIO(text)))

    told = listed()
    assert {row["customer_id"] for row in told} <= free
    assert {row["told_of"] for row in told} == {cup}
    passed_over = {"held": of_kitchen.held, "under_way": of_kitchen.reached}
    assert left(cup) == (20 - len(free), {why: people for why, people in passed_over.items() if people})
    Hold.objects.create(customer=of_kitchen.members.all()[0].customer, part=cup, experiment="later", until=today)
    assert len(listed()) == len(told) - 1

    before, others = left(cup), Customer.objects.filter(key__in=KEYS[10:12])  # of whom the category tells of Tea
    of_kitchen.members.create(customer=others[0], probability=0.5, also_as=tea)
    Hold.objects.create(customer=others[1], part=kitchen, experiment="later", until=today)
    assert left(cup) == before, "they may be told of Cup all the same"
