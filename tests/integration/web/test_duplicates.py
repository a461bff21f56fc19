"""The same customer twice: found, merged without losing anything, parted again."""

import random
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from desk import work
from django.apps import apps
from django.core import serializers
from django.db import transaction
from django.test import Client
from django.urls import reverse
from pytest_django.fixtures import Settings

from keepers.crm.customers.actions import consents
from keepers.crm.customers.actions.acts import Act
from keepers.crm.customers.duplicates import finding, jobs, keys
from keepers.crm.customers.duplicates.finding import apart, groups_above, look_everywhere, merge_above
from keepers.crm.customers.duplicates.matching import FIELDS, KEY, Likeness, groups_of, pairs_among
from keepers.crm.customers.duplicates.merging import MergeError, best_of, merge, preview, undo
from keepers.crm.customers.duplicates.models import Merge, Pair
from keepers.crm.customers.duplicates.people import people_table
from keepers.crm.customers.models import (
    Address,
    Consent,
    ContactPoint,
    Customer,
    CustomField,
    CustomValue,
    ExternalKey,
    Relation,
    Tag,
)
from keepers.crm.customers.timeline.actions import add_touch
from keepers.crm.jobs.models import Job
from keepers.crm.people.models import AuditEntry, FieldRule, User
from keepers.loop.keys import keys_of, land_keys
from keepers.loop.workspace import Workspace

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 7, 1, 9, 30, tzinfo=UTC)
FIRST = ("ada", "bela", "cleo", "dario", "elia", "fay", "gus", "hana", "ivo", "juno", "karel", "lena")
LAST = ("novak", "silva", "weiss", "brandt", "olsen", "kranjc", "urban", "rossi", "zajc", "marin", "holm", "costa")


@pytest.fixture(autouse=True)
def workspace(settings: Settings, tmp_path: Path) -> Workspace:
    settings.WORKSPACE = Workspace(tmp_path / "home")
    return settings.WORKSPACE


@pytest.fixture
def alice() -> User:
    return User.objects.create_user("alice@example.com", name="Alice", role="owner")


def person(key: str, **about: Any) -> Customer:
    return Customer.objects.create(key=key, **({"name": "Ada Novak", "email": f"{key}@example.com"} | about))


def state() -> dict[str, Any]:
    """Every row that has to do with customers, but the log of what was done."""
    labels = ("customers", "timeline", "work")
    return {
        model._meta.label: {row.pk: told(row) for row in model._base_manager.all()}
        for label in labels
        for model in apps.get_app_config(label).get_models(include_auto_created=True)
    }  # fmt: skip


def told(row: Any) -> dict[str, Any]:
    return dict(serializers.serialize("python", [row])[0]["fields"])


def crowd(seed: int, size: int, twice: int) -> tuple[pa.Table, list[int]]:
    """People, the last of them again with mistakes; and who each is."""
    chance = random.Random(seed)
    people = [
        {
            "first": chance.choice(FIRST),
            "last": f"{chance.choice(LAST)}{chance.choice(LAST)}",
            "email": f"{chance.choice(FIRST)}{number}@example.com",
            "street": f"{chance.randint(1, 200)} {chance.choice(LAST)} street",
            "city": f"{chance.choice(LAST)}burg",
            "postal_code": f"{chance.randint(1000, 9999)}",
            "born": f"{date.fromordinal(chance.randint(710_000, 730_000)):%Y%m%d}",
        }
        for number in range(size)
    ]
    again = [spoiled(people[number], chance) for number in range(twice)]
    rows = [{KEY: number, **row} for number, row in enumerate([*people, *again])]
    schema = pa.schema([(KEY, pa.int64()), *((name, pa.string()) for name in FIELDS)])
    return pa.Table.from_pylist(rows, schema=schema), [*range(size), *range(twice)]


def spoiled(row: dict[str, str], chance: random.Random) -> dict[str, Any]:
    """The same person, as somebody else wrote them down."""
    worse: dict[str, Any] = dict(row)
    for name in chance.sample(sorted(row), 2):
        text = row[name]
        at = chance.randrange(len(text) - 1)
        worse[name] = chance.choice(
            [None, text[:at] + text[at + 1] + text[at] + text[at + 2 :], text[:at] + text[at + 1 :]]
        )
    if chance.random() < 0.1:
        worse["first"], worse["last"] = worse["last"], worse["first"]
    return worse


