"""Orders and acts that programs send one at a time: taken once, landed once, refused ones kept with their reason."""

from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from django.core.cache import cache
from django.test import Client
from django.urls import reverse
from pytest_django.fixtures import Settings

from keepers.crm.customers.models import Customer
from keepers.crm.data.actions import switch_import
from keepers.crm.data.queries import import_of
from keepers.crm.inbox import draining
from keepers.crm.inbox.actions import ReservedSourceError, receive
from keepers.crm.inbox.draining import drain
from keepers.crm.inbox.models import InboxBatch, InboxItem, InboxRow, Kind, SentText
from keepers.crm.people.models import AuditEntry, User
from keepers.crm.people.roles import Role
from keepers.loop.forgetting import Subject, raise_tombstones, take_tombstones_away
from keepers.loop.imports.inbox import land_told_orders
from keepers.loop.imports.interactions import land_interactions
from keepers.loop.workspace import Workspace
from keepers.warehouse.erasing import Names
from keepers.warehouse.tombstones import Mark

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 7, 1, 9, 30, tzinfo=UTC)
ROOT = "/api/v1"


@pytest.fixture(autouse=True)
def workspace(settings: Settings, tmp_path: Path) -> Workspace:
    cache.clear()
    settings.WORKSPACE = Workspace(tmp_path / "home")
    return settings.WORKSPACE


@pytest.fixture
def alice() -> User:
    return User.objects.create_user("alice@example.com", name="Alice Adler", role="owner")


@pytest.fixture
def desk(client: Client, alice: User) -> Client:
    client.force_login(alice)
    return client


def order(number: object, *revenues: float, **more: Any) -> dict[str, Any]:
    lines = [{"product_id": f"P{place}", "quantity": 1, "revenue": money} for place, money in enumerate(revenues)]
    return {"order_id": number, "customer_id": "C1", "ordered_at": "2026-06-30T22:30:00Z", "lines": lines} | more


def call(number: str, **more: Any) -> dict[str, Any]:
    about = {"interaction_id": number, "customer_id": "C1", "happened_at": "2026-06-30T09:00:00+02:00"}
    return about | {"touch_kind": "call"} | more


def counting(workspace: Workspace) -> list[tuple[str, float, str]]:
    """The lines that count: order, revenue, kind."""
    with workspace.opened() as store:
        rows = store.query("active_lines").to_pylist()
    return sorted((row["order_id"], float(row["revenue"]), row["line_kind"]) for row in rows)


def acts(workspace: Workspace) -> list[dict[str, Any]]:
    with workspace.opened() as store:
        return sorted(store.query("interactions").to_pylist(), key=lambda row: row["version"])


def test_orders_are_taken_row_by_row_and_land_as_an_import(desk: Client, workspace: Workspace) -> None:
    sent = {"source": "shop", "orders": [order(17, 10, 5.5), order("18"), order("19", 4) | {"ordered_at": "soon"}]}
    answer = desk.post(f"{ROOT}/orders", sent, "application/json")
    assert answer.status_code == 202, answer.content
    told = answer.json()
    assert (told["taken"], told["same"], [each["row"] for each in told["refused"]]) == (1, 0, [2, 3])
    assert told["refused"][0]["why"] == "lines: List should have at least 1 item after validation, not 0"
    assert told["refused"][1]["why"].startswith("ordered_at: ")
    states = {each["external_id"]: each["state"] for each in desk.get(f"{ROOT}/orders").json()["items"]}
    assert states == {"17": "waiting", "18": "refused", "19": "refused"}
    assert drain(at=NOW) == 1
    assert counting(workspace) == [("17", 5.5, "sale"), ("17", 10.0, "sale")]
    found = desk.get(f"{ROOT}/orders?external_id=17&source=shop").json()["items"][0]
    kept = import_of(found["batch"])
    assert found["state"] == "landed"
    assert kept is not None
    assert (kept["rows_read"], kept["rows_accepted"], kept["rows_rejected"]) == (4, 2, 2)
    assert kept["revenue"] == [("", 15.5)]
    page = desk.get(reverse("import", args=[found["batch"]])).content.decode()
    assert "at least 1 item" in page
    assert not InboxRow.objects.exists()


