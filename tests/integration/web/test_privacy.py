"""A customer asks what is known of them, and to be forgotten: everything is told, then nothing is left."""

import json
from dataclasses import dataclass
from datetime import timedelta
from io import BytesIO
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import pyarrow.parquet as pq
import pytest
from desk import Desk
from django.apps import apps
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.serializers import serialize
from django.db import connection
from django.test import Client
from django.urls import reverse
from people_desk import brought
from pytest_django.fixtures import Settings

from keepers.crm.customers.actions import attachments, consents, reaching, records, relations
from keepers.crm.customers.actions.acts import Act
from keepers.crm.customers.duplicates.keys import tell
from keepers.crm.customers.duplicates.merging import MergeError, merge
from keepers.crm.customers.exchange.models import LANDED, KeptRecord, PeopleImport, Piece
from keepers.crm.customers.exchange.queries import refused_rows
from keepers.crm.customers.models import Customer, ExternalKey
from keepers.crm.customers.timeline.actions import add_touch
from keepers.crm.customers.timeline.outbox import drain
from keepers.crm.inbox.actions import receive
from keepers.crm.inbox.models import InboxItem, InboxRow, Kind, SentText
from keepers.crm.jobs.models import Job
from keepers.crm.people.models import AuditEntry, FieldRule, User
from keepers.crm.portfolio.models import CustomerValue, PublishedInsight
from keepers.crm.portfolio.publishing.publish import publish
from keepers.crm.privacy import actions, takeout, tasks
from keepers.crm.privacy.forgetting import carry_on, preview
from keepers.crm.privacy.models import Forgetting
from keepers.crm.privacy.people import called, person_of, rows_about
from keepers.crm.privacy.sweeping import sweep
from keepers.crm.privacy.templatetags.privacy_words import ROWS
from keepers.crm.webhooks.models import Delivery, Subscription
from keepers.crm.work.models import Task
from keepers.loop.forgetting import Subject
from keepers.loop.tombstones import forgotten_in
from keepers.loop.workspace import Workspace
from keepers.warehouse.erasing import tables_that_name
from keepers.warehouse.tombstones import Mark
from tests.integration.web.valued_base import NOON, describe, keep_run, valued, workspace_in

pytestmark = pytest.mark.django_db
WORDS = ("Ada Novak", "A. Nowak", "ada@example.com", "ada@work.example", "C-ada", "C-old", "040123456")


BUYERS = {"columns": [["customer_id", "string"]], "values": [["C-ada", "C-bob"]]}
ANSWER = {"finding": "In 2026 customer C-ada bought most.", "notes": [], "rows": BUYERS, "shown": None, "drawn": None}


@dataclass(frozen=True)
class Shop:
    """Ada, whom C-old was merged into, with all that may be known of somebody; and Bob."""

    workspace: Workspace
    alice: User
    client: Client
    ada: Customer
    bob: Customer


@pytest.fixture
def shop(tmp_path: Path, settings: Settings) -> Shop:
    settings.WORKSPACE = workspace = workspace_in(tmp_path)
    people = [
        {"external_id": "C-ada", "name": "Ada Novak", "email": "ada@example.com", "city": "Graz"},
        {"external_id": "C-old", "name": "A. Nowak", "email": "ada@work.example"},
        {"external_id": "C-bob", "name": "Bob Brown", "email": "bob@example.com"},
    ]
    describe(workspace, people)
    keep_run(workspace, [valued(each["external_id"]) for each in people])
    publication = publish(workspace, None, NOON)
    PublishedInsight.objects.create(publication=publication, name="buyers", answer=ANSWER)
    alice = User.objects.create_user("alice@example.com", name="Alice", role="owner")
    ada, old, bob = (Customer.objects.get(key=each["external_id"]) for each in people)
    act = Act(alice, NOON)
    reaching.add_contact_point(act, ada, "phone", "040 123 456", country="SI")
    records.edit(act, ada, acquired_by="a fair")
    consents.say(act, ada, channel="email", purpose="marketing", state="given", proof="at the fair")
    attachments.attach(act, ada, "contract.txt", BytesIO(b"signed by Ada Novak"))
    relations.relate(act, bob, "referred-by", ada)
    add_touch(ada, by=alice, at=NOON, kind="call", title="About Ada Novak's order")
    Task.objects.create(title="Call Ada Novak", customer=ada, made_at=NOON)
    deal = {
        "noun": "deals",
        "kind": "deal",
        "source": "crm",
        "title": "Novak's renewal",
        "data": {"Contact": "Ada Novak"},
    }
    KeptRecord.objects.create(customer=ada, **deal)
    called = InboxItem.objects.create(kind=Kind.INTERACTIONS, source="phone", external_id="1", told_at=NOON)
    SentText.objects.create(item=called, customer_key="C-ada", at=NOON, title="Asked Ada Novak about looms")
    merge(ada, [old], by=alice, at=NOON)
    drain(at=NOON)
    tell(at=NOON)
    client = Client()
    client.force_login(alice)
    return Shop(workspace, alice, client, Customer.objects.get(pk=ada.pk), bob)