def test_duplicates_are_found_in_spite_of_mistakes() -> None:
    people, who = crowd(seed=5, size=700, twice=250)
    pairs = pairs_among(people, least=0.5)
    right = sum(who[pair.one] == who[pair.other] for pair in pairs)
    precision, recall = right / len(pairs), right / 250
    assert 2 * precision * recall / (precision + recall) >= 0.95
    assert pairs[0].reasons["last"] in {0, 1, 2}


def test_a_base_without_duplicates_has_none() -> None:
    people, _who = crowd(seed=6, size=500, twice=0)
    assert pairs_among(people, least=0.9) == []


def test_few_of_whom_no_two_are_surely_one_are_compared_too() -> None:
    people, _who = crowd(seed=1, size=4, twice=0)
    assert pairs_among(people, least=0.9) == []
    same = pa.concat_tables(
        [people.slice(0, 1), people.slice(0, 1).set_column(0, KEY, pa.array([99], people[KEY].type))]
    )
    assert len(pairs_among(same, least=0.0)) == 1


@pytest.mark.parametrize("rows", [0, 1])
def test_nobody_and_one_alone_are_no_pair(rows: int) -> None:
    assert pairs_among(crowd(seed=1, size=3, twice=0)[0].slice(0, rows), least=0.5) == []


def test_who_hangs_together_is_one_group() -> None:
    pairs = [Likeness(1, 2, 0.99, {}), Likeness(5, 9, 0.97, {}), Likeness(2, 3, 0.96, {}), Likeness(3, 4, 0.6, {})]
    assert groups_of(pairs, least=0.9) == [[1, 2, 3], [5, 9]]


def test_customers_are_compared_by_what_the_app_knows() -> None:
    born = CustomField.objects.create(key="dob", label="Date of birth", kind="date")
    ada = person("a", name="Dr. Ada Maria  Novak", phone="+386 1 234 5678", city="Ljubljana")
    person("b", name="Novak GmbH", kind="organisation")
    CustomValue.objects.create(customer=ada, field=born, day=date(1980, 2, 3))
    Address.objects.create(customer=ada, street="Main Street 1", postal_code="1000", city="Ljubljana")
    first, second = people_table().to_pylist()
    assert (first["first"], first["last"], first["phone"]) == ("ada maria", "novak", "612345678")
    assert (first["street"], first["postal_code"], first["born"]) == ("main street 1", "1000", "19800203")
    assert (second["first"], second["last"]) == (None, "novak")


@pytest.fixture
def two(alice: User) -> tuple[Customer, Customer]:
    """Two rows of Ada with all that a customer can have."""
    kept, absorbed = person("C1", phone=""), person("C2", phone="+38612345678", city="Ljubljana")
    for customer, value in ((kept, "ada@example.com"), (absorbed, "ada@example.com"), (absorbed, "ada@work.example")):
        ContactPoint.objects.create(customer=customer, kind="email", value=value, written=value)
    ExternalKey.objects.create(customer=absorbed, source="crm", external_id="003")
    vip, kind = Tag.objects.create(name="vip"), Tag.objects.create(name="kind")
    kept.tags.add(vip)
    absorbed.tags.add(vip, kind)
    height, size = (CustomField.objects.create(key=key, label=key, kind="number") for key in ("height", "size"))
    for customer, field, number in ((kept, size, 38), (absorbed, size, 39), (absorbed, height, 170)):
        CustomValue.objects.create(customer=customer, field=field, number=Decimal(number))
    other = person("C3", name="Bela")
    Relation.objects.create(customer=absorbed, other=kept, kind="household-of")
    Relation.objects.create(customer=other, other=absorbed, kind="referred-by")
    Consent.objects.create(customer=kept, channel="email", purpose="marketing", state="given", at=NOW)
    Consent.objects.create(customer=absorbed, channel="email", purpose="marketing", state="withdrawn", at=NOW)
    Consent.objects.create(customer=absorbed, channel="phone", purpose="marketing", state="given", at=NOW)
    add_touch(absorbed, by=alice, at=NOW, kind="call", outcome="reached")
    return kept, absorbed


