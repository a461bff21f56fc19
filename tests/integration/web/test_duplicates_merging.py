"""Customers are merged without losing anything and parted again, and the warehouse learns of it."""

from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from django.apps import apps
from django.core import serializers
from django.db import transaction
from made_up_people import NOW, person
from pytest_django.fixtures import Settings

from keepers.crm.customers.actions import consents
from keepers.crm.customers.actions.acts import Act
from keepers.crm.customers.duplicates import finding, keys
from keepers.crm.customers.duplicates.finding import merge_above
from keepers.crm.customers.duplicates.merging import MergeError, best_of, merge, preview, undo
from keepers.crm.customers.duplicates.models import Merge, Pair
from keepers.crm.customers.models import (
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
from keepers.crm.people.models import AuditEntry, User
from keepers.loop.imports.keys import keys_of, land_keys
from keepers.loop.workspace import Workspace

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def workspace(settings: Settings, tmp_path: Path) -> Workspace:
    settings.WORKSPACE = Workspace(tmp_path / "home")
    return settings.WORKSPACE


@pytest.fixture
def alice() -> User:
    return User.objects.create_user("alice@example.com", name="Alice", role="owner")


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
