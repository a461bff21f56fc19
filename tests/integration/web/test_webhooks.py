"""Programs that are told of what happens: of everything once at least, signed, nowhere that it must not go."""

import base64
import hmac
import json
from collections.abc import Collection, Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from socket import create_server, socket
from threading import Thread
from time import monotonic, sleep
from typing import Any

import httpx
import pytest
from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.urls import reverse
from django_tasks_db.models import DBTaskResult
from pytest_django.fixtures import Settings

from keepers.crm.customers.actions import consents, fields, records, stages
from keepers.crm.customers.actions.acts import Act
from keepers.crm.customers.models import Customer, StageMove
from keepers.crm.customers.timeline.actions import add_touch
from keepers.crm.people.audit import record
from keepers.crm.people.models import AuditEntry, User
from keepers.crm.webhooks import actions, reaching, telling
from keepers.crm.webhooks.actions import subscribe
from keepers.crm.webhooks.kinds import Kind
from keepers.crm.webhooks.models import Delivery, Subscription
from keepers.crm.webhooks.reaching import ForbiddenAddressError, Place, check_address, place_of
from keepers.crm.webhooks.signing import secret_of
from keepers.crm.webhooks.telling import GIVEN_UP_ON, rest_after, send_due, write_down
from tests.integration.web.program import Program

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 7, 1, 9, 30, tzinfo=UTC)
HERE = "127.0.0.1"


class Receiver:
    """A program that listens: what it was told, and what it answers."""

    def __init__(self) -> None:
        self.told: list[tuple[dict[str, str], bytes]] = []
        self.answers = 200
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                receiver.told.append(({name.lower(): value for name, value in self.headers.items()}, body))
                self.send_response(receiver.answers)
                self.send_header("Location", "http://example.com/")
                self.end_headers()

            def log_message(self, *_: Any) -> None:
                """Nobody reads it."""

        self.server = ThreadingHTTPServer((HERE, 0), Handler)
        self.url = f"http://{HERE}:{self.server.server_address[1]}/keepers"

    @property
    def events(self) -> list[dict[str, Any]]:
        return [json.loads(body) for _, body in self.told]


