"""Search: by words, beginnings, contact points and custom texts, with a letter wrong; and own customers only."""

import pytest
from django.db import connection
from django.test import Client

from keepers.crm.customers.actions import fields, reaching
from keepers.crm.customers.actions.acts import Act
from keepers.crm.customers.exchange.models import KeptRecord
from keepers.crm.customers.models import Customer
from keepers.crm.customers.timeline.actions import add_touch, edit_touch, remove_touch
from keepers.crm.customers.timeline.models import Touch
from keepers.crm.people.models import FieldRule, Grant, User
from keepers.crm.people.roles import Noun, Role, Scope, Verb
from keepers.crm.work.models import Task
from tests.integration.web.valued_base import NOON

pytestmark = pytest.mark.django_db
ACT = Act(None, NOON)


@pytest.fixture
def browser(client: Client) -> Client:
    client.force_login(User.objects.create_user("alice@example.com", role=Role.OWNER))
    return client


@pytest.fixture
def zofia() -> Customer:
    customer = Customer.objects.create(key="C-17", name="Žofia Müller", email="zofia@mueller.example.org")
    Customer.objects.create(key="C-18", name="Grain Mill", kind="organisation")
    return customer


def found(client: Client, words: str) -> tuple[list[str], list[str]]:
    page = client.get("/search/", {"q": words})
    assert page.status_code == 200
    return tuple([str(each.customer) for each in page.context[part]] for part in ("customers", "almost"))  # type: ignore[return-value]


@pytest.mark.usefixtures("zofia")
@pytest.mark.parametrize("words", ["zofia", "zofi mull", "C-17", "mueller", "müll"])
def test_words_and_their_beginnings_are_found(browser: Client, words: str) -> None:
    assert found(browser, words) == (["Žofia Müller"], [])


@pytest.mark.usefixtures("zofia")
@pytest.mark.parametrize("words", ["zofja", "zofa", "zoffia", "ozfia", "zofia muler", "zofia nuller", "zofja mull"])
def test_a_letter_may_be_wrong_missing_too_many_or_swapped(browser: Client, words: str) -> None:
    assert found(browser, words) == ([], ["Žofia Müller"])


@pytest.mark.skipif(connection.vendor != "sqlite", reason="PostgreSQL is asked only for letters that we try")
def test_a_third_letter_may_be_wrong_in_any_script(browser: Client) -> None:
    Customer.objects.create(key="C-19", name="Михаилов")
    assert found(browser, "мизаилов") == ([], ["Михаилов"])


@pytest.mark.usefixtures("zofia")
@pytest.mark.parametrize("words", ["zxqia", "zofja grain", "%", 'qx" OR *'])
def test_what_is_far_off_is_not_found(browser: Client, words: str) -> None:
    assert found(browser, words) == ([], [])


def test_contact_points_and_custom_texts_are_found_by_their_beginnings(browser: Client, zofia: Customer) -> None:
    reaching.add_contact_point(ACT, zofia, "phone", "041 123 456", country="SI")
    reaching.add_contact_point(ACT, zofia, "email", "z@home.example.org")
    fields.define(ACT, label="Car", kind="text")
    fields.fill(ACT, zofia, {"car": "Citroën 2CV"})
    for words in ("+386 41 123 456", "z@home", "citro"):
        assert found(browser, words)[0] == ["Žofia Müller"], words


def test_nobody_finds_another_s_customers_or_by_what_is_hidden(client: Client, zofia: Customer) -> None:
    bob = User.objects.create_user("bob@example.com", role=Role.REP)
    client.force_login(bob)
    assert found(client, "zofja") == ([], [])
    Customer.objects.filter(pk=zofia.pk).update(owner=bob)
    assert found(client, "zofja") == ([], ["Žofia Müller"])
    reaching.add_contact_point(ACT, zofia, "email", "z@home.example.org")
    for field in ("contact_points", "email"):
        FieldRule.objects.create(role=Role.REP, noun=Noun.CUSTOMERS, field=field, access="hidden")
    assert found(client, "z@home") == ([], [])
    assert found(client, "muellr") == ([], [])


@pytest.mark.parametrize(
    ("words", "address"),
    [
        ("duplic", "/duplicates/"),
        ("caden", "/cadences/"),
        ("import people", "/data/people/"),
        ("invite", "/settings/people/"),
        ("roles", "/settings/roles/"),
        ("audit", "/settings/audit/"),
        ("token", "/account/tokens/"),
        ("two-factor", "/account/second-step/"),
        ("api", "/api/v1/docs/"),
    ],
)
def test_a_page_is_found_by_its_name_by_those_who_may_see_it(browser: Client, words: str, address: str) -> None:
    assert address in [page.url for page in browser.get("/palette/", {"q": words}).context["pages"]]


