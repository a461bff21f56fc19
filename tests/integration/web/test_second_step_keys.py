"""Keys at sign-in: made, asked for beside the password or alone, lost, removed, and never another's."""

import re

import pytest
from django.core.cache import cache
from django.test import Client
from django.urls import reverse

from keepers.crm.people.models import AuditEntry, User
from tests.integration.web.soft_key import SoftKey, options_in

pytestmark = pytest.mark.django_db
SECRET = "correct horse battery"


@pytest.fixture
def alice() -> User:
    cache.clear()
    return User.objects.create_user("alice@example.com", name="Alice Adler", password=SECRET, role="owner")


@pytest.fixture
def browser(alice: User) -> Client:
    client = Client()
    _sign_in(client, alice)
    return client


def test_a_key_is_asked_for_after_the_password_and_codes_stay_for_the_day_it_is_lost(
    browser: Client, alice: User
) -> None:
    key = SoftKey()
    codes = re.findall(r"<code>(\d+)</code>", _add(browser, key))
    assert len(codes) == 10
    page = browser.get(reverse("mfa_index"), secure=True).content.decode()
    assert "My stick" in page
    assert "not used yet" in page
    stranger = Client()
    _sign_in(stranger, alice)
    asked = stranger.get(reverse("mfa_authenticate"), secure=True).content.decode()
    assert stranger.get(reverse("account"), secure=True).status_code == 302, "the password alone is not enough"
    for wrong in (
        SoftKey(user=key.user, id=key.id),
        SoftKey(origin="https://evil.example.com", id=key.id, secret=key.secret),
    ):
        answer = stranger.post(reverse("mfa_authenticate"), {"credential": wrong.shown(options_in(asked))}, secure=True)
        assert answer.status_code == 200
        asked = answer.content.decode()
        assert "Incorrect code." in asked
    answer = key.shown(options_in(asked))
    assert stranger.post(reverse("mfa_authenticate"), {"credential": answer}, secure=True).status_code == 302
    assert stranger.get(reverse("account"), secure=True).status_code == 200
    without = Client()
    _sign_in(without, alice)
    again = without.post(reverse("mfa_authenticate"), {"credential": answer}, secure=True)
    assert again.status_code == 200, "an answer counts for its own question alone"
    without.post(reverse("mfa_authenticate"), {"code": codes[0]}, secure=True)
    assert without.get(reverse("account"), secure=True).status_code == 200


def test_a_key_signs_in_alone_and_the_log_tells_of_it(browser: Client, alice: User) -> None:
    key, stranger = SoftKey(), Client()
    _add(browser, key)
    page = stranger.get(reverse("account_login"), secure=True)
    assert 'data-passkey="enter" hidden' in page.content.decode()
    assert "script-src 'self'" in page.headers["Content-Security-Policy"]
    assert not re.search(r"<script(?![^>]*\b(src|type=\"application/json\"))", page.content.decode())
    before = AuditEntry.objects.filter(verb="sign-in").count()
    options = stranger.get(reverse("mfa_login_webauthn"), headers={"accept": "application/json"}, secure=True).json()
    told = {"credential": key.shown(options["request_options"])}
    entered = stranger.post(reverse("mfa_login_webauthn"), told, secure=True)
    assert (entered.status_code, entered.headers["Location"]) == (302, reverse("today"))
    assert stranger.get(reverse("account"), secure=True).status_code == 200
    assert AuditEntry.objects.filter(verb="sign-in", actor=alice).count() == before + 1


def test_the_key_of_somebody_who_left_opens_nothing(browser: Client, alice: User) -> None:
    key, stranger = SoftKey(), Client()
    _add(browser, key)
    alice.is_active = False
    alice.save()
    options = stranger.get(reverse("mfa_login_webauthn"), headers={"accept": "application/json"}, secure=True).json()
    stranger.post(reverse("mfa_login_webauthn"), {"credential": key.shown(options["request_options"])}, secure=True)
    assert stranger.get(reverse("account"), secure=True).status_code == 302


def test_a_key_is_renamed_and_removed_by_its_owner_alone(browser: Client, alice: User) -> None:
    _add(browser, SoftKey())
    number = alice.authenticator_set.get(type="webauthn").pk
    mallory = Client()
    _sign_in(mallory, User.objects.create_user("mallory@example.com", password=SECRET, role="rep"))
    mallory.post(reverse("account_reauthenticate"), {"password": SECRET}, secure=True)
    for name in ("mfa_edit_webauthn", "mfa_remove_webauthn"):
        assert mallory.post(reverse(name, args=[number]), {"name": "Mine"}, secure=True).status_code == 404
    browser.post(reverse("mfa_edit_webauthn", args=[number]), {"name": "Blue stick"}, secure=True)
    assert "Blue stick" in browser.get(reverse("mfa_remove_webauthn", args=[number]), secure=True).content.decode()
    gone = browser.post(reverse("mfa_remove_webauthn", args=[number]), secure=True, follow=True)
    assert "No key yet." in gone.content.decode()
    assert not alice.authenticator_set.exists(), "with the last step the codes go, too"


def test_who_has_a_key_shows_it_before_changing_how_they_come_in(browser: Client, alice: User) -> None:
    key = SoftKey()
    _add(browser, key)
    client = Client()
    client.force_login(alice)
    page = client.get(reverse("mfa_reauthenticate_webauthn"), secure=True).content.decode()
    told = {"credential": key.shown(options_in(page)), "next": reverse("mfa_add_webauthn")}
    assert client.post(reverse("mfa_reauthenticate_webauthn"), told, secure=True).status_code == 302
    assert client.get(reverse("mfa_add_webauthn"), secure=True).status_code == 200


def _sign_in(client: Client, user: User) -> None:
    client.post(reverse("account_login"), {"login": user.email, "password": SECRET}, secure=True)


def _add(client: Client, key: SoftKey) -> str:
    """Add it by the page; what is shown then."""
    adding = reverse("mfa_add_webauthn")
    asked = client.get(adding, secure=True, follow=True)
    if asked.redirect_chain:
        told = {"password": SECRET, "next": adding}
        asked = client.post(reverse("account_reauthenticate"), told, secure=True, follow=True)
    told = {"name": "My stick", "credential": key.made(options_in(asked.content.decode())), "passwordless": "on"}
    return client.post(adding, told, secure=True, follow=True).content.decode()
