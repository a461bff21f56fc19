"""More customers changed at once than a page waits for: by the worker, stopped, killed, gone on with, undone."""

import re
from datetime import timedelta
from html import unescape
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django.fixtures import Settings

from keepers.core.errors import NothingToDoError
from keepers.crm.customers import bulk_jobs
from keepers.crm.customers.actions import bulk
from keepers.crm.customers.actions.acts import Act
from keepers.crm.customers.models import BulkEdit, BulkEditRow, Customer
from keepers.crm.jobs.models import Job
from keepers.crm.people.models import AuditEntry, FieldRule, User
from keepers.crm.people.roles import Noun, Role
from keepers.loop.workspace import Workspace
from tests.integration.web.program import Program

pytestmark = pytest.mark.django_db
AT = "/customers/everybody/"
PEOPLE = 7


@pytest.fixture
def alice(settings: Settings, tmp_path: Path) -> User:
    settings.WORKSPACE = Workspace(tmp_path / "home")
    return User.objects.create_user("alice@example.com", name="Alice", role=Role.OWNER)


@pytest.fixture
def browser(client: Client, alice: User, monkeypatch: pytest.MonkeyPatch) -> Client:
    """Alice's; five customers are many, and two are written at a time."""
    monkeypatch.setattr(bulk_jobs, "MOST_AT_ONCE", 5)
    monkeypatch.setattr(bulk, "BLOCK", 2)
    cities = ["Graz"] * (PEOPLE - 1) + ["Linz"]
    Customer.objects.bulk_create(
        Customer(key=f"C{number}", name=f"Person {number}", city=city, acquired_by="letter" if number == 3 else "")
        for number, city in enumerate(cities)
    )
    client.force_login(alice)
    return client


def asked(browser: Client, query: str = "?city=Graz") -> BulkEdit:
    form = {"everything": "1", "field": "acquired_by", "acquired_by": "fair", "next": f"{AT}{query}"}
    answer = browser.post("/customers/bulk/", form)
    edit = BulkEdit.objects.latest("pk")
    assert answer["location"] == edit.get_absolute_url()
    return edit


def work() -> Job:
    """What the worker does with the job that waits."""
    job = Job.objects.get(state=Job.State.WAITING)
    bulk_jobs.write_for_many.call(job.pk)
    job.refresh_from_db()
    return job


def from_the_fair() -> int:
    return Customer.objects.filter(acquired_by="fair").count()


def text_of(page: Any) -> str:
    return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]+>", " ", page.content.decode())))


def test_many_are_written_by_the_worker_and_given_back_by_it(browser: Client) -> None:
    edit = asked(browser)
    assert (from_the_fair(), "Waiting for the worker." in text_of(browser.get(edit.get_absolute_url()))) == (0, True)
    assert "Many customers are being changed" in text_of(browser.get(AT))
    assert work().state == Job.State.DONE
    assert (from_the_fair(), Customer.objects.get(city="Linz").acquired_by) == (6, "")
    page = text_of(browser.get(edit.get_absolute_url()))
    assert "6 customers were changed." in page
    browser.post(f"/customers/bulk/{edit.pk}/undoing/")
    assert (from_the_fair(), Job.objects.latest("pk").kind) == (6, "bulk-undo")
    Customer.objects.filter(key="C0").update(acquired_by="friend")
    assert work().result == {"changed": 6, "left": 1}
    assert list(Customer.objects.order_by("key").values_list("acquired_by", flat=True)) == [
        "friend", "", "", "letter", "", "", "",
    ]  # fmt: skip
    assert "5 of 6 customers have what they had before. 1 stays" in text_of(browser.get(edit.get_absolute_url()))
    told = AuditEntry.objects.exclude(verb="sign in").order_by("pk").values_list("verb", "changes__customers")
    assert list(told) == [("ask to edit", None), ("edit", 6), ("undo", 5)]


