"""How customers came, on its way to the warehouse, where values of new customers are told by it."""

from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from pytest_django.fixtures import Settings

from keepers.crm.customers import acquisitions
from keepers.crm.customers.actions import bulk, records, relations
from keepers.crm.customers.actions.acts import Act
from keepers.crm.customers.duplicates.keys import tell as tell_keys
from keepers.crm.customers.duplicates.merging import merge
from keepers.crm.customers.models import AcquisitionTold, Customer
from keepers.crm.people.models import User
from keepers.crm.people.roles import Role
from keepers.loop.workspace import Workspace

pytestmark = pytest.mark.django_db
NOON = datetime(2026, 7, 1, 12, tzinfo=UTC)


@pytest.fixture
def act(settings: Settings, tmp_path: Path) -> Act:
    settings.WORKSPACE = Workspace(tmp_path / "home")
    return Act(User.objects.create_user("alice@example.com", name="Alice", role=Role.OWNER), NOON)


def known(settings: Settings) -> dict[str, dict[str, Any]]:
    """What the warehouse knows of how customers came."""
    with settings.WORKSPACE.opened() as store:
        rows = store.query("customer_acquisitions").to_pylist()
    return {row.pop("customer_id"): row for row in rows if row.pop("told_on") is not None}


def test_the_warehouse_learns_each_change_once(act: Act, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    ada = records.create(act, name="Ada", key="A", acquired_by="Fair", acquisition_cost=Decimal("12.50"))
    bela = records.create(act, name="Bela", key="B")
    relations.relate(act, bela, "referred-by", ada)
    whole = acquisitions.land_acquisitions

    def lands_and_dies(*arguments: Any, **named: Any) -> None:
        whole(*arguments, **named)
        raise KeyboardInterrupt

    with monkeypatch.context() as patched, pytest.raises(KeyboardInterrupt):
        patched.setattr(acquisitions, "land_acquisitions", lands_and_dies)
        acquisitions.tell(at=NOON)
    assert acquisitions.tell(at=NOON) == 2
    nothing = {"acquired_on": None, "acquisition_cost": None, "referred_by": None, "acquisition_source": None}
    fair = {"acquisition_source": "Fair", "acquisition_cost": Decimal("12.5")}
    assert known(settings) == {"A": nothing | fair, "B": nothing | {"referred_by": "A"}}
    with settings.WORKSPACE.opened() as store:
        assert store.query("customer_attributes").num_rows == 2
    records.edit(act, ada, name="Ada Novak")
    records.edit(act, ada, acquired_on=date(2026, 1, 5))
    bulk.change(act, Customer.objects.filter(pk=bela.pk), "acquired_by", "Letter")
    assert acquisitions.tell(at=NOON) == 2
    assert known(settings)["A"] == nothing | fair | {"acquired_on": date(2026, 1, 5)}
    assert known(settings)["B"]["acquisition_source"] == "Letter"
    assert acquisitions.tell(at=NOON) == 0


def test_of_two_who_are_one_the_kept_one_s_counts(act: Act, settings: Settings) -> None:
    ada = records.create(act, name="Ada", key="A")
    twin = records.create(act, name="Ada", key="T", acquired_by="Fair")
    acquisitions.tell(at=NOON)
    merge(ada, [twin], by=act.by, at=NOON)
    acquisitions.tell(at=NOON)
    tell_keys(at=NOON)
    assert {who: row["acquisition_source"] for who, row in known(settings).items()} == {"A": "Fair"}


def test_whoever_an_undone_import_made_is_taken_back(act: Act, settings: Settings) -> None:
    ada = records.create(act, name="Ada", key="A", acquired_by="Fair")
    acquisitions.tell(at=NOON)
    acquisitions.take_acquisitions_back([ada.pk], at=NOON)
    ada.delete()
    assert acquisitions.tell(at=NOON) == 1
    assert known(settings) == {}, "as if nobody had told of them"
    assert not AcquisitionTold.objects.exists(), "nor what was told of them before"


def test_of_how_somebody_came_the_last_telling_is_remembered_alone(act: Act, settings: Settings) -> None:
    ada = records.create(act, name="Ada", key="A", acquired_by="Fair")
    acquisitions.tell(at=NOON)
    records.edit(act, ada, acquired_on=date(2026, 1, 5))
    acquisitions.tell(at=NOON)
    assert AcquisitionTold.objects.get().told["acquired_on"] == "2026-01-05"
    records.edit(act, ada, acquired_on=None, acquired_by="")
    acquisitions.tell(at=NOON)
    assert not AcquisitionTold.objects.exists()
    assert known(settings) == {}


@pytest.mark.skipif(connection.vendor != "sqlite", reason="PostgreSQL knows that nearly all of them wait")
def test_what_waits_of_some_is_found_without_looking_at_all_that_waits(act: Act) -> None:
    ada = records.create(act, name="Ada", key="A", acquired_by="Fair")
    plans: list[str] = []

    def explain(execute: Any, sql: str, parameters: Any, many: Any, context: Any) -> Any:
        if "acquisitiontold" in sql and not sql.startswith("INSERT"):
            with connection.cursor() as cursor:
                plans.extend(row[3] for row in cursor.cursor.execute(f"EXPLAIN QUERY PLAN {sql}", parameters))
        return execute(sql, parameters, many, context)

    with connection.execute_wrapper(explain):
        acquisitions.take_acquisitions_back([ada.pk], at=NOON)
    assert plans
    assert [plan for plan in plans if "(batch=" in plan or "SCAN" in plan] == []


def test_what_the_warehouse_has_not_heard_of_is_let_go_without_a_trace(act: Act) -> None:
    ada = records.create(act, name="Ada", key="A", acquired_by="Fair")
    records.edit(act, ada, acquired_by="")
    assert not AcquisitionTold.objects.exists()
    records.edit(act, ada, acquired_by="Fair")
    records.delete(act, ada)
    assert not AcquisitionTold.objects.exists()
