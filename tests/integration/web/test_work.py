"""Tasks, cadences that make them, and reminders."""

import re
from datetime import UTC, date, datetime, timedelta
from typing import Any

import icalendar
import pytest
from django.core import mail as outgoing
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from keepers.crm.customers.models import Consent, Customer
from keepers.crm.customers.timeline.actions import add_touch
from keepers.crm.customers.timeline.models import Touch
from keepers.crm.lists import pages
from keepers.crm.people.models import AuditEntry, Team, User
from keepers.crm.portfolio.models import CurrentPublication, CustomerValue, Publication
from keepers.crm.work.actions import EndedTaskError, complete, drop, make_task, reopen
from keepers.crm.work.days import is_working, working_day
from keepers.crm.work.models import Cadence, Task, TaskEdit
from keepers.crm.work.planning import AHEAD, members_of, overdue, plan
from keepers.crm.work.queries import open_tasks_with, people_seen_by, renew_stakes, tasks_seen_by, work_of
from keepers.crm.work.reminding import calendar_of, choose, new_feed, owner_of_feed, send_digests

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 7, 1, 9, 30, tzinfo=UTC)  # a Wednesday
TODAY = NOW.date()


@pytest.fixture
def alice() -> User:
    return User.objects.create_user("alice@example.com", name="Alice", role="owner")


@pytest.fixture
def rep() -> User:
    return User.objects.create_user("rita@example.com", name="Rita", role="rep")


@pytest.fixture
def publication() -> Publication:
    made = Publication.objects.create(
        run_id="r", as_of=TODAY, currency="EUR", started_at=NOW, finished_at=NOW, run={"base": {"customers": 1}}
    )
    CurrentPublication.objects.create(publication=made, changed_at=NOW)
    return made


def customer(key: str, worth: float | None = None, **more: Any) -> Customer:
    """Somebody worth so much, where there is a publication."""
    found = Customer.objects.create(key=key, name=key.title(), email=f"{key}@example.com", **more)
    publication = Publication.objects.first()
    if publication is not None:
        places = dict.fromkeys(
            (f"place_by_{name}" for name in ("value", "low", "chance", "last_order", "next_due")), found.pk
        )
        CustomerValue.objects.create(
            id=CustomerValue.number(publication.pk, found.pk),
            publication=publication,
            customer=found,
            group="best" if (worth or 0) > 100 else "steady",
            orders=3,
            first_order=TODAY,
            last_order=TODAY,
            residual_value=worth,
            **places,
        )
    return found


def task(owner: User, with_whom: Customer | None = None, **about: Any) -> Task:
    return make_task(by=owner, at=NOW, customer=with_whom, owner=owner, **({"kind": "call", "due_on": TODAY} | about))


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
    assert people_seen_by(rep) == [rep]


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
    assert people_seen_by(boss) == [boss, below]


@pytest.fixture
def cadence(alice: User, publication: Publication) -> Cadence:
    made = Cadence.objects.create(
        name="Fortnightly call", query={"group": ["best"]}, every_days=14, a_day=2, made_at=NOW, made_by=alice
    )
    made.people.set([alice])
    return made


def test_a_cadence_makes_tasks_over_working_days_and_people(cadence: Cadence, alice: User, rep: User) -> None:
    mine = [customer(f"m{number}", 200.0 + number, owner=rep) for number in range(3)]
    nobody = [customer(f"n{number}", 500.0 + number) for number in range(5)]
    customer("poor", 5.0)
    planned = plan(cadence, today=TODAY, at=NOW)
    assert (planned.made, planned.waiting) == (8, 0)
    days = {each.customer: (each.owner, each.due_on) for each in Task.objects.all()}
    assert [days[each][0] for each in mine] == [rep] * 3
    assert [days[each][0] for each in nobody] == [alice] * 5
    by_worth = [days[each][1] for each in reversed(nobody)]
    thursday, friday = TODAY + timedelta(days=1), TODAY + timedelta(days=2)
    assert by_worth == [TODAY, TODAY, thursday, thursday, friday]
    assert all(is_working(day) for _owner, day in days.values() if day)
    assert plan(cadence, today=TODAY, at=NOW).made == 0, "planned again, nothing changes"