def test_a_merge_keeps_everything(two: tuple[Customer, Customer], alice: User) -> None:
    kept, absorbed = two
    merge(kept, [absorbed], by=alice, at=NOW)
    assert sorted(kept.contact_points.values_list("value", flat=True)) == ["ada@example.com", "ada@work.example"]
    assert set(kept.tags.values_list("name", flat=True)) == {"vip", "kind"}
    assert {each.field.key: each.number for each in kept.custom_values.all()} == {"size": 38, "height": 170}
    assert (kept.external_keys.get().external_id, kept.touches.get().outcome) == ("003", "reached")
    here = kept.related.filter(customer__merged_into=None)
    assert [str(relation) for relation in here] == ["Bela was brought by Ada Novak"]
    kept.refresh_from_db()
    assert (kept.phone, kept.city, kept.email) == ("+38612345678", "Ljubljana", "C1@example.com")
    assert not Customer.objects.filter(pk=absorbed.pk).exists()
    assert AuditEntry.objects.get(verb="merge").changes == {"absorbed": ["Ada Novak"]}


def test_of_two_answers_the_stricter_counts(two: tuple[Customer, Customer], alice: User) -> None:
    kept, absorbed = two
    merge(kept, [absorbed], by=alice, at=NOW)
    counts = Consent.objects.filter(customer=kept, is_latest=True)
    assert {(each.channel, each.state) for each in counts} == {("email", "withdrawn"), ("phone", "given")}
    assert Consent.objects.filter(customer=kept).count() == 3, "the history stays"


def test_an_undone_merge_leaves_no_trace(two: tuple[Customer, Customer], alice: User) -> None:
    kept, absorbed = two
    before = state()
    (merged,) = merge(kept, [absorbed], by=alice, at=NOW)
    undo(merged, by=alice, at=NOW)
    after = state()
    for rows in (before, after):
        for row in rows["customers.Customer"].values():
            row.pop("changed_at")
    assert after == before
    with pytest.raises(MergeError, match="undone already"):
        undo(merged, by=alice, at=NOW)


def test_what_was_written_since_stays_when_a_merge_is_undone(two: tuple[Customer, Customer], alice: User) -> None:
    kept, absorbed = two
    (merged,) = merge(kept, [absorbed], by=alice, at=NOW)
    Customer.objects.filter(pk=kept.pk).update(city="Graz")
    word = {"channel": "email", "purpose": "marketing", "state": "given", "proof": "Fair"}
    said = consents.say(Act(alice, NOW + timedelta(days=1)), kept, **word)
    undo(merged, by=alice, at=NOW)
    kept.refresh_from_db()
    assert (kept.phone, kept.city) == ("", "Graz")
    counts = {each.customer_id: each for each in Consent.objects.filter(channel="email", is_latest=True)}
    assert counts[kept.pk] == said
    assert counts[absorbed.pk].state == "withdrawn"


def test_of_two_who_are_absorbed_the_choices_of_one_go_over_and_are_not_mixed(alice: User) -> None:
    kept, one, several = person("C1"), person("C2"), person("C3")
    likes = CustomField.objects.create(key="likes", label="Likes", kind="choices", choices=["tea", "ale", "rum"])
    for customer, choices in ((one, ["tea"]), (several, ["ale", "rum"])):
        for place, choice in enumerate(choices):
            CustomValue.objects.create(customer=customer, field=likes, place=place, text=choice)
    merge(kept, [one, several], by=alice, at=NOW)
    assert [each.text for each in kept.custom_values.all()] == ["tea"]


def test_a_dry_run_says_what_would_go_over_and_changes_nothing(two: tuple[Customer, Customer]) -> None:
    before = state()
    told = preview(*[two[0], [two[1]]], at=NOW)
    assert state() == before
    assert (told.filled, told.stricter) == (["city", "phone"], 1)
    assert told.moved["contact points"] == 1
    assert not Merge.objects.exists()


def test_merges_that_rest_on_each_other_are_undone_from_the_last(alice: User) -> None:
    one, two, three = person("C1"), person("C2"), person("C3")
    (first,) = merge(two, [one], by=alice, at=NOW)
    (second,) = merge(three, [two], by=alice, at=NOW)
    with pytest.raises(MergeError, match="Undo that merge first"):
        undo(first, by=alice, at=NOW)
    with pytest.raises(MergeError, match="merged into"):
        merge(three, [one], by=alice, at=NOW)
    undo(second, by=alice, at=NOW)
    undo(first, by=alice, at=NOW)
    assert Customer.objects.count() == 3


