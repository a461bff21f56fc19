"""Rows that relate two: several of the same two are one relation with all that they tell, also from both sides."""

from datetime import date
from pathlib import Path

import pytest
from crm_exports import written
from desk import Desk, open_desk
from people_desk import brought, dump, totals, undone
from pytest_django.fixtures import Settings

from keepers.crm.customers.models import Relation

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def desk(settings: Settings, tmp_path: Path) -> Desk:
    return open_desk(settings, tmp_path, "alice@example.com", is_administrator=True)


def test_rows_of_the_same_two_are_one_relation_with_all_that_they_tell(desk: Desk, tmp_path: Path) -> None:
    before = dump()
    files = written(
        tmp_path / "export",
        {
            "contacts.csv": "id,first_name,last_name\nc-1,Eve,Weiss\nc-2,Uwe,Lang\nc-3,Zoë,Böhm\n",
            "accounts.csv": "id,name\na-1,Alpha\na-2,Beta\n",
            "accounts_contacts.csv": "id,contact_id,account_id,label,start_date,end_date\n"
            "x-1,c-1,a-1,Buyer,2019-02-01,2021-05-31\nx-2,c-1,a-1,Board,2020-01-01,\nx-3,c-2,a-2,Head,2018-01-01,2020-12-31\n",
            "contact_relationships.csv": "id,contact_id_a,contact_id_b,type\n"
            "r-1,c-1,c-2,friend\nr-2,c-2,c-1,friend\nr-3,c-2,c-3,mentor\nr-4,c-3,c-2,pupil\n",
        },
    )
    began = brought(desk, files)
    told = Relation.objects.values_list("customer__name", "other__name", "note", "since", "until")
    assert set(told) == {
        ("Eve Weiss", "Alpha", "Buyer; Board", date(2019, 2, 1), None),
        ("Uwe Lang", "Beta", "Head", date(2018, 1, 1), date(2020, 12, 31)),
        ("Eve Weiss", "Uwe Lang", "friend", None, None),
        ("Uwe Lang", "Zoë Böhm", "mentor", None, None),
        ("Zoë Böhm", "Uwe Lang", "pupil", None, None),
    }
    again = brought(desk, files)
    assert (totals(again)["created"], totals(again)["updated"]) == (0, 0)
    undone(desk, again)
    undone(desk, began)
    assert dump() == before
