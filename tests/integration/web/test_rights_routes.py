"""Every address, walked by Alice, who owns the workspace, Bob, who has his own customers, and Mallory, who has none."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pytest
from django.conf import settings as django_settings
from django.http import HttpResponse
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse
from pytest_django.fixtures import Settings

from keepers.crm.api import door
from keepers.crm.customers.models import Customer
from keepers.crm.entrance import ANYBODY, OF_OTHERS, need_of
from keepers.crm.people.models import AuditEntry, FieldRule, Grant, Team, User
from keepers.crm.people.roles import Noun, Scope, Verb
from keepers.crm.portfolio.models import PublishedInsight
from keepers.crm.portfolio.publishing.publish import publish
from keepers.insight.answers import Answer
from keepers.insight.drawings.pictures import Bars
from keepers.insight.keeping import kept
from tests.integration.web.valued_base import NOON, account_of, describe, keep_plan, keep_run, valued, workspace_in

pytestmark = pytest.mark.django_db

HIS, HERS = "Ada Novak", "Zdenka Tajna"
BUYERS = {"rank": [1, 2], "span": ["2026", "2026"], "customer_id": ["HERS-1", "HIS-1"], "orders": [9, 7]}
NAMES = ("alive", "buyers", "name")
TEXTS = {
    "ending": "csv",
    "chapter": "start",
    "noun": "customers",
    "token": "x",
    "batch_id": "none",
    "run_id": "none",
    "rest": "x",
}


@dataclass(frozen=True)
class Shop:
    """A valued base of two customers, and the people."""

    alice: Client
    bob: Client
    mallory: Client
    his: Customer
    hers: Customer


@pytest.fixture
def shop(tmp_path: Path, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Shop:
    monkeypatch.setattr(door, "MOST_A_MINUTE", 1_000_000)  # who walks everywhere is not told to wait
    settings.WORKSPACE = workspace_in(tmp_path)
    people = [
        {"external_id": "HIS-1", "name": HIS, "email": "ada@example.com", "phone": "+386 1 555", "city": "Graz"},
        {"external_id": "HERS-1", "name": HERS, "email": "tajna@example.com", "phone": "+386 1 999", "city": "Kranj"},
    ]
    describe(settings.WORKSPACE, people)
    keep_run(settings.WORKSPACE, [valued("HIS-1", 40.0, group="slipping"), valued("HERS-1", 900.0, group="slipping")])
    care = {"decision": "keep", "action": "proactive care", "cost": 5.0, "expected_gain": 20.0}
    keep_plan(
        settings.WORKSPACE,
        "run-0",
        [care | {"customer_id": key, "mailed_margin": 3.0} for key in ("HIS-1", "HERS-1")],
        account=account_of(),
    )
    publication = publish(settings.WORKSPACE, None, NOON)
    answer = Answer("HERS-1 bought most.", "Who bought most.", pa.table(BUYERS), Bars("customer_id", "orders"))
    PublishedInsight.objects.create(publication=publication, name="buyers", by="year", answer=kept(answer))
    north, south = Team.objects.create(name="North"), Team.objects.create(name="South")
    alice = User.objects.create_user("alice@example.com", name="Alice Adler", role="owner")
    bob = User.objects.create_user("bob@example.com", name="Bob Brown", role="rep", team=north)
    mallory = User.objects.create_user("mallory@example.com", name="Mallory Moss", role="rep", team=south)
    for verb in Verb:
        Grant.objects.create(role="rep", noun=Noun.INSIGHT, verb=verb, scope=Scope.ALL)
        Grant.objects.create(role="rep", noun=Noun.CUSTOMERS, verb=verb, scope=Scope.OWN)
    Customer.objects.filter(key="HIS-1").update(owner=bob, team=north)
    Customer.objects.filter(key="HERS-1").update(owner=alice)
    his, hers = (Customer.objects.get(key=key) for key in ("HIS-1", "HERS-1"))
    return Shop(_signed_in(alice), _signed_in(bob), _signed_in(mallory), his, hers)


def test_every_address_says_who_may_come() -> None:
    silent = [route for route, pattern in _routes() if need_of(pattern.callback) is None and not _of_others(pattern)]
    assert silent == []


def test_no_address_shows_somebody_else_s_customer(shop: Shop) -> None:
    hers = _addresses(shop.hers.pk)
    for address in dict.fromkeys([*_addresses(shop.his.pk), *hers]):
        for method in ("get", "post"):
            status = _assert_silent(address, method, shop.bob, shop.hers)
            _assert_silent(address, method, shop.mallory, shop.his, shop.hers)
            if address in hers and f"/{shop.hers.pk}/" in address and "/customers/" in address:
                assert status in {404, 405}, address


def test_who_may_see_them_is_shown_them_at_the_same_addresses(shop: Shop) -> None:
    told = {who: _pages_with_name(client, name, shop) for who, client, name in _watched(shop)}
    for name in (
        "customers",
        "today",
        "search",
        "palette",
        "customers_file",
        "insight",
        "customer",
        "plan_customers",
        "plan_csv",
    ):
        assert name in told["Alice of hers"], name
        assert name in told["Bob of his"], name


def test_strangers_are_shown_the_door_everywhere(shop: Shop) -> None:
    stranger = Client()
    for address, pattern in _addressed(shop.his.pk):
        if need_of(pattern.callback) in {None, ANYBODY}:
            continue
        answer = stranger.get(address)
        assert answer.status_code in {302, 401}, address
        assert HIS not in answer.content.decode(), address


def test_who_lacks_a_right_has_no_such_room_and_is_told_why(shop: Shop) -> None:
    Grant.objects.filter(noun=Noun.INSIGHT).update(scope=Scope.NONE)
    page = shop.bob.get(reverse("today")).content.decode()
    assert f'href="{reverse("insights")}"' not in page
    assert "Slipping, by what is at stake" in page
    assert "base is worth" not in page
    refused = shop.bob.get(reverse("insights"))
    assert refused.status_code == 403
    assert "Your role &quot;Representative&quot; may not do this (See: Insight)." in refused.content.decode()


def test_a_team_is_seen_with_those_below_it_and_no_other(shop: Shop) -> None:
    Grant.objects.filter(noun=Noun.CUSTOMERS).update(scope=Scope.TEAM)
    head = Team.objects.create(name="All of the north")
    Team.objects.filter(name="North").update(parent=head)
    carol = _signed_in(User.objects.create_user("carol@example.com", role="rep", team=head))
    page = carol.get(reverse("customers")).content.decode()
    assert HIS in page
    assert HERS not in page
    assert HIS not in shop.mallory.get(reverse("customers")).content.decode()


def test_a_hidden_field_is_nowhere(shop: Shop) -> None:
    for field in ("email", "phone", "city"):
        FieldRule.objects.create(role="rep", noun=Noun.CUSTOMERS, field=field, access=FieldRule.Access.HIDDEN)
    for address in _addresses(shop.his.pk):
        answer = shop.bob.get(address)
        for secret in ("ada@example.com", "+386 1 555", "Graz"):
            assert secret not in _content(answer).decode("utf-8", "replace"), (address, secret)
    assert HIS not in shop.bob.get(reverse("search"), {"q": "ada@example.com"}).content.decode()
    columns = shop.bob.get(reverse("customers_file", args=["csv"]), {"columns": ["email", "city"]})
    assert b"email" not in _content(columns)
    assert HIS in shop.bob.get(reverse("customers"), {"city": "Kranj"}).content.decode()  # it filters nothing


def test_what_is_seen_and_not_to_be_changed_is_refused_and_not_missing(shop: Shop) -> None:
    Grant.objects.filter(noun=Noun.CUSTOMERS, verb=Verb.SEE).update(scope=Scope.ALL)
    address = reverse("property", args=[shop.hers.pk, "name"])
    assert shop.bob.post(address, {"value": "Mine"}).status_code == 403
    shop.hers.refresh_from_db()
    assert shop.hers.name == HERS


def test_what_is_taken_away_as_a_file_is_told_in_the_audit_log(shop: Shop) -> None:
    _content(shop.bob.get(reverse("customers_file", args=["csv"])))
    _content(shop.bob.get(reverse("everybody_file", args=["csv"])))
    _content(shop.bob.get(reverse("insight_csv", args=["buyers"])))
    told = AuditEntry.objects.filter(verb="export").order_by("pk")
    assert [(each.actor_name, each.noun, each.changes["file"].partition("-")[0]) for each in told] == [
        ("Bob Brown", "customers", "customers"),
        ("Bob Brown", "customers", "everybody"),
        ("Bob Brown", "insight", "buyers"),
    ]


def test_the_base_is_not_counted_for_who_sees_a_part_of_it(shop: Shop) -> None:
    page = shop.bob.get(reverse("customers"))
    assert page.context["total"].customers == 1
    assert page.context["total"].worth == 40.0


def _signed_in(user: User) -> Client:
    client = Client(raise_request_exception=False)
    client.force_login(user)
    return client


def _watched(shop: Shop) -> list[tuple[str, Client, str]]:
    return [("Alice of hers", shop.alice, HERS), ("Bob of his", shop.bob, HIS)]


def _pages_with_name(client: Client, name: str, shop: Shop) -> set[str]:
    pk = shop.his.pk if name == HIS else shop.hers.pk
    return {
        str(pattern.name)
        for address, pattern in _addressed(pk)
        if name in _content(client.get(address)).decode("utf-8", "replace")
    }


def _assert_silent(address: str, method: str, client: Client, *customers: Customer) -> int:
    """The answer's status."""
    answer = getattr(client, method)(address)
    assert answer.status_code < 500, (method, address, answer.status_code)
    content = _content(answer).decode("utf-8", "replace")
    for customer in customers:
        mail = "tajna@example.com" if customer.name == HERS else "ada@example.com"
        for secret in (customer.name, customer.key, mail):
            assert secret not in content, (method, address, secret)
    return int(answer.status_code)


