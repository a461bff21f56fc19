"""Who comes in, and how: the first link, sign-in, sign-out, password; nobody else."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from allauth.mfa.models import Authenticator
from django.test import Client
from django.urls import reverse

from keepers.crm.people.actions import LINK_LASTS, SpentLinkError, offer_welcome, open_link
from keepers.crm.people.models import User
from keepers.web.starting import NobodyThereError, link_back

pytestmark = pytest.mark.django_db
NOON = datetime(2026, 8, 12, 12, tzinfo=UTC)
ALICE = {"name": "Alice Adler", "email": "Alice@Example.com", "password": "correct horse battery"}


@pytest.fixture
def alice() -> User:
    return User.objects.create_user("alice@example.com", name="Alice Adler", password=ALICE["password"])


def test_the_first_link_makes_an_administrator_and_lets_them_in(client: Client) -> None:
    link = reverse("welcome", args=[offer_welcome(at=datetime.now(UTC))])
    assert client.get(link).status_code == 200
    entered = client.post(link, ALICE)
    assert entered.headers["Location"] == reverse("today")
    user = User.objects.get()
    assert (user.email, user.name, user.is_administrator) == ("alice@example.com", "Alice Adler", True)
    assert client.get(reverse("guide_contents")).status_code == 200


def test_a_link_lets_in_once(client: Client) -> None:
    link = reverse("welcome", args=[offer_welcome(at=datetime.now(UTC))])
    client.post(link, ALICE)
    again = Client().get(link)
    assert again.status_code == 410
    assert "used already or has expired" in again.content.decode()


def test_who_lost_the_second_step_comes_back_by_a_link_of_the_machine(client: Client, alice: User) -> None:
    Authenticator.objects.create(user=alice, type=Authenticator.Type.TOTP, data={"secret": "x"})
    older = link_back("alice@example.com", at=datetime.now(UTC))
    newer = link_back("ALICE@example.com", at=datetime.now(UTC))
    assert client.get(older).status_code == 410, "a newer link voids it"
    client.post(newer, ALICE | {"password": "another horse battery"})
    assert client.get(reverse("today")).status_code == 200
    with pytest.raises(NobodyThereError, match="has the address bob@"):
        link_back("bob@example.com", at=NOON)


def test_a_link_expires_and_a_newer_one_voids_it() -> None:
    first = offer_welcome(at=NOON)
    assert open_link(first, at=NOON + LINK_LASTS - timedelta(seconds=1))
    with pytest.raises(SpentLinkError):
        open_link(first, at=NOON + LINK_LASTS)
    second = offer_welcome(at=NOON)
    with pytest.raises(SpentLinkError):
        open_link(first, at=NOON)
    assert open_link(second, at=NOON)


def test_a_weak_password_is_refused_in_words(client: Client) -> None:
    link = reverse("welcome", args=[offer_welcome(at=datetime.now(UTC))])
    page = client.post(link, ALICE | {"password": "password"}).content.decode()
    assert "at least 10 characters" in page
    assert not User.objects.exists()


def test_the_visitor_of_the_demo_needs_no_password(client: Client) -> None:
    entered = client.get(reverse("welcome", args=[offer_welcome(at=datetime.now(UTC), for_demo=True)]))
    assert entered.headers["Location"] == reverse("today")
    assert not User.objects.get().has_usable_password()


@pytest.mark.parametrize("name", ["guide_contents", "search", "palette", "account_change_password"])
def test_a_stranger_sees_no_page_but_the_door(client: Client, name: str) -> None:
    turned = client.get(reverse(name))
    assert turned.status_code == 302
    assert turned.headers["Location"].startswith(reverse("account_login"))


def test_sign_in_and_out(client: Client, alice: User) -> None:
    door = reverse("account_login")
    for page in (door, reverse("account_reset_password")):
        assert "E-mail</label>" in client.get(page).content.decode(), "the word that all other pages have"
    wrong = client.post(door, {"login": alice.email, "password": "not it at all"})
    assert "not correct" in wrong.content.decode()
    right = client.post(door, {"login": "ALICE@example.com", "password": ALICE["password"]})
    assert right.status_code == 302
    assert client.get(reverse("guide_contents")).status_code == 200
    client.post(reverse("account_logout"))
    assert client.get(reverse("guide_contents")).status_code == 302


def test_nobody_makes_an_account_by_themselves(client: Client) -> None:
    page = client.get(reverse("account_signup"))
    assert "Nobody makes an account here" in page.content.decode()
    client.post(reverse("account_signup"), {"email": "mallory@example.com", "password1": ALICE["password"]})
    assert not User.objects.exists()


def test_a_password_is_changed(client: Client, alice: User) -> None:
    client.force_login(alice)
    new = "a battery of horses"
    changed = client.post(
        reverse("account_change_password"), {"oldpassword": ALICE["password"], "password1": new, "password2": new}
    )
    assert changed.status_code == 302
    alice.refresh_from_db()
    assert alice.check_password(new)


def test_nothing_is_called_successful(client: Client, alice: User) -> None:
    inside = client.post(reverse("account_login"), {"login": alice.email, "password": ALICE["password"]}, follow=True)
    assert "uccessfully" not in inside.content.decode()
    new = "another horse battery"
    changed = client.post(
        reverse("account_change_password"),
        {"oldpassword": ALICE["password"], "password1": new, "password2": new},
        follow=True,
    ).content.decode()
    assert "The password is changed." in changed
    assert "uccessfully" not in changed


def test_who_came_in_by_a_link_chooses_a_password(client: Client) -> None:
    visitor = User.objects.create_user("visitor@example.com", name="Vera Visitor")
    client.force_login(visitor)
    page = client.get(reverse("account_change_password"), follow=True).content.decode()
    assert "Choose this password" in page
    assert "Customers" in page  # within the frame of every page
    new = "a battery of horses"
    client.post(reverse("account_set_password"), {"password1": new, "password2": new})
    visitor.refresh_from_db()
    assert visitor.check_password(new)


def test_no_page_of_the_door_stands_without_the_frame(client: Client, alice: User) -> None:
    client.force_login(alice)
    assert "Keepers" in client.get(reverse("account_email_verification_sent")).content.decode()


def test_the_look_is_kept_and_the_page_comes_back(client: Client, alice: User) -> None:
    client.force_login(alice)
    back = reverse("guide_contents")
    chosen = client.post(reverse("choose_theme"), {"theme": "dark", "next": back})
    assert chosen.headers["Location"] == back
    assert 'data-theme="dark"' in client.get(back).content.decode()
    elsewhere = client.post(reverse("choose_theme"), {"theme": "light", "next": "https://example.com/"})
    assert elsewhere.headers["Location"] == "/"


def test_pages_forbid_whatever_is_inline_or_from_elsewhere(client: Client, alice: User) -> None:
    client.force_login(alice)
    answer = client.get(reverse("guide_contents"))
    policy = answer.headers["Content-Security-Policy"]
    assert "unsafe" not in policy
    assert "default-src 'none'" in policy
    assert "script-src 'self'" in policy
    assert answer.headers["X-Frame-Options"] == "DENY"


def test_the_stylesheet_is_named_by_its_content_and_kept_for_ever(client: Client) -> None:
    page = client.get(reverse("account_login")).content.decode()
    address = re.search(r'href="(/styles/[0-9a-f]+\.css)"', page)
    assert address
    sent = client.get(address[1])
    assert "immutable" in sent.headers["Cache-Control"]
    assert "@layer components" in sent.content.decode()
    assert client.get("/styles/0123456789ab.css").status_code == 404
