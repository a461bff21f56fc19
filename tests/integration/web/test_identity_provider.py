"""Sign-in by an identity provider: a real one, on this machine, which says whatever the test wants."""

from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse
from oidc_provider_mock import run_server_in_thread
from pytest_django.fixtures import Settings

from keepers.crm.people.models import AuditEntry, User
from keepers.crm.people.roles import Role
from keepers.crm.people.sign_in.identity import Provider
from keepers.web.environment import Environment, SettingError

GUIDE = Path(__file__).parents[3] / "docs" / "guide" / "settings.md"
pytestmark = [
    pytest.mark.django_db,
    pytest.mark.filterwarnings("ignore::DeprecationWarning:authlib"),
    pytest.mark.filterwarnings("ignore::DeprecationWarning:oidc_provider_mock"),
]


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    with run_server_in_thread() as running:
        yield f"http://localhost:{running.server_port}"


@pytest.fixture
def provider(server: str, settings: Settings) -> Provider:
    return _named(settings, server)


def test_whoever_was_invited_comes_in_and_is_known_the_next_time(provider: Provider) -> None:
    user = User.objects.create_user("bob@example.com", role=Role.REP)
    came = sign_in(provider, "bob-1", email="Bob@example.com", email_verified=True)
    assert came.headers["Location"] == reverse("today")
    again = sign_in(provider, "bob-1", email="changed@example.com", email_verified=True)
    assert again.headers["Location"] == reverse("today")
    assert User.objects.get() == user
    assert list(AuditEntry.objects.values_list("verb", "actor_name")) == [("sign-in", "bob@example.com")] * 2


@pytest.mark.parametrize(
    ("claims", "why"),
    [
        ({"email": "mallory@example.com", "email_verified": True}, "Nobody has invited mallory@example.com"),
        ({"email": "bob@example.com", "email_verified": False}, "does not vouch for"),
        ({"email": "bob@example.com"}, "does not vouch for"),
        ({}, "does not vouch for"),
    ],
)
def test_others_are_turned_away_in_words(provider: Provider, claims: dict[str, object], why: str) -> None:
    User.objects.create_user("bob@example.com", role=Role.REP)
    refused = sign_in(provider, f"someone-{len(why)}-{len(claims)}", **claims)
    assert refused.status_code == 403
    assert why in refused.content.decode()
    assert User.objects.count() == 1
    assert AuditEntry.objects.get().verb == "failed sign-in"


def test_a_provider_that_cannot_be_asked_is_said_and_why_is_kept(
    settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    _named(settings, "http://127.0.0.1:9")
    refused = Client().get(reverse("openid_connect_login", args=["oidc"]))
    assert refused.status_code == 503
    assert "cannot be asked just now" in refused.content.decode()
    denied = Client().get(reverse("openid_connect_callback", args=["oidc"]) + "?error=invalid_client")
    assert "did not say who you are" in denied.content.decode()
    kept = list(AuditEntry.objects.order_by("pk"))
    assert ("refused" in kept[0].changes["why"], len(kept)) == (True, 2)
    assert "127.0.0.1" in caplog.text
    assert f"https://…{reverse('openid_connect_callback', args=['oidc'])}`" in GUIDE.read_text(encoding="utf-8")


def test_whoever_may_no_longer_sign_in_is_turned_away(server: str, settings: Settings) -> None:
    provider = _named(settings, server, domain="example.com")
    User.objects.create_user("bob@example.com", role=Role.REP, is_active=False)
    refused = sign_in(provider, "bob-2", email="bob@example.com", email_verified=True)
    assert refused.status_code == 403


def test_people_of_the_domain_come_with_the_role_that_the_settings_name(server: str, settings: Settings) -> None:
    provider = _named(settings, server, domain="example.com", role=Role.ANALYST)
    came = sign_in(provider, "cara", email="cara@example.com", email_verified=True, name="Cara Cole")
    assert came.headers["Location"] == reverse("today")
    user = User.objects.get()
    assert (user.email, user.name, user.role) == ("cara@example.com", "Cara Cole", "analyst")
    other = sign_in(provider, "eve", email="eve@example.com.evil.org", email_verified=True)
    assert other.status_code == 403


@pytest.mark.usefixtures("provider")
def test_the_door_has_a_button_where_a_provider_is_named(client: Client, settings: Settings) -> None:
    assert "Sign in with Our provider" in client.get(reverse("account_login")).content.decode()
    settings.OIDC = None
    assert "Sign in with Our provider" not in client.get(reverse("account_login")).content.decode()


def test_the_environment_names_the_provider() -> None:
    named = {"KEEPERS_OIDC_URL": "https://id.example.com/", "KEEPERS_OIDC_CLIENT": "k", "KEEPERS_OIDC_SECRET": "s"}
    found = Environment(named | {"KEEPERS_OIDC_DOMAIN": "@example.com", "KEEPERS_OIDC_ROLE": "rep"}).provider
    assert found == Provider("https://id.example.com", "k", "s", "OpenID", "example.com", Role.REP)
    assert Environment({}).provider is None
    with pytest.raises(SettingError, match="KEEPERS_OIDC_CLIENT"):
        _ = Environment({"KEEPERS_OIDC_URL": "https://id.example.com"}).provider
    with pytest.raises(SettingError, match='"king"'):
        _ = Environment(named | {"KEEPERS_OIDC_ROLE": "king"}).provider


def sign_in(provider: Provider, subject: str, **claims: object) -> HttpResponse:
    """From the button to wherever it ends."""
    httpx.put(f"{provider.url}/users/{subject}", json=claims).raise_for_status()
    client = Client()
    begun = client.get(reverse("openid_connect_login", args=["oidc"]))
    assert begun.status_code == 302, begun.content.decode()
    said = httpx.post(begun.headers["Location"], data={"sub": subject})
    assert said.status_code == 302, said.text
    back = urlsplit(said.headers["Location"])
    return client.get(f"{back.path}?{back.query}")  # type: ignore[return-value]


def _named(settings: Settings, url: str, **more: object) -> Provider:
    provider = Provider(url=url, client="keepers", secret="secret", name="Our provider", **more)  # type: ignore[arg-type]
    app = {"provider_id": "oidc", "name": provider.name, "client_id": "keepers", "secret": "secret"}
    settings.OIDC = provider
    settings.SOCIALACCOUNT_PROVIDERS = {
        "openid_connect": {"OAUTH_PKCE_ENABLED": True, "APPS": [app | {"settings": {"server_url": url}}]}
    }
    return provider
