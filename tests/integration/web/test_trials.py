"""Standing trials on their pages: who is on which, the file for the mail house, whom no lot touches, a start."""

import csv
import io
from datetime import timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django.fixtures import Settings

from keepers.crm.approvals.barring import barred_on
from keepers.crm.approvals.models import Approval, Member
from keepers.crm.approvals.queries import kept_from, out_of_reach
from keepers.crm.customers.actions.acts import Act
from keepers.crm.customers.actions.consents import set_rules
from keepers.crm.customers.agreeing import SHIPPED
from keepers.crm.customers.holding.models import Hold, Trial, TrialLot
from keepers.crm.customers.models import Consent, Customer
from keepers.crm.jobs.models import Job
from keepers.crm.people.models import Grant, User
from keepers.crm.people.roles import Noun, Scope, Verb
from keepers.crm.portfolio import tasks
from keepers.crm.portfolio.models import Publication
from keepers.crm.portfolio.publishing.publish import publish
from keepers.crm.work.models import Cadence
from keepers.crm.work.planning import members_of
from keepers.decisions.terms import terms
from keepers.experiments.assigning import Lottery
from keepers.loop.experiments.experimenting import lots_at_cost
from keepers.loop.experiments.trials import TRIAL
from keepers.loop.plans import kept as kept_plans
from keepers.warehouse.delta import DeltaStore
from tests.integration.web.valued_base import NOON, account_of, keep_plan, keep_run, valued, workspace_in

pytestmark = pytest.mark.django_db
KEYS = [f"C{number:02}" for number in range(40)]
TWELVE = "send 12 mailings a year"
KEPT = {"decision": "keep", "action": "no contact of our own", "cost": 0.0, "expected_gain": 0.0}


@pytest.fixture
def shown(tmp_path: Path, settings: Settings) -> Publication:
    settings.WORKSPACE = workspace_in(tmp_path)
    run = keep_run(settings.WORKSPACE, [valued(key, 10.0 + place) for place, key in enumerate(KEYS)])
    keep_plan(settings.WORKSPACE, run, [KEPT | {"customer_id": key} for key in KEYS], account=account_of())
    today = timezone.now()
    drawn = [
        lots_at_cost(
            Lottery(f"{TRIAL}{action} from {today:%Y-%m-%d}", action, 0.5, arms),
            dict.fromkeys(some, 2.5),
            assigned_at=today,
            held_until=today.date() + timedelta(days=56),
        )
        for action, arms, some in (("mailing", {TWELVE: 1.0}, KEYS[:30]), ("proactive", {}, KEYS[30:]))
    ]
    with settings.WORKSPACE.opened() as store, store.writing():
        store.append("assignments", pa.concat_tables(drawn))
    return publish(settings.WORKSPACE, None, NOON)


@pytest.fixture
def alice() -> User:
    return User.objects.create_user("alice@example.com", name="Alice", role="owner")


@pytest.fixture
def browser(client: Client, alice: User) -> Client:
    client.force_login(alice)
    return client


def rows_of(answer: HttpResponse) -> list[str]:
    text = b"".join(answer.streaming_content).decode("utf-8-sig")  # type: ignore[attr-defined]
    return [row["customer_id"] for row in csv.DictReader(io.StringIO(text))]


def say(key: str, channel: str, purpose: str, state: str) -> None:
    Consent.objects.create(
        customer=Customer.objects.get(key=key), channel=channel, purpose=purpose, state=state, at=NOON
    )


def test_the_page_says_what_is_tried_on_how_many_until_when_and_what_is_known(
    shown: Publication, browser: Client
) -> None:
    mailing = Trial.objects.get(action="mailing")
    assert (mailing.treated + mailing.held, mailing.told) == (30, TWELVE)
    assert set(Hold.objects.values_list("part", flat=True)) == {"mailing", "proactive"}
    page = " ".join(browser.get(reverse("trials")).content.decode().split())
    assert "Send 12 mailings a year" in page
    assert "Proactive care" in page
    assert "No run has looked at it yet" in page
    treated = set(mailing.lots.filter(gets_it=True).values_list("customer__key", flat=True))
    one = browser.get(mailing.get_absolute_url()).content.decode()
    assert all((f">{key}<" in one) == (key in treated) for key in KEYS)
    held = browser.get(mailing.get_absolute_url(), {"held": "1"}).content.decode()
    assert all((f">{key}<" in held) == (key in KEYS[:30] and key not in treated) for key in KEYS)

    TrialLot.objects.filter(trial=mailing, gets_it=False).delete()
    Trial.objects.filter(pk=mailing.pk).update(held=0)
    assert "All lots fell on one side" in browser.get(reverse("trials")).content.decode()


