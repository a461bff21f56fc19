"""Tasks and reminders of them."""

import re
from datetime import date, timedelta

import icalendar
import pytest
from django.core import mail as outgoing
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from work_of_people import NOW, TODAY, a_publication, a_rep, an_owner, customer, task

from keepers.crm.customers.timeline.actions import add_touch
from keepers.crm.customers.timeline.models import Touch
from keepers.crm.people.models import AuditEntry, Team, User
from keepers.crm.people.rights import people_seen_by
from keepers.crm.people.roles import Noun
from keepers.crm.portfolio.models import CustomerValue, Publication
from keepers.crm.work.actions import EndedTaskError, complete, drop, reopen
from keepers.crm.work.days import working_day
from keepers.crm.work.models import Task
from keepers.crm.work.queries import open_tasks_with, renew_stakes, tasks_seen_by, work_of
from keepers.crm.work.reminding import calendar_of, choose, new_feed, owner_of_feed, send_digests

pytestmark = pytest.mark.django_db


@pytest.fixture
def alice() -> User:
    return an_owner()


@pytest.fixture
def rep() -> User:
    return a_rep()


@pytest.fixture
def publication() -> Publication:
    return a_publication()


def test_work_comes_in_the_order_of_what_is_at_stake(alice: User, publication: Publication) -> None:
    small, large, unknown = customer("small", 10.0), customer("large", 900.0), customer("unknown")
    for each in (small, unknown, large):
        task(alice, each)
    task(alice, small, due_on=TODAY - timedelta(days=1))
    task(alice, large, due_on=TODAY + timedelta(days=3))
    task(alice, None, title="Tidy up", due_on=TODAY + timedelta(days=90))
    work = work_of(tasks_seen_by(alice), today=TODAY, most=9)
    assert [line.task.customer for line in work.due] == [large, small, unknown]
    assert [line.task.customer for line in work.overdue] == [small]
    assert [line.task.customer for line in work.upcoming] == [large]
    assert work.overdue[0].is_overdue


def test_a_task_that_is_done_becomes_an_act_on_the_timeline(alice: User) -> None:
    ada = customer("ada")
    done = complete(task(alice, ada), by=alice, at=NOW, today=TODAY, outcome="reached", words="Will order in August.")
    assert done.state == "done"
    touch = Touch.objects.get(customer=ada)
    assert (touch.kind, touch.outcome, touch.body, touch.direction) == (
        "call",
        "reached",
        "Will order in August.",
        "out",
    )
    with pytest.raises(EndedTaskError):
        complete(done, by=alice, at=NOW, today=TODAY)
    assert Touch.objects.count() == 1


def test_the_record_says_when_a_task_s_customer_was_last_in_touch(alice: User) -> None:
    ada = customer("ada")
    task(alice, ada)
    add_touch(ada, by=alice, at=NOW - timedelta(days=3), kind="call")
    (line,) = open_tasks_with(ada, seen_by=alice, today=TODAY)
    assert line.last_contact == NOW - timedelta(days=3)


def test_who_does_not_answer_is_tried_three_times(alice: User) -> None:
    friday = date(2026, 7, 3)
    call = task(alice, customer("ada"))
    for attempt in (1, 2):
        kept = complete(call, by=alice, at=NOW, today=friday, outcome="no answer")
        assert (kept.state, kept.due_on, kept.attempts) == ("open", date(2026, 7, 6), attempt)
    assert complete(call, by=alice, at=NOW, today=friday, outcome="no answer").state == "done"
    assert Touch.objects.filter(outcome="no answer").count() == 3


def test_an_ending_can_be_taken_back(alice: User) -> None:
    call = task(alice, customer("ada"))
    complete(call, by=alice, at=NOW, today=TODAY, outcome="reached")
    call.refresh_from_db()
    reopen(call, by=alice, at=NOW)
    call.refresh_from_db()
    assert (call.state, call.outcome, call.touch) == ("open", "", None)
    assert not Touch.objects.filter(removed_at=None).exists()
    drop(call, by=alice, at=NOW, reason="moved away")
    assert list(AuditEntry.objects.filter(noun="tasks").values_list("verb", flat=True)) == [
        "drop", "reopen", "complete", "create"
    ]  # fmt: skip


def test_done_from_the_page_with_one_button(client: Client, alice: User) -> None:
    client.force_login(alice)
    call = task(alice, customer("ada"), due_on=timezone.localdate())
    page = reverse("work") + "?whose=all"
    html = client.get(page).content.decode()
    assert "Ada" in html
    (stood_on,) = set(re.findall(r'name="next" value="([^"]*)"', html))
    told = {"outcome": "interested", "next": stood_on}
    assert client.post(reverse("task_completion", args=[call.pk]), told).headers["Location"] == page
    call.refresh_from_db()
    assert (call.state, call.outcome) == ("done", "interested")
    assert "Take it back" in client.get(reverse("work") + "?state=ended").content.decode()