def test_who_was_in_touch_is_skipped_and_their_open_task_dropped(cadence: Cadence, alice: User) -> None:
    ada, bela = customer("ada", 300.0), customer("bela", 200.0)
    add_touch(bela, by=alice, at=NOW - timedelta(days=10), kind="call")
    plan(cadence, today=TODAY, at=NOW)
    assert dict(Task.objects.values_list("customer", "due_on")) == {ada.pk: TODAY, bela.pk: TODAY + timedelta(days=5)}
    add_touch(ada, by=alice, at=NOW + timedelta(hours=1), kind="meeting")
    tomorrow = plan(cadence, today=TODAY + timedelta(days=1), at=NOW + timedelta(days=1))
    assert tomorrow.dropped == 1
    assert Task.objects.get(customer=ada, state="dropped").outcome == "in touch already"
    assert Task.objects.get(customer=ada, state="open").due_on == TODAY + timedelta(days=14)


def test_a_note_is_no_contact(cadence: Cadence, alice: User) -> None:
    ada = customer("ada", 300.0)
    add_touch(ada, by=alice, at=NOW, kind="note", body="Likes tea.")
    plan(cadence, today=TODAY, at=NOW)
    assert Task.objects.get(customer=ada).due_on == TODAY


def test_who_refused_calls_is_not_called(cadence: Cadence) -> None:
    ada = customer("ada", 300.0)
    Consent.objects.create(customer=ada, channel="phone", purpose="service", state="withdrawn", at=NOW)
    assert plan(cadence, today=TODAY, at=NOW).made == 0


def test_whom_nobody_has_room_for_waits_and_is_counted(cadence: Cadence) -> None:
    for number in range(25):
        customer(f"c{number}", 200.0)
    planned = plan(cadence, today=TODAY, at=NOW)
    room = 2 * sum(is_working(TODAY + timedelta(days=day)) for day in range(AHEAD.days + 1))
    assert (planned.made, planned.waiting) == (room, 25 - room)


def test_overdue_for_contact_by_what_they_are_worth(cadence: Cadence, alice: User, publication: Publication) -> None:
    worths = {"ada": 300.0, "bela": 900.0, "cleo": 500.0}
    people = {name: customer(name, worth) for name, worth in worths.items()}
    add_touch(people["cleo"], by=alice, at=NOW - timedelta(days=3), kind="call")
    add_touch(people["ada"], by=alice, at=NOW - timedelta(days=30), kind="call")
    late = overdue(cadence, members_of(cadence, publication, today=TODAY), today=TODAY)
    assert [member.customer for member in late] == [people["bela"], people["ada"]]


def test_a_contact_is_overdue_from_the_day_after_it_was_due(
    cadence: Cadence, alice: User, publication: Publication
) -> None:
    add_touch(customer("ada", 300.0), by=alice, at=NOW, kind="call")
    members = members_of(cadence, publication, today=TODAY)
    assert not overdue(cadence, members, today=TODAY + timedelta(days=14))
    assert overdue(cadence, members, today=TODAY + timedelta(days=15))


def test_a_rep_reads_who_is_overdue_among_their_own(client: Client, cadence: Cadence, rep: User) -> None:
    customer("ada", 900.0)
    customer("bela", 300.0, owner=rep)
    client.force_login(rep)
    html = client.get(cadence.get_absolute_url()).content.decode()
    assert ("Bela" in html, "Ada" in html) == (True, False)


def test_customers_of_somebody_who_left_go_to_the_people_of_the_cadence(
    cadence: Cadence, alice: User, rep: User
) -> None:
    rep.is_active = False
    rep.save()
    customer("ada", 300.0, owner=rep)
    plan(cadence, today=TODAY, at=NOW)
    assert Task.objects.get().owner == alice