def test_a_page_that_somebody_may_not_see_is_not_offered(client: Client) -> None:
    client.force_login(User.objects.create_user("bob@example.com", role=Role.READ_ONLY))
    assert [page.url for page in client.get("/palette/", {"q": "audit"}).context["pages"]] == []
    for page in client.get("/palette/").context["pages"]:
        assert client.get(page.url).status_code in (200, 302), page.url


@pytest.fixture
def told(zofia: Customer) -> User:
    """What Bob, whose customer Žofia is, wrote and is to do; and what somebody wrote of another customer."""
    bob = User.objects.create_user("bob@example.com", role=Role.REP)
    Customer.objects.filter(pk=zofia.pk).update(owner=bob)
    add_touch(zofia, by=bob, at=NOON, kind="call", body="She asked for the brass Armatur, and whether we deliver.")
    add_touch(Customer.objects.get(key="C-18"), by=None, at=NOON, kind="note", body="No Armatur left at the mill.")
    Task.objects.create(title="Send samples", note="three kinds of Armatúr", customer=zofia, owner=bob, made_at=NOON)
    Task.objects.create(title="Count the Armatur", made_at=NOON)
    return bob


def told_of(client: Client, words: str) -> tuple[list[str], list[str]]:
    page = client.get("/search/", {"q": words})
    assert page.status_code == 200
    return [str(act.customer) for act in page.context["acts"]], [str(task) for task in page.context["tasks"]]


@pytest.mark.usefixtures("told")
@pytest.mark.parametrize("words", ["armatur", "ARMA", "armátur", "armatru", "armatxr", "rmatur"])
def test_what_is_written_is_found_a_letter_forgiven(browser: Client, words: str) -> None:
    assert told_of(browser, words) == (["Grain Mill", "Žofia Müller"], ["Count the Armatur", "Send samples"])


def test_nobody_finds_what_is_written_of_others_customers(client: Client, told: User) -> None:
    client.force_login(told)
    assert told_of(client, "armatur") == (["Žofia Müller"], ["Send samples"])
    client.force_login(User.objects.create_user("mallory@example.com", role=Role.REP))
    assert told_of(client, "armatur") == ([], [])


def test_what_is_found_follows_what_is_written(browser: Client, told: User) -> None:
    act = Touch.objects.get(customer__key="C-17")
    edit_touch(act, by=told, at=NOON, changes={"body": "She asked for the copper valve."})
    assert told_of(browser, "brass") == ([], [])
    assert told_of(browser, "copper valve") == (["Žofia Müller"], [])
    remove_touch(act, by=told, at=NOON)
    Task.objects.filter(title="Count the Armatur").update(title="Count the valves")
    Task.objects.get(title="Send samples").delete()
    assert told_of(browser, "valve") == ([], ["Count the valves"])
    assert told_of(browser, "armatur") == (["Grain Mill"], [])


def test_deals_and_tickets_that_were_brought_in_are_found_where_they_may_be_seen(
    client: Client, zofia: Customer
) -> None:
    bob = User.objects.create_user("bob@example.com", role=Role.REP)
    mill = Customer.objects.get(key="C-18")
    Customer.objects.filter(pk=zofia.pk).update(owner=bob)
    about = {"source": "salesforce", "at": NOON, "status": "won"}
    KeptRecord.objects.create(noun="deals", kind="deal", title="Brass armatur", customer=zofia, **about)
    KeptRecord.objects.create(noun="tickets", kind="ticket", body="The armatur drips.", organisation=mill, **about)
    KeptRecord.objects.create(noun="deals", kind="deal", title="Armatur of nobody", **about)
    client.force_login(User.objects.create_user("alice@example.com", role=Role.OWNER))
    for words in ("armatur", "arma", "armatru"):
        assert _kept_by(client, words) == {"Brass armatur", "The armatur drips."}, words
    assert f'href="{mill.get_absolute_url()}"' in client.get("/search/", {"q": "drips"}).content.decode()
    client.force_login(bob)
    assert _kept_by(client, "armatur") == {"Brass armatur"}
    Grant.objects.create(role=Role.REP, noun=Noun.DEALS, verb=Verb.SEE, scope=Scope.NONE)
    assert _kept_by(client, "armatur") == set()
    KeptRecord.objects.filter(customer=zofia).update(title="Copper valve")
    client.force_login(User.objects.get(email="alice@example.com"))
    assert _kept_by(client, "copper") == {"Copper valve"}
    KeptRecord.objects.all().delete()
    assert _kept_by(client, "armatur") == set()


def _kept_by(client: Client, words: str) -> set[str]:
    page = client.get("/search/", {"q": words})
    assert page.status_code == 200
    return {each.title or each.body for each in page.context["kept"]}