def test_the_file_leaves_out_who_refused_since_and_who_sees_nobody_gets_none(
    shown: Publication, browser: Client
) -> None:
    mailing = Trial.objects.get(action="mailing")
    reached = list(mailing.lots.filter(gets_it=True).order_by("pk").values_list("customer__key", flat=True))
    address = reverse("trial_csv", args=[mailing.pk])
    assert rows_of(browser.get(address)) == reached
    say(reached[0], "letter", "marketing", "withdrawn")
    Customer.objects.filter(key=reached[1]).update(stage="closed")
    assert rows_of(browser.get(address, {"way": "letter"})) == reached[2:]
    assert rows_of(browser.get(address, {"way": "e-mail"})) == [], "nobody said yes to offers by e-mail"
    say(reached[5], "email", "marketing", "given")
    assert rows_of(browser.get(address, {"way": "e-mail"})) == [reached[5]]

    bob = User.objects.create_user("bob@example.com", role="rep")
    for noun, verb in ((Noun.CAMPAIGNS, Verb.SEE), (Noun.CUSTOMERS, Verb.SEE), (Noun.CUSTOMERS, Verb.EXPORT)):
        Grant.objects.update_or_create(role="rep", noun=noun, verb=verb, defaults={"scope": Scope.OWN})
    own = Client()
    own.force_login(bob)
    assert rows_of(own.get(address)) == []
    assert own.post(reverse("trial_beginning"), {"percent": 30, "weeks": 8}).status_code == 403


def test_a_letter_that_promotes_is_kept_from_those_held_out_of_mailings(shown: Publication) -> None:
    today, held = timezone.localdate(), set(Hold.objects.filter(part="mailing").values_list("customer", flat=True))
    assert kept_from(["promote Tea (P1)"], "letter", day=today)["held"] == held != set()
    assert kept_from(["promote Tea (P1)"], "visit", day=today)["held"] == set()


def test_no_lot_is_drawn_for_whom_an_action_may_not_reach_or_reaches_already(shown: Publication, alice: User) -> None:
    today = timezone.localdate()
    assert barred_on(today) == {"dismissed": {}, "not_drawn": {}}
    say("C00", "letter", "marketing", "refused")
    say("C01", "phone", "service", "withdrawn")
    say("C02", "email", "service", "refused")
    say("C03", "email", "marketing", "given")
    say("C04", "phone", "service", "refused")
    say("C04", "email", "marketing", "given")
    both = frozenset({"proactive", "partnership"})
    care = both | {"reactive", "accountable"}
    post = frozenset({"mailing", "offer"})
    assert barred_on(today)["dismissed"] == {"C00": post, "C01": care, "C04": both}, "care by e-mail is an offer"
    listed = out_of_reach(["reactive"], "e-mail", day=today)
    assert listed > set(Customer.objects.filter(key__in=["C00", "C01"]).values_list("pk", flat=True))
    assert Customer.objects.get(key="C04").pk not in listed
    say("C03", "letter", "marketing", "refused")
    say("C02", "phone", "service", "refused")
    dismissed = barred_on(today)["dismissed"]
    assert "C03" not in dismissed, "an e-mail may still reach them"
    assert dismissed["C02"] == care

    about = {"run_id": shown.run_id, "decision": "keep", "action": TWELVE, "scope": Scope.ALL, "way": "letter"}
    window = {"starts_on": today, "held_until": today, "held_share": 0.1, "at": NOON, "by": alice}
    running = Approval.objects.create(name="Spring", **about, **window)
    Member.objects.create(approval=running, customer=Customer.objects.get(key="C10"), probability=0.9)
    Hold.objects.create(customer=Customer.objects.get(key="C11"))  # of the control group
    Customer.objects.filter(key="C12").update(stage="closed")
    not_drawn = barred_on(today)["not_drawn"]
    assert not_drawn["C10"] == frozenset({"mailing"})
    assert not_drawn["C11"] == not_drawn["C12"] > both
    assert set(not_drawn) == {"C10", "C11", "C12"}


