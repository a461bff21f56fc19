"""Insight › Share of wallet: whose spend comes to us, who may grow, on the page and in the file."""

import csv
import io
from datetime import timedelta
from html import unescape
from pathlib import Path

import pyarrow as pa
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.http import HttpResponse
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from pytest_django.fixtures import Settings

from keepers.crm.customers.models import Customer
from keepers.crm.jobs import handed_in
from keepers.crm.jobs.actions import cancel
from keepers.crm.jobs.models import Job
from keepers.crm.people.models import AuditEntry, User
from keepers.crm.portfolio import tasks
from keepers.crm.portfolio.models import CustomerWallet, Publication
from keepers.crm.portfolio.publishing.publish import publish, publish_plan, show_wallets_anew
from keepers.loop.workspace import Workspace
from keepers.warehouse.lock import WriterBusyError, WriterLock
from keepers.warehouse.tables import WALLETS
from tests.integration.web.valued_base import NOON, keep_plan, keep_run, valued, workspace_in

pytestmark = pytest.mark.django_db


@pytest.fixture
def alice(client: Client, settings: Settings, tmp_path: Path) -> Client:
    settings.WORKSPACE = workspace_in(tmp_path)
    run = keep_run(settings.WORKSPACE, [valued(f"C{at}") for at in range(1, 5)])
    line = {"customer_id": "C2", "decision": "grow", "action": "proactive care", "cost": 1.0, "expected_gain": 2.0}
    keep_plan(settings.WORKSPACE, run, [line | {"reason": "Spends more elsewhere than here."}])
    publish(settings.WORKSPACE, None, NOON)
    client.force_login(User.objects.create_user("alice@example.com", name="Alice", role="owner"))
    return client


def say(workspace: Workspace, key: str, share: float, elsewhere: float | None, *, days: int = 0) -> None:
    ends = {"share_of_wallet_low": share - 0.1, "share_of_wallet_high": share + 0.1, "wallet_evidence": "spend"}
    row = {"customer_id": key, "known_at": NOON + timedelta(days=days), "share_of_wallet": share} | ends
    with workspace.opened() as store, store.writing():
        store.append(WALLETS.name, pa.Table.from_pylist([row | {"elsewhere": elsewhere}], schema=WALLETS.schema))
    show_wallets_anew(workspace)


def publish_again(workspace: Workspace) -> Publication:
    keep_run(workspace, [valued("C2"), valued("C3")], minutes=5)
    return publish(workspace, None, NOON)


def test_whoever_spends_most_elsewhere_comes_first_by_what_was_said_last(alice: Client, settings: Settings) -> None:
    assert "keepers wallet answers.csv" in alice.get(reverse("wallets")).content.decode()
    say(settings.WORKSPACE, "C1", 0.9, 10.0)
    with CaptureQueriesContext(connection) as for_one:
        alice.get(reverse("wallets"))
    say(settings.WORKSPACE, "C1", 0.5, 100.0, days=1)
    say(settings.WORKSPACE, "C2", 0.25, 300.0)
    say(settings.WORKSPACE, "C3", 0.7, None)
    with CaptureQueriesContext(connection) as for_three:
        answer = alice.get(reverse("wallets"))
    assert len(for_one) == len(for_three)
    page = " ".join(unescape(answer.content.decode()).split())
    assert [row.customer.key for row in answer.context["rows"]] == ["C2", "C1", "C3"]
    assert "Of 3 customers it is known" in page
    assert "About €400 a year goes elsewhere. The plan takes 1 of them for growing." in page
    assert "25 %" in page
    assert "15 % – 35 %" in page
    assert "Spends more elsewhere than here." in page
    Customer.objects.get(key="C1").delete()
    file = b"".join(alice.get(reverse("wallets_csv")).streaming_content).decode("utf-8-sig")
    told = [(row["customer_id"], row["share_of_wallet"], row["elsewhere"]) for row in csv.DictReader(io.StringIO(file))]
    assert told == [("C2", "0.25", "300.0"), ("C3", "0.7", "")]
    bob = Client()
    bob.force_login(User.objects.create_user("bob@example.com", role="rep"))
    assert bob.get(reverse("wallets")).context["rows"] == []
    again = publish_again(settings.WORKSPACE)
    assert CustomerWallet.objects.filter(publication=again).count() == 2, "a new run brings them with it"


def bring(client: Client, text: str) -> HttpResponse:
    return client.post(reverse("wallet_answers"), {"file": SimpleUploadedFile("answers.csv", text.encode())})