def test_an_order_told_anew_replaces_the_whole_order_and_the_same_changes_nothing(
    workspace: Workspace, alice: User
) -> None:
    receive(Kind.ORDERS, "shop", [order("17", 10, 5), order("18", 1)], by=alice, at=NOW)
    drain(at=NOW)
    again = receive(Kind.ORDERS, "shop", [order("17", 10, 5)], by=alice, at=NOW)
    assert (again.taken, again.same, drain(at=NOW)) == (0, 1, 0)
    told = receive(Kind.ORDERS, "shop", [order("17", 8), order("17", 10, -10)], by=alice, at=NOW)
    assert told.taken == 2
    assert drain(at=NOW) == 1, "only as it was told last"
    assert counting(workspace) == [("17", -10.0, "return"), ("17", 10.0, "sale"), ("18", 1.0, "sale")]
    item = InboxItem.objects.get(external_id="17")
    assert (item.version, item.landed_version, item.state) == (3, 3, "landed")
    assert item.batch is not None
    switch_import(item.batch.name, active=False, by=alice, at=NOW)
    assert counting(workspace) == [("17", 5.0, "sale"), ("17", 10.0, "sale"), ("18", 1.0, "sale")]


def test_orders_of_one_number_from_two_shops_are_two_and_a_cancelled_one_is_worth_nothing(
    workspace: Workspace, alice: User
) -> None:
    receive(Kind.ORDERS, "north", [order("17", 10)], by=alice, at=NOW)
    receive(Kind.ORDERS, "south", [order("17", 7, is_cancelled=True)], by=alice, at=NOW)
    assert drain(at=NOW) == 2
    assert counting(workspace) == [("17", 0.0, "adjustment"), ("17", 10.0, "sale")]


