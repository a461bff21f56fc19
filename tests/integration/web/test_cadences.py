"""Cadences: the tasks that keep a group in touch."""

from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from work_of_people import NOW, TODAY, a_publication, a_rep, an_owner, customer

from keepers.crm.customers.models import Consent
from keepers.crm.customers.timeline.actions import add_touch
from keepers.crm.people.models import User
from keepers.crm.portfolio.models import Publication
from keepers.crm.work.days import is_working
from keepers.crm.work.models import Cadence, Task
from keepers.crm.work.planning import AHEAD, members_of, overdue, plan

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
