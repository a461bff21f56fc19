"""The list of all tasks, and what is changed from it."""

from datetime import date, timedelta

import pytest
from django.test import Client
from django.utils import timezone
from work_of_people import NOW, a_publication, a_rep, an_owner, customer, task

from keepers.crm.lists import pages
from keepers.crm.people.models import User
from keepers.crm.portfolio.models import Publication
from keepers.crm.work.models import Task, TaskEdit

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
    Task.objects.filter(pk=late.pk).update(state="done")
    refused = client.post(address, {"value": "2026-10-01"})
    assert (refused.status_code, "This task has ended." in refused.content.decode()) == (403, True)
    late.refresh_from_db()
    assert late.due_on == date(2026, 8, 3)
    client.force_login(rep)
    mine = task(alice, None, title="Alice's")
    assert client.get(f"/tasks/{mine.pk}/properties/owner/").status_code == 404
