"""The whole circle: a plan, a step of it approved, orders since, a run that measures them, and a plan that knows."""

from datetime import timedelta
from pathlib import Path

import numpy as np
import pytest
from django.utils import timezone
from pytest_django.fixtures import Settings

from keepers.core.periods import Period
from keepers.crm.approvals.asking import approve, proposal
from keepers.crm.approvals.queries import Wanted
from keepers.crm.approvals.results import result_of
from keepers.crm.people.models import User
from keepers.crm.people.roles import Scope
from keepers.crm.portfolio.models import PlanLine, Publication
from keepers.crm.portfolio.publishing.publish import publish
from keepers.loop.experiments.running import measure_running
from keepers.loop.plans.kept import plan_run
from keepers.loop.runs import RunRequest, compute_run, keep_run
from keepers.loop.workspace import Workspace
from keepers.valuation.assumptions import Assumptions
from tests.integration.web.desk import work
from tests.integration.workspace_shop import Keepers, write_orders

PEOPLE, YEAR = 160, Period.parse("52w")
TODAY = timezone.localdate()
COSTS = "[mailing]\ncost = 0.1\nchoices = [0, 4]\n[offer]\ncost = 900.0\n" + "".join(
    f"[levels.{name}]\ncost = 900.0\n" for name in ("reactive", "accountable", "proactive", "partnership")
)


@pytest.mark.django_db(transaction=True)
def test_what_an_approval_brought_is_what_the_next_plan_rests_on(
    tmp_path: Path, settings: Settings, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    keepers = Keepers(tmp_path / "home", monkeypatch, capsys)
    settings.WORKSPACE = Workspace(tmp_path / "home")
    (tmp_path / "costs.toml").write_text(COSTS, encoding="utf-8")
    alice = User.objects.create_user("alice@example.com", name="Alice", role="owner")
    random = np.random.default_rng(8)
    keys = [f"C{number:03}" for number in range(PEOPLE)]
    before = [
        (f"A{key}{place}", key, TODAY - timedelta(days=int(day)), "40.00")
        for key in keys
        for place, day in enumerate(np.cumsum(1 + random.exponential(30, 6)))
    ]
    keepers("import", write_orders(tmp_path / "before.csv", before), "--source", "one")
    assumed = publish(settings.WORKSPACE, run(tmp_path, as_of=0), timezone.now())
    mailed = PlanLine.objects.filter(plan__publication=assumed, action="send 4 mailings a year")
    assert set(mailed.values_list("evidence", flat=True)) == {"assumed"}
    decision = mailed[0].decision

    wanted, until = Wanted(alice, Scope.ALL, decision, "send 4 mailings a year"), TODAY + timedelta(days=60)
    proposed = proposal(assumed, wanted, "letter", today=TODAY, until=until)
    about = {"name": "Spring", "way": "letter", "held_until": until, "held_share": 0.4}
    approval = approve(assumed, wanted, at=timezone.now(), today=TODAY, proposed=proposed, people=[], **about)
    work()
    approval.refresh_from_db()
    reached = set(approval.members.values_list("customer__key", flat=True))
    assert approval.held > 30 < approval.reached

    since = [
        (f"B{key}{place}", key, TODAY + timedelta(days=2 + 9 * place), "40.00")
        for key in keys
        for place in range((6 if key in reached else 5) + random.binomial(1, 0.1))
    ]
    keepers("import", write_orders(tmp_path / "since.csv", since), "--source", "two")
    known = publish(settings.WORKSPACE, run(tmp_path, as_of=60), timezone.now())
    last = result_of(approval).last
    assert last is not None
    assert (last.finding, round(last.gone, 2)) == ("pays", 1.0)
    assert last.verdict.startswith("Pays: +")
    evidence = PlanLine.objects.filter(plan__publication=known, action="send 4 mailings a year").values_list("evidence")
    assert {word for (word,) in evidence} == {"randomised"}
    assert Publication.objects.count() == 2


def run(folder: Path, *, as_of: int) -> str:
    """What a job does but for the pages."""
    request = RunRequest(
        Assumptions(YEAR, YEAR, model="mbg-nbd", posterior="importance"),
        as_of=TODAY + timedelta(days=as_of),
        holdout_days=0,
    )
    with Workspace(folder / "home").opened(to_value=True) as store:
        found = compute_run(store, request, started_at=timezone.now() + timedelta(days=as_of))
        keep_run(store, found)
        measure_running(store, as_of=found.as_of, measured_at=timezone.now() + timedelta(days=as_of))
        plan_run(store, found, costs=folder / "costs.toml")
    return found.run_id
