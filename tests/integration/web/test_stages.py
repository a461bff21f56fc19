"""Stages of customers' lives: moved by what a run says of them, and by people, who are not overruled at once."""

from datetime import date, timedelta
from pathlib import Path

import pytest
from pytest_django.fixtures import Settings

from keepers.crm.customers.actions.acts import Act
from keepers.crm.customers.actions.stages import move
from keepers.crm.customers.models import Customer, StageMove
from keepers.crm.people.models import AuditEntry
from keepers.crm.portfolio.publishing.publish import publish
from keepers.loop.workspace import Workspace
from tests.integration.web.valued_base import NOON, keep_run, valued, workspace_in

pytestmark = pytest.mark.django_db
BY_HAND = Act(None, NOON)


@pytest.fixture
def workspace(tmp_path: Path, settings: Settings) -> Workspace:
    settings.WORKSPACE = workspace_in(tmp_path)
    return settings.WORKSPACE


class Years:
    """One run after the other, each telling one customer's group."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace, self._runs = workspace, 0

    def pass_by(self, *groups: str, last_order: date = date(2026, 6, 1)) -> str:
        """The stage after runs that say these groups."""
        for group in groups:
            self._runs += 1
            keep_run(self._workspace, [valued("C1", group=group, last_order=last_order)], minutes=self._runs)
            publish(self._workspace, None, NOON + timedelta(days=self._runs))
        return Customer.objects.get().stage


def test_who_arrives_begins_where_the_rules_say_without_a_move(workspace: Workspace) -> None:
    assert Years(workspace).pass_by("lost") == "lapsed"
    assert not StageMove.objects.exists()


def test_a_life_goes_through_its_stages_each_a_row(workspace: Workspace) -> None:
    assert Years(workspace).pass_by("best", "slipping", "lost", "steady", "best", "slipping", "promising") == "active"
    moves = [(each.before, each.after, each.by) for each in StageMove.objects.order_by("at")]
    assert moves == [
        ("active", "slipping", None),
        ("slipping", "lapsed", None),
        ("lapsed", "won-back", None),
        ("won-back", "slipping", None),
        ("slipping", "active", None),
    ]
    told = AuditEntry.objects.filter(via="rule")
    moved = [entry.changes for entry in told if "stage" in entry.changes]
    assert moved[-1] == {"stage": {"active → slipping": 1}}


def test_a_prospect_who_orders_is_active(workspace: Workspace) -> None:
    Customer.objects.create(key="C1", name="Nina", stage="prospect")
    assert Years(workspace).pass_by("one-time") == "active"
    assert StageMove.objects.get().before == "prospect"


def test_who_was_moved_by_hand_stays_until_the_rules_say_something_else(workspace: Workspace) -> None:
    years = Years(workspace)
    years.pass_by("slipping")
    move(BY_HAND, Customer.objects.get(), "lapsed", reason="Said so on the phone.")
    assert years.pass_by("slipping") == "lapsed"
    assert years.pass_by("steady") == "won-back"


def test_who_was_closed_stays_closed_until_they_order_again(workspace: Workspace) -> None:
    years = Years(workspace)
    years.pass_by("steady")
    move(BY_HAND, Customer.objects.get(), "closed")
    assert years.pass_by("lost", "steady") == "closed"
    assert years.pass_by("steady", last_order=NOON.date() + timedelta(days=2)) == "won-back"