def test_the_cadence_pages_say_whom_and_how_often(client: Client, alice: User, publication: Publication) -> None:
    client.force_login(alice)
    customer("ada", 300.0)
    assert client.get(reverse("new_cadence")).context["form"]["people"].value() == [alice.pk]
    asked = {"name": "Monthly visit", "kind": "visit", "every_days": "30", "a_day": "3", "groups": ["best"]}
    answer = client.post(reverse("new_cadence"), asked | {"people": [alice.pk], "is_active": "on", "worth_from": "100"})
    made = Cadence.objects.get()
    assert answer.headers["Location"] == made.get_absolute_url()
    assert made.query == {"group": ["best"], "value_from": ["100.0"]}
    client.post(reverse("cadence_planning", args=[made.pk]))
    assert Task.objects.get().kind == "visit"
    assert "Ada" in client.get(made.get_absolute_url()).content.decode()
    assert client.post(reverse("new_cadence"), asked | {"every_days": "0"}).status_code == 200
    assert Cadence.objects.count() == 1


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


@pytest.mark.usefixtures("publication")
def test_the_list_of_tasks_is_narrowed_sorted_grouped_and_taken_away(client: Client, alice: User, rep: User) -> None:
    ada, today = customer("ada", 40.0), timezone.localdate()
    late = task(alice, ada, due_on=today - timedelta(days=3), reason="=why")
    soon = task(rep, None, title="Tidy up", due_on=today + timedelta(days=9))
    task(alice, None, title="Some day", due_on=None, state="done", ended_at=timezone.now())
    client.force_login(alice)

    def told(query: str) -> list[str]:
        return [str(row) for row in client.get(f"/tasks/?{query}").context["rows"]]

    assert told("") == ["Some day", "Tidy up", "Call Ada"]
    assert told("sort=due") == ["Call Ada", "Tidy up", "Some day"]
    assert told("sort=-due") == ["Tidy up", "Call Ada", "Some day"]
    assert told("state=open&due_to=-1d") == told(f"owner={alice.pk}&state=open") == told("q=ada") == ["Call Ada"]
    assert told("stake_from=10&2.kind=call&2.state=done") == ["Some day", "Call Ada"]
    assert told("ended_from=0d&ended_to=0d") == ["Some day"]
    monday = soon.due_on - timedelta(days=soon.due_on.weekday())  # type: ignore[operator]
    groups = {group.label: group for group in client.get("/tasks/?by=week&state=open").context["groups"]}
    week = groups[f"week of {monday.day} {monday:%b} {monday.year}"]
    assert [str(row) for row in client.get(week.address).context["rows"]] == ["Tidy up"]
    by_owner = client.get("/tasks/?by=owner").context["groups"]
    assert [(each.label, each.rows, each.sums) for each in by_owner] == [
        ("me", 2, {"EUR": 40.0}),
        (str(rep), 1, {}),
    ]
    page = client.get(f"/tasks/?open={late.pk}")
    assert f'hx-get="/tasks/{late.pk}/panel/"' in page.content.decode()
    assert "At stake" in client.get(f"/tasks/{late.pk}/panel/", headers={"hx-request": "true"}).content.decode()
    file = b"".join(client.get("/tasks/tasks.csv?sort=due&columns=reason&columns=ended_at").streaming_content).decode()  # type: ignore[attr-defined]
    assert "Call Ada,1,'=why" in file.replace(f",{late.pk},", ",1,")
    sheet = client.get("/tasks/tasks.xlsx?columns=ended_at")
    assert sheet.status_code == 200
    client.force_login(rep)
    assert told("") == ["Tidy up"]
    assert client.get("/tasks/tasks.csv").status_code == 403
    sheet.close()


