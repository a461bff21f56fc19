"""Consent that counts once confirmed by the link in a letter: once, by whoever has the address, never against a no."""

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from smtplib import SMTPServerDisconnected

import pytest
from django.core.cache import cache
from django.core.mail import EmailMessage
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse
from django_tasks_db.models import DBTaskResult
from pytest_django.fixtures import Settings

from keepers.crm.customers.capture import confirming, guarding
from keepers.crm.customers.capture.actions import keep_form
from keepers.crm.customers.capture.confirming import link_of, send_link
from keepers.crm.customers.capture.forms import WebFormForm
from keepers.crm.customers.capture.guarding import new_token
from keepers.crm.customers.capture.models import Confirmation, WebForm
from keepers.crm.customers.models import Consent, ContactPoint, Customer
from keepers.crm.customers.timeline.models import Touch
from keepers.crm.people.models import User
from keepers.crm.work.planning import plan_every_morning
from keepers.loop.workspace import Workspace

pytestmark = pytest.mark.django_db
ERIKA = {"name": "Erika Weber", "email": "Erika@example.com", "agreed": "on"}
Send = Callable[..., HttpResponse]
Letters = Callable[[], list[EmailMessage]]


@pytest.fixture
def form(settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> WebForm:
    cache.clear()
    settings.WORKSPACE, settings.EMAIL_HOST = Workspace(tmp_path / "home"), "mail.example.com"
    monkeypatch.setattr(guarding, "QUICKEST", -1)  # tests fill forms quickly
    alice = User.objects.create_user("alice@example.com", name="Alice Adler", role="owner")
    given = {
        "name": "Catalog", "title": "Our catalog", "asks": ["name", "email", "phone"], "needs": ["email"],
        "thanks": "Thank you.", "consent_text": "You may write to me.", "confirms": True,
    }  # fmt: skip
    return keep_form(None, given, by=alice, at=datetime(2026, 7, 1, tzinfo=UTC))


@pytest.fixture
def send(client: Client, form: WebForm) -> Send:
    def sending(**told: str) -> HttpResponse:
        sent = ERIKA | {"token": new_token(form), "page": "https://evil.example.com/?x=1"} | told
        return client.post(reverse("web_form_answers", args=[form.key]), sent)  # type: ignore[return-value]

    return sending


@pytest.fixture
def letters(mailoutbox: list[EmailMessage]) -> Letters:
    """All that went out, once the worker did what it was asked."""

    def sent() -> list[EmailMessage]:
        for each in DBTaskResult.objects.filter(task_path=send_link.module_path):
            send_link.call(*each.args_kwargs["args"])
        DBTaskResult.objects.all().delete()
        return mailoutbox

    return sent


def test_nothing_counts_before_the_link_is_confirmed_and_then_once_with_its_proof(
    send: Send, letters: Letters, client: Client
) -> None:
    assert "counts once you confirm" in send().json()["thanks"]  # type: ignore[attr-defined]
    assert not Consent.objects.exists()
    assert "asked by e-mail to confirm it: You may write to me." in Touch.objects.get().body
    (letter,) = letters()
    assert (letter.to, letter.subject) == (["erika@example.com"], "Please confirm: Our catalog")
    assert "evil" not in letter.body, "nothing that a stranger filled in goes out in our name"
    link = _link_in(letter)
    page = client.get(link).content.decode()
    assert "You may write to me." in page
    assert not Consent.objects.exists(), "mail programs open links, too"
    done = client.post(link, follow=True, REMOTE_ADDR="192.0.2.7")
    assert "You confirmed this on" in done.content.decode()
    assert not client.cookies
    said = Consent.objects.get()
    assert (said.state, said.channel, said.purpose, said.by, said.source) == (
        "given", "email", "marketing", None, "Catalog",
    )  # fmt: skip
    assert "confirmed it at" in said.proof
    assert "letter to erika@example.com, from the address with the hash " in said.proof
    assert "192.0.2.7" not in said.proof
    Consent.objects.update(state="withdrawn")
    client.post(link)
    assert [each.state for each in Consent.objects.all()] == ["withdrawn"], "a link counts once"
    assert Touch.objects.filter(title="Confirmed by the link in a letter").count() == 1


def test_a_confirmed_yes_turns_an_earlier_no_and_never_a_later_one(
    send: Send, letters: Letters, client: Client
) -> None:
    ada = Customer.objects.create(key="C1", name="Ada Novak", email="erika@example.com")
    Consent.objects.create(
        customer=ada, channel="email", purpose="marketing", state="refused", at=datetime(2026, 1, 1, tzinfo=UTC)
    )
    send()
    link = _link_in(letters()[0])
    later = Consent.objects.create(
        customer=ada, channel="email", purpose="marketing", state="withdrawn", is_latest=False,
        at=datetime.now(UTC) + timedelta(minutes=1),
    )  # fmt: skip
    Consent.objects.exclude(pk=later.pk).update(is_latest=False)
    Consent.objects.filter(pk=later.pk).update(is_latest=True)
    refused = client.post(link)
    assert (refused.status_code, Consent.objects.filter(state="given").count()) == (404, 0)
    assert "You said no since." in refused.content.decode()
    assert client.post(f"{link}letters/").status_code == 404
    later.delete()
    client.post(link)
    assert Consent.objects.get(is_latest=True).state == "given"


def test_nobody_agrees_for_somebody_else_by_their_number(send: Send, letters: Letters) -> None:
    ada = Customer.objects.create(key="C1", name="Ada Novak", email="ada@example.com")
    ContactPoint.objects.create(customer=ada, kind="phone", value="+38640123456", written="040 123 456")
    send(email="mallory@example.com", phone="+386 40 123 456")
    assert letters() == []
    assert not Confirmation.objects.exists()
    assert "by an unknown address; ask them" in Touch.objects.get().body


def test_an_old_link_is_sent_anew_but_not_again_and_again(
    send: Send, letters: Letters, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    send()
    send(token=new_token(WebForm.objects.get()))
    assert len(letters()) == 1, "no second letter within minutes"
    old = _link_in(letters()[0])
    with monkeypatch.context() as later:
        later.setattr(confirming, "LASTS", timedelta(seconds=-1))
        page = client.post(old)
        assert (page.status_code, Consent.objects.count()) == (410, 0)
        assert f'action="{old}letters/"' in page.content.decode()
    assert client.post(f"{old}letters/").status_code == 429
    monkeypatch.setattr(confirming, "REST", timedelta(0))
    assert client.post(f"{old}letters/").status_code == 200
    assert client.post(f"{old}letters/").status_code == 200
    assert client.post(f"{old}letters/").status_code == 429, "three a day"
    assert len(letters()) == 3
    client.post(_link_in(letters()[-1]))
    assert Consent.objects.get().state == "given"


def test_other_links_open_nothing(send: Send, client: Client) -> None:
    send()
    asked = Confirmation.objects.get()
    for wrong in ("x", asked.nonce, link_of(asked)[:-1], link_of(Confirmation(nonce="made-up"))):
        assert client.post(reverse("web_form_confirmation", args=[wrong])).status_code == 404
    Customer.objects.update(email="new@example.com")
    ContactPoint.objects.all().delete()
    assert client.post(reverse("web_form_confirmation", args=[link_of(asked)])).status_code == 404
    assert not Consent.objects.exists()


def test_a_letter_waits_for_a_mail_server_that_does_not_answer(
    send: Send, letters: Letters, monkeypatch: pytest.MonkeyPatch
) -> None:
    def gone(_letter: EmailMessage) -> None:
        raise SMTPServerDisconnected("gone")

    send()
    asked = Confirmation.objects.get()
    DBTaskResult.objects.all().delete()
    with monkeypatch.context() as broken:
        broken.setattr(EmailMessage, "send", gone)
        send_link.call(asked.pk, "http://testserver/", 1)
        with pytest.raises(SMTPServerDisconnected):
            send_link.call(asked.pk, "http://testserver/", confirming.MOST_ATTEMPTS)
    waiting = DBTaskResult.objects.get(task_path=send_link.module_path)
    assert waiting.args_kwargs["args"] == [asked.pk, "http://testserver/", 2]
    assert waiting.run_after is not None
    assert len(letters()) == 1


def test_what_nobody_confirmed_goes_some_morning_after_a_month(send: Send, form: WebForm) -> None:
    send()
    Confirmation.objects.update(asked_at=datetime.now(UTC) - timedelta(days=31))
    send(email="other@example.com", token=new_token(form))
    plan_every_morning.call()
    assert [each.email for each in Confirmation.objects.all()] == ["other@example.com"]


def test_a_form_asks_to_confirm_only_where_a_letter_can_reach_somebody(form: WebForm, settings: Settings) -> None:
    told = {
        "name": "Catalog", "title": "Our catalog", "asks": ["name", "email"], "needs": ["email"], "confirms": "on",
        "thanks": "Thank you.", "channel": "email", "purpose": "marketing", "consent_text": "Yes.",
    }  # fmt: skip
    assert WebFormForm(told).is_valid()
    assert not WebFormForm(told | {"consent_text": ""}).is_valid()
    assert not WebFormForm(told | {"needs": ["name"]}).is_valid()
    settings.EMAIL_HOST = ""
    assert "mail server" in str(WebFormForm(told).errors)


def _link_in(letter: EmailMessage) -> str:
    found = re.search(r"http://testserver(/\S+)", str(letter.body))
    assert found
    return found[1]
