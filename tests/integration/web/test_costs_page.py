"""What contacts cost, said on a page: the figures of the costs file, the rest of which stays as it was written."""

import tomllib
from pathlib import Path

import pytest
from django.test import Client
from django.urls import reverse
from pytest_django.fixtures import Settings

from keepers.crm.jobs.models import Job
from keepers.crm.people.models import AuditEntry, User
from keepers.crm.portfolio.publishing.publish import publish
from keepers.loop.workspace import Workspace
from tests.integration.web.valued_base import NOON, account_of, keep_plan, keep_run, valued, workspace_in

pytestmark = pytest.mark.django_db


@pytest.fixture
def workspace(tmp_path: Path, settings: Settings) -> Workspace:
    """One with a plan on the pages."""
    settings.WORKSPACE = workspace_in(tmp_path)
    run = keep_run(settings.WORKSPACE, [valued("C1")])
    line = {"customer_id": "C1", "decision": "keep", "action": "no contact of our own", "expected_gain": 0.0}
    keep_plan(settings.WORKSPACE, run, [line], account=account_of([]))
    publish(settings.WORKSPACE, None, NOON)
    return settings.WORKSPACE


@pytest.fixture
def browser(client: Client) -> Client:
    client.force_login(User.objects.create_user("alice@example.com", name="Alice", role="owner"))
    return client


def test_what_contacts_cost_is_said_on_a_page_and_the_rest_of_the_file_stays(
    workspace: Workspace, browser: Client
) -> None:
    address, file = reverse("contact_costs"), workspace.folder / "costs.toml"
    file.write_text("# ours\n[mailing]\nchoices = [0, 6] # spring and autumn\n", encoding="utf-8")
    page = browser.get(address)
    assert page.status_code == 200
    said = {"mailing_cost": "0.8", "mailings_now": "5", "partnership_cost": "90", "trial_share": "30"}
    answer = browser.post(address, said)
    assert answer["Location"] == address
    assert tomllib.loads(file.read_text(encoding="utf-8")) == {
        "mailing": {"choices": [0, 5, 6], "cost": 0.8}, "now": {"mailings": 5},
        "levels": {"partnership": {"cost": 90.0}}, "trial": {"share": 0.3},
    }  # fmt: skip
    assert "# ours" in file.read_text() and "# spring and autumn" in file.read_text()
    entry = AuditEntry.objects.filter(noun="settings").latest("pk")
    assert entry.changes["mailing_cost"] == [None, 0.8] and "offer_cost" not in entry.changes
    browser.post(address, {"mailing_cost": "0.8"})
    assert tomllib.loads(file.read_text()) == {"mailing": {"choices": [0, 5, 6], "cost": 0.8}}, (
        "nothing is said of the rest"
    )
    assert browser.post(address, {"mailing_cost": "-1"}).status_code == 422
    file.write_bytes(b"caf\xe9 = 1")
    assert "Mend it first" in browser.get(address).content.decode()


def test_costs_may_be_saved_and_planned_with_at_once_and_only_by_administrators(
    workspace: Workspace, browser: Client, client: Client
) -> None:
    answer = browser.post(reverse("contact_costs"), {"mailing_cost": "0.8", "then": "plan"})
    assert answer["Location"] == reverse("plan")
    assert Job.objects.filter(kind=Job.Kind.PLAN).count() == 1
    assert Client().get(reverse("contact_costs")).status_code == 302
    client.force_login(User.objects.create_user("bob@example.com", name="Bob", role="rep"))
    assert client.post(reverse("contact_costs"), {"mailing_cost": "9"}).status_code == 403
    assert tomllib.loads((workspace.folder / "costs.toml").read_text()) == {"mailing": {"cost": 0.8}}
