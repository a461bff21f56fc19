"""Valuing the base from a browser: stages, what came of it, how far to trust it, and two runs side by side."""

from pathlib import Path

import pytest
from desk import Desk, open_desk, work
from django.urls import reverse
from django.utils import timezone
from pytest_django.fixtures import Settings

from keepers.crm.data import actions
from keepers.crm.data.models import AssumptionSet
from keepers.crm.data.queries import runs
from keepers.crm.jobs.models import Job
from keepers.crm.portfolio.models import CustomerValue
from keepers.crm.portfolio.queries import current_publication
from tests.integration.shops import shop

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def desk(settings: Settings, tmp_path: Path) -> Desk:
    return open_desk(settings, tmp_path, "alice@example.com", is_administrator=True)


@pytest.fixture
def brought(desk: Desk, tmp_path: Path) -> Desk:
    desk.bring(shop(customers=120).write(tmp_path / "orders.csv"))
    return desk


@pytest.fixture
def valued(brought: Desk) -> Desk:
    """Without a grade, which takes as long as the values."""
    AssumptionSet.objects.create(holdout="none")
    brought.client.post(reverse("new_run"))
    work()
    return brought


def test_a_run_is_kept_published_and_questioned(brought: Desk) -> None:
    brought.client.post(reverse("new_run"))
    work()
    run = runs()[0]
    publication = current_publication()
    assert publication is not None
    assert publication.run_id == run["run_id"]
    assert CustomerValue.objects.count() == run["base"]["customers"]
    listed = brought.page("runs")
    assert "shown now" in listed
    assert "Alice" in listed
    page = brought.page("run", run["run_id"])
    assert run["backtest"]["grade_sentence"] in page
    assert "Rule: past spend" in page
    assert "maximum likelihood" in page
    assert "30 %" in page
    assert "The pages show this run." in page
    assert ">orders.csv</a>" in page
    assert all(
        warning in page for warning in run["diagnostics"]["warnings"] if "'" not in warning and '"' not in warning
    )


def test_nothing_new_is_said_and_can_be_valued_again_all_the_same(valued: Desk) -> None:
    valued.client.post(reverse("new_run"))
    work()
    told = valued.page("runs")
    assert "valued these imports with these options already" in told
    assert "--again" not in told
    assert "Value it again all the same" in told
    assert len(runs()) == 1
    valued.client.post(reverse("new_run"), {"again": "1"})
    work()
    assert len(runs()) == 2


def test_two_runs_are_compared_by_what_changed(valued: Desk) -> None:
    valued.client.post(
        reverse("assumptions"),
        {"margin": "60", "annual_discount": "10", "horizon": "52w", "value_cap": "5y", "unit": "week", "model": "auto",
         "spend": "auto", "currency": "", "holdout": "none", "then": "run"},
    )  # fmt: skip
    work()
    after, before = runs()
    address = f"{reverse('run_comparison')}?before={before['run_id']}&after={after['run_id']}"
    page = valued.client.get(address).content.decode()
    assert "+100.0 %" in page
    assert "+100.0 %" in valued.client.get(reverse("run_comparison")).content.decode()
    assert "<td>60 %</td>" in page
    alone = valued.client.get(reverse("run_comparison"), {"before": after["run_id"]}).context
    assert (alone["before"]["run_id"], alone["after"]["run_id"]) == (after["run_id"], before["run_id"])
    assert after["base"]["residual_value"]["mean"] == pytest.approx(2 * before["base"]["residual_value"]["mean"])


def test_a_run_that_waits_can_be_cancelled(brought: Desk) -> None:
    job = actions.start_run(by=brought.user, at=timezone.now())
    assert "Waiting for the worker." in brought.page("runs")
    refused = brought.client.post(reverse("new_run"), follow=True)
    assert "The base is being valued already" in refused.content.decode()
    brought.client.post(reverse("job_cancellation", args=[job.pk]))
    work()
    assert "Cancelled. Nothing was changed." in brought.page("runs")
    assert runs() == []


def test_a_run_that_is_under_way_stops_between_its_stages(brought: Desk) -> None:
    job = actions.start_run(by=brought.user, at=timezone.now())
    Job.objects.filter(pk=job.pk).update(cancel_asked=True)
    work()
    job.refresh_from_db()
    assert job.state == Job.State.CANCELLED
    assert runs() == []


def test_a_base_that_cannot_be_valued_says_why(desk: Desk, tmp_path: Path) -> None:
    path = tmp_path / "two currencies.csv"
    path.write_text("customer_id,order_date,amount,currency\nanna,2024-01-13,5,EUR\nben,2024-01-14,6,USD\n", "utf-8")
    desk.bring(path)
    desk.client.post(reverse("new_run"))
    work()
    told = desk.page("runs")
    assert "The lines are in several currencies: EUR (1 lines), USD (1 lines)." in told
    assert "Name the currency to report in among the settings" in told
    assert "--rates" not in told


def test_a_workspace_without_orders_asks_for_them_first(desk: Desk) -> None:
    assert "First bring your orders" in desk.page("runs")
    assert "Nothing has come in yet." in desk.page("data")


def test_runs_that_are_none_are_not_found(desk: Desk) -> None:
    assert desk.client.get(reverse("run", args=["nope"])).status_code == 404
    assert desk.client.get(reverse("run_comparison"), {"before": "a", "after": "b"}).status_code == 404
    told = desk.client.get(reverse("run_comparison"), follow=True).content.decode()
    assert "There are not two runs to compare yet." in told
    assert desk.client.get(reverse("import", args=["nope"])).status_code == 404