def test_several_tasks_are_handed_over_and_put_off_at_once(client: Client, alice: User, rep: User) -> None:
    client.force_login(alice)
    chosen = [task(alice, customer(name)) for name in ("ada", "bela")]
    left = task(alice, customer("cleo"))
    client.post(reverse("work_changes"), {"task": [each.pk for each in chosen], "owner": rep.pk, "day": "2026-08-03"})
    assert set(Task.objects.filter(owner=rep).values_list("due_on", flat=True)) == {date(2026, 8, 3)}
    left.refresh_from_db()
    assert left.owner == alice
    for said in ("given to Rita", "due 2026-08-03"):  # the last change first
        page = client.get(reverse("work"))
        assert said in page.content.decode()
        client.post(reverse("undo_tasks", args=[page.context["last_bulk"].pk]))
    assert set(Task.objects.values_list("owner", "due_on")) == {(alice.pk, TODAY)}
    client.post(reverse("work_changes"), {"task": [left.pk], "day": TODAY.isoformat()})  # it is due then already
    assert client.get(reverse("work")).context["last_bulk"] is None
    client.post(reverse("work_changes"), {"task": [left.pk], "owner": "nobody", "day": "2026-02-30"})
    left.refresh_from_db()
    assert (left.owner, left.due_on) == (alice, TODAY)


def test_a_rep_sees_and_ends_no_tasks_of_others(client: Client, alice: User, rep: User) -> None:
    theirs = task(alice, customer("ada"))
    client.force_login(rep)
    assert "Ada" not in client.get(reverse("work") + "?whose=all").content.decode()
    assert client.get(reverse("task", args=[theirs.pk])).status_code == 404
    assert client.post(reverse("task_completion", args=[theirs.pk])).status_code == 404
    assert client.post(reverse("task_dropping", args=[theirs.pk])).status_code == 404
    theirs.refresh_from_db()
    assert theirs.state == "open"
    assert people_seen_by(rep, Noun.TASKS) == [rep]


def test_a_manager_sees_the_tasks_of_the_teams_below() -> None:
    north = Team.objects.create(name="North")
    shops = Team.objects.create(name="Shops", parent=north)
    other = Team.objects.create(name="South")
    boss, below, far = (
        User.objects.create_user(f"{name}@example.com", name=name, role=role, team=team)
        for name, role, team in (("boss", "manager", north), ("below", "rep", shops), ("far", "rep", other))
    )
    for owner in (below, far):
        task(owner, None, title=owner.name)
    assert [each.title for each in tasks_seen_by(boss)] == ["below"]
    assert people_seen_by(boss, Noun.TASKS) == [boss, below]


def test_stakes_follow_the_pages(alice: User, publication: Publication) -> None:
    ada = customer("ada", 300.0)
    call = task(alice, ada)
    CustomerValue.objects.filter(customer=ada).update(residual_value=120.0)
    assert renew_stakes() == 1
    call.refresh_from_db()
    assert call.stake == 120.0
    assert renew_stakes() == 0


def test_a_digest_goes_out_once_on_working_mornings_when_something_is_due(alice: User, rep: User) -> None:
    task(alice, customer("ada"), reason="Slipping, worth a call.")
    for user in (alice, rep):
        choose(user, by_mail=True)
    assert send_digests(today=TODAY) == 1
    assert send_digests(today=TODAY) == 0
    assert send_digests(today=date(2026, 7, 4)) == 0, "a Saturday"
    assert [letter.to for letter in outgoing.outbox] == [["alice@example.com"]]
    assert "Call Ada: Slipping, worth a call." in outgoing.outbox[0].body


def test_the_calendar_is_read_by_its_secret_alone(client: Client, alice: User) -> None:
    task(alice, customer("ada"), due_on=TODAY - timedelta(days=2))
    task(alice, customer("bela"), starts_at=NOW + timedelta(days=1), due_on=TODAY + timedelta(days=1))
    token = new_feed(alice)
    assert owner_of_feed(token) == alice
    assert client.get(reverse("calendar_feed", args=[token])).headers["Content-Type"].startswith("text/calendar")
    assert client.get(reverse("calendar_feed", args=["wrong"])).status_code == 404
    events = icalendar.Calendar.from_ical(calendar_of(alice, today=TODAY, host="x", at=NOW)).walk("VEVENT")
    said = {str(event["summary"]): event["dtstart"].dt for event in events}
    assert said == {"Call: Ada": TODAY, "Call: Bela": NOW + timedelta(days=1)}
    new_feed(alice)
    assert client.get(reverse("calendar_feed", args=[token])).status_code == 404


def test_a_weekend_is_no_working_day() -> None:
    assert working_day(date(2026, 7, 4)) == date(2026, 7, 6)
