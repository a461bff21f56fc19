"""Imports of people taken back in any order, and by whom."""

from pathlib import Path

import pytest
from desk import Desk, open_desk
from django.core.exceptions import PermissionDenied
from django.urls import reverse
from django.utils import timezone
from people_desk import brought, dump, undone
from pytest_django.fixtures import Settings

from keepers.crm.customers.actions import records
from keepers.crm.customers.actions.acts import Act
from keepers.crm.customers.exchange import actions
from keepers.crm.customers.exchange.models import KeptRecord, PeopleImport
from keepers.crm.customers.exchange.undo_rights import may_undo
from keepers.crm.customers.models import Customer
from keepers.crm.people.models import Grant, User
from keepers.crm.people.rights import Ceiling, below
from keepers.crm.people.roles import Noun, Role, Scope, Verb

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def desk(settings: Settings, tmp_path: Path) -> Desk:
    return open_desk(settings, tmp_path, "alice@example.com", is_administrator=True)


def sent(desk: Desk, folder: Path, people: str, deals: str = "") -> PeopleImport:
    (folder / "contacts.csv").write_text(people, encoding="utf-8")
    (folder / "deals.csv").write_text(deals, encoding="utf-8")
    return brought(desk, [folder / "contacts.csv", *([folder / "deals.csv"] if deals else [])])


def ada() -> tuple[str, str, str]:
    found = Customer.objects.get()
    return found.name, found.acquired_by, KeptRecord.objects.get().title


@pytest.mark.parametrize("earlier_first", [True, False])
def test_of_two_imports_that_changed_the_same_either_can_be_taken_back_first(
    desk: Desk, tmp_path: Path, *, earlier_first: bool
) -> None:
    people, deals = "Contact Id,Name,Lead Source\np1,{},{}\n", "Deal Id,Deal Name,Contact Id\nd1,{},p1\n"
    sent(desk, tmp_path, people.format("Ada", "Fair"), deals.format("Looms"))
    before = dump()
    second = sent(desk, tmp_path, people.format("Ada Novak", "Letter"), deals.format("Two looms"))
    between = dump()
    third = sent(desk, tmp_path, people.format("Ada Novak-Kos", ""), deals.format("Three looms"))
    first, last = (second, third) if earlier_first else (third, second)
    assert undone(desk, first).left_alone == []
    if earlier_first:
        assert ada() == ("Ada Novak-Kos", "Fair", "Three looms"), "what the later one changed stays as it changed it"
    else:
        assert dump() == between
    assert undone(desk, last).left_alone == []
    assert dump() == before


@pytest.mark.parametrize("second", ["Contact Id,Name\np1,Ada N\n", "Contact Id,Name,Tags\np1,Ada,vip\n"])
def test_an_import_all_of_whose_columns_a_later_one_changed_too_is_taken_back(
    desk: Desk, tmp_path: Path, second: str
) -> None:
    sent(desk, tmp_path, "Contact Id,Name\np1,Ada\n")
    before = dump()
    earlier = sent(desk, tmp_path, second)
    later = sent(desk, tmp_path, "Contact Id,Name\np1,Ada Novak\n")
    assert undone(desk, earlier).left_alone == []
    ada = Customer.objects.get()
    assert (ada.name, ada.tags.count()) == ("Ada Novak", 0)
    assert undone(desk, later).left_alone == []
    assert dump() == before


def test_of_three_imports_the_last_keeps_what_it_changed_and_so_does_who_comes_between(
    desk: Desk, tmp_path: Path
) -> None:
    sent(desk, tmp_path, "Contact Id,Name,Lead Source\np1,Ada,Fair\n")
    before = dump()
    texts = ("Name,Tags\np1,Ada N,vip\n", "Lead Source\np1,Letter\n", "Name,Tags\np1,Ada Novak,loom\n")
    second, third, fourth = (sent(desk, tmp_path, f"Contact Id,{text}") for text in texts)
    why = f"import {fourth.pk} changed it since: take that one back first"
    assert [left["why"] for left in undone(desk, second).left_alone] == [why]
    assert set(Customer.objects.get().tags.values_list("name", flat=True)) == {"vip", "loom"}
    for each in (fourth, third):
        assert undone(desk, each).left_alone == []
    assert undone(desk, second, forced=True).left_alone == []
    assert dump() == before