def _content(answer: HttpResponse) -> bytes:
    return b"".join(answer.streaming_content) if answer.streaming else answer.content


def _routes() -> Iterator[tuple[str, URLPattern]]:
    for route, pattern, _ in _below(get_resolver(django_settings.ROOT_URLCONF), "/", ""):
        yield route, pattern


def _below(resolver: URLResolver, path: str, space: str) -> Iterator[tuple[str, URLPattern, str]]:
    for pattern in resolver.url_patterns:
        here = path + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            yield from _below(pattern, here, f"{space}{pattern.namespace}:" if pattern.namespace else space)
        else:
            yield here, pattern, space


def _of_others(pattern: URLPattern) -> bool:
    return pattern.callback.__module__.startswith(OF_OTHERS)


def _addresses(pk: int) -> list[str]:
    return [address for address, pattern in _addressed(pk) if pattern.name != "account_logout"]


def _addressed(pk: int) -> Iterator[tuple[str, URLPattern]]:
    """Every named route with its parts filled: a number is a customer's, a text is one that leads somewhere."""
    for route, pattern, space in _below(get_resolver(django_settings.ROOT_URLCONF), "/", ""):
        parts = pattern.pattern.regex.groupindex
        if pattern.name is None or ("<" in route and _of_others(pattern)):
            continue
        words = "?q=example" if pattern.name in {"search", "palette"} else ""
        for name in NAMES if "name" in parts else ("",):
            filled = {part: name if part == "name" else TEXTS.get(part, pk) for part in parts}
            yield reverse(f"{space}{pattern.name}", kwargs=filled) + words, pattern
