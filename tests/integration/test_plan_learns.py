"""What an experiment measured goes into the next plan of a workspace, and what it cannot use changes nothing."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any, cast

import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.compute as pc
import pytest
from workspace_shop import Keepers, history, write_orders

from keepers.core.periods import Period
from keepers.decisions.costs_file import read_terms
from keepers.decisions.doing import parts_of
from keepers.decisions.doubting import Doubt, doubt_of
from keepers.decisions.effects import Multiplier
from keepers.decisions.planning import Plan
from keepers.decisions.returns import learn_returns, silences_from_totals
from keepers.decisions.terms import Mailing, Trial, options_of
from keepers.experiments.assigning import HELD_OUT, Lottery
from keepers.experiments.effects import Sample
from keepers.experiments.measuring import Looking, Measurement, Outcomes, as_effects, measure
from keepers.loop.acquisitions import land_acquisitions
from keepers.loop.experimenting import draw_among
from keepers.loop.interactions import land_interactions
from keepers.loop.kept_plans import NoTrialError, latest_plan, plan_again, plan_newest_without, plan_run
from keepers.loop.measured_effects import measured_effects
from keepers.loop.past_mailings import observed_mailings
from keepers.loop.plan import standing_of
from keepers.loop.requests import RunRequest
from keepers.loop.running_experiments import measure_running
from keepers.loop.runs import Run, compute_run, keep_run
from keepers.loop.staying import stays_of
from keepers.loop.trials import EVERYTHING, OnTrial, begin_trials, on_trial
from keepers.loop.tried_before import FIGURES, Known, latest_lots, tried_before
from keepers.loop.wallets import wallets_in
from keepers.loop.workspace import Workspace
from keepers.valuation.assumptions import Assumptions
from keepers.valuation.kept import fit_of_run
from keepers.warehouse.delta import DeltaStore, PinnedStore
from keepers.warehouse.tables import EFFECTS

NOON = datetime(2024, 6, 1, 12, tzinfo=UTC)
PEOPLE, YEAR = 20_000, Period.parse("52w")


def tried(rate: float, *, seed: int = 1, **more: object) -> Measurement:
    """Half of many customers get the action, which multiplies their orders by `rate`."""
    random = np.random.default_rng(seed)
    arm = np.arange(PEOPLE) % 2
    orders = random.poisson(np.where(arm == 1, rate, 1.0)).astype(float)
    sample = Sample(arm, np.full(PEOPLE, 0.5), np.zeros((PEOPLE, 0)))
    return measure(sample, Outcomes(orders, None), ["held out", "letter"], costs={}, looking=Looking(), **more)  # type: ignore[arg-type]


def rows(found: Measurement, action: str, *, experiment: str = "spring", at: datetime = NOON) -> pa.Table:
    return as_effects(found, experiment=experiment, action=action, measured_at=at)


@pytest.fixture
def valued(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Iterator[tuple[DeltaStore, Run]]:
    keepers = Keepers(tmp_path / "home", monkeypatch, capsys)
    keepers("import", write_orders(tmp_path / "orders.csv", history()))
    with Workspace(keepers.home).opened(to_value=True) as store:
        assumed = Assumptions(YEAR, YEAR, model="mbg-nbd", posterior="importance")
        run = compute_run(store, RunRequest(assumed, holdout_days=0), started_at=NOON)
        keep_run(store, run)
        yield store, run


def planned(store: DeltaStore, run: Run, costs: Path | None = None) -> Plan:
    plan = plan_run(store, run, costs=costs)
    assert plan is not None
    return plan


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


def test_of_one_experiment_the_latest_counts_and_several_are_pooled() -> None:
    early, late = rows(tried(0.8), "mailing"), rows(tried(1.2), "mailing", at=NOON.replace(month=7))
    one = measured_effects(pa.concat_tables([late, early])).by_action["mailing"]
    assert one == measured_effects(late).by_action["mailing"]
    assert one.low < 1.2 < one.high
    another = rows(tried(1.0, seed=2), "mailing", experiment="autumn")
    both = measured_effects(pa.concat_tables([late, another])).by_action["mailing"]
    assert both.mean == pytest.approx(1.1, abs=0.02)
    assert both.high - both.low > one.high - one.low  # they did not agree


def test_groups_alone_say_nothing_of_everybody() -> None:
    told = [
        as_effects(tried(rate), experiment="spring", action="mailing", measured_at=NOON, group=group)
        for group, rate in {"best": 1.4, "steady": 1.0}.items()
    ]
    assert measured_effects(pa.concat_tables(told)).by_action == {}


def test_a_number_of_mailings_is_believed_where_it_was_tried_and_doubted_elsewhere() -> None:
    curve = Mailing(cost=1.0, choices=(0, 2, 4, 12), most=Multiplier(1.06, 0.99, 1.13), half=3.0)
    of_four = as_effects(
        replace(tried(1.2), arms=(replace(tried(1.2).arms[0], arm="send 4 mailings a year"),)),
        experiment="spring", action="mailing", measured_at=NOON,
    )  # fmt: skip
    found = measured_effects(of_four, {"mailing": curve.most}, mailing=curve).by_mailings
    assert found[4].mean == pytest.approx(1.2, abs=0.03)
    widths = {count: each.high - each.low for count, each in found.items()}
    assert found[2].mean < found[4].mean < found[12].mean
    assert widths[12] > widths[4]
    assert widths[2] / (found[2].mean - 1) > widths[4] / (found[4].mean - 1)
    certain = measured_effects(of_four, {"mailing": curve.most}, mailing=curve, half_is_told=True).by_mailings
    assert certain[4].mean == pytest.approx(found[4].mean, abs=0.01)
    assert certain[12].mean - 1 == pytest.approx((certain[4].mean - 1) * 12 / 15 / (4 / 7), abs=0.001)
    assert measured_effects(rows(tried(1.2), "mailing"), mailing=curve).by_mailings == {}  # nobody told its number


def test_care_and_mailings_at_once_teach_both_together() -> None:
    assumed = {"mailing": Multiplier(1.06, 0.99, 1.13), "proactive": Multiplier(1.06, 0.99, 1.13)}
    both = rows(tried(1.4), "proactive + mailing")
    found = measured_effects(both, assumed).by_action
    assert found["mailing"].mean - 1 + found["proactive"].mean - 1 == pytest.approx(0.39, abs=0.06)
    assert found["mailing"].mean > assumed["mailing"].mean
    alone = rows(tried(1.1, seed=2), "mailing", experiment="autumn")
    apart = measured_effects(pa.concat_tables([both, alone]), assumed).by_action
    assert apart["proactive"].mean > found["proactive"].mean + 0.05
    assert {each.evidence for each in apart.values()} == {"randomised"}


def test_lots_that_show_nothing_end_an_assumption_and_lots_that_show_orders_make_leaving_likelier_to_fall() -> None:
    assumed, stays = {"proactive": Multiplier(1.07, 1.0, 1.14)}, {"proactive": Multiplier(0.9, 0.8, 1.0)}
    nothing, much = (measured_effects(rows(tried(rate), "proactive"), assumed, leaving=stays) for rate in (1.0, 1.2))
    assert nothing.by_action["proactive"].mean == pytest.approx(1.0, abs=0.02)
    assert 0.91 < nothing.leaving["proactive"].mean < 1.0
    assert much.by_action["proactive"].mean == pytest.approx(1.2, abs=0.03)
    assert much.leaving["proactive"].mean < 0.88
    assert much.leaving["proactive"].evidence == "assumed", "no window told who left"


def test_orders_that_fewer_leavers_brought_are_not_counted_again() -> None:
    assumed, stays = {"proactive": Multiplier(1.07, 1.0, 1.14)}, {"proactive": Multiplier(0.9, 0.8, 1.0)}
    for action in ("proactive", "proactive + mailing"):
        told = rows(tried(1.2), action)
        for name, figure in {"leaving_factor": 0.5, "leaving_factor_error": 0.05, "orders_to_leaving": -0.3}.items():
            place = told.schema.get_field_index(name)
            told = told.set_column(place, told.schema.field(name), pa.array([figure]))
        found = measured_effects(told, assumed, leaving=stays)
        assert found.leaving["proactive"].mean == pytest.approx(0.5, abs=0.08)
        assert found.leaving["proactive"].evidence == "randomised"
        orders = sum(effect.mean - 1.0 for effect in found.by_action.values())
        assert orders == pytest.approx(0.2 - 0.3 * 0.5, abs=0.04), "the rest of the lift was fewer leavers"


def test_an_offer_that_doubled_returns_for_some_weeks_did_less_for_the_year() -> None:
    table = rows(tried(2.0), "offer")
    weeks = measured_effects(table, windows={"spring": 56.0}).by_action["offer"].mean
    assert weeks == pytest.approx(1 + (1 - np.exp(-1)) / (1 - np.exp(-365.25 / 56)), abs=0.05)
    assert measured_effects(table).by_action["offer"].mean == pytest.approx(2.0, abs=0.05)


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


def test_effects_without_the_orders_of_the_held_out_or_of_lots_gone_wrong_are_not_used() -> None:
    good = rows(tried(1.2), "mailing")
    place = good.schema.get_field_index("orders_held")
    old = good.set_column(place, EFFECTS.schema.field("orders_held"), pa.nulls(good.num_rows, pa.float64()))
    assert measured_effects(old).by_action == {}
    wrong = rows(tried(1.2, shares={"held out": 0.1, "letter": 0.9}), "mailing", at=NOON.replace(month=7))
    assert measured_effects(pa.concat_tables([good, wrong])).by_action == {}  # it takes back what the first look said


def test_a_standing_trial_keeps_its_lots_and_the_plan_leaves_them_alone(
    valued: tuple[DeltaStore, Run], tmp_path: Path
) -> None:
    store, run = valued
    costs = tmp_path / "costs.toml"
    costs.write_text("[trial]\nshare = 1.0\nweeks = 520\n", encoding="utf-8")
    assert on_trial(store, NOON.date()).treated == {}
    first = planned(store, run, costs)
    trial = on_trial(store, NOON.date())
    assert (trial.until, on_trial(store, trial.until).until) == (date(2034, 5, 19), trial.until)
    assert on_trial(store, date(2034, 5, 20)).until is None

    kept = trial.kept_from_plan()
    for line in first.table.to_pylist():
        parts = kept.get(line["customer_id"], frozenset())
        assert not parts & set(parts_of(line["action"])), "what is on trial is not for the plan to choose"
    assert any("mailing" in parts for parts in kept.values())
    assert first.table["cost"].to_numpy().sum() == 0, "what is only assumed is tried, not spent on"
    planned(store, run, costs)
    assert on_trial(store, NOON.date()) == trial, "who is on trial stays so, whatever is planned meanwhile"
    assert set(trial.table()["gets_it"].to_pylist()) == {True, False}


def test_no_trial_gives_what_was_dismissed_or_what_another_lot_holds_out(
    valued: tuple[DeltaStore, Run], tmp_path: Path
) -> None:
    store, run = valued
    costs = tmp_path / "costs.toml"
    costs.write_text("[trial]\nshare = 1.0\nweeks = 520\n", encoding="utf-8")
    everybody = run.table["customer_id"].to_pylist()
    drawn = draw_among(
        store, Lottery("summer", "mailing", 0.5), dict.fromkeys(everybody), assigned_at=NOON, held_until=NOON.date()
    ).to_pylist()
    held = {row["customer_id"] for row in drawn if row["arm"] == HELD_OUT}
    dismissed = set(everybody) - held - {everybody[-1]} - {next(one for one in everybody if one not in held)}
    assert plan_run(store, run, costs=costs, dismissed=dict.fromkeys(dismissed, frozenset({"mailing"}))) is not None
    trial = on_trial(store, NOON.date())
    mailed = {*trial.treated.get("mailing", ()), *trial.held.get("mailing", ())}
    assert not mailed & (held | dismissed)
    assert set(trial.treated) - {"mailing"}, "of the rest everybody may be on trial"


def test_a_trial_begun_by_hand_leaves_out_whom_the_desks_or_a_guard_name_and_stands_alone(
    valued: tuple[DeltaStore, Run],
) -> None:
    store, run = valued
    everybody = run.table["customer_id"].to_pylist()
    ticket = {"source": "keepers", "version": 1, "happened_at": NOON.replace(month=1), "is_removed": False}
    waiting = ticket | {"external_id": everybody[0], "interaction_id": "a", "touch_kind": "ticket"}
    land_interactions(store, [waiting], batch_id="acts")
    planned(store, run)
    nobody = dict.fromkeys(everybody, EVERYTHING)
    again = partial(plan_again, store, run.run_id, costs=None, limits={}, made_at=NOON)
    with pytest.raises(NoTrialError, match="No trial begins"):
        again(trial=Trial(1.0, 8), not_drawn=nobody)
    barred = dict.fromkeys(everybody[1:20], EVERYTHING)
    again(trial=Trial(1.0, 8), not_drawn=barred)
    trial = on_trial(store, NOON.date())
    drawn = {customer for some in (trial.treated, trial.held) for each in some.values() for customer in each}
    assert drawn
    assert not drawn & set(everybody[:20]), "who waits for an answer is not drawn either"
    assert latest_plan(store, run.run_id) is not None
    with pytest.raises(NoTrialError, match="stands until 2024-07-26"):
        again(trial=Trial(0.3, 8))


def test_what_the_plan_gives_on_assumption_is_less_in_doubt(valued: tuple[DeltaStore, Run]) -> None:
    store, run = valued
    standing = standing_of(run.table, fit_of_run(store, run.row), margin=run.assumptions.margin)
    terms = replace(read_terms(None, usual_order_value=30.0), trial=Trial(1.0, 520))
    silences = silences_from_totals(*(run.table[name].to_numpy() for name in ("orders", "age_at_last_order", "age")))
    returns = learn_returns(silences, within=standing.ahead.year)
    left, given = (
        doubt_of(standing, terms, returns, {}, horizon=364.0, tried_only=tried_only, anyhow=True).may_add
        for tried_only in (True, False)
    )
    assert (given <= left).all()
    assert 0 < np.count_nonzero(given) < np.count_nonzero(left), "with some it is done anyway"


def test_a_trial_begins_where_no_mailings_can_be_chosen(valued: tuple[DeltaStore, Run]) -> None:
    store, run = valued
    people, option = run.table["customer_id"].to_pylist(), options_of(read_terms(None, usual_order_value=30.0))[-1]
    doubt = Doubt(("offer",), (option,), np.ones((len(people), 1)), np.ones(len(people)), np.ones(1), share=1.0)
    trial = begin_trials(store, people, doubt, Trial(1.0, 8), assigned_at=NOON)
    assert trial.actions == ["offer"]


def test_an_action_that_the_lots_gave_nobody_is_told_too() -> None:
    alone = OnTrial({"mailing": ["a", "b"]}, {"mailing": ["c"], "offer": ["d", "e"]}, date(2024, 7, 1))
    assert {action: alone.counts(action) for action in alone.actions} == {"mailing": (2, 1), "offer": (0, 2)}
    assert alone.table().num_rows == 5


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