def test_the_day_of_an_order_is_the_firm_s_and_who_the_customer_is_comes_along(
    workspace: Workspace, alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(draining, "_zone", lambda: "Europe/Ljubljana")
    who = {"name": "Ada Novak", "email": "ada@example.com"}
    given = order("17", 10, customer=who, customer_id="ADA@example.com", currency="eur")
    naive = order("18", 10, ordered_at="2026-07-01T00:10:00")
    receive(Kind.ORDERS, "shop", [given, naive], by=alice, at=NOW)
    drain(at=NOW)
    with workspace.opened() as store:
        rows = {row["order_id"]: row for row in store.query("active_lines").to_pylist()}
        names = store.query("customer_names").to_pylist()
    assert (rows["17"]["ordered_on"], rows["17"]["currency"]) == (date(2026, 7, 1), "EUR")
    assert rows["18"]["ordered_at"] == datetime(2026, 6, 30, 22, 10, tzinfo=UTC)
    assert [(each["customer_id"], each["name"]) for each in names] == [("ada@example.com", "Ada Novak")]


class Killed(BaseException):
    """The process is gone."""


@pytest.mark.parametrize("step", ["before it lands", "after it landed"])
@pytest.mark.parametrize(("kind", "name", "lands"), [
    (Kind.ORDERS, "land_told_orders", land_told_orders),
    (Kind.INTERACTIONS, "land_interactions", land_interactions),
])  # fmt: skip
def test_a_worker_killed_while_it_drains_loses_and_doubles_nothing(
    step: str,
    kind: Kind,
    name: str,
    lands: Callable[..., Any],
    workspace: Workspace,
    alice: User,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    told = {Kind.ORDERS: [order("1", 5), order("2", 6)], Kind.INTERACTIONS: [call("1"), call("2")]}[kind]
    receive(kind, "shop", told[:1], by=alice, at=NOW)

    def die(*arguments: Any, **named: Any) -> None:
        if step == "after it landed":
            lands(*arguments, **named)
        raise Killed

    with monkeypatch.context() as patched:
        patched.setattr(draining, name, die)
        with pytest.raises(Killed):
            drain(at=NOW)
    receive(kind, "shop", told[1:], by=alice, at=NOW)
    assert drain(at=NOW) == 2
    with workspace.opened() as store:
        rows = store.query("order_lines" if kind == Kind.ORDERS else "interactions").to_pylist()
    assert len(rows) == 2
    assert {item.state for item in InboxItem.objects.all()} == {"landed"}
    assert not InboxRow.objects.exists()


def test_what_was_undone_stays_so_when_its_worker_had_died_before_it_said_so(
    workspace: Workspace, alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    receive(Kind.ORDERS, "shop", [order("1", 5)], by=alice, at=NOW)

    def die(*arguments: Any, **named: Any) -> None:
        land_told_orders(*arguments, **named)
        raise Killed

    with monkeypatch.context() as patched, pytest.raises(Killed):
        patched.setattr(draining, "land_told_orders", die)
        drain(at=NOW)
    switch_import(InboxBatch.objects.get().name, active=False, by=alice, at=NOW)
    drain(at=NOW)
    assert counting(workspace) == []


def test_acts_reach_the_warehouse_in_each_version(desk: Client, workspace: Workspace, alice: User) -> None:
    sent = {"source": "phone", "interactions": [call("a", outcome="no answer", touch_cost="1.50")]}
    assert desk.post(f"{ROOT}/interactions", sent, "application/json").json()["taken"] == 1
    drain(at=NOW)
    receive(Kind.INTERACTIONS, "phone", [call("a", is_removed=True), {"interaction_id": "b"}], by=alice, at=NOW)
    drain(at=NOW)
    told = [(row["version"], row["outcome"], row["is_removed"], row["external_id"]) for row in acts(workspace)]
    assert told == [(1, "no answer", False, "C1"), (2, None, True, "C1")]
    assert acts(workspace)[0]["happened_at"] == datetime(2026, 6, 30, 7, tzinfo=UTC)
    assert InboxRow.objects.get().item == InboxItem.objects.get(external_id="b"), "no import shows it"
    with pytest.raises(ReservedSourceError):
        receive(Kind.INTERACTIONS, "keepers", [call("a")], by=alice, at=NOW)


def test_what_a_sent_act_says_is_found_by_whoever_sees_it_on_the_timeline(
    desk: Client, workspace: Workspace, alice: User
) -> None:
    def found(words: str) -> list[tuple[str, str]]:
        return [(str(each.text), str(each.customer)) for each in desk.get("/search/", {"q": words}).context["sent"]]

    told = [call("a", title="Asked about looms", outcome="no answer"), call("b", campaign="Spring fair")]
    receive(Kind.INTERACTIONS, "phone", told, by=alice, at=NOW)
    assert drain(at=NOW) == 2
    assert found("looms") == [], "nobody is known by that id yet"
    twin = Customer.objects.create(key="C1", name="Ada", owner=alice)
    assert found("looms") == found("answer") == found("loomz") == [("Asked about looms", "Ada")]
    assert found("spring fair") == [("Spring fair", "Ada")]
    ada = Customer.objects.create(key="C2", name="Ada Novak", owner=alice)
    Customer.objects.filter(pk=twin.pk).update(merged_into=ada)
    assert found("looms") == [("Asked about looms", "Ada Novak")], "who became one with another is found there"
    bob = User.objects.create_user("bob@example.com", role=Role.REP)
    desk.force_login(bob)
    assert found("looms") == []
    Customer.objects.update(owner=bob)
    assert found("looms") == [("Asked about looms", "Ada Novak")]
    ada_lang = Customer.objects.create(key="C3", name="Ada Lang", owner=alice)
    Customer.objects.filter(pk=ada.pk).update(merged_into=ada_lang)
    assert found("looms") == [], "whom she is by now is nobody's business of Bob's"
    Customer.objects.filter(pk=ada_lang.pk).update(owner=bob)
    assert found("looms") == [("Asked about looms", "Ada Lang")], "and merged again, however often"
    Customer.everyone.filter(pk=ada.pk).update(merged_into=None)
    again = [call("a", title="Asked about wool"), call("b", is_removed=True)]
    receive(Kind.INTERACTIONS, "phone", again, by=alice, at=NOW)
    drain(at=NOW)
    assert (found("looms"), found("wool"), found("fair")) == ([], [("Asked about wool", "Ada Novak")], [])


def test_a_worker_killed_between_the_words_of_two_acts_writes_both_once(
    workspace: Workspace, alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(draining, "TEXTS_AT_ONCE", 1)
    receive(Kind.INTERACTIONS, "phone", [call("a", title="Looms"), call("b", title="Wool")], by=alice, at=NOW)
    keep, kept = draining.keep_texts, []

    def die_at_the_second(*arguments: Any) -> None:
        if kept:
            raise Killed
        kept.append(keep(*arguments))

    with monkeypatch.context() as patched:
        patched.setattr(draining, "keep_texts", die_at_the_second)
        with pytest.raises(Killed):
            drain(at=NOW)
    assert [text.title for text in SentText.objects.all()] == ["Looms"]
    assert drain(at=NOW) == 2
    assert {text.title for text in SentText.objects.all()} == {"Looms", "Wool"}


def test_nothing_comes_in_of_somebody_who_was_forgotten(workspace: Workspace, alice: User) -> None:
    marks = frozenset({Mark("id", "C9"), Mark("email", "ada@example.com")})
    raise_tombstones(workspace, Subject(Names(frozenset({"C9"}), frozenset()), marks), at=NOW)
    hers = order("18", 7, customer={"email": "Ada@example.com"}, customer_id="C2")
    receive(Kind.ORDERS, "shop", [order("17", 5, customer_id="C9"), hers, order("19", 1)], by=alice, at=NOW)
    receive(Kind.ORDERS, "north", [order("17", 5, customer_id="C9")], by=alice, at=NOW)
    receive(
        Kind.INTERACTIONS,
        "phone",
        [call("a", customer_id="C9", title="Secret"), call("b", title="Looms")],
        by=alice,
        at=NOW,
    )
    drain(at=NOW)
    assert counting(workspace) == [("19", 1.0, "sale")]
    assert [row["interaction_id"] for row in acts(workspace)] == ["b"]
    assert [text.title for text in SentText.objects.all()] == ["Looms"]
    assert [batch.is_import for batch in InboxBatch.objects.filter(kind="orders").order_by("pk")] == [True, False]
    receive(Kind.ORDERS, "north", [order("18", 5, customer_id="C9"), order("20")], by=alice, at=NOW)
    drain(at=NOW)
    assert InboxRow.objects.filter(kind="orders").get().item.external_id == "20", "refused, and no import shows it yet"
    take_tombstones_away(workspace, [Mark("id", "C9")])
    assert receive(Kind.ORDERS, "north", [order("17", 5, customer_id="C9")], by=alice, at=NOW).taken == 1
    assert drain(at=NOW) == 1
    assert counting(workspace) == [("17", 5.0, "sale"), ("19", 1.0, "sale")]


def test_of_somebody_who_was_forgotten_refused_rows_keep_no_text(workspace: Workspace, alice: User) -> None:
    waiting = [order("20", customer_id=9), order("21", customer_id="C1"), order("22", 3)]
    receive(Kind.ORDERS, "shop", waiting, by=alice, at=NOW)
    marks = frozenset({Mark("id", "9"), Mark("email", "ada@example.com")})
    raise_tombstones(workspace, Subject(Names(frozenset({"9"}), frozenset()), marks), at=NOW)
    late = [order("23", customer_id=9), order("24", customer={"email": "Ada@example.com"}), "9", None]
    receive(Kind.ORDERS, "shop", late, by=alice, at=NOW)
    receive(Kind.INTERACTIONS, "phone", [{"customer_id": "ADA@example.com"}, {"customer_id": "C1"}], by=alice, at=NOW)
    assert list(InboxRow.objects.filter(kind="interactions").values_list("body", flat=True)) == [
        "", '{"customer_id": "C1"}'
    ]  # fmt: skip
    drain(at=NOW)
    rejected = pq.read_table(next(workspace.rejects.glob("*.parquet")))["text"].to_pylist()
    assert [bool(text) for text in rejected] == [False, True, False, False, True, True]


def test_many_orders_are_few_statements(alice: User, workspace: Workspace, django_assert_max_num_queries: Any) -> None:
    many = [order(str(number), 1.0) for number in range(400)]
    with django_assert_max_num_queries(25):
        assert receive(Kind.ORDERS, "shop", many, by=alice, at=NOW).taken == 400
    assert drain(at=NOW) == 400
    assert AuditEntry.objects.filter(verb="land").count() == 1


def test_the_page_tells_who_sends_what_waits_and_what_was_refused(desk: Client, alice: User) -> None:
    empty = desk.get(reverse("inbox")).content.decode()
    assert "Nothing was sent in yet" in empty
    receive(Kind.ORDERS, "shop", [order("17", 5), order("18")], by=alice, at=NOW)
    page = desk.get(reverse("inbox")).content.decode()
    assert "at least 1 item" in page
    drain(at=NOW)
    page = desk.get(reverse("inbox")).content.decode()
    assert reverse("import", args=[InboxBatch.objects.get().name]) in page


def test_who_may_not_import_may_not_send_and_sees_no_rows(client: Client, alice: User) -> None:
    receive(Kind.ORDERS, "shop", [order("17", customer_id="C-secret")], by=alice, at=NOW)
    client.force_login(User.objects.create_user("bob@example.com", name="Bob", role="rep"))
    sent = {"source": "shop", "orders": [order("1", 1)]}
    assert client.post(f"{ROOT}/orders", sent, "application/json").status_code == 403
    page = client.get(reverse("inbox"))
    assert page.status_code == 200
    assert "C-secret" not in page.content.decode()