def said(shop: Shop) -> str:
    """Everything that the app database and the workspace's files hold, as text."""
    rows = [serialize("json", model._base_manager.all(), ensure_ascii=False) for model in apps.get_models()]
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.execute("SELECT * FROM customers_words")
            rows.append(repr(cursor.fetchall()))
    for path in (each for each in shop.workspace.folder.rglob("*") if each.is_file()):
        is_table = path.suffix == ".parquet"
        rows.append(repr(pq.read_table(path).to_pylist()) if is_table else path.read_bytes().decode("latin1"))
    return "\n".join(rows)


def written_in(index: str) -> bytes:
    """What SQLite's index of words has on the disk."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT block FROM {index}_data")
        return b"".join(block for (block,) in cursor.fetchall())


def traces(shop: Shop) -> list[str]:
    """Where a word of hers still stands, with what is around it."""
    left = said(shop)
    return [left[max(0, left.index(word) - 120) : left.index(word) + 40] for word in WORDS if word in left]


def ask_to_forget(shop: Shop, **more: object) -> Forgetting:
    answer = shop.client.post(reverse("forget", args=[shop.ada.pk]), {"confirmed": "C-ada", **more})
    assert answer.status_code == 302, answer.content.decode()
    tasks.forget.call(Job.objects.get(kind=Job.Kind.FORGETTING).pk)
    return Forgetting.objects.get()


def test_the_file_holds_all_that_both_stores_know(shop: Shop) -> None:
    shop.client.post(reverse("takeouts", args=[shop.ada.pk]))
    tasks.take_out.call(Job.objects.get(kind=Job.Kind.TAKEOUT).pk)
    page = shop.client.get(reverse("privacy", args=[shop.ada.pk])).content.decode()
    assert ".zip" in page
    takeout = shop.ada.takeouts.get()
    sent = shop.client.get(reverse("takeout", args=[shop.ada.pk, takeout.pk]))
    with ZipFile(BytesIO(b"".join(sent.streaming_content))) as file:
        assert file.read("files/1-contract.txt") == b"signed by Ada Novak"
        told = json.loads(file.read("all.json"))
        assert "Ada Novak" in file.read("read me first.html").decode()
        assert b"ada@work.example" in file.read("warehouse/customer_attributes.csv")
    assert [row["key"] for row in told["customers"]] == ["C-ada", "C-old"]
    assert told["consents"][0]["proof"] == "at the fair"
    assert {"touches", "tasks", "contact points", "relations", "kept records", "merges", "audit log"} <= told.keys()
    assert {"customer_values", "customer_attributes", "interactions"} <= told.keys()
    assert "bob@example.com" not in json.dumps(told)
    assert AuditEntry.objects.filter(verb="export", noun="customers").count() == 2


def test_the_file_names_nobody_whom_the_asker_does_not_see(shop: Shop, tmp_path: Path) -> None:
    rita = User.objects.create_user("rita@example.com", name="Rita", role="rep")
    for by, named in ((shop.alice, True), (rita, False)):
        takeout.write_to(tmp_path / "ada.zip", shop.ada, by=by, at=NOON)
        relations_told = json.loads(ZipFile(tmp_path / "ada.zip").read("all.json"))["relations"]
        assert (("Bob Brown" in json.dumps(relations_told)), len(relations_told)) == (named, 1)


def test_who_does_not_see_all_takes_nothing_away(shop: Shop) -> None:
    User.objects.filter(pk=shop.alice.pk).update(role="analyst")
    FieldRule.objects.create(role="analyst", noun="customers", field="email", access=FieldRule.Access.HIDDEN)
    assert shop.client.post(reverse("takeouts", args=[shop.ada.pk])).status_code == 403
    assert "cannot take all of it away" in shop.client.get(reverse("privacy", args=[shop.ada.pk])).content.decode()
    assert shop.client.get(reverse("forget", args=[shop.ada.pk])).status_code == 403
    assert shop.client.get(reverse("forgotten")).status_code == 403


def test_it_is_shown_before_and_done_only_when_they_are_named(shop: Shop) -> None:
    before = said(shop)
    page = shop.client.get(reverse("forget", args=[shop.ada.pk])).content.decode()
    assert "values in runs" in page
    assert "customer_values" not in page
    assert {table.name for table in tables_that_name()} <= ROWS.keys()
    assert {called(model) for model in rows_about([shop.ada.pk])} <= ROWS.keys()
    refused = shop.client.post(reverse("forget", args=[shop.ada.pk]), {"confirmed": "C-bob"})
    assert refused.status_code == 422
    assert "to say that you mean them" in refused.content.decode()
    assert not Forgetting.objects.exists()
    assert said(shop) == before


def test_nothing_is_left_of_who_was_forgotten(shop: Shop) -> None:
    values, bob = CustomerValue.objects.count(), serialize("json", Customer.objects.filter(pk=shop.bob.pk))
    brought = PeopleImport.objects.create(by=shop.alice, at=NOON)
    landed = {"Ada Novak": shop.ada.pk, "Brown & Sons": shop.bob.pk}
    Piece.objects.create(of=brought, stage="rows", table=0, number=0, added={LANDED: landed}, has_landed=True)
    done = ask_to_forget(shop)
    assert done.job is not None
    assert (done.job.state, done.job.error) == (Job.State.DONE, "")
    assert traces(shop) == []
    assert Piece.objects.get().added == {LANDED: {"Brown & Sons": shop.bob.pk}}
    assert done.who == {}
    assert done.gone["customers"] == 2
    assert done.gone["customer_values"] == 2
    assert "mentions" not in done.left
    assert CustomerValue.objects.count() == values - 2
    assert serialize("json", Customer.objects.filter(pk=shop.bob.pk)) == bob
    told = AuditEntry.objects.get(verb="erase")
    assert (told.actor, told.thing, told.thing_name) == (shop.alice, str(shop.ada.pk), "")
    assert AuditEntry.objects.filter(noun="customers", verb="merge", thing=str(shop.ada.pk), changes={}).exists()
    page = shop.client.get(done.get_absolute_url()).content.decode()
    assert "rows of the audit log, without what they told" in page
    assert shop.client.get(reverse("customers")).status_code == 200
    assert shop.client.get(reverse("customer", args=[shop.ada.pk])).status_code == 404


@pytest.mark.skipif(connection.vendor != "sqlite", reason="PostgreSQL has no index of words but of rows that are there")
def test_no_index_of_words_holds_a_word_of_theirs(shop: Shop) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT name FROM sqlite_master WHERE name LIKE '%\\_words' ESCAPE '\\' AND sql LIKE '%fts5%'")
        indexes = {name for (name,) in cursor.fetchall()}
    assert indexes >= {"customers_words", "inbox_senttext_words"}
    assert {index for index in indexes if b"novak" in written_in(index)} == indexes, "each holds one before"
    ask_to_forget(shop)
    assert [index for index in indexes if b"novak" in written_in(index)] == []


def test_what_others_wrote_about_them_is_named(shop: Shop) -> None:
    add_touch(shop.bob, by=shop.alice, at=NOON, kind="note", body="He came with Ada Novak.")
    done = ask_to_forget(shop)
    assert done.left["mentions"] == {"touches": 1}
    assert "touches of others that mention them" in shop.client.get(done.get_absolute_url()).content.decode()


def test_what_programs_sent_of_them_and_was_refused_loses_its_text(shop: Shop) -> None:
    theirs = [{"customer_id": "C-old"}, {"customer_id": "x", "order_id": "1", "customer": {"name": "Ada Novak"}}]
    others = [{"customer_id": "C-bob", "order_id": "C-ada"}, {"customer_id": "C-adam"}]
    receive(Kind.ORDERS, "shop", [*theirs, *others], by=shop.alice, at=NOON)
    sweep(Subject.from_kept(dict(preview(person_of(shop.ada)).who)), [shop.ada.pk])
    kept = list(InboxRow.objects.values_list("body", flat=True))
    assert kept[:2] == ["(forgotten)"] * 2
    assert [json.loads(text) for text in kept[2:]] == others


def test_stopped_anywhere_it_goes_on_where_it_was(shop: Shop) -> None:
    class KilledError(Exception):
        pass

    actions.start_forgetting(shop.ada, confirmed="C-ada", keep_orders=False, by=shop.alice, at=NOON)
    begun = Forgetting.objects.get()
    for steps in (0, 1, 6, 14):
        told = iter(range(steps))

        def dies(_stage: str, told: object = told) -> None:
            if next(told, None) is None:  # type: ignore[call-overload]
                raise KilledError

        with pytest.raises(KilledError):
            carry_on(begun, dies, at=NOON)
        begun.refresh_from_db()
        assert begun.done_at is None
        assert begun.who["ids"] == ["C-ada", "C-old"]
    carry_on(begun, lambda _stage: None, at=NOON)
    carry_on(begun, lambda _stage: None, at=NOON + timedelta(days=1))
    assert traces(shop) == []
    assert AuditEntry.objects.filter(verb="erase").count() == 1


def test_what_becomes_known_after_it_was_asked_goes_too(shop: Shop) -> None:
    actions.start_forgetting(shop.ada, confirmed="C-ada", keep_orders=False, by=shop.alice, at=NOON)
    with pytest.raises(MergeError, match="being forgotten"):
        merge(shop.bob, [shop.ada], by=shop.alice, at=NOON)
    reaching.add_contact_point(Act(shop.alice, NOON), shop.ada, "email", "ada@later.example")
    attachments.attach(Act(shop.alice, NOON), shop.ada, "later.txt", BytesIO(b"by Ada Novak, later"))
    carry_on(Forgetting.objects.get(), lambda _stage: None, at=NOON)
    assert traces(shop) == []
    assert forgotten_in(shop.workspace).knows([Mark("email", "ada@later.example")])


def test_a_publication_meanwhile_brings_nobody_back(shop: Shop) -> None:
    keep_run(shop.workspace, [valued(key) for key in ("C-ada", "C-bob")], minutes=1)
    actions.start_forgetting(shop.ada, confirmed="C-ada", keep_orders=False, by=shop.alice, at=NOON)
    begun, came = Forgetting.objects.get(), list[int]()

    def publishes(stage: str) -> None:
        if stage == "erasing" and not came:
            publish(shop.workspace, None, NOON)
            came.append(Customer.objects.get(key="C-ada").pk)

    carry_on(begun, publishes, at=NOON)
    assert came
    assert not Customer.everyone.filter(key="C-ada").exists()
    assert CustomerValue.objects.filter(publication__run_id="run-1").count() == 1
    assert traces(shop) == []


def test_what_a_telling_says_of_others_is_still_told(shop: Shop) -> None:
    told = [
        {"id": number, "key": key, "before": "active", "after": "lost"} for number, key in ((1, "C-ada"), (2, "C-b"))
    ]
    to = Subscription.objects.create(name="CRM", url="https://crm.example/hook", made_at=NOON)
    shared = {"subscription": to, "kind": "customer.stage_moved", "due_at": NOON, "made_at": NOON}
    Delivery.objects.create(event="evt_1_1", body={"customers": told}, **shared)
    Delivery.objects.create(event="evt_2", body={"customer": {"id": 1, "key": "C-ada"}}, **shared)
    sweep(Subject.from_kept(dict(preview(person_of(shop.ada)).who)), [shop.ada.pk])
    assert [each.body for each in Delivery.objects.all()] == [{"customers": told[1:]}]


def test_one_that_failed_is_gone_on_with_from_its_page(shop: Shop) -> None:
    actions.start_forgetting(shop.ada, confirmed="C-ada", keep_orders=False, by=shop.alice, at=NOON)
    Job.objects.update(state=Job.State.ABANDONED)
    begun = Forgetting.objects.get()
    assert "Go on" in shop.client.get(begun.get_absolute_url()).content.decode()
    shop.client.post(reverse("go_on_forgetting", args=[begun.pk]))
    tasks.forget.call(Job.objects.get(state=Job.State.WAITING).pk)
    begun.refresh_from_db()
    assert begun.done_at is not None


def test_who_was_forgotten_is_turned_away_until_let_in_again(shop: Shop) -> None:
    ask_to_forget(shop)
    again = {"name": "Ada", "email": "Ada@example.com", "kind": "person", "stage": "prospect"}
    refused = shop.client.post(reverse("new_customer"), again)
    assert refused.status_code == 422
    assert "forgotten at their own wish" in refused.content.decode()
    sent = {"source": "crm", "rows": [{"external_id": "1", "email": "ada@example.com"}, {"external_id": "C-ada"}]}
    headers = {"X-CSRFToken": "x"}
    told = shop.client.post("/api/v1/customers/bulk", sent, content_type="application/json", headers=headers).json()
    assert [each["why"] for each in told["refused"]] == ["They were forgotten at their own wish."] * 2
    shop.client.post(reverse("let_in_again"), {"kind": "email", "text": "ada@example.com"})
    assert shop.client.post(reverse("new_customer"), again).status_code == 302


def test_a_telephone_number_is_known_again_however_a_file_writes_it(shop: Shop) -> None:
    written = ("+386 40 123 456", "00386 40/123-456", "011 386 40 123456", "(040) 123 456", "40 123 456",
               "+386 (0)40 123 456")  # fmt: skip
    ask_to_forget(shop)
    known = forgotten_in(shop.workspace)
    assert [text for text in written if not known.knows([Mark("phone", text)])] == []
    assert not known.knows([Mark("phone", "+386 40 123 457"), Mark("phone", "+43 40 123 456")])
    shop.client.post(reverse("let_in_again"), {"kind": "phone", "text": "+386 40 123 456"})
    known = forgotten_in(shop.workspace)
    assert [text for text in written if known.knows([Mark("phone", text)])] == []


@pytest.mark.django_db(transaction=True)
def test_people_who_come_in_by_a_file_are_refused_with_the_reason(shop: Shop) -> None:
    ExternalKey.objects.create(customer=shop.ada, source="file:speaking", external_id="10: Ada Novak")
    ask_to_forget(shop)
    path = shop.workspace.folder / "people.csv"
    path.write_text("Customer No,Company Name,Contact Name\n10,Brown Mills,Ada Novak\n11,Green Mills,Uwe Lang\n")
    brought(Desk(shop.client, shop.alice, shop.workspace), [path])
    path.unlink()
    assert Customer.objects.filter(name__in=("Brown Mills", "Uwe Lang")).count() == 2
    assert traces(shop) == [], "nor does she come again as who speaks for a firm"
    path.write_text("Id,Name,E-mail\n7,Ada Novak,ada@example.com\n8,Eve Adams,eve@example.com\n")
    began = brought(Desk(shop.client, shop.alice, shop.workspace), [path])
    path.unlink()
    assert not Customer.objects.filter(email="ada@example.com").exists()
    assert Customer.objects.filter(email="eve@example.com").exists()
    refusal = began.pieces.get(stage="people").refusals.get()
    assert (refusal.reason, refusal.text) == ("they were forgotten at their own wish", "")
    assert traces(shop) == []
    text = "Name,E-mail\nAda Novak,ada@example.com\nAda,ADA@example.com\nEve,eve@example.com\nBen,ben@example.com\n"
    path.write_text(text)
    again = brought(Desk(shop.client, shop.alice, shop.workspace), [path], mode="update")
    path.unlink()
    told = sorted((line, reason, text) for _table, line, reason, text in refused_rows(again))
    assert [each[::2] for each in told] == [(2, ""), (3, ""), (5, "Ben,ben@example.com")]
    assert {each[1] for each in told[:2]} == {"they were forgotten at their own wish"}
    assert traces(shop) == []


def test_files_on_their_way_in_are_let_go(shop: Shop) -> None:
    orders = b"order_id,customer_id,order_date,amount\n" + b"O1,C-ada,2026-01-05,10\n" * 3
    shop.client.post(reverse("new_import"), {"orders": [SimpleUploadedFile("orders.csv", orders)]})
    assert preview(person_of(shop.ada)).waiting == 1
    ask_to_forget(shop)
    assert traces(shop) == []


def test_programs_do_the_same_with_the_same_rights(shop: Shop) -> None:
    def post(address: str, **given: object) -> Any:
        return shop.client.post(f"/api/v1{address}", given, content_type="application/json").json()

    address = f"/customers/{shop.ada.pk}/forgetting"
    assert shop.client.get(f"/api/v1{address}").json()["warehouse"]["customer_values"] == 2
    taken = post(f"/customers/{shop.ada.pk}/takeouts")
    tasks.take_out.call(Job.objects.get(kind=Job.Kind.TAKEOUT).pk)
    assert shop.client.get(f"/api/v1/takeouts/{taken['id']}").json()["size"] > 1_000
    assert b"".join(shop.client.get(f"/api/v1/takeouts/{taken['id']}/file").streaming_content)[:2] == b"PK"
    assert "to say that you mean them" in post(address, confirmed="C-bob")["detail"]
    begun = post(address, confirmed="C-ada", keep_orders=True)
    assert (begun["state"], begun["customer"]) == ("waiting", shop.ada.pk)
    tasks.forget.call(Job.objects.get(kind=Job.Kind.FORGETTING).pk)
    assert shop.client.get(f"/api/v1/forgettings/{begun['id']}").json()["state"] == "done"
    User.objects.filter(pk=shop.alice.pk).update(role="manager")
    assert shop.client.get(f"/api/v1/forgettings/{begun['id']}").status_code == 403
