"""Custom fields that are computed: formulas and roll-ups, computed by the worker, read in lists, files and the API."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from django.test import Client
from django.urls import reverse
from pytest_django.fixtures import Settings

from keepers.crm.customers.actions import fields
from keepers.crm.customers.actions.acts import Act
from keepers.crm.customers.computed import counting
from keepers.crm.customers.models import Customer, CustomField, CustomValue, StaleCustomer
from keepers.crm.customers.timeline.actions import add_touch
from keepers.crm.customers.told import told_to
from keepers.crm.customers.typed import value_in
from keepers.crm.people.models import FieldRule, User
from keepers.crm.people.roles import Noun, Role
from keepers.crm.work.actions import complete, make_task
from keepers.loop.workspace import Workspace

pytestmark = pytest.mark.django_db
NOON = datetime(2026, 7, 1, 12, tzinfo=UTC)
TODAY = NOON.date()


@pytest.fixture
def alice(settings: Settings, tmp_path: Path) -> User:
    settings.WORKSPACE = Workspace(tmp_path / "home")
    return User.objects.create_user("alice@example.com", name="Alice", role=Role.OWNER)


@pytest.fixture
def act(alice: User) -> Act:
    return Act(alice, NOON)


@pytest.fixture
def ada() -> Customer:
    return Customer.objects.create(key="C1", name="Ada", city="Graz", acquisition_cost=Decimal(40))


@pytest.fixture
def bela() -> Customer:
    return Customer.objects.create(key="C2", name="Bela", stage="prospect")


def told(customer: Customer, key: str) -> object:
    """What a customer has in a field."""
    field = CustomField.objects.get(key=key)
    return value_in(field, CustomValue.objects.filter(customer=customer, field=field))


def test_a_formula_reads_fields_and_other_formulas(act: Act, ada: Customer, bela: Customer) -> None:
    fields.define(act, label="Seats", kind="number")
    fields.define(act, label="Price", kind="formula", formula="[Seats] * 12.5")
    fields.define(act, label="Size", kind="formula", formula='if(price > 100, "large", "small") & " in " & city')
    fields.fill(act, ada, {"seats": 10})
    counting.count(today=TODAY)
    assert told(ada, "price") == Decimal("125.000000")
    assert told(ada, "size") == "large in Graz"
    assert told(bela, "price") is None
    assert CustomField.objects.get(key="price").formula == "seats * 12.5"
    fields.fill(act, ada, {"seats": 2})
    counting.count(today=TODAY)
    assert told(ada, "size") == "small in Graz"


def test_calls_and_tasks_are_rolled_up_as_they_happen(act: Act, alice: User, ada: Customer, bela: Customer) -> None:
    define = {"kind": "roll-up"}
    calls = {"of": "touches", "measure": "days_since", "where": {"kind": "call"}}
    fields.define(act, label="Since call", roll_up=calls, **define)
    fields.define(act, label="Open", roll_up={"of": "tasks", "measure": "count", "where": {"state": "open"}}, **define)
    recent = {"of": "touches", "measure": "count", "days": 30}
    fields.define(act, label="Touches in 30 days", roll_up=recent, **define)
    counting.count(today=TODAY)
    assert (told(ada, "open"), told(ada, "since_call")) == (0, None)
    add_touch(ada, by=alice, at=NOON, kind="call", happened_at=NOON - timedelta(days=12))
    add_touch(ada, by=alice, at=NOON, kind="note", happened_at=NOON - timedelta(days=30))
    task = make_task(by=alice, at=NOON, customer=ada, owner=alice)
    assert set(StaleCustomer.objects.values_list("pk", flat=True)) == {ada.pk}
    counting.count(today=TODAY)
    assert (told(ada, "since_call"), told(ada, "open"), told(ada, "touches_in_30_days")) == (12, 1, 1)
    complete(task, by=alice, at=NOON, today=TODAY)
    counting.count(today=TODAY)
    assert (told(ada, "since_call"), told(ada, "open")) == (0, 0)
    assert told(bela, "open") == 0


def test_a_computing_that_was_killed_goes_on_where_it_was(
    act: Act, ada: Customer, bela: Customer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(counting, "BLOCK", 1)
    field = fields.define(act, label="Twice", kind="formula", formula="acquisition_cost * 2")
    written: list[int] = []
    whole = counting.Computing.write

    def dies_at_the_second(self: counting.Computing, pks: list[int]) -> None:
        if written:
            raise KeyboardInterrupt
        written.extend(pks)
        whole(self, pks)

    with monkeypatch.context() as patched, pytest.raises(KeyboardInterrupt):
        patched.setattr(counting.Computing, "write", dies_at_the_second)
        counting.count(today=TODAY)
    field.refresh_from_db()
    assert field.counted_to == written[0] == ada.pk
    assert counting.count(today=TODAY) == 1
    field.refresh_from_db()
    assert (field.counted_to, told(ada, "twice")) == (None, 80)


def test_nobody_writes_what_is_computed_and_mistakes_name_their_place(act: Act, ada: Customer) -> None:
    fields.define(act, label="Twice", kind="formula", formula="acquisition_cost * 2")
    with pytest.raises(fields.FieldError, match="computed"):
        fields.fill(act, ada, {"twice": 3})
    with pytest.raises(Exception, match=r'At character 9, "twise": there is no field'):
        fields.define(act, label="Wrong", kind="formula", formula="twice + twise")
    field = CustomField.objects.get(key="twice")
    with pytest.raises(Exception, match="computed from itself"):
        fields.define(act, label="Thrice", kind="formula", formula="twice + acquisition_cost")
        fields.redefine(act, field, label="Twice", formula="thrice * 2")
    with pytest.raises(fields.FieldError, match="would now hold"):
        fields.redefine(act, field, label="Twice", formula='"a"')
    with pytest.raises(fields.FieldError, match="Thrice is computed from Twice"):
        fields.remove(act, field)


def test_lists_filter_sort_by_and_group_what_is_computed(
    act: Act, alice: User, ada: Customer, bela: Customer, client: Client
) -> None:
    fields.define(act, label="Calls", kind="roll-up", roll_up={"of": "touches", "measure": "count"})
    add_touch(ada, by=alice, at=NOON, kind="call")
    counting.count(today=TODAY)
    client.force_login(alice)
    at = reverse("everybody")
    page = client.get(f"{at}?field-calls_from=1&columns=field-calls").content.decode()
    assert "Ada" in page and "Bela" not in page and "at least 1" in page
    assert "property/field-calls" not in page
    down = client.get(f"{at}?sort=field-calls").content.decode()
    up = client.get(f"{at}?sort=-field-calls").content.decode()
    assert down.index("Ada") < down.index("Bela") and up.index("Bela") < up.index("Ada")
    assert client.get(f"{at}?sort=field-calls&after={ada.pk}").content.decode().count("Bela") > 0
    groups = client.get(f"{at}?by=field-calls").content.decode()
    assert "50" in groups
    file = b"".join(client.get(reverse("everybody_file", args=["csv"]) + "?columns=field-calls")).decode()  # type: ignore[arg-type]
    assert file.splitlines()[1:] == ["Bela,C2,,0", "Ada,C1,,1"]
    assert told_to(alice, ada)["custom"] == {"calls": Decimal("1.000000")}


def test_what_is_computed_from_hidden_fields_is_hidden_too(act: Act, ada: Customer, client: Client) -> None:
    fields.define(act, label="Twice", kind="formula", formula="acquisition_cost * 2")
    fields.define(act, label="Four times", kind="formula", formula="twice * 2")
    counting.count(today=TODAY)
    bob = User.objects.create_user("bob@example.com", name="Bob", role=Role.READ_ONLY)
    assert set(told_to(bob, ada)["custom"]) == {"twice", "four_times"}
    FieldRule.objects.create(role=Role.READ_ONLY, noun=Noun.CUSTOMERS, field="acquisition_cost", access="hidden")
    bob = User.objects.get(pk=bob.pk)
    assert told_to(bob, ada)["custom"] == {}
    client.force_login(bob)
    assert "Four times" not in client.get(reverse("everybody")).content.decode()


def test_fields_are_defined_tried_and_changed_on_pages(alice: User, ada: Customer, client: Client) -> None:
    client.force_login(alice)
    tried = client.post(reverse("new_formula"), {"label": "X", "formula": "acquisition_cost / 4", "try": "1"})
    assert ">10<" in tried.content.decode()
    assert not CustomField.objects.exists()
    wrong = client.post(reverse("new_formula"), {"label": "X", "formula": "acquisition_cost / name"})
    assert wrong.status_code == 422
    assert "money and a text cannot be computed" in wrong.content.decode()
    client.post(reverse("new_formula"), {"label": "X", "formula": "acquisition_cost / 4"})
    page = f"{reverse('new_roll_up')}?of=touches"
    assert "What it was" in client.get(page).content.decode()
    client.post(page, {"label": "Calls", "measure": "count", "days": "90", "where-kind": "call"})
    client.post(reverse("custom_field", args=["calls"]), {"label": "Calls", "measure": "count", "days": "30"})
    assert CustomField.objects.get(key="calls").roll_up == {
        "of": "touches", "measure": "count", "days": 30, "where": {},
    }  # fmt: skip
    counting.count(today=TODAY)
    settings = client.get(reverse("custom_fields")).content.decode()
    assert "How many, in the last 30 days" in settings and "as of" in settings
    assert (told(ada, "x"), told(ada, "calls")) == (10, 0)