def test_the_one_with_orders_is_kept() -> None:
    typed, ordered = person("C1", created_at=NOW, phone="+38612345678"), person("C2")
    assert best_of([typed, ordered]) == ordered


def test_who_was_found_apart_is_not_asked_about_again(alice: User) -> None:
    for number in range(30):
        person(f"C{number}", name=f"{FIRST[number % 12]} {LAST[number % 11]}son", email=f"{number}@example.com")
    one, other = person("D1", email="same@example.com"), person("D2", email="same@example.com")
    assert look_everywhere(at=NOW) == 1
    pair = Pair.objects.get()
    assert (pair.one, pair.other, pair.reasons["email"]) == (one, other, 2)
    apart(pair, by=alice, at=NOW)
    assert look_everywhere(at=NOW) == 0
    assert groups_above(0.5) == []


def test_all_groups_above_a_probability_are_merged_at_once(alice: User) -> None:
    people = [person(f"C{number}") for number in range(9)]
    for one, other, probability in ((0, 1, 0.99), (1, 2, 0.98), (3, 4, 0.97), (5, 6, 0.6)):
        Pair.objects.create(one=people[one], other=people[other], probability=probability, found_at=NOW)
    assert merge_above(0.95, by=alice, at=NOW) == 3
    assert sorted(Customer.objects.values_list("key", flat=True)) == ["C0", "C3", "C5", "C6", "C7", "C8"]
    assert list(Pair.objects.filter(state="open").values_list("probability", flat=True)) == [0.6]
    assert merge_above(0.95, by=alice, at=NOW) == 0


@pytest.mark.parametrize("is_written", [False, True])
def test_a_merging_killed_midway_goes_on_with_what_is_left_and_doubles_nothing(
    alice: User, monkeypatch: pytest.MonkeyPatch, is_written: bool
) -> None:
    people, calls = [person(f"C{number}") for number in range(6)], list[int]()
    for one, other in ((0, 1), (2, 3), (4, 5)):
        Pair.objects.create(one=people[one], other=people[other], probability=0.99, found_at=NOW)

    def killed(groups: Any, **more: Any) -> Any:
        calls.append(len(groups))
        if len(calls) != 2:
            return merging(groups, **more)
        with transaction.atomic():
            merging(groups, **more)
            if not is_written:
                raise KeyboardInterrupt
        raise KeyboardInterrupt

    merging = finding.merge_groups
    monkeypatch.setattr(finding, "GROUPS_AT_ONCE", 1)
    monkeypatch.setattr(finding, "merge_groups", killed)
    with pytest.raises(KeyboardInterrupt):
        merge_above(0.95, by=alice, at=NOW)
    assert Merge.objects.count() == (2 if is_written else 1)
    assert merge_above(0.95, by=alice, at=NOW) == (1 if is_written else 2)
    assert sorted(Customer.objects.values_list("key", flat=True)) == ["C0", "C2", "C4"]
    assert Merge.objects.count() == 3


def test_all_that_was_merged_at_once_is_undone_at_once_and_asked_about_again(alice: User, client: Client) -> None:
    people = [person(f"C{number}") for number in range(6)]
    for one, other in ((0, 1), (1, 2), (3, 4)):
        Pair.objects.create(one=people[one], other=people[other], probability=0.99, found_at=NOW)
    merge(people[0], [people[5]], by=alice, at=NOW)
    client.force_login(alice)
    client.post("/duplicates/merges/", {"least": "0.9"})
    job = Job.objects.get()
    jobs.merge_many.call(job.pk)
    assert Customer.objects.count() == 2
    assert "3 customers were merged at once" in " ".join(client.get("/duplicates/").content.decode().split())
    client.post(f"/duplicates/merges/jobs/{job.pk}/undoing/")
    jobs.undo_merges.call(Job.objects.get(kind=Job.Kind.MERGES_UNDO).pk)
    assert Job.objects.get(kind=Job.Kind.MERGES_UNDO).result == {"undone": 3}
    assert sorted(Customer.objects.values_list("key", flat=True)) == ["C0", "C1", "C2", "C3", "C4"]
    assert set(Pair.objects.values_list("state", flat=True)) == {"open"}
    assert Merge.objects.filter(undone_at=None).count() == 1, "what was merged by hand stays so"
    answer = client.post(f"/duplicates/merges/jobs/{job.pk}/undoing/", follow=True)
    assert "no merge of that time left" in answer.content.decode()