def test_the_house_says_when_it_asks_first_and_everything_goes_by_it(
    shown: Publication, browser: Client, alice: User
) -> None:
    today = timezone.localdate()

    def not_agreed(part: str, way: str) -> int:
        return len(kept_from([part], way, day=today)["not_agreed"])

    everybody = len(KEYS)
    assert not_agreed("mailing", "letter") == not_agreed("proactive", "call") == not_agreed("mailing", "visit") == 0
    assert not_agreed("mailing", "call") == not_agreed("proactive", "e-mail") == everybody
    care = Cadence.objects.create(name="Care", kind="call", every_days=30, a_day=3, made_by=alice, made_at=NOON)
    assert members_of(care, shown, today=today).count() == everybody - Hold.objects.filter(part="proactive").count()

    page = browser.get(reverse("consent_rules")).content.decode()
    assert page.count('value="yes" selected') == len(SHIPPED)
    asked = {
        f"{channel}.{purpose}": "yes"
        for channel in ("email", "phone", "letter")
        for purpose in ("marketing", "service")
    }
    assert browser.post(reverse("consent_rules"), asked).status_code == 302
    assert not_agreed("mailing", "letter") == not_agreed("proactive", "call") == everybody
    assert members_of(care, shown, today=today).count() == 0
    assert len(barred_on(today)["dismissed"]) == everybody
    say("C00", "phone", "service", "given")
    assert not_agreed("proactive", "call") == everybody - 1
    assert barred_on(today)["dismissed"]["C00"] == frozenset({"mailing", "offer"})
    set_rules(Act(by=alice, at=NOON), ())
    assert not_agreed("mailing", "e-mail") == 0
    mallory = Client()
    mallory.force_login(User.objects.create_user("mallory@example.com", role="read-only"))
    assert mallory.post(reverse("consent_rules"), asked).status_code == 403


def test_a_trial_is_begun_by_hand_and_the_page_shows_its_lots_at_once(
    shown: Publication, browser: Client, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    def planned(store: DeltaStore, run_id: str, **asked: Any) -> str:
        given.update(asked)
        care = Lottery(f"{TRIAL}partnership from now", "partnership", 0.5)
        with store.writing():
            lots = lots_at_cost(care, dict.fromkeys(KEYS, 9.0), assigned_at=NOON, held_until=asked["made_at"].date())
            store.append("assignments", lots)
        keep_plan(settings.WORKSPACE, run_id, [KEPT | {"customer_id": "C00"}], plan_id="again", account=account_of())
        return "again"

    given: dict[str, Any] = {}
    monkeypatch.setattr(kept_plans, "plan_again", planned)
    assert "Draw lots" not in browser.get(reverse("trials")).content.decode(), "one stands"
    assert browser.post(reverse("trial_beginning"), {"percent": 0, "weeks": 8}).status_code == 422
    assert browser.post(reverse("trial_beginning"), {"percent": 50, "weeks": 8}).status_code == 302
    page = browser.get(reverse("trials")).content.decode()
    assert "Working out what to do about everybody" in page
    assert (
        "being made already"
        in browser.post(reverse("trial_beginning"), {"percent": 50, "weeks": 8}, follow=True).content.decode()
    )
    job = Job.objects.get(kind=Job.Kind.PLAN)
    tasks.plan_again.func(job.pk)
    assert given["trial"] == terms.Trial(0.5, 8)
    assert set(given) >= {"dismissed", "not_drawn", "limits"}
    begun = Trial.objects.get(action="partnership")
    assert begun.lots.count() == begun.treated + begun.held == len(KEYS)
    assert Hold.objects.filter(part="partnership").count() == begun.held