def test_a_name_goes_back_through_an_import_that_left_it(desk: Desk, tmp_path: Path) -> None:
    sent(desk, tmp_path, "Contact Id,Name,Lead Source\np1,Ada,Fair\n")
    before = dump()
    texts = ("Name\np1,Ada N\n", "Lead Source\np1,Letter\n", "Name\np1,Ada Novak\n")
    second, third, fourth = (sent(desk, tmp_path, f"Contact Id,{text}") for text in texts)
    undone(desk, second)
    assert Customer.objects.get().name == "Ada Novak"
    for each in (fourth, third):
        assert undone(desk, each).left_alone == []
    assert dump() == before


def test_what_cannot_be_told_apart_waits_until_the_later_import_is_taken_back(desk: Desk, tmp_path: Path) -> None:
    people = "Contact Id,Name,E-mail\np1,Ada,{}\n"
    sent(desk, tmp_path, people.format("ada@example.com"))
    before = dump()
    second = sent(desk, tmp_path, people.format("ada@second.example.com"))
    third = sent(desk, tmp_path, people.format("ada@third.example.com"))
    assert [left["why"] for left in undone(desk, second).left_alone] == [
        f"import {third.pk} changed it since: take that one back first"
    ]
    assert Customer.objects.get().contact_points.count() == 3
    assert len(undone(desk, second, forced=True).left_alone) == 1, "nor by force, which would bring it back afterwards"
    undone(desk, third)
    assert undone(desk, second, forced=True).left_alone == []
    assert dump() == before


def test_who_a_later_import_changed_is_left_by_the_one_that_made_them(desk: Desk, tmp_path: Path) -> None:
    before = dump()
    made = sent(desk, tmp_path, "Contact Id,Name\np1,Ada\n")
    changed = sent(desk, tmp_path, "Contact Id,Name\np1,Ada Novak\n")
    assert undone(desk, made).left_alone[0]["why"].startswith(f"import {changed.pk} changed it since")
    undone(desk, changed)
    assert undone(desk, made, forced=True).left_alone == []
    assert dump() == before


def test_taking_back_asks_for_the_rights_to_do_what_it_does(desk: Desk, settings: Settings, tmp_path: Path) -> None:
    began = sent(desk, tmp_path, "Contact Id,Name\np1,Ada\n")
    nouns, verbs = frozenset(Noun), frozenset(Verb)
    key = below(desk.user, Ceiling(Role.OWNER, nouns, verbs - {Verb.DELETE}))
    with pytest.raises(PermissionDenied, match="customers whom you may not delete"):
        actions.start_undo(began, by=key, at=timezone.now())
    bob = open_desk(settings, tmp_path, "bob@example.com", is_administrator=False)
    bob.user.role = Role.AGENT  # who creates and changes for all, and deletes nobody
    bob.user.save()
    assert bob.client.get(reverse("people_import", args=[began.pk])).status_code == 200
    assert "Undo this import" not in bob.page("people_import", began.pk)
    assert bob.client.post(reverse("people_undo", args=[began.pk])).status_code == 403
    own = sent(bob, tmp_path, "Contact Id,Name\np2,Ben\n")
    assert "Undo this import" in bob.page("people_import", own.pk)
    sent(desk, tmp_path, "Contact Id,Name\np1,Ada Novak\n")
    changing = PeopleImport.objects.latest("pk")
    assert may_undo(bob.user, changing)
    Grant.objects.create(role=Role.AGENT, noun=Noun.CUSTOMERS, verb=Verb.EDIT, scope=Scope.OWN)
    assert not may_undo(User.objects.get(pk=bob.user.pk), changing), "whom it changed is nobody of theirs"
    records.edit(Act(bob.user, timezone.now()), Customer.objects.get(name="Ben"), name="Ben Kos")
    assert len(undone(bob, own).left_alone) == 1
    with pytest.raises(PermissionDenied, match="customers whom you may not delete"):
        actions.start_undo(own, by=bob.user, at=timezone.now(), forced=True)
    assert set(Customer.objects.values_list("name", flat=True)) == {"Ada Novak", "Ben Kos"}
