"""Every list and search finds its rows by an index: the database's own plans of what the pages ask, on small tables.

SQLite plans the same for small tables as for great ones; PostgreSQL is kept from reading a table through where it can.
"""

import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.db.models import Model
from django.test import Client
from pytest_django.fixtures import Settings
from valued_base import NOON, account_of, describe, keep_plan, keep_run, valued, workspace_in

from keepers.crm.customers.models import Customer, CustomField, Tag
from keepers.crm.customers.writing.chunks import look_anew
from keepers.crm.people.models import Team, User
from keepers.crm.people.roles import Role
from keepers.crm.portfolio.publishing.publish import publish

pytestmark = pytest.mark.django_db

GROWING = (
    "customers_customer", "customers_contactpoint", "customers_address", "customers_customvalue",
    "customers_externalkey", "customers_consent", "customers_stagemove", "customers_relation",
    "customers_customer_tags", "timeline_touch",
    "portfolio_customervalue", "portfolio_place",
    "portfolio_planline", "portfolio_lineplace", "work_task", "duplicates_pair", "duplicates_merge",
    "people_auditentry", "exchange_keptrecord",
)  # fmt: skip
SEARCHES = ("/search/?q=ada+nov", "/search/?q=adx+novxk", "/search/?q=%2B38641123456", "/palette/?q=ada")
VALUES = (
    "/customers/", "/customers/?sort=-next_due", "/customers/?group=slipping", "/customers/?value_from=500",
    "/customers/?q=ada", "/customers/?q=ada&sort=low", "/customers/?city=Graz", "/customers/?owner={owner}",
    "/customers/?owner=none&2.city=Graz", "/customers/?stage=active", "/customers/?tag={tag}", "/customers/?tags={tag}",
    "/customers/?field-size_from=3",
)  # fmt: skip
EVERYBODY = (
    "/customers/everybody/", "/customers/everybody/?sort=name", "/customers/everybody/?sort=-name&stage=lapsed",
    "/customers/everybody/?stage=prospect", "/customers/everybody/?city=Graz", "/customers/everybody/?owner=none",
    "/customers/everybody/?city=Graz&sort=name",
    "/customers/everybody/?owner={owner}&sort=name", "/customers/everybody/?tags={tag}", "/customers/everybody/?q=ada",
    "/customers/everybody/?acquired_by=Fair", "/customers/everybody/?kind=organisation",
    "/customers/everybody/?field-size_from=3", "/customers/everybody/?sort=field-size",
    "/customers/everybody/?after={customer}&sort=name",
)  # fmt: skip
TASKS = (
    "/tasks/", "/tasks/?sort=due", "/tasks/?sort=-stake", "/tasks/?sort=ended", "/tasks/?state=open&sort=due",
    "/tasks/?state=open&sort=stake", "/tasks/?state=done&sort=ended", "/tasks/?owner={owner}&state=open&due_to=0d",
    "/tasks/?q=ada",
)  # fmt: skip
TOUCHES = (
    "/touches/", "/touches/?sort=-newest", "/touches/?kind=visit", "/touches/?kind=call&at_from=-14d",
    "/touches/?actor={owner}", "/touches/?at_to=0d", "/touches/?q=ada",
)  # fmt: skip
KEPT = (
    "/kept/", "/kept/?sort=-newest", "/kept/?noun=deals", "/kept/?noun=deals&at_from=-14d&status=Won", "/kept/?q=ada",
)  # fmt: skip
PLAN = (
    "/plan/", "/plan/customers/", "/plan/customers/?decision=keep", "/plan/customers/?decision=keep&was=grow",
    "/plan/customers/?decision=keep&sort=lost", "/plan/customers/?decision=keep&sort=-back", "/plan/mailings/",
)  # fmt: skip
OTHERS = ("/", "/work/", "/duplicates/", "/settings/audit/", "/customers/{customer}/", "/api/v1/customers")

Asked = tuple[str, Any]


@pytest.fixture
def places(tmp_path: Path, settings: Settings) -> dict[str, Any]:
    """A published base of two, and people of three roles."""
    settings.WORKSPACE = workspace_in(tmp_path)
    describe(settings.WORKSPACE, [{"external_id": "C1", "name": "Ada Novak", "email": "ada@example.com"}])
    keep_run(settings.WORKSPACE, [valued("C1"), valued("C2", 5.0)])
    line = {"customer_id": "C1", "decision": "keep", "action": "send 2 mailings a year", "mailed_margin": 3.0}
    line |= {"value_at_stake": 9.0, "chance_back": 0.9}
    keep_plan(settings.WORKSPACE, "run-0", [line], account=account_of())
    publish(settings.WORKSPACE, None, NOON)
    team = Team.objects.create(name="North")
    User.objects.create_user("alice@example.com", role=Role.OWNER)
    User.objects.create_user("mara@example.com", role=Role.MANAGER, team=team)
    owner = User.objects.create_user("bob@example.com", role=Role.REP)
    Customer.objects.update(owner=owner, team=team)
    CustomField.objects.create(key="size", label="Size", kind="number")
    tag = Tag.objects.create(name="vip")
    return {"owner": owner.pk, "tag": tag.pk, "customer": Customer.objects.get(key="C1").pk}


