"""A firm's own site: prospects with proof of consent, nobody changed who is known, nothing without consent."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.cache import cache
from django.core.signing import TimestampSigner
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse
from pytest_django.fixtures import Settings

from keepers.crm.customers.capture import guarding, visiting
from keepers.crm.customers.capture.actions import keep_form
from keepers.crm.customers.capture.guarding import new_token, signature_of
from keepers.crm.customers.capture.models import Submission, Visit, Visitor, WebForm
from keepers.crm.customers.capture.visiting import PAUSE, end_visits
from keepers.crm.customers.models import Consent, ContactPoint, Customer, CustomField, Firm
from keepers.crm.customers.timeline.models import OutboxRow, Touch
from keepers.crm.people.models import AuditEntry, User
from keepers.loop.forgetting import Subject, raise_tombstones
from keepers.loop.workspace import Workspace
from keepers.warehouse.erasing import Names
from keepers.warehouse.tombstones import Mark

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 7, 1, 9, 30, tzinfo=UTC)
SHOP = "https://shop.example.com"
ERIKA = {"name": "Erika Weber", "email": "Erika@example.com", "message": "The catalog, please."}


@pytest.fixture(autouse=True)
def workspace(settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Workspace:
    cache.clear()
    settings.WORKSPACE = Workspace(tmp_path / "home")
    monkeypatch.setattr(guarding, "QUICKEST", -1)  # tests fill forms quickly
    return settings.WORKSPACE


@pytest.fixture
def alice() -> User:
    return User.objects.create_user("alice@example.com", name="Alice Adler", role="owner")


@pytest.fixture
def form(alice: User) -> WebForm:
    CustomField.objects.create(key="size", label="Size", kind="number")
    given = {
        "name": "Catalog", "title": "Our catalog", "asks": ["name", "email", "phone", "message", "field-size"],
        "needs": ["email"], "thanks": "Thank you.", "consent_text": "You may write to me.", "owner": alice,
        "acquired_by": "Site", "sites": [SHOP],
    }  # fmt: skip
    return keep_form(None, given, by=alice, at=NOW)


@pytest.fixture
def send(client: Client, form: WebForm) -> Callable[..., HttpResponse]:
    def sending(origin: str = SHOP, token: str | None = None, **told: Any) -> HttpResponse:
        sent = {"token": new_token(form) if token is None else token, "page": f"{SHOP}/catalog?ref=secret"} | told
        address = reverse("web_form_answers", args=[form.key])
        return client.post(address, sent, headers={"origin": origin})  # type: ignore[return-value]

    return sending


def test_somebody_new_becomes_a_prospect_with_proof_of_consent(
    send: Callable[..., HttpResponse], form: WebForm, alice: User
) -> None:
    answer = send(**ERIKA, agreed="on", **{"field-size": "3"})
    assert (answer.status_code, answer.json()) == (200, {"thanks": "Thank you."}), answer.content
    assert answer.headers["Access-Control-Allow-Origin"] == SHOP
    assert not answer.cookies
    erika = Customer.objects.get()
    assert (erika.name, erika.email, erika.stage, erika.owner, erika.acquired_by) == (
        "Erika Weber", "erika@example.com", "prospect", alice, "Site",
    )  # fmt: skip
    assert erika.custom_values.get().number == 3
    said = Consent.objects.get()
    assert (said.state, said.by, said.source) == ("given", None, "Catalog")
    assert 'Ticked "You may write to me." in the form "Catalog" on https://shop.example.com/catalog at ' in said.proof
    touch = Touch.objects.get()
    assert (touch.kind, touch.direction, touch.customer) == ("web", "in", erika)
    assert "Message: The catalog, please." in touch.body
    assert "secret" not in touch.body
    assert OutboxRow.objects.count() == 1, "the warehouse learns it"
    assert set(AuditEntry.objects.exclude(noun="settings").values_list("via", flat=True)) == {"web"}


def test_who_is_known_gets_an_act_and_nothing_of_theirs_changes(send: Callable[..., HttpResponse]) -> None:
    ada = Customer.objects.create(key="C1", name="Ada Novak", email="erika@example.com", stage="active")
    ContactPoint.objects.create(customer=ada, kind="phone", value="+38640123456", written="040 123 456")
    Consent.objects.create(customer=ada, channel="email", purpose="marketing", state="withdrawn", at=NOW)
    send(**ERIKA, agreed="on", **{"field-size": "3"})
    send(email="other@example.com", phone="+386 40 123 456", name="Mallory")
    ada.refresh_from_db()
    assert Customer.objects.count() == 1
    assert (ada.name, ada.email, ada.stage) == ("Ada Novak", "erika@example.com", "active")
    assert (ada.contact_points.count(), ada.custom_values.count()) == (1, 0)
    assert Consent.objects.get().state == "withdrawn", "a form does not turn a refusal round"
    assert ["refused before" in touch.body for touch in Touch.objects.order_by("pk")] == [True, False]


def test_a_form_counts_once_and_not_when_a_program_fills_what_nobody_sees(
    send: Callable[..., HttpResponse], form: WebForm
) -> None:
    token = new_token(form)
    assert send(token=token, **ERIKA).status_code == send(token=token, **ERIKA).status_code == 200
    assert Submission.objects.count() == Touch.objects.count() == 1
    assert send(website="http://spam.example.com", email="bot@example.com").status_code == 200
    assert Submission.objects.count() == 1


def test_a_token_must_be_ours_neither_old_nor_just_made(
    send: Callable[..., HttpResponse], form: WebForm, monkeypatch: pytest.MonkeyPatch
) -> None:
    others = TimestampSigner(salt="keepers.web-form.other").sign("x")
    for wrong in ("", "made-up", others):
        assert send(token=wrong, **ERIKA).status_code == 422
    monkeypatch.setattr(guarding, "QUICKEST", 60)
    assert "quick" in send(**ERIKA).json()["error"]
    monkeypatch.setattr(guarding, "SLOWEST", -1)
    assert "too long" in send(**ERIKA).json()["error"]
    assert not Customer.objects.exists()


def test_what_is_wrong_is_said_field_by_field(send: Callable[..., HttpResponse]) -> None:
    assert set(send(email="nonsense").json()["errors"]) == {"email"}
    assert set(send(name="Nobody").json()["errors"]) == {"email"}
    assert send(**ERIKA, **{"field-size": "large"}).status_code == 422


def test_other_sites_and_too_many_answers_are_refused(
    send: Callable[..., HttpResponse], client: Client, form: WebForm, monkeypatch: pytest.MonkeyPatch
) -> None:
    foreign = send(origin="https://evil.example.com", **ERIKA)
    assert foreign.status_code == 403
    assert "Access-Control-Allow-Origin" not in foreign.headers
    monkeypatch.setattr(guarding, "ANSWERS_AN_HOUR", 2)
    assert [send(email=f"a{number}@example.com").status_code for number in range(3)] == [200, 200, 429]
    asked = client.options(reverse("web_form_answers", args=[form.key]), headers={"origin": SHOP})
    assert (asked.status_code, asked.headers["Access-Control-Allow-Origin"]) == (204, SHOP)
    form.is_active = False
    form.save()
    assert client.get(reverse("web_form_token", args=[form.key]), headers={"origin": SHOP}).status_code == 404


def test_the_form_s_own_page_works_alone_and_asks_again_what_came_without_a_token(form: WebForm) -> None:
    client, address = Client(enforce_csrf_checks=True), reverse("web_form_page", args=[form.key])
    page = client.get(address)
    assert not page.cookies
    assert "You may write to me." in page.content.decode()
    again = client.post(address, ERIKA, headers={"origin": SHOP})
    assert again.status_code == 422
    assert "Erika Weber" in again.content.decode()
    taken = client.post(address, ERIKA | {"token": new_token(form)})
    assert taken.headers["Location"] == reverse("web_form_thanks", args=[form.key])
    assert "Thank you." in client.get(taken.headers["Location"]).content.decode()
    assert not client.cookies
    assert "on http://testserver/web/" not in Touch.objects.get().body
    assert f"Page: http://testserver{address}" in Touch.objects.get().body


def test_somebody_who_was_forgotten_stays_so(send: Callable[..., HttpResponse], workspace: Workspace) -> None:
    subject = Subject(Names(frozenset({"C9"}), frozenset()), frozenset({Mark("email", "erika@example.com")}))
    raise_tombstones(workspace, subject, at=NOW)
    assert send(**ERIKA).json() == {"thanks": "Thank you."}
    assert not Customer.objects.exists()
    assert Submission.objects.get().was_forgotten


def test_whoever_was_forgotten_by_a_number_as_it_was_written_is_thanked_like_all(
    send: Callable[..., HttpResponse], workspace: Workspace
) -> None:
    subject = Subject(Names(frozenset({"C9"}), frozenset()), frozenset({Mark("phone", "040 123 456")}))
    raise_tombstones(workspace, subject, at=NOW)
    Firm.objects.create(country="SI")
    assert send(**ERIKA | {"phone": "(040) 123456"}).json() == {"thanks": "Thank you."}
    assert Submission.objects.get().was_forgotten


def test_visits_become_one_act_of_whoever_it_turns_out_to_be(
    client: Client, send: Callable[..., HttpResponse], form: WebForm
) -> None:
    address = reverse("web_form_visits", args=[form.key])
    for path in ("/tea?token=secret", "/tea", "/coffee"):
        body = json.dumps({"visitor": "v-1", "page": f"{SHOP}{path}", "title": path[1:4]})
        answer = client.post(address, body, content_type="text/plain", headers={"origin": SHOP})
        assert (answer.status_code, bool(answer.cookies)) == (204, False)
    assert [page for page, _ in Visit.objects.get().pages] == [f"{SHOP}/tea", f"{SHOP}/coffee"]
    later = datetime.now(UTC) + PAUSE * 2
    assert end_visits(at=later) == 0, "nobody knows whose it is"
    send(**ERIKA, visitor="v-1")
    assert end_visits(at=later) == 1
    assert end_visits(at=later) == 0
    touch = Touch.objects.get(title="Visited 2 pages")
    assert touch.customer == Customer.objects.get()
    assert "secret" not in touch.body


def test_a_site_says_who_is_signed_in_there_by_its_signature_alone(client: Client, form: WebForm) -> None:
    ada = Customer.objects.create(key="C1", name="Ada", email="ada@example.com")
    address = reverse("web_form_visits", args=[form.key])
    for signature in ("nonsense", signature_of(form, "ada@example.com")):
        assert Visitor.objects.filter(customer=ada).count() == 0
        told = {"visitor": "v-1", "page": SHOP, "email": "Ada@example.com", "signature": signature}
        client.post(address, json.dumps(told), content_type="text/plain", headers={"origin": SHOP})
    assert Visitor.objects.get().customer == ada
    for body in ("[]", "{", "x" * 9_000, '{"visitor": 5, "page": "http://[x"}'):
        answer = client.post(address, body, content_type="text/plain", headers={"origin": SHOP})
        assert answer.status_code == 204


def test_visits_of_people_who_never_say_who_they_are_go(form: WebForm) -> None:
    visiting.see(form, "v-1", page=SHOP, title="", at=NOW)
    end_visits(at=NOW + timedelta(days=29))
    assert Visitor.objects.exists()
    end_visits(at=NOW + timedelta(days=31))
    assert not Visitor.objects.exists()


def test_an_administrator_makes_a_form_and_gets_the_lines_for_the_site(client: Client, alice: User) -> None:
    client.force_login(alice)
    given = {
        "name": "Catalog", "title": "Our catalog", "asks": ["name", "email", "message"], "needs": ["email"],
        "thanks": "Thank you.", "channel": "email", "purpose": "marketing", "sites": f"{SHOP}/\nnonsense",
    }  # fmt: skip
    wrong = client.post(reverse("web_forms"), given)
    assert (wrong.status_code, WebForm.objects.count()) == (422, 0)
    client.post(reverse("web_forms"), given | {"sites": f"{SHOP}/"})
    form = WebForm.objects.get()
    assert (form.sites, form.needs, form.is_active) == ([SHOP], ["email"], True)
    page = client.get(form.get_absolute_url()).content.decode()
    assert "&lt;form data-keepers action=" in page
    assert "&lt;/textarea&gt;" in page
    client.post(form.get_absolute_url(), given | {"sites": "", "needs": ["message", "phone"], "is_active": ""})
    form.refresh_from_db()
    assert (form.sites, form.needs, form.is_active) == ([], ["message"], False)
    assert [entry.verb for entry in AuditEntry.objects.filter(thing=str(form.pk), noun="settings")] == [
        "edit",
        "create",
    ]
    client.force_login(User.objects.create_user("bob@example.com", role="manager"))
    assert client.get(reverse("web_forms")).status_code == 403


def test_the_script_for_the_site_is_small() -> None:
    script = Path("src/keepers/web/static/keepers/js/site.js").read_bytes()
    assert len(script) <= 3_000
    assert b"cookie" not in script.lower().replace(b"no cookies.", b"")
