"""The demo's sellers and what they did."""

from datetime import timedelta
from pathlib import Path

import pytest
from django.utils import timezone
from pytest_django.fixtures import Settings

from keepers.crm.customers.models import Consent, Customer
from keepers.crm.customers.timeline.models import OutboxRow, Touch
from keepers.crm.people.models import User
from keepers.crm.portfolio.publishing.publish import publish
from keepers.crm.work.models import Cadence, Task
from keepers.loop.workspace import Workspace
from keepers.web.made_up import make_up
from tests.integration.web.valued_base import AS_OF, NOON, keep_run, valued

pytestmark = pytest.mark.django_db


def test_what_is_made_up_says_so_and_follows_what_was_bought(settings: Settings, tmp_path: Path) -> None:
    settings.WORKSPACE = Workspace(tmp_path / "home")
    groups = ("best", "slipping", "steady")
    keep_run(settings.WORKSPACE, [valued(f"C{n}", 500.0 - n, group=groups[n % 3]) for n in range(30)])
    assert make_up(at=NOON) == 0, "there is nobody yet"
    publish(settings.WORKSPACE, None, NOON)
    assert make_up(at=NOON) == Touch.objects.count() > 20
    assert User.objects.filter(name__endswith="(made up)").count() == 3
    assert not Touch.objects.filter(is_made_up=False).exists() and not Task.objects.filter(is_made_up=False).exists()
    assert not OutboxRow.objects.exists(), "no figure rests on it"
    calls = Touch.objects.filter(kind="call").select_related("customer")
    assert all(call.actor == call.customer.owner for call in calls)
    for call in calls:
        bought = call.customer.values.get().last_order
        assert bought <= timezone.localdate(call.at) <= min(AS_OF, bought + timedelta(days=9))
    assert {task.customer.values.get().group for task in Task.objects.all() if task.customer} == {"slipping"}
    assert Customer.objects.filter(owner=None).count() == 6
    assert all("Made up" in consent.proof for consent in Consent.objects.all())
    assert Cadence.objects.get().people.count() == 4
    assert make_up(at=NOON) == 0, "once is enough"
