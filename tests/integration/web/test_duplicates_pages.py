"""Pairs on their pages: decided one by one or by the worker at once, and shown to whom they may be."""

from pathlib import Path

import pytest
from desk import Desk, open_desk, work
from django.test import Client
from django.urls import reverse
from made_up_people import NOW, person, thirty_others
from pytest_django.fixtures import Settings

from keepers.crm.customers.duplicates import jobs
from keepers.crm.customers.duplicates.merging import merge
from keepers.crm.customers.duplicates.models import Merge, Pair
from keepers.crm.customers.models import Customer
from keepers.crm.jobs.models import Job
from keepers.crm.people.models import FieldRule, User

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def desk(settings: Settings, tmp_path: Path) -> Desk:
    return open_desk(settings, tmp_path, "alice@example.com", is_administrator=True)


def test_a_pair_is_decided_on_its_page(desk: Desk) -> None:
    one, other = person("C1"), person("C2")
    pair = Pair.objects.create(one=one, other=other, probability=0.97, reasons={"email": 2, "city": 0}, found_at=NOW)
    listed = desk.client.get(reverse("duplicates")).content.decode()
    assert "same e-mail" in listed
    assert "another city" in listed
    assert "is kept" in desk.client.get(pair.get_absolute_url()).content.decode()
    Customer.objects.filter(pk=other.pk).update(city="Graz")
    shown = desk.client.get(f"{pair.get_absolute_url()}?keep={one.pk}").content.decode()
    assert "<td>–</td><td>Graz</td>" in shown, "nothing is taken over before it is merged"
    desk.client.post(reverse("merge_pair", args=[pair.pk]), {"keep": other.pk})
    merged = Merge.objects.get()
    assert (merged.kept, merged.absorbed) == (other, one)
    assert desk.client.get(one.get_absolute_url()).headers["Location"] == other.get_absolute_url()
    assert desk.client.get(reverse("customer_panel", args=[one.pk])).context["customer"] == other
    assert "Undo" in desk.client.get(reverse("duplicates")).content.decode()
    desk.client.post(reverse("undo_merge", args=[merged.pk]))
    assert Customer.objects.count() == 2


@pytest.mark.django_db(transaction=True)
def test_the_whole_base_is_looked_through_and_merged_by_the_worker(desk: Desk) -> None:
    thirty_others()
    for name in ("D1", "D2"):
        person(name, email="same@example.com")
    desk.client.post(reverse("find_duplicates"))
    work()
    told = desk.client.get(reverse("duplicates") + "?least=0.5").content.decode()
    assert "1 groups would become one customer each" in told
    desk.client.post(reverse("merge_duplicates"), {"least": "0.5"})
    work()
    assert Merge.objects.get().absorbed.key == "D2"


def test_all_that_was_merged_at_once_is_undone_at_once_and_asked_about_again(desk: Desk) -> None:
    people = [person(f"C{number}") for number in range(6)]
    for one, other in ((0, 1), (1, 2), (3, 4)):
        Pair.objects.create(one=people[one], other=people[other], probability=0.99, found_at=NOW)
    merge(people[0], [people[5]], by=desk.user, at=NOW)
    desk.client.post("/duplicates/merges/", {"least": "0.9"})
    job = Job.objects.get()
    jobs.merge_many.call(job.pk)
    assert Customer.objects.count() == 2
    assert "3 customers were merged at once" in " ".join(desk.client.get("/duplicates/").content.decode().split())
    desk.client.post(f"/duplicates/merges/jobs/{job.pk}/undoing/")
    jobs.undo_merges.call(Job.objects.get(kind=Job.Kind.MERGES_UNDO).pk)
    assert Job.objects.get(kind=Job.Kind.MERGES_UNDO).result == {"undone": 3}
    assert sorted(Customer.objects.values_list("key", flat=True)) == ["C0", "C1", "C2", "C3", "C4"]
    assert set(Pair.objects.values_list("state", flat=True)) == {"open"}
    assert Merge.objects.filter(undone_at=None).count() == 1, "what was merged by hand stays so"
    answer = desk.client.post(f"/duplicates/merges/jobs/{job.pk}/undoing/", follow=True)
    assert "no merge of that time left" in answer.content.decode()


def test_what_is_hidden_from_a_role_is_on_no_page_of_pairs(client: Client) -> None:
    one, other = person("C1", city="Graz"), person("C2", phone="+38612345678")
    pair = Pair.objects.create(one=one, other=other, probability=0.97, found_at=NOW)
    client.force_login(User.objects.create_user("bob@example.com", role="agent"))
    addresses = (reverse("duplicates"), pair.get_absolute_url())
    assert "C1@example.com" in client.get(addresses[0]).content.decode()
    for field in ("email", "phone", "city"):
        FieldRule.objects.create(role="agent", noun="customers", field=field, access="hidden")
    for address in addresses:
        page = client.get(address)
        assert page.status_code == 200
        for secret in ("C1@example.com", "Graz", "+38612345678"):
            assert secret not in page.content.decode()


def test_a_rep_decides_nothing_about_customers_of_others(client: Client) -> None:
    pair = Pair.objects.create(one=person("C1"), other=person("C2"), probability=0.97, found_at=NOW)
    client.force_login(User.objects.create_user("mallory@example.com", role="rep"))
    assert client.get(reverse("duplicates")).status_code == 403
    assert client.get(pair.get_absolute_url()).status_code == 404
    assert client.post(reverse("merge_pair", args=[pair.pk])).status_code == 404
    assert Customer.objects.count() == 2
