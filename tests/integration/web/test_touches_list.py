"""The list of all touches."""

from datetime import datetime, timedelta

import pytest
from django.test import Client
from django.utils import timezone
from work_of_people import a_rep, an_owner, customer

from keepers.crm.customers.models import Customer
from keepers.crm.customers.timeline.actions import add_touch, edit_touch, remove_touch
from keepers.crm.customers.timeline.models import OutboxRow, Touch, TouchEdit
from keepers.crm.customers.timeline.queries import touches_for
from keepers.crm.people.models import AuditEntry, User
from keepers.crm.people.roles import Verb

pytestmark = pytest.mark.django_db


@pytest.fixture
def rep() -> User:
    return a_rep()


@pytest.fixture
def alice(rep: User) -> User:
    """Who has called Ada, and told that Rita's Bea wrote; and of what a shop brought."""
    alice = an_owner()
    ada, bea = customer("ada"), customer("bea", owner=rep)
    told(alice, "ada", days=3, kind="call", title="Spring offer", outcome="no answer", minutes=1_200)
    told(rep, "bea", days=1, kind="letter", direction="in", body="=asks for a catalog")
    remove_touch(told(alice, "ada", days=0, kind="note", title="A slip"), by=alice, at=timezone.now())
    Touch.objects.create(
        customer=bea, kind="ticket", at=moment(40), title="Broken", source="Shop", outcome="solved",
        actor_name="Zoe", created_at=moment(40),
    )  # fmt: skip
    assert ada.owner is None
    return alice


def moment(days: int) -> datetime:
    return timezone.now() - timedelta(days=days)


def told(by: User, key: str, *, days: int, **about: object) -> Touch:
    return add_touch(Customer.objects.get(key=key), by=by, at=timezone.now(), happened_at=moment(days), **about)


def rows(client: Client, query: str = "") -> list[str]:
    return [str(row) for row in client.get(f"/touches/?{query}").context["rows"]]


def test_touches_are_narrowed_sorted_and_searched(client: Client, alice: User) -> None:
    client.force_login(alice)
    assert rows(client) == ["Letter", "Spring offer", "Broken"]
    assert rows(client, "sort=-newest") == ["Broken", "Spring offer", "Letter"]
    assert rows(client, "kind=call&at_from=-14d") == rows(client, f"actor={alice.pk}") == ["Spring offer"]
    assert rows(client, "outcome=no+answer") == rows(client, "q=spring") == rows(client, "q=ada") == ["Spring offer"]
    assert rows(client, "direction=in&2.source=shop") == ["Letter", "Broken"]
    assert rows(client, "actor=none") == ["Broken"]
    assert rows(client, "q=catalog") == ["Letter"]


def test_touches_are_counted_by_what_they_have_in_common(client: Client, alice: User) -> None:
    client.force_login(alice)
    found = {}
    for by in ("kind", "outcome", "actor", "week", "direction", "source"):
        groups = client.get(f"/touches/?by={by}").context["groups"]
        assert sum(group.rows for group in groups) == 3
        for group in groups:
            if group.address:
                assert len(client.get(group.address).context["rows"]) == group.rows
        found[by] = {group.label for group in groups}
    assert found["kind"] == {"Call", "Letter", "Ticket"}
    assert "me" in found["actor"]
    assert all(label.startswith("week of ") for label in found["week"])


def test_a_touch_is_shown_beside_the_list(client: Client, alice: User) -> None:
    client.force_login(alice)
    call = Touch.objects.get(title="Spring offer")
    assert f'hx-get="/touches/{call.pk}/panel/"' in client.get(f"/touches/?open={call.pk}").content.decode()
    part = client.get(f"/touches/{call.pk}/panel/", headers={"hx-request": "true"}).content.decode()
    assert f'href="/touches/{call.pk}/"' in part
    letter = Touch.objects.get(kind="letter")
    assert f'href="/touches/{letter.pk}/"' in client.get(f"/touches/{letter.pk}/panel/").content.decode(), "Rita's"
    assert ("no answer" in part, "1,200" in part) == (True, True)
    brought = client.get(f"/touches/{Touch.objects.get(title='Broken').pk}/panel/").content.decode()
    assert ("Zoe" in brought, "solved" in brought, ">Change</a>" in brought) == (True, True, False)
    assert client.get(f"/touches/{Touch.objects.get(title='A slip').pk}/panel/").status_code == 404


def test_touches_leave_as_they_are_seen(client: Client, alice: User) -> None:
    client.force_login(alice)
    answer = client.get("/touches/touches.csv?kind=letter&columns=customer&columns=body")
    lines = b"".join(answer.streaming_content).decode().splitlines()  # type: ignore[attr-defined]
    assert lines[0].lstrip("\ufeff") == "touch,touch_id,customer,body"
    assert lines[1].endswith(",Bea,'=asks for a catalog")
    assert len(lines) == 2
    sheet = client.get("/touches/touches.xlsx")
    assert sheet.status_code == 200
    assert AuditEntry.objects.filter(verb="export", noun="touches").count() == 2
    sheet.close()