def test_a_worker_that_was_killed_is_followed_by_one_that_writes_the_rest(
    browser: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    edit, reads = asked(browser), iter(range(10))
    column = bulk.many.column

    def dying(name: str) -> Any:
        known = column(name)

        def read(pks: Any) -> Any:
            if next(reads) == 2:
                raise KeyboardInterrupt
            return known.read(pks)

        return bulk.many.Field(read, known.write)

    monkeypatch.setattr(bulk.many, "column", dying)
    with pytest.raises(KeyboardInterrupt):
        work()
    assert from_the_fair() == 4
    Job.objects.update(state=Job.State.RUNNING, error="")  # as a process leaves it that is gone
    assert "its process was stopped" in text_of(browser.get(edit.get_absolute_url()))
    Customer.objects.filter(key="C1").update(acquired_by="friend")  # since then, by hand
    browser.post(f"/customers/bulk/{edit.pk}/continuing/")
    assert work().state == Job.State.DONE
    edit.refresh_from_db()
    assert (edit.changed, BulkEditRow.objects.values("customer").distinct().count(), edit.rows.count()) == (6, 6, 6)
    assert (from_the_fair(), Customer.objects.get(key="C1").acquired_by) == (5, "friend")
    page = text_of(browser.post(f"/customers/bulk/{edit.pk}/continuing/", follow=True))
    assert "There is nothing left to do." in page


def test_whoever_stops_it_keeps_what_was_written_and_can_undo_that(
    browser: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    edit, blocks = asked(browser), bulk._blocks

    def stopping(pks: list[int]) -> Any:
        for number, block in enumerate(blocks(pks)):
            if number == 1:
                monkeypatch.setattr("keepers.crm.jobs.carrying_out.TELL_EVERY", timedelta(0))
                browser.post(f"/jobs/{edit.job_id}/cancellation/")
            yield block

    monkeypatch.setattr(bulk, "_blocks", stopping)
    assert "is still being written" in text_of(browser.post(f"/customers/bulk/{edit.pk}/undoing/", follow=True))
    assert (work().state, from_the_fair()) == (Job.State.CANCELLED, 2)
    assert AuditEntry.objects.filter(verb="edit", changes__customers=2).exists()
    monkeypatch.setattr(bulk, "_blocks", blocks)
    browser.post(f"/customers/bulk/{edit.pk}/undoing/")
    assert from_the_fair() == 0


def test_of_two_who_have_it_gone_on_with_at_once_one_comes_second(browser: Client) -> None:
    edit = asked(browser)
    browser.post(f"/jobs/{edit.job_id}/cancellation/")
    one, other = (BulkEdit.objects.select_related("job", "by").get(pk=edit.pk) for _ in range(2))
    now = timezone.now()
    bulk_jobs.go_on(one, at=now)
    with pytest.raises(NothingToDoError):
        bulk_jobs.go_on(other, at=now)
    with pytest.raises(bulk.BulkEditError, match="still being written"):
        bulk.begin_undoing(Act(other.by, now), other)


def test_the_worker_asks_for_the_rights_of_today(browser: Client, alice: User) -> None:
    Customer.objects.filter(key__in=["C0", "C1"]).update(owner=alice)
    edit = asked(browser)
    User.objects.filter(pk=alice.pk).update(role=Role.REP)
    assert (work().state, from_the_fair()) == (Job.State.DONE, 2)
    FieldRule.objects.create(role=Role.REP, noun=Noun.CUSTOMERS, field="acquired_by", access="read")
    BulkEdit.objects.filter(pk=edit.pk).update(changed=6)
    assert browser.post(f"/customers/bulk/{edit.pk}/undoing/").status_code == 403
    browser.force_login(User.objects.create_user("bob@example.com", role=Role.OWNER))
    assert browser.get(edit.get_absolute_url()).status_code == 404, "another's"


@pytest.mark.usefixtures("browser")
def test_programs_change_all_that_a_list_finds(alice: User) -> None:
    program, wanted = Program(alice), {"field": "add-tag", "value": "fair", "among": "everybody"}
    told = program("POST", "/bulk-edits", wanted | {"query": "city=Graz"}).json()
    assert (told["changed"], program("GET", f"/jobs/{told['job']}").json()["state"]) == (0, "waiting")
    assert work().result == {"changed": 6, "left": 0}
    back = program("POST", f"/bulk-edits/{told['id']}/undoing").json()
    assert (back["job"] != told["job"], work().state) == (True, Job.State.DONE)
    assert not Customer.objects.filter(tags__name="fair").exists()
    assert program("POST", f"/bulk-edits/{told['id']}/continuing").status_code == 422, "it is done"
    for wrong in ({"query": "town=Graz"}, {"query": "owner=nobody"}, {"customers": [1]}, {"among": None}):
        assert program("POST", "/bulk-edits", wanted | wrong).status_code == 422
    assert program("POST", "/bulk-edits", wanted | {"among": "customers"}).status_code == 422, "nothing is published"


@pytest.mark.usefixtures("browser")
def test_the_worker_does_no_more_than_the_key_by_which_it_was_asked(alice: User) -> None:
    Customer.objects.filter(key="C2").update(owner=alice)
    program = Program(alice, role=Role.REP)
    program("POST", "/bulk-edits", {"field": "add-tag", "value": "fair", "among": "everybody"})
    work()
    assert list(Customer.objects.filter(tags__name="fair").values_list("key", flat=True)) == ["C2"]
    assert set(AuditEntry.objects.filter(verb__contains="edit").values_list("via", flat=True)) == {"api"}