@pytest.fixture
def receiver(settings: Settings) -> Iterator[Receiver]:
    settings.WEBHOOK_HOSTS = frozenset({HERE})
    found = Receiver()
    thread = Thread(target=found.server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield found
    found.server.shutdown()
    found.server.server_close()
    thread.join()


@pytest.fixture
def alice() -> User:
    cache.clear()
    return User.objects.create_user("alice@example.com", name="Alice Adler", role="owner")


@pytest.fixture
def webhook(receiver: Receiver, alice: User) -> Subscription:
    made = subscribe(name="Shop", url=receiver.url, kinds=[], by=alice, at=NOW)
    write_down(at=NOW)
    return made


def tell(at: datetime = NOW) -> int:
    write_down(at=at)
    return send_due(at=at)


def kinds(receiver: Receiver) -> list[str]:
    return [each["type"] for each in receiver.events]


def test_what_happens_is_told_in_ids_and_without_names(receiver: Receiver, webhook: Subscription, alice: User) -> None:
    act = Act(by=alice, at=NOW)
    ada = records.create(act, name="Ada Novak", email="ada@example.com", key="C-1")
    stages.move(act, ada, "active")
    consents.say(act, ada, channel="email", purpose="marketing", state="given", proof="By phone, Ada Novak")
    add_touch(ada, by=alice, at=NOW, kind="call", outcome="reached", body="Ada Novak likes tea.")
    assert tell() == 4
    created, moved, agreed, called = receiver.events
    assert [each["type"] for each in receiver.events] == [
        "customer.created", "customer.stage", "customer.consent", "touch.added",
    ]  # fmt: skip
    assert created["customer"] == {"id": ada.pk, "key": "C-1"}
    assert (moved["before"], moved["after"]) == ("prospect", "active")
    assert agreed["consents"] == [{"channel": "email", "purpose": "marketing", "state": "given"}]
    assert called["touch"]["outcome"] == "reached"
    assert called["customer"] == created["customer"]
    assert not any(b"Novak" in body or b"ada@" in body for _, body in receiver.told)
    assert tell() == 0, "once is enough"


def test_a_field_of_the_firm_s_own_is_told_by_name_whatever_it_is_called(
    receiver: Receiver, webhook: Subscription, alice: User
) -> None:
    ada = records.create(act := Act(by=alice, at=NOW), name="Ada")
    fields.define(act, label="Stage", kind="text")
    fields.fill(act, ada, {"stage": "owes us money"})
    tell()
    told = receiver.events[-1]
    assert (told["type"], told["changed"]) == ("customer.changed", ["field-stage"])
    assert not any(b"money" in body for _, body in receiver.told)


def test_a_telling_is_signed_as_standard_webhooks_says(receiver: Receiver, webhook: Subscription, alice: User) -> None:
    old = secret_of(webhook)
    actions.try_out(webhook, at=NOW)
    actions.rotate(webhook, by=alice, at=datetime.now(UTC))
    tell()
    headers, body = receiver.told[0]
    signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
    for secret in (old, secret_of(webhook)):
        key = base64.b64decode(secret.removeprefix("whsec_"))
        signature = base64.b64encode(hmac.new(key, signed, sha256).digest()).decode()
        assert f"v1,{signature}" in headers["webhook-signature"].split(" ")
    assert old != secret_of(webhook)
    Subscription.objects.update(old_secret_until=NOW - timedelta(days=1))
    receiver.told.clear()
    actions.try_out(Subscription.objects.get(), at=NOW)
    tell()
    assert len(receiver.told[0][0]["webhook-signature"].split(" ")) == 1


def test_who_asks_for_some_kinds_is_told_of_those_and_nobody_of_what_was_before(
    receiver: Receiver, webhook: Subscription, alice: User
) -> None:
    records.create(Act(by=alice, at=NOW), name="Before")
    actions.change(webhook, {"kinds": [Kind.DELETED.value]}, by=alice, at=NOW)
    late = subscribe(name="Late", url=receiver.url, kinds=[], by=alice, at=NOW)
    ada = records.create(Act(by=alice, at=NOW), name="Ada")
    records.delete(Act(by=alice, at=NOW), ada)
    tell()
    told = Delivery.objects.order_by("pk").values_list("subscription__name", "kind")
    assert sorted(told) == [("Late", "customer.created"), ("Late", "customer.deleted"), ("Shop", "customer.deleted")]
    assert late.since > 0


def test_moves_by_rule_come_many_in_a_telling(receiver: Receiver, webhook: Subscription) -> None:
    customers = [Customer.objects.create(key=f"C{number}") for number in range(3)]
    for customer in customers:
        StageMove.objects.create(customer=customer, before="active", after="slipping", at=NOW)
    record(at=NOW, actor=None, verb="edit", noun="customers", changes={"stage": {"active → slipping": 3}}, via="rule")
    tell()
    moved = receiver.events[0]["customers"]
    assert [(each["key"], each["after"]) for each in moved] == [(f"C{number}", "slipping") for number in range(3)]


class Killed(BaseException):
    """The process is gone."""


@pytest.mark.parametrize("step", ["as it is written down", "before it goes out", "after it went out"])
def test_a_worker_killed_in_the_midst_loses_nothing_and_repeats_under_the_same_id(
    step: str, receiver: Receiver, webhook: Subscription, alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    records.create(Act(by=alice, at=NOW), name="Ada")
    sent = telling._sent

    def die(*arguments: Any, **named: Any) -> Any:
        if step == "after it went out":
            sent(*arguments, **named)
        raise Killed

    with monkeypatch.context() as patched, pytest.raises(Killed):
        if step == "as it is written down":
            patched.setattr(Delivery.objects, "bulk_create", die)
        else:
            patched.setattr(telling, "_sent", die)
        tell()
    Delivery.objects.update(begun_at=NOW)
    assert tell(NOW + GIVEN_UP_ON * 2) == 1
    names = [headers["webhook-id"] for headers, _ in receiver.told]
    assert len(names) == (2 if step == "after it went out" else 1)
    assert len(set(names)) == 1
    assert Delivery.objects.get().state == "delivered"


def test_one_that_does_not_answer_rests_ever_longer_and_is_given_up_on_at_last(
    receiver: Receiver, webhook: Subscription, alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(telling, "MOST_ATTEMPTS", 3)
    receiver.answers = 500
    for name in ("Ada", "Bruno"):
        records.create(Act(by=alice, at=NOW), name=name)
    assert tell() == 0
    assert len(receiver.told) == 1, "all that waits for it rests with the one that failed"
    webhook.refresh_from_db()
    assert webhook.failures == 1
    assert webhook.rests_until is not None
    assert NOW < webhook.rests_until < NOW + timedelta(minutes=1)
    at = NOW
    for _ in range(6):
        at += timedelta(hours=12)
        tell(at)
    assert {each.state for each in Delivery.objects.all()} == {"dead"}
    assert {(each.status, each.attempts) for each in Delivery.objects.all()} == {(500, 3)}
    receiver.answers = 204
    assert actions.send_again(webhook, webhook.deliveries.all(), by=alice, at=at) == 2
    assert tell(at) == 2
    webhook.refresh_from_db()
    assert (webhook.failures, webhook.rests_until) == (0, None)
    assert rest_after(3) > rest_after(1)


def test_an_address_that_goes_wrong_strands_no_other(
    receiver: Receiver, webhook: Subscription, alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    odd = subscribe(name="Odd", url=f"{receiver.url}/odd", kinds=[], by=alice, at=NOW)
    records.create(Act(by=alice, at=NOW), name="Ada")
    found = place_of

    def place(url: str, *, allowed: Collection[str]) -> Place:
        if url == odd.url:
            raise httpx.InvalidURL("no such label")
        return found(url, allowed=allowed)

    monkeypatch.setattr(telling, "place_of", place)
    tell()
    wrong = Delivery.objects.get(subscription=odd, kind=Kind.CREATED)
    assert (wrong.state, wrong.problem) == (Delivery.State.WAITING, "no such label")
    assert "customer.created" in kinds(receiver)


def test_one_that_answers_a_letter_at_a_time_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reaching, "LONGEST_ANSWER", 0.2)

    def answer(listening: socket) -> None:
        there, _ = listening.accept()
        with there, suppress(OSError):
            for letter in b"HTTP/1.1 200 OK\r\nX: " + b"x" * 60:
                there.send(bytes([letter]))
                sleep(0.02)

    with create_server((HERE, 0)) as listening:
        thread = Thread(target=answer, args=[listening])
        thread.start()
        place = place_of(f"http://{HERE}:{listening.getsockname()[1]}/", allowed={HERE})
        begun = monotonic()
        with pytest.raises(TimeoutError):
            reaching.post(place, b"{}", {})
        assert monotonic() - begun < 1, "its letters take longer"
        thread.join()


def test_a_receiver_that_is_gone_is_told_nothing_more_and_a_redirect_is_not_followed(
    receiver: Receiver, webhook: Subscription, alice: User
) -> None:
    receiver.answers = 302
    actions.try_out(webhook, at=NOW)
    assert tell() == 0
    assert Delivery.objects.get().status == 302
    receiver.answers = 410
    tell(NOW + timedelta(hours=1))
    webhook.refresh_from_db()
    assert not webhook.is_active
    assert Delivery.objects.get().state == "dead"


@pytest.mark.parametrize("url", [
    "http://example.com/", "https://localhost/", "https://127.0.0.1/", "https://10.1.2.3/x", "https://169.254.169.254/",
    "https://[::1]/", "https://[::ffff:10.0.0.1]/", "https://[fd00::1]/", "https://[64:ff9b::7f00:1]/", "https://0/",
    "https://printer.local/", "ftp://example.com/", "https://user:word@example.com/", "https:///x", "nonsense",
    "https://100.64.0.1/", "https://2130706433/", "https://0x7f.1/",
])  # fmt: skip
def test_nothing_is_sent_into_the_own_network(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ForbiddenAddressError):
        place_of(url, allowed=())


def test_a_name_that_leads_into_the_own_network_is_refused_when_it_is_told(
    webhook: Subscription, alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    check_address("https://rebound.example.com/", allowed=())
    monkeypatch.setattr("socket.getaddrinfo", lambda *_, **__: [(2, 1, 6, "", ("192.168.1.1", 443))])
    actions.change(webhook, {"url": "https://rebound.example.com/"}, by=alice, at=NOW)
    actions.try_out(webhook, at=NOW)
    assert tell() == 0
    assert "in the own network" in Delivery.objects.get().problem


def test_the_audit_log_wakes_the_teller_once_a_transaction_and_only_where_somebody_listens(
    alice: User, receiver: Receiver, django_capture_on_commit_callbacks: Any
) -> None:
    waiting = DBTaskResult.objects.filter(task_path=telling.tell_all.module_path)
    with django_capture_on_commit_callbacks(execute=True) as callbacks:
        record(at=NOW, actor=alice, verb="create", noun="tasks")
        record(at=NOW, actor=alice, verb="create", noun="tasks")
    assert len(callbacks) == 1
    assert not waiting.exists()
    connection.run_on_commit.clear()  # that transaction is through
    with django_capture_on_commit_callbacks(execute=True):
        subscribe(name="Shop", url=receiver.url, kinds=[], by=alice, at=NOW)
        record(at=NOW, actor=alice, verb="create", noun="tasks")
    assert waiting.count() == 1
    assert AuditEntry.objects.filter(told_at=None).exists()


def test_an_administrator_keeps_webhooks_in_settings(client: Client, receiver: Receiver, alice: User) -> None:
    client.force_login(alice)
    refused = client.post(reverse("webhooks"), {"name": "Shop", "url": "https://10.0.0.1/"})
    assert refused.status_code == 422
    assert "KEEPERS_WEBHOOK_HOSTS" in refused.content.decode()
    made = client.post(reverse("webhooks"), {"name": "Shop", "url": receiver.url, "kinds": ["customer.created"]})
    webhook = Subscription.objects.get()
    assert made.headers["Location"] == webhook.get_absolute_url()
    client.post(reverse("webhook_trial", args=[webhook.pk]))
    tell(datetime.now(UTC))
    page = client.get(webhook.get_absolute_url()).content.decode()
    assert secret_of(webhook) in page
    assert "ping_" in page
    client.post(reverse("webhook_replay", args=[webhook.pk]), {"delivery": Delivery.objects.get().pk})
    tell(datetime.now(UTC))
    assert len(receiver.told) == 2
    client.post(reverse("webhook_replay", args=[webhook.pk]), {"since": "2026-01-01T00:00"})
    client.post(reverse("webhook_secret", args=[webhook.pk]))
    told = [(each.verb, each.noun) for each in AuditEntry.objects.filter(thing=str(webhook.pk)).order_by("pk")]
    assert told == [("create", "settings"), ("replay", "settings"), ("replay", "settings"), ("rotate", "settings")]
    client.force_login(User.objects.create_user("bob@example.com", role="manager"))
    for name in ("webhooks", "webhook"):
        assert client.get(reverse(name, args=[webhook.pk] if name == "webhook" else [])).status_code == 403


def test_a_program_keeps_webhooks_by_the_api(receiver: Receiver, alice: User) -> None:
    program = Program(alice)
    made = program("POST", "/webhooks", {"name": "Shop", "url": receiver.url, "kinds": ["task.done"]})
    assert made.status_code == 201, made.content
    where = f"/webhooks/{made.json()['id']}"
    assert made.json()["secret"].startswith("whsec_")
    assert program("POST", "/webhooks", {"name": "X", "url": "https://10.0.0.1"}).status_code == 422
    assert program("PATCH", where, {"kinds": ["no.such"]}).status_code == 422
    assert program("PATCH", where, {"kinds": []}).json()["kinds"] == []
    assert program("POST", f"{where}/rotation").json()["secret"] != made.json()["secret"]
    program("POST", f"{where}/trial")
    tell(datetime.now(UTC) + timedelta(seconds=1))
    told = program("GET", "/webhook-deliveries?state=delivered").json()["items"]
    assert "ping" in {each["kind"] for each in told}
    assert program("POST", f"/webhook-deliveries/{told[-1]['id']}/again").json()["state"] == "waiting"
    assert program("POST", f"{where}/replay", {"since": "2026-01-01T00:00:00Z"}).status_code == 200
    bob = Program(User.objects.create_user("bob@example.com", role="manager"))
    assert bob("GET", "/webhooks").json()["items"] == []
    assert program("DELETE", where).status_code == 204