@pytest.mark.parametrize("field", ["outcome", "removal"])
def test_many_touches_are_changed_from_the_list_and_given_back(
    client: Client, alice: User, rep: User, field: str
) -> None:
    client.force_login(alice)
    before = list(Touch.objects.order_by("pk").values_list("pk", "outcome", "removed_at"))
    form = {"field": field, field: "reached" if field == "outcome" else "yes", "everything": "1", "next": "/touches/"}
    page = client.post("/touches/changes/", form, follow=True)
    edit = TouchEdit.objects.get()
    assert (edit.changed, edit.told in page.content.decode()) == (2, True), "what a shop brought is changed there"
    assert rows(client) == (["Letter", "Spring offer", "Broken"] if field == "outcome" else ["Broken"])
    page = client.post(f"/touches/changes/{edit.pk}/undoing/", {"next": "/touches/"}, follow=True)
    assert "Undone for 2 touches." in page.content.decode()
    assert list(Touch.objects.order_by("pk").values_list("pk", "outcome", "removed_at")) == before
    versions = {row.act["version"] for row in OutboxRow.objects.all()}
    assert versions == {1, 2, 3}, "the warehouse learns each"
    again = client.post(f"/touches/changes/{edit.pk}/undoing/", {"next": "/touches/"}, follow=True)
    assert "undone already" in again.content.decode()


def test_what_was_changed_since_or_is_not_theirs_stays(client: Client, alice: User, rep: User) -> None:
    call, letter = Touch.objects.get(title="Spring offer"), Touch.objects.get(kind="letter")
    client.force_login(alice)
    form = {"field": "outcome", "outcome": "reached", "chosen": [call.pk, letter.pk], "next": "/touches/"}
    client.post("/touches/changes/", form)
    call.refresh_from_db()
    edit_touch(call, by=alice, at=timezone.now(), changes={"body": "Later."})
    client.post(f"/touches/changes/{TouchEdit.objects.get().pk}/undoing/", {"next": "/touches/"})
    edit = TouchEdit.objects.get()
    assert (edit.left, Touch.objects.get(pk=letter.pk).outcome, edit.told_back[-5:]) == (1, "", "ange.")
    client.force_login(rep)
    assert client.post(f"/touches/changes/{edit.pk}/undoing/").status_code == 404
    page = client.post("/touches/changes/", form | {"next": "/touches/"}, follow=True)
    assert Touch.objects.get(pk=letter.pk).outcome == "reached"
    assert TouchEdit.objects.filter(by=rep).get().changed == 1, page.content.decode()
    page = client.post(
        "/touches/changes/", {"field": "outcome", "outcome": "reached", "next": "/touches/"}, follow=True
    )
    assert "Tick at least one touch first." in page.content.decode()


def test_what_came_of_a_touch_is_changed_where_it_stands(client: Client, alice: User) -> None:
    client.force_login(alice)
    call, part = Touch.objects.get(title="Spring offer"), {"hx-request": "true"}
    address = f"/touches/{call.pk}/properties/outcome/"
    assert address in client.get("/touches/").content.decode()
    assert 'value="no answer" selected' in client.get(address, headers=part).content.decode()
    told = client.post(address, {"value": "interested", "was": "no answer"}, headers=part)
    assert "interested" in told.content.decode()
    stale = client.post(address, {"value": "reached", "was": "no answer"})
    assert (stale.status_code, "meanwhile: “interested”" in stale.content.decode()) == (422, True)
    assert "interested" in client.get(f"/touches/{call.pk}/outcome/text/").content.decode()
    brought = Touch.objects.get(title="Broken")
    assert client.get(f"/touches/{brought.pk}/properties/outcome/").status_code == 404
    assert client.get(f"/touches/{call.pk}/properties/body/").status_code == 404


def test_whoever_may_change_what_others_told_may_by_program_too(client: Client, alice: User, rep: User) -> None:
    letter, call = (Touch.objects.get(kind=kind) for kind in ("letter", "call"))
    assert set(touches_for(alice, Verb.EDIT)) >= {letter, call}
    assert set(touches_for(rep, Verb.EDIT)) == {letter, Touch.objects.get(title="Broken")}


def test_touches_are_seen_as_far_as_their_customers_are(client: Client, alice: User, rep: User) -> None:
    client.force_login(rep)
    assert rows(client) == ["Letter", "Broken"]
    assert rows(client, "q=spring") == []
    call = Touch.objects.get(title="Spring offer", actor=alice)
    assert client.get(f"/touches/{call.pk}/panel/").status_code == 404
    assert client.get(f"/touches/?open={call.pk}").context["open"] is None
    assert client.get("/touches/touches.csv").status_code == 403
