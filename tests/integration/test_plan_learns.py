"""What an experiment measured goes into the next plan of a workspace, and what it cannot use changes nothing."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any, cast

import polars as pl
import pyarrow as pa
import pyarrow.compute as pc
import pytest
from experimented_shop import NOON, planned, rows, tried, valued_shop
from workspace_shop import Keepers, history, write_orders

from keepers.decisions.terms.effects import Multiplier
from keepers.experiments.assigning import Lottery
from keepers.loop.experiments.experimenting import draw_among
from keepers.loop.experiments.past_mailings import observed_mailings
from keepers.loop.experiments.running import measure_running
from keepers.loop.experiments.staying import stays_of
from keepers.loop.experiments.tried_before import FIGURES, Known, latest_lots, tried_before
from keepers.loop.imports.acquisitions import land_acquisitions
from keepers.loop.imports.interactions import land_interactions
from keepers.loop.market.wallets import wallets_in
from keepers.loop.plans.kept import latest_plan, plan_again, plan_newest_without, plan_run
from keepers.loop.requests import RunRequest
from keepers.loop.runs import Run, compute_run, keep_run
from keepers.loop.workspace import Workspace
from keepers.warehouse.delta import DeltaStore, PinnedStore


@pytest.fixture
def valued(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Iterator[tuple[DeltaStore, Run]]:
    with valued_shop(tmp_path, monkeypatch, capsys) as shop:
        yield shop


def test_what_an_experiment_measured_goes_into_the_next_plan(valued: tuple[DeltaStore, Run], tmp_path: Path) -> None:
    store, run = valued
    before = planned(store, run)
    assert set(before.table["evidence"].to_pylist()) == {"assumed"}

    mailed_before = before.table.filter(pc.greater(before.table["contacts"], 0))["customer_id"].to_pylist()[0]
    without = plan_run(store, run, costs=None, dismissed={mailed_before: frozenset({"mailing"}), "nobody": frozenset()})
    assert without is not None
    line = without.table.filter(pc.equal(without.table["customer_id"], mailed_before)).to_pylist()[0]
    assert line["contacts"] == 0, "what was dismissed is not proposed again"
    assert without.table["contacts"].to_numpy().sum() < before.table["contacts"].to_numpy().sum()

    store.append("effects", rows(tried(1.2), "pigeon post"), transaction="unknown")
    assert planned(store, run).table.equals(before.table)

    store.append("effects", rows(tried(1.2), "mailing", experiment="summer"), transaction="mailing")
    after = planned(store, run)
    assert after.terms.mailing.most.mean == pytest.approx(1.2, abs=0.03)
    assert after.terms.mailing.most.low > 1.0
    mailed = (after.table["contacts"].to_numpy() > 0) & (after.table["level"].to_numpy(zero_copy_only=False) == "basic")
    assert mailed.any()
    assert set(after.table["evidence"].to_numpy(zero_copy_only=False)[mailed]) == {"randomised"}
    assert after.as_json()["gain_on_evidence"] > 0 == before.as_json()["gain_on_evidence"]

    costs = tmp_path / "costs.toml"
    costs.write_text("[mailing]\nmost = { mean = 1.02, low = 1.0, high = 1.04 }\n", encoding="utf-8")
    given = planned(store, run, costs)
    assert given.terms.mailing.most.mean == 1.02
    assert "mailing" not in given.learned, "what the file says counts, so nothing is learned of it"

    store.append("effects", rows(tried(1.3), "proactive", experiment="care"), transaction="care")
    level = planned(store, run).terms.level("proactive")
    assert level.orders.evidence == "randomised"
    assert level.leaving.changes_nothing  # it is in the orders that were counted


def test_a_kept_run_is_planned_again_within_limits_and_where_its_plan_was_never_made(
    valued: tuple[DeltaStore, Run],
) -> None:
    store, run = valued
    assert latest_plan(store) is None
    plan_newest_without(store, costs=None, made_at=NOON)
    first = latest_plan(store)
    assert first is not None
    assert first.account["cost"] > 0
    plan_newest_without(store, costs=None, made_at=NOON.replace(hour=13))
    assert latest_plan(store) == first, "it has one"

    half = first.account["cost"] / 2
    name = plan_again(store, run.run_id, costs=None, limits={"money": half}, made_at=NOON.replace(hour=14))
    again = latest_plan(store, run.run_id)
    assert again is not None
    assert (again.plan_id, again.limits, again.before) == (name, {"money": half}, first.plan_id)
    assert 0 < again.account["cost"] <= half
    assert again.account["expected_gain"]["mean"] < first.account["expected_gain"]["mean"]
    lines = store.query("lines_of_plan", plan_id=name, before=first.plan_id)
    assert lines.num_rows == run.table.num_rows
    assert lines["cost"].to_numpy().sum() == pytest.approx(again.account["cost"])


def test_a_plan_sees_open_requests_whom_somebody_brought_and_shares_of_wallet(
    valued: tuple[DeltaStore, Run], tmp_path: Path
) -> None:
    store, run = valued
    ticket = {"source": "keepers", "version": 1, "happened_at": NOON.replace(month=1), "is_removed": False}
    acts = [ticket | {"external_id": who, "interaction_id": who, "touch_kind": "ticket"} for who in ("C001", "C002")]
    answered = acts[1] | {"version": 2, "outcome": "answered"}
    land_interactions(store, [*acts, answered], batch_id="acts")
    brought = {"external_id": "C004", "described_on": NOON.date(), "version": 1, "referred_by": "C003"}
    land_acquisitions(store, [brought], batch_id="told")

    costs = tmp_path / "costs.toml"
    costs.write_text("cost_to_serve = 1500.0\n[remedies.cheaper_channel]\nsaves = 0.0\n", encoding="utf-8")
    lines = {
        line["customer_id"]: line for line in planned(store, replace(run, seen=store.pinned()), costs).table.to_pylist()
    }
    protected = {who for who, line in lines.items() if "complaint or request open" in (line["guards"] or "")}
    assert protected == {"C001"}
    assert lines["C001"]["decision"] != "let go"

    answers, spent = (
        tmp_path / "answers.csv",
        run.table.select(["customer_id", "orders", "mean_order_value"]).to_pylist(),
    )
    said = [f"{row['customer_id']},{20 * row['orders'] * row['mean_order_value']}" for row in spent]
    answers.write_text("\n".join(["customer_id,category_spend", *said, "stranger,9"]), encoding="utf-8")
    asked = wallets_in(store, answers, mapping={}, known_at=NOON, keep=True)
    assert (asked.strangers, store.query("growth_columns", as_of=run.as_of).num_rows) == (1, len(spent))
    growing = planned(store, replace(run, seen=store.pinned())).table.filter(pc.field("decision") == "grow")
    assert any("Spends more elsewhere than here" in reason for reason in growing["reason"].to_pylist())


def test_past_mailings_are_read_as_observed_and_drawn_towards_what_was_assumed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    keepers = Keepers(tmp_path / "home", monkeypatch, capsys)
    keepers("import", write_orders(tmp_path / "orders.csv", history(customers=500)))
    sent = {"source": "keepers", "version": 1, "touch_kind": "catalog", "is_removed": False, "direction": "out"}
    day = datetime(2024, 2, 10, 12, tzinfo=UTC)
    acts = [
        sent | {"external_id": f"C{number:03}", "interaction_id": str(number), "happened_at": day}
        for number in range(0, 500, 2)
    ]
    assumed = Multiplier(1.06, 0.99, 1.13)
    with Workspace(keepers.home).opened() as store:
        assert observed_mailings(store.pinned(), assumed, as_of=date(2024, 5, 14)) is None
        land_interactions(store, acts, batch_id="acts")
        found = observed_mailings(store.pinned(), assumed, as_of=date(2024, 5, 14))
    assert found is not None
    assert found.evidence == "observed"
    assert found.mean == pytest.approx(1.05, abs=0.05)  # they did nothing
    assert assumed.high - assumed.low > found.high - found.low


def test_a_new_plan_is_tried_on_the_lots_of_the_last_before_it_is_used(valued: tuple[DeltaStore, Run]) -> None:
    store, run = valued
    first, lots_day = datetime(2024, 1, 1, 12, tzinfo=UTC), datetime(2024, 1, 2, tzinfo=UTC)
    earlier = compute_run(store, RunRequest(run.assumptions, as_of=date(2024, 1, 1), holdout_days=0), started_at=first)
    keep_run(store, earlier)
    people = dict.fromkeys(earlier.table["customer_id"].to_pylist(), 1.5)
    lottery = Lottery("winter", "mailing", held_share=0.5)
    draw_among(store, lottery, people, assigned_at=lots_day, held_until=date(2024, 3, 1))
    measure_running(store, as_of=run.as_of, measured_at=NOON)
    store.append("effects", rows(tried(1.2), "mailing", experiment="summer"), transaction="mailing")
    told = planned(store, run).as_json()
    assert told["effects_learned"]["mailing"]["evidence"] == "randomised"
    assert "takes 2,000 lots" in told["effects_learned"]["mailing"]["by_customer"]
    trial = told["on_trial"]["mailing"]
    assert trial["people"] == len(people)
    assert 0 <= trial["would_reach"] <= 1
    assert trial["nobody"]["low"] < trial["nobody"]["mean"] < trial["nobody"]["high"]

    pinned = store.pinned()
    before = tried_before(pinned, Known(pinned, run.as_of), "mailing", as_of=run.as_of)
    assert before is not None
    assert len(before.mailings) == len(before.customers), "each row has the dose of its experiment"
    wrong = rows(tried(1.2, shares={"held out": 0.1, "letter": 0.9}), "mailing", experiment="winter")
    store.append("effects", wrong, transaction="wrong")
    assert latest_lots(store.pinned(), "mailing", as_of=run.as_of) is None, "of lots that went wrong nothing is learned"


def test_customers_are_not_told_apart_by_what_desks_told_after_their_lots(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    keepers = Keepers(tmp_path / "home", monkeypatch, capsys)
    keepers("import", write_orders(tmp_path / "orders.csv", history()))
    told = [
        {"external_id": f"C{number:03}", "described_on": NOON.date(), "version": 1, "acquisition_source": source}
        for number, source in enumerate(("Fair", "Letter"))
    ]
    with Workspace(keepers.home).opened() as store:

        def words() -> int:
            known = Known(store.pinned(), NOON.date())
            people = pl.DataFrame({"customer_id": ["C000", "C001"]})
            figures = pl.DataFrame({"customer_id": ["C000", "C001"]} | {name: [1.0, 2.0] for name in FIGURES})
            return known.matrix(people, figures).shape[1]

        without = words()
        land_acquisitions(store, told, batch_id="told")
        assert words() > without
        lottery = Lottery("winter", "mailing", held_share=0.5)
        people, before = dict.fromkeys(("C003", "C000")), NOON.replace(month=1)
        draw_among(store, lottery, people, assigned_at=NOON.replace(month=7), held_until=date(2024, 9, 1))
        assert words() > without, "they were told before the lots"
        lots = replace(lottery, experiment="before")
        draw_among(store, lots, people, assigned_at=before, held_until=date(2024, 9, 1))
        assert words() == without


def test_whoever_has_no_orders_left_after_their_lot_is_measured_as_gone(valued: tuple[DeltaStore, Run]) -> None:
    store, run = valued
    pinned, gone = store.pinned(), 10

    class AfterAnImportWasUndone:
        def query(self, step: str, **asked: Any) -> pa.Table:
            return pinned.query(step, **asked).slice(gone if step == "customer_summary" else 0)

    until = run.as_of + timedelta(days=60)
    drawn = pl.DataFrame(run.table.select(["customer_id"])).with_columns(held_until=until)
    found = stays_of(cast("PinnedStore", AfterAnImportWasUndone()), run.row, drawn, until)
    assert found is not None
    assert not found.alive[:gone].any()
    assert (found.alive[gone:] > 0).all()
