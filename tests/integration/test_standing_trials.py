"""Who is on trial by lot, who is not asked, and what the plan leaves to the trial."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from functools import partial
from pathlib import Path

import numpy as np
import pytest
from experimented_shop import NOON, planned, valued_shop

from keepers.decisions.returns import learn_returns, silences_from_totals
from keepers.decisions.terms.costs_file import read_terms
from keepers.decisions.terms.doing import parts_of
from keepers.decisions.terms.terms import Trial, options_of
from keepers.decisions.trying.doubting import Doubt, doubt_of
from keepers.experiments.assigning import HELD_OUT, Lottery
from keepers.loop.experiments.experimenting import draw_among
from keepers.loop.experiments.trials import EVERYTHING, OnTrial, begin_trials, on_trial
from keepers.loop.imports.interactions import land_interactions
from keepers.loop.plans.kept import NoTrialError, latest_plan, plan_again, plan_newest_without
from keepers.loop.plans.making import standing_of
from keepers.loop.runs import Run
from keepers.valuation.kept import fit_of_run
from keepers.warehouse.delta import DeltaStore

LONG_AND_CHEAP = """
[trial]
share = 1.0
weeks = 520
[mailing]
cost = 0.02
[levels.proactive]
cost = 0.2
"""


@pytest.fixture
def valued(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Iterator[tuple[DeltaStore, Run]]:
    with valued_shop(tmp_path, monkeypatch, capsys, customers=200) as shop:
        yield shop


def test_a_standing_trial_keeps_its_lots_and_the_plan_leaves_them_alone(
    valued: tuple[DeltaStore, Run], tmp_path: Path
) -> None:
    store, run = valued
    costs = tmp_path / "costs.toml"
    costs.write_text(LONG_AND_CHEAP, encoding="utf-8")
    assert on_trial(store, NOON.date()).treated == {}
    plan_again(store, run.run_id, costs=costs, limits={}, made_at=NOON)
    by_hand = latest_plan(store)
    assert by_hand is not None
    assert on_trial(store, NOON.date()).until is None
    first = planned(store, run, costs)
    trial = on_trial(store, NOON.date())
    assert by_hand.account["trials_next"] == sorted(trial.actions, key=["proactive", "mailing", "offer"].index)
    assert first.trials_next == ()
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
    costs.write_text(LONG_AND_CHEAP, encoding="utf-8")
    everybody = run.table["customer_id"].to_pylist()
    drawn = draw_among(
        store, Lottery("summer", "mailing", 0.5), dict.fromkeys(everybody), assigned_at=NOON, held_until=NOON.date()
    ).to_pylist()
    held = {row["customer_id"] for row in drawn if row["arm"] == HELD_OUT}
    dismissed = set(everybody) - held - {everybody[-1]} - {next(one for one in everybody if one not in held)}
    not_mailed = dict.fromkeys(dismissed, frozenset({"mailing"}))
    plan_newest_without(store, costs=costs, made_at=NOON, dismissed=not_mailed)  # a run killed before its plan
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
        doubt_of(standing, terms, returns, {}, horizon=364.0, fewest=30, tried_only=tried_only, anyhow=True).may_add
        for tried_only in (True, False)
    )
    assert (given <= left).all()
    assert 0 < np.count_nonzero(given) < np.count_nonzero(left), "with some it is done anyway"

    short = replace(terms, trial=Trial(1.0, 26))
    doubt = doubt_of(standing, short, returns, {}, horizon=364.0, fewest=30, tried_only=True, anyhow=True)
    back, orders = doubt.events[:, doubt.actions.index("offer")], doubt.events[:, 0]
    assert 0.0 < back.max() < orders.max(), "an offer is told by returns, each of which comes once"
    silent = standing.column("age") - standing.column("age_at_last_order")
    year = returns.chance(silent, standing.column("orders").astype(np.int64))
    within = 1.0 - (1.0 - year) ** (182.0 / standing.time_unit_days / standing.ahead.year)
    assert back * within == pytest.approx(year**2), "which are brought to the year"


def test_a_firm_too_small_for_any_trial_is_told_what_to_do(valued: tuple[DeltaStore, Run], tmp_path: Path) -> None:
    store, run = valued
    costs = tmp_path / "costs.toml"
    trial, known = "[trial]\nshare = 0.3\nweeks = 8\n", "[mailing]\nmost = { mean = 1.3, low = 1.2, high = 1.4 }\n"
    costs.write_text(trial + known, encoding="utf-8")
    plan = planned(store, run, costs)
    assert on_trial(store, NOON.date()).until is None
    assert plan.table["cost"].to_numpy().sum() > 0, "what the file tells is spent on"
    assert {"proactive", "offer"} <= set(plan.too_few)
    said = plan.sentence("EUR")
    assert "levels.proactive.orders" in said
    assert "all customers whom such a trial could draw are too few" in said
    tells_nothing = replace(plan, gain=0.0 * plan.gain, table=plan.table.slice(0, 0), too_few=("offer",))
    assert tells_nothing.sentence("EUR").startswith("Nothing is spent on offer"), "not what spending nothing adds"
    beside = replace(tells_nothing, too_few=(), waiting=("offer",), trials_now=("mailing",))
    assert "Nothing is spent on offer yet: trials of other actions have the customers now" in beside.sentence("EUR")
    assert "trials by lot are to tell first" in replace(beside, waiting=()).sentence("EUR")
    costs.write_text(trial, encoding="utf-8")
    plan_again(store, run.run_id, costs=costs, limits={}, made_at=NOON)
    again = latest_plan(store)
    assert again is not None
    assert on_trial(store, NOON.date()).until is None
    assert set(again.account["too_few_for"]) == {"mailing", *plan.too_few}, "also what the plan before knew"
    assert again.account["cost"] == 0
    plan_again(store, run.run_id, costs=costs, limits={}, made_at=NOON + timedelta(days=1), trial=Trial(1.0, 8))
    by_hand = latest_plan(store)
    assert by_hand is not None
    tried = on_trial(store, NOON.date() + timedelta(days=1)).actions
    assert tried
    assert not set(by_hand.account["too_few_for"]) & set(tried), "somebody has it tried all the same"


def test_a_trial_begins_where_no_mailings_can_be_chosen(valued: tuple[DeltaStore, Run]) -> None:
    store, run = valued
    people, option = run.table["customer_id"].to_pylist(), options_of(read_terms(None, usual_order_value=30.0))[-1]
    ones = np.ones((len(people), 1))
    doubt = Doubt(("offer",), (option,), ones, ones, ones, np.ones(1), share=1.0, strength=np.full(1, 20.0))
    trial = begin_trials(store, people, doubt, Trial(1.0, 8), assigned_at=NOON)
    assert trial.actions == ["offer"]


def test_an_action_that_the_lots_gave_nobody_is_told_too() -> None:
    alone = OnTrial({"mailing": ["a", "b"]}, {"mailing": ["c"], "offer": ["d", "e"]}, date(2024, 7, 1))
    assert {action: alone.counts(action) for action in alone.actions} == {"mailing": (2, 1), "offer": (0, 2)}
    assert alone.table().num_rows == 5
