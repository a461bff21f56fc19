"""One customer's timeline: what people put on it, what the warehouse learns of it, letters."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from smtplib import SMTPServerDisconnected
from typing import Any

import pytest
from django.core import mail as outgoing
from django.test import Client
from django.urls import reverse
from django_tasks_db.models import DBTaskResult
from pytest_django.fixtures import Settings

from keepers.crm.customers.holding.asking import reached_though_held
from keepers.crm.customers.holding.models import HeldReached, Hold
from keepers.crm.customers.models import Consent, ContactPoint, Customer, StageMove
from keepers.crm.customers.timeline import outbox
from keepers.crm.customers.timeline.actions import (
    StillHeldError,
    add_touch,
    edit_touch,
    remove_touch,
    write_mail,
)
from keepers.crm.customers.timeline.entries import Cursor, page_of
from keepers.crm.customers.timeline.mailing import GIVEN_UP_ON, MOST_ATTEMPTS, send, send_again, settle_unsure
from keepers.crm.customers.timeline.models import Mail, OutboxBatch, OutboxRow, Touch
from keepers.crm.customers.timeline.queries import consents_of, moves_of, touches_of
from keepers.crm.people.models import AuditEntry, FieldRule, Grant, User
from keepers.crm.people.roles import Scope
from keepers.loop.imports.interactions import land_interactions
from keepers.loop.workspace import Workspace

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 7, 1, 9, 30, tzinfo=UTC)


@pytest.fixture(autouse=True)
def workspace(settings: Settings, tmp_path: Path) -> Workspace:
    settings.WORKSPACE = Workspace(tmp_path / "home")
    return settings.WORKSPACE


@pytest.fixture
def alice() -> User:
    return User.objects.create_user("alice@example.com", name="Alice", role="owner")


@pytest.fixture
def ada() -> Customer:
    return Customer.objects.create(key="C1", name="Ada Novak", email="ada@example.com")


@pytest.fixture
def desk(client: Client, alice: User) -> Client:
    client.force_login(alice)
    return client


def told(workspace: Workspace) -> list[dict[str, Any]]:
    """All that the warehouse knows of acts, oldest version first."""
    with workspace.opened() as store:
        rows = store.query("interactions").to_pylist()
    return sorted(rows, key=lambda row: (row["interaction_id"], row["version"]))


def test_a_call_comes_on_the_timeline_and_into_the_audit_log(desk: Client, ada: Customer, alice: User) -> None:
    answer = desk.post(
        reverse("touches", args=[ada.pk]),
        {"kind": "call", "direction": "out", "outcome": "reached", "body": "Wants the new catalog.", "minutes": "4"},
    )
    assert answer.status_code == 302
    touch = Touch.objects.get()
    assert (touch.kind, touch.outcome, touch.minutes, touch.actor) == ("call", "reached", 4, alice)
    entry = AuditEntry.objects.get(noun="touches")
    assert (entry.actor, entry.verb, entry.changes["outcome"]) == (alice, "create", "reached")


def test_a_note_without_words_is_asked_again_and_nothing_is_kept(desk: Client, ada: Customer) -> None:
    answer = desk.post(reverse("touches", args=[ada.pk]), {"kind": "note", "body": " "})
    assert answer.status_code == 422
    assert "This field is required" in answer.content.decode()
    assert not Touch.objects.exists()


def test_what_is_still_to_come_is_no_call_that_happened(desk: Client, ada: Customer) -> None:
    tomorrow = f"{datetime.now(UTC) + timedelta(days=1):%Y-%m-%dT%H:%M}"
    answer = desk.post(reverse("touches", args=[ada.pk]), {"kind": "call", "direction": "out", "at": tomorrow})
    assert "Make a task of it" in answer.content.decode()


def test_the_warehouse_learns_every_version_once(workspace: Workspace, ada: Customer, alice: User) -> None:
    touch = add_touch(ada, by=alice, at=NOW, kind="call", direction="out", outcome="no answer", cost=2)
    edit_touch(touch, by=alice, at=NOW, changes={"outcome": "reached"})
    assert outbox.drain(at=NOW) == 2
    remove_touch(touch, by=alice, at=NOW)
    assert outbox.drain(at=NOW) == 1
    assert outbox.drain(at=NOW) == 0
    versions = [(row["version"], row["outcome"], row["is_removed"], row["external_id"]) for row in told(workspace)]
    assert versions == [(1, "no answer", False, "C1"), (2, "reached", False, "C1"), (3, "reached", True, "C1")]
    assert (OutboxRow.objects.count(), OutboxBatch.objects.count()) == (0, 0)


def test_a_correction_that_changes_nothing_is_no_version(ada: Customer, alice: User) -> None:
    touch = add_touch(ada, by=alice, at=NOW, kind="note", body="Likes tea.")
    edit_touch(touch, by=alice, at=NOW, changes={"body": "Likes tea."})
    assert (touch.version, OutboxRow.objects.count()) == (1, 1)


class Killed(BaseException):
    """The process is gone."""


@pytest.mark.parametrize("step", ["before it lands", "after it landed"])
def test_a_worker_killed_while_it_drains_loses_and_doubles_nothing(
    step: str, workspace: Workspace, ada: Customer, alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    add_touch(ada, by=alice, at=NOW, kind="note", body="one")

    def die(*arguments: Any, **named: Any) -> None:
        if step == "after it landed":
            land_interactions(*arguments, **named)
        raise Killed

    with monkeypatch.context() as patched:
        patched.setattr(outbox, "land_interactions", die)
        with pytest.raises(Killed):
            outbox.drain(at=NOW)
    add_touch(ada, by=alice, at=NOW, kind="note", body="two")
    outbox.drain(at=NOW)
    assert len(told(workspace)) == 2
    assert not OutboxRow.objects.exists()


def test_many_acts_ask_for_one_draining(ada: Customer, alice: User, django_capture_on_commit_callbacks: Any) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        for number in range(3):
            add_touch(ada, by=alice, at=NOW, kind="note", body=str(number))
    assert DBTaskResult.objects.filter(task_path=outbox.drain_outbox.module_path).count() == 1


def test_a_timeline_shows_everything_once_however_it_is_paged(ada: Customer, alice: User) -> None:
    for number in range(7):
        add_touch(ada, by=alice, at=NOW - timedelta(hours=number // 3), kind="note", body=str(number))
    StageMove.objects.create(customer=ada, before="active", after="slipping", at=NOW, by=alice)
    Consent.objects.create(customer=ada, channel="email", purpose="marketing", state="given", at=NOW)
    parts = [touches_of(ada), moves_of(ada), consents_of(ada)]
    seen: list[str] = []
    begin: Cursor | None = None
    for _ in range(9):
        page = page_of(parts, begin=begin, size=2)
        seen += [f"{entry.kind} {entry.body}" for entry in page.entries]
        if page.older is None:
            break
        begin = Cursor.read(str(page.older))
        assert begin == page.older
    assert len(seen) == len(set(seen)) == 9
    notes = page_of(parts, begin=None, size=9, kinds=frozenset({"note"}))
    assert [entry.kind for entry in notes.entries] == ["note"] * 7


def test_bob_reads_the_timeline_and_puts_nothing_on_it(client: Client, ada: Customer, alice: User) -> None:
    touch = add_touch(ada, by=alice, at=NOW, kind="note", body="Likes tea.")
    client.force_login(User.objects.create_user("bob@example.com", name="Bob"))
    assert client.post(reverse("touches", args=[ada.pk]), {"kind": "note", "body": "Mine"}).status_code == 403
    assert client.post(reverse("touch_removal", args=[touch.pk])).status_code == 403
    assert Touch.objects.filter(removed_at=None).count() == 1


def test_a_rep_does_not_find_acts_of_customers_of_others(client: Client, ada: Customer, alice: User) -> None:
    touch = add_touch(ada, by=alice, at=NOW, kind="note", body="Likes tea.")
    client.force_login(User.objects.create_user("mallory@example.com", role="rep"))
    assert client.get(reverse("touch", args=[touch.pk])).status_code == 404
    assert client.post(reverse("touches", args=[ada.pk]), {"kind": "note", "body": "Mine"}).status_code == 404


def as_agent(client: Client) -> User:
    user = User.objects.create_user("carol@example.com", name="Carol", role="agent")
    client.force_login(user)
    return user


def test_who_may_not_see_timelines_sees_neither_acts_nor_their_kinds(
    client: Client, ada: Customer, alice: User
) -> None:
    add_touch(ada, by=alice, at=NOW, kind="call", body="Likes tea.")
    as_agent(client)
    assert "Likes tea." in client.get(ada.get_absolute_url()).content.decode()
    Grant.objects.create(role="agent", noun="touches", verb="see", scope=Scope.OWN)
    page = client.get(ada.get_absolute_url())
    assert "Likes tea." not in page.content.decode(), "she is another's customer"
    assert [str(choice.label) for choice in page.context["shows"]] == ["All", "Orders"]


@pytest.mark.parametrize("field", ["stage", "consent"])
def test_what_is_hidden_from_a_role_is_on_no_timeline(client: Client, ada: Customer, alice: User, field: str) -> None:
    StageMove.objects.create(customer=ada, before="active", after="slipping", at=NOW, by=alice)
    Consent.objects.create(customer=ada, channel="email", purpose="marketing", state="given", at=NOW)
    as_agent(client)
    FieldRule.objects.create(role="agent", noun="customers", field=field, access="hidden")
    page = client.get(ada.get_absolute_url())
    assert {"stage", "consent"} - {entry.kind for entry in page.context["entries"]} == {field}


def test_a_link_to_change_an_act_leads_to_who_may_change_it(client: Client, ada: Customer, alice: User) -> None:
    carol = as_agent(client)
    theirs, own = (add_touch(ada, by=by, at=NOW, kind="note", body="Tea.") for by in (alice, carol))
    address = {touch: reverse("touch", args=[touch.pk]) for touch in (theirs, own)}
    assert "Take it off" in client.get(address[own]).content.decode()
    assert "Take it off" not in client.get(address[theirs]).content.decode(), "agents delete what is their own"
    Grant.objects.create(role="agent", noun="touches", verb="edit", scope=Scope.OWN)
    page = client.get(ada.get_absolute_url()).content.decode()
    assert (address[own] in page, address[theirs] in page) == (True, False)
    assert client.get(address[theirs]).status_code == 404


@pytest.fixture
def letter(ada: Customer, alice: User) -> Iterator[Mail]:
    touch = write_mail(ada, by=alice, at=NOW, title="Your oven", body="It is here.")
    yield Mail.objects.get(touch=touch)


def test_a_letter_goes_out_once_and_answers_come_to_its_writer(letter: Mail) -> None:
    send(letter.pk, at=NOW)
    send(letter.pk, at=NOW)
    assert len(outgoing.outbox) == 1
    sent = outgoing.outbox[0]
    assert (sent.to, sent.subject, sent.reply_to) == (["ada@example.com"], "Your oven", ["alice@example.com"])
    letter.refresh_from_db()
    assert (letter.state, letter.sent_at) == ("sent", NOW)


def test_a_letter_that_the_server_refuses_waits_longer_each_time_and_is_given_up_at_last(
    letter: Mail, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*arguments: Any, **named: Any) -> None:
        raise SMTPServerDisconnected("The server went away.")

    monkeypatch.setattr("django.core.mail.EmailMessage.send", refuse)
    for attempt in range(1, MOST_ATTEMPTS):
        send(letter.pk, at=NOW)
        letter.refresh_from_db()
        assert (letter.state, letter.attempts) == ("waiting", attempt)
    send(letter.pk, at=NOW)
    letter.refresh_from_db()
    assert (letter.state, letter.problem) == ("failed", "The server went away.")
    assert send_again(letter)


def test_a_letter_whose_sender_died_is_not_sent_twice_by_itself(letter: Mail) -> None:
    Mail.objects.filter(pk=letter.pk).update(state="sending", begun_at=NOW)
    assert settle_unsure(at=NOW + GIVEN_UP_ON / 2) == 0
    assert settle_unsure(at=NOW + GIVEN_UP_ON * 2) == 1
    send(letter.pk, at=NOW)
    assert outgoing.outbox == []
    letter.refresh_from_db()
    assert "nobody knows" in letter.get_state_display()


def test_who_withdrew_their_consent_is_not_written_to(desk: Client, ada: Customer) -> None:
    Consent.objects.create(customer=ada, channel="email", purpose="service", state="withdrawn", at=NOW)
    answer = desk.post(reverse("touches", args=[ada.pk]), {"kind": "e-mail", "title": "Hello", "body": "Hello."})
    assert answer.status_code == 422
    assert "does not want e-mail" in answer.content.decode()
    assert not Mail.objects.exists()


def test_an_address_that_cannot_be_used_is_not_written_to(desk: Client, ada: Customer) -> None:
    ContactPoint.objects.create(customer=ada, kind="email", value="ada@", written="ada@", problem="no domain")
    answer = desk.post(reverse("touches", args=[ada.pk]), {"kind": "e-mail", "title": "Hello", "body": "Hello."})
    assert "no e-mail address" in answer.content.decode()


def test_whoever_is_held_out_gets_no_letter_unless_a_manager_says_why(
    client: Client, ada: Customer, alice: User
) -> None:
    hold = Hold.objects.create(customer=ada, experiment="plan-7", part="mailing", until=NOW.date() + timedelta(days=9))
    letter = {"title": "Spring", "body": "Ten per cent off."}
    with pytest.raises(StillHeldError, match="held out by lot until"):
        write_mail(ada, by=alice, at=NOW, **letter)
    rep = User.objects.create_user("rob@example.com", name="Rob", role="rep")
    with pytest.raises(StillHeldError):
        write_mail(ada, by=rep, at=NOW, though_held="I like her.", **letter)
    assert reached_though_held("plan-7") == 0
    write_mail(ada, by=alice, at=NOW, though_held="She asked on the phone.", **letter)
    assert (reached_though_held("plan-7"), HeldReached.objects.get().reason) == (1, "She asked on the phone.")
    assert AuditEntry.objects.filter(verb="reach held").count() == 1
    add_touch(ada, by=None, at=NOW, kind="web", direction="in", title="Visited 2 pages", minutes=3)
    with pytest.raises(StillHeldError):
        write_mail(ada, by=rep, at=NOW, **letter)
    add_touch(ada, by=alice, at=NOW, kind="e-mail", direction="in", title="A question")
    write_mail(ada, by=rep, at=NOW, title="Re: A question", body="Yes.")
    assert reached_though_held("plan-7") == 1, "an answer is no part of the experiment"
    hold.delete()


def test_the_composer_says_why_it_does_not_send_and_asks_a_manager_for_a_reason(
    client: Client, ada: Customer, alice: User
) -> None:
    Hold.objects.create(customer=ada, experiment="plan-7", part="mailing", until=None)
    client.force_login(alice)
    told = {"kind": "e-mail", "title": "Spring", "body": "Ten per cent off."}
    refused = client.post(reverse("touches", args=[ada.pk]), told)
    assert refused.status_code == 422
    assert "held out by lot" in refused.content.decode()
    assert 'name="though_held"' in refused.content.decode()
    client.post(reverse("touches", args=[ada.pk]), told | {"though_held": "She asked for it."})
    assert reached_though_held("plan-7") == 1