def work() -> Job:
    """What the worker does."""
    job = Job.objects.filter(kind=Job.Kind.WALLETS).latest("pk")
    tasks.learn_wallets.func(job.pk)
    job.refresh_from_db()
    return job


def files_kept(workspace: Workspace) -> list[str]:
    return [path.name for path in workspace.uploads.rglob("*") if path.is_file()]


def test_answers_brought_on_the_page_are_learned_from_by_the_worker_and_not_kept(
    alice: Client, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("keepers.crm.portfolio.publishing.publish.LOCK_WAIT", 0.0)
    answers = "customer_id,category_spend\nC1,400\nC2,900\nC3,\neve,500\n"
    assert bring(alice, answers).status_code == 302
    page = alice.get(reverse("wallets")).content.decode()
    assert "Waiting for the worker." in page
    assert "Another file of answers is being read" in alice.get(bring(alice, answers)["Location"]).content.decode()
    assert files_kept(settings.WORKSPACE) == ["answers.csv"]
    with WriterLock(settings.WORKSPACE.folder / "publish.lock", timeout=0.0).held():
        assert (work().state, files_kept(settings.WORKSPACE)) == (Job.State.FAILED, ["answers.csv"])
    assert alice.post(reverse("wallet_answers"), {"again": Job.objects.latest("pk").pk}).status_code == 302
    assert (work().state, files_kept(settings.WORKSPACE)) == (Job.State.DONE, [])
    page = " ".join(unescape(alice.get(reverse("wallets")).content.decode()).split())
    assert "Last brought: answers.csv by Alice" in page
    assert "4 customers answered. 1 of them is no customer by that id and was left out." in page
    rows = {row.customer.key: row for row in CustomerWallet.objects.select_related("customer")}
    assert set(rows) == {"C1", "C2", "C3"}
    assert rows["C1"].share_of_wallet > rows["C2"].share_of_wallet, "who spends less elsewhere"
    assert AuditEntry.objects.filter(verb="import", noun="insight").count() == 2


def test_what_is_wrong_with_answers_is_said_and_nothing_is_kept(alice: Client, settings: Settings) -> None:
    assert bring(alice, "").status_code == 422
    told = (
        (",spend\n1,2\n", "No column says who answered. Head one customer_id."),
        ("id,category_spend\nX,5\n", "Nobody in the file"),
    )
    for text, message in told:
        bring(alice, text)
        assert work().state == Job.State.FAILED
        page = unescape(alice.get(reverse("wallets")).content.decode())
        assert message in page
        assert "--map" not in page
        assert files_kept(settings.WORKSPACE) == []
    bring(alice, "customer_id,category_spend\nC1,400\n")
    job = Job.objects.latest("pk")
    cancel(job, at=timezone.now())
    assert "Learn from answers.csv again" in alice.get(reverse("wallets")).content.decode()
    assert alice.post(reverse("wallet_answers"), {"again": job.pk}).status_code == 302
    handed_in.clear(job.asked["handed_in"])
    assert work().state == Job.State.NOTHING
    assert "The file is gone." in alice.post(reverse("wallet_answers"), {"again": job.pk}, follow=True).content.decode()
    assert not CustomerWallet.objects.exists()
    bob = Client()
    bob.force_login(User.objects.create_user("bob@example.com", role="manager"))
    assert "Bring answers" not in bob.get(reverse("wallets")).content.decode()
    assert bring(bob, "customer_id,category_spend\nC1,400\n").status_code == 403


def test_nobody_writes_wallets_while_another_process_publishes(
    alice: Client, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    say(settings.WORKSPACE, "C1", 0.9, 10.0)
    monkeypatch.setattr("keepers.crm.portfolio.publishing.publish.LOCK_WAIT", 0.0)
    with (
        WriterLock(settings.WORKSPACE.folder / "publish.lock", timeout=0.0).held(),
        pytest.raises(WriterBusyError, match="Another Keepers process"),
    ):
        show_wallets_anew(settings.WORKSPACE)
    assert CustomerWallet.objects.get().customer.key == "C1"


def test_wallets_and_plans_are_shown_anew_where_all_customers_were_forgotten(alice: Client, settings: Settings) -> None:
    Customer.objects.all().delete()
    say(settings.WORKSPACE, "C1", 0.9, 10.0)
    publish_plan(settings.WORKSPACE, Publication.objects.get().run_id, NOON)
    assert not CustomerWallet.objects.exists()