def test_pages_of_a_list_whose_rows_lack_what_it_is_sorted_by(
    client: Client, alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pages, "ROWS", 2)
    today = timezone.localdate()
    for number in range(6):
        task(alice, None, title=f"T{number}", due_on=today + timedelta(days=number // 2) if number < 3 else None)
    client.force_login(alice)
    for sort, order in (("due", "012345"), ("-due", "210543")):
        page, seen = client.get(f"/tasks/?sort={sort}"), list[str]()
        while True:
            seen += [row.title[1:] for row in page.context["rows"]]
            if page.context["next"] is None:
                break
            page = client.get(page.context["next"])
        assert "".join(seen) == order
        for part in (order[2:4], order[:2]):
            page = client.get(page.context["previous"])
            assert "".join(row.title[1:] for row in page.context["rows"]) == part


@pytest.mark.parametrize("field", ["due_on", "owner", "done", "dropped"])
def test_many_tasks_are_changed_from_the_list_and_given_back(
    client: Client, alice: User, rep: User, field: str
) -> None:
    ada, today = customer("ada", 40.0), timezone.localdate()
    tasks = [task(alice, ada, due_on=today, outcome="no answer", attempts=1), task(rep, None, title="T", due_on=today)]
    ended = task(alice, None, title="E", state="done", due_on=today, ended_at=NOW)
    names = ("due_on", "owner_id", "team_id", "state", "outcome", "attempts")
    before = list(Task.objects.order_by("pk").values_list("pk", *names))
    client.force_login(alice)
    value = {"due_on": (today + timedelta(days=5)).isoformat(), "owner": str(rep.pk)}.get(field, field)
    asked = "state" if field in {"done", "dropped"} else field
    form = {"field": asked, asked: value, "everything": "1", "next": "/tasks/?due_to=0d"}
    page = client.post("/tasks/changes/", form, follow=True)
    edit = TaskEdit.objects.get()
    assert edit.changed == (1 if field == "owner" else 2)
    assert edit.told in page.content.decode().replace("&#x27;", "'")
    ended.refresh_from_db()
    assert ended.due_on == today
    assert ada.touches.filter(removed_at=None).count() == (field == "done")
    if field == "due_on":
        Task.objects.filter(pk=tasks[1].pk).update(due_on=today + timedelta(days=8))  # changed since: it stays
        before[1] = (tasks[1].pk, today + timedelta(days=8), *before[1][2:])
    client.post(f"/tasks/changes/{edit.pk}/undoing/", {"next": "/tasks/"})
    assert list(Task.objects.order_by("pk").values_list("pk", *names)) == before
    assert not ada.touches.filter(removed_at=None).exists()
    edit.refresh_from_db()
    assert edit.left == (field == "due_on")


def test_what_somebody_did_since_stays_theirs_when_it_is_taken_back(client: Client, alice: User, rep: User) -> None:
    given = task(alice, None, title="T", due_on=date(2026, 7, 1))
    client.force_login(alice)
    client.post("/tasks/changes/", {"field": "owner", "owner": str(rep.pk), "chosen": str(given.pk), "next": "/tasks/"})
    Task.objects.filter(pk=given.pk).update(state="done", ended_at=NOW, ended_by=rep)
    edit = TaskEdit.objects.get()
    client.post(f"/tasks/changes/{edit.pk}/undoing/", {"next": "/tasks/"})
    given.refresh_from_db()
    edit.refresh_from_db()
    assert (given.owner, edit.left) == (rep, 1)
    assert client.get("/tasks/?made_to=9999-12-31").status_code == 200


def test_a_cell_of_the_list_is_changed_where_it_stands(client: Client, alice: User, rep: User) -> None:
    late = task(alice, None, title="T", due_on=date(2026, 7, 1))
    client.force_login(alice)
    address = f"/tasks/{late.pk}/properties/due_on/"
    assert address in client.get("/tasks/").content.decode()
    assert 'value="2026-07-01"' in client.get(address, headers={"hx-request": "true"}).content.decode()
    told = client.post(address, {"value": "2026-08-03", "was": "2026-07-01"}, headers={"hx-request": "true"})
    assert "3 Aug 2026" in told.content.decode()
    stale = client.post(address, {"value": "2026-09-01", "was": "2026-07-01"})
    assert (stale.status_code, "meanwhile: “2026-08-03”" in stale.content.decode()) == (422, True)
    client.post(f"/tasks/{late.pk}/properties/owner/", {"value": rep.pk, "next": "/tasks/"})
    late.refresh_from_db()
    assert (late.due_on, late.owner) == (date(2026, 8, 3), rep)
    client.force_login(rep)
    mine = task(alice, None, title="Alice's")
    assert client.get(f"/tasks/{mine.pk}/properties/owner/").status_code == 404
