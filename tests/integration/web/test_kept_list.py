"""The list of what is kept of other systems: deals, tickets, calls; and the currencies of its amounts."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
from desk import open_desk
from django.test import Client
from people_desk import brought, undone
from pytest_django.fixtures import Settings
from work_of_people import a_rep, an_owner, customer

from keepers.crm.customers.exchange.models import KeptRecord
from keepers.crm.people.models import AuditEntry, FieldRule, Grant, User
from keepers.crm.people.roles import Noun, Role, Scope, Verb

pytestmark = pytest.mark.django_db
MARCH, MAY = (datetime(2026, month, 7, 12, tzinfo=UTC) for month in (3, 5))
PEOPLE = "Contact ID,First Name,Last Name,Email\n1,Ada,Novak,ada@example.com\n"


@pytest.fixture
def rep() -> User:
    return a_rep()


@pytest.fixture
def alice(rep: User) -> User:
    alice, ada, bea = an_owner(), customer("ada"), customer("bea", owner=rep)
    of = {"source": "salesforce"}
    won = {"noun": "deals", "kind": "deal", "customer": ada, "status": "Won", **of}
    KeptRecord.objects.create(title="Looms", amount=12_500, currency="EUR", at=MARCH, data={"Stage": "Won"}, **won)
    KeptRecord.objects.create(title="=Silk", amount=800, currency="USD", at=MAY, **(won | {"customer": bea}))
    KeptRecord.objects.create(noun="tickets", kind="ticket", body="It drips.", organisation=bea, at=MAY, **of)
    KeptRecord.objects.create(noun="deals", kind="deal", external_id="9", **of)
    return alice


def rows(client: Client, query: str = "") -> list[str]:
    page = client.get(f"/kept/?{query}")
    return [page.context["listing"].definition.subject(row).words for row in page.context["rows"]]


def test_what_is_kept_is_narrowed_sorted_and_searched(client: Client, alice: User) -> None:
    client.force_login(alice)
    assert rows(client) == ["It drips.", "=Silk", "Looms", "Deal"]
    assert rows(client, "sort=-newest") == ["Looms", "=Silk", "It drips.", "Deal"]
    assert rows(client, "noun=deals&amount_from=1000") == rows(client, "q=loom") == rows(client, "q=ada") == ["Looms"]
    assert rows(client, "status=won&currency=usd&2.noun=tickets") == ["It drips.", "=Silk"]
    assert rows(client, "at_from=2026-05-07&at_to=2026-05-07") == ["It drips.", "=Silk"]


def test_amounts_are_added_up_each_currency_by_itself(client: Client, alice: User) -> None:
    client.force_login(alice)
    found = {each.label: each for each in client.get("/kept/?by=status").context["groups"]}
    assert (found["Won"].rows, found["Won"].sums) == (2, {"EUR": 12_500.0, "USD": 800.0})
    for by in ("noun", "month", "currency", "source", "actor_name"):
        groups = client.get(f"/kept/?by={by}").context["groups"]
        assert sum(each.rows for each in groups) == 4
        assert all(len(rows(client, each.address.partition("?")[2])) == each.rows for each in groups if each.address)
    months = [each.label for each in client.get("/kept/?by=month").context["groups"]]
    assert months == ["May 2026", "March 2026", "none"]


def test_a_record_is_shown_beside_the_list_with_its_cells(client: Client, alice: User) -> None:
    client.force_login(alice)
    looms = KeptRecord.objects.get(title="Looms")
    at = f"/kept/{looms.pk}/panel/"
    assert f'hx-get="{at}"' in client.get(f"/kept/?open={looms.pk}").content.decode()
    part = client.get(at, headers={"hx-request": "true"}).content.decode()
    assert ("€12 k" in part, "<dt>Stage</dt><dd>Won</dd>" in part) == (True, True)
    FieldRule.objects.create(role=Role.OWNER, noun=Noun.CUSTOMERS, field="email", access=FieldRule.Access.HIDDEN)
    client.force_login(User.objects.get(pk=alice.pk))
    assert "<dt>Stage</dt>" not in client.get(at).content.decode()


def test_what_is_kept_leaves_as_it_is_seen(client: Client, alice: User, rep: User) -> None:
    client.force_login(alice)
    answer = client.get("/kept/kept.csv?noun=deals&columns=customer&columns=amount")
    lines = b"".join(answer.streaming_content).decode().lstrip("\ufeff").splitlines()  # type: ignore[attr-defined]
    assert lines[0] == "record,record_id,customer,amount,currency"
    assert [line.split(",")[0] for line in lines[1:]] == ["'=Silk", "Looms", "Deal"]
    assert lines[2].endswith(",Ada,12500.0000,EUR")
    assert AuditEntry.objects.get(verb="export").noun == "deals"
    client.force_login(rep)
    assert rows(client) == ["It drips.", "=Silk"]
    assert client.get("/kept/kept.csv").status_code == 403
    looms = KeptRecord.objects.get(title="Looms")
    assert client.get(f"/kept/{looms.pk}/panel/").status_code == 404
    Grant.objects.create(role=Role.REP, noun=Noun.TICKETS, verb=Verb.SEE, scope=Scope.NONE)
    client.force_login(User.objects.get(pk=rep.pk))
    assert rows(client) == ["=Silk"]


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    ("head", "row", "amount", "currency"),
    [
        ("Deal ID,Deal Name,Contact ID,Amount,Currency", "1,Looms,1,1200,CHF", 1200, "CHF"),
        ("Deal ID,Deal Name,Contact ID,Amount (GBP)", "1,Looms,1,1200", 1200, "GBP"),
        ("Deal ID,Deal Name,Contact ID,Amount,Currency", "1,Looms,1,$1200,CHF", 1200, "USD"),
        ("Deal ID,Deal Name,Contact ID,Amount", "1,Looms,1,1200", 1200, ""),
        ("Deal ID,Deal Name,Contact ID,Amount,Currency", "1,Looms,1,,CHF", None, ""),
    ],
    ids=["a column beside it", "its header", "its cell comes first", "nowhere", "no amount"],
)
def test_an_amount_is_kept_with_its_currency(
    settings: Settings, tmp_path: Path, head: str, row: str, amount: float | None, currency: str
) -> None:
    desk = open_desk(settings, tmp_path / "home", "alice@example.com", is_administrator=True)
    (tmp_path / "contacts.csv").write_text(PEOPLE, encoding="utf-8")
    (tmp_path / "deals.csv").write_text(f"{head}\n{row}\n", encoding="utf-8")
    began = brought(desk, [tmp_path / "contacts.csv", tmp_path / "deals.csv"])
    found = KeptRecord.objects.get(title="Looms")
    assert (found.amount, found.currency) == (amount, currency)
    undone(desk, began)
    assert not KeptRecord.objects.exists()