@pytest.mark.parametrize(
    ("who", "addresses"),
    [
        ("alice", (*SEARCHES, *VALUES, *EVERYBODY, *TASKS, *TOUCHES, *KEPT, *PLAN, *OTHERS)),
        ("bob", (SEARCHES[0], *VALUES[:3], *EVERYBODY[:3], *TASKS[:3], *TOUCHES[:3], *KEPT[:3], *PLAN, OTHERS[-1])),
        ("mara", (SEARCHES[0], *VALUES[:3], *EVERYBODY[:3], *TASKS[:3], *TOUCHES[:3], *KEPT[:3], *PLAN, OTHERS[-1])),
    ],
    ids=["everybody's", "their own", "their team's"],
)
def test_lists_and_searches_find_their_rows_by_an_index(
    client: Client, places: dict[str, Any], who: str, addresses: Sequence[str]
) -> None:
    client.force_login(User.objects.get(email=f"{who}@example.com"))
    through: dict[str, set[str]] = {}
    for address in addresses:
        asked: list[Asked] = []
        with connection.execute_wrapper(_noting(asked)):
            assert client.get(address.format(**places)).status_code == 200, address
        found = {f"{table}: {sql}" for sql, parameters in asked for table in read_through(sql, parameters)}
        if found:
            through[address] = found
    assert through == {}


@pytest.mark.parametrize(
    ("asked", "index"),
    [
        ("city=Graz", "customers_by_city"),
        ("city=Graz&sort=name", "customers_by_city_and_name"),
        ("country=AT", "customers_by_country"),
        ("country=AT&sort=name", "customers_by_country_and_name"),
        ("acquired_by=Fair", "customers_by_how_they_came"),
        ("acquired_by=Fair&sort=name", "customers_by_came_and_name"),
    ],
)
def test_few_of_many_are_found_without_walking_along_all(
    client: Client, places: dict[str, Any], asked: str, index: str
) -> None:
    client.force_login(User.objects.get(email="alice@example.com"))
    noted: list[Asked] = []
    _many_customers()
    with connection.execute_wrapper(_noting(noted)):
        assert client.get(f"/customers/everybody/?{asked}").status_code == 200
    page = next(each for each in noted if " LIMIT " in each[0] and "UPPER(" in each[0])
    steps = "\n".join(plan_of(*page))
    if connection.vendor == "postgresql":  # it sorts those whom either of both indexes finds
        assert f"Index Cond: (upper(({asked.partition('=')[0]})" in steps, steps
        return
    assert re.search(rf"\b{index}\b", steps), steps
    assert "TEMP B-TREE" not in steps
    assert "Sort" not in steps


def test_all_that_is_a_customers_is_found_by_an_index_when_they_are_removed() -> None:
    leading = [relation.field for relation in Customer._meta.get_fields(include_hidden=True) if relation.one_to_many]
    assert [str(field) for field in leading if field.column not in _first_of_indexes(field.model)] == []


def test_a_table_that_is_read_through_is_noticed() -> None:
    sql = 'SELECT "body" FROM "customers_customer" c CROSS JOIN "timeline_touch" WHERE c."key" = %s'
    assert read_through(sql, ["C1"]) == ["timeline_touch"]


def _many_customers() -> None:
    """So many that PostgreSQL, which looks at how full a table is, does not rather walk along all."""
    if connection.vendor == "postgresql":
        Customer.objects.bulk_create(
            Customer(key=f"K{n}", city=f"Town {n % 99}", country=f"C{n % 99}", acquired_by=f"B{n % 99}")
            for n in range(3_000)
        )
        look_anew(Customer._meta.db_table)


def read_through(sql: str, parameters: Any) -> list[str]:
    """The growing tables that a statement reads from end to end, in no order of an index."""
    steps = plan_of(sql, parameters)
    if connection.vendor == "sqlite":
        sorts = any("TEMP B-TREE" in step for step in steps)
        some = " LIMIT " in sql and " ORDER BY " in sql and not sorts  # along the keys until there are enough
        through = [step for step in steps if step.startswith("SCAN") and " INDEX" not in step]
        read = [] if some else [step.split()[1] for step in through]
    else:
        read = [found[1] for step in steps if (found := re.search(r"Seq Scan on (\w+)", step))]
    called = {alias or table: table for table, alias in re.findall(r'"(\w+)"(?: (?:AS )?"?([A-Z]\d+|c)"?)?', sql)}
    return [called.get(name, name) for name in read if called.get(name, name) in GROWING]


def plan_of(sql: str, parameters: Any) -> list[str]:
    """The database's own plan; PostgreSQL's as of a great table, as far as it lets itself be told."""
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute(f"EXPLAIN QUERY PLAN {sql}", parameters)
            return [row[3] for row in cursor.fetchall()]
        cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute(f"EXPLAIN {sql}", parameters)
        return [row[0] for row in cursor.fetchall()]


def _first_of_indexes(model: type[Model]) -> set[str]:
    with connection.cursor() as cursor:
        constraints = connection.introspection.get_constraints(cursor, model._meta.db_table)
    indexes = (each for each in constraints.values() if each["index"] or each["unique"])
    return {column for each in indexes for column in each["columns"][:1]}


def _noting(asked: list[Asked]) -> Callable[..., Any]:
    def note(execute: Callable[..., Any], sql: str, parameters: Any, many: bool, context: Any) -> Any:
        if sql.startswith(("SELECT", "WITH")) and not many:
            asked.append((sql, parameters))
        return execute(sql, parameters, many, context)

    return note