def describe(workspace: Workspace, *names: str) -> None:
    """A shop tells the warehouse of these customers."""
    row = {"source": "shop", "batch_id": "b", "name": "Ada", "described_on": NOW.date()}
    with workspace.opened() as store:
        store.append("customer_attributes", pa.Table.from_pylist([row | {"external_id": name} for name in names]))


class Killed(BaseException):
    """The process is gone."""


@pytest.mark.parametrize("step", ["before it lands", "after it landed"])
def test_the_warehouse_learns_of_merges_and_partings_once(
    step: str, workspace: Workspace, alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    ada, again = person("C1"), person("C2")
    describe(workspace, "C1", "C2")
    (merged,) = merge(ada, [again], by=alice, at=NOW)

    def die(*arguments: Any, **named: Any) -> None:
        if step == "after it landed":
            land_keys(*arguments, **named)
        raise Killed

    with monkeypatch.context() as patched:
        patched.setattr(keys, "land_keys", die)
        with pytest.raises(Killed):
            keys.tell(at=NOW)
    keys.tell(at=NOW)
    with workspace.opened() as store:
        assert [row["external_id"] for row in keys_of(store, ["C1"])] == ["C1", "C2"]
        assert store.query("customer_keys").num_rows == 1
    undo(merged, by=alice, at=NOW)
    assert keys.tell(at=NOW) == 1
    with workspace.opened() as store:
        assert [row["external_id"] for row in keys_of(store, ["C2"])] == ["C2"]


def test_a_merge_and_its_undoing_in_one_batch_end_where_they_began(workspace: Workspace, alice: User) -> None:
    ada, again = person("C1"), person("C2")
    describe(workspace, "C1", "C2")
    (merged,) = merge(ada, [again], by=alice, at=NOW)
    undo(merged, by=alice, at=NOW)
    assert keys.tell(at=NOW) == 2
    with workspace.opened() as store:
        assert {row["customer_id"] for row in keys_of(store, ["C1", "C2"]) if row["external_id"] == "C2"} == {"C2"}


@pytest.fixture
def desk(client: Client, alice: User) -> Client:
    client.force_login(alice)
    return client


def test_a_pair_is_decided_on_its_page(desk: Client) -> None:
    one, other = person("C1"), person("C2")
    pair = Pair.objects.create(one=one, other=other, probability=0.97, reasons={"email": 2, "city": 0}, found_at=NOW)
    listed = desk.get(reverse("duplicates")).content.decode()
    assert "same e-mail" in listed
    assert "another city" in listed
    assert "is kept" in desk.get(pair.get_absolute_url()).content.decode()
    Customer.objects.filter(pk=other.pk).update(city="Graz")
    shown = desk.get(f"{pair.get_absolute_url()}?keep={one.pk}").content.decode()
    assert "<td>–</td><td>Graz</td>" in shown, "nothing is taken over before it is merged"
    desk.post(reverse("merge_pair", args=[pair.pk]), {"keep": other.pk})
    merged = Merge.objects.get()
    assert (merged.kept, merged.absorbed) == (other, one)
    assert desk.get(one.get_absolute_url()).headers["Location"] == other.get_absolute_url()
    assert desk.get(reverse("customer_panel", args=[one.pk])).context["customer"] == other
    assert "Undo" in desk.get(reverse("duplicates")).content.decode()
    desk.post(reverse("undo_merge", args=[merged.pk]))
    assert Customer.objects.count() == 2


@pytest.mark.django_db(transaction=True)
def test_the_whole_base_is_looked_through_and_merged_by_the_worker(desk: Client) -> None:
    for number in range(30):
        person(f"C{number}", name=f"{FIRST[number % 12]} {LAST[number % 11]}son", email=f"{number}@example.com")
    for name in ("D1", "D2"):
        person(name, email="same@example.com")
    desk.post(reverse("find_duplicates"))
    work()
    told = desk.get(reverse("duplicates") + "?least=0.5").content.decode()
    assert "1 groups would become one customer each" in told
    desk.post(reverse("merge_duplicates"), {"least": "0.5"})
    work()
    assert Merge.objects.get().absorbed.key == "D2"


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
