"""The same customer twice is found, in spite of mistakes, and asked about once."""

from datetime import date

import pyarrow as pa
import pytest
from made_up_people import NOW, crowd, person, thirty_others

from keepers.crm.customers.duplicates.finding import apart, groups_above, look_everywhere
from keepers.crm.customers.duplicates.matching import KEY, Likeness, groups_of, pairs_among
from keepers.crm.customers.duplicates.models import Pair
from keepers.crm.customers.duplicates.people import people_table
from keepers.crm.customers.models import Address, CustomField, CustomValue
from keepers.crm.people.models import User

pytestmark = pytest.mark.django_db


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


def test_who_was_found_apart_is_not_asked_about_again() -> None:
    alice = User.objects.create_user("alice@example.com", name="Alice", role="owner")
    thirty_others()
    one, other = person("D1", email="same@example.com"), person("D2", email="same@example.com")
    assert look_everywhere(at=NOW) == 1
    pair = Pair.objects.get()
    assert (pair.one, pair.other, pair.reasons["email"]) == (one, other, 2)
    apart(pair, by=alice, at=NOW)
    assert look_everywhere(at=NOW) == 0
    assert groups_above(0.5) == []
